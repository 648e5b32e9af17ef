//! A retry policy is asked about every kind of failure, and another instance of it about the same in another order.

use super::findings::{Findings, Times};
use crate::figure::{seconds, span};
use crate::setting::{self, Owner, Setting};
use anyhow::Result;
use koderz_api::retry::{Attempt, Decision};
use koderz_api::transport::{Endpoint, Failure, FailureKind, Phase};
use koderz_core::ports::{PluginError, RetryPolicy};
use koderz_loader::{Interface, Plugin};
use serde_json::Value;
use std::iter;
use std::time::Duration;

/// Failures of a question after which a policy should have given up, or said that the server has to be waited for.
const PATIENCE: u32 = 1000;

/// What a server asks for in the trial of a policy.
const RETRY_AFTER: Duration = Duration::from_secs(7);

const KINDS: [(FailureKind, Option<u16>); 8] = [
    (FailureKind::Unreachable, None),
    (FailureKind::Overloaded, Some(503)),
    (FailureKind::RateLimited, Some(429)),
    (FailureKind::NotReady, Some(500)),
    (FailureKind::Crashed, Some(500)),
    (FailureKind::Interrupted, None),
    (FailureKind::TimedOut, None),
    (FailureKind::Malformed, Some(200)),
];

pub(super) fn check(plugin: &Plugin, settings: &[Setting], findings: &mut Findings) -> Result<()> {
    findings.schema(plugin.schema(Interface::Retry), "retry");
    let settings = plugin.settings(Interface::Retry, &setting::of(Owner::Retry, settings))?;
    let policy = plugin.open_retry(&settings)?;
    let mut times = Times::default();
    let (mut broken, mut endless, mut hasty, mut decided) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (kind, status) in KINDS {
        let asked = attempt(kind, status, 1, Some(RETRY_AFTER));
        let told = (1..=PATIENCE).map(|number| attempt(kind, status, number, None));
        let mut ends = false;
        for attempt in iter::once(asked).chain(told) {
            match times.take(|| policy.decide(&attempt)) {
                Ok(decision) => {
                    let asked = attempt.failure.retry_after;
                    if let (Some(asked), Decision::Retry(pause)) = (asked, &decision)
                        && *pause < asked
                    {
                        hasty.push(name(kind));
                    }
                    ends = asked.is_none() && !matches!(decision, Decision::Retry(_));
                    decided.push((attempt, decision));
                }
                Err(error) => {
                    broken.push(told_of(&attempt, &error));
                    ends = true;
                }
            }
            if ends {
                break;
            }
        }
        if !ends {
            endless.push(name(kind));
        }
    }
    let impure = match broken.is_empty() {
        true => impure(&*plugin.open_retry(&settings)?, &decided, &mut times),
        false => Vec::new(),
    };
    findings.times("decide", &times);
    findings.faults_at("decide fails", &broken);
    findings.faults_at("equal calls of decide have different answers", &impure);
    findings.remarks_at(&format!("it goes on trying after {PATIENCE} failures"), &endless);
    findings.remarks_at(
        "it tries again earlier than the server asks for with Retry-After",
        &hasty,
    );
    Ok(())
}

/// What another instance decides otherwise. It is asked from the end, since what remembers its calls answers by how many
/// there were.
fn impure(policy: &dyn RetryPolicy, decided: &[(Attempt, Decision)], times: &mut Times) -> Vec<String> {
    let again = decided.iter().rev().filter_map(|(attempt, first)| {
        let words = match times.take(|| policy.decide(attempt)) {
            Ok(second) if second == *first => return None,
            Ok(second) => differing(first, &second),
            Err(error) => format!("{}, then failed: {}", in_words(first), error.what),
        };
        Some(format!("{} {words}", called(attempt)))
    });
    let mut differing: Vec<String> = again.collect();
    differing.reverse();
    differing
}

/// An attempt as the contract calls what it ended as.
fn called(attempt: &Attempt) -> String {
    let asked = match attempt.failure.retry_after {
        Some(_) => ", with Retry-After",
        None => "",
    };
    format!("attempt {} ({}{asked})", attempt.number, name(attempt.failure.kind))
}

/// The contract's name of a kind.
fn name(kind: FailureKind) -> String {
    match serde_json::to_value(kind) {
        Ok(Value::String(name)) => name,
        _ => format!("{kind:?}"),
    }
}

fn told_of(attempt: &Attempt, error: &PluginError) -> String {
    let hint = error.hint.as_ref().map(|hint| format!("; {hint}"));
    format!("{} {}{}", called(attempt), error.what, hint.unwrap_or_default())
}

fn in_words(decision: &Decision) -> String {
    match decision {
        Decision::Retry(pause) => format!("retry after {}", span(*pause)),
        Decision::WaitUntilReady => "wait until ready".to_owned(),
        Decision::GiveUp(reason) => format!("give up: {reason}"),
    }
}

/// Two decisions, told so that they differ.
fn differing(first: &Decision, second: &Decision) -> String {
    match (first, second, in_words(first) == in_words(second)) {
        (Decision::Retry(first), Decision::Retry(second), true) => {
            format!("retry after {}, then after {}", seconds(*first), seconds(*second))
        }
        _ => format!("{}, then {}", in_words(first), in_words(second)),
    }
}

fn attempt(kind: FailureKind, status: Option<u16>, number: u32, retry_after: Option<Duration>) -> Attempt {
    Attempt {
        number,
        of_kind: number,
        failure: Failure {
            kind,
            detail: "tried".to_owned(),
            phase: Phase::Queue,
            status,
            retry_after,
            message: "a failure to try the policy with".to_owned(),
        },
        endpoint: Endpoint {
            in_flight: 1,
            limit: 4,
            consecutive_failures: number,
            ..Endpoint::default()
        },
        elapsed: Duration::from_secs(u64::from(number)),
        remaining: None,
        previous_delay: (number > 1).then_some(Duration::from_secs(2)),
        entropy: 0x9e37_79b9_7f4a_7c15,
    }
}
