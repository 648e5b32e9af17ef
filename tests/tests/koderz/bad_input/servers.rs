//! Servers that cannot be asked.

use super::refusal::{refusal, refusals};
use koderz_tests::Koderz;
use std::io::{Read, Write};
use std::net::TcpListener;

#[test]
fn a_server_that_nobody_reaches_is_refused_with_what_to_do() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address").to_string();
    drop(listener);
    let told = refusals(&[format!("benchmark --host {address} --local-model m")]);
    insta::assert_snapshot!(told.replace(&address, "ADDRESS"), @"
    error: cannot reach Ollama at http://ADDRESS: nothing listens there
    hint: start it with `ollama serve`, name another with --host, or try --host embedded
    ");
}

#[test]
fn a_server_that_is_not_ollama_is_refused_with_what_it_said() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address").to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 1024];
            // What is asked does not matter, nor whether anybody waits for the answer.
            let _ = stream.read(&mut request);
            let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
    });
    let told = refusals(&[format!("benchmark --host {address} --local-model m")]);
    insta::assert_snapshot!(told.replace(&address, "ADDRESS"), @"
    error: http://ADDRESS does not answer like Ollama: GET /api/version: status 404 Not Found
    hint: --host names the server
    ");
}

#[test]
fn an_address_that_cannot_be_used_is_refused_and_no_secret_is_shown() {
    let addresses = [
        "ftp://server",
        "server:many",
        "https://me:hunter2@server",
        "me:hunter2@server:11434",
        "server?key=hunter2",
        "http://",
    ];
    let told = refusals(&addresses.map(|address| format!("benchmark --host {address} --local-model m")));
    assert!(!told.contains("hunter2"), "{told}");
    insta::assert_snapshot!(told, @"
    error: `ftp://server` is no address of a server: only http:// and https:// are spoken
    error: `server:many` is no address of a server: `many` is no port
    error: the server's address holds credentials, which would show in logs and records
    hint: leave them out
    error: the server's address holds credentials, which would show in logs and records
    hint: leave them out
    error: `server` is no address of a server
    hint: host, host:port, http://host:port or https://host
    error: `http://` is no address of a server
    hint: host, host:port, http://host:port or https://host
    ");
}

#[test]
fn a_model_that_takes_no_conversation_ends_the_run_at_once_with_the_setting_that_asks_it_otherwise() {
    let asked = [
        "benchmark --host embedded --local-model gemma3:270m-base",
        "run --problem-id HumanEval/0 --host embedded --local-model gemma3:270m-base",
    ];
    for command in asked {
        let koderz = Koderz::new();
        let ended = koderz.call(command);
        assert_eq!(ended.code, Some(2), "{}", ended.stdout);
        let told = ended.stderr.split_once("error: ").expect("an error").1;
        insta::allow_duplicates!(insta::assert_snapshot!(told, @r#"
        gemma3:270m-base cannot be asked like this: "gemma3:270m-base" does not support chat: only bare prompts were recorded for it
        hint: a base model takes bare prompts only; --set suite.prompt-style=completion asks with them
        "#));
        assert!(!told.contains("koderz resume"), "going on as before would not help");
        let counts = koderz.call("runs show last").stdout;
        assert!(!counts.contains("the machinery failed"), "it did not: {counts}");
    }
}

#[test]
fn an_address_that_leads_astray_is_answered_with_what_was_meant() {
    let last = |address: &str| {
        let told = refusals(&[format!("benchmark --host {address} --local-model m")]);
        told.lines().last().expect("a hint").to_owned()
    };
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address").to_string();
    drop(listener);
    assert_eq!(
        last(&format!("http://{address}/v1")),
        "hint: leave /v1 out: it leads to the interface of OpenAI, and Ollama's own is beside it"
    );
    assert_eq!(last("embeded"), "hint: did you mean --host embedded?");

    let koderz = Koderz::new();
    for (host, command) in [
        (address.as_str(), "status"),
        ("ftp://server", "benchmark --local-model m"),
    ] {
        let told = refusal(&koderz, koderz.command(command).env("OLLAMA_HOST", host));
        let hint = "hint: the address is what OLLAMA_HOST in the environment says";
        assert!(told.ends_with(hint), "{told}");
    }
}
