//! Waiting until a server has time for a question.
//!
//!     cargo run -p koderz-transport --example wait_for_capacity [HOST]
//!
//! Without a host it waits for a server that it starts itself, and that is busy at first.

#![expect(clippy::print_stdout, reason = "an example shows something")]

use koderz_simulator::{Server, Setup};
use koderz_transport::wait_for_capacity;
use std::error::Error;
use std::time::Duration;

/// Waits, and says how that ended.
async fn wait(host: &str, patience: Duration) -> String {
    match wait_for_capacity(host, patience).await {
        Ok(took) => format!("Ollama is ready, after {:.1} s", took.as_secs_f64()),
        Err(error) => {
            let why = error.source().map(|source| format!(": {source}")).unwrap_or_default();
            format!("Ollama is not ready within {} s: {error}{why}", patience.as_secs_f64())
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start(Setup::default()).await?;
    server.turn_away(Duration::from_secs(1));
    let host = std::env::args().nth(1).unwrap_or(server.url());
    println!("{}", wait(&host, Duration::from_secs(60)).await);
    Ok(())
}

#[cfg(test)]
#[tokio::test]
async fn a_server_is_ready_once_it_turns_nobody_away_and_not_before() -> Result<(), Box<dyn Error>> {
    let server = Server::start(Setup::default()).await?;
    server.turn_away(Duration::from_secs(600));
    let said = wait(&server.url(), Duration::from_millis(600)).await;
    assert!(said.starts_with("Ollama is not ready within 0.6 s: lorem:"), "{said}");
    assert!(said.contains("gives no token: HTTP 503 server overloaded"), "{said}");
    server.turn_away(Duration::ZERO);
    let said = wait(&server.url(), Duration::from_secs(60)).await;
    assert!(said.starts_with("Ollama is ready"), "{said}");
    let address = server.url();
    server.stop().await;
    let said = wait(&address, Duration::from_millis(100)).await;
    assert!(said.contains("cannot reach Ollama"), "{said}");
    Ok(())
}
