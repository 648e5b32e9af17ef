//! A run that is removed is gone whole, and nothing else is touched.

use crate::samples::{manifest, number, numbered, record, trial, verdict};
use koderz_api::suite::Grade;
use koderz_core::event::{Entry, Event};
use koderz_core::ports::Journal;
use koderz_record::{Record, RecordError, RunId};
use std::path::PathBuf;
use std::time::Duration;

async fn write(record: &Record, run: &RunId, entries: u64) {
    let journal = record.journal(run).expect("nobody else writes");
    for number in 0..entries {
        journal.note(numbered(number)).await.expect("noted");
    }
    journal.close().await.expect("closed");
}

fn lock(record: &Record, run: &RunId) -> PathBuf {
    record.path().with_file_name("runs").join(format!("{run}.lock"))
}

#[tokio::test]
async fn a_run_is_removed_with_its_entries_and_the_others_stay() {
    let (_folder, record, first) = record();
    let second = record.begin(&manifest("20261124-150000-0001")).expect("a second run");
    write(&record, &first, 100).await;
    write(&record, &second, 3).await;
    record.remove(&first).expect("removed");

    let again = Record::open(record.path()).expect("the record");
    let rows = again.runs().expect("a list");
    assert_eq!(rows.iter().map(|row| &row.id).collect::<Vec<_>>(), [&second]);
    let left = again.entries(&second).expect("the run is there");
    let left: Vec<u64> = left.map(|entry| number(&entry.expect("readable"))).collect();
    assert_eq!(left, [0, 1, 2]);
    assert!(!lock(&record, &first).exists() && lock(&record, &second).exists());
}

#[tokio::test]
async fn a_run_that_is_being_written_is_not_removed() {
    let (_folder, record, run) = record();
    let other = Record::open(record.path()).expect("a second look at the record");
    let journal = record.journal(&run).expect("nobody else writes");
    journal.commit(numbered(0)).await.expect("committed");
    assert!(matches!(other.remove(&run), Err(RecordError::Busy { .. })));
    journal
        .commit(numbered(1))
        .await
        .expect("nothing has happened to the run");
    journal.close().await.expect("closed");
    assert_eq!(other.entries(&run).expect("the run is there").count(), 2);
    other.remove(&run).expect("nobody writes it now");
}

#[tokio::test]
async fn a_run_that_was_removed_is_unknown_and_its_id_is_free() {
    let (_folder, record, run) = record();
    write(&record, &run, 2).await;
    record.remove(&run).expect("removed");
    assert!(matches!(record.remove(&run), Err(RecordError::Unknown { .. })));
    assert!(matches!(record.journal(&run), Err(RecordError::Unknown { .. })));
    assert!(!lock(&record, &run).exists(), "a run that is not there has no file");
    let again = record.begin(&manifest(run.as_str())).expect("the id is free");
    assert_eq!(record.entries(&again).expect("the run is there").count(), 0);
}

#[tokio::test]
async fn an_outline_says_what_came_of_trials_and_leaves_out_how() {
    let (_folder, record, run) = record();
    let journal = record.journal(&run).expect("nobody else writes");
    let events = [
        Event::StageBegan {
            stage: "main".to_owned(),
            warm_up: false,
            pacing: None,
        },
        Event::Stepped {
            trial: trial(),
            round: 0,
            commands: Vec::new(),
        },
        Event::TrialFinished {
            trial: trial(),
            verdict: verdict(Grade::Pass),
        },
    ];
    for event in events {
        let at = Duration::ZERO;
        journal.note(Entry { at, host: None, event }).await.expect("noted");
    }
    journal.close().await.expect("closed");
    let outline = record.outline(&run).expect("the run is there");
    let names: Vec<&str> = outline.map(|entry| entry.expect("readable").event.name()).collect();
    assert_eq!(names, ["stage-began", "trial-finished"]);

    let of = |task: &str| record.entries_of(&run, task).expect("the run is there").count();
    assert_eq!(
        (of(&trial().task), of("another")),
        (3, 1),
        "what is about no task is about all of them"
    );
}
