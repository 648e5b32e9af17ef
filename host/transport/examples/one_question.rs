//! One question, asked again where that may help: the text of the answer, and where its time went.
//!
//!     cargo run -p koderz-transport --example one_question [HOST MODEL]
//!
//! Without a host it asks a server that it starts itself.

#![expect(clippy::print_stdout, reason = "an example shows something")]

use koderz_api::chat::{Message, Prompt, Reply, Request, Role};
use koderz_core::backoff::Backoff;
use koderz_core::ports::{AttemptError, Model, Question};
use koderz_simulator::{Server, Setup};
use koderz_transport::{Address, Ollama, Timeouts};
use std::error::Error;

fn question(model: &str, text: &str) -> Question {
    let message = Message {
        role: Role::User,
        content: text.to_owned(),
    };
    let request = Request {
        slot: String::new(),
        prompt: Prompt::Chat(vec![message]),
        format: Default::default(),
        sampling: Default::default(),
        capture: Default::default(),
        extra: None,
    };
    Question {
        model: model.to_owned(),
        request,
        context_tokens: None,
    }
}

async fn ask(host: &str, model: &str, text: &str) -> Result<Reply, Box<dyn Error>> {
    let ollama = Ollama::new(Address::parse(host)?, Timeouts::default())?;
    let question = question(model, text);
    // A refusal, such as for a model that the server does not have, will not change.
    let passing = |error: &AttemptError| matches!(error, AttemptError::Failed(_));
    Ok(Backoff::default().run(passing, || ollama.attempt(&question)).await?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start(Setup::default()).await?;
    let mut arguments = std::env::args().skip(1);
    let host = arguments.next().unwrap_or(server.url());
    let model = arguments.next().unwrap_or("lorem:500".to_owned());
    let reply = ask(&host, &model, "Tell me something.").await?;
    println!("{}", reply.text);
    println!("{}", koderz_core::words::timing(&reply));
    Ok(())
}

#[cfg(test)]
#[tokio::test]
async fn an_answer_comes_with_its_text_and_its_tokens_and_a_refusal_with_its_reason() -> Result<(), Box<dyn Error>> {
    let server = Server::start(Setup::default()).await?;
    let reply = ask(&server.url(), "lorem:5000", "Tell me something.").await?;
    assert!(reply.text.starts_with("lorem ipsum"), "{}", reply.text);
    assert_eq!(reply.usage.output_tokens, Some(128));
    let error = ask(&server.url(), "nobody", "?").await.expect_err("no such model");
    let why = error.source().map(ToString::to_string).unwrap_or_default();
    assert!(why.contains("model 'nobody' not found"), "{error}: {why}");
    Ok(())
}
