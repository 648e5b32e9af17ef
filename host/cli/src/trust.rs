//! What plugins may do beyond the least, as typed: `NAME=…` for each.

use crate::arguments::Trusting;
use koderz_loader::{Bounds, Trust};
use std::str::FromStr;
use std::time::Duration;

/// Digits of a SHA-256 in hexadecimal.
const DIGITS: usize = 64;

/// A plugin, and the digest that it has to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pin {
    pub(crate) name: String,
    pub(crate) digest: String,
}

impl FromStr for Pin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, digest) = named(text, "SHA256")?;
        let digest = digest.strip_prefix("sha256:").unwrap_or(digest).to_ascii_lowercase();
        match digest.len() == DIGITS && digest.chars().all(|digit| digit.is_ascii_hexdigit()) {
            true => Ok(Pin { name, digest }),
            false => Err(format!("a SHA-256 has {DIGITS} hexadecimal digits")),
        }
    }
}

/// A plugin, and a bound of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    Memory(usize),
    Call(Duration),
}

/// A plugin, and how many MiB of memory it may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Memory(String, Bound);

impl FromStr for Memory {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = named(text, "MIB")?;
        match value.parse() {
            // More than a component of 32 bits can have is no bound.
            Ok(mib @ 1..=4096_usize) => Ok(Memory(name, Bound::Memory(mib << 20))),
            _ => Err("a whole number from 1 to 4096 is needed".to_owned()),
        }
    }
}

/// A plugin, and how many seconds a call may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CallTime(String, Bound);

impl FromStr for CallTime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = named(text, "SECONDS")?;
        let seconds = value
            .parse()
            .ok()
            .filter(|seconds| *seconds > 0.0 && *seconds <= 86_400.0);
        match seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
            Some(time) => Ok(CallTime(name, Bound::Call(time))),
            None => Err("a number above 0 and at most 86400 is needed".to_owned()),
        }
    }
}

fn named<'a>(text: &'a str, what: &str) -> Result<(String, &'a str), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value)),
        _ => Err(format!("NAME={what} is needed")),
    }
}

/// What is typed, as the loader takes it.
pub(crate) fn trust(typed: &Trusting) -> Trust {
    let mut trust = Trust {
        native: typed.native,
        wasi: typed.wasi.iter().cloned().collect(),
        ..Trust::default()
    };
    for pin in &typed.pins {
        trust
            .pins
            .entry(pin.name.clone())
            .or_default()
            .insert(pin.digest.clone());
    }
    let memory = typed.memory.iter().map(|Memory(name, bound)| (name, *bound));
    let time = typed.time.iter().map(|CallTime(name, bound)| (name, *bound));
    for (name, bound) in memory.chain(time) {
        let bounds: &mut Bounds = trust.bounds.entry(name.clone()).or_default();
        match bound {
            Bound::Memory(bytes) => bounds.memory = Some(bytes),
            Bound::Call(time) => bounds.call = Some(time),
        }
    }
    trust
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_a_name_and_a_whole_digest() {
        let digest = "0f".repeat(32);
        let pin: Pin = format!("mine=sha256:{}", digest.to_uppercase()).parse().expect("a pin");
        assert_eq!((pin.name.as_str(), pin.digest), ("mine", digest));
        assert_eq!("mine".parse::<Pin>(), Err("NAME=SHA256 is needed".to_owned()));
        let short = "a SHA-256 has 64 hexadecimal digits".to_owned();
        assert_eq!("mine=0f".parse::<Pin>(), Err(short));
    }

    #[test]
    fn bounds_of_one_plugin_are_put_together() {
        let typed = Trusting {
            memory: vec!["mine=512".parse().expect("a bound")],
            time: vec!["mine=0.5".parse().expect("a bound")],
            ..Trusting::default()
        };
        let expected = Bounds {
            memory: Some(512 << 20),
            call: Some(Duration::from_millis(500)),
        };
        assert_eq!(trust(&typed).bounds.get("mine"), Some(&expected));
        for (text, error) in [
            ("mine=0", "a whole number from 1 to 4096 is needed"),
            ("mine", "NAME=MIB is needed"),
        ] {
            assert_eq!(text.parse::<Memory>(), Err(error.to_owned()));
        }
        assert!("mine=-1".parse::<CallTime>().is_err());
    }
}
