//! Cassettes: files of recorded answers, one to a line.

use crate::name;
use crate::question::{Message, Question};
use crate::reply::{MOST_TOKENS, Reply, Tail};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The longest file. The answers of a small model to a thousand questions take two megabytes.
const FILE: u64 = 256 << 20;

/// Recorded answers of one or more models.
#[derive(Clone, Debug)]
pub struct Cassette {
    pub(crate) lines: Vec<Line>,
    models: BTreeMap<String, String>,
}

/// One recorded answer.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// The model's name with its tag.
    pub(crate) model: String,
    pub(crate) question: Question,
    /// What the answer was drawn with; none where it is for any.
    pub(crate) seed: Option<u64>,
    pub(crate) reply: Reply,
    /// SHA-256 of the line.
    pub(crate) digest: [u8; 32],
    pub(crate) bytes: u64,
}

/// Why a file is no cassette.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CassetteError {
    /// The file cannot be read.
    #[error("read cassette {name}")]
    Unreadable {
        /// The file.
        name: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The file is longer than a cassette may be.
    #[error("cassette {name}: longer than {} MiB", FILE >> 20)]
    TooLong {
        /// The file.
        name: String,
    },
    /// The file has no line.
    #[error("cassette {name}: no answer in it")]
    Empty {
        /// The file.
        name: String,
    },
    /// A line is no recorded answer.
    #[error("cassette {name}, line {line}: {what}")]
    Line {
        /// The file.
        name: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
}

#[derive(Deserialize)]
struct Written {
    model: String,
    prompt: Option<String>,
    messages: Option<Vec<Message>>,
    seed: Option<u64>,
    reply: WrittenReply,
}

#[derive(Deserialize)]
struct WrittenReply {
    response: String,
    #[serde(default)]
    thinking: String,
    done: bool,
    #[serde(flatten)]
    tail: Tail,
}

impl Cassette {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read, is longer than 256 MiB, or is no cassette; the error names the line.
    pub fn read(path: &Path) -> Result<Self, CassetteError> {
        let name = path.display().to_string();
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| file.take(FILE + 1).read_to_end(&mut bytes));
        match read {
            Err(source) => Err(CassetteError::Unreadable { name, source }),
            Ok(_) if bytes.len() as u64 > FILE => Err(CassetteError::TooLong { name }),
            Ok(_) => match std::str::from_utf8(&bytes) {
                Ok(text) => Self::parse(&name, text),
                Err(error) => {
                    let before = &bytes[..error.valid_up_to()];
                    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
                    let what = "not UTF-8".to_owned();
                    Err(CassetteError::Line { name, line, what })
                }
            },
        }
    }

    /// Reads a text, which errors call `name`.
    ///
    /// # Errors
    /// If it is longer than 256 MiB or no cassette; the error names the line.
    pub fn parse(name: &str, text: &str) -> Result<Self, CassetteError> {
        if text.len() as u64 > FILE {
            return Err(CassetteError::TooLong { name: name.to_owned() });
        }
        let mut lines = Vec::new();
        for (index, text) in text.lines().enumerate() {
            if text.trim().is_empty() {
                continue;
            }
            lines.push(line(text).map_err(|what| CassetteError::Line {
                name: name.to_owned(),
                line: index + 1,
                what,
            })?);
        }
        if lines.is_empty() {
            return Err(CassetteError::Empty { name: name.to_owned() });
        }
        let mut models = BTreeMap::new();
        for line in &lines {
            models
                .entry(name::key(&line.model))
                .or_insert_with(|| line.model.clone());
        }
        Ok(Cassette { lines, models })
    }

    /// The models that have answers in it, with their tags.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        self.models.values().map(String::as_str)
    }

    /// How many answers are in it.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether it has no answer, which no cassette that could be read has.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

/// Reads a line, or says what is wrong with it.
fn line(text: &str) -> Result<Line, String> {
    let written: Written = serde_json::from_str(text).map_err(|error| {
        // A line is all that the parser sees, so its own "line 1" would mislead.
        let (words, column) = (error.to_string(), error.column());
        match words.split_once(" at line ") {
            Some((words, _)) if column > 0 => format!("{words} at column {column}"),
            _ => words,
        }
    })?;
    if !name::is_valid(&written.model) {
        return Err(format!("{:?} is no name of a model", written.model));
    }
    let question = match (written.prompt, written.messages) {
        (Some(prompt), None) => Question::Prompt(prompt),
        (None, Some(messages)) => Question::Messages(messages),
        (Some(_), Some(_)) => return Err("both prompt and messages".to_owned()),
        (None, None) => return Err("neither prompt nor messages".to_owned()),
    };
    if question.is_empty() {
        return Err("an empty question asks for nothing but to load the model".to_owned());
    }
    let WrittenReply {
        response,
        thinking,
        done,
        tail,
    } = written.reply;
    if tail.eval_count.is_some_and(|count| count > MOST_TOKENS) {
        return Err(format!("eval_count is above {MOST_TOKENS}"));
    }
    let tail = done.then(|| match tail.done_reason.as_str() {
        "" => Tail {
            done_reason: "stop".to_owned(),
            ..tail
        },
        _ => tail,
    });
    Ok(Line {
        model: name::tagged(&written.model),
        question,
        seed: written.seed,
        reply: Reply::new(thinking, response, tail),
        digest: Sha256::digest(text.as_bytes()).into(),
        bytes: text.len() as u64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"model":"m","prompt":"p","reply":{"response":"r","done":true}}"#;

    #[test]
    fn a_bad_line_is_named_and_what_is_wrong_with_it() {
        for (bad, words) in [
            ("{", "EOF while parsing an object at column 1"),
            (r#"{"model":"m","prompt":"p"}"#, "missing field `reply`"),
            (
                r#"{"model":"m","prompt":"p","reply":{"response":"r"}}"#,
                "missing field `done`",
            ),
            (
                r#"{"model":"m","reply":{"response":"r","done":true}}"#,
                "neither prompt nor messages",
            ),
            (
                r#"{"model":"m","prompt":"p","messages":[],"reply":{"response":"r","done":true}}"#,
                "both prompt and messages",
            ),
            (
                r#"{"model":"m","prompt":"","reply":{"response":"r","done":true}}"#,
                "an empty question",
            ),
            (
                r#"{"model":"a b","prompt":"p","reply":{"response":"r","done":true}}"#,
                r#""a b" is no name of a model"#,
            ),
            (
                r#"{"model":"m","prompt":"p","reply":{"response":"r","done":true,"eval_count":99999999}}"#,
                "eval_count is above",
            ),
        ] {
            let error = Cassette::parse("some.jsonl", &format!("{GOOD}\n\n{bad}\n")).expect_err("a bad line");
            let said = error.to_string();
            assert!(said.starts_with("cassette some.jsonl, line 3: "), "{said}");
            assert!(said.contains(words), "{said}");
        }
    }

    #[test]
    fn a_file_without_lines_is_no_cassette() {
        let error = Cassette::parse("none", "\n \n").expect_err("no answer");
        assert_eq!(error.to_string(), "cassette none: no answer in it");
    }

    #[test]
    fn a_file_that_is_not_there_or_not_text_says_so() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("c.jsonl");
        let missing = Cassette::read(&path).expect_err("no file").to_string();
        assert_eq!(missing, format!("read cassette {}", path.display()));
        std::fs::write(&path, [GOOD.as_bytes(), b"\n\xff"].concat()).expect("a file");
        let said = Cassette::read(&path).expect_err("no text").to_string();
        assert_eq!(said, format!("cassette {}, line 2: not UTF-8", path.display()));
    }

    #[test]
    fn models_are_listed_once_with_their_tags() {
        let other = GOOD.replace(r#""m""#, r#""n:7b""#);
        let again = GOOD.replace(r#""m""#, r#""M:latest""#);
        let cassette = Cassette::parse("c", &[GOOD, &other, &again].join("\n")).expect("a cassette");
        assert_eq!(cassette.models().collect::<Vec<_>>(), ["m:latest", "n:7b"]);
        assert_eq!(cassette.len(), 3);
    }
}
