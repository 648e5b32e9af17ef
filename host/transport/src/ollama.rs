//! A server of models that speaks Ollama's HTTP interface: the port that the core asks through.

use crate::address::Address;
use crate::body;
use crate::connect::Noting;
use crate::error::TransportError;
use crate::exchange::Asking;
use crate::extra::Additions;
use crate::failure::innermost;
use crate::header::Header;
use crate::name::same;
use crate::tls;
use koderz_api::chat::{Prepared, Reply, Residency};
use koderz_api::transport::Phase;
use koderz_core::event::Resident;
use koderz_core::ports::{AttemptError, Boxed, Model, Question, Refusal};
use reqwest::{Client, redirect, retry};
use serde_json::{Map, Value};
use std::time::Duration;

/// How long is waited for what. There is no bound for a whole attempt: a queue or a load may take longer than any answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// For the first byte, which comes after the queue, the load and the prompt; none means as long as for the next.
    pub first_byte: Option<Duration>,
    /// For the next byte.
    pub silence: Duration,
}

impl Timeouts {
    pub(crate) fn first_byte(&self) -> Duration {
        self.first_byte.unwrap_or(self.silence)
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts {
            connect: Duration::from_secs(5),
            first_byte: None,
            silence: Duration::from_secs(300),
        }
    }
}

/// What is between the client and the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Added to every request.
    pub headers: Vec<Header>,
    /// Whether a proxy may be used.
    pub proxies: Proxies,
    /// Merged into every question by RFC 7396, after all else: `{"options": {"num_gpu": 20}, "think": false}`. What of it
    /// decides about the model in memory, which is `options` and `keep_alive`, goes into loads and canaries too.
    pub request: Map<String, Value>,
}

/// Whether a proxy may be used. A server on the same machine is always asked directly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Proxies {
    /// The one that the environment names: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, and `NO_PROXY` for exceptions.
    #[default]
    Environment,
    /// None.
    Never,
}

/// A server.
#[derive(Clone, Debug)]
pub struct Ollama {
    pub(crate) address: Address,
    pub(crate) timeouts: Timeouts,
    pub(crate) client: Client,
    headers: Vec<Header>,
    pub(crate) additions: Additions,
}

impl Ollama {
    /// A server at an address, without further options. Nothing is sent yet.
    ///
    /// # Errors
    /// If the HTTP client cannot be set up.
    pub fn new(address: Address, timeouts: Timeouts) -> Result<Self, TransportError> {
        Ollama::with(address, timeouts, Options::default())
    }

    /// A server at an address. Nothing is sent yet.
    ///
    /// # Errors
    /// If the HTTP client cannot be set up, which for https needs the system's certificates.
    pub fn with(address: Address, timeouts: Timeouts, options: Options) -> Result<Self, TransportError> {
        let headers = options.headers.iter().filter_map(Header::sent).collect();
        let builder = Client::builder()
            .tls_backend_preconfigured(tls::config(&address)?)
            // One attempt is one request, so that a retry is somebody's decision and in the record.
            .retry(retry::never())
            .redirect(redirect::Policy::none())
            .connect_timeout(timeouts.connect)
            .connector_layer(Noting)
            // A token is a small packet, and waiting to fill it would show as latency.
            .tcp_nodelay(true)
            .user_agent(concat!("koderz/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers);
        let builder = match options.proxies {
            Proxies::Environment if !address.is_loopback() => builder,
            Proxies::Environment | Proxies::Never => builder.no_proxy(),
        };
        let client = builder
            .build()
            .map_err(|error| TransportError::Client(innermost(&error)))?;
        Ok(Ollama {
            address,
            timeouts,
            client,
            headers: options.headers,
            additions: Additions::new(options.request),
        })
    }

    /// A text without the values of the headers.
    pub(crate) fn masked(&self, text: &str) -> String {
        let values = self.headers.iter().map(Header::value);
        values.fold(text.to_owned(), |text, value| value.masked(&text))
    }

    /// Where it is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    async fn ask(&self, question: &Question) -> Result<Reply, AttemptError> {
        let mut body = body::of(question).map_err(AttemptError::Refused)?;
        self.additions.to_question(&mut body);
        self.exchange(&Asking {
            endpoint: body::endpoint(&question.request.prompt),
            body: &body,
            capture: question.request.capture,
            first_byte: self.timeouts.first_byte(),
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

    fn resident<'a>(&'a self, model: &'a str) -> Boxed<'a, Option<Resident>> {
        Box::pin(async move {
            // A server that does not say it is none the worse.
            let loaded = self.loaded_models().await.ok()?;
            let found = loaded.into_iter().find(|loaded| same(&loaded.name, model))?;
            Some(Resident {
                bytes: found.bytes,
                graphics_bytes: found.vram_bytes,
                context_tokens: found.context_tokens,
            })
        })
    }

    fn reachable(&self) -> Boxed<'_, bool> {
        Box::pin(async { self.version().await.is_ok() })
    }
    fn canary<'a>(
        &'a self,
        model: &'a str,
        context_tokens: Option<u32>,
        patience: Duration,
    ) -> Boxed<'a, Result<Duration, AttemptError>> {
        Box::pin(self.one_token(model, context_tokens, patience))
    }
}
