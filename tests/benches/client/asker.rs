//! Our client, as the program has it: the transport on tokio's usual runtime.

use crate::figures::Figures;
use crate::load::Load;
use koderz_api::chat::{Message, Prompt, Request, Role};
use koderz_core::ports::{Model, Question};
use koderz_transport::{Address, Ollama, Timeouts};
use rustix::time::{ClockId, clock_gettime};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

/// Asks all questions of a load.
pub(crate) fn ask(url: &str, load: &Load) -> Figures {
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(ask_all(url, load))
}

async fn ask_all(url: &str, load: &Load) -> Figures {
    let address = Address::parse(url).expect("an address");
    let ollama = Arc::new(Ollama::new(address, Timeouts::default()).expect("a client"));
    // The first one makes a connection and loads the model, which are no token's cost.
    ollama.attempt(&question(load, 1)).await.expect("an answer");
    let question = Arc::new(question(load, load.tokens));
    let left = Arc::new(AtomicU32::new(load.questions));
    let mut askers = JoinSet::new();
    let (began, processor) = (Instant::now(), processor_time());
    for _ in 0..load.concurrency {
        let (ollama, question, left) = (ollama.clone(), question.clone(), left.clone());
        askers.spawn(async move {
            let mut tokens = 0;
            let one_less = |left: u32| left.checked_sub(1);
            while left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less)
                .is_ok()
            {
                let reply = ollama.attempt(&question).await.expect("an answer");
                assert!(!reply.text.is_empty(), "an answer has a text");
                tokens += u64::from(reply.usage.output_tokens.expect("the server counts them"));
            }
            tokens
        });
    }
    let tokens = askers.join_all().await.into_iter().sum();
    Figures {
        questions: load.questions,
        tokens,
        wall: began.elapsed().as_secs_f64(),
        processor: processor_time() - processor,
    }
}

fn question(load: &Load, tokens: u32) -> Question {
    let message = Message {
        role: Role::User,
        content: "Tell me something.".to_owned(),
    };
    let mut request = Request {
        slot: String::new(),
        prompt: Prompt::Chat(vec![message]),
        format: Default::default(),
        sampling: Default::default(),
        capture: Default::default(),
        extra: None,
    };
    request.sampling.max_output_tokens = Some(tokens);
    Question {
        model: load.model.to_owned(),
        request,
        context_tokens: None,
    }
}

/// What this process has taken of its processors so far, in seconds.
fn processor_time() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
