//! What is kept beside a run's events: the user's words, and what the run came to.

use crate::samples::{numbered, record};
use koderz_core::ports::Journal;
use koderz_record::{Outcome, Record, RunId, Tag};

fn tag(text: &str) -> Tag {
    text.parse().expect("a tag")
}

fn outcome(figures: &str) -> Outcome {
    Outcome {
        figures: figures.to_owned(),
        text: None,
    }
}

async fn add(record: &Record, run: &RunId) {
    let journal = record.journal(run).expect("nobody else writes");
    journal.commit(numbered(0)).await.expect("committed");
    journal.close().await.expect("closed");
}

#[test]
fn tags_are_given_once_taken_away_and_listed_in_order() {
    let (_folder, record, run) = record();
    record.tag(&run, &[tag("b"), tag("a"), tag("b")], &[]).expect("tagged");
    assert_eq!(record.tags(&run).expect("its tags"), [tag("a"), tag("b")]);
    record.tag(&run, &[tag("c")], &[tag("a"), tag("none")]).expect("tagged");
    assert_eq!(record.tags(&run).expect("its tags"), [tag("b"), tag("c")]);
    let unknown: RunId = "nosuch".parse().expect("an id");
    assert!(record.tag(&unknown, &[tag("a")], &[]).is_err());
}

#[test]
fn a_note_takes_the_place_of_the_one_before_and_an_empty_one_is_none() {
    let (_folder, record, run) = record();
    for (note, kept) in [("first", Some("first")), ("second", Some("second")), ("", None)] {
        record.annotate(&run, note).expect("noted");
        assert_eq!(record.note(&run).expect("its note").as_deref(), kept);
    }
}

#[tokio::test]
async fn what_a_run_came_to_counts_until_something_happens_and_for_the_version_that_counted() {
    let (_folder, record, run) = record();
    add(&record, &run).await;
    record.keep_outcome(&run, "1", &outcome("{}")).expect("kept");
    assert_eq!(record.outcome(&run, "1").expect("readable"), Some(outcome("{}")));
    assert_eq!(record.outcome(&run, "2").expect("readable"), None);
    add(&record, &run).await;
    assert_eq!(record.outcome(&run, "1").expect("readable"), None);
    record.keep_outcome(&run, "1", &outcome("[]")).expect("kept");
    assert_eq!(record.outcome(&run, "1").expect("readable"), Some(outcome("[]")));
}

#[tokio::test]
async fn a_run_that_is_removed_takes_its_words_with_it_and_its_room_can_be_freed() {
    let (_folder, record, run) = record();
    add(&record, &run).await;
    record.tag(&run, &[tag("a")], &[]).expect("tagged");
    record
        .keep_outcome(&run, "1", &outcome(&"x".repeat(100_000)))
        .expect("kept");
    record.remove(&run).expect("removed");
    assert!(record.tags(&run).expect("readable").is_empty());
    assert!(record.free_bytes().expect("readable") > 50_000);
    record.shrink().expect("nobody writes");
    assert_eq!(record.free_bytes().expect("readable"), 0);
}

#[tokio::test]
async fn a_lock_whose_run_is_gone_is_an_orphan_and_other_files_are_not_touched() {
    let (_folder, record, run) = record();
    add(&record, &run).await;
    let folder = record.path().with_file_name("runs");
    for name in ["20200101-000000-0000.lock", "README.lock", "notes.txt"] {
        std::fs::write(folder.join(name), "").expect("a file");
    }
    assert_eq!(
        record.orphans().expect("readable"),
        [folder.join("20200101-000000-0000.lock")]
    );
}
