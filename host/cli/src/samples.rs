//! Sample files: answers that somebody has collected, one JSON object a line.

use anyhow::{Context, Result, bail};
use flate2::bufread::MultiGzDecoder;
use koderz_loader::digest;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// The longest line. What a model writes to one question is some kilobytes.
const LONGEST: usize = 16 << 20;

/// The most that the answers of a file may come to, since they are held in memory.
const MOST: usize = 1 << 30;

/// What a gzip file begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Why a line is no answer that begins an array.
const ARRAY: &str = "it begins a JSON array";

/// Where in a line an answer may stand, the preferred one first.
const FIELDS: [&str; 2] = ["solution", "completion"];

/// A line that holds no sample, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadLine {
    pub(crate) number: u64,
    pub(crate) what: String,
}

/// What a file holds.
#[derive(Debug)]
pub(crate) struct Samples {
    /// The field in which its answers stand.
    pub(crate) field: &'static str,
    /// The answers to each task, in the file's order.
    pub(crate) answers: BTreeMap<String, Vec<String>>,
    pub(crate) bad: Vec<BadLine>,
    /// SHA-256 of the file, in hexadecimal.
    pub(crate) digest: String,
}

impl Samples {
    /// Reads a file whose tasks are among those that are known.
    pub(crate) fn read(path: &Path, known: &BTreeSet<String>) -> Result<Self> {
        let digest = digest(path)?;
        let mut samples = Samples {
            field: "",
            answers: BTreeMap::new(),
            bad: Vec::new(),
            digest,
        };
        let mut bytes = 0;
        for line in lines(path)? {
            let (number, line) = line?;
            match line.and_then(|line| samples.sample(line, known)) {
                Ok((task, answer)) => {
                    bytes += answer.len();
                    if bytes > MOST {
                        bail!(
                            "{}: the answers come to more than {} MiB, which is the most that is held in memory\nhint: \
                             split the file",
                            path.display(),
                            MOST >> 20
                        );
                    }
                    samples.answers.entry(task).or_default().push(answer);
                }
                Err(what) if what == ARRAY && samples.count() == 0 && samples.bad.is_empty() => bail!(
                    "{0} is a JSON array, and one JSON object a line is needed\nhint: jq -c '.[]' {0} >answers.jsonl \
                     makes such a file of it",
                    path.display()
                ),
                Err(what) => samples.bad.push(BadLine { number, what }),
            }
        }
        Ok(samples)
    }

    fn sample(&mut self, mut line: Map<String, Value>, known: &BTreeSet<String>) -> Result<(String, String), String> {
        let task = text(line.remove("task_id"), "task_id")?;
        if !known.contains(&task) {
            return Err(format!("the suite has no task `{task}`"));
        }
        if self.field.is_empty() {
            let there = FIELDS.into_iter().find(|field| line.contains_key(*field));
            self.field = there.ok_or("it has neither `completion` nor `solution`")?;
        }
        Ok((task, text(line.remove(self.field), self.field)?))
    }

    /// How many answers there are.
    pub(crate) fn count(&self) -> usize {
        self.answers.values().map(Vec::len).sum()
    }
}

fn text(value: Option<Value>, field: &str) -> Result<String, String> {
    match value {
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(format!("its `{field}` is no text")),
        None => Err(format!("it has no `{field}`")),
    }
}

/// A line with its number, counted from 1: an object, or why it is none.
type Numbered = (u64, Result<Map<String, Value>, String>);

/// The lines of a file that are not empty.
pub(crate) fn lines(path: &Path) -> Result<impl Iterator<Item = Result<Numbered>>> {
    let reading = || format!("read {}", path.display());
    let mut file = BufReader::new(File::open(path).with_context(reading)?);
    let zipped = file.fill_buf().with_context(reading)?.starts_with(&GZIP);
    let mut reader: Box<dyn BufRead> = match zipped {
        true => Box::new(BufReader::new(MultiGzDecoder::new(file))),
        false => Box::new(file),
    };
    let (mut number, mut over, path) = (0, false, path.to_owned());
    Ok(std::iter::from_fn(move || {
        while !over {
            number += 1;
            let line = match next(&mut *reader) {
                Ok(Some(line)) => line,
                Ok(None) => return None,
                Err(error) => {
                    over = true;
                    let error = anyhow::Error::from(error);
                    return Some(Err(error.context(format!("read {}, line {number}", path.display()))));
                }
            };
            let object = match line {
                Line::Whole(bytes) => match bytes.trim_ascii() {
                    b"" => continue,
                    bytes => object(bytes),
                },
                Line::TooLong => Err(format!("it is longer than {} MiB", LONGEST >> 20)),
            };
            return Some(Ok((number, object)));
        }
        None
    }))
}

fn object(bytes: &[u8]) -> Result<Map<String, Value>, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| format!("it is no UTF-8: {error}"))?;
    if text.starts_with('[') {
        return Err(ARRAY.to_owned());
    }
    serde_json::from_str(text).map_err(|error| format!("it is no JSON object: {error}"))
}

enum Line {
    Whole(Vec<u8>),
    TooLong,
}

/// The next line without its end, of which no more than is allowed is kept.
fn next(reader: &mut dyn BufRead) -> io::Result<Option<Line>> {
    let mut bytes = Vec::new();
    let read = reader.take(LONGEST as u64 + 1).read_until(b'\n', &mut bytes)?;
    if read == 0 {
        return Ok(None);
    }
    if bytes.ends_with(b"\n") || bytes.len() <= LONGEST {
        return Ok(Some(Line::Whole(bytes)));
    }
    // The rest of the line goes unread into nothing.
    loop {
        let buffer = reader.fill_buf()?;
        let (length, ends) = match buffer.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        reader.consume(length);
        if ends {
            return Ok(Some(Line::TooLong));
        }
    }
}

fn digest(path: &Path) -> Result<String> {
    let digest = File::open(path).and_then(|mut file| digest::of_all(&mut file));
    digest.with_context(|| format!("read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn read(content: &[u8]) -> Samples {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), content).expect("written");
        let known = ["t/1", "t/2"].map(str::to_owned).into();
        Samples::read(file.path(), &known).expect("it can be read")
    }

    fn bad(samples: &Samples) -> Vec<(u64, &str)> {
        samples.bad.iter().map(|bad| (bad.number, bad.what.as_str())).collect()
    }

    const GOOD: &str = "{\"task_id\":\"t/1\",\"completion\":\"a\"}\n\n{\"task_id\":\"t/1\",\"completion\":\"b\"}";

    #[test]
    fn answers_are_gathered_by_task_in_their_order_compressed_or_not() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(GOOD.as_bytes()).expect("compressed");
        for content in [GOOD.as_bytes().to_vec(), gzip.finish().expect("compressed")] {
            let samples = read(&content);
            assert_eq!(samples.field, "completion");
            assert_eq!(
                samples.answers,
                BTreeMap::from([("t/1".to_owned(), vec!["a".to_owned(), "b".to_owned()])])
            );
            assert!(samples.bad.is_empty());
        }
    }

    #[test]
    fn a_bad_line_is_told_with_its_number_and_the_others_are_kept() {
        let lines: [&[u8]; 8] = [
            b"{\"task_id\":\"t/1\",\"solution\":\"x\",\"completion\":\"y\"}",
            b"{\"task_id\":\"t/1\",\"solution\":",
            b"{\"task_id\":\"t/9\",\"solution\":\"x\"}",
            b"{\"solution\":\"x\"}",
            b"{\"task_id\":\"t/2\",\"completion\":\"x\"}",
            b"{\"task_id\":\"t/2\",\"solution\":7}",
            b"\xff\xfe",
            b"{\"task_id\":\"t/2\",\"solution\":\"z\"}",
        ];
        let samples = read(&lines.join(&b'\n'));
        assert_eq!(
            bad(&samples),
            [
                (2, "it is no JSON object: EOF while parsing a value at line 1 column 28"),
                (3, "the suite has no task `t/9`"),
                (4, "it has no `task_id`"),
                (5, "it has no `solution`"),
                (6, "its `solution` is no text"),
                (7, "it is no UTF-8: invalid utf-8 sequence of 1 bytes from index 0"),
            ]
        );
        assert_eq!((samples.field, samples.count()), ("solution", 2));
    }

    #[test]
    fn a_line_of_fifty_megabytes_is_passed_over() {
        let long = format!(
            "{{\"task_id\":\"t/1\",\"completion\":\"{}\"}}\n{GOOD}",
            "x".repeat(50 << 20)
        );
        let samples = read(long.as_bytes());
        assert_eq!(bad(&samples), [(1, "it is longer than 16 MiB")]);
        assert_eq!(samples.count(), 2);
    }
}
