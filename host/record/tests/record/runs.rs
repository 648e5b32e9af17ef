//! Which runs there are, how one is meant, and how it stands.

use crate::samples::{RUN, ended, manifest, numbered, record};
use koderz_core::event::{End, Entry, Event};
use koderz_core::ports::Journal;
use koderz_record::{RecordError, RunId, RunState};
use std::time::Duration;

const OTHER: &str = "20261124-150000-0001";

#[test]
fn runs_are_listed_with_the_one_begun_last_first() {
    let (_folder, record, first) = record();
    let mut second = manifest(OTHER);
    second.models.clear();
    let second = record.begin(&second).expect("a second run");
    let rows = record.runs().expect("a list");
    let ids: Vec<&RunId> = rows.iter().map(|row| &row.id).collect();
    assert_eq!(ids, [&second, &first]);
    assert_eq!((rows[1].suite.as_str(), rows[1].model.as_str()), ("sums", "small:1b"));
    assert_eq!(rows[0].model, "", "no model is under test");
}

#[test]
fn a_run_is_found_by_its_id_by_a_beginning_of_it_and_as_the_last() {
    let (_folder, record, first) = record();
    let second = record.begin(&manifest(OTHER)).expect("a second run");
    let longer = record.begin(&manifest(&format!("{OTHER}5"))).expect("a third run");
    let found = |wanted: &str| record.find(wanted).expect("found");
    assert_eq!(found("20261124-14"), first);
    assert_eq!(found(OTHER), second, "an id that begins another is itself");
    assert_eq!(found("last"), longer);
}

#[test]
fn what_may_mean_several_runs_names_them() {
    let (_folder, record, first) = record();
    let second = record.begin(&manifest(OTHER)).expect("a second run");
    let error = record.find("20261124").expect_err("both begin so");
    let text = error.to_string();
    assert!(matches!(error, RecordError::Ambiguous { .. }));
    assert!(
        text.contains(first.as_str()) && text.contains(second.as_str()),
        "{text}"
    );
}

#[test]
fn what_means_no_run_names_the_latest_one() {
    let (_folder, record, _) = record();
    for wanted in ["2025", "", "%", "_", "2026*"] {
        let error = record.find(wanted).expect_err("no such run");
        assert!(matches!(error, RecordError::Unknown { .. }), "{wanted}: {error}");
        assert!(error.to_string().contains(RUN), "{error}");
    }
    let unknown: RunId = OTHER.parse().expect("an id");
    assert!(matches!(record.manifest(&unknown), Err(RecordError::Unknown { .. })));
    assert!(matches!(record.entries(&unknown), Err(RecordError::Unknown { .. })));
    assert!(matches!(record.state(&unknown), Err(RecordError::Unknown { .. })));
    assert!(matches!(record.journal(&unknown), Err(RecordError::Unknown { .. })));
}

#[test]
fn an_id_is_taken_once_and_must_be_one() {
    let (_folder, record, _) = record();
    assert!(matches!(record.begin(&manifest(RUN)), Err(RecordError::Taken(_))));
    assert!(matches!(
        record.begin(&manifest("../escape")),
        Err(RecordError::BadId(_))
    ));
    assert_eq!(record.runs().expect("a list").len(), 1);
}

#[tokio::test]
async fn a_run_is_running_while_it_is_written_and_then_as_it_ended() {
    let (_folder, record, run) = record();
    let state = || record.state(&run).expect("a state");
    let began = Entry {
        at: Duration::ZERO,
        host: None,
        event: Event::Began {
            trials: Some(3),
            settled: 0,
            changes: Vec::new(),
        },
    };
    assert_eq!(state(), RunState::Interrupted, "nobody works on it");

    let journal = record.journal(&run).expect("nobody else writes");
    journal.commit(began.clone()).await.expect("committed");
    let pid = Some(std::process::id());
    assert_eq!(state(), RunState::Running { pid });
    journal.commit(numbered(1)).await.expect("committed");
    drop(journal);
    assert_eq!(state(), RunState::Interrupted, "nobody said that it ended");

    for end in [End::Drained, End::Failed("the disk is full".to_owned()), End::Finished] {
        let journal = record.journal(&run).expect("nobody else writes");
        journal.note(began.clone()).await.expect("noted");
        journal.note(numbered(2)).await.expect("noted");
        journal.commit(ended(end.clone())).await.expect("committed");
        journal.close().await.expect("closed");
        assert_eq!(state(), RunState::Ended(end));
    }

    let journal = record.journal(&run).expect("nobody else writes");
    journal.note(began).await.expect("noted");
    drop(journal);
    assert_eq!(state(), RunState::Interrupted, "it was begun again after its end");
    assert_eq!(record.runs().expect("a list")[0].state, RunState::Interrupted);
}

#[tokio::test]
async fn a_run_can_be_read_while_it_is_written() {
    let (_folder, record, run) = record();
    let journal = record.journal(&run).expect("nobody else writes");
    journal.commit(numbered(1)).await.expect("committed");
    let mut entries = record.entries(&run).expect("the run is there");
    assert_eq!(entries.next().expect("an entry").expect("readable"), numbered(1));
    journal.commit(numbered(2)).await.expect("committed beside a reader");
    assert_eq!(entries.next().expect("an entry").expect("readable"), numbered(2));
    assert!(entries.next().is_none());
    assert!(entries.next().is_none(), "the end is the end");
}
