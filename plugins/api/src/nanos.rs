//! Durations in JSON: whole nanoseconds, as the contract and the model server count them.

use serde::{Deserialize, Deserializer, Serializer};
use std::time::Duration;

/// Nanoseconds of a duration, capped where they would not fit (after 584 years).
pub(crate) fn count(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Writes it.
///
/// # Errors
/// The format's own.
pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(count(*duration))
}

/// Reads it.
///
/// # Errors
/// The format's own.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_nanos)
}

/// The same for a duration that may be absent.
pub mod option {
    use super::{Deserialize, Deserializer, Duration, Serializer, count};
    use serde::Serialize;

    /// Writes it.
    ///
    /// # Errors
    /// The format's own.
    pub fn serialize<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        duration.map(count).serialize(serializer)
    }

    /// Reads it.
    ///
    /// # Errors
    /// The format's own.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Duration::from_nanos))
    }
}

/// The same for a list of durations.
pub mod list {
    use super::{Deserialize, Deserializer, Duration, Serializer, count};

    /// Writes it.
    ///
    /// # Errors
    /// The format's own.
    pub fn serialize<S: Serializer>(durations: &[Duration], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(durations.iter().copied().map(count))
    }

    /// Reads it.
    ///
    /// # Errors
    /// The format's own.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Duration>, D::Error> {
        Ok(Vec::<u64>::deserialize(deserializer)?
            .into_iter()
            .map(Duration::from_nanos)
            .collect())
    }
}
