//! `koderz export`: a run is written in a format of others.

use crate::arguments::{Export, Format};
use crate::destination::{Destination, Readers};
use crate::places::Places;
use crate::recorded::{self, Recorded};
use crate::{Outcome, cassette, print};
use anyhow::Result;
use koderz_report::Story;

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
            koderz_report::export(&recorded.report(), form)
        }
    };
    match destination {
        Some(destination) => destination.write(&text)?,
        None => print(&text)?,
    }
    Ok(Outcome::Done)
}
