//! Bringing a model into memory and out of it.
//!
//! A load dies with the connection of the client that asked for it, so the futures here are for callers that mean to wait.

use crate::classify::seen;
use crate::exchange::Asking;
use crate::failure::seconds;
use crate::name::same;
use crate::ollama::Ollama;
use crate::sight::Sight;
use koderz_api::chat::{Capture, Prepared};
use koderz_api::transport::Phase;
use koderz_core::ports::AttemptError;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};

/// The shortest patience with a load, whatever a user asks for. One from a slow disk is silent for minutes, and one that is
/// given up starts from nothing the next time.
const LOAD: Duration = Duration::from_secs(600);

/// How long a model may take to leave memory.
const UNLOAD: Duration = Duration::from_secs(60);

/// Between two looks at what is in memory.
const LOOK: Duration = Duration::from_millis(100);

impl Ollama {
    pub(crate) async fn load(&self, model: &str, context_tokens: Option<u32>) -> Result<Prepared, AttemptError> {
        // The options have to be those of the questions that follow, or the first of them would load the model again.
        let mut body = json!({ "model": model, "stream": false });
        if let Some(tokens) = context_tokens {
            body["options"] = json!({ "num_ctx": tokens });
        }
        self.additions.to_load(&mut body);
        self.transfer(&body).await
    }

    pub(crate) async fn unload(&self, model: &str) -> Result<Prepared, AttemptError> {
        let began = Instant::now();
        self.transfer(&json!({ "model": model, "stream": false, "keep_alive": 0 }))
            .await?;
        // The answer comes before the runner is gone.
        match timeout(UNLOAD, self.gone(model)).await {
            Ok(()) => Ok(Prepared {
                took: began.elapsed(),
                load: None,
            }),
            Err(_) => {
                let message = format!("{model} is still in memory after {}", seconds(UNLOAD));
                Err(seen(Sight::StillLoaded, Phase::Load, &message))
            }
        }
    }

    /// Ends when the model is out of memory. A look that fails is taken for one that still shows it.
    async fn gone(&self, model: &str) {
        loop {
            if let Ok(loaded) = self.loaded_models().await
                && !loaded.iter().any(|loaded| same(&loaded.name, model))
            {
                return;
            }
            sleep(LOOK).await;
        }
    }

    /// Asks a model nothing, which only moves it.
    async fn transfer(&self, body: &Value) -> Result<Prepared, AttemptError> {
        let reply = self
            .exchange(&Asking {
                endpoint: "/api/generate",
                body,
                capture: Capture::default(),
                first_byte: self.timeouts.first_byte().max(LOAD),
                silence: self.timeouts.silence.max(LOAD),
                waiting: Phase::Load,
            })
            .await?;
        Ok(Prepared {
            // Without the making of a connection, which is no part of it and for a first question takes the longest.
            took: reply.timing.total,
            load: reply.timing.server.and_then(|server| server.load),
        })
    }
}
