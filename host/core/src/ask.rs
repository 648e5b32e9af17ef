//! One question with all its attempts.
//!
//! A question ends in an answer, in an error that its suite is told, or is left open because the run is to stop. It
//! holds one of the run's slots while an attempt is under way and until the answer is in the record, and none while it
//! waits to be tried again. Whether and when that happens is a policy's decision; this file only carries it out, within
//! bounds.

use crate::backend::{Backend, Mark};
use crate::backoff::Backoff;
use crate::dispatch;
use crate::event::{Event, Place, TrialId};
use crate::outage;
use crate::ports::{AttemptError, Question, Refusal};
use crate::scheduler::RunError;
use crate::seed;
use crate::settle::settle;
use crate::shared::Shared;
use crate::slots::Slot;
use crate::stop::Urgency;
use crate::timing::queue_time;
use crate::words;
use koderz_api::chat::{AskError, AskErrorKind, Reply, Request};
use koderz_api::retry::{Attempt, Decision};
use koderz_api::suite::{Completion, Trial};
use koderz_api::transport::{Failure, FailureKind};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// The run is to stop, and the question is left as it is.
pub(crate) struct LeftOpen;

/// What becomes of a question.
pub(crate) type Asked = Result<Result<Completion, LeftOpen>, RunError>;

/// What was tried so far.
#[derive(Default)]
struct Tries {
    /// Attempts that failed.
    made: u32,
    /// Of these, the ones that count.
    failed: u32,
    forgiven: u32,
    of_kind: Vec<(FailureKind, String, u32)>,
    previous_delay: Option<Duration>,
}

impl Tries {
    /// Counts a failure and answers how many there were of the same kind.
    fn count(&mut self, failure: &Failure) -> u32 {
        self.made += 1;
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

    /// Does not count the last failure, as long as that has not happened too often.
    fn forgive(&mut self) {
        if self.forgiven < FREE_WAITS {
            self.forgiven += 1;
            self.failed -= 1;
        }
    }
}

/// How often a policy may wait for the server without that costing the question an attempt. A server that works whenever
/// it is looked at, and fails this question whenever it is asked, has to cost something in the end.
pub(crate) const FREE_WAITS: u32 = 20;

/// How trying ended.
enum Tried<'a> {
    /// With an answer; the slot is held until the answer is in the record.
    Answered(Box<Reply>, &'a Arc<Backend>, Slot<'a>),
    Failed(AskError),
    LeftOpen,
}

/// Asks until there is an answer or an end to trying. `due` is when the question was planned to start.
pub(crate) async fn ask(
    shared: &Arc<Shared>,
    id: &TrialId,
    trial: &Trial,
    place: Place,
    request: &Request,
    due: Instant,
) -> Asked {
    let plan = &shared.plan;
    let question = match settle(request, trial.seed, &plan.slots, &plan.defaults, plan.context_tokens) {
        Ok(question) => question,
        Err(message) => {
            return finish(
                shared,
                id,
                place,
                None,
                Err(error(AskErrorKind::Rejected, None, message, 0)),
            )
            .await;
        }
    };
    let mut asking = Asking {
        shared,
        id,
        trial,
        place,
        question,
        due,
        ends: None,
        tries: Tries::default(),
        last: None,
        failed_at: None,
    };
    // Before the deadline begins: a load belongs to the run, and a question that it outlasts would be lost to it.
    if !asking.model_is_loaded().await? {
        return Ok(Err(LeftOpen));
    }
    let tried = match shared.plan.deadline {
        None => asking.until_answered().await?,
        Some(deadline) => {
            let ends = Instant::now() + deadline;
            asking.ends = Some(ends);
            match timeout_at(ends, asking.until_answered()).await {
                Ok(tried) => tried?,
                Err(_) => Tried::Failed(asking.too_late(deadline)),
            }
        }
    };
    match tried {
        Tried::Answered(reply, backend, _slot) => finish(shared, id, place, Some(backend), Ok(*reply)).await,
        Tried::Failed(error) => finish(shared, id, place, asking.failed_at, Err(error)).await,
        Tried::LeftOpen => Ok(Err(LeftOpen)),
    }
}

/// A question that is being asked.
struct Asking<'a> {
    shared: &'a Arc<Shared>,
    id: &'a TrialId,
    trial: &'a Trial,
    place: Place,
    question: Question,
    due: Instant,
    /// When its deadline passes.
    ends: Option<Instant>,
    tries: Tries,
    last: Option<Failure>,
    /// The server at which it failed last.
    failed_at: Option<&'a Arc<Backend>>,
}

impl<'a> Asking<'a> {
    async fn until_answered(&mut self) -> Result<Tried<'a>, RunError> {
        let mut began: Option<Instant> = None;
        loop {
            let Some((backend, slot)) = self.room().await? else {
                return Ok(Tried::LeftOpen);
            };
            let start = Instant::now();
            let began = *began.get_or_insert(start);
            let failure = match self.attempt(backend, start).await {
                Ok((reply, mark)) => {
                    self.shared.set_answered(true);
                    if let Some(limit) = backend.learn(mark, &reply) {
                        self.shared.note_of(backend, Event::LimitChanged { limit }).await?;
                    }
                    return Ok(Tried::Answered(Box::new(reply), backend, slot));
                }
                // A model that has answered before can do what most questions want, and only this one is lost.
                Err(AttemptError::Refused(refusal))
                    if refusal.detail == Refusal::UNSUPPORTED && !self.shared.answered() =>
                {
                    return Err(RunError::Unfit {
                        model: self.question.model.clone(),
                        what: refusal.message,
                    });
                }
                Err(AttemptError::Refused(refusal)) => {
                    self.failed_at = Some(backend);
                    return Ok(Tried::Failed(error(
                        AskErrorKind::Rejected,
                        refusal.status,
                        refusal.message,
                        self.tries.made + 1,
                    )));
                }
                Err(AttemptError::Failed(failure)) => failure,
            };
            drop(slot);
            if let Some(end) = self.after(backend, failure, start.elapsed(), began.elapsed()).await? {
                return Ok(end);
            }
        }
    }

    /// Waits until the model was brought into memory. False where nothing new is to begin.
    async fn model_is_loaded(&self) -> Result<bool, RunError> {
        if self.shared.exclusive() {
            return Ok(true);
        }
        tokio::select! {
            () = self.shared.stop.at_least(Urgency::Drain) => Ok(false),
            warm = dispatch::loaded_anywhere(self.shared, &self.question.model) => warm.map(|()| true),
        }
    }

    /// Waits until a server that is not away has a slot free. None where nothing new is to begin.
    async fn room(&self) -> Result<Option<(&'a Arc<Backend>, Slot<'a>)>, RunError> {
        tokio::select! {
            biased;
            () = self.shared.stop.at_least(Urgency::Drain) => Ok(None),
            room = dispatch::room(self.shared, &self.question.model, self.failed_at) => room.map(Some),
        }
    }

    async fn attempt(&self, backend: &Backend, start: Instant) -> Result<(Reply, Option<Mark>), AttemptError> {
        let under_way = backend.server.begin(self.tries.made == 0);
        let mark = backend.mark();
        let number = self.tries.made + 1;
        let (model, host) = (&self.question.model, backend.name.as_deref());
        tracing::debug!(task = %self.id, model, host, "attempt {number} begins");
        let mut reply = backend.model.attempt_for(self.id, self.place, &self.question).await?;
        under_way.succeeded(queue_time(&reply).unwrap_or_default());
        tracing::debug!(task = %self.id, "attempt {number} answered: {}", words::timing(&reply));
        reply.attempts = self.tries.made + 1;
        reply.timing.lag = start.saturating_duration_since(self.due) + reply.timing.connect;
        if !self.shared.exclusive() && backend.has_reloaded(&reply) {
            tracing::warn!(
                "the server loaded {} again in mid-run: somebody asks it for another model or other options, or its \
                 memory is short; every answer then waits",
                backend.about(model)
            );
        }
        Ok((reply, mark))
    }

    /// Decides about a failed attempt and waits as long as that says; none where the question is to be asked again.
    async fn after(
        &mut self,
        backend: &'a Arc<Backend>,
        failure: Failure,
        took: Duration,
        elapsed: Duration,
    ) -> Result<Option<Tried<'a>>, RunError> {
        let shared = self.shared;
        if backend.server.failed(&failure) {
            outage::see_to(shared, backend, &self.question.model, &failure);
        }
        self.failed_at = Some(backend);
        self.last = Some(failure.clone());
        let entropy = seed::of_attempt(self.trial.seed, self.place, self.tries.made);
        let of_kind = self.tries.count(&failure);
        let attempt = Attempt {
            number: self.tries.failed,
            of_kind,
            failure,
            endpoint: backend.server.endpoint(),
            elapsed,
            remaining: self.ends.map(|ends| ends.saturating_duration_since(Instant::now())),
            previous_delay: self.tries.previous_delay,
            entropy,
        };
        let (decision, stood_in) = decide(shared, &attempt).await;
        let failed = Event::AttemptFailed {
            trial: self.id.clone(),
            place: self.place,
            of: shared.plan.max_retries.map(|retries| retries.saturating_add(1)),
            attempt: attempt.clone(),
            decision: decision.clone(),
            stood_in,
            took: Some(took),
        };
        shared.note_of(backend, failed).await?;
        match decision {
            Decision::Retry(delay) => {
                self.tries.previous_delay = Some(delay);
                let surcharge = backend.server.surcharge(&attempt.failure);
                tokio::select! {
                    () = sleep(delay + surcharge) => Ok(None),
                    () = shared.stop.at_least(Urgency::Drain) => Ok(Some(Tried::LeftOpen)),
                }
            }
            Decision::WaitUntilReady => {
                outage::hold(shared, backend, &self.question.model, &attempt.failure);
                self.tries.forgive();
                Ok(None)
            }
            Decision::GiveUp(reason) => {
                let message = format!("{reason}: {}", words::failure(&attempt.failure));
                let kind = match attempt.failure.kind {
                    FailureKind::Malformed => AskErrorKind::Malformed,
                    _ => AskErrorKind::RetriesExhausted,
                };
                let status = attempt.failure.status;
                Ok(Some(Tried::Failed(error(kind, status, message, self.tries.made))))
            }
        }
    }

    fn too_late(&self, deadline: Duration) -> AskError {
        let after = match &self.last {
            Some(failure) => format!("; before that, {}", words::failure(failure)),
            None => String::new(),
        };
        let message = format!("no answer within the deadline of {} s{after}", deadline.as_secs_f64());
        let status = self.last.as_ref().and_then(|failure| failure.status);
        error(AskErrorKind::Deadline, status, message, self.tries.made)
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
    backend: Option<&Arc<Backend>>,
    asked: Result<Reply, AskError>,
) -> Asked {
    let completion = Completion::Asked(asked);
    let completed = Event::Completed {
        trial: id.clone(),
        place,
        completion: completion.clone(),
    };
    shared.commit(backend.map(Arc::as_ref), completed).await?;
    Ok(Ok(completion))
}

/// Asks the policy, and holds its answer within the run's bounds. A policy that fails is replaced by the built-in one
/// for this decision, and what it said is answered too.
async fn decide(shared: &Shared, attempt: &Attempt) -> (Decision, Option<String>) {
    let policy = shared.retry.clone();
    let told = attempt.clone();
    let decided = shared.blocking(move || policy.decide(&told)).await;
    let (decision, stood_in) = match decided {
        Ok(decision) => (decision, None),
        Err(error) => {
            shared.policy_has_failed(&error);
            (Backoff::default().decide(attempt), Some(error.what))
        }
    };
    (bound(decision, attempt, &shared.plan), stood_in)
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
        let delays: Vec<Decision> = (1..=4)
            .map(|number| Backoff::default().decide(&attempt(number)))
            .collect();
        let seconds = |seconds| Decision::Retry(Duration::from_secs(seconds));
        assert_eq!(
            delays,
            [
                seconds(2),
                seconds(4),
                seconds(8),
                Decision::GiveUp("max retries exceeded".to_owned())
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
