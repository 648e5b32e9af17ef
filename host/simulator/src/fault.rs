//! Faults: how the server fails on purpose, and for which attempts.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

/// One way to fail, and how often each question meets it.
///
/// Written `KIND[:TOKENS][*ATTEMPTS]`:
///
/// | kind | what happens |
/// |---|---|
/// | `busy` | 503 with the text of Ollama's full queue |
/// | `rate-limit` | 429 |
/// | `error` | the model's runner dies after `TOKENS` tokens: an error inside the 200, or a 500 if nothing was sent |
/// | `no-done` | a clean end after `TOKENS` tokens, without the last object |
/// | `reset` | the connection is reset after `TOKENS` tokens, before the head if that is 0 |
/// | `silence` | nothing more after `TOKENS` tokens, until the client goes away or the server stops |
///
/// `TOKENS` is 0 unless given. A reset may take back what the client has not read by then, if that is more than its
/// system buffers. Where the answer is shorter, the fault comes after its last token.
///
/// `ATTEMPTS` says that the first so many requests for each distinct question meet the fault: 1 unless given, every one
/// with `*all` or a bare `*`. Several faults are met one after the other: with `busy*2` and `reset:5` the third request
/// is reset and the fourth is answered.
///
/// ```
/// use koderz_simulator::Fault;
///
/// let fault: Fault = "silence:3*all".parse()?;
/// assert_eq!(fault.to_string(), "silence:3*all");
/// # Ok::<(), koderz_simulator::FaultError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub(crate) kind: Kind,
    attempts: Attempts,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing of the answer is sent.
    Instead(Refused),
    /// The answer breaks off.
    After(usize, Break),
}

/// A status in place of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Busy,
    RateLimit,
}

/// How an answer breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Break {
    Error,
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
    "fault {text:?}: {what}\nhint: KIND[:TOKENS][*ATTEMPTS], where KIND is busy, error, no-done, rate-limit, reset or \
     silence; for example busy*2, reset:5, silence:3*all"
)]
pub struct FaultError {
    text: String,
    what: String,
}

/// The fault that the request number `attempt` for a question, counted from 1, meets.
pub(crate) fn met(faults: &[Fault], attempt: u64) -> Option<Kind> {
    let mut before = 0;
    for fault in faults {
        match fault.attempts {
            Attempts::All => return Some(fault.kind),
            Attempts::First(times) => before += u64::from(times.get()),
        }
        if attempt <= before {
            return Some(fault.kind);
        }
    }
    None
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
    let (what, attempts) = match text.split_once('*') {
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
            Err(_) => return Err(format!("{tokens:?} is no number of tokens")),
        },
    };
    let after = |way| Kind::After(tokens.unwrap_or(0), way);
    let kind = match kind {
        "busy" | "rate-limit" if tokens.is_some() => return Err(format!("{kind} comes before any token")),
        "busy" => Kind::Instead(Refused::Busy),
        "rate-limit" => Kind::Instead(Refused::RateLimit),
        "error" => after(Break::Error),
        "no-done" => after(Break::NoDone),
        "reset" => after(Break::Reset),
        "silence" => after(Break::Silence),
        _ => return Err(format!("no kind {kind:?}")),
    };
    Ok(Fault { kind, attempts })
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, tokens) = match self.kind {
            Kind::Instead(Refused::Busy) => ("busy", 0),
            Kind::Instead(Refused::RateLimit) => ("rate-limit", 0),
            Kind::After(tokens, Break::Error) => ("error", tokens),
            Kind::After(tokens, Break::NoDone) => ("no-done", tokens),
            Kind::After(tokens, Break::Reset) => ("reset", tokens),
            Kind::After(tokens, Break::Silence) => ("silence", tokens),
        };
        f.write_str(kind)?;
        if tokens > 0 {
            write!(f, ":{tokens}")?;
        }
        match self.attempts {
            Attempts::All => f.write_str("*all"),
            Attempts::First(NonZeroU32::MIN) => Ok(()),
            Attempts::First(times) => write!(f, "*{times}"),
        }
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
            ("reset:5", "reset:5"),
            ("reset:0", "reset"),
            ("error*", "error*all"),
            ("no-done:7*3", "no-done:7*3"),
            ("silence:3*all", "silence:3*all"),
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
            ("reset*0", r#""0" is no number of attempts from 1"#),
            ("reset*some", r#""some" is no number of attempts from 1"#),
        ] {
            let said = text.parse::<Fault>().expect_err("no fault").to_string();
            assert!(said.starts_with(&format!("fault {text:?}: {what}\nhint: ")), "{said}");
            assert!(
                said.contains("busy, error, no-done, rate-limit, reset or silence"),
                "{said}"
            );
        }
    }

    #[test]
    fn faults_are_met_one_after_the_other_and_then_no_more() {
        let faults = faults(&["busy*2", "reset:5"]);
        let met: Vec<_> = (1..=4).map(|attempt| met(&faults, attempt)).collect();
        let busy = Some(Kind::Instead(Refused::Busy));
        assert_eq!(met, [busy, busy, Some(Kind::After(5, Break::Reset)), None]);
    }

    #[test]
    fn a_fault_for_all_attempts_never_ends() {
        assert_eq!(
            met(&faults(&["busy*all"]), u64::MAX),
            Some(Kind::Instead(Refused::Busy))
        );
        assert_eq!(met(&[], 1), None);
    }
}
