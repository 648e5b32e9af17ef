//! What the user says of runs: tags to find them by, and a note. These are the user's, so they can be changed.

use crate::{Record, RecordError, RunId};
use rusqlite::{Transaction, TransactionBehavior, params};
use std::fmt;
use std::str::FromStr;

/// The longest tag, in characters.
const LONGEST: usize = 40;

/// A word to find runs by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag(String);

impl Tag {
    /// The tag as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Tag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.:/+".contains(c);
        let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if begins && text.len() <= LONGEST && text.chars().all(allowed) {
            Ok(Tag(text.to_owned()))
        } else {
            Err(format!(
                "a tag is a word of letters, digits and -_.:/+ that begins with a letter or a digit, {LONGEST} at most"
            ))
        }
    }
}

impl Record {
    /// Gives a run tags that it may have already, and takes others away.
    ///
    /// # Errors
    /// If there is no such run, or the record cannot be written.
    pub fn tag(&self, run: &RunId, add: &[Tag], remove: &[Tag]) -> Result<(), RecordError> {
        self.known(run)?;
        let change = || -> rusqlite::Result<()> {
            let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
            for tag in add {
                let row = params![run.as_str(), tag.as_str()];
                transaction.execute("INSERT OR IGNORE INTO tag (run, tag) VALUES (?1, ?2)", row)?;
            }
            for tag in remove {
                let row = params![run.as_str(), tag.as_str()];
                transaction.execute("DELETE FROM tag WHERE run = ?1 AND tag = ?2", row)?;
            }
            transaction.commit()
        };
        change().map_err(RecordError::database(&self.path, "tag the run"))
    }

    /// The tags of a run, in the order of the alphabet.
    ///
    /// # Errors
    /// If the record cannot be read.
    pub fn tags(&self, run: &RunId) -> Result<Vec<Tag>, RecordError> {
        let read = || -> rusqlite::Result<Vec<Tag>> {
            self.connection
                .prepare("SELECT tag FROM tag WHERE run = ?1 ORDER BY tag")?
                .query_map([run.as_str()], |row| row.get(0).map(Tag))?
                .collect()
        };
        read().map_err(RecordError::database(&self.path, "read the run's tags"))
    }

    /// Puts a note to a run in the place of the one that it has; an empty one takes it away.
    ///
    /// # Errors
    /// If there is no such run, or the record cannot be written.
    pub fn annotate(&self, run: &RunId, note: &str) -> Result<(), RecordError> {
        self.known(run)?;
        let note = Some(note).filter(|note| !note.is_empty());
        self.connection
            .execute("UPDATE run SET note = ?2 WHERE id = ?1", params![run.as_str(), note])
            .map_err(RecordError::database(&self.path, "put a note to the run"))?;
        Ok(())
    }

    /// The note to a run.
    ///
    /// # Errors
    /// If there is no such run, or the record cannot be read.
    pub fn note(&self, run: &RunId) -> Result<Option<String>, RecordError> {
        self.known(run)?;
        self.connection
            .query_row("SELECT note FROM run WHERE id = ?1", [run.as_str()], |row| row.get(0))
            .map_err(RecordError::database(&self.path, "read the run's note"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_one_word_that_no_shell_and_no_option_takes_for_something_else() {
        for text in ["baseline", "v1.2", "team/night-run", "Q4_K_M", "2026-11-26"] {
            assert_eq!(text.parse::<Tag>().expect("a tag").as_str(), text);
        }
        for text in ["", "-x", "a b", "a,b", "é", "a\n", &"a".repeat(41)] {
            assert!(text.parse::<Tag>().is_err(), "{text:?} was accepted");
        }
    }
}
