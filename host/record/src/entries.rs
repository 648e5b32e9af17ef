//! The entries of a run, in the order in which they were recorded.

use crate::row::{self, Stored};
use crate::{RecordError, RunId};
use koderz_core::event::Entry;
use rusqlite::{Connection, params};
use std::collections::VecDeque;
use std::path::Path;

/// Entries that are in memory at once. A reply or a program is some kilobytes.
const PAGE: i64 = 64;

/// Reads the entries of a run, some at a time. Of a run that is being written it gives what is there when it gets to the
/// end.
#[derive(Debug)]
pub struct Entries<'r> {
    connection: &'r Connection,
    path: &'r Path,
    run: RunId,
    wanted: Wanted,
    /// The last that was fetched.
    seq: i64,
    page: VecDeque<Stored>,
    over: bool,
}

/// Which entries are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    All,
    /// Those that are about a task, or about none.
    Task(String),
    /// Those that say which trials there are and what came of them. They are few and short: the others, which hold
    /// questions, answers and programs, are passed over without being read.
    Outline,
}

/// How much of a run was seen; at first nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen(i64);

impl Wanted {
    fn condition(&self) -> &'static str {
        match self {
            // Every statement has the same parameters.
            Wanted::All => "AND ?4 IS NULL",
            Wanted::Task(_) => "AND (task IS NULL OR task = ?4)",
            Wanted::Outline => {
                "AND ?4 IS NULL AND name IN ('began', 'stage-began', 'trial-began', 'trial-finished', 'ended')"
            }
        }
    }

    fn task(&self) -> Option<&str> {
        match self {
            Wanted::Task(task) => Some(task),
            Wanted::All | Wanted::Outline => None,
        }
    }
}

impl<'r> Entries<'r> {
    pub(crate) fn new(connection: &'r Connection, path: &'r Path, run: RunId, wanted: Wanted) -> Self {
        Entries {
            connection,
            path,
            run,
            wanted,
            seq: 0,
            page: VecDeque::new(),
            over: false,
        }
    }

    pub(crate) fn after(self, seen: Seen) -> Self {
        Entries { seq: seen.0, ..self }
    }

    /// How much was seen with the last entry that was given.
    pub fn seen(&self) -> Seen {
        Seen(self.seq)
    }

    fn fetch(&self) -> rusqlite::Result<VecDeque<Stored>> {
        let condition = self.wanted.condition();
        self.connection
            .prepare(&format!(
                "SELECT seq, at_ns, body, host FROM event WHERE run = ?1 AND seq > ?2 {condition} ORDER BY seq LIMIT ?3"
            ))?
            .query_map(params![self.run.as_str(), self.seq, PAGE, self.wanted.task()], |row| {
                Ok(Stored {
                    seq: row.get(0)?,
                    at_ns: row.get(1)?,
                    body: row.get(2)?,
                    host: row.get(3)?,
                })
            })?
            .collect()
    }

    fn advance(&mut self) -> Result<Option<Entry>, RecordError> {
        if self.page.is_empty() {
            self.page = self
                .fetch()
                .map_err(RecordError::database(self.path, "read the events"))?;
        }
        let Some(stored) = self.page.pop_front() else {
            return Ok(None);
        };
        self.seq = stored.seq;
        row::entry(&self.run, stored).map(Some)
    }
}

impl Iterator for Entries<'_> {
    type Item = Result<Entry, RecordError>;

    /// The next entry. After an error there is none.
    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let next = self.advance().transpose();
        self.over = !matches!(next, Some(Ok(_)));
        next
    }
}
