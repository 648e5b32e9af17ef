//! `koderz export`: a run is written in a format of others.

use crate::arguments::{Export, Format};
use crate::destination::{Destination, Readers};
use crate::places::Places;
use crate::recorded::{self, Recorded};
use crate::{Outcome, cassette, print};
use anyhow::Result;
use koderz_report::{Form, Story};

pub(crate) fn export(arguments: &Export, places: &Places) -> Result<Outcome> {
    let record = recorded::open(places)?;
    let run = record.find(&arguments.run)?;
    let output = arguments.output.as_deref();
    let destination = output
        .map(|path| Destination::reserve(path, Readers::Usual))
        .transpose()?;
    let text = match arguments.format {
        Format::Cassette => cassette::of(&record, &run)?,
        Format::Report(form) => {
            let recorded = Recorded::read(&record, &run, places, Story::unabridged)?;
            let text = koderz_report::export(&recorded.report(), form);
            if form == Form::Completions {
                tell_of_those_left_out(recorded.story().summary().samples.len(), text.lines().count());
            }
            text
        }
    };
    match destination {
        Some(destination) => destination.write(&text)?,
        None => print(&text)?,
    }
    Ok(Outcome::Done)
}

/// A file of answers has nothing for a sample without one, and its reader might take that for an answer fewer.
fn tell_of_those_left_out(samples: usize, written: usize) {
    if written < samples {
        tracing::warn!(
            "{} of {samples} samples have no answer and are left out",
            samples - written
        );
    }
}
