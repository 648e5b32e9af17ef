//! Looking into a record that others write: nothing is changed, and nothing is missed.

use crate::samples::{manifest, numbered, record};
use koderz_core::event::Entry;
use koderz_core::ports::Journal;
use koderz_record::{Record, RecordError, RunState, Seen};
use rusqlite::Connection;
use std::fs;

#[tokio::test]
async fn who_looks_sees_what_comes_while_it_is_written_each_entry_once() {
    let (_folder, record, run) = record();
    let journal = record.journal(&run).expect("nobody else writes");
    let looking = Record::look(record.path()).expect("the record");
    let mut seen = Seen::default();
    let mut new = |most: usize| -> Vec<Entry> {
        let mut entries = looking.entries_after(&run, seen).expect("the run");
        let read: Result<Vec<Entry>, RecordError> = entries.by_ref().take(most).collect();
        seen = entries.seen();
        read.expect("all readable")
    };
    assert_eq!(new(9), []);
    for number in 0..3 {
        journal.commit(numbered(number)).await.expect("committed");
    }
    assert_eq!(new(2), [numbered(0), numbered(1)]);
    journal.commit(numbered(3)).await.expect("committed");
    assert_eq!(new(9), [numbered(2), numbered(3)]);
    assert_eq!(new(9), []);
    assert!(matches!(looking.state(&run), Ok(RunState::Running { .. })));
}

#[test]
fn who_looks_can_change_nothing() {
    let (_folder, record, run) = record();
    let looking = Record::look(record.path()).expect("the record");
    looking
        .begin(&manifest("20261124-150000-0001"))
        .expect_err("it may only be read");
    looking.remove(&run).expect_err("it may only be read");
    assert_eq!(record.runs().expect("a list").len(), 1);
}

#[test]
fn looking_makes_no_record_and_does_not_bring_one_up() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("runs.db");
    assert!(matches!(Record::look(&path), Err(RecordError::File { .. })));
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0);
    let old = Connection::open(&path).expect("a file");
    old.execute_batch("PRAGMA application_id = 0x6b6f6472; PRAGMA user_version = 1; CREATE TABLE run (id TEXT);")
        .expect("the marks of a record");
    old.close().map_err(|(_, error)| error).expect("closed");
    let before = fs::read(&path).expect("the file");
    let error = Record::look(&path).expect_err("it is too old");
    assert!(matches!(error, RecordError::Older { found: 1, .. }), "{error}");
    assert_eq!(fs::read(&path).expect("the file"), before);
}
