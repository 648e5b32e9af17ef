//! The options of a question, and which tasks are tried.

use koderz_core::event::Event;
use koderz_tests::{Koderz, cassette, serve};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Tasks in the order in which their trials began.
fn tasks(koderz: &Koderz) -> Vec<String> {
    let record = koderz.record();
    let entries = record.entries(&koderz.last_run()).expect("its entries");
    let began = entries.filter_map(|entry| match entry.expect("readable").event {
        Event::TrialBegan { trial, .. } => Some(trial.task),
        _ => None,
    });
    began.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_are_chosen_by_id_by_number_and_by_chance() {
    let server = serve(&[cassette("reference")], &[]).await;
    let koderz = Koderz::new();
    let run = |options: &str| {
        let host = server.url();
        let ended = koderz.call(&format!(
            "benchmark --host {host} --local-model reference --concurrency 1 {options}"
        ));
        assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
        tasks(&koderz)
    };
    assert_eq!(
        run("--problem-ids HumanEval/7,HumanEval/3"),
        ["HumanEval/3", "HumanEval/7"]
    );
    assert_eq!(run("--start 10 --limit 2"), ["HumanEval/10", "HumanEval/11"]);
    let shuffled = run("--shuffle --limit 8 --seed 1");
    assert_eq!(shuffled.len(), 8);
    assert_eq!(
        run("--shuffle --limit 8 --seed 1"),
        shuffled,
        "the same seed, the same order"
    );
    assert_ne!(run("--shuffle --limit 8 --seed 2"), shuffled);
    let unknown =
        koderz.call("benchmark --host embedded --local-model reference --problem-ids HumanEval/3,HumanEval/999");
    assert_eq!(unknown.code, Some(2));
    assert!(
        unknown.stderr.contains("the suite has no task `HumanEval/999`"),
        "{}",
        unknown.stderr
    );
}

/// A request that was overheard.
struct Request {
    path: String,
    /// The whole head, in lower case.
    head: String,
    body: Value,
}

type Heard = Arc<Mutex<Vec<Request>>>;

/// Passes every request on to a server and keeps the bodies that are JSON. Answers where it listens.
fn overheard(server: &str) -> (String, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let (heard, server) = (Heard::default(), server.trim_start_matches("http://").to_owned());
    let keep = heard.clone();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (server, keep) = (server.clone(), keep.clone());
            std::thread::spawn(move || pass_on(client, &server, &keep));
        }
    });
    (address, heard)
}

/// One request and its answer, after which the connection is closed.
fn pass_on(mut client: TcpStream, server: &str, keep: &Heard) {
    let mut reader = BufReader::new(client.try_clone().expect("a handle"));
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
        if line == "\r\n" {
            // The answer ends with its connection, so that nothing of it has to be read.
            head.push_str("connection: close\r\n\r\n");
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("the body");
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    if let Ok(body) = serde_json::from_slice(&body) {
        let head = head.to_ascii_lowercase();
        keep.lock()
            .expect("nobody panics with it")
            .push(Request { path, head, body });
    }
    let mut upstream = TcpStream::connect(server).expect("the server");
    upstream.write_all(head.as_bytes()).expect("sent");
    upstream.write_all(&body).expect("sent");
    // A client that has gone away has what it wanted.
    let _ = std::io::copy(&mut upstream, &mut client);
    let _ = client.shutdown(std::net::Shutdown::Both);
}

#[tokio::test(flavor = "multi_thread")]
async fn options_go_into_every_question_and_what_decides_about_the_model_into_its_load_too() {
    let server = serve(&[cassette("reference")], &[]).await;
    let (address, heard) = overheard(&server.url());
    let koderz = Koderz::new();
    let system = koderz.data().join("system.txt");
    std::fs::write(&system, "Be brief.\n").expect("a file");
    // What comes back is of no interest, only what was sent.
    koderz.call(&format!(
        "benchmark --host {address} --local-model lorem:5000 --limit 1 --max-retries 0 --num-predict 33 --top-p 0.5 \
         --num-ctx 4096 --option num_gpu=7 --keep-alive 30m --think=off --system {}",
        system.display()
    ));
    let heard = heard.lock().expect("nobody panics with it");
    let body = |path: &str| {
        &heard
            .iter()
            .find(|heard| heard.path == path)
            .expect("it was asked")
            .body
    };
    let load = body("/api/generate");
    assert_eq!(load["options"], json!({"num_ctx": 4096, "num_gpu": 7}));
    assert_eq!((&load["keep_alive"], &load["think"]), (&json!("30m"), &Value::Null));
    let question = body("/api/chat");
    for (option, value) in [
        ("num_predict", json!(33)),
        ("top_p", json!(0.5)),
        ("num_ctx", json!(4096)),
        ("num_gpu", json!(7)),
    ] {
        assert_eq!(question["options"][option], value, "{option}");
    }
    assert_eq!(
        (&question["keep_alive"], &question["think"]),
        (&json!("30m"), &json!(false))
    );
    assert_eq!(
        question["messages"][0],
        json!({"role": "system", "content": "Be brief."})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_goes_with_every_request_and_its_value_is_nowhere_to_be_read() {
    let server = serve(&[cassette("reference")], &[]).await;
    let (address, heard) = overheard(&server.url());
    let koderz = Koderz::new();
    let ended = koderz.call(&format!(
        "benchmark --host {address} --local-model reference --limit 1 --verbose --header=X-Key:s3cret"
    ));
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let heard = heard.lock().expect("nobody panics with it");
    assert!(heard.len() >= 2, "a load and a question");
    assert!(heard.iter().all(|request| request.head.contains("x-key: s3cret")));
    let manifest = koderz.record().manifest(&koderz.last_run()).expect("its manifest");
    assert!(
        manifest.command_line.contains(&"--header=X-Key: ***".to_owned()),
        "{manifest:?}"
    );
    let page = std::fs::read_to_string(koderz.data().join("reports").join(format!("{}.html", manifest.run)));
    let record = std::fs::read(koderz.record_path()).expect("the record");
    let record = String::from_utf8_lossy(&record).into_owned();
    for text in [ended.stdout, ended.stderr, page.expect("the page"), record] {
        assert!(!text.contains("s3cret"));
    }
}

#[test]
fn what_a_model_or_a_suite_cannot_do_is_said_before_the_first_question() {
    let koderz = Koderz::new();
    let usual = "benchmark --host embedded --limit 1 --local-model reference";
    for (options, said) in [
        (
            "--think",
            "error: --think: reference has no thinking; it has completion",
        ),
        ("--option num_ctx=1", "num_ctx is set with --num-ctx"),
        (
            "--keep-alive soon",
            "seconds, or a length of time such as 30m or 1h30m, is needed",
        ),
        ("--top-p 2", "a number above 0 and up to 1 is needed"),
        ("--system nowhere.txt", "error: --system: read nowhere.txt: "),
        (
            "--suite speed --test-timeout 5",
            "error: --test-timeout: the suite speed has no setting `cpu-seconds`",
        ),
    ] {
        let ended = koderz.call(&format!("{usual} {options}"));
        assert_eq!(ended.code, Some(2), "{options}: {}", ended.stdout);
        assert!(ended.stderr.contains(said), "{options}: {}", ended.stderr);
    }
    assert!(!koderz.record_path().exists(), "no run was begun");
}

#[test]
fn a_server_that_is_too_old_for_a_field_is_told_so_before_the_first_question() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = listener.local_addr().expect("an address");
    // It knows its version, and nothing else.
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.expect("a client");
            let mut head = [0; 4096];
            let _read = client.read(&mut head).expect("a request");
            let body = r#"{"version":"0.6.2"}"#;
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            client.write_all(answer.as_bytes()).expect("sent");
        }
    });
    let koderz = Koderz::new();
    let ended = koderz.call(&format!("benchmark --host {address} --local-model m --think low"));
    assert_eq!(ended.code, Some(2), "{}", ended.stdout);
    assert_eq!(
        ended.stderr,
        format!("error: --think: http://{address} is Ollama 0.6.2, which does not know it; 0.11.0 and later do\n")
    );
}
