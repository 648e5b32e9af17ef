//! Whether a server has time for a question, and waiting until it has.

use crate::ollama::Ollama;
use koderz_api::transport::FailureKind;
use koderz_core::ports::{AttemptError, Model};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The first pause between two looks, and the longest.
const FIRST_LOOK: Duration = Duration::from_millis(500);
const LAST_LOOK: Duration = Duration::from_secs(5);

/// Whether an attempt failed because the server has too much to do: it refused for now (503, 429), or was silent for too
/// long.
///
/// ```
/// use koderz_api::transport::{Failure, FailureKind, Phase};
/// use koderz_core::ports::AttemptError;
///
/// let busy = AttemptError::Failed(Failure {
///     kind: FailureKind::Overloaded,
///     detail: "queue-full".to_owned(),
///     phase: Phase::Queue,
///     status: Some(503),
///     retry_after: None,
///     message: "server busy".to_owned(),
/// });
/// assert!(koderz_transport::is_overloaded(&busy));
/// ```
pub fn is_overloaded(error: &AttemptError) -> bool {
    match error {
        AttemptError::Failed(failure) => matches!(
            failure.kind,
            FailureKind::Overloaded | FailureKind::RateLimited | FailureKind::TimedOut
        ),
        AttemptError::Refused(_) => false,
    }
}

impl Ollama {
    /// Waits until a model gives a token, at most for `patience`, and answers how long that took in all. A load counts, and
    /// is cut off with the patience.
    ///
    /// That the lists answer proves nothing: they do so while nothing is generated.
    ///
    /// # Errors
    /// What was seen last. A refusal, such as for an unknown model, ends the wait at once.
    pub async fn wait_for_capacity(
        &self,
        model: &str,
        context_tokens: Option<u32>,
        patience: Duration,
    ) -> Result<Duration, AttemptError> {
        let began = Instant::now();
        let mut pause = FIRST_LOOK;
        loop {
            let left = patience.saturating_sub(began.elapsed());
            let last = match self.canary(model, context_tokens, left).await {
                Ok(_) => return Ok(began.elapsed()),
                Err(refusal @ AttemptError::Refused(_)) => return Err(refusal),
                Err(failure) => failure,
            };
            if began.elapsed() + pause >= patience {
                return Err(last);
            }
            sleep(pause).await;
            pause = (pause * 2).min(LAST_LOOK);
        }
    }
}
