//! Which files are opened, which are refused, and what is left of those.

use crate::samples::{manifest, record};
use koderz_record::{Record, RecordError};
use rusqlite::Connection;
use std::fs;
use std::path::Path;

fn refusal(path: &Path) -> RecordError {
    let error = Record::open(path).expect_err("refused");
    let name = path.to_str().expect("a readable path");
    assert!(error.to_string().contains(name), "{error} names {name}");
    error
}

/// Refused, and afterwards as it was, with nothing new beside it.
fn assert_left_alone(path: &Path) -> RecordError {
    let before = fs::read(path).expect("the file");
    let error = refusal(path);
    assert_eq!(fs::read(path).expect("the file"), before);
    let beside = fs::read_dir(path.parent().expect("a folder")).expect("the folder");
    assert_eq!(beside.count(), 1, "something was left beside it");
    error
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("notes.txt");
    fs::write(&path, "remember the milk").expect("a file");
    assert!(matches!(assert_left_alone(&path), RecordError::NotARecord { .. }));
}

#[test]
fn the_database_of_another_program_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("bookmarks.db");
    let other = Connection::open(&path).expect("a database");
    other
        .execute_batch("CREATE TABLE run (id TEXT); PRAGMA user_version = 1;")
        .expect("a table");
    other.close().map_err(|(_, error)| error).expect("closed");
    assert!(matches!(assert_left_alone(&path), RecordError::NotARecord { .. }));
}

#[test]
fn a_newer_schema_is_refused_and_says_so() {
    let (_folder, record, _) = record();
    let path = record.path().to_owned();
    drop(record);
    let later = Connection::open(&path).expect("the database");
    later.pragma_update(None, "user_version", 99).expect("a later schema");
    drop(later);
    let error = refusal(&path);
    assert!(matches!(
        error,
        RecordError::Newer {
            found: 99,
            known: 3,
            ..
        }
    ));
    assert!(error.to_string().contains("\nhint: "), "{error}");
}

#[test]
fn a_place_that_cannot_be_written_is_one_error_with_a_hint() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let file = folder.path().join("file");
    fs::write(&file, "").expect("a file");
    for path in [file.join("runs.db"), folder.path().to_owned()] {
        let error = refusal(&path);
        assert!(matches!(error, RecordError::Unwritable { .. }), "{error}");
        assert!(error.to_string().contains("\nhint: "), "{error}");
    }
}

#[test]
fn an_empty_file_becomes_a_record() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("runs.db");
    fs::write(&path, "").expect("an empty file");
    let record = Record::open(&path).expect("a record");
    assert_eq!(record.runs().expect("a list"), []);
}

#[test]
fn many_who_open_a_new_record_at_once_all_get_it() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("koderz").join("runs.db");
    std::thread::scope(|scope| {
        for number in 0..8 {
            let path = &path;
            scope.spawn(move || {
                let record = Record::open(path).expect("a record");
                record.begin(&manifest(&format!("run-{number}"))).expect("a run");
            });
        }
    });
    let record = Record::open(&path).expect("a record");
    assert_eq!(record.runs().expect("a list").len(), 8);
}

#[cfg(unix)]
#[test]
fn the_record_is_the_users_alone() {
    use koderz_core::ports::Journal;
    use std::os::unix::fs::PermissionsExt;

    let (_folder, record, run) = record();
    let journal = record.journal(&run).expect("nobody else writes");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    runtime
        .block_on(journal.commit(crate::samples::numbered(1)))
        .expect("committed");
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    let folder = record.path().parent().expect("a folder");
    assert_eq!(mode(folder), 0o700);
    assert_eq!(mode(&folder.join("runs")), 0o700);
    for name in [
        "runs.db".to_owned(),
        "runs.db-wal".to_owned(),
        format!("runs/{run}.lock"),
    ] {
        assert_eq!(mode(&folder.join(&name)), 0o600, "{name}");
    }
}
