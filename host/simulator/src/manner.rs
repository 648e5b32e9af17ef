//! How the models behave that answer anything: what is set of them beside their rate.
//!
//! Nothing here happens by itself. A [`Manner`] is read from a text and looked at by [`crate::course`], which says when
//! the pieces of one answer are due.

use crate::duration::{self, KeepAlive};
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

/// How the models `lorem:N` behave, written `NAME=VALUE[,NAME=VALUE]…`:
///
/// | setting | unless given | |
/// |---|---|---|
/// | `read=TOKENS` | ten times its rate | tokens of a prompt that are read in a second |
/// | `start=TIME` | 0 | what any prompt costs beside that |
/// | `slow=PART` | 0 | by which part a step gets longer for each other answer at the same time |
/// | `chunk=TOKENS` | 1 | tokens in a line |
/// | `burst=TOKENS` | 1 | the most tokens that come at once, each in its line; as many as chance says |
/// | `jitter=PART` | 0 | the part of a step by which it is shorter or longer, as chance says |
/// | `seed=N` | 0 | where chance begins |
/// | `cut` | | every write ends inside of a line, and inside of a character; the rest follows about a millisecond later |
/// | `cache` | | what a prompt has in common with the beginning of an earlier one is not read again |
/// | `keep=TOKENS` | all | tokens of a prompt beyond which it is cut, in silence |
/// | `think=TOKENS` | 0 | tokens that are thought before the answer, unless `think` is false |
/// | `end=TOKENS[/EVERY]` | | the answer ends by itself after so many tokens |
/// | `stall=TIME[/EVERY]` | | nothing comes for so long in the middle of the answer |
/// | `others=TIME[/EVERY]` | | other clients had come first, and have all slots for so long |
/// | `unload/EVERY` | | the model has left memory before the question |
/// | `tire=PART` | 0 | by which part a step gets longer with each answer |
/// | `vram=PART` | 1 | the part of the model that `/api/ps` shows in graphics memory |
/// | `told=FACTOR` | 1 | what the times in the last object are multiplied by |
///
/// A time is written as in Go, such as `200ms`. With `/EVERY` it is every so many answers of a model that are meant, and
/// otherwise all.
///
/// ```
/// use koderz_simulator::Manner;
///
/// let manner: Manner = "read=2000,chunk=4,stall=200ms/10,cache".parse()?;
/// # Ok::<(), koderz_simulator::MannerError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Manner {
    pub(crate) read: Option<f64>,
    pub(crate) start: Duration,
    pub(crate) slow: f64,
    pub(crate) chunk: usize,
    pub(crate) burst: usize,
    pub(crate) jitter: f64,
    pub(crate) seed: u64,
    pub(crate) cut: bool,
    pub(crate) cache: bool,
    pub(crate) keep: usize,
    pub(crate) think: usize,
    pub(crate) end: Option<Sometimes<usize>>,
    pub(crate) stall: Option<Sometimes<Duration>>,
    pub(crate) others: Option<Sometimes<Duration>>,
    pub(crate) unload: Option<Sometimes<()>>,
    pub(crate) tire: f64,
    pub(crate) vram: f64,
    pub(crate) told: f64,
}

/// What every so many answers meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sometimes<T> {
    what: T,
    every: NonZeroU32,
}

/// Why a text does not say how a model behaves.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "lorem {text:?}: {what}\nhint: NAME=VALUE, several of them with commas between, for example read=2000,chunk=4,cache,stall=200ms/10"
)]
pub struct MannerError {
    text: String,
    what: String,
}

impl Default for Manner {
    /// One token after the other at the model's rate, and no trouble.
    fn default() -> Self {
        Manner {
            read: None,
            start: Duration::ZERO,
            slow: 0.0,
            chunk: 1,
            burst: 1,
            jitter: 0.0,
            seed: 0,
            cut: false,
            cache: false,
            keep: usize::MAX,
            think: 0,
            end: None,
            stall: None,
            others: None,
            unload: None,
            tire: 0.0,
            vram: 1.0,
            told: 1.0,
        }
    }
}

impl<T: Copy> Sometimes<T> {
    /// What the answer with this number meets, counted from 1.
    pub(crate) fn of(self, number: u64) -> Option<T> {
        number.is_multiple_of(u64::from(self.every.get())).then_some(self.what)
    }
}

impl FromStr for Manner {
    type Err = MannerError;

    fn from_str(text: &str) -> Result<Self, MannerError> {
        let mut manner = Manner::default();
        for setting in text.split(',') {
            manner.set(setting.trim()).map_err(|what| MannerError {
                text: text.to_owned(),
                what,
            })?;
        }
        Ok(manner)
    }
}

impl Manner {
    fn set(&mut self, setting: &str) -> Result<(), String> {
        let (setting, every) = match setting.split_once('/') {
            None => (setting, None),
            Some((setting, every)) => match every.parse::<NonZeroU32>() {
                Ok(every) => (setting, Some(every)),
                Err(_) => return Err(format!("{every:?} is no number of answers from 1")),
            },
        };
        let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
        if every.is_some() && !["end", "stall", "others", "unload"].contains(&name) {
            return Err(format!("{name} is for all answers alike"));
        }
        let every = every.unwrap_or(NonZeroU32::MIN);
        let number = |least: f64, most: f64| match value.parse::<f64>() {
            Ok(number) if (least..=most).contains(&number) => Ok(number),
            _ => Err(format!("{name} is a number from {least} to {most}, and not {value:?}")),
        };
        let tokens = || match value.parse::<NonZeroU32>() {
            Ok(tokens) => Ok(tokens.get() as usize),
            Err(_) => Err(format!("{name} is a number of tokens from 1, and not {value:?}")),
        };
        let time = || match duration::keep_alive(value) {
            Ok(KeepAlive::For(time)) => Ok(time),
            _ => Err(format!("{name} is a time such as 200ms, and not {value:?}")),
        };
        match (name, value) {
            ("read", _) => self.read = Some(number(1e-3, 1e9)?),
            ("start", _) => self.start = time()?,
            ("slow", _) => self.slow = number(0.0, 100.0)?,
            ("chunk", _) => self.chunk = tokens()?,
            ("burst", _) => self.burst = tokens()?,
            ("jitter", _) => self.jitter = number(0.0, 1.0)?,
            ("seed", _) => self.seed = value.parse().map_err(|_| format!("{value:?} is no seed"))?,
            ("keep", _) => self.keep = tokens()?,
            ("think", _) => self.think = tokens()?,
            ("tire", _) => self.tire = number(0.0, 100.0)?,
            ("vram", _) => self.vram = number(0.0, 1.0)?,
            ("told", _) => self.told = number(0.0, 100.0)?,
            ("end", _) => self.end = Some(Sometimes { what: tokens()?, every }),
            ("stall", _) => self.stall = Some(Sometimes { what: time()?, every }),
            ("others", _) => self.others = Some(Sometimes { what: time()?, every }),
            ("unload", "") => self.unload = Some(Sometimes { what: (), every }),
            ("cut", "") => self.cut = true,
            ("cache", "") => self.cache = true,
            ("unload" | "cut" | "cache", _) => return Err(format!("{name} has no value")),
            _ => return Err(format!("no setting {name:?}")),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_one_after_the_other() {
        let manner: Manner = "read=2000, chunk=4,stall=200ms/10,unload/3,end=5,cut"
            .parse()
            .expect("a manner");
        assert_eq!((manner.read, manner.chunk, manner.cut), (Some(2000.0), 4, true));
        let stalls = manner.stall.expect("it stalls");
        assert_eq!((stalls.of(9), stalls.of(10)), (None, Some(Duration::from_millis(200))));
        assert_eq!(manner.unload.expect("it leaves").of(6), Some(()));
        assert_eq!(manner.end.expect("it ends").of(1), Some(5));
        assert_eq!("seed=0".parse(), Ok(Manner::default()));
    }

    #[test]
    fn a_bad_setting_is_named_with_what_would_do() {
        for (text, what) in [
            ("", r#"no setting """#),
            ("speed=2", r#"no setting "speed""#),
            ("chunk=0", r#"chunk is a number of tokens from 1, and not "0""#),
            ("jitter=2", r#"jitter is a number from 0 to 1, and not "2""#),
            ("stall=soon", r#"stall is a time such as 200ms, and not "soon""#),
            ("stall=1s/0", r#""0" is no number of answers from 1"#),
            ("chunk=4/2", "chunk is for all answers alike"),
            ("cache=yes", "cache has no value"),
        ] {
            let said = text.parse::<Manner>().expect_err("no manner").to_string();
            assert!(
                said.starts_with(&format!("lorem {text:?}: {what}\nhint: NAME=VALUE")),
                "{said}"
            );
        }
    }
}
