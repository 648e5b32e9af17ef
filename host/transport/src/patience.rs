//! How much silence a model of some size deserves.

use std::time::Duration;

const BILLION: u64 = 1_000_000_000;

/// How long to wait for the next byte, the first included, of a model with so many parameters: 180 s up to 7 billion, 300 s
/// up to 34, 600 s above, and 300 s where the number is not known.
///
/// Whole billions count, as in a model's name: one of 7.6 billion is a 7B.
pub fn suggested_silence(parameters: Option<u64>) -> Duration {
    Duration::from_secs(match parameters.map(|parameters| parameters / BILLION) {
        Some(0..=7) => 180,
        None | Some(8..=34) => 300,
        Some(_) => 600,
    })
}

/// The number of parameters in a server's words, such as `268.10M`, `7.6B` or `8x7B`, which is taken for 56 billion. None if
/// it says no number.
pub fn parameter_count(size: &str) -> Option<u64> {
    let size = size.trim();
    if let Some((experts, each)) = size.split_once(['x', 'X']) {
        return experts.trim().parse::<u64>().ok()?.checked_mul(parameter_count(each)?);
    }
    let (figures, unit) = match size.char_indices().next_back()? {
        (end, 'K' | 'k') => (&size[..end], 1e3),
        (end, 'M' | 'm') => (&size[..end], 1e6),
        (end, 'B' | 'b') => (&size[..end], 1e9),
        (end, 'T' | 't') => (&size[..end], 1e12),
        _ => (size, 1.0),
    };
    let figures: f64 = figures.trim().parse().ok()?;
    let count = (figures * unit).round();
    // Below that, every whole number has a float of its own; nothing that fits a computer has as many parameters.
    (1.0..9e15).contains(&count).then_some(count as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_servers_write_them() {
        for (size, count) in [
            ("268.10M", Some(268_100_000)),
            ("7.6B", Some(7_600_000_000)),
            ("32.8B", Some(32_800_000_000)),
            ("8x7B", Some(56_000_000_000)),
            ("1T", Some(1_000_000_000_000)),
            ("22.7K", Some(22_700)),
            (" 270m ", Some(270_000_000)),
            ("512", Some(512)),
            ("", None),
            ("B", None),
            ("0", None),
            ("-7B", None),
            ("NaN", None),
            ("infB", None),
            ("99999999T", None),
            ("x7B", None),
            ("unknown", None),
        ] {
            assert_eq!(parameter_count(size), count, "{size}");
        }
    }

    #[test]
    fn larger_models_are_given_more_time() {
        for (size, seconds) in [
            ("268.10M", 180),
            ("7B", 180),
            ("7.6B", 180),
            ("8.0B", 300),
            ("32.8B", 300),
            ("34.4B", 300),
            ("35B", 600),
            ("8x7B", 600),
            ("671B", 600),
            ("", 300),
        ] {
            assert_eq!(suggested_silence(parameter_count(size)).as_secs(), seconds, "{size}");
        }
    }
}
