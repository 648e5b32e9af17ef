//! Attempts that bring an answer.

use crate::scripted::{Act, DONE, Event, Scripted, chunk, completion, end, piece, question, streaming, whole};
use koderz_api::chat::{Capture, Message, Prompt, Role, StopReason};
use koderz_core::ports::Model;
use serde_json::json;

fn answer() -> Vec<Act> {
    vec![
        streaming(),
        chunk(&piece(" seven")),
        chunk(&piece(" eight")),
        chunk(DONE),
        end(),
    ]
}

#[tokio::test]
async fn a_completion_is_streamed_past_the_template_and_gathered() {
    let server = Scripted::new(vec![answer()]).await;
    let reply = server.client().attempt(&completion()).await.expect("an answer");
    assert_eq!(
        (reply.text.as_str(), reply.stop),
        (" seven eight", StopReason::Finished)
    );
    assert_eq!(
        (reply.usage.input_tokens, reply.usage.output_tokens),
        (Some(3), Some(2))
    );
    let asked = server.asked();
    assert_eq!((asked.len(), asked[0].line.as_str()), (1, "POST /api/generate"));
    let body = json!({
        "model": "m", "prompt": "one two", "raw": true, "stream": true, "options": {"num_ctx": 2048},
    });
    assert_eq!(asked[0].body, body);
}

#[tokio::test]
async fn a_conversation_is_asked_as_a_chat() {
    let line = |rest: &str| format!("{{\"message\":{{\"role\":\"assistant\",\"content\":\"hi\"}},{rest}}}\n");
    let script = vec![
        streaming(),
        chunk(&line(r#""done":false"#)),
        chunk(&line(r#""done":true,"done_reason":"length""#)),
        end(),
    ];
    let server = Scripted::new(vec![script]).await;
    let message = Message {
        role: Role::User,
        content: "hello".to_owned(),
    };
    let asked = question(Prompt::Chat(vec![message]));
    let reply = server.client().attempt(&asked).await.expect("an answer");
    assert_eq!((reply.text.as_str(), reply.stop), ("hihi", StopReason::Length));
    let asked = &server.asked()[0];
    assert_eq!(asked.line, "POST /api/chat");
    assert_eq!(asked.body["messages"], json!([{"role": "user", "content": "hello"}]));
}

#[tokio::test]
async fn lines_may_be_cut_between_reads_and_come_together_in_one() {
    let text = format!("{}{}{DONE}", piece("pâ"), piece("té"));
    let together = vec![streaming(), chunk(&text), end()];
    let mut apart = vec![streaming()];
    for byte in text.bytes() {
        apart.push(Act::Write([b"1\r\n".as_slice(), &[byte], b"\r\n"].concat()));
    }
    apart.push(end());
    for script in [together, apart, whole(200, "", &text)] {
        let server = Scripted::new(vec![script]).await;
        let reply = server.client().attempt(&completion()).await.expect("an answer");
        assert_eq!(reply.text, "pâté");
    }
}

#[tokio::test]
async fn stamps_follow_each_other() {
    let server = Scripted::new(vec![answer()]).await;
    let mut question = completion();
    question.request.capture = Capture {
        chunk_times: true,
        raw_body: true,
    };
    let reply = server.client().attempt(&question).await.expect("an answer");
    let timing = reply.timing;
    let first = timing.first_token.expect("a first token");
    let last = timing.last_token.expect("a last token");
    assert_eq!(timing.first_answer_token, Some(first), "nothing was thought");
    assert!(!first.is_zero() && first <= last && last <= timing.total);
    assert_eq!(
        (timing.chunks.first(), timing.chunks.last()),
        (Some(&first), Some(&last))
    );
    assert!(timing.chunks.is_sorted());
    assert_eq!(reply.raw.as_deref(), Some(DONE.trim_end()));
}

#[tokio::test]
async fn an_answer_is_whole_once_it_is_done_however_the_connection_ends() {
    let before = [streaming(), chunk(&piece("seven")), chunk(DONE)];
    for last in [Act::Close, Act::Hold] {
        let script = before.iter().cloned().chain([last]).collect();
        let server = Scripted::new(vec![script]).await;
        let reply = server.client().attempt(&completion()).await.expect("an answer");
        assert_eq!(reply.text, "seven");
    }
}

#[tokio::test]
async fn a_connection_is_used_again_for_the_next_question() {
    let server = Scripted::new(vec![answer()]).await;
    let client = server.client();
    for _ in 0..3 {
        client.attempt(&completion()).await.expect("an answer");
    }
    assert_eq!((server.asked().len(), server.connections()), (3, 1));
}

#[tokio::test]
async fn dropping_an_attempt_closes_its_connection() {
    let waiting = vec![Act::Hold];
    let answering = vec![streaming(), chunk(&piece("seven")), Act::Hold];
    for script in [waiting, answering] {
        let mut server = Scripted::new(vec![script]).await;
        let client = server.client();
        let attempt = tokio::spawn(async move { client.attempt(&completion()).await });
        server.saw(Event::Asked).await;
        attempt.abort();
        assert!(attempt.await.expect_err("dropped").is_cancelled());
        server.saw(Event::Gone).await;
    }
}
