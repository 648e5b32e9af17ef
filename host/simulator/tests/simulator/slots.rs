//! Questions at the same time, clients that go away, and the end of the server.

use crate::client::Client;
use crate::{PATIENCE, asking, generate, parallel, setup, start, until, with_faults};
use koderz_simulator::{Pace, Setup};
use std::io::ErrorKind;
use tokio::time::timeout;

const COUNT: &str = r#"{"model":"m","prompt":"count"}"#;
const REPEAT: &str = r#"{"model":"m","prompt":"repeat"}"#;

#[tokio::test]
async fn who_finds_no_slot_waits_for_one() {
    // The first two never end, so the third can only be answered once one of them goes away.
    let server = start(parallel(with_faults(&["silence*2"]), 2)).await;
    let first = asking(&server, COUNT).await;
    let second = asking(&server, COUNT).await;
    until("two silences", || server.counts().faults == 2).await;
    let mut third = asking(&server, COUNT).await;
    until("one waits", || server.counts().waiting == 1).await;
    drop(first);
    let answer = third.reply("POST").await.expect("an answer");
    assert_eq!(answer.text(), " one two three four");
    assert_eq!((server.counts().waiting, server.counts().most_at_once), (0, 2));
    drop(second);
}

#[tokio::test]
async fn a_queue_is_never_full_and_never_out_of_order() {
    let server = start(parallel(with_faults(&["silence"]), 1)).await;
    let first = asking(&server, COUNT).await;
    until("a silence", || server.counts().faults == 1).await;
    let mut waiting = Vec::new();
    for already in 0..100 {
        waiting.push(asking(&server, COUNT).await);
        until("one more waits", || server.counts().waiting == already + 1).await;
    }
    drop(first);
    for client in &mut waiting {
        assert_eq!(client.reply("POST").await.expect("an answer").status, 200);
    }
    let counts = server.counts();
    assert_eq!((counts.answered, counts.most_at_once), (100, 1));
}

#[tokio::test]
async fn models_have_slots_of_their_own() {
    let server = start(parallel(with_faults(&["silence"]), 1)).await;
    let _silent = asking(&server, COUNT).await;
    until("a silence", || server.counts().faults == 1).await;
    let mut other = asking(&server, r#"{"model":"n:7b","prompt":"why"}"#).await;
    until("both are silent", || server.counts().faults == 2).await;
    assert_eq!(server.counts().waiting, 0);
    // A load takes no slot, and neither does a look at the models.
    assert_eq!(generate(&server, r#"{"model":"m"}"#).await.status, 200);
    assert!(timeout(std::time::Duration::ZERO, other.reply("POST")).await.is_err());
}

#[tokio::test]
async fn a_client_that_goes_away_is_counted_wherever_its_question_was() {
    let slow = Setup {
        pace: Pace::TokensPerSecond(0.001),
        ..setup()
    };
    let server = start(parallel(slow, 1)).await;
    let mut reading = asking(&server, COUNT).await;
    reading.until(b"one\",\"done\":false}\n").await.expect("a line");
    let waiting = asking(&server, REPEAT).await;
    until("one waits", || server.counts().waiting == 1).await;
    drop(waiting);
    until("nobody waits", || server.counts().waiting == 0).await;
    drop(reading);
    until("both are gone", || server.counts().cancelled == 2).await;
    let whole = asking(&server, r#"{"model":"m","prompt":"count","stream":false}"#).await;
    until("it has the slot", || {
        server.counts().questions == 3 && server.counts().waiting == 0
    })
    .await;
    drop(whole);
    until("all are gone", || server.counts().cancelled == 3).await;
    assert_eq!(server.counts().answered, 0);
}

#[tokio::test]
async fn tokens_come_when_they_are_due() {
    // The first is due at once and the second in a quarter of an hour.
    let server = start(Setup {
        pace: Pace::TokensPerSecond(0.001),
        ..setup()
    })
    .await;
    let mut client = asking(&server, COUNT).await;
    let seen = client.until(b"}\n\r\n").await.expect("a line");
    assert!(seen.contains(r#""response":" one""#) && !seen.contains("two"), "{seen}");
}

#[tokio::test]
async fn stopping_ends_all_connections_whatever_they_are_doing() {
    let server = start(with_faults(&["silence:1"])).await;
    let mut silent = asking(&server, COUNT).await;
    silent.until(b"one\",\"done\":false}\n\r\n").await.expect("a line");
    let mut idle = Client::connect(&server).await;
    idle.ask("GET", "/", "").await;
    let mut half = Client::connect(&server).await;
    half.write("POST /api/generate HTTP/1.1\r\nContent-Length: 9\r\n\r\n{")
        .await;
    let address = server.address();
    timeout(PATIENCE, server.stop()).await.expect("an end in time");
    for client in [&mut silent, &mut idle, &mut half] {
        let end = client.reply("POST").await.expect_err("no answer");
        assert!(
            matches!(end, ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset),
            "{end}"
        );
    }
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn dropping_it_stops_it_too() {
    let server = start(with_faults(&["silence"])).await;
    let mut silent = asking(&server, COUNT).await;
    until("a silence", || server.counts().faults == 1).await;
    drop(server);
    assert!(silent.reply("POST").await.is_err());
}
