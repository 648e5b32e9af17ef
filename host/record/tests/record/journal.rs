//! What a journal promises to those who write.

use crate::samples::{number, numbered, record};
use futures_util::future::join_all;
use koderz_core::ports::{Journal, JournalError};
use koderz_record::{Record, RecordError, RunId};
use rusqlite::Connection;
use std::fs;

/// Few enough that one poll of a join hands all of them over.
const ENTRIES: u64 = 30;

fn numbers(record: &Record, run: &RunId) -> Vec<u64> {
    let entries = record.entries(run).expect("the run is there");
    entries.map(|entry| number(&entry.expect("readable"))).collect()
}

#[tokio::test]
async fn commits_that_wait_together_share_a_transaction() {
    let (_folder, record, run) = record();
    let journal = record.journal(&run).expect("nobody else writes");
    let blocker = Connection::open(record.path()).expect("the database");
    blocker.execute_batch("BEGIN IMMEDIATE").expect("nobody can commit");
    let commits = join_all((0..ENTRIES).map(|number| journal.commit(numbered(number))));
    let release = async {
        // All commits have been handed over by now: a future that comes later in a join is polled later.
        blocker.execute_batch("ROLLBACK").expect("everybody can commit");
    };
    let (written, ()) = futures_util::future::join(commits, release).await;
    assert_eq!(
        written.into_iter().collect::<Result<Vec<()>, _>>().map(|all| all.len()),
        Ok(ENTRIES as usize)
    );
    assert!(
        journal.transactions() <= 2,
        "the first that came and all others: {}",
        journal.transactions()
    );
    assert_eq!(numbers(&record, &run), (0..ENTRIES).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_commit_covers_all_that_was_noted_before() {
    let (_folder, record, run) = record();
    let journal = record.journal(&run).expect("nobody else writes");
    for number in 0..5 {
        journal.note(numbered(number)).await.expect("noted");
    }
    journal.commit(numbered(5)).await.expect("committed");
    assert_eq!(numbers(&record, &run), [0, 1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn what_was_noted_is_there_after_the_journal_is_dropped() {
    let (_folder, record, run) = record();
    let journal = record.journal(&run).expect("nobody else writes");
    for number in 0..2000 {
        journal.note(numbered(number)).await.expect("noted");
    }
    drop(journal);
    assert_eq!(numbers(&record, &run), (0..2000).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_journal_that_was_closed_has_written_all_and_refuses_more() {
    let (_folder, record, run) = record();
    let journal = record.journal(&run).expect("nobody else writes");
    journal.note(numbered(0)).await.expect("noted");
    journal.close().await.expect("closed");
    assert_eq!(numbers(&record, &run), [0]);
    let closed = JournalError {
        message: "the journal is closed".to_owned(),
    };
    assert_eq!(journal.note(numbered(1)).await, Err(closed.clone()));
    assert_eq!(journal.commit(numbered(1)).await, Err(closed.clone()));
    assert_eq!(journal.close().await, Err(closed));
}

#[tokio::test]
async fn a_run_is_written_by_one_journal_at_a_time() {
    let (_folder, record, run) = record();
    let other = Record::open(record.path()).expect("a second look at the record");
    let journal = record.journal(&run).expect("nobody else writes");
    let error = other.journal(&run).expect_err("refused");
    let pid = std::process::id();
    assert!(matches!(error, RecordError::Busy { pid: Some(held), .. } if held == pid));
    assert!(
        error.to_string().contains(&format!("another process (pid {pid})")),
        "{error}"
    );
    journal.close().await.expect("closed");
    let second = other.journal(&run).expect("a closed journal lets go");
    drop(second);
    record.journal(&run).expect("a dropped journal lets go");
}

#[tokio::test]
async fn two_runs_are_written_at_once() {
    let (_folder, record, first) = record();
    let second = record
        .begin(&crate::samples::manifest("20261124-150000-0001"))
        .expect("a second run");
    let journals = [&first, &second].map(|run| record.journal(run).expect("nobody else writes"));
    for number in 0..20 {
        for journal in &journals {
            journal.commit(numbered(number)).await.expect("committed");
        }
    }
    for run in [&first, &second] {
        assert_eq!(numbers(&record, run), (0..20).collect::<Vec<_>>());
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_record_that_was_deleted_under_a_run_is_told_to_whoever_writes() {
    let (_folder, record, run) = record();
    let journal = record.journal(&run).expect("nobody else writes");
    journal.commit(numbered(0)).await.expect("committed");
    fs::remove_file(record.path()).expect("deleted");
    let error = journal.commit(numbered(1)).await.expect_err("refused");
    let path = record.path().to_str().expect("a readable path");
    assert!(error.to_string().contains(path), "{error}");
    assert_eq!(journal.note(numbered(2)).await, Err(error.clone()));
    assert_eq!(journal.close().await, Err(error));
}
