//! Attempts that bring none, each in the way that a server or a network has of failing.

use crate::scripted::{
    Act, DONE, Event, Scripted, chunk, client, completion, end, failed, nowhere, piece, refused, streaming, whole,
};
use koderz_api::transport::{FailureKind, Phase};
use koderz_core::ports::Model;
use std::time::Duration;

const ERROR: &str = "{\"error\":\"an error was encountered while running the model: unexpected EOF\"}\n";

/// What the first attempt at a server with this script fails with.
async fn outcome(script: Vec<Act>) -> (FailureKind, String, Phase) {
    let server = Scripted::new(vec![script]).await;
    let failure = failed(server.client().attempt(&completion()).await);
    assert_eq!(server.asked().len(), 1, "one attempt is one request");
    (failure.kind, failure.detail, failure.phase)
}

#[tokio::test]
async fn a_stream_that_does_not_say_done_is_no_answer() {
    let cut = DONE.split_at(20).0;
    for (script, kind, detail, phase) in [
        (
            vec![streaming(), chunk(&piece("seven")), end()],
            FailureKind::Interrupted,
            "no-done",
            Phase::Decode,
        ),
        (
            vec![streaming(), end()],
            FailureKind::Interrupted,
            "no-done",
            Phase::Queue,
        ),
        (
            vec![streaming(), chunk(&piece("seven")), Act::Close],
            FailureKind::Interrupted,
            "stream-broken",
            Phase::Decode,
        ),
        (
            vec![streaming(), chunk(&piece("seven")), chunk(cut), Act::Close],
            FailureKind::Interrupted,
            "stream-broken",
            Phase::Decode,
        ),
        (
            vec![streaming(), chunk(&piece("seven")), chunk(ERROR), end()],
            FailureKind::Crashed,
            "runner-died",
            Phase::Decode,
        ),
        (
            vec![streaming(), chunk(ERROR), end()],
            FailureKind::Crashed,
            "runner-died",
            Phase::Queue,
        ),
        (
            whole(200, "", "<html>welcome</html>"),
            FailureKind::Malformed,
            "unreadable",
            Phase::Queue,
        ),
    ] {
        assert_eq!(outcome(script).await, (kind, detail.to_owned(), phase));
    }
}

#[tokio::test]
async fn a_connection_that_goes_away_before_a_status_was_reset() {
    for act in [Act::Close, Act::Reset] {
        let expected = (FailureKind::Unreachable, "reset".to_owned(), Phase::Queue);
        assert_eq!(outcome(vec![act]).await, expected);
    }
}

#[tokio::test]
async fn a_server_of_another_protocol_is_told_from_a_lost_one() {
    let banner = vec![Act::Write(b"220 mail ready\r\n\r\n".to_vec()), Act::Hold];
    let (kind, detail, _) = outcome(banner).await;
    assert_eq!((kind, detail.as_str()), (FailureKind::Malformed, "not-http"));
}

#[tokio::test]
async fn silence_ends_an_attempt_in_whatever_phase_it_is() {
    let silence = Duration::from_millis(500);
    for (script, phase) in [
        (vec![Act::Hold], Phase::Queue),
        (vec![streaming(), Act::Hold], Phase::Queue),
        (vec![streaming(), chunk(&piece("seven")), Act::Hold], Phase::Decode),
    ] {
        let mut server = Scripted::new(vec![script]).await;
        let client = server.patient(silence);
        let failure = failed(client.attempt(&completion()).await);
        assert_eq!(
            (failure.kind, failure.detail.as_str()),
            (FailureKind::TimedOut, "silence")
        );
        assert_eq!((failure.phase, failure.message.as_str()), (phase, "no byte for 0.50 s"));
        server.saw(Event::Gone).await;
    }
}

/// The status and the first byte come from something on the way; the first token is the server's and may take longer.
#[tokio::test]
async fn the_first_byte_may_take_longer_than_the_next() {
    let (long, short) = (Duration::from_secs(600), Duration::from_millis(50));
    let headers = vec![streaming(), Act::Hold];
    let begun = vec![streaming(), chunk(&piece("seven")), Act::Hold];
    for quiet in [vec![Act::Hold], headers] {
        let mut server = Scripted::new(vec![quiet, begun.clone()]).await;
        let client = server.waiting(long, short);
        let question = completion();
        let first = client.attempt(&question);
        let mut first = std::pin::pin!(first);
        // The first question is asked first, and outlives the silence that ends the second.
        tokio::select! {
            biased;
            ended = &mut first => panic!("the first byte was given up: {ended:?}"),
            () = server.saw(Event::Asked) => {}
        }
        tokio::select! {
            biased;
            ended = &mut first => panic!("the first byte was given up: {ended:?}"),
            failure = client.attempt(&question) => assert_eq!(failed(failure).phase, Phase::Decode),
        }
    }
}

#[tokio::test]
async fn a_first_byte_that_does_not_come_in_its_time_ends_an_attempt() {
    let server = Scripted::new(vec![vec![Act::Hold]]).await;
    let client = server.waiting(Duration::from_millis(200), Duration::from_secs(600));
    let failure = failed(client.attempt(&completion()).await);
    assert_eq!(
        (failure.phase, failure.message.as_str()),
        (Phase::Queue, "no byte for 0.20 s")
    );
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let address = nowhere().await;
    let client = client(&address, Duration::from_secs(60));
    let failure = failed(client.attempt(&completion()).await);
    assert_eq!(
        (failure.kind, failure.detail.as_str()),
        (FailureKind::Unreachable, "refused")
    );
    assert_eq!(failure.phase, Phase::Connect);
    assert_eq!(failure.message, format!("nothing listens at http://{address}"));
    assert!(!client.reachable().await);
}

/// A label of 64 letters is longer than a name may have, so no resolver asks anybody about it.
#[tokio::test]
async fn a_name_without_an_address_is_unreachable() {
    let client = client(&"x".repeat(64), Duration::from_secs(60));
    let failure = failed(client.attempt(&completion()).await);
    assert_eq!(
        (failure.kind, failure.detail.as_str()),
        (FailureKind::Unreachable, "dns")
    );
    assert_eq!(failure.phase, Phase::Connect);
}

/// No connection can be made to all of a network at once, and the system says so by itself.
#[tokio::test]
async fn an_address_without_a_way_to_it_is_unreachable() {
    let client = client("255.255.255.255:1", Duration::from_secs(60));
    let failure = failed(client.attempt(&completion()).await);
    assert_eq!(
        (failure.kind, failure.detail.as_str(), failure.phase),
        (FailureKind::Unreachable, "no-connection", Phase::Connect)
    );
}

/// Linux answers no further connection while those that nobody accepts fill the queue.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_connection_that_does_not_come_is_given_up() {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket
        .bind("127.0.0.1:0".parse().expect("an address"))
        .expect("a loopback port");
    let listener = socket.listen(0).expect("a listener");
    let address = listener.local_addr().expect("its address");
    let _first = tokio::net::TcpStream::connect(address)
        .await
        .expect("the queue's only place");
    let client = client(&address.to_string(), Duration::from_millis(50));
    let failure = failed(client.attempt(&completion()).await);
    assert_eq!(
        (failure.kind, failure.detail.as_str(), failure.phase),
        (FailureKind::Unreachable, "connect-timeout", Phase::Connect)
    );
    assert_eq!(
        failure.message,
        format!("no connection to http://{address} within 0.05 s")
    );
}

#[tokio::test]
async fn a_full_queue_is_overload_and_says_when_to_come_back() {
    let body = r#"{"error":"server busy, please try again.  maximum pending requests exceeded"}"#;
    let date = "date: Tue, 24 Nov 2026 07:00:00 GMT\r\nretry-after: Tue, 24 Nov 2026 07:00:40 GMT\r\n";
    for (headers, wait) in [("", None), ("retry-after: 7\r\n", Some(7)), (date, Some(40))] {
        let server = Scripted::new(vec![whole(503, headers, body)]).await;
        let failure = failed(server.client().attempt(&completion()).await);
        assert_eq!(
            (failure.kind, failure.detail.as_str()),
            (FailureKind::Overloaded, "queue-full")
        );
        assert_eq!((failure.status, failure.phase), (Some(503), Phase::Queue));
        assert_eq!(failure.retry_after, wait.map(Duration::from_secs));
        let words = "server busy, please try again. maximum pending requests exceeded";
        assert_eq!(failure.message, words);
    }
}

#[tokio::test]
async fn what_is_refused_for_good_is_said_in_the_servers_words() {
    for (status, body, detail, message) in [
        (
            404,
            r#"{"error":"model 'm' not found"}"#,
            "model-missing",
            "model 'm' not found",
        ),
        (
            500,
            r#"{"error":"option \"num_predict\" must be of type integer"}"#,
            "invalid-option",
            "option \"num_predict\" must be of type integer",
        ),
        (400, "", "invalid-request", "Bad Request"),
    ] {
        let server = Scripted::new(vec![whole(status, "", body)]).await;
        let refusal = refused(server.client().attempt(&completion()).await);
        assert_eq!((refusal.status, refusal.detail.as_str()), (Some(status), detail));
        assert_eq!(refusal.message, message);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server = Scripted::new(vec![whole(307, "location: /elsewhere\r\n", "")]).await;
    let refusal = refused(server.client().attempt(&completion()).await);
    assert_eq!(refusal.detail, "redirected");
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn what_must_not_be_sent_is_not_sent() {
    let server = Scripted::new(vec![whole(200, "", DONE)]).await;
    let mut question = completion();
    question.request.extra = Some(r#"{"options": {"num_ctx": 1}}"#.to_owned());
    let refusal = refused(server.client().attempt(&question).await);
    assert_eq!((refusal.status, refusal.detail.as_str()), (None, "invalid-extra"));
    assert!(server.asked().is_empty());
}
