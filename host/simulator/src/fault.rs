//! Faults: how the server fails on purpose, and for which attempts.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

/// One way to fail, and which requests meet it.
///
/// Written `KIND[:TOKENS][*ATTEMPTS][/EVERY]`:
///
/// | kind | what happens |
/// |---|---|
/// | `busy` | 503 with the text of Ollama's full queue |
/// | `rate-limit` | 429; what stands for `TOKENS` is the seconds that it asks the client to wait |
/// | `error` | the answer fails after `TOKENS` tokens: an error inside the 200, or a 500 if nothing was sent |
/// | `die` | the same, because the model's runner dies: so do all its answers, and the next request loads the model anew |
/// | `no-done` | a clean end after `TOKENS` tokens, without the last object |
/// | `reset` | the connection is reset after `TOKENS` tokens, before the head if that is 0 |
/// | `silence` | nothing more after `TOKENS` tokens, until the client goes away or the server stops |
///
/// `TOKENS` is 0 unless given. A reset may take back what the client has not read by then, if that is more than its
/// system buffers. Where the answer is shorter, the fault comes after its last token.
///
/// `ATTEMPTS` says that the first so many requests for each distinct question meet the fault: 1 unless given, every one
/// with `*all` or a bare `*`. Several faults are met one after the other: with `busy*2` and `reset:5` the third request
/// is reset and the fourth is answered. A request that the server's own queue turned away does not count.
///
/// With `/EVERY` it is not the first requests for a question that meet the fault but every so many of all requests for
/// anything, and `ATTEMPTS` bounds how many do: any number unless given. `reset:5/10` resets every tenth, `die*2/10` has
/// the runner die with the tenth and the twentieth. These come before the others.
///
/// ```
/// use koderz_simulator::Fault;
///
/// for text in ["silence:3*all", "reset:5/10", "die*2/10"] {
///     let fault: Fault = text.parse()?;
///     assert_eq!(fault.to_string(), text);
/// }
/// # Ok::<(), koderz_simulator::FaultError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    kind: Kind,
    attempts: Attempts,
    every: Option<NonZeroU32>,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing of the answer is sent.
    Instead(Refused),
    /// The answer breaks off.
    After(usize, Break),
}

impl Kind {
    pub(crate) fn is_instead(&self) -> bool {
        matches!(self, Kind::Instead(_))
    }
}

/// A status in place of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Busy,
    /// With the seconds that the client is asked to wait; 0 asks for none.
    RateLimit(u32),
}

/// How an answer breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Break {
    Error,
    Die,
    NoDone,
    Reset,
    Silence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attempts {
    First(NonZeroU32),
    All,
}

/// Why a text is no fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "fault {text:?}: {what}\nhint: KIND[:TOKENS][*ATTEMPTS][/EVERY], where KIND is busy, die, error, no-done, rate-limit, \
     reset or silence; for example busy*2, reset:5, silence:3*all, die/10"
)]
pub struct FaultError {
    text: String,
    what: String,
}

/// The faults of a server.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// Those that each question meets, one after the other.
    in_turn: Vec<Fault>,
    /// Those that requests for anything meet.
    periodic: Vec<Fault>,
    arrived: AtomicU64,
}

impl Faults {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        let (periodic, in_turn) = faults.into_iter().partition(|fault| fault.every.is_some());
        Faults {
            in_turn,
            periodic,
            arrived: AtomicU64::new(0),
        }
    }

    /// The fault that a request meets because of its place among all of them. Asking is what counts it.
    pub(crate) fn of_arrival(&self) -> Option<Kind> {
        let number = 1 + self.arrived.fetch_add(1, Ordering::Relaxed);
        let is_due = |fault: &&Fault| {
            let every = fault.every.map_or(u64::MAX, |every| u64::from(every.get()));
            number.is_multiple_of(every) && fault.attempts.include(number / every)
        };
        self.periodic.iter().find(is_due).map(|fault| fault.kind)
    }

    /// The fault that the request number `attempt` for a question, counted from 1, meets.
    pub(crate) fn of_attempt(&self, attempt: u64) -> Option<Kind> {
        let mut before = 0;
        for fault in &self.in_turn {
            if fault.attempts.include(attempt - before) {
                return Some(fault.kind);
            }
            if let Attempts::First(times) = fault.attempts {
                before += u64::from(times.get());
            }
        }
        None
    }
}

impl Attempts {
    /// Whether the attempt with this number, counted from 1, is one of them.
    fn include(self, number: u64) -> bool {
        match self {
            Attempts::First(times) => number <= u64::from(times.get()),
            Attempts::All => true,
        }
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        parse(text.trim()).map_err(|what| FaultError {
            text: text.to_owned(),
            what,
        })
    }
}

fn parse(text: &str) -> Result<Fault, String> {
    let (text, every) = match text.split_once('/') {
        None => (text, None),
        Some((text, every)) => match every.parse() {
            Ok(every) => (text, Some(every)),
            Err(_) => return Err(format!("{every:?} is no number of requests from 1")),
        },
    };
    let (what, attempts) = match text.split_once('*') {
        None if every.is_some() => (text, Attempts::All),
        None => (text, Attempts::First(NonZeroU32::MIN)),
        Some((what, "" | "all")) => (what, Attempts::All),
        Some((what, times)) => match times.parse() {
            Ok(times) => (what, Attempts::First(times)),
            Err(_) => return Err(format!("{times:?} is no number of attempts from 1")),
        },
    };
    let (kind, tokens) = match what.split_once(':') {
        None => (what, None),
        Some((kind, tokens)) => match tokens.parse::<u32>() {
            Ok(tokens) => (kind, Some(tokens as usize)),
            Err(_) if kind == "rate-limit" => return Err(format!("{tokens:?} is no number of seconds")),
            Err(_) => return Err(format!("{tokens:?} is no number of tokens")),
        },
    };
    let after = |way| Kind::After(tokens.unwrap_or(0), way);
    let kind = match kind {
        "busy" if tokens.is_some() => return Err("busy comes before any token".to_owned()),
        "busy" => Kind::Instead(Refused::Busy),
        "rate-limit" => Kind::Instead(Refused::RateLimit(tokens.unwrap_or(0) as u32)),
        "error" => after(Break::Error),
        "die" => after(Break::Die),
        "no-done" => after(Break::NoDone),
        "reset" => after(Break::Reset),
        "silence" => after(Break::Silence),
        _ => return Err(format!("no kind {kind:?}")),
    };
    Ok(Fault { kind, attempts, every })
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, tokens) = match self.kind {
            Kind::Instead(Refused::Busy) => ("busy", 0),
            Kind::Instead(Refused::RateLimit(seconds)) => ("rate-limit", seconds as usize),
            Kind::After(tokens, Break::Error) => ("error", tokens),
            Kind::After(tokens, Break::Die) => ("die", tokens),
            Kind::After(tokens, Break::NoDone) => ("no-done", tokens),
            Kind::After(tokens, Break::Reset) => ("reset", tokens),
            Kind::After(tokens, Break::Silence) => ("silence", tokens),
        };
        f.write_str(kind)?;
        if tokens > 0 {
            write!(f, ":{tokens}")?;
        }
        match self.attempts {
            Attempts::All if self.every.is_none() => f.write_str("*all")?,
            Attempts::First(times) if self.every.is_some() || times > NonZeroU32::MIN => write!(f, "*{times}")?,
            Attempts::All | Attempts::First(_) => {}
        }
        self.every.map_or(Ok(()), |every| write!(f, "/{every}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(texts: &[&str]) -> Vec<Fault> {
        texts.iter().map(|text| text.parse().expect("a fault")).collect()
    }

    #[test]
    fn a_fault_is_written_as_it_is_read() {
        for (text, written) in [
            ("busy", "busy"),
            ("busy*2", "busy*2"),
            ("busy*1", "busy"),
            ("rate-limit*all", "rate-limit*all"),
            ("rate-limit:30*2", "rate-limit:30*2"),
            ("reset:5", "reset:5"),
            ("reset:0", "reset"),
            ("error*", "error*all"),
            ("no-done:7*3", "no-done:7*3"),
            ("silence:3*all", "silence:3*all"),
            ("reset:5/10", "reset:5/10"),
            ("die*all/10", "die/10"),
            ("die:2*1/10", "die:2*1/10"),
            ("busy*/1", "busy/1"),
        ] {
            assert_eq!(faults(&[text])[0].to_string(), written);
        }
    }

    #[test]
    fn a_bad_text_is_named_with_what_would_do() {
        for (text, what) in [
            ("bussy", r#"no kind "bussy""#),
            ("", r#"no kind """#),
            ("busy:2", "busy comes before any token"),
            ("reset:x", r#""x" is no number of tokens"#),
            ("reset:-1", r#""-1" is no number of tokens"#),
            ("rate-limit:x", r#""x" is no number of seconds"#),
            ("reset*0", r#""0" is no number of attempts from 1"#),
            ("reset*some", r#""some" is no number of attempts from 1"#),
            ("reset/0", r#""0" is no number of requests from 1"#),
            ("reset/2*3", r#""2*3" is no number of requests from 1"#),
        ] {
            let said = text.parse::<Fault>().expect_err("no fault").to_string();
            assert!(said.starts_with(&format!("fault {text:?}: {what}\nhint: ")), "{said}");
            assert!(
                said.contains("busy, die, error, no-done, rate-limit, reset or silence"),
                "{said}"
            );
        }
    }

    #[test]
    fn faults_are_met_one_after_the_other_and_then_no_more() {
        let faults = Faults::new(faults(&["busy*2", "reset:5", "die"]));
        let met: Vec<_> = (1..=5).map(|attempt| faults.of_attempt(attempt)).collect();
        let (busy, after) = (Some(Kind::Instead(Refused::Busy)), |tokens, way| {
            Some(Kind::After(tokens, way))
        });
        assert_eq!(met, [busy, busy, after(5, Break::Reset), after(0, Break::Die), None]);
    }

    #[test]
    fn a_fault_for_all_attempts_never_ends() {
        let busy = Some(Kind::Instead(Refused::Busy));
        assert_eq!(Faults::new(faults(&["busy*all"])).of_attempt(u64::MAX), busy);
        assert_eq!(Faults::default().of_attempt(1), None);
    }

    #[test]
    fn a_periodic_fault_counts_requests_for_anything() {
        let faults = Faults::new(faults(&["reset:5/4", "die*2/3", "busy*2"]));
        let met: Vec<_> = (1..=12)
            .map(|_| match faults.of_arrival() {
                None => ' ',
                Some(Kind::After(5, Break::Reset)) => 'r',
                Some(Kind::After(0, Break::Die)) => 'd',
                other => panic!("{other:?}"),
            })
            .collect();
        // The ninth would be the third to die, and at the twelfth the first of the list comes first.
        assert_eq!(met.iter().collect::<String>(), "  dr d r   r");
        assert_eq!(faults.of_attempt(1), Some(Kind::Instead(Refused::Busy)));
    }
}
