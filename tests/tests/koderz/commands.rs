//! Commands beside benchmarks: `koderz wait`, `status` and `doctor` against a server in each of its states, and those that
//! tell what is installed.

use koderz_simulator::{Cassette, Server, Setup};
use koderz_tests::{Ended, Koderz};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::num::NonZeroU32;
use std::time::Duration;

mod check;
mod doctor;
mod plugins;
mod problems;
mod status;
mod wait;

/// A server without recorded answers, whose `lorem:N` answers anything.
async fn serve(faults: &[&str], setup: Setup) -> Server {
    let faults = faults.iter().map(|fault| fault.parse().expect("a fault")).collect();
    Server::start(Setup { faults, ..setup }).await.expect("a server")
}

/// As any server is, which is to be taken for an Ollama.
fn usual() -> Setup {
    Setup {
        version: "0.32.15",
        ..Setup::default()
    }
}

/// A server with so many slots for a model.
fn slots(number: u32) -> Setup {
    Setup {
        parallel: NonZeroU32::new(number).expect("some"),
        // Only where loads take time do answers say how long they waited.
        load: Duration::from_millis(1),
        ..usual()
    }
}

/// An address at which nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address").to_string()
}

/// Has a server answer a request to generate.
fn generate(server: &Server, body: &str) {
    let mut stream = TcpStream::connect(server.address()).expect("a connection");
    let length = body.len();
    write!(
        stream,
        "POST /api/generate HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// Brings a model into memory.
fn load(server: &Server, model: &str) {
    generate(server, &format!(r#"{{"model":"{model}"}}"#));
}

async fn call(server: &Server, arguments: &str) -> Ended {
    // The server lives on the same runtime, which a call must not block.
    let arguments = format!("{arguments} --host {}", server.url());
    tokio::task::spawn_blocking(move || Koderz::new().call(&arguments))
        .await
        .expect("the call")
}

/// What was said, with the exit code, and without what differs from one run to the next: the address and times.
fn told(ended: &Ended, server: &str) -> String {
    let Ended { code, stdout, stderr } = ended;
    let code = code.map_or("none".to_owned(), |code| code.to_string());
    let text = format!("{stdout}{stderr}exit code {code}").replace(server, "SERVER");
    let lines: Vec<String> = text.lines().map(without_times).collect();
    lines.join("\n")
}

/// A line with an N for each number of seconds or minutes that is not one that a test set.
fn without_times(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let unit = |word: &str| matches!(word.trim_end_matches([',', ';']), "s" | "min");
    let mut shown: Vec<&str> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let of_time = words.get(at + 1).is_some_and(|next| unit(next)) && word.parse::<f64>().is_ok();
        let set = at > 0 && words[at - 1] == "within";
        shown.push(if of_time && !set { "N" } else { word });
    }
    shown.join(" ")
}

/// What ^C does.
#[cfg(unix)]
pub(crate) fn interrupt(child: &std::process::Child) {
    let status = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(status.expect("kill is there").success());
}

/// Answers of a model that were recorded, of which one is to the question for a single token.
fn recorded() -> Cassette {
    let line = r#"{"model":"m","prompt":"Hello","reply":{"response":"!","done":true,"eval_count":1}}"#;
    Cassette::parse("m", line).expect("a cassette")
}
