//! Figures and names as people read them, for what is said of a server.

use std::time::Duration;

/// A length of time: `0.8 s`, `4 min 12 s`, `2 h 05 min`.
pub(crate) fn span(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let whole = seconds.round() as u64;
    if seconds < 0.0995 {
        format!("{seconds:.3} s")
    } else if seconds < 59.95 {
        format!("{seconds:.1} s")
    } else if whole < 3600 {
        format!("{} min {} s", whole / 60, whole % 60)
    } else {
        format!("{} h {:02} min", whole / 3600, whole % 3600 / 60)
    }
}

/// A patience as it was typed: `60 s`, `0.5 s`.
pub(crate) fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}

/// Beyond it a model does not leave memory while anybody watches: for ever is written as some three hundred years.
const FOR_EVER: Duration = Duration::from_secs(365 * 86_400);

/// How long a model stays in memory.
pub(crate) fn stay(time: Duration) -> String {
    if time >= FOR_EVER {
        "for ever".to_owned()
    } else {
        span(time)
    }
}

/// An amount of memory in the units that Ollama gives, a thousand for each step: `291 MB`, `5.2 GB`.
pub(crate) fn memory(bytes: u64) -> String {
    let gigabytes = bytes as f64 / 1e9;
    if gigabytes >= 0.9995 {
        format!("{gigabytes:.1} GB")
    } else if bytes >= 1_000_000 {
        format!("{:.0} MB", bytes as f64 / 1e6)
    } else {
        format!("{:.0} kB", (bytes as f64 / 1e3).ceil())
    }
}

/// A number of parameters: `268M`, `7.6B`.
pub(crate) fn parameters(count: u64) -> String {
    let billions = count as f64 / 1e9;
    if billions >= 0.9995 {
        format!("{billions:.1}B")
    } else {
        format!("{:.0}M", count as f64 / 1e6)
    }
}

/// A server's words on one line, with nothing in them that a terminal would act on.
pub(crate) fn harmless(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() || turns_direction(c) { ' ' } else { c })
        .collect()
}

/// Whether a character makes those after it be shown from the other side.
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_given_in_the_units_that_matter() {
        for (millis, words) in [
            (8, "0.008 s"),
            (99, "0.099 s"),
            (840, "0.8 s"),
            (12_540, "12.5 s"),
            (59_960, "1 min 0 s"),
            (252_000, "4 min 12 s"),
            (7_500_000, "2 h 05 min"),
        ] {
            assert_eq!(span(Duration::from_millis(millis)), words);
        }
        assert_eq!(stay(Duration::from_nanos(i64::MAX as u64)), "for ever");
        assert_eq!(stay(Duration::from_secs(300)), "5 min 0 s");
        assert_eq!(seconds(Duration::from_millis(1500)), "1.5 s");
        assert_eq!(seconds(Duration::from_secs(60)), "60 s");
    }

    #[test]
    fn sizes_are_given_as_ollama_gives_them() {
        let sizes = [0, 1, 70_400, 291_554_930, 999_700_000, 5_230_000_000].map(memory);
        assert_eq!(sizes, ["0 kB", "1 kB", "71 kB", "292 MB", "1.0 GB", "5.2 GB"]);
        assert_eq!([268_098_176, 7_600_000_000].map(parameters), ["268M", "7.6B"]);
    }

    #[test]
    fn nothing_in_a_name_moves_the_cursor() {
        assert_eq!(harmless("m\u{1b}[2J\n\u{202e}x"), "m [2J  x");
    }
}
