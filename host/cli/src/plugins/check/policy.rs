//! A retry policy is asked about every kind of failure, twice about each.

use super::findings::{Findings, Times};
use crate::setting::{self, Owner, Setting};
use anyhow::Result;
use koderz_api::retry::{Attempt, Decision};
use koderz_api::transport::{Endpoint, Failure, FailureKind, Phase};
use koderz_loader::{Interface, Plugin};
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
    let (mut impure, mut endless, mut hasty) = (Vec::new(), Vec::new(), Vec::new());
    for (kind, status) in KINDS {
        let name = format!("{kind:?}");
        let asked = times.take(|| policy.decide(&attempt(kind, status, 1, Some(RETRY_AFTER))))?;
        if matches!(asked, Decision::Retry(pause) if pause < RETRY_AFTER) {
            hasty.push(name.clone());
        }
        let mut ends = false;
        for number in 1..=PATIENCE {
            let attempt = attempt(kind, status, number, None);
            let decisions = [(); 2].map(|()| times.take(|| policy.decide(&attempt)));
            let [first, second] = decisions;
            let (first, second) = (first?, second?);
            if first != second {
                impure.push(format!(
                    "attempt {number} that ended as {name}: {first:?}, then {second:?}"
                ));
                break;
            }
            if !matches!(first, Decision::Retry(_)) {
                ends = true;
                break;
            }
        }
        if !ends && impure.is_empty() {
            endless.push(name);
        }
    }
    findings.times("decide", &times);
    findings.faults_at("equal calls of decide have different answers", &impure);
    findings.remarks_at(&format!("it goes on trying after {PATIENCE} failures"), &endless);
    findings.remarks_at(
        "it tries again earlier than the server asks for with Retry-After",
        &hasty,
    );
    Ok(())
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
