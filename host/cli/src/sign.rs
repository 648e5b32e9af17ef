//! What a question for a single token shows of a model.
//!
//! Lists and versions come from a server whose runner hangs, so only the token itself is a sign of life. Where none comes,
//! the list still tells a load that takes long from a model that is stuck.

use crate::figure::{harmless, span};
use koderz_api::transport::FailureKind;
use koderz_core::ports::{AttemptError, Model, Refusal};
use koderz_core::words;
use koderz_simulator::is_embedded;
use koderz_transport::{LoadedModel, Ollama, TransportError};
use std::time::Duration;
use tokio::time::timeout;

/// How long the list is waited for that tells one silence from the other.
const LOOK: Duration = Duration::from_secs(1);

/// What was seen last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// A token, after so long.
    Token(Duration),
    /// Nobody answers.
    Unreachable(TransportError),
    /// The question was answered with a failure that may pass.
    Failing { words: String, busy: bool },
    /// The question was refused for good.
    Refused(Refusal),
    /// Whoever answers plays recordings, and this question is none of them.
    Recorded,
    /// Silence, and the model is not in memory yet.
    Loading,
    /// Silence, although the model is in memory.
    Silent,
    /// Silence, and nothing is known of the model.
    Unknown,
}

/// Asks for a token under the options that the model is loaded with, or else those that are usual: others would make the
/// server load it anew.
pub(crate) async fn ask(ollama: &Ollama, model: &str, context_tokens: Option<u32>, patience: Duration) -> Sign {
    let asked = ollama.canary(model, context_tokens, patience).await;
    // What an embedded server has no answer to it refuses, which says nothing against the questions that it has answers to.
    if let Err(AttemptError::Refused(_)) = &asked
        && let Ok(version) = ollama.version().await
        && is_embedded(&version)
    {
        return Sign::Recorded;
    }
    let in_memory = match &asked {
        Err(AttemptError::Failed(failure)) if failure.kind == FailureKind::TimedOut => in_memory(ollama, model).await,
        _ => None,
    };
    judge(asked, in_memory, &ollama.address().to_string())
}

/// Whether a model is in memory; none where the server does not say.
pub(crate) async fn in_memory(ollama: &Ollama, model: &str) -> Option<bool> {
    let loaded = timeout(LOOK, ollama.loaded_models()).await.ok()?.ok()?;
    Some(find(&loaded, model).is_some())
}

/// The model that a name means, among these.
pub(crate) fn find<'a>(loaded: &'a [LoadedModel], model: &str) -> Option<&'a LoadedModel> {
    let tagged = format!("{model}:latest");
    loaded.iter().find(|loaded| {
        [model, &tagged]
            .iter()
            .any(|name| loaded.name.eq_ignore_ascii_case(name))
    })
}

fn judge(asked: Result<Duration, AttemptError>, in_memory: Option<bool>, address: &str) -> Sign {
    let failure = match asked {
        Ok(took) => return Sign::Token(took),
        Err(AttemptError::Refused(refusal)) => return Sign::Refused(refusal),
        Err(AttemptError::Failed(failure)) => failure,
    };
    match (failure.kind, in_memory) {
        (FailureKind::Unreachable, _) if failure.status.is_none() => Sign::Unreachable(TransportError::Unreachable {
            address: address.to_owned(),
            what: failure.message,
        }),
        (FailureKind::TimedOut, Some(true)) => Sign::Silent,
        (FailureKind::TimedOut, Some(false)) => Sign::Loading,
        (FailureKind::TimedOut, None) if failure.status.is_none() => Sign::Unknown,
        (kind, _) => Sign::Failing {
            busy: kind == FailureKind::Overloaded,
            words: harmless(&words::failure(&failure)),
        },
    }
}

impl Sign {
    /// What it means for a model, and what can be done about it.
    pub(crate) fn told(&self, model: &str) -> (String, Option<String>) {
        match self {
            Sign::Token(took) => (format!("{model} gave a token after {}", span(*took)), None),
            // Its hint stands in it.
            Sign::Unreachable(error) => {
                let error = error.to_string();
                match error.split_once("\nhint: ") {
                    Some((error, hint)) => (error.to_owned(), Some(hint.to_owned())),
                    None => (error, None),
                }
            }
            Sign::Failing { words, busy } => (
                format!("{model} gave no token: {words}"),
                busy.then(|| {
                    "more requests wait for a load than OLLAMA_MAX_QUEUE lets in; they pass once it is done".to_owned()
                }),
            ),
            Sign::Refused(refusal) => (format!("{model} gave no token: {}", refused(refusal)), None),
            Sign::Recorded => (
                format!("{model} plays recorded answers, and has one to every question that was recorded"),
                None,
            ),
            Sign::Loading => (
                format!("{model} is not in memory yet"),
                Some("a load that is cut short begins anew the next time; a longer --timeout lets it end".to_owned()),
            ),
            Sign::Silent => (
                format!("{model} is in memory and gave no token"),
                Some(format!(
                    "it is busy with other questions, or stuck; `ollama stop {model}` takes it out of memory, and a \
                     restart of the server frees it in any case"
                )),
            ),
            Sign::Unknown => (
                format!("{model} gave no token, and the server no longer says what is in memory"),
                Some("a restart of the server may be needed".to_owned()),
            ),
        }
    }
}

/// A refusal in one line.
pub(crate) fn refused(refusal: &Refusal) -> String {
    let status = refusal
        .status
        .map(|status| format!("HTTP {status} "))
        .unwrap_or_default();
    harmless(&format!("{status}refused ({}): {}", refusal.detail, refusal.message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use koderz_api::transport::{Failure, Phase};

    fn failed(kind: FailureKind, status: Option<u16>, in_memory: Option<bool>) -> Sign {
        let failure = Failure {
            kind,
            detail: "detail".to_owned(),
            phase: Phase::Queue,
            status,
            retry_after: None,
            message: "said".to_owned(),
        };
        judge(Err(AttemptError::Failed(failure)), in_memory, "http://server")
    }

    #[test]
    fn silence_means_a_load_or_a_model_that_is_stuck_by_what_is_in_memory() {
        use FailureKind::TimedOut;
        for (status, in_memory, sign) in [
            (None, Some(false), Sign::Loading),
            (None, Some(true), Sign::Silent),
            (None, None, Sign::Unknown),
        ] {
            assert_eq!(failed(TimedOut, status, in_memory), sign);
        }
        let gateway = failed(TimedOut, Some(408), None);
        assert!(matches!(gateway, Sign::Failing { busy: false, .. }), "{gateway:?}");
    }

    #[test]
    fn a_full_queue_is_told_from_other_failures_and_from_a_server_that_is_away() {
        let busy = failed(FailureKind::Overloaded, Some(503), None);
        assert!(matches!(busy, Sign::Failing { busy: true, .. }), "{busy:?}");
        let (what, hint) = busy.told("m");
        assert_eq!(what, "m gave no token: HTTP 503 server overloaded (detail): said");
        assert!(hint.is_some_and(|hint| hint.contains("OLLAMA_MAX_QUEUE")));

        let dead = failed(FailureKind::Crashed, Some(500), None);
        assert_eq!(dead.told("m").1, None);

        let away = failed(FailureKind::Unreachable, None, None);
        let (what, hint) = away.told("m");
        assert_eq!(what, "cannot reach Ollama at http://server: said");
        assert!(hint.is_some_and(|hint| hint.starts_with("start it with")));
        // A gateway that answers is not the server that is away.
        let gateway = failed(FailureKind::Unreachable, Some(502), None);
        assert!(matches!(gateway, Sign::Failing { .. }), "{gateway:?}");
    }

    #[test]
    fn what_a_server_says_is_told_on_one_line() {
        let refusal = Refusal {
            status: Some(500),
            detail: "out-of-memory".to_owned(),
            message: "not\nenough".to_owned(),
        };
        let (what, _) = judge(Err(AttemptError::Refused(refusal)), None, "").told("m");
        assert_eq!(what, "m gave no token: HTTP 500 refused (out-of-memory): not enough");
    }
}
