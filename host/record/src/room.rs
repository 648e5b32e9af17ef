//! Room in the record's files that nothing needs any more.

use crate::{Record, RecordError, RunId};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::PathBuf;

impl Record {
    /// Bytes in the file that removed runs have left, as far as they are known.
    ///
    /// # Errors
    /// If the record cannot be read.
    pub fn free_bytes(&self) -> Result<u64, RecordError> {
        let number = |pragma: &str| -> rusqlite::Result<i64> {
            self.connection.pragma_query_value(None, pragma, |row| row.get(0))
        };
        let bytes = number("freelist_count").and_then(|pages| Ok(pages * number("page_size")?));
        let bytes = bytes.map_err(RecordError::database(&self.path, "look for free room"))?;
        Ok(u64::try_from(bytes).unwrap_or(0))
    }

    /// Writes the file anew without that room. Takes as much room again meanwhile.
    ///
    /// # Errors
    /// If somebody writes a run all the time, or there is no room.
    pub fn shrink(&self) -> Result<(), RecordError> {
        self.connection
            .execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);")
            .map_err(RecordError::database(&self.path, "free room"))
    }

    /// Lock files of runs that are there no more. A process that died while it removed a run leaves one.
    ///
    /// # Errors
    /// If the record, or the folder with the files, cannot be read.
    pub fn orphans(&self) -> Result<Vec<PathBuf>, RecordError> {
        let folder = self.path.with_file_name("runs");
        let files = match fs::read_dir(&folder) {
            Ok(files) => files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(RecordError::file(&folder)(error)),
        };
        let runs: BTreeSet<RunId> = self.runs()?.into_iter().map(|row| row.id).collect();
        let files = files.flatten().map(|file| file.path());
        let mut orphans: Vec<PathBuf> = files
            .filter(|path| path.extension() == Some(OsStr::new("lock")))
            .filter(|path| {
                let name = path.file_stem().and_then(OsStr::to_str);
                // What is not named like a run is none of the record's files.
                let run = name.and_then(|name| name.parse::<RunId>().ok());
                run.is_some_and(|run| run.is_dated() && !runs.contains(&run))
            })
            .collect();
        orphans.sort();
        Ok(orphans)
    }
}
