//! Whether a server has time for a question, and waiting until it has.

use crate::address::{Address, AddressError};
use crate::error::TransportError;
use crate::ollama::{Ollama, Timeouts};
use koderz_api::transport::FailureKind;
use koderz_core::ports::{AttemptError, Model};
use std::time::Duration;
use thiserror::Error;
use tokio::time::{Instant, sleep, timeout};

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

/// Why a server is not known to have capacity.
#[derive(Debug, Error)]
pub enum CapacityError {
    /// The address cannot be used.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// It says nothing of itself.
    #[error(transparent)]
    Server(#[from] TransportError),
    /// There is no model to ask.
    #[error("{address} has no model to ask for a token\nhint: `ollama pull NAME` fetches one")]
    NoModel {
        /// Where.
        address: String,
    },
    /// It gives no token; the source says what was seen last.
    #[error("{model} gives no token")]
    NoToken {
        /// The model that was asked.
        model: String,
        /// What was seen last.
        #[source]
        source: AttemptError,
    },
}

/// Waits until the server at an address, such as `llm-server:11434`, gives a token, at most for `patience`, and answers how
/// long that took in all. It is asked of the model that is in memory or, where there is none, of the first that the server
/// has, which is loaded for it. [`Ollama::wait_for_capacity`] asks a certain model.
///
/// # Errors
/// What was seen last. What no waiting changes, such as an address that is none, ends the wait at once.
pub async fn wait_for_capacity(host: &str, patience: Duration) -> Result<Duration, CapacityError> {
    let ollama = Ollama::new(Address::parse(host)?, Timeouts::default())?;
    let began = Instant::now();
    let mut pause = FIRST_LOOK;
    let (model, context_tokens) = loop {
        let left = patience.saturating_sub(began.elapsed());
        let looked = timeout(left, ollama.any_model()).await.unwrap_or_else(|_| {
            Err(TransportError::Unreachable {
                address: ollama.address().to_string(),
                what: "no answer in time".to_owned(),
            })
        });
        match looked {
            Ok(Some(model)) => break model,
            Ok(None) => {
                let address = ollama.address().to_string();
                return Err(CapacityError::NoModel { address });
            }
            Err(error) if began.elapsed() + pause >= patience => return Err(error.into()),
            Err(_) => {}
        }
        sleep(pause).await;
        pause = (pause * 2).min(LAST_LOOK);
    };
    let left = patience.saturating_sub(began.elapsed());
    match ollama.wait_for_capacity(&model, context_tokens, left).await {
        Ok(_) => Ok(began.elapsed()),
        Err(source) => Err(CapacityError::NoToken { model, source }),
    }
}

impl Ollama {
    /// A model to ask for a token, with the context window that it was loaded with if it is in memory.
    async fn any_model(&self) -> Result<Option<(String, Option<u32>)>, TransportError> {
        if let Some(loaded) = self.loaded_models().await?.into_iter().next() {
            return Ok(Some((loaded.name, loaded.context_tokens)));
        }
        let models = self.models().await?;
        Ok(models.into_iter().next().map(|model| (model.name, None)))
    }

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
