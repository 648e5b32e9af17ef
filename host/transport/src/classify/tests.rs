//! Every failure that a server is known to have, in its own words: `tests/fixtures/said.jsonl`, a body a line.

use super::*;
use crate::blame::Blame;
use crate::ollama::Ollama;
use serde::Deserialize;

/// Details of the rows that know nothing of a text. A body that ends there has to say so.
const FALLBACKS: [&str; 3] = ["invalid-request", "http-5xx", "stream-error"];

/// A body and what is to be made of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    /// Recorded from a real server, or known from its source and its users.
    from: String,
    /// None is an error inside a 200.
    status: Option<u16>,
    #[serde(default = "queue")]
    phase: Phase,
    body: String,
    /// A kind of failure, or `refused`.
    kind: String,
    detail: String,
    blame: String,
    #[serde(default)]
    fallback: bool,
}

fn queue() -> Phase {
    Phase::Queue
}

impl Fixture {
    fn said(&self) -> Said<'_> {
        Said {
            status: self.status,
            text: &self.body,
            phase: self.phase,
            retry_after: None,
        }
    }
}

fn fixtures() -> Vec<Fixture> {
    let lines = include_str!("../../tests/fixtures/said.jsonl").lines();
    let read = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    lines.map(read).collect()
}

/// The name of a value in the fixtures.
fn named(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => name,
        other => panic!("no name: {other:?}"),
    }
}

fn blamed(blame: Blame) -> &'static str {
    match blame {
        Blame::Server => "server",
        Blame::Model => "model",
        Blame::Nobody => "nobody",
    }
}

#[test]
fn every_body_that_is_known_is_understood() {
    for fixture in fixtures() {
        let (kind, detail, blame) = match said(fixture.said()) {
            AttemptError::Refused(refusal) => {
                let blame = Ollama::blame_of_refusal(&refusal);
                ("refused".to_owned(), refusal.detail, blame)
            }
            AttemptError::Failed(failure) => {
                let blame = Ollama::blame(&failure);
                (named(failure.kind), failure.detail, blame)
            }
        };
        assert_eq!(
            (kind.as_str(), detail.as_str(), blamed(blame)),
            (fixture.kind.as_str(), fixture.detail.as_str(), fixture.blame.as_str()),
            "{}: {:?} {}",
            fixture.from,
            fixture.status,
            fixture.body
        );
    }
}

#[test]
fn no_known_body_ends_where_unknown_ones_do_unless_it_is_meant_to() {
    for fixture in fixtures() {
        let fell = FALLBACKS.contains(&fixture.detail.as_str());
        assert_eq!(fell, fixture.fallback, "{}: {}", fixture.from, fixture.body);
    }
}

#[test]
fn every_row_and_every_text_of_it_decides_about_a_known_body() {
    let fixtures = fixtures();
    for known in SAID {
        let decided: Vec<String> = fixtures
            .iter()
            .map(|fixture| (innermost(&fixture.body), fixture))
            .filter(|(text, fixture)| std::ptr::eq(row(text, fixture.status, fixture.phase), known))
            .map(|(text, _)| text.to_lowercase())
            .collect();
        assert!(!decided.is_empty(), "{:?}", known.3);
        // What a runner says of memory is the same before the first token and after it.
        if known.1 == When::Before {
            continue;
        }
        if let Class::Failed(FailureKind::Crashed, "out-of-memory") = known.3 {
            continue;
        }
        for text in known.2 {
            assert!(decided.iter().any(|said| said.contains(text)), "{text}");
        }
    }
}

#[test]
fn a_model_that_is_not_ready_is_said_to_be_loading() {
    let words = Said {
        status: Some(500),
        text: "unexpected server status: llm server loading model",
        phase: Phase::Queue,
        retry_after: Some(Duration::from_secs(2)),
    };
    let AttemptError::Failed(failure) = said(words) else {
        panic!("a load under way is worth waiting for");
    };
    assert_eq!(
        (failure.phase, failure.status, failure.retry_after),
        (Phase::Load, Some(500), Some(Duration::from_secs(2)))
    );
}

#[test]
fn a_message_holds_the_innermost_words_alone() {
    let text = r#"{"error":"{\"error\":{\"code\":400,\"message\":\"request exceeds the available context size\"}}"}"#;
    let words = Said {
        status: Some(400),
        text,
        phase: Phase::Queue,
        retry_after: None,
    };
    let AttemptError::Refused(refusal) = said(words) else {
        panic!("a prompt that is too long stays too long");
    };
    assert_eq!(refusal.message, "request exceeds the available context size");
    let secret = r#"{"error":"unauthorized","signin_url":"https://example.org/connect?key=secret"}"#;
    let words = Said {
        status: Some(401),
        text: secret,
        ..words
    };
    assert!(!format!("{:?}", said(words)).contains("secret"));
}

#[test]
fn a_long_text_is_cut_and_stays_on_one_line() {
    let words = Said {
        status: Some(500),
        text: &"many\nwords ".repeat(100),
        phase: Phase::Queue,
        retry_after: None,
    };
    let AttemptError::Failed(failure) = said(words) else {
        panic!("a server's error is for a policy to decide");
    };
    assert!(failure.message.chars().count() <= KEPT + 1 && !failure.message.contains('\n'));
}

#[test]
fn retry_after_is_read_in_both_its_forms() {
    let now = SystemTime::UNIX_EPOCH;
    let seconds = |value, date| retry_after(value, date, now).map(|wait| wait.as_secs());
    let date = "Tue, 24 Nov 2026 07:00:00 GMT";
    let later = "Tue, 24 Nov 2026 07:01:30 GMT";
    assert_eq!(seconds(" 120 ", None), Some(120));
    assert_eq!(seconds(later, Some(date)), Some(90));
    assert_eq!(seconds(date, Some(later)), Some(0));
    assert_eq!(seconds("Thu, 01 Jan 1970 00:00:07 GMT", None), Some(7));
    for value in ["", "soon", "-1", "1.5"] {
        assert_eq!(seconds(value, None), None, "{value}");
    }
}

#[test]
fn the_reference_shows_every_row_of_the_table_and_its_version() {
    let page = include_str!("../../../../docs/reference/transport.md");
    let shows = |class, blame| {
        let (Class::Refused(detail) | Class::Failed(_, detail)) = class;
        let end = format!("`{detail}` | {} |", blamed(blame));
        assert!(page.contains(&end), "{end}");
    };
    for row in SAID {
        shows(row.3, row.4);
        for text in row.2 {
            assert!(page.contains(&format!("`{text}`")), "{text}");
        }
    }
    for sight in Sight::ALL {
        let (class, blame) = sight.meaning();
        shows(class, blame);
    }
    assert!(page.contains(&format!("version {} of the table", crate::table::VERSION)));
}
