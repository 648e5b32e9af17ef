//! Prompts of the user's own, which are granted as `prompts`: one a line, or an object of JSON a line.
//!
//! They are read where tasks are planned and nowhere else. A task carries its prompt, so no step of a trial waits for the
//! file, and a record is enough to go on from.

use crate::settings::Test;
use crate::work::Prompt;
use koderz_plugin::data::{Blob, DataError};
use koderz_plugin::prelude::*;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};

/// What they are granted as.
pub(crate) const GRANT: &str = "prompts";

/// The longest line, all of them together, and how many there may be.
const LONGEST: usize = 1 << 20;
const MOST_BYTES: usize = 16 << 20;
const MOST: usize = 10_000;

/// The most that the questions of a stage may have together, in bytes: they are all planned before the first is asked.
const MOST_PLANNED: usize = 64 << 20;

/// The longest name of a prompt, in bytes.
const LONGEST_ID: usize = 200;

/// Bytes that a token has at least, in the mean over a prompt: of English there are four or five, of Chinese three.
const BYTES: usize = 3;

/// The prompts; at least one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Given(Vec<Own>);

/// A prompt.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Own {
    pub(crate) id: String,
    pub(crate) text: String,
    /// The longest answer in tokens, where it has one of its own.
    pub(crate) write: Option<u32>,
    /// Where it stands, counted from 1.
    line: usize,
}

/// A line of JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    prompt: String,
    id: Option<Id>,
    // As vLLM has it.
    #[serde(alias = "output_tokens")]
    num_predict: Option<u32>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "an `id` is a text or a whole number")]
enum Id {
    Text(String),
    Number(i64),
}

/// Whether there are any.
///
/// # Errors
/// If there are and they cannot be had.
pub(crate) fn is_granted() -> Result<bool, String> {
    match Blob::open(GRANT) {
        Ok(_) => Ok(true),
        Err(DataError::NotGranted) => Ok(false),
        Err(error) => Err(format!("the data granted as `{GRANT}`: {error}")),
    }
}

impl Given {
    /// Those that are granted, each of which fits into the context window with its answer, as far as that can be told.
    ///
    /// # Errors
    /// Which line is none, and why.
    pub(crate) fn open(test: &Test) -> Result<Self, String> {
        let blob = Blob::open(GRANT).map_err(|error| format!("the data granted as `{GRANT}`: {error}"))?;
        let given = Given::read(blob.reader())?;
        given.fit(test)?;
        Ok(given)
    }

    fn read(file: impl Read) -> Result<Self, String> {
        let (mut file, mut bytes) = (BufReader::new(file), 0);
        let mut given: Vec<Own> = Vec::new();
        let mut ids = BTreeSet::new();
        let mut is_json = None;
        for number in 1.. {
            let mut line = Vec::new();
            let read = (&mut file).take(LONGEST as u64 + 1).read_until(b'\n', &mut line);
            let read = read.map_err(|error| wrong(number, error))?;
            if read == 0 {
                break;
            }
            bytes += read;
            if read > LONGEST {
                return Err(wrong(number, format!("it is longer than {LONGEST} bytes")));
            }
            if bytes > MOST_BYTES {
                return Err(wrong(
                    number,
                    format!("the lines up to here have more than {MOST_BYTES} bytes"),
                ));
            }
            let line = std::str::from_utf8(&line).map_err(|_| wrong(number, "it is no UTF-8"))?;
            // Some editors begin a file with a mark.
            let line = line.trim_start_matches('\u{feff}').trim();
            if line.is_empty() {
                continue;
            }
            if given.len() == MOST {
                return Err(wrong(number, format!("there are more than {MOST} prompts")));
            }
            let own = match *is_json.get_or_insert(line.starts_with('{')) {
                true => in_json(number, line),
                false if given.is_empty() && (line == "[" || line.starts_with("[{") || line.starts_with("[\"")) => {
                    Err(wrong(
                        number,
                        "a list in JSON begins there; an object a line is what can be read",
                    ))
                }
                false => Ok(Own {
                    id: called(number),
                    text: line.to_owned(),
                    write: None,
                    line: number,
                }),
            }?;
            if !ids.insert(own.id.clone()) {
                return Err(wrong(number, format!("the id `{}` is there twice", own.id)));
            }
            given.push(own);
        }
        match given.is_empty() {
            true => Err(format!(
                "the data granted as `{GRANT}` is empty: no line of it is a prompt"
            )),
            false => Ok(Given(given)),
        }
    }

    /// Sees that each fits. A word is one token or more, so what does not fit by its words does not fit.
    fn fit(&self, test: &Test) -> Result<(), String> {
        let (context, most) = (test.context_tokens as usize, test.max_output_tokens);
        let too_long = self.0.iter().find_map(|own| {
            let (words, write) = (own.text.split_whitespace().count(), own.write.unwrap_or(most));
            (words + write as usize > context).then(|| {
                wrong(
                    own.line,
                    format!(
                        "{words} tokens or more to read and {write} to write do not fit into a context window of {context}; a \
                         larger --num-ctx does, or a smaller num_predict"
                    ),
                )
            })
        });
        match too_long {
            Some(wrong) if context > 0 => Err(wrong),
            _ => Ok(()),
        }
    }

    /// All, in the order of the file.
    pub(crate) fn all(&self) -> &[Own] {
        &self.0
    }

    /// One after the other, and from the first again.
    pub(crate) fn turn(&self, number: usize) -> &Own {
        &self.0[number % self.0.len()]
    }

    /// So many of their words, from the beginning of one on, and from the first again.
    pub(crate) fn words(&self, words: u32, from: usize) -> String {
        let from = self.0.iter().cycle().skip(from % self.0.len());
        let all = from.flat_map(|own| own.text.split_whitespace());
        all.take(words as usize).collect::<Vec<_>>().join(" ")
    }

    /// Tokens that the longest of them takes with its answer, at a guess that is rather too high.
    pub(crate) fn longest(&self, test: &Test) -> u32 {
        let longest = self.0.iter().map(|own| {
            let read = u32::try_from(own.text.len() / BYTES).unwrap_or(u32::MAX);
            read.saturating_add(own.write.unwrap_or(test.max_output_tokens))
        });
        longest.max().unwrap_or(0)
    }
}

/// Sees that so much can be planned at once.
///
/// # Errors
/// If not, in words for the user.
pub(crate) fn can_be_planned(tasks: &[Task]) -> Result<(), String> {
    let bytes: usize = tasks.iter().map(|task| task.input.len()).sum();
    match bytes > MOST_PLANNED {
        true => Err(format!(
            "{} questions of this length are more than {} MiB together; fewer or shorter ones can be asked",
            tasks.len(),
            MOST_PLANNED >> 20
        )),
        false => Ok(()),
    }
}

/// A text as it is said: as it is, or after a number that no server has read before.
pub(crate) fn said(text: String, test: &Test) -> Prompt {
    match test.verbatim {
        true => Prompt::Verbatim(text),
        false => Prompt::Said(text),
    }
}

fn in_json(number: usize, line: &str) -> Result<Own, String> {
    let read: Line = serde_json::from_str(line).map_err(|error| {
        let (words, column) = (error.to_string(), error.column());
        let words = words.split(" at line ").next().unwrap_or_default();
        let place = if column > 0 {
            format!(" in column {column}")
        } else {
            String::new()
        };
        wrong(number, format!("{words}{place}"))
    })?;
    let id = match read.id {
        None => called(number),
        Some(Id::Text(text)) => text,
        Some(Id::Number(number)) => number.to_string(),
    };
    if read.prompt.trim().is_empty() {
        return Err(wrong(number, "its `prompt` is empty"));
    }
    if id.is_empty() || id.len() > LONGEST_ID || id.chars().any(char::is_control) {
        return Err(wrong(number, format!("its `id` is no line of 1 to {LONGEST_ID} bytes")));
    }
    if [crate::LOAD, crate::WARM_UP].contains(&id.split('/').next().unwrap_or_default()) {
        return Err(wrong(number, format!("the id `{id}` is one of this suite's own")));
    }
    if read.num_predict.is_some_and(|tokens| tokens < 2) {
        return Err(wrong(
            number,
            "its `num_predict` is less than 2: a rate needs a step from one token to the next",
        ));
    }
    Ok(Own {
        id,
        text: read.prompt,
        write: read.num_predict,
        line: number,
    })
}

/// A prompt that has no name is called by its line.
fn called(number: usize) -> String {
    format!("line-{number}")
}

fn wrong(number: usize, what: impl std::fmt::Display) -> String {
    format!("line {number} of the data granted as `{GRANT}`: {what}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn read(text: &str) -> Result<Given, String> {
        Given::read(text.as_bytes())
    }

    fn said(text: &str) -> String {
        read(text).expect_err(text)
    }

    fn test(settings: &str) -> Test {
        Test::of(serde_json::from_str::<Settings>(settings).expect("settings")).expect("a test")
    }

    #[test]
    fn a_line_of_text_is_a_prompt_and_is_called_by_its_number() {
        let given = read("\u{feff}Say hello.\r\n\r\n  Count to {three}.\n").expect("prompts");
        let all: Vec<(&str, &str)> = given.all().iter().map(|own| (&*own.id, &*own.text)).collect();
        assert_eq!(all, [("line-1", "Say hello."), ("line-3", "Count to {three}.")]);
        assert_eq!(given.turn(3).id, "line-3", "and from the first again");
    }

    #[test]
    fn a_line_of_json_may_have_a_name_and_a_longest_answer() {
        let lines = r#"
            {"prompt": "two\nlines", "id": "greeting", "num_predict": 16}
            {"prompt": "more", "id": 7, "output_tokens": 32}
            {"prompt": "most"}
        "#;
        let given = read(lines).expect("prompts");
        let all = given.all().iter().map(|own| (&*own.id, own.write));
        let expected = [("greeting", Some(16)), ("7", Some(32)), ("line-4", None)];
        assert_eq!(all.collect::<Vec<_>>(), expected);
        assert_eq!(given.turn(0).text, "two\nlines");
    }

    #[test]
    fn what_is_no_prompt_is_refused_with_its_line_and_why() {
        assert!(said("\n \n").contains("is empty"));
        let good = r#"{"prompt": "a", "id": "a"}"#;
        for (line, told) in [
            (r#"{"prompt": "b""#, "EOF"),
            (r#"{"prompt": "b", "promt": "c"}"#, "unknown field `promt`, expected"),
            (r#"{"id": "b"}"#, "missing field `prompt`"),
            (r#"{"prompt": 1}"#, "expected a string"),
            (r#"{"prompt": " "}"#, "`prompt` is empty"),
            (r#"{"prompt": "b", "id": "a"}"#, "`a` is there twice"),
            (r#"{"prompt": "b", "id": 1.5}"#, "text or a whole number"),
            (r#"{"prompt": "b", "id": "warm-up"}"#, "one of this suite's own"),
            (r#"{"prompt": "b", "num_predict": 1}"#, "less than 2"),
            (r#"{"prompt": "b", "num_predict": -1}"#, "invalid value"),
            ("plain text", "expected value"),
        ] {
            let said = said(&format!("{good}\n\n{line}\n"));
            assert!(said.starts_with("line 3 of the data granted as `prompts`: "), "{said}");
            assert!(said.contains(told), "{line}: {said}");
        }
        assert!(said("[\n{\"prompt\": \"a\"}\n]").contains("line 1 of the data granted as `prompts`: a list in JSON"));
        let binary = Given::read(&b"text\n\xff\n"[..]).expect_err("it is no text");
        assert!(binary.contains("line 2") && binary.contains("UTF-8"), "{binary}");
        let long = said(&"a".repeat(LONGEST + 1));
        assert!(long.contains("line 1") && long.contains("longer than"), "{long}");
    }

    #[test]
    fn a_prompt_that_does_not_fit_into_the_context_window_is_refused_with_its_line() {
        let given = read("short\none two three four five\n").expect("prompts");
        let fit = |context| {
            given.fit(&test(&format!(
                r#"{{"max-output-tokens": 8, "context-tokens": {context}}}"#
            )))
        };
        assert_eq!(fit(0), Ok(()), "nobody knows");
        assert_eq!(fit(13), Ok(()));
        let said = fit(12).expect_err("it does not fit");
        assert!(
            said.starts_with("line 2 of ") && said.contains("5 tokens or more"),
            "{said}"
        );
    }

    #[test]
    fn words_are_taken_from_one_prompt_after_the_other() {
        let given = read("a b\nc d e\n").expect("prompts");
        assert_eq!(given.words(4, 0), "a b c d");
        assert_eq!(given.words(7, 3), "c d e a b c d");
    }
}
