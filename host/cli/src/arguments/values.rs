//! Values that are typed, and the bounds within which they mean something.

use crate::server::Patience;
use koderz_core::plan::Concurrency;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

/// A week: beyond it a number of seconds is a slip of the finger.
const LONGEST: f64 = 7.0 * 86_400.0;

pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= LONGEST => Ok(Duration::from_secs_f64(seconds)),
        _ => Err(format!("a number of seconds above 0 and up to {LONGEST} is needed")),
    }
}

/// How long this machine is calibrated.
pub(super) fn calibration(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=60.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("a number of seconds from 0 to 60 is needed".to_owned()),
    }
}

/// How long ago something was, in days or hours.
pub(super) fn age(text: &str) -> Result<Duration, String> {
    let units = [('d', 86_400), ('h', 3600)];
    let split = units
        .iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(*unit)?, seconds)));
    let parsed = split.and_then(|(number, seconds)| number.parse::<u64>().ok()?.checked_mul(*seconds));
    parsed
        .map(Duration::from_secs)
        .ok_or_else(|| "a number of days or hours is needed, such as 30d or 12h".to_owned())
}

/// The word for what is found out.
const AUTO: &str = "auto";

pub(super) fn patience(text: &str) -> Result<Patience, String> {
    if text == AUTO {
        return Ok(Patience::BySize);
    }
    seconds(text)
        .map(Patience::For)
        .map_err(|error| format!("{error}, or `{AUTO}`"))
}

pub(super) fn load(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(0.0) => Ok(Duration::ZERO),
        _ => seconds(text).map_err(|_| "a number of seconds of 0 or more is needed".to_owned()),
    }
}

pub(super) fn temperature(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=100.0).contains(&value) => Ok(value),
        _ => Err("a number from 0 to 100 is needed".to_owned()),
    }
}

pub(super) fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value <= 1.0 => Ok(value),
        _ => Err("a number above 0 and up to 1 is needed".to_owned()),
    }
}

pub(super) fn positive(text: &str) -> Result<NonZeroU32, String> {
    text.parse()
        .map_err(|_| format!("a whole number from 1 to {} is needed", u32::MAX))
}

/// The same for what may be any such number.
pub(super) fn some<T: FromStr + PartialOrd + From<bool>>(text: &str) -> Result<T, String> {
    let number = text.parse().ok().filter(|number| *number >= T::from(true));
    number.ok_or_else(|| "a whole number of 1 or more is needed".to_owned())
}

/// Questions a second. At none the run would never ask, and without a rate there is none to say.
pub(super) fn rate(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|rate: &f64| *rate > 0.0 && rate.is_finite());
    number.ok_or_else(|| "a number above 0 is needed, such as 2 or 0.5".to_owned())
}

/// How often a model is loaded again.
pub(super) fn loads(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|loads| *loads <= 100);
    number.ok_or_else(|| "a whole number from 0 to 100 is needed".to_owned())
}

/// More under way at once than any server of models serves is a slip of the finger, and would take memory.
const WIDEST: u32 = 1024;

pub(super) fn concurrency(text: &str) -> Result<Concurrency, String> {
    match text.parse::<NonZeroU32>() {
        _ if text == AUTO => Ok(Concurrency::AUTO),
        Ok(number) if number.get() <= WIDEST => Ok(Concurrency::Fixed(number)),
        _ => Err(format!("a whole number from 1 to {WIDEST} is needed, or `{AUTO}`")),
    }
}

pub(super) fn slot(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((slot, model)) if !slot.is_empty() && !model.is_empty() => Ok((slot.to_owned(), model.to_owned())),
        _ => Err("SLOT=MODEL is needed, such as judge=llama3.2".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_bounds_are_refused_with_the_bounds() {
        assert!(seconds("0").is_err() && seconds("-1").is_err() && seconds("1e9").is_err() && seconds("NaN").is_err());
        assert_eq!(seconds("1.5"), Ok(Duration::from_millis(1500)));
        assert!(temperature("-0.1").is_err() && temperature("warm").is_err());
        assert!(concurrency("0").is_err() && concurrency("5000").is_err());
        assert!(positive("0").is_err() && positive("-1").is_err() && positive("4294967296").is_err());
        assert!(slot("judge").is_err() && slot("=m").is_err());
    }
}
