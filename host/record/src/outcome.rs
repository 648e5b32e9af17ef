//! What a run came to when it was last left, kept beside its events.
//!
//! It follows from the events and is there for speed: counting a million trials takes a while. It counts only for as long
//! as no event has come after it, and for the version that counted.

use crate::{Record, RecordError, RunId};
use rusqlite::{OptionalExtension, params};

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Its figures, as JSON.
    pub figures: String,
    /// What was shown, where making it again would take long.
    pub text: Option<String>,
}

impl Record {
    /// Keeps what a run has come to, as this version of the host counts it.
    ///
    /// # Errors
    /// If there is no such run, or the record cannot be written.
    pub fn keep_outcome(&self, run: &RunId, version: &str, outcome: &Outcome) -> Result<(), RecordError> {
        self.known(run)?;
        self.connection
            .execute(
                "INSERT OR REPLACE INTO outcome (run, seq, koderz, figures, text)
                 VALUES (?1, (SELECT coalesce(max(seq), 0) FROM event WHERE run = ?1), ?2, ?3, ?4)",
                params![run.as_str(), version, outcome.figures, outcome.text],
            )
            .map_err(RecordError::database(&self.path, "keep what the run came to"))?;
        Ok(())
    }

    /// What was kept, if nothing has happened since and this version has counted it.
    ///
    /// # Errors
    /// If the record cannot be read.
    pub fn outcome(&self, run: &RunId, version: &str) -> Result<Option<Outcome>, RecordError> {
        let kept = self.connection.query_row(
            "SELECT figures, text FROM outcome WHERE run = ?1 AND koderz = ?2
             AND seq = (SELECT coalesce(max(seq), 0) FROM event WHERE run = ?1)",
            params![run.as_str(), version],
            |row| {
                Ok(Outcome {
                    figures: row.get(0)?,
                    text: row.get(1)?,
                })
            },
        );
        kept.optional()
            .map_err(RecordError::database(&self.path, "read what the run came to"))
    }
}
