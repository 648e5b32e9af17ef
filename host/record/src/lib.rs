//! Runs on disk: one SQLite file for all of them, in which facts are added and never changed, only removed with their
//! run. What the user says of a run can be changed.
//!
//! [`Record`] opens the file and answers what is in it. [`SqliteJournal`] is how one run writes: the core hands it
//! events, and what it acknowledged survives a loss of power. Any number of processes may read and any number of runs
//! may be written at once, but each run by one process only; the system lets go of that claim when the process dies.
//!
//! Nothing here knows what a run means or how it goes on, and the only files touched are the record's own: the database
//! with its two companions (`-wal`, `-shm`) and the folder `runs` beside it. The tables are described in
//! `docs/reference/record.md`.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod day;
mod entries;
mod error;
mod id;
mod journal;
mod lock;
mod outcome;
mod record;
mod room;
mod row;
mod schema;
mod tag;
mod writer;

pub use day::Day;
pub use entries::{Entries, Seen};
pub use error::RecordError;
pub use id::{RunId, timestamp};
pub use journal::SqliteJournal;
pub use outcome::Outcome;
pub use record::{Record, RunRow, RunState};
pub use tag::Tag;
