//! One question with all its attempts.
//!
//! A question ends in an answer, in an error that its suite is told, or is left open because the run is to stop. It
//! holds one of the run's slots while an attempt is under way and until the answer is in the record, and none while it
//! waits to be tried again. Whether and when that happens is a policy's decision; this file only carries it out, within
//! bounds.

use crate::event::{Event, Place, TrialId};
use crate::ports::{AttemptError, Question};
use crate::scheduler::{RunError, Shared};
use crate::seed;
use crate::stop::Urgency;
use crate::words;
use koderz_api::chat::{AskError, AskErrorKind, Request};
use koderz_api::retry::{Attempt, Decision};
use koderz_api::suite::{Completion, Trial};
use koderz_api::transport::{Failure, FailureKind};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The first pause between two looks at a server that is away, and the longest.
const FIRST_LOOK: Duration = Duration::from_secs(1);
const LAST_LOOK: Duration = Duration::from_secs(30);

/// The run is to stop, and the question is left as it is.
pub(crate) struct LeftOpen;

/// What becomes of a question.
pub(crate) type Asked = Result<Result<Completion, LeftOpen>, RunError>;

/// What was tried so far.
#[derive(Default)]
struct Tries {
    failed: u32,
    of_kind: Vec<(FailureKind, String, u32)>,
    previous_delay: Option<Duration>,
}

impl Tries {
    /// Counts a failure and answers how many there were of the same kind.
    fn count(&mut self, failure: &Failure) -> u32 {
        self.failed += 1;
        match self
            .of_kind
            .iter_mut()
            .find(|(kind, detail, _)| *kind == failure.kind && *detail == failure.detail)
        {
            Some((_, _, count)) => {
                *count += 1;
                *count
            }
            None => {
                self.of_kind.push((failure.kind, failure.detail.clone(), 1));
                1
            }
        }
    }
}

/// Asks until there is an answer or an end to trying. `due` is when the question was planned to start.
pub(crate) async fn ask(
    shared: &Shared,
    id: &TrialId,
    trial: &Trial,
    place: Place,
    request: &Request,
    due: Instant,
) -> Asked {
    let question = match settle(shared, trial, request) {
        Ok(question) => question,
        Err(message) => {
            return finish(shared, id, place, Err(error(AskErrorKind::Rejected, None, message, 0))).await;
        }
    };
    let mut tries = Tries::default();
    let mut began: Option<Instant> = None;
    loop {
        let Some(slot) = shared.slot().await else {
            return Ok(Err(LeftOpen));
        };
        let under_way = shared.server.begin(tries.failed == 0);
        let start = Instant::now();
        let began = *began.get_or_insert(start);
        let attempt = shared.model.attempt(&question).await;
        drop(under_way);
        let failure = match attempt {
            Ok(mut reply) => {
                shared.server.succeeded();
                reply.attempts = tries.failed + 1;
                reply.timing.lag = start.saturating_duration_since(due);
                let done = finish(shared, id, place, Ok(reply)).await;
                drop(slot);
                return done;
            }
            Err(AttemptError::Refused(refusal)) => {
                let error = error(
                    AskErrorKind::Rejected,
                    refusal.status,
                    refusal.message,
                    tries.failed + 1,
                );
                return finish(shared, id, place, Err(error)).await;
            }
            Err(AttemptError::Failed(failure)) => failure,
        };
        drop(slot);
        shared.server.failed();
        let attempt = Attempt {
            number: tries.failed + 1,
            of_kind: tries.count(&failure),
            failure,
            endpoint: shared.server.endpoint(),
            elapsed: began.elapsed(),
            remaining: None,
            previous_delay: tries.previous_delay,
            entropy: seed::of_attempt(trial.seed, place, tries.failed),
        };
        let decision = decide(shared, &attempt).await;
        shared
            .note(Event::AttemptFailed {
                trial: id.clone(),
                place,
                number: attempt.number,
                of: shared.plan.max_retries.map(|retries| retries.saturating_add(1)),
                failure: attempt.failure.clone(),
                entropy: attempt.entropy,
                decision: decision.clone(),
            })
            .await?;
        match decision {
            Decision::Retry(delay) => {
                tries.previous_delay = Some(delay);
                tokio::select! {
                    () = sleep(delay) => {}
                    () = shared.stop.at_least(Urgency::Drain) => return Ok(Err(LeftOpen)),
                }
            }
            Decision::WaitUntilReady => match wait_until_ready(shared).await {
                Ready::Yes => {}
                Ready::Stopping => return Ok(Err(LeftOpen)),
                Ready::No(after) => {
                    let message = format!(
                        "{}; the server did not come back within {} s",
                        words::failure(&attempt.failure),
                        after.as_secs()
                    );
                    let error = error(
                        AskErrorKind::RetriesExhausted,
                        attempt.failure.status,
                        message,
                        attempt.number,
                    );
                    return finish(shared, id, place, Err(error)).await;
                }
            },
            Decision::GiveUp(reason) => {
                let message = format!("{reason}: {}", words::failure(&attempt.failure));
                let kind = match attempt.failure.kind {
                    FailureKind::Malformed => AskErrorKind::Malformed,
                    _ => AskErrorKind::RetriesExhausted,
                };
                let error = error(kind, attempt.failure.status, message, attempt.number);
                return finish(shared, id, place, Err(error)).await;
            }
        }
    }
}

fn error(kind: AskErrorKind, status: Option<u16>, message: String, attempts: u32) -> AskError {
    AskError {
        kind,
        status,
        message,
        attempts,
    }
}

/// Commits what became of a question: nothing may act on an answer that a crash could still take away.
async fn finish(
    shared: &Shared,
    id: &TrialId,
    place: Place,
    asked: Result<koderz_api::chat::Reply, AskError>,
) -> Asked {
    let completion = Completion::Asked(asked);
    shared
        .commit(Event::Completed {
            trial: id.clone(),
            place,
            completion: completion.clone(),
        })
        .await?;
    Ok(Ok(completion))
}

/// Fills in what the suite left to the user. The error says why the question cannot be asked at all.
fn settle(shared: &Shared, trial: &Trial, request: &Request) -> Result<Question, String> {
    let plan = &shared.plan;
    let model = plan
        .slots
        .get(&request.slot)
        .ok_or_else(|| format!("no model is set for slot `{}`", request.slot))?
        .clone();
    let mut request = request.clone();
    let sampling = &mut request.sampling;
    sampling.temperature.get_or_insert(plan.defaults.temperature);
    sampling.seed.get_or_insert(trial.seed);
    sampling.top_p = sampling.top_p.or(plan.defaults.top_p);
    sampling.max_output_tokens = sampling.max_output_tokens.or(plan.defaults.max_output_tokens);
    Ok(Question {
        model,
        request,
        context_tokens: plan.context_tokens,
    })
}

/// Asks the policy, and holds its answer within the run's bounds. A policy that fails is replaced by the built-in one
/// for this decision.
async fn decide(shared: &Shared, attempt: &Attempt) -> Decision {
    let policy = shared.retry.clone();
    let told = attempt.clone();
    let decided = shared.blocking(move || policy.decide(&told)).await;
    let decision = decided.unwrap_or_else(|error| {
        tracing::warn!("{error}; the built-in policy decides in its place");
        built_in(attempt)
    });
    bound(decision, attempt, &shared.plan)
}

/// What is decided where the policy cannot: 2 s, doubled, at most 60 s, three times.
fn built_in(attempt: &Attempt) -> Decision {
    if attempt.number > 3 {
        return Decision::GiveUp("retries exhausted".to_owned());
    }
    Decision::Retry(Duration::from_secs(2 << attempt.number.saturating_sub(1)).min(Duration::from_secs(60)))
}

fn bound(decision: Decision, attempt: &Attempt, plan: &crate::plan::Plan) -> Decision {
    let most = plan.max_retries.map_or(plan.caps.attempts, |retries| {
        retries.saturating_add(1).min(plan.caps.attempts)
    });
    match decision {
        Decision::Retry(_) | Decision::WaitUntilReady if attempt.number >= most => {
            Decision::GiveUp(format!("gave up after {} attempts", attempt.number))
        }
        Decision::Retry(delay) => Decision::Retry(delay.min(plan.caps.pause)),
        other => other,
    }
}

enum Ready {
    Yes,
    No(Duration),
    Stopping,
}

/// Looks at the server from time to time until it answers.
async fn wait_until_ready(shared: &Shared) -> Ready {
    let began = Instant::now();
    let mut pause = FIRST_LOOK;
    while began.elapsed() < shared.plan.caps.outage {
        tokio::select! {
            () = sleep(pause) => {}
            () = shared.stop.at_least(Urgency::Drain) => return Ready::Stopping,
        }
        if shared.model.reachable().await {
            return Ready::Yes;
        }
        pause = (pause * 2).min(LAST_LOOK);
    }
    Ready::No(began.elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;
    use koderz_api::transport::{Endpoint, Phase};

    fn attempt(number: u32) -> Attempt {
        let failure = Failure {
            kind: FailureKind::Overloaded,
            detail: "queue-full".to_owned(),
            phase: Phase::Queue,
            status: Some(503),
            retry_after: None,
            message: String::new(),
        };
        Attempt {
            number,
            of_kind: number,
            failure,
            endpoint: Endpoint::default(),
            elapsed: Duration::ZERO,
            remaining: None,
            previous_delay: None,
            entropy: 0,
        }
    }

    #[test]
    fn the_built_in_policy_waits_two_four_and_eight_seconds_and_then_gives_up() {
        let delays: Vec<Decision> = (1..=4).map(|number| built_in(&attempt(number))).collect();
        let seconds = |seconds| Decision::Retry(Duration::from_secs(seconds));
        assert_eq!(
            delays,
            [
                seconds(2),
                seconds(4),
                seconds(8),
                Decision::GiveUp("retries exhausted".to_owned())
            ]
        );
    }

    #[test]
    fn kinds_are_counted_apart() {
        let mut tries = Tries::default();
        let overloaded = attempt(1).failure;
        let broken = Failure {
            kind: FailureKind::Interrupted,
            ..overloaded.clone()
        };
        assert_eq!(
            [tries.count(&overloaded), tries.count(&broken), tries.count(&overloaded)],
            [1, 1, 2]
        );
        assert_eq!(tries.failed, 3);
    }
}
