//! What can be done to the server: restarted, hung, robbed of a slot, and its runners killed.

use crate::client::Client;
use crate::{PATIENCE, ask, asking, generate, parallel, resident, setup, start, until, with_faults};
use koderz_simulator::{Server, Setup};
use std::io::ErrorKind;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::time::timeout;

const COUNT: &str = r#"{"model":"m","prompt":"count"}"#;
const ENDLESS: &str = r#"{"model":"lorem:20","prompt":"x","options":{"num_predict":60000}}"#;
const ENDLESS_WHOLE: &str = r#"{"model":"lorem:20","prompt":"x","stream":false,"options":{"num_predict":60000}}"#;
const CRASHED: &str = r#"{"error":"an error was encountered while running the model: unexpected EOF"}"#;

/// Reads up to the first token.
async fn first_token(client: &mut Client) {
    client.until(b"\"done\":false}\n").await.expect("a line");
}

async fn connected(server: &Server) -> Client {
    let connected = async {
        while TcpStream::connect(server.address()).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, connected).await.expect("it comes up");
    Client::connect(server).await
}

#[tokio::test]
async fn a_restart_ends_everything_and_nothing_is_in_memory_afterwards() {
    let server = start(setup()).await;
    let mut streaming = asking(&server, ENDLESS).await;
    first_token(&mut streaming).await;
    let mut idle = Client::connect(&server).await;
    idle.ask("GET", "/", "").await;
    server.restart(Duration::from_secs(1)).await;
    let refused = TcpStream::connect(server.address()).await.expect_err("it is down");
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    for client in [&mut streaming, &mut idle] {
        let end = client.until(b"\n0\r\n").await.expect_err("no end");
        assert!(
            matches!(end, ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset),
            "{end}"
        );
    }
    assert_eq!(server.counts().cancelled, 1);
    let mut client = connected(&server).await;
    assert!(resident(&server).await.is_empty());
    let answer = client.ask("POST", "/api/generate", COUNT).await;
    assert_eq!(answer.text(), " one two three four");
    assert_eq!(server.counts().load_starts, 2);
}

#[tokio::test]
async fn a_restart_ends_loads_and_whoever_waits_for_them() {
    let server = start(Setup {
        load: Duration::from_secs(3600),
        ..setup()
    })
    .await;
    let mut clients = [asking(&server, COUNT).await, asking(&server, COUNT).await];
    until("both wait", || server.counts().waiting == 2).await;
    server.restart(Duration::ZERO).await;
    for client in &mut clients {
        assert!(client.reply("POST").await.is_err());
    }
    let counts = server.counts();
    assert_eq!((counts.load_starts, counts.aborted_loads, counts.waiting), (1, 0, 0));
    drop(connected(&server).await);
}

#[tokio::test]
async fn a_server_can_be_stopped_while_it_is_down() {
    let server = start(setup()).await;
    let address = server.address();
    server.restart(Duration::from_secs(3600)).await;
    // Once is enough.
    server.restart(Duration::ZERO).await;
    timeout(PATIENCE, server.stop()).await.expect("an end in time");
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_wedged_model_answers_nothing_while_all_looks_well() {
    let server = start(parallel(setup(), 1)).await;
    assert_eq!(generate(&server, r#"{"model":"m"}"#).await.status, 200);
    server.wedge("m:latest").expect("it is in memory");
    let mut waiting = asking(&server, COUNT).await;
    until("it waits", || server.counts().waiting == 1).await;
    assert_eq!(resident(&server).await.len(), 1);
    assert_eq!(ask(&server, "GET", "/api/tags", "").await.status, 200);
    assert_eq!(
        generate(&server, r#"{"model":"m"}"#).await.status,
        200,
        "a load takes no slot"
    );
    assert_eq!(
        generate(&server, r#"{"model":"n:7b","prompt":"why"}"#).await.status,
        200
    );
    assert!(timeout(Duration::ZERO, waiting.reply("POST")).await.is_err());
    drop(waiting);
    until("nobody waits", || server.counts().waiting == 0).await;
    generate(&server, r#"{"model":"m","keep_alive":0}"#).await;
    assert_eq!(generate(&server, COUNT).await.text(), " one two three four");
}

#[tokio::test]
async fn only_a_model_in_memory_can_lose_a_slot_or_its_runner() {
    let server = start(setup()).await;
    for refused in [server.wedge("m"), server.kill_runner("m")] {
        let said = refused.expect_err("nothing is in memory").to_string();
        assert_eq!(
            said,
            "model `m` is not in memory\nhint: a question brings it there, and so does a load"
        );
    }
}

#[tokio::test]
async fn a_hung_server_takes_questions_and_answers_none() {
    let server = start(setup()).await;
    let mut streaming = asking(&server, ENDLESS).await;
    first_token(&mut streaming).await;
    server.hang();
    let mut asked = asking(&server, COUNT).await;
    until("it has come", || server.counts().questions == 2).await;
    let mut loading = asking(&server, r#"{"model":"m"}"#).await;
    assert_eq!(ask(&server, "GET", "/api/tags", "").await.status, 200);
    assert_eq!(resident(&server).await[0]["name"], "lorem:20");
    // What was on its way before has come by now. In a second twenty tokens more would be due.
    let token = b"\"done\":false}\n";
    while timeout(Duration::ZERO, streaming.until(token)).await.is_ok() {}
    assert!(timeout(Duration::from_secs(1), streaming.until(token)).await.is_err());
    for client in [&mut asked, &mut loading] {
        assert!(timeout(Duration::ZERO, client.reply("POST")).await.is_err());
    }
    server.restart(Duration::ZERO).await;
    let answer = connected(&server).await.ask("POST", "/api/generate", COUNT).await;
    assert_eq!(answer.text(), " one two three four");
}

#[tokio::test]
async fn a_pause_holds_everything_up_for_a_while_and_costs_nothing() {
    let server = start(setup()).await;
    let began = Instant::now();
    server.pause(Duration::from_millis(300));
    let (question, load) = tokio::join!(generate(&server, COUNT), generate(&server, r#"{"model":"m"}"#));
    assert!(began.elapsed() >= Duration::from_millis(300));
    assert_eq!((question.text().as_str(), load.status), (" one two three four", 200));
    assert_eq!(server.counts().answered, 1);
}

#[tokio::test]
async fn an_answer_under_way_stops_for_a_pause_and_comes_to_its_end_after_it() {
    let server = start(setup()).await;
    let twenty = r#"{"model":"lorem:20","prompt":"x","options":{"num_predict":20}}"#;
    let mut streaming = asking(&server, twenty).await;
    first_token(&mut streaming).await;
    server.pause(Duration::from_secs(2));
    let began = Instant::now();
    let rest = streaming.until(b"\r\n0\r\n\r\n").await.expect("a clean end");
    // All of it would have come in one second.
    assert!(began.elapsed() > Duration::from_millis(1800), "{:?}", began.elapsed());
    assert!(rest.contains(r#""done":true"#), "{rest}");
}

#[tokio::test]
async fn a_server_that_turns_away_takes_no_question_and_no_load_until_it_does_again() {
    let server = start(setup()).await;
    server.turn_away(Duration::from_secs(3600));
    for body in [COUNT, r#"{"model":"m"}"#] {
        let refused = generate(&server, body).await;
        assert_eq!(refused.status, 503);
        assert!(
            refused.body.contains("server busy, please try again."),
            "{}",
            refused.body
        );
    }
    assert_eq!(ask(&server, "GET", "/api/version", "").await.status, 200);
    server.turn_away(Duration::ZERO);
    assert_eq!(generate(&server, COUNT).await.text(), " one two three four");
    let counts = server.counts();
    assert_eq!((counts.questions, counts.refused_busy, counts.answered), (2, 1, 1));
}

#[tokio::test]
async fn whoever_waits_for_questions_hears_of_them_when_they_come() {
    let server = start(setup()).await;
    server.have_come(0).await;
    assert!(timeout(Duration::ZERO, server.have_come(1)).await.is_err());
    let (_, ()) = tokio::join!(generate(&server, COUNT), server.have_come(1));
    assert_eq!(server.counts().questions, 1);
}

#[tokio::test]
async fn a_killed_runner_ends_its_answers_as_recorded_and_the_next_question_loads_anew() {
    let server = start(parallel(setup(), 2)).await;
    let mut streaming = asking(&server, ENDLESS).await;
    first_token(&mut streaming).await;
    let mut whole = asking(&server, ENDLESS_WHOLE).await;
    until("it has a slot", || server.counts().most_at_once == 2).await;
    let mut waiting = asking(&server, ENDLESS).await;
    until("one waits", || server.counts().waiting == 1).await;
    server.kill_runner("lorem:20").expect("it is in memory");

    let end = streaming.until(b"\r\n0\r\n\r\n").await.expect("a clean end");
    assert!(end.contains(CRASHED) && !end.contains(r#""done":true"#), "{end}");
    let whole = whole.reply("POST").await.expect("an answer");
    assert_eq!((whole.status, whole.body.as_str()), (500, CRASHED));
    let waited = waiting.reply("POST").await.expect("an answer");
    let expected = r#"{"error":"llama-server process no longer running: -1 "}"#;
    assert_eq!((waited.status, waited.body.as_str()), (500, expected));
    let counts = server.counts();
    assert_eq!((counts.died, counts.faults, counts.waiting), (3, 0, 0));

    let again = r#"{"model":"lorem:20","prompt":"x","options":{"num_predict":1}}"#;
    assert_eq!(generate(&server, again).await.text(), "lorem");
    assert_eq!(server.counts().load_starts, 2);
}

#[tokio::test]
async fn a_silence_ends_with_the_runner() {
    let server = start(with_faults(&["silence:1"])).await;
    let mut silent = asking(&server, COUNT).await;
    first_token(&mut silent).await;
    server.kill_runner("m").expect("it is in memory");
    let end = silent.until(b"\r\n0\r\n\r\n").await.expect("a clean end");
    assert!(end.contains(CRASHED), "{end}");
    assert_eq!((server.counts().faults, server.counts().died), (1, 0));
}

#[tokio::test]
async fn a_runner_that_dies_takes_all_its_answers_with_it() {
    for (fault, body, expected) in [
        ("die:2", COUNT, 200),
        ("die", COUNT, 500),
        ("die:2", r#"{"model":"m","prompt":"count","stream":false}"#, 500),
    ] {
        let server = start(with_faults(&["silence:1", fault])).await;
        let mut other = asking(&server, COUNT).await;
        first_token(&mut other).await;
        let died = generate(&server, body).await;
        assert_eq!((died.status, died.end), (expected, Ok(())), "{fault}");
        assert_eq!(died.body.lines().last(), Some(CRASHED));
        assert_eq!(
            died.body.matches(r#""done":false"#).count(),
            if expected == 200 { 2 } else { 0 }
        );
        let end = other.until(b"\r\n0\r\n\r\n").await.expect("a clean end");
        assert!(end.contains(CRASHED), "{end}");
        assert_eq!(generate(&server, body).await.status, 200);
        let counts = server.counts();
        assert_eq!(
            (counts.faults, counts.answered, counts.load_starts),
            (2, 1, 2),
            "{fault}"
        );
    }
}
