//! A day, for asking which runs were begun since.

use jiff::civil::Date;
use std::str::FromStr;

/// A day in UTC.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(String);

impl Day {
    /// Whether it has begun by a time in RFC 3339 form, UTC.
    pub fn has_begun_by(&self, timestamp: &str) -> bool {
        // Both are written with the largest unit first and all digits, so the order of texts is that of times.
        timestamp >= self.0.as_str()
    }
}

impl FromStr for Day {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let written = |day: &Date| day.strftime("%Y-%m-%d").to_string();
        match text.parse::<Date>() {
            Ok(day) if written(&day) == text => Ok(Day(written(&day))),
            _ => Err("a day is needed, such as 2026-11-24".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_come_from_midnight_on() {
        let day: Day = "2026-11-24".parse().expect("a day");
        assert!(!day.has_begun_by("2026-11-23T23:59:59Z"));
        assert!(day.has_begun_by("2026-11-24T00:00:00Z"));
        assert!(day.has_begun_by("2027-01-01T00:00:00Z"));
    }

    #[test]
    fn what_is_no_day_of_the_calendar_is_refused() {
        for text in [
            "",
            "yesterday",
            "2026-02-30",
            "2026-1-1",
            "20261124",
            "2026-11-24T00:00:00",
            "-000001-01-01",
        ] {
            assert!(text.parse::<Day>().is_err(), "{text:?} was accepted");
        }
    }
}
