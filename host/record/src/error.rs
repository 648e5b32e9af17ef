//! Why a record cannot be used. Every message names the file or the run, and says what to do where that is known.

use crate::RunId;
use rusqlite::ErrorCode;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A record cannot be opened, read or written.
#[derive(Debug, Error)]
pub enum RecordError {
    /// The file, or a folder on the way to it, cannot be created or written.
    #[error("cannot write the record {}: {what}\nhint: make that place writable, or keep the record in another", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        what: String,
    },
    /// The file is something else.
    #[error("{} is no record of runs: {what}\nhint: it was left as it is; name another file", path.display())]
    NotARecord {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// The file was made by a later version.
    #[error(
        "the record {} has schema {found}, and this version knows none after {known}\nhint: use the koderz that wrote \
         it, or a later one", path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The last one that is known here.
        known: i64,
    },
    /// The file was a record, and a part of it is missing or was overwritten.
    #[error(
        "the record {} is damaged: {doing}: {what}\nhint: nothing was written to it; put a copy in its place, try `sqlite3 {} \
         .recover`, or name another folder with --data-dir", path.display(), path.display()
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// What the database says.
        what: String,
    },
    /// The file was made by an earlier version, and may only be read now.
    #[error(
        "the record {} has schema {found}, and this version reads schema {known}\nhint: `koderz runs` brings it to this \
         version", path.display()
    )]
    Older {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The one that is known here.
        known: i64,
    },
    /// No run has that id.
    #[error("no run `{wanted}` in the record{}", newest(latest.as_ref()))]
    Unknown {
        /// What was asked for.
        wanted: String,
        /// The run that was begun last, if there is any.
        latest: Option<RunId>,
    },
    /// Several runs have ids that begin so.
    #[error("`{wanted}` may mean {}\nhint: give more of the id", list(candidates))]
    Ambiguous {
        /// What was asked for.
        wanted: String,
        /// The runs that it may mean, newest first.
        candidates: Vec<RunId>,
    },
    /// A text that cannot be a run's id.
    #[error("`{0}` cannot be the id of a run: lower-case letters, digits and dashes, 64 at most")]
    BadId(String),
    /// There is a run of that id already.
    #[error("run {0} is in the record already")]
    Taken(RunId),
    /// Somebody else is writing the run.
    #[error("run {run} is being written by another process{}\nhint: wait until it has ended, or stop it", number(*pid))]
    Busy {
        /// The run.
        run: RunId,
        /// The process, where that can be seen.
        pid: Option<u32>,
    },
    /// Something in the record is not what this version writes.
    #[error("{what} of run {run} cannot be read")]
    Damaged {
        /// The run.
        run: RunId,
        /// Which part.
        what: String,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// A file beside the record cannot be used.
    #[error("use {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The database refuses.
    #[error("{doing} in the record {}", path.display())]
    Database {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: rusqlite::Error,
    },
}

impl RecordError {
    pub(crate) fn unwritable(path: &Path, what: impl ToString) -> Self {
        RecordError::Unwritable {
            path: path.to_owned(),
            what: what.to_string(),
        }
    }

    pub(crate) fn database<'a>(path: &'a Path, doing: &'static str) -> impl FnOnce(rusqlite::Error) -> Self + 'a {
        move |source| match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => RecordError::Corrupt {
                path: path.to_owned(),
                doing,
                what: source
                    .sqlite_error()
                    .map_or_else(|| source.to_string(), ToString::to_string),
            },
            _ => RecordError::Database {
                doing,
                path: path.to_owned(),
                source,
            },
        }
    }

    pub(crate) fn file<'a>(path: &'a Path) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| RecordError::File {
            path: path.to_owned(),
            source,
        }
    }
}

fn newest(latest: Option<&RunId>) -> String {
    match latest {
        Some(run) => format!("\nhint: the latest run is {run}, and `last` means it"),
        None => ", which holds no run yet".to_owned(),
    }
}

fn list(candidates: &[RunId]) -> String {
    const SHOWN: usize = 5;
    let mut names: Vec<String> = candidates.iter().take(SHOWN).map(RunId::to_string).collect();
    if let Some(more @ 1..) = candidates.len().checked_sub(SHOWN) {
        names.push(format!("{more} more"));
    }
    names.join(", ")
}

fn number(pid: Option<u32>) -> String {
    pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default()
}
