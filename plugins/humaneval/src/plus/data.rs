//! The data as EvalPlus hands it out: a JSON object a line, compressed by gzip or not.
//!
//! It is read from its beginning, a line at a time, and of the problems only those of one page are held.

use super::packed::pack;
use super::{GRANT, Inputs};
use crate::problem::{Check, Problem};
use flate2::bufread::MultiGzDecoder;
use koderz_plugin::data::Blob;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};

/// What a file begins with that is compressed by gzip (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The longest line in bytes. The longest of EvalPlus has 200,000.
const LONGEST: u64 = 16 << 20;

/// The most that the inputs of a problem may have when they are packed, in characters. They stand in every record of the
/// problem; EvalPlus's have at most 16,000.
const MOST: usize = 1 << 20;

/// A line. Its inputs stay text: what JSON calls a number may be larger than any here.
#[derive(Deserialize)]
struct Line<'l> {
    task_id: String,
    prompt: String,
    entry_point: String,
    canonical_solution: String,
    contract: String,
    atol: f64,
    #[serde(borrow)]
    base_input: &'l RawValue,
    #[serde(borrow)]
    plus_input: &'l RawValue,
}

/// Problems by their tasks' ids, and whether more follow.
pub(crate) type Page = (Vec<(String, Problem)>, bool);

/// The problems from a place on, no more than so many.
///
/// # Errors
/// Which line is none of such a file, and why.
pub(crate) fn page(start: usize, most: usize) -> Result<Page, String> {
    let (mut page, mut ids) = (Vec::new(), BTreeSet::new());
    let mut lines = Lines::open()?;
    while let Some((number, line)) = lines.next()? {
        if page.len() == most {
            return Ok((page, true));
        }
        let read: Line<'_> = serde_json::from_slice(line).map_err(|error| wrong(number, error))?;
        if !ids.insert(read.task_id.clone()) {
            return Err(wrong(number, format!("{} is there twice", read.task_id)));
        }
        // Those before the page are only looked at.
        if ids.len() > start {
            page.push(problem(read).map_err(|what| wrong(number, what))?);
        }
    }
    Ok((page, false))
}

/// How many problems there are; none where that cannot be said.
pub(crate) fn count() -> Option<u64> {
    let mut lines = Lines::open().ok()?;
    let mut count = 0;
    while lines.next().ok()?.is_some() {
        count += 1;
    }
    Some(count)
}

fn problem(line: Line<'_>) -> Result<(String, Problem), String> {
    if !(0.0..=1.0).contains(&line.atol) {
        return Err(format!("its `atol` is {}", line.atol));
    }
    let inputs = Inputs {
        reference: line.canonical_solution,
        contract: line.contract,
        tolerance: line.atol,
        base: pack(line.base_input.get()),
        plus: pack(line.plus_input.get()),
    };
    if inputs.base.len() + inputs.plus.len() > MOST {
        return Err(format!(
            "its inputs are more than {MOST} characters when they are packed"
        ));
    }
    let problem = Problem {
        prompt: line.prompt,
        entry_point: line.entry_point,
        check: Check::Inputs(inputs),
    };
    Ok((line.task_id, problem))
}

/// The lines of the data that are not empty.
struct Lines {
    reader: Box<dyn BufRead>,
    line: Vec<u8>,
    number: u64,
}

impl Lines {
    fn open() -> Result<Self, String> {
        let failed = |error: &dyn std::fmt::Display| format!("the data granted as `{GRANT}`: {error}");
        let blob = Blob::open(GRANT).map_err(|error| failed(&error))?;
        let mut bytes = BufReader::with_capacity(64 << 10, blob.reader());
        let begins = bytes.fill_buf().map_err(|error| failed(&error))?;
        let reader: Box<dyn BufRead> = if begins.starts_with(&GZIP) {
            Box::new(BufReader::with_capacity(64 << 10, MultiGzDecoder::new(bytes)))
        } else {
            Box::new(bytes)
        };
        Ok(Lines {
            reader,
            line: Vec::new(),
            number: 0,
        })
    }

    /// The next line, and its number.
    fn next(&mut self) -> Result<Option<(u64, &[u8])>, String> {
        loop {
            self.line.clear();
            self.number += 1;
            let read = (&mut self.reader).take(LONGEST).read_until(b'\n', &mut self.line);
            match read {
                Err(error) => return Err(wrong(self.number, error)),
                Ok(0) => return Ok(None),
                Ok(read) if read as u64 == LONGEST => {
                    return Err(wrong(self.number, format!("it is longer than {LONGEST} bytes")));
                }
                Ok(_) if self.line.trim_ascii().is_empty() => {}
                Ok(_) => return Ok(Some((self.number, &self.line))),
            }
        }
    }
}

fn wrong(number: u64, what: impl std::fmt::Display) -> String {
    format!("line {number} of the data granted as `{GRANT}`: {what}")
}
