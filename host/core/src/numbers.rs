//! Numbers as people read them: grouped, rounded to what they are worth, and with their unit.

use std::time::Duration;

/// A short time: `84 µs`, `1.2 ms`.
pub fn micros(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    match micros < 999.5 {
        true => format!("{micros:.0} µs"),
        false => format!("{:.1} ms", micros / 1e3),
    }
}

/// `41,203`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 trial`, `2 trials`.
pub fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

/// `62.2 %`, of a share between 0 and 1.
pub fn percent(share: f64) -> String {
    format!("{} %", hundredths(share))
}

/// `62.2`, of a share between 0 and 1.
pub fn hundredths(share: f64) -> String {
    format!("{:.1}", share * 100.0)
}

/// A length of time in the two units that matter: `340 ms`, `12.5 s`, `4 min 12 s`, `2 h 05 min`.
pub fn span(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let whole = seconds.round() as u64;
    if time < Duration::from_secs(1) {
        format!("{} ms", time.as_millis())
    } else if seconds < 59.95 {
        format!("{seconds:.1} s")
    } else if whole < 3600 {
        format!("{} min {} s", whole / 60, whole % 60)
    } else {
        format!("{} h {:02} min", whole / 3600, whole % 3600 / 60)
    }
}

/// How fast something goes on, in the unit that gives a figure above 1 for most: `3.2/s`, `25.0/min`.
pub fn pace(count: u64, time: Duration) -> Option<String> {
    if count == 0 || time.is_zero() {
        return None;
    }
    let per_second = count as f64 / time.as_secs_f64();
    Some(if per_second >= 1.0 {
        format!("{per_second:.1}/s")
    } else {
        format!("{:.1}/min", per_second * 60.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(
            [0, 999, 1_000, 41_203, 1_000_000].map(grouped),
            ["0", "999", "1,000", "41,203", "1,000,000"]
        );
    }

    #[test]
    fn times_are_given_in_the_units_that_matter() {
        let cases = [
            (340, "340 ms"),
            (1_000, "1.0 s"),
            (12_540, "12.5 s"),
            (59_960, "1 min 0 s"),
            (252_000, "4 min 12 s"),
            (7_500_000, "2 h 05 min"),
        ];
        for (millis, words) in cases {
            assert_eq!(span(Duration::from_millis(millis)), words);
        }
    }

    #[test]
    fn a_pace_needs_something_done() {
        assert_eq!(pace(0, Duration::from_secs(9)), None);
        assert_eq!(pace(30, Duration::from_secs(10)).as_deref(), Some("3.0/s"));
        assert_eq!(pace(5, Duration::from_secs(60)).as_deref(), Some("5.0/min"));
    }
}
