//! How fast tokens come.

use crate::reply::Reply;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// How fast the server answers, once a question has its slot.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Pace {
    /// All at once.
    #[default]
    Instant,
    /// As the model did: the recorded load, unless loads take a time of their own here, and prompt, then the tokens
    /// spread over the recorded generation. An answer without durations comes at once.
    Recorded,
    /// So many tokens in a second, the first at once. A number that is not above 0 means all at once.
    TokensPerSecond(f64),
}

/// Why a text is no pace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("pace {text:?}: neither instant nor recorded nor a number of tokens per second above 0")]
pub struct PaceError {
    text: String,
}

/// When the tokens of an answer are due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Timetable {
    lead: Duration,
    each: Duration,
}

/// Where the time comes from that an answer waits for its model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loads {
    /// From the recording, and it is part of the answer.
    Recorded,
    /// From the server's own queue, and it is over before the answer begins.
    Simulated,
}

impl Pace {
    pub(crate) fn timetable(self, reply: &Reply, loads: Loads) -> Timetable {
        match self {
            Pace::Instant => Timetable::default(),
            // What is no duration is no rate either.
            Pace::TokensPerSecond(rate) => Timetable {
                lead: Duration::ZERO,
                each: Duration::try_from_secs_f64(rate.recip()).unwrap_or_default(),
            },
            Pace::Recorded => {
                let Some(tail) = &reply.tail else {
                    return Timetable::default();
                };
                let nanos = |nanos: Option<u64>| Duration::from_nanos(nanos.unwrap_or(0));
                let load = match loads {
                    Loads::Recorded => nanos(tail.load_duration),
                    Loads::Simulated => Duration::ZERO,
                };
                Timetable {
                    lead: load + nanos(tail.prompt_eval_duration),
                    each: nanos(tail.eval_duration) / u32::try_from(reply.tokens().max(1)).unwrap_or(u32::MAX),
                }
            }
        }
    }
}

impl Timetable {
    /// When a token, counted from 0, is due after the question got its slot. What follows `n` tokens is due with the
    /// token `n`.
    pub(crate) fn due(&self, token: usize) -> Duration {
        let before = self.each.saturating_mul(u32::try_from(token).unwrap_or(u32::MAX));
        self.lead.saturating_add(before)
    }
}

impl FromStr for Pace {
    type Err = PaceError;

    fn from_str(text: &str) -> Result<Self, PaceError> {
        match text.trim() {
            "instant" => Ok(Pace::Instant),
            "recorded" => Ok(Pace::Recorded),
            number => match number.parse::<f64>() {
                Ok(rate) if rate > 0.0 && rate.is_finite() => Ok(Pace::TokensPerSecond(rate)),
                _ => Err(PaceError { text: text.to_owned() }),
            },
        }
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pace::Instant => f.write_str("instant"),
            Pace::Recorded => f.write_str("recorded"),
            Pace::TokensPerSecond(rate) => write!(f, "{rate}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::Tail;

    fn reply() -> Reply {
        let tail = Tail {
            load_duration: Some(5_000_000),
            prompt_eval_duration: Some(20_000_000),
            eval_count: Some(4),
            eval_duration: Some(400_000_000),
            ..Tail::default()
        };
        Reply::new(String::new(), "abcdefgh".to_owned(), Some(tail))
    }

    fn dues(pace: Pace, reply: &Reply) -> Vec<u128> {
        let timetable = pace.timetable(reply, Loads::Recorded);
        (0..=4).map(|token| timetable.due(token).as_millis()).collect()
    }

    #[test]
    fn a_recorded_answer_takes_as_long_as_it_did() {
        assert_eq!(dues(Pace::Recorded, &reply()), [25, 125, 225, 325, 425]);
        let unfinished = Reply::new(String::new(), "a b c d".to_owned(), None);
        assert_eq!(dues(Pace::Recorded, &unfinished), [0; 5]);
    }

    #[test]
    fn a_load_that_was_waited_for_is_not_waited_for_again() {
        let timetable = Pace::Recorded.timetable(&reply(), Loads::Simulated);
        assert_eq!(timetable.due(0).as_millis(), 20);
    }

    #[test]
    fn a_rate_spaces_tokens_evenly() {
        assert_eq!(dues(Pace::TokensPerSecond(50.0), &reply()), [0, 20, 40, 60, 80]);
        assert_eq!(dues(Pace::Instant, &reply()), [0; 5]);
        for no_rate in [0.0, -1.0, f64::NAN] {
            assert_eq!(dues(Pace::TokensPerSecond(no_rate), &reply()), [0; 5]);
        }
    }

    #[test]
    fn a_pace_is_written_as_it_is_read() {
        for text in ["instant", "recorded", "30", "0.5"] {
            assert_eq!(text.parse::<Pace>().expect("a pace").to_string(), text);
        }
        for text in ["", "fast", "0", "-1", "NaN", "inf"] {
            let said = text.parse::<Pace>().expect_err("no pace").to_string();
            assert!(
                said.starts_with(&format!("pace {text:?}: neither instant nor")),
                "{said}"
            );
        }
    }
}
