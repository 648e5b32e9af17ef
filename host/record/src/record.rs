//! The record of all runs: which there are, how they stand, and what was recorded of each.
//!
//! Reading claims nothing and goes on beside any writer. Only [`Record::journal`] and [`Record::remove`] claim a run.

use crate::entries::{Seen, Wanted};
use crate::lock::{self, RunLock, Writer};
use crate::{Entries, RecordError, RunId, SqliteJournal, Tag, row, schema};
use koderz_core::event::{End, Event};
use koderz_core::manifest::Manifest;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction, TransactionBehavior, params};
use std::path::{Path, PathBuf};

/// All runs, in one file.
#[derive(Debug)]
pub struct Record {
    pub(crate) connection: Connection,
    pub(crate) path: PathBuf,
}

/// A run at a glance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    /// Its id.
    pub id: RunId,
    /// When it was begun, in RFC 3339 form, UTC.
    pub began: String,
    /// The benchmark's name.
    pub suite: String,
    /// The model under test; empty where there is none.
    pub model: String,
    /// How it stands.
    pub state: RunState,
    /// What the user tagged it with.
    pub tags: Vec<Tag>,
    /// What the user noted of it.
    pub note: Option<String>,
}

/// How a run stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunState {
    /// A process is writing it.
    Running {
        /// Which, where that can be seen.
        pid: Option<u32>,
    },
    /// Nobody is writing it, and nobody said that work on it ended.
    Interrupted,
    /// Work on it ended in this way.
    Ended(End),
}

impl Record {
    /// Opens the record at a path. Where there is none it is created, with its folder, for the user alone.
    ///
    /// # Errors
    /// If the place cannot be written, the file is something else, or a later version made it. A file that is something
    /// else is left as it is.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, RecordError> {
        let path = path.into();
        Ok(Record {
            connection: schema::open(&path)?,
            path,
        })
    }

    /// Opens the record at a path to look into it, also while others write it: nothing can be changed through it, and
    /// where there is none, none is made.
    ///
    /// # Errors
    /// If there is none, it cannot be read, or another version made it.
    pub fn look(path: impl Into<PathBuf>) -> Result<Self, RecordError> {
        let path = path.into();
        Ok(Record {
            connection: schema::look(&path)?,
            path,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Enters a new run.
    ///
    /// # Errors
    /// If its id is none or is taken, or the record cannot be written.
    pub fn begin(&self, manifest: &Manifest) -> Result<RunId, RecordError> {
        let run: RunId = manifest.run.parse()?;
        let text = serde_json::to_string(manifest).map_err(damaged(&run))?;
        let model = manifest.subject().unwrap_or_default();
        let added = self.connection.execute(
            "INSERT INTO run (id, began, suite, model, manifest) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![run.as_str(), manifest.began, manifest.suite.identity.name, model, text],
        );
        match added {
            Ok(_) => Ok(run),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                Err(RecordError::Taken(run))
            }
            Err(error) => Err(RecordError::unwritable(&self.path, error)),
        }
    }

    /// All runs, the one begun last first.
    ///
    /// # Errors
    /// If the record cannot be read.
    pub fn runs(&self) -> Result<Vec<RunRow>, RecordError> {
        let listed = self
            .list()
            .map_err(RecordError::database(&self.path, "list the runs"))?;
        listed
            .into_iter()
            .map(|[id, began, suite, model]| {
                let id: RunId = id.parse()?;
                let state = self.state(&id)?;
                Ok(RunRow {
                    tags: self.tags(&id)?,
                    note: self.note(&id)?,
                    id,
                    began,
                    suite,
                    model,
                    state,
                })
            })
            .collect()
    }

    /// The ids of all runs, the one begun last first.
    ///
    /// # Errors
    /// If the record cannot be read.
    pub fn ids(&self) -> Result<Vec<RunId>, RecordError> {
        let ids = self
            .beginning_with("")
            .map_err(RecordError::database(&self.path, "list the runs"))?;
        ids.iter().map(|id| id.parse()).collect()
    }

    /// The run that is meant: `last` for the one begun last, otherwise an id or the beginning of just one.
    ///
    /// # Errors
    /// If that is no run, or may be several.
    pub fn find(&self, wanted: &str) -> Result<RunId, RecordError> {
        let prefix = if wanted == "last" { "" } else { wanted };
        let matching = self
            .beginning_with(prefix)
            .map_err(RecordError::database(&self.path, "look for the run"))?;
        let mut candidates = matching
            .iter()
            .map(|id| id.parse())
            .collect::<Result<Vec<RunId>, RecordError>>()?;
        if let Some(exact) = candidates.iter().position(|id| id.as_str() == wanted) {
            return Ok(candidates.swap_remove(exact));
        }
        let ambiguous = candidates.len() > 1 && wanted != "last";
        if candidates.is_empty() || wanted.is_empty() {
            Err(self.unknown(wanted))
        } else if ambiguous {
            Err(RecordError::Ambiguous {
                wanted: wanted.to_owned(),
                candidates,
            })
        } else {
            Ok(candidates.swap_remove(0))
        }
    }

    /// What a run was made of.
    ///
    /// # Errors
    /// If there is no such run, or it cannot be read.
    pub fn manifest(&self, run: &RunId) -> Result<Manifest, RecordError> {
        let text: Option<String> = self
            .connection
            .query_row("SELECT manifest FROM run WHERE id = ?1", [run.as_str()], |row| {
                row.get(0)
            })
            .optional()
            .map_err(RecordError::database(&self.path, "read the run"))?;
        let text = text.ok_or_else(|| self.unknown(run.as_str()))?;
        serde_json::from_str(&text).map_err(damaged(run))
    }

    /// What was recorded of a run, in order. The entries are read as they are asked for.
    ///
    /// # Errors
    /// If there is no such run.
    pub fn entries(&self, run: &RunId) -> Result<Entries<'_>, RecordError> {
        self.read(run, Wanted::All)
    }

    /// Those entries of a run that are about a task, or about none, in order.
    ///
    /// # Errors
    /// If there is no such run.
    pub fn entries_of(&self, run: &RunId, task: &str) -> Result<Entries<'_>, RecordError> {
        self.read(run, Wanted::Task(task.to_owned()))
    }

    /// What was recorded of a run after what was seen of it, in order.
    ///
    /// # Errors
    /// If there is no such run.
    pub fn entries_after(&self, run: &RunId, seen: Seen) -> Result<Entries<'_>, RecordError> {
        Ok(self.read(run, Wanted::All)?.after(seen))
    }

    /// Those entries of a run that say which trials there are and what came of them, in order: much faster to read than
    /// all, and enough to count verdicts.
    ///
    /// # Errors
    /// If there is no such run.
    pub fn outline(&self, run: &RunId) -> Result<Entries<'_>, RecordError> {
        self.read(run, Wanted::Outline)
    }

    /// How a run stands.
    ///
    /// # Errors
    /// If there is no such run, or the record cannot be read.
    pub fn state(&self, run: &RunId) -> Result<RunState, RecordError> {
        self.known(run)?;
        // In this order: a run that ends in between is running or ended, and never looks interrupted.
        let writer = lock::writer(&self.path, run)?;
        if let Writer::Somebody { pid } = writer {
            return Ok(RunState::Running { pid });
        }
        let last: Option<(i64, String)> = self
            .connection
            .query_row(
                "SELECT seq, body FROM event WHERE run = ?1 AND name IN ('began', 'ended') ORDER BY seq DESC LIMIT 1",
                [run.as_str()],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()
            .map_err(RecordError::database(&self.path, "read the run's end"))?;
        match last.map(|(seq, body)| row::event(run, seq, &body)).transpose()? {
            Some(Event::Ended { end }) => Ok(RunState::Ended(end)),
            _ => Ok(RunState::Interrupted),
        }
    }

    /// Claims a run and opens it for writing, after what is there of it.
    ///
    /// # Errors
    /// If there is no such run, another process or journal is writing it, or the record cannot be written.
    pub fn journal(&self, run: &RunId) -> Result<SqliteJournal, RecordError> {
        let lock = self.claim(run)?;
        SqliteJournal::start(schema::open(&self.path)?, &self.path, run, lock)
    }

    /// Removes a run with all that was recorded of it, at once or not at all. Its room in the file is used again.
    ///
    /// # Errors
    /// If there is no such run, somebody is writing it, or the record cannot be written.
    pub fn remove(&self, run: &RunId) -> Result<(), RecordError> {
        let lock = self.claim(run)?;
        self.delete(run)
            .map_err(RecordError::database(&self.path, "remove the run"))?;
        lock.retire(&self.path, run);
        Ok(())
    }

    /// A claim to a run that is there and stays there for as long as the claim is held.
    fn claim(&self, run: &RunId) -> Result<RunLock, RecordError> {
        // First, so that no file is made for a run that never was.
        self.known(run)?;
        let lock = RunLock::take(&self.path, run)?;
        // Whoever held the lock until now may have removed it.
        self.known(run)?;
        Ok(lock)
    }

    fn delete(&self, run: &RunId) -> rusqlite::Result<()> {
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        for of_the_run in ["outcome", "tag"] {
            transaction.execute(&format!("DELETE FROM {of_the_run} WHERE run = ?1"), [run.as_str()])?;
        }
        transaction.execute("DELETE FROM event WHERE run = ?1", [run.as_str()])?;
        transaction.execute("DELETE FROM run WHERE id = ?1", [run.as_str()])?;
        transaction.commit()
    }

    fn read(&self, run: &RunId, wanted: Wanted) -> Result<Entries<'_>, RecordError> {
        self.known(run)?;
        Ok(Entries::new(&self.connection, &self.path, run.clone(), wanted))
    }

    fn list(&self) -> rusqlite::Result<Vec<[String; 4]>> {
        self.connection
            .prepare("SELECT id, began, suite, model FROM run ORDER BY number DESC")?
            .query_map([], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]))?
            .collect()
    }

    fn beginning_with(&self, prefix: &str) -> rusqlite::Result<Vec<String>> {
        self.connection
            .prepare("SELECT id FROM run WHERE substr(id, 1, length(?1)) = ?1 ORDER BY number DESC")?
            .query_map([prefix], |row| row.get(0))?
            .collect()
    }

    pub(crate) fn known(&self, run: &RunId) -> Result<(), RecordError> {
        let known: bool = self
            .connection
            .query_row(
                "SELECT EXISTS (SELECT 1 FROM run WHERE id = ?1)",
                [run.as_str()],
                |row| row.get(0),
            )
            .map_err(RecordError::database(&self.path, "look for the run"))?;
        if known { Ok(()) } else { Err(self.unknown(run.as_str())) }
    }

    fn unknown(&self, wanted: &str) -> RecordError {
        // Only for a hint, which a record that cannot be read goes without.
        let latest = self.beginning_with("").unwrap_or_default();
        RecordError::Unknown {
            wanted: wanted.to_owned(),
            latest: latest.first().and_then(|id| id.parse().ok()),
        }
    }
}

fn damaged(run: &RunId) -> impl FnOnce(serde_json::Error) -> RecordError {
    let run = run.clone();
    move |source| RecordError::Damaged {
        run,
        what: "the manifest".to_owned(),
        source,
    }
}
