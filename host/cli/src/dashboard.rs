//! `koderz dashboard`: the record in a browser, until a signal comes. It is only ever read.

use crate::arguments::Dashboard as Arguments;
use crate::places::Places;
use crate::recorded::Recorded;
use crate::runs::list::{listed, state_of, word};
use crate::{Outcome, signals};
use anyhow::Result;
use koderz_core::event::End;
use koderz_core::manifest::Manifest;
use koderz_dashboard::{Dashboard, Follow, Line, News, Page, Shelf, ShelfError, Standing, Wanted};
use koderz_record::{Record, RecordError, RunId, RunRow, RunState, Seen};
use koderz_report::{Link, Story};
use std::io::Write;

pub(crate) async fn dashboard(arguments: &Arguments, places: &Places) -> Result<Outcome> {
    // A record that cannot be read is told now, and not in the browser.
    look(places)?;
    let dashboard = Dashboard::bind(arguments.port).await?;
    // Before the address is told, so that whoever was told it can end this.
    let mut signals = signals::Signals::new()?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", dashboard.url())?;
    out.flush()?;
    eprintln!("open this address in a browser; ^C ends it");
    let ended = async move {
        signals.next().await;
    };
    dashboard.serve(Recordings(places.clone()), ended).await?;
    Ok(Outcome::Done)
}

/// The record, where there is one by now.
fn look(places: &Places) -> Result<Option<Record>, RecordError> {
    let there = places.record().is_file();
    there.then(|| Record::look(places.record())).transpose()
}

/// The runs in the record of a data folder. The record is opened for each look, so that no look waits for another.
struct Recordings(Places);

impl Recordings {
    /// The run of an id, whole.
    fn find(&self, run: &str) -> Result<(Record, RunId), ShelfError> {
        let unknown = || ShelfError::Unknown(format!("there is no run {run}"));
        let record = look(&self.0).map_err(unreadable)?.ok_or_else(unknown)?;
        let id: RunId = run.parse().map_err(|_| unknown())?;
        match record.state(&id) {
            Ok(_) => Ok((record, id)),
            Err(RecordError::Unknown { .. }) => Err(unknown()),
            Err(error) => Err(unreadable(error)),
        }
    }
}

impl Shelf for Recordings {
    fn runs(&self, wanted: &Wanted, skip: usize, most: usize) -> Result<(Vec<Line>, usize), ShelfError> {
        let Some(record) = look(&self.0).map_err(unreadable)? else {
            return Ok((Vec::new(), 0));
        };
        let mut rows = record.runs().map_err(unreadable)?;
        rows.retain(|row| is_meant(row, wanted));
        let shown = rows.iter().skip(skip).take(most);
        let lines: Result<Vec<Line>, ShelfError> = shown.map(|row| line(&record, row)).collect();
        Ok((lines?, rows.len()))
    }

    fn report(&self, run: &str, links: &[(String, String)]) -> Result<Page, ShelfError> {
        let (record, id) = self.find(run)?;
        let recorded = Recorded::read(&record, &id, &self.0, Story::new).map_err(unreadable)?;
        let links: Vec<Link> = links
            .iter()
            .map(|(text, to)| Link {
                text: text.clone(),
                to: to.clone(),
            })
            .collect();
        Ok(Page {
            html: koderz_report::html_with(&recorded.report(), &links).map_err(unreadable)?,
            policy: koderz_report::content_security_policy(),
        })
    }

    fn follow(&self, run: &str) -> Result<Box<dyn Follow>, ShelfError> {
        let (record, run) = self.find(run)?;
        Ok(Box::new(Followed {
            manifest: record.manifest(&run).map_err(unreadable)?,
            record,
            run,
            seen: Seen::default(),
        }))
    }
}

/// A run, as far as it was seen.
struct Followed {
    record: Record,
    run: RunId,
    manifest: Manifest,
    seen: Seen,
}

impl Follow for Followed {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn look(&mut self, most: usize) -> Result<News, ShelfError> {
        // In this order: what is there when somebody stops working on a run is all of it.
        let state = self.record.state(&self.run).map_err(unreadable)?;
        let mut new = self.record.entries_after(&self.run, self.seen).map_err(unreadable)?;
        let entries: Result<Vec<_>, RecordError> = new.by_ref().take(most).collect();
        let entries = entries.map_err(unreadable)?;
        self.seen = new.seen();
        Ok(News {
            entries,
            standing: standing(&state),
        })
    }
}

fn is_meant(row: &RunRow, wanted: &Wanted) -> bool {
    let text = format!("{} {} {}", row.id, row.suite, row.model).to_lowercase();
    wanted.words.iter().all(|word| text.contains(word))
        && (wanted.state.is_empty() || wanted.state == word(state_of(&row.state)))
}

fn line(record: &Record, row: &RunRow) -> Result<Line, ShelfError> {
    let listed = listed(record, row).map_err(|error| ShelfError::Unreadable(format!("{error:#}")))?;
    Ok(Line {
        run: listed.run,
        began: listed.began,
        suite: listed.suite,
        model: listed.model,
        standing: standing(&row.state),
        rate: listed.rate,
        counts: listed.counts,
    })
}

fn standing(state: &RunState) -> Standing {
    Standing {
        state: word(state_of(state)),
        failure: match state {
            RunState::Ended(End::Failed(why)) => Some(why.clone()),
            _ => None,
        },
        running: matches!(state, RunState::Running { .. }),
    }
}

fn unreadable(error: impl Into<anyhow::Error>) -> ShelfError {
    ShelfError::Unreadable(format!("{:#}", error.into()))
}
