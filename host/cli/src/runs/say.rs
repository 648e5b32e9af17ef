//! `koderz runs tag` and `koderz runs note`: what the user says of a run.

use crate::arguments::{Note, TagRun};
use crate::places::Places;
use crate::recorded;
use crate::{Outcome, print};
use anyhow::{Result, bail};
use koderz_record::{Record, RunId, Tag};

/// The longest note, in bytes: a paragraph.
const LONGEST: usize = 4096;

pub(super) fn tag(arguments: &TagRun, places: &Places) -> Result<Outcome> {
    let record = recorded::open(places)?;
    let run = record.find(&arguments.run)?;
    record.tag(&run, &arguments.tags, &arguments.remove)?;
    print(&said(&record, &run)?)?;
    Ok(Outcome::Done)
}

pub(super) fn note(arguments: &Note, places: &Places) -> Result<Outcome> {
    let record = recorded::open(places)?;
    let run = record.find(&arguments.run)?;
    if let Some(text) = &arguments.text {
        let text = text.trim();
        if text.len() > LONGEST {
            bail!("the note has {} bytes; {LONGEST} are the most", text.len());
        }
        record.annotate(&run, text)?;
    }
    print(&said(&record, &run)?)?;
    Ok(Outcome::Done)
}

/// What the user has said of a run, in lines; none where that is nothing.
pub(super) fn said(record: &Record, run: &RunId) -> Result<String> {
    let tags = record.tags(run)?;
    let tags: Vec<&str> = tags.iter().map(Tag::as_str).collect();
    Ok(koderz_report::said(&tags, record.note(run)?.as_deref()))
}
