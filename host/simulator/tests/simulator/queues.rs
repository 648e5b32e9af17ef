//! The two queues, held against recordings of eight or forty requests at the same time.
//!
//! A recording has times; here a request is sent once the server is in the state in which it met it then, so that a busy
//! machine changes nothing. Loads and answers last far longer than sending takes.

use crate::client::{Client, Reply};
use crate::{asking, generate, parallel, resident, start, until};
use futures_util::future::join_all;
use koderz_simulator::{Server, Setup};
use std::time::Duration;

const BUSY: &str = r#"{"error":"server busy, please try again.  maximum pending requests exceeded"}"#;
const JSON: &str = "application/json; charset=utf-8";

/// One that a token takes a millisecond of, and another one.
const A: &str = "lorem:1000";
const B: &str = "lorem:1000.0";

/// What a warm model says of its load, in nanoseconds.
const WARM: u64 = 600_000;

/// One slot, one place in the queue, and one model in memory, as in the recordings.
fn tight(load: Duration) -> Setup {
    let setup = Setup {
        load,
        max_queue: 1,
        max_loaded: 1,
        ..Setup::default()
    };
    parallel(setup, 1)
}

const LOAD: Duration = Duration::from_millis(600);

fn body(model: &str, tokens: u32, rest: &str) -> String {
    format!(r#"{{"model":"{model}","prompt":"request says","raw":true,"options":{{"num_predict":{tokens}{rest}}}}}"#)
}

async fn load(server: &Server, model: &str) {
    let loaded = generate(server, &format!(r#"{{"model":"{model}"}}"#)).await;
    assert!(loaded.body.contains(r#""done_reason":"load""#), "{}", loaded.body);
}

/// A question that is to wait, or to begin, before anything else comes.
async fn placed(server: &Server, body: &str) -> Client {
    let questions = server.counts().questions;
    let client = asking(server, body).await;
    until("it has come", || server.counts().questions > questions).await;
    client
}

async fn refused(server: &Server, body: &str) {
    let refused = generate(server, body).await;
    assert_eq!(refused.told(), (503, JSON, BUSY));
    assert_eq!(refused.header("Retry-After"), None);
}

async fn answers(clients: &mut [Client]) -> Vec<Reply> {
    let replies = clients.iter_mut().map(|client| client.reply("POST"));
    let replies = join_all(replies).await;
    replies.into_iter().map(|reply| reply.expect("an answer")).collect()
}

fn statuses(replies: &[Reply]) -> Vec<u16> {
    let mut statuses: Vec<_> = replies.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    statuses
}

/// A number of the last object.
fn last(reply: &Reply, field: &str) -> u64 {
    let lines = reply.lines();
    let line = lines.last().expect("a line");
    line[field].as_u64().unwrap_or_else(|| panic!("no {field} in {line}"))
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).expect("a short time")
}

#[tokio::test]
async fn of_eight_at_once_for_a_cold_model_two_are_answered() {
    let server = start(tight(LOAD)).await;
    let bodies = (0..8).map(|_| body(A, 4, ""));
    let mut clients = join_all(bodies.map(|body| {
        let server = &server;
        async move { asking(server, &body).await }
    }))
    .await;
    until("six are turned away before anything is loaded", || {
        let counts = server.counts();
        (counts.refused_busy, counts.waiting, counts.answered) == (6, 2, 0)
    })
    .await;
    let replies = answers(&mut clients).await;
    assert_eq!(statuses(&replies), [200, 200, 503, 503, 503, 503, 503, 503]);
    for reply in &replies {
        if reply.status == 503 {
            assert_eq!(reply.told(), (503, JSON, BUSY));
        } else {
            // Whoever waited for a load says so, not only who began it.
            assert!(last(reply, "load_duration") > nanos(LOAD) / 2, "{}", reply.body);
        }
    }
    assert_eq!(server.counts().load_starts, 1);
}

#[tokio::test]
async fn eight_at_once_for_a_model_in_memory_are_all_answered() {
    let server = start(tight(Duration::from_millis(50))).await;
    load(&server, A).await;
    let mut clients = Vec::new();
    for _ in 0..8 {
        clients.push(asking(&server, &body(A, 20, "")).await);
    }
    let replies = answers(&mut clients).await;
    assert_eq!(statuses(&replies), [200; 8]);
    for reply in &replies {
        assert_eq!(last(reply, "load_duration"), WARM, "a slot is no load");
        assert_eq!((last(reply, "eval_count"), reply.text().split(' ').count()), (20, 20));
    }
    let counts = server.counts();
    assert_eq!(
        (counts.most_at_once, counts.refused_busy, counts.load_starts),
        (1, 0, 1)
    );
}

#[tokio::test]
async fn of_two_models_in_turn_the_one_in_memory_is_answered_and_the_other_waits_for_it() {
    let server = start(tight(Duration::from_millis(100))).await;
    load(&server, A).await;
    let mut clients = vec![placed(&server, &body(A, 600, "")).await];
    for model in [B, A, B, A] {
        clients.push(placed(&server, &body(model, 100, "")).await);
    }
    refused(&server, &body(B, 2, "")).await;
    clients.push(placed(&server, &body(A, 100, "")).await);
    refused(&server, &body(B, 2, "")).await;
    let replies = answers(&mut clients).await;
    assert_eq!(statuses(&replies), [200; 6]);
    // The other model came before the last question for this one, and was loaded only after that was answered.
    let [first_of_b, last_of_a] = [&replies[1], &replies[5]];
    assert!(last(first_of_b, "load_duration") > last(last_of_a, "total_duration"));
    assert_eq!(last(last_of_a, "load_duration"), WARM);
    let models: Vec<_> = resident(&server)
        .await
        .iter()
        .map(|model| model["name"].clone())
        .collect();
    assert_eq!(models, [B]);
    assert_eq!(server.counts().evictions, 1);
}

#[tokio::test]
async fn of_eight_with_two_contexts_in_turn_two_are_answered() {
    let server = start(tight(LOAD)).await;
    load(&server, A).await;
    let with = |index: usize| body(A, 2, [r#","num_ctx":1024"#, r#","num_ctx":1536"#][index % 2]);
    let mut clients = Vec::new();
    for index in 0..2 {
        clients.push(placed(&server, &with(index)).await);
    }
    for index in 2..8 {
        refused(&server, &with(index)).await;
    }
    let replies = answers(&mut clients).await;
    assert_eq!(statuses(&replies), [200; 2]);
    assert!(last(&replies[1], "load_duration") > last(&replies[0], "load_duration"));
    let counts = server.counts();
    assert_eq!((counts.load_starts, counts.evictions), (3, 2));
    assert_eq!(resident(&server).await[0]["context_length"], 1536);
}

#[tokio::test]
async fn with_four_slots_four_of_six_begin_and_two_wait() {
    let server = start(parallel(tight(Duration::from_millis(50)), 4)).await;
    load(&server, A).await;
    let mut clients = Vec::new();
    for _ in 0..6 {
        clients.push(placed(&server, &body(A, 600, "")).await);
    }
    until("two wait", || server.counts().waiting == 2).await;
    let replies = answers(&mut clients).await;
    assert_eq!(statuses(&replies), [200; 6]);
    // What is left of the total is what was waited for a slot.
    let waited = |reply: &Reply| {
        let known = ["load_duration", "prompt_eval_duration", "eval_duration"];
        last(reply, "total_duration") - known.iter().map(|field| last(reply, field)).sum::<u64>()
    };
    assert!(replies[4..].iter().all(|reply| waited(reply) > nanos(LOAD) / 10));
    assert_eq!((server.counts().most_at_once, server.counts().refused_busy), (4, 0));
}

#[tokio::test]
async fn of_forty_for_two_models_in_turn_the_same_sixteen_are_answered() {
    let server = start(tight(LOAD)).await;
    load(&server, A).await;
    let (short, long) = (20, 600);
    let model = |index: usize| [A, B][index % 2];
    let mut clients = vec![placed(&server, &body(model(0), short, "")).await];
    until("the first is answered", || server.counts().answered == 1).await;
    // The other model is loaded, and the third waits behind it.
    clients.push(placed(&server, &body(model(1), long, "")).await);
    until("it is loaded for", || server.counts().load_starts == 2).await;
    clients.push(placed(&server, &body(model(2), long, "")).await);
    for index in 3..=10 {
        refused(&server, &body(model(index), short, "")).await;
    }
    until("the second has its slot", || server.counts().waiting == 1).await;
    // It is to leave for the third, and goes on being asked.
    clients.push(placed(&server, &body(model(11), short, "")).await);
    clients.push(placed(&server, &body(model(12), short, "")).await);
    clients.push(placed(&server, &body(model(13), short, "")).await);
    refused(&server, &body(model(14), short, "")).await;
    until("the first model is loaded for", || server.counts().load_starts == 3).await;
    for index in 15..=23 {
        refused(&server, &body(model(index), short, "")).await;
    }
    until("the third has its slot", || server.counts().waiting == 1).await;
    for index in 24..=39 {
        match index {
            29 | 31 | 33 | 35 | 37 | 39 => refused(&server, &body(model(index), short, "")).await,
            _ => clients.push(placed(&server, &body(model(index), short, "")).await),
        }
    }
    let replies = answers(&mut clients).await;
    assert_eq!(statuses(&replies), [200; 16]);
    let counts = server.counts();
    assert_eq!((counts.answered, counts.refused_busy), (16, 24));
    assert_eq!((counts.load_starts, counts.evictions), (4, 3));
}

#[tokio::test]
async fn a_load_ends_with_its_client_and_the_next_one_starts_from_zero() {
    let server = start(tight(LOAD)).await;
    let impatient = placed(&server, &body(A, 1, "")).await;
    until("a load", || server.counts().load_starts == 1).await;
    let mut patient = placed(&server, &body(A, 1, "")).await;
    until("both wait", || server.counts().waiting == 2).await;
    assert!(
        resident(&server).await.is_empty(),
        "a load is not seen before it is over"
    );
    drop(impatient);
    until("another load", || server.counts().load_starts == 2).await;
    let answer = patient.reply("POST").await.expect("an answer");
    assert!(last(&answer, "load_duration") >= nanos(LOAD), "{}", answer.body);
    let counts = server.counts();
    assert_eq!((counts.aborted_loads, counts.cancelled, counts.answered), (1, 1, 1));
}

#[tokio::test]
async fn a_load_for_nobody_in_particular_meets_the_same_queue() {
    let server = start(tight(LOAD)).await;
    let question = r#"{"model":"lorem:50"}"#;
    let mut clients = vec![asking(&server, question).await];
    until("a load", || server.counts().load_starts == 1).await;
    clients.push(placed(&server, &body("lorem:50", 1, "")).await);
    refused(&server, question).await;
    assert_eq!(statuses(&answers(&mut clients).await), [200, 200]);
    assert_eq!((server.counts().loads, server.counts().load_starts), (1, 1));
}

#[tokio::test]
async fn a_model_that_was_to_leave_is_loaded_anew() {
    let server = start(tight(Duration::from_millis(20))).await;
    for keep_alive in ["0", "\"5m\""] {
        let body =
            format!(r#"{{"model":"lorem:1000","prompt":"p","keep_alive":{keep_alive},"options":{{"num_predict":1}}}}"#);
        assert_eq!(generate(&server, &body).await.status, 200);
    }
    assert_eq!((server.counts().load_starts, server.counts().evictions), (2, 0));
    let listed = resident(&server).await;
    assert_eq!(
        (&listed[0]["name"], &listed[0]["context_length"]),
        (&A.into(), &4096.into())
    );
    assert_eq!(listed[0]["size"], listed[0]["size_vram"]);
}

#[tokio::test]
async fn a_recorded_answer_says_what_its_load_came_to_here() {
    let server = start(Setup {
        load: Duration::from_millis(20),
        ..crate::setup()
    })
    .await;
    let answer = generate(&server, r#"{"model":"m","prompt":"count"}"#).await;
    let (load, total) = (last(&answer, "load_duration"), last(&answer, "total_duration"));
    assert!(load >= 20_000_000 && total >= load + 990, "{load} {total}");
    let warm = generate(&server, r#"{"model":"m","prompt":"count"}"#).await;
    assert_eq!(last(&warm, "load_duration"), WARM);
    assert_eq!(
        (last(&warm, "prompt_eval_duration"), last(&warm, "eval_duration")),
        (190, 800)
    );
}
