//! Telling a server that is overloaded, which may be asked again later, from one where something else is wrong.
//!
//!     cargo run -p koderz-transport --example overloaded

#![expect(clippy::print_stdout, reason = "an example shows something")]

use koderz_api::chat::{Prompt, Request};
use koderz_core::ports::{Model, Question};
use koderz_simulator::{Server, Setup};
use koderz_transport::{Address, Ollama, Timeouts, is_overloaded};
use std::error::Error;
use std::time::Duration;

fn question(model: &str) -> Question {
    let request = Request {
        slot: String::new(),
        prompt: Prompt::Completion("Once upon a time".to_owned()),
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

/// Asks once, and says how that went.
async fn ask(ollama: &Ollama, model: &str) -> String {
    match ollama.attempt(&question(model)).await {
        Ok(reply) => reply.text,
        Err(error) if is_overloaded(&error) => format!("Ollama is overloaded, try again later: {error}"),
        Err(error) => format!("another error: {error}"),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // With a server of one's own: Address::parse("llm-server:11434")
    let server = Server::start(Setup::default()).await?;
    let ollama = Ollama::new(Address::parse(&server.url())?, Timeouts::default())?;
    println!("{}", ask(&ollama, "nobody").await);
    server.turn_away(Duration::from_secs(60));
    println!("{}", ask(&ollama, "lorem:500").await);
    Ok(())
}

#[cfg(test)]
#[tokio::test]
async fn a_full_queue_is_overload_and_a_missing_model_is_not() -> Result<(), Box<dyn Error>> {
    let server = Server::start(Setup::default()).await?;
    let ollama = Ollama::new(Address::parse(&server.url())?, Timeouts::default())?;
    let said = ask(&ollama, "nobody").await;
    assert!(
        said.starts_with("another error: HTTP 404 refused: model 'nobody'"),
        "{said}"
    );
    assert!(ask(&ollama, "lorem:5000").await.starts_with("lorem ipsum"));
    server.turn_away(Duration::from_secs(600));
    let said = ask(&ollama, "lorem:5000").await;
    let expected = "Ollama is overloaded, try again later: HTTP 503 server overloaded (queue-full)";
    assert!(said.starts_with(expected), "{said}");
    Ok(())
}
