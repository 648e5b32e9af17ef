//! The file: how it is created, recognised and opened.
//!
//! A file that is not a record is recognised by its first bytes and never handed to SQLite, which might otherwise roll
//! back or check-point what belongs to another program.

use crate::RecordError;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, Instant};

/// What the header says of the program that the file belongs to: `kodr`.
const APPLICATION: i32 = 0x6b6f_6472;

/// How long another process may hold the database. A commit takes milliseconds; a check-point of a slow disk, seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// What made each version of the schema from the one before, the first from nothing. A step that was released is not
/// changed any more.
const STEPS: [&str; 3] = [TABLES, "ALTER TABLE event ADD COLUMN host TEXT", WORDS];

/// The last schema that is known here.
const VERSION: i64 = STEPS.len() as i64;

const TABLES: &str = "
CREATE TABLE run (
    number   INTEGER PRIMARY KEY,
    id       TEXT NOT NULL UNIQUE,
    began    TEXT NOT NULL,
    suite    TEXT NOT NULL,
    model    TEXT NOT NULL,
    manifest TEXT NOT NULL
) STRICT;

CREATE TABLE event (
    run    TEXT NOT NULL REFERENCES run (id),
    seq    INTEGER NOT NULL,
    at_ns  INTEGER NOT NULL,
    name   TEXT NOT NULL,
    task   TEXT,
    sample INTEGER,
    go     INTEGER,
    body   TEXT NOT NULL,
    PRIMARY KEY (run, seq)
) STRICT;

CREATE INDEX event_bound ON event (run, seq) WHERE name IN ('began', 'ended');
";

/// What the user says of runs, and what they came to.
const WORDS: &str = "
ALTER TABLE run ADD COLUMN note TEXT;

CREATE TABLE tag (
    run TEXT NOT NULL REFERENCES run (id),
    tag TEXT NOT NULL,
    PRIMARY KEY (run, tag)
) STRICT;

CREATE TABLE outcome (
    run     TEXT PRIMARY KEY REFERENCES run (id),
    seq     INTEGER NOT NULL,
    koderz  TEXT NOT NULL,
    figures TEXT NOT NULL,
    text    TEXT
) STRICT;
";

/// Opens the record at a path, creating it where there is none.
pub(crate) fn open(path: &Path) -> Result<Connection, RecordError> {
    recognise(path)?;
    // Without SQLITE_OPEN_URI: a path that begins with `file:` is a path.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let failed = RecordError::database;
    let mut connection = Connection::open_with_flags(path, flags).map_err(failed(path, "open the database"))?;
    connection
        .busy_timeout(PATIENCE)
        .map_err(failed(path, "set the busy timeout"))?;
    // SQLite opens what it may only read without a word.
    if connection.is_readonly("main").map_err(failed(path, "ask for access"))? {
        return Err(RecordError::unwritable(path, "it may only be read"));
    }
    if version(&connection, path)? < VERSION {
        bring_up(&mut connection).map_err(failed(path, "bring the tables to this version"))?;
    }
    let found = version(&connection, path)?;
    if found > VERSION {
        return Err(newer(path, found));
    }
    if !write_ahead(&connection).map_err(failed(path, "turn on the write-ahead log"))? {
        return Err(RecordError::unwritable(
            path,
            "its file system cannot share a write-ahead log",
        ));
    }
    connection
        .pragma_update(None, "synchronous", "FULL")
        .map_err(failed(path, "ask for durable commits"))?;
    Ok(connection)
}

/// Opens the record at a path to read it. What a version before made is brought up by whoever next writes.
pub(crate) fn look(path: &Path) -> Result<Connection, RecordError> {
    let mut header = Vec::new();
    let read = File::open(path).and_then(|file| file.take(72).read_to_end(&mut header));
    read.map_err(RecordError::file(path))?;
    known(path, &header)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let failed = RecordError::database;
    let connection = Connection::open_with_flags(path, flags).map_err(failed(path, "open the database"))?;
    connection
        .busy_timeout(PATIENCE)
        .map_err(failed(path, "set the busy timeout"))?;
    match version(&connection, path)? {
        VERSION => Ok(connection),
        found if found > VERSION => Err(newer(path, found)),
        found => Err(RecordError::Older {
            path: path.to_owned(),
            found,
            known: VERSION,
        }),
    }
}

/// Creates a folder and those above it, for the user alone where they are new.
pub(crate) fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Lets a file that is created be the user's alone. SQLite gives its companions the same mode.
pub(crate) fn private(options: &mut OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(not(unix))]
    let _ = options;
}

fn recognise(path: &Path) -> Result<(), RecordError> {
    let unwritable = |error: io::Error| RecordError::unwritable(path, error);
    match path.parent() {
        Some(folder) if folder != Path::new("") => create_folder(folder).map_err(unwritable)?,
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    private(&mut options);
    let file = options.open(path).map_err(unwritable)?;
    let mut header = Vec::new();
    file.take(72).read_to_end(&mut header).map_err(unwritable)?;
    known(path, &header)
}

fn newer(path: &Path, found: i64) -> RecordError {
    RecordError::Newer {
        path: path.to_owned(),
        found,
        known: VERSION,
    }
}

/// Whether a file that begins so is a record, or is going to be one.
fn known(path: &Path, header: &[u8]) -> Result<(), RecordError> {
    match foreign(header) {
        None => Ok(()),
        Some(what) => Err(RecordError::NotARecord {
            path: path.to_owned(),
            what,
        }),
    }
}

/// What a file is that begins so, where it is neither a record nor empty. The offsets are those of the database header
/// in the SQLite file format, <https://www.sqlite.org/fileformat2.html>.
fn foreign(header: &[u8]) -> Option<&'static str> {
    if header.is_empty() {
        return None;
    }
    if !header.starts_with(b"SQLite format 3\0") {
        return Some("it is not an SQLite database");
    }
    match header.get(68..72) {
        Some(application) if application == APPLICATION.to_be_bytes() => None,
        _ => Some("it is the SQLite database of another program"),
    }
}

fn version(connection: &Connection, path: &Path) -> Result<i64, RecordError> {
    connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(RecordError::database(path, "read the schema's version"))
}

/// Takes the steps that are missing. In one transaction and before the write-ahead log is turned on, so that a file with
/// anything in it has its mark in the header.
fn bring_up(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Somebody else may have been faster.
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let taken = usize::try_from(found).unwrap_or(0);
    if taken < STEPS.len() {
        for step in STEPS.iter().skip(taken) {
            transaction.execute_batch(step)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()
}

/// Answers whether the log is on. Turning it on does not wait for others by itself as a transaction would.
fn write_ahead(connection: &Connection) -> rusqlite::Result<bool> {
    let until = Instant::now() + PATIENCE;
    loop {
        let mode = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0));
        match mode {
            Ok(mode) => return Ok(mode == "wal"),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && Instant::now() < until => {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_forced_to_the_disk() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let connection = open(&folder.path().join("runs.db")).expect("a new record");
        let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, String>(0));
        let level: i64 = connection
            .pragma_query_value(None, "synchronous", |row| row.get(0))
            .expect("the level");
        assert_eq!(level, 2, "2 is FULL");
        assert_eq!(pragma("journal_mode"), Ok("wal".to_owned()));
    }
}
