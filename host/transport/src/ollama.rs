//! A server of models that speaks Ollama's HTTP interface: the port that the core asks through.

use crate::address::Address;
use crate::body;
use crate::error::TransportError;
use crate::exchange::Asking;
use crate::failure::innermost;
use koderz_api::chat::{Prepared, Reply, Residency};
use koderz_api::transport::Phase;
use koderz_core::ports::{AttemptError, Boxed, Model, Question, Refusal};
use reqwest::{Client, redirect, retry};
use std::time::Duration;

/// How long is waited for what. There is no bound for a whole attempt: a queue or a load may take longer than any answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// For the next byte, the first included.
    pub silence: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts {
            connect: Duration::from_secs(5),
            silence: Duration::from_secs(300),
        }
    }
}

/// A server.
#[derive(Clone, Debug)]
pub struct Ollama {
    pub(crate) address: Address,
    pub(crate) timeouts: Timeouts,
    pub(crate) client: Client,
}

impl Ollama {
    /// A server at an address. Nothing is sent yet. Proxies are not used, whatever the environment says.
    ///
    /// # Errors
    /// If the HTTP client cannot be set up.
    pub fn new(address: Address, timeouts: Timeouts) -> Result<Self, TransportError> {
        let client = Client::builder()
            .no_proxy()
            // One attempt is one request, so that a retry is somebody's decision and in the record.
            .retry(retry::never())
            .redirect(redirect::Policy::none())
            .connect_timeout(timeouts.connect)
            // A token is a small packet, and waiting to fill it would show as latency.
            .tcp_nodelay(true)
            .user_agent(concat!("koderz/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| TransportError::Client(innermost(&error)))?;
        Ok(Ollama {
            address,
            timeouts,
            client,
        })
    }

    /// Where it is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    async fn ask(&self, question: &Question) -> Result<Reply, AttemptError> {
        let body = body::of(question).map_err(AttemptError::Refused)?;
        self.exchange(&Asking {
            endpoint: body::endpoint(&question.request.prompt),
            body: &body,
            capture: question.request.capture,
            silence: self.timeouts.silence,
            waiting: Phase::Queue,
        })
        .await
    }
}

impl Model for Ollama {
    fn attempt<'a>(&'a self, question: &'a Question) -> Boxed<'a, Result<Reply, AttemptError>> {
        Box::pin(self.ask(question))
    }

    fn prepare<'a>(
        &'a self,
        model: &'a str,
        context_tokens: Option<u32>,
        residency: Residency,
    ) -> Boxed<'a, Result<Prepared, AttemptError>> {
        Box::pin(async move {
            match residency {
                Residency::Loaded => self.load(model, context_tokens).await,
                Residency::Unloaded => self.unload(model).await,
                Residency::Evicted => Err(AttemptError::Refused(Refusal {
                    status: None,
                    detail: "unsupported".to_owned(),
                    message: "a model's files cannot be taken out of the system's cache over HTTP".to_owned(),
                })),
            }
        })
    }

    fn reachable(&self) -> Boxed<'_, bool> {
        Box::pin(async { self.version().await.is_ok() })
    }
}
