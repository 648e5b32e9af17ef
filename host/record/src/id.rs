//! What a run is called: when it was begun and a few random digits, so that names sort by time.

use crate::RecordError;
use jiff::Timestamp;
use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

/// The id of a run, such as `20261124-143412-7f3a`. It is safe as the name of a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(String);

impl RunId {
    /// A new id for a run that begins now (in UTC). Two runs of one second differ by 16 of the random bits.
    pub fn new(now: SystemTime, entropy: u64) -> Self {
        // Only a clock that is past the year 9999 has no timestamp.
        let now = Timestamp::try_from(now).unwrap_or(Timestamp::MAX);
        RunId(format!("{}-{:04x}", now.strftime("%Y%m%d-%H%M%S"), entropy & 0xffff))
    }

    /// Whether it begins with a time, as every id that is made here does.
    pub fn is_dated(&self) -> bool {
        let form = b"dddddddd-dddddd-";
        let bytes = self.0.as_bytes();
        bytes.len() > form.len()
            && form.iter().zip(bytes).all(|(form, byte)| match form {
                b'd' => byte.is_ascii_digit(),
                form => form == byte,
            })
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A time in RFC 3339 form, UTC, to the second.
pub fn timestamp(time: SystemTime) -> String {
    let time = Timestamp::try_from(time).unwrap_or(Timestamp::MAX);
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RunId {
    type Err = RecordError;

    fn from_str(text: &str) -> Result<Self, RecordError> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if (1..=64).contains(&text.len()) && text.chars().all(allowed) {
            Ok(RunId(text.to_owned()))
        } else {
            Err(RecordError::BadId(text.to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(seconds: u64, entropy: u64) -> RunId {
        RunId::new(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds), entropy)
    }

    #[test]
    fn an_id_says_when_in_utc_and_ends_in_four_random_digits() {
        assert_eq!(
            at(1_795_530_852, 0xdead_beef_0000_7f3a).as_str(),
            "20261124-143412-7f3a"
        );
        assert_eq!(at(0, 1).as_str(), "19700101-000000-0001");
    }

    #[test]
    fn a_timestamp_is_in_utc_and_ends_with_the_second() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_530_852_999);
        assert_eq!(timestamp(time), "2026-11-24T14:34:12Z");
    }

    #[test]
    fn ids_sort_by_time() {
        assert!(at(951_782_399, u64::MAX) < at(951_782_400, 0));
    }

    #[test]
    fn what_could_leave_the_folder_is_no_id() {
        for text in ["", ".", "../x", "a/b", "a\\b", "A", "é", "a b", &"a".repeat(65)] {
            assert!(text.parse::<RunId>().is_err(), "{text:?} was accepted");
        }
        let id = at(0, 0xabcd);
        assert_eq!(id.as_str().parse::<RunId>().expect("an id made here is an id"), id);
    }
}
