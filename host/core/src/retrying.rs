//! Any future, tried again under any policy.
//!
//! A policy is a closure that is told every error so far and answers what is to be done: [`Backoff`] has one, and
//! [`by_policy`] makes one of a retry policy of the host's, such as a plugin. Runs of a suite do not use this: their retries
//! also mind the record, the other questions and outages.
//!
//! ```
//! use koderz_core::retrying::{Next, retry};
//! use std::time::Duration;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! // Every ten seconds, for ever, but a typing mistake only once.
//! let policy = |errors: &[String]| match errors.last() {
//!     Some(last) if last.contains("no such model") => Next::Futile,
//!     _ => Next::After(Duration::from_secs(10)),
//! };
//! let mut busy = 3;
//! let answer = retry(policy, || {
//!     busy -= 1;
//!     async move { if busy > 0 { Err("busy".to_owned()) } else { Ok(42) } }
//! });
//! assert_eq!(answer.await, Ok(42));
//! # }
//! ```

use crate::ask::FREE_WAITS;
use crate::backoff::Backoff;
use crate::event::Place;
use crate::plan::Caps;
use crate::ports::{AttemptError, Refusal, RetryPolicy};
use crate::seed;
use crate::words;
use koderz_api::retry::{Attempt, Decision};
use koderz_api::transport::{Endpoint, Failure};
use std::error::Error;
use std::fmt;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// What to do after an attempt that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Wait so long, then try again.
    After(Duration),
    /// Give up: this was tried often enough.
    Enough,
    /// Give up: the last error is not worth another attempt.
    Futile,
}

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetryError<E> {
    /// Every attempt failed: the errors, in order. There is at least one, and the last is this error's source.
    MaxRetriesExceeded(Vec<E>),
    /// An error that is not worth another attempt, after the number of attempts before it.
    NotRetryable(E, u32),
}

impl<E> RetryError<E> {
    /// The error of the last attempt.
    pub fn last(&self) -> Option<&E> {
        match self {
            RetryError::MaxRetriesExceeded(errors) => errors.last(),
            RetryError::NotRetryable(error, _) => Some(error),
        }
    }

    /// How many attempts were made.
    pub fn attempts(&self) -> usize {
        match self {
            RetryError::MaxRetriesExceeded(errors) => errors.len(),
            RetryError::NotRetryable(_, before) => *before as usize + 1,
        }
    }
}

impl<E> fmt::Display for RetryError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.attempts()) {
            (RetryError::MaxRetriesExceeded(_), 1) => f.write_str("max retries exceeded after 1 attempt"),
            (RetryError::MaxRetriesExceeded(_), attempts) => {
                write!(f, "max retries exceeded after {attempts} attempts")
            }
            (RetryError::NotRetryable(..), 1) => f.write_str("not worth another attempt"),
            (RetryError::NotRetryable(..), attempts) => write!(f, "attempt {attempts} is not worth another one"),
        }
    }
}

impl<E: Error + 'static> Error for RetryError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.last().map(|error| error as &(dyn Error + 'static))
    }
}

impl fmt::Display for AttemptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AttemptError::Failed(failure) => f.write_str(&words::failure(failure)),
            AttemptError::Refused(Refusal {
                status: Some(status),
                message,
                ..
            }) => write!(f, "HTTP {status} refused: {message}"),
            AttemptError::Refused(Refusal { message, .. }) => write!(f, "refused: {message}"),
        }
    }
}

impl Error for AttemptError {}

/// Makes attempts until one succeeds or `policy`, which is told all errors so far and the newest last, gives up. Dropping
/// the future stops trying; it waits with tokio's clock.
///
/// # Errors
/// All errors where that was enough of them, or the one that was not worth another attempt.
pub async fn retry<T, E, F>(
    mut policy: impl FnMut(&[E]) -> Next,
    mut attempt: impl FnMut() -> F,
) -> Result<T, RetryError<E>>
where
    F: Future<Output = Result<T, E>>,
{
    let mut errors = Vec::new();
    loop {
        match attempt().await {
            Ok(value) => return Ok(value),
            Err(error) => errors.push(error),
        }
        match policy(&errors) {
            Next::After(pause) => sleep(pause).await,
            Next::Futile if let Some(last) = errors.pop() => {
                let before = u32::try_from(errors.len()).unwrap_or(u32::MAX);
                return Err(RetryError::NotRetryable(last, before));
            }
            Next::Enough | Next::Futile => return Err(RetryError::MaxRetriesExceeded(errors)),
        }
    }
}

/// The pause where a policy wants to wait until the server works, which nobody here looks after.
const UNTIL_READY: Duration = Duration::from_secs(5);

/// One use of a retry policy of the host's, as [`retry`] wants it. It begins now; `seed` is what the chance follows from
/// that the policy is given.
///
/// Within the bounds of a run: 1000 attempts, and an hour between two of them. A policy that fails is replaced by the
/// built-in one for that decision, and a refusal is never tried again. The policy is told nothing of other questions.
pub fn by_policy(policy: &dyn RetryPolicy, seed: u64) -> impl FnMut(&[AttemptError]) -> Next {
    let began = Instant::now();
    let caps = Caps::default();
    let (mut free, mut previous_delay) = (0, None);
    move |errors| {
        let Some(AttemptError::Failed(failure)) = errors.last() else {
            return Next::Futile;
        };
        let made = u32::try_from(errors.len()).unwrap_or(u32::MAX);
        if made >= caps.attempts {
            return Next::Enough;
        }
        let attempt = Attempt {
            number: made - free,
            of_kind: alike(errors, failure),
            failure: failure.clone(),
            endpoint: Endpoint::default(),
            elapsed: began.elapsed(),
            remaining: None,
            previous_delay,
            entropy: seed::of_attempt(seed, Place { round: 0, command: 0 }, made - 1),
        };
        match policy
            .decide(&attempt)
            .unwrap_or_else(|_| Backoff::default().decide(&attempt))
        {
            Decision::Retry(delay) => {
                let delay = delay.min(caps.pause);
                previous_delay = Some(delay);
                Next::After(delay)
            }
            Decision::WaitUntilReady => {
                free += u32::from(free < FREE_WAITS);
                Next::After(UNTIL_READY)
            }
            Decision::GiveUp(_) => Next::Enough,
        }
    }
}

/// How many of the errors are failures of the same kind.
fn alike(errors: &[AttemptError], failure: &Failure) -> u32 {
    let same = |error: &&AttemptError| match error {
        AttemptError::Failed(other) => (other.kind, &other.detail) == (failure.kind, &failure.detail),
        AttemptError::Refused(_) => false,
    };
    u32::try_from(errors.iter().filter(same).count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::PluginError;
    use koderz_api::transport::{FailureKind, Phase};
    use std::future::ready;
    use std::sync::Mutex;

    /// Answers what it is told to, and keeps what it was told.
    struct Scripted {
        answers: fn(&Attempt) -> Result<Decision, PluginError>,
        told: Mutex<Vec<Attempt>>,
    }

    impl Scripted {
        fn new(answers: fn(&Attempt) -> Result<Decision, PluginError>) -> Self {
            Scripted {
                answers,
                told: Mutex::default(),
            }
        }

        fn told<T>(&self, of_each: fn(&Attempt) -> T) -> Vec<T> {
            self.told
                .lock()
                .expect("no test panics with it")
                .iter()
                .map(of_each)
                .collect()
        }
    }

    impl RetryPolicy for Scripted {
        fn decide(&self, attempt: &Attempt) -> Result<Decision, PluginError> {
            self.told.lock().expect("no test panics with it").push(attempt.clone());
            (self.answers)(attempt)
        }
    }

    fn failed(kind: FailureKind) -> AttemptError {
        AttemptError::Failed(Failure {
            kind,
            detail: "queue-full".to_owned(),
            phase: Phase::Queue,
            status: Some(503),
            retry_after: None,
            message: "server busy".to_owned(),
        })
    }

    async fn ask(policy: &Scripted, mut errors: Vec<AttemptError>) -> Result<(), RetryError<AttemptError>> {
        errors.reverse();
        retry(by_policy(policy, 7), || ready(errors.pop().map_or(Ok(()), Err))).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_policy_is_told_what_it_would_be_told_in_a_run() {
        use FailureKind::{Crashed, Overloaded};
        let policy = Scripted::new(|attempt| Ok(Decision::Retry(Duration::from_secs(attempt.number.into()))));
        let errors = [Overloaded, Crashed, Overloaded].map(failed).to_vec();
        assert_eq!(ask(&policy, errors).await, Ok(()));
        assert_eq!(
            policy.told(|attempt| (attempt.number, attempt.of_kind)),
            [(1, 1), (2, 1), (3, 2)]
        );
        assert_eq!(policy.told(|attempt| attempt.elapsed.as_secs()), [0, 1, 3]);
        let second = Duration::from_secs(1);
        assert_eq!(
            policy.told(|attempt| attempt.previous_delay),
            [None, Some(second), Some(second * 2)]
        );
        let chance = policy.told(|attempt| attempt.entropy);
        assert_ne!(chance[0], chance[1]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_policy_that_gives_up_ends_it_with_every_error_and_the_last_as_the_source() {
        let policy = Scripted::new(|attempt| {
            Ok(match attempt.number {
                1 => Decision::Retry(Duration::ZERO),
                _ => Decision::GiveUp("enough".to_owned()),
            })
        });
        let lost = ask(&policy, vec![failed(FailureKind::Overloaded); 5])
            .await
            .expect_err("two failures");
        assert_eq!(
            (lost.attempts(), lost.to_string().as_str()),
            (2, "max retries exceeded after 2 attempts")
        );
        let source = lost.source().expect("a source");
        assert_eq!(
            source.to_string(),
            "HTTP 503 server overloaded (queue-full): server busy"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_policy_that_fails_is_replaced_and_one_that_never_ends_is_ended() {
        let broken = Scripted::new(|_| {
            Err(PluginError {
                plugin: "p".to_owned(),
                version: "1".to_owned(),
                call: "decide",
                task: None,
                what: "a trap".to_owned(),
                hint: None,
            })
        });
        let began = Instant::now();
        let lost = ask(&broken, vec![failed(FailureKind::Overloaded); 9])
            .await
            .expect_err("four failures");
        assert_eq!((lost.attempts(), began.elapsed().as_secs()), (4, 2 + 4 + 8));
        for decision in [Decision::Retry(Duration::MAX), Decision::WaitUntilReady] {
            let endless = match decision {
                Decision::WaitUntilReady => Scripted::new(|_| Ok(Decision::WaitUntilReady)),
                _ => Scripted::new(|_| Ok(Decision::Retry(Duration::MAX))),
            };
            let lost = ask(&endless, vec![failed(FailureKind::Unreachable); 2000]).await;
            assert_eq!(lost.expect_err("an end").attempts(), 1000);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_for_the_server_costs_no_attempt_until_that_has_happened_too_often() {
        let policy = Scripted::new(|_| Ok(Decision::WaitUntilReady));
        assert_eq!(ask(&policy, vec![failed(FailureKind::Unreachable); 22]).await, Ok(()));
        let numbers = policy.told(|attempt| attempt.number);
        assert_eq!((numbers[0], numbers[19], numbers[20], numbers[21]), (1, 1, 1, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_not_shown_to_the_policy() {
        let policy = Scripted::new(|_| Ok(Decision::Retry(Duration::ZERO)));
        let refusal = AttemptError::Refused(Refusal {
            status: Some(404),
            detail: "model-missing".to_owned(),
            message: "model 'x' not found".to_owned(),
        });
        let lost = ask(&policy, vec![failed(FailureKind::Overloaded), refusal.clone()]).await;
        assert_eq!(lost, Err(RetryError::NotRetryable(refusal, 1)));
        let source = lost.expect_err("a refusal").source().map(ToString::to_string);
        assert_eq!(source.as_deref(), Some("HTTP 404 refused: model 'x' not found"));
        assert_eq!(policy.told(|attempt| attempt.number), [1]);
    }
}
