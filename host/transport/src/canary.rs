//! One token, to see that a model still answers.
//!
//! Lists and versions come from a server whose runner hangs, and a load without a prompt passes by the queue for a slot.
//! Only a token proves that there is one to be had.

use crate::body;
use crate::classify::seen;
use crate::exchange::Asking;
use crate::failure::seconds;
use crate::ollama::Ollama;
use crate::sight::Sight;
use koderz_api::chat::{Capture, Format, Prompt, Request, Sampling};
use koderz_api::transport::Phase;
use koderz_core::ports::{AttemptError, Question};
use std::time::{Duration, Instant};
use tokio::time::timeout;

impl Ollama {
    /// Asks for one token, past the template, with the options that questions of this context window have, so that the
    /// model is not loaded anew for it. Answers how long the whole took, a queue and a load included.
    ///
    /// `patience` bounds the whole. Nothing shorter does, except for `Timeouts::connect`. If it
    /// ends, the connection is closed, which frees the slot but would also end a load under way: it has to be longer than a
    /// load may take unless the model is known to be in memory.
    ///
    /// # Errors
    /// As for any attempt.
    pub(crate) async fn one_token(
        &self,
        model: &str,
        context_tokens: Option<u32>,
        patience: Duration,
    ) -> Result<Duration, AttemptError> {
        let question = question(model, context_tokens);
        let mut body = body::of(&question).map_err(AttemptError::Refused)?;
        self.additions.to_load(&mut body);
        // Whatever the user wants of answers, this one has a single token.
        body["options"]["num_predict"] = 1.into();
        let asking = Asking {
            endpoint: body::endpoint(&question.request.prompt),
            body: &body,
            capture: Capture::default(),
            // The whole is bounded, so no part of it has to be.
            first_byte: Duration::MAX,
            silence: Duration::MAX,
            waiting: Phase::Queue,
        };
        let began = Instant::now();
        match timeout(patience, self.exchange(&asking)).await {
            Ok(answer) => answer.map(|_| began.elapsed()),
            Err(_) => {
                let message = format!("{model} gave no token within {}", seconds(patience));
                Err(seen(Sight::Silence, Phase::Queue, &message))
            }
        }
    }
}

fn question(model: &str, context_tokens: Option<u32>) -> Question {
    let request = Request {
        slot: String::new(),
        prompt: Prompt::Completion("Hello".to_owned()),
        format: Format::Text,
        sampling: Sampling {
            max_output_tokens: Some(1),
            ..Sampling::default()
        },
        capture: Capture::default(),
        extra: None,
    };
    Question {
        model: model.to_owned(),
        request,
        context_tokens,
    }
}
