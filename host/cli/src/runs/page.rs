//! `koderz runs report`: the report of a run is written once more.

use crate::arguments::Page;
use crate::destination::{Destination, Readers};
use crate::places::Places;
use crate::recorded::{self, Recorded};
use crate::session::private_folder;
use crate::{Outcome, print};
use anyhow::{Context, Result};
use koderz_report::Story;

pub(super) fn page(arguments: &Page, places: &Places) -> Result<Outcome> {
    let record = recorded::open(places)?;
    let run = record.find(&arguments.run)?;
    let usual = places.report(run.as_str());
    let (path, readers) = match &arguments.output {
        Some(path) => (path.as_path(), Readers::Usual),
        None => {
            if let Some(folder) = usual.parent() {
                private_folder(folder).with_context(|| format!("cannot make {}", folder.display()))?;
            }
            (usual.as_path(), Readers::Owner)
        }
    };
    let destination = Destination::reserve(path, readers)?;
    let recorded = Recorded::read(&record, &run, places, Story::new)?;
    destination.write(&koderz_report::html(&recorded.report())?)?;
    print(&format!("{}\n", path.display()))?;
    Ok(Outcome::Done)
}
