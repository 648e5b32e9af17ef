//! Runs that were recorded, read back: no plugin is loaded and no server is asked.

use crate::places::Places;
use anyhow::{Result, bail};
use koderz_core::manifest::Manifest;
use koderz_record::{Entries, Record, RunId, RunState};
use koderz_report::{Paths, Report, Story};

/// A run as the record has it.
pub(crate) struct Recorded {
    story: Story,
    paths: Paths,
}

impl Recorded {
    /// Reads all that was recorded of a run into a story that begins as `story` makes it.
    pub(crate) fn read(
        record: &Record,
        run: &RunId,
        places: &Places,
        story: impl FnOnce(Manifest) -> Story,
    ) -> Result<Self> {
        Self::of(
            record.entries(run)?,
            story(record.manifest(run)?),
            paths(record, run, places),
        )
    }

    /// The same for what is about one task.
    pub(crate) fn of_task(record: &Record, run: &RunId, task: &str, places: &Places) -> Result<Self> {
        let story = Story::unabridged(record.manifest(run)?);
        Self::of(record.entries_of(run, task)?, story, paths(record, run, places))
    }

    /// Which tasks there are and what came of them, and no more.
    pub(crate) fn outline(record: &Record, run: &RunId, places: &Places) -> Result<Self> {
        let story = Story::new(record.manifest(run)?);
        Self::of(record.outline(run)?, story, paths(record, run, places))
    }

    fn of(entries: Entries<'_>, mut story: Story, paths: Paths) -> Result<Self> {
        for entry in entries {
            story.observe(&entry?);
        }
        Ok(Recorded { story, paths })
    }

    pub(crate) fn story(&self) -> &Story {
        &self.story
    }

    pub(crate) fn report(&self) -> Report<'_> {
        Report {
            story: &self.story,
            end: self.story.end(),
            paths: &self.paths,
        }
    }
}

/// Where a run is kept. A page that somebody removed is not pointed to.
pub(crate) fn paths(record: &Record, run: &RunId, places: &Places) -> Paths {
    Paths {
        record: record.path().to_owned(),
        report: Some(places.report(run.as_str())).filter(|page| page.is_file()),
    }
}

/// The record, where there is one: reading makes none.
pub(crate) fn open(places: &Places) -> Result<Record> {
    if !places.record().is_file() {
        bail!(
            "there is no record of runs at {}\nhint: koderz benchmark begins one; --data-dir names another folder",
            places.record().display()
        );
    }
    Ok(Record::open(places.record())?)
}

/// Sees that nobody is working on a run.
pub(crate) fn at_rest(record: &Record, run: &RunId) -> Result<()> {
    if let RunState::Running { pid } = record.state(run)? {
        bail!("{}\nhint: wait until it has ended, or stop it", going_on(run, pid));
    }
    Ok(())
}

/// That somebody is working on a run.
pub(crate) fn going_on(run: &RunId, pid: Option<u32>) -> String {
    let by = pid.map(|pid| format!(" (process {pid})")).unwrap_or_default();
    format!("run {run} is going on{by}")
}
