//! Our client, as the program has it: the transport on tokio's usual runtime.

use crate::figures::{Answer, Figures};
use crate::load::Load;
use koderz_api::chat::{Message, Prompt, Request, Role};
use koderz_core::ports::{Model, Question};
use koderz_transport::{Address, Ollama, Timeouts};
use rustix::time::{ClockId, clock_gettime};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
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
    ollama.attempt(&question(load, 0, 1)).await.expect("an answer");
    let left = Arc::new(AtomicU32::new(load.questions));
    let mut askers = JoinSet::new();
    let (began, processor) = (Instant::now(), processor_time());
    for _ in 0..load.concurrency {
        let (ollama, left, load) = (ollama.clone(), left.clone(), *load);
        askers.spawn(async move {
            let (mut tokens, mut answers) = (0, Vec::new());
            let one_less = |left: u32| left.checked_sub(1);
            while let Ok(number) = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less) {
                let question = question(&load, number, load.tokens);
                let began = clock(ClockId::Monotonic);
                let reply = ollama.attempt(&question).await.expect("an answer");
                // Where no connection was left one is made first, and times are told from when that was done.
                let sent = began + reply.timing.connect;
                assert!(!reply.text.is_empty(), "an answer has a text");
                tokens += u64::from(reply.usage.output_tokens.expect("the server counts them"));
                let lines = reply
                    .timing
                    .chunks
                    .iter()
                    .map(|chunk| (sent + *chunk).as_nanos() as u64);
                answers.push(Answer {
                    prompt: prompt(number),
                    lines: lines.collect(),
                });
            }
            (tokens, answers)
        });
    }
    let askers = askers.join_all().await;
    let (wall, processor) = (began.elapsed().as_secs_f64(), processor_time() - processor);
    Figures {
        questions: load.questions,
        tokens: askers.iter().map(|(tokens, _)| tokens).sum(),
        wall,
        processor,
        answers: match load.stamped {
            true => askers.into_iter().flat_map(|(_, answers)| answers).collect(),
            false => Vec::new(),
        },
    }
}

/// What is asked with this number, which is how it is found again.
fn prompt(number: u32) -> String {
    format!("{number}: tell me something.")
}

fn question(load: &Load, number: u32, tokens: u32) -> Question {
    let message = Message {
        role: Role::User,
        content: prompt(number),
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
    request.capture.chunk_times = load.stamped;
    Question {
        model: load.model.to_owned(),
        request,
        context_tokens: None,
    }
}

/// What this process has taken of its processors so far, in seconds.
fn processor_time() -> f64 {
    clock(ClockId::ProcessCPUTime).as_secs_f64()
}

fn clock(id: ClockId) -> Duration {
    let time = clock_gettime(id);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
