//! Every shape that a stream of objects may have.

use super::*;
use koderz_api::transport::{Failure, FailureKind};

const CHAT: &str = concat!(
    r#"{"model":"m","created_at":"t","message":{"role":"assistant","content":"","thinking":"hm"},"done":false}"#,
    "\n",
    r#"{"model":"m","created_at":"t","message":{"role":"assistant","content":"pâ"},"done":false}"#,
    "\n",
    r#"{"model":"m","created_at":"t","message":{"role":"assistant","content":"t\u00e9"},"done":false}"#,
    "\n",
    r#"{"model":"m","created_at":"t","message":{"role":"assistant","content":""},"done":true,"done_reason":"length","#,
    r#""total_duration":9,"load_duration":1,"prompt_eval_count":12,"prompt_eval_duration":3,"eval_count":4,"eval_duration":5}"#,
    "\n",
);

/// Reads pieces that arrive a millisecond apart.
fn read(pieces: &[&[u8]], capture: Capture) -> Result<Reply, AttemptError> {
    let mut reader = Reader::new(capture, Phase::Queue);
    let mut at = Duration::ZERO;
    for piece in pieces {
        at += Duration::from_millis(1);
        reader.take(piece, at)?;
    }
    reader.finish(at)
}

fn whole(text: &str) -> Result<Reply, AttemptError> {
    read(&[text.as_bytes()], Capture::default())
}

fn failure(result: Result<Reply, AttemptError>) -> Failure {
    match result {
        Err(AttemptError::Failed(failure)) => failure,
        other => panic!("no failure: {other:?}"),
    }
}

fn ended(result: Result<Reply, AttemptError>) -> (FailureKind, String, Phase) {
    let failure = failure(result);
    (failure.kind, failure.detail, failure.phase)
}

#[test]
fn an_answer_reads_the_same_wherever_its_bytes_are_cut() {
    let reply = whole(CHAT).expect("an answer");
    assert_eq!((reply.text.as_str(), reply.thinking.as_deref()), ("pâté", Some("hm")));
    assert_eq!((reply.stop, reply.attempts), (StopReason::Length, 1));
    let usage = Usage {
        input_tokens: Some(12),
        output_tokens: Some(4),
    };
    assert_eq!(reply.usage, usage);
    for cut in 1..CHAT.len() {
        let (left, right) = CHAT.as_bytes().split_at(cut);
        let cut = read(&[left, right], Capture::default()).expect("an answer");
        assert_eq!((&cut.text, &cut.thinking), (&reply.text, &reply.thinking));
        assert_eq!((cut.stop, cut.usage), (reply.stop, reply.usage));
    }
    let bytes: Vec<&[u8]> = CHAT.as_bytes().chunks(1).collect();
    assert_eq!(read(&bytes, Capture::default()).expect("an answer").text, reply.text);
}

#[test]
fn the_last_line_may_lack_its_line_feed_and_others_may_end_in_crlf() {
    assert_eq!(whole(CHAT.trim_end()).expect("an answer").text, "pâté");
    let windows = CHAT.replace('\n', "\r\n\r\n");
    assert_eq!(whole(&windows).expect("an answer").text, "pâté");
}

#[test]
fn stamps_are_those_of_the_reads_and_never_go_back() {
    let pieces: Vec<&[u8]> = CHAT.split_inclusive('\n').map(str::as_bytes).collect();
    let capture = Capture {
        chunk_times: true,
        raw_body: true,
    };
    let reply = read(&pieces, capture).expect("an answer");
    let ms = Duration::from_millis;
    let timing = reply.timing;
    assert_eq!(timing.first_token, Some(ms(1)), "thinking is a channel too");
    assert_eq!(timing.first_answer_token, Some(ms(2)));
    assert_eq!((timing.last_token, timing.total), (Some(ms(3)), ms(4)));
    assert_eq!(timing.chunks, [ms(1), ms(2), ms(3)]);
    let server = ServerTiming {
        total: Some(Duration::from_nanos(9)),
        load: Some(Duration::from_nanos(1)),
        prompt: Some(Duration::from_nanos(3)),
        generation: Some(Duration::from_nanos(5)),
    };
    assert_eq!(timing.server, Some(server));
    assert_eq!(reply.raw.as_deref(), CHAT.lines().last());
}

#[test]
fn what_is_not_asked_for_is_not_kept() {
    let reply = whole(CHAT).expect("an answer");
    assert!(reply.timing.chunks.is_empty() && reply.raw.is_none());
}

#[test]
fn a_completion_is_read_from_its_own_fields() {
    let text = concat!(
        r#"{"response":"","thinking":"why","done":false}"#,
        "\n",
        r#"{"response":" seven","done":false}"#,
        "\n",
        r#"{"response":"","done":true,"done_reason":"stop","context":[1,2]}"#,
    );
    let reply = whole(text).expect("an answer");
    assert_eq!(
        (reply.text.as_str(), reply.thinking.as_deref()),
        (" seven", Some("why"))
    );
    assert_eq!((reply.stop, reply.usage), (StopReason::Finished, Usage::default()));
}

#[test]
fn an_unknown_reason_to_stop_is_another_one() {
    for reason in [r#","done_reason":"load""#, r#","done_reason":"soon""#, ""] {
        let reply = whole(&format!(r#"{{"response":"","done":true{reason}}}"#)).expect("an answer");
        assert_eq!(reply.stop, StopReason::Other, "{reason}");
    }
}

#[test]
fn an_end_without_done_is_no_answer() {
    let cut = CHAT.rfind("{\"model\"").expect("a last line");
    let no_done = |phase| (FailureKind::Interrupted, "no-done".to_owned(), phase);
    assert_eq!(ended(whole(&CHAT[..cut])), no_done(Phase::Decode));
    assert_eq!(ended(whole("")), no_done(Phase::Queue));
    assert_eq!(ended(whole(r#"{"response":"x","done":false}"#)), no_done(Phase::Decode));
}

#[test]
fn an_error_inside_an_answer_is_seen_whatever_came_before() {
    let error = r#"{"error":"an error was encountered while running the model: unexpected EOF"}"#;
    let first = CHAT.split_inclusive('\n').next().expect("a line");
    let died = |phase| (FailureKind::Crashed, "runner-died".to_owned(), phase);
    assert_eq!(ended(whole(&format!("{first}{error}\n"))), died(Phase::Decode));
    assert_eq!(ended(whole(error)), died(Phase::Queue));
    let object = r#"{"error":{"message":"model runner has unexpectedly stopped","code":500}}"#;
    let failure = failure(whole(object));
    assert_eq!(failure.message, "model runner has unexpectedly stopped");
}

#[test]
fn what_follows_the_end_does_not_matter() {
    let reply = whole(&format!("{CHAT}{{\"error\":\"too late\"}}\nno JSON\n")).expect("an answer");
    assert_eq!(reply.text, "pâté");
}

#[test]
fn what_is_no_object_of_an_answer_is_unreadable() {
    for line in ["<html>\n", "[]\n", "{\"done\":\"yes\"}\n", "{\"response\":5}", "\u{0}"] {
        let failure = failure(whole(line));
        assert_eq!(
            (failure.kind, failure.detail.as_str()),
            (FailureKind::Malformed, "unreadable")
        );
    }
}

#[test]
fn a_line_and_an_answer_without_end_are_given_up() {
    let line = vec![b'x'; 1 << 20];
    let mut blank = vec![b' '; 1 << 20];
    blank.extend_from_slice(b"\n");
    for piece in [line, blank] {
        let mut reader = Reader::new(Capture::default(), Phase::Queue);
        let error = (0..70).find_map(|_| reader.take(&piece, Duration::ZERO).err());
        assert_eq!(failure(Err(error.expect("a bound"))).detail, "too-long");
    }
}

/// Read a byte at a time every line is parsed, and read at once those that are like the one before are not.
#[test]
fn a_line_like_the_one_before_reads_as_any_other() {
    let chat = |time: &str, piece: &str| {
        format!(r#"{{"model":"m","created_at":"{time}","message":{{"role":"assistant",{piece}}},"done":false}}"#)
    };
    let content = |text: &str| format!(r#""content":"{text}""#);
    let usual = chat("t", &content("one"));
    let others: Vec<Vec<u8>> = [
        chat("later", &content(" two")),
        chat("t", &content("")),
        chat("t", &content("é\u{1f600}")),
        chat("t", &content(r"a\n\u0062\\")),
        chat(r"t\u0030", &content("three")),
        chat("é", &content("four")),
        chat("t", r#""content":"","thinking":"hm""#),
        chat("t", r#""content":"","thinking":""#),
        chat("t", &content("\u{1}")),
        chat("t", r#""content":"five","thinking":"six""#),
        chat("t", r#""content":"seven","content":"eight""#),
        chat("t", r#""content":5"#),
        format!("{usual} "),
        format!("{usual}\r"),
        format!("{usual}}}"),
        usual.replace("false", "true"),
        usual.replace("created_at", "at"),
        usual.replace(r#""done":false"#, r#""error":"gone""#),
    ]
    .into_iter()
    .map(String::into_bytes)
    .chain([[
        &b"{\"model\":\"m\",\"created_at\":\"t\",\"message\":{\"role\":\"assistant\",\"content\":\""[..],
        b"\xff\"},\"done\":false}",
    ]
    .concat()])
    .collect();
    for other in &others {
        let (usual, shown) = (usual.as_bytes(), String::from_utf8_lossy(other));
        let lines = [usual, usual, other, usual, other, other, usual].join(&b'\n');
        let done = b"\n{\"done\":true,\"done_reason\":\"stop\"}\n";
        let all = [lines.as_slice(), done].concat();
        let bytes: Vec<&[u8]> = all.chunks(1).collect();
        let at_once = read(&[&all], Capture::default()).map(|reply| (reply.text, reply.thinking, reply.stop));
        let by_bytes = read(&bytes, Capture::default()).map(|reply| (reply.text, reply.thinking, reply.stop));
        assert_eq!(at_once, by_bytes, "{shown}");
    }
}

#[test]
fn lines_that_come_together_are_counted_one_by_one() {
    let line = |piece: &str| format!("{{\"created_at\":\"t\",\"response\":\"{piece}\",\"done\":false}}\n");
    let text = [line("a"), line("b"), line("c"), "{\"done\":true}".to_owned()].concat();
    let capture = Capture {
        chunk_times: true,
        raw_body: false,
    };
    let reply = read(&[text.as_bytes()], capture).expect("an answer");
    assert_eq!((reply.text.as_str(), reply.timing.chunks.len()), ("abc", 3));
}
