//! What is read is what was written, in the order in which it was.

use crate::samples::{every_event, manifest, number, numbered, record, trial, verdict};
use koderz_api::suite::{Grade, Metric};
use koderz_core::event::{Entry, Event};
use koderz_core::ports::Journal;
use koderz_record::{Record, RunId};
use proptest::prelude::*;
use std::time::Duration;

fn read(record: &Record, run: &RunId) -> Vec<Entry> {
    record
        .entries(run)
        .expect("the run is there")
        .collect::<Result<_, _>>()
        .expect("every entry can be read")
}

fn write_and_read(entries: &[Entry]) -> Vec<Entry> {
    let (_folder, record, run) = record();
    let journal = record.journal(&run).expect("nobody else writes");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        for entry in entries {
            journal.note(entry.clone()).await.expect("noted");
        }
        journal.close().await.expect("closed");
    });
    read(&record, &run)
}

#[test]
fn every_kind_of_event_is_read_as_it_was_written() {
    let entries: Vec<Entry> = every_event()
        .into_iter()
        .zip(1..)
        .map(|(event, at)| Entry {
            at: Duration::from_nanos(at),
            host: None,
            event,
        })
        .collect();
    assert_eq!(write_and_read(&entries), entries);
}

#[test]
fn the_order_is_kept_over_many_pages_of_reading() {
    let entries: Vec<Entry> = (0..1000).map(numbered).collect();
    assert_eq!(write_and_read(&entries), entries);
}

#[test]
fn a_body_of_megabytes_is_kept_whole() {
    let mut verdict = verdict(Grade::Fail);
    verdict.reason = "ö\"\\\n".repeat(1 << 20);
    let entry = Entry {
        at: Duration::ZERO,
        host: None,
        event: Event::TrialFinished {
            trial: trial(),
            verdict,
        },
    };
    assert_eq!(write_and_read(std::slice::from_ref(&entry)), [entry]);
}

#[test]
fn a_manifest_is_read_as_it_was_written() {
    let (_folder, record, run) = record();
    assert_eq!(record.manifest(&run).expect("the manifest"), manifest(run.as_str()));
}

#[tokio::test]
async fn a_run_that_goes_on_is_appended_to() {
    let (_folder, record, run) = record();
    for number in 0..3 {
        let journal = record.journal(&run).expect("nobody else writes any more");
        journal.commit(numbered(number)).await.expect("committed");
    }
    let numbers: Vec<u64> = read(&record, &run).iter().map(number).collect();
    assert_eq!(numbers, [0, 1, 2]);
}

#[tokio::test]
async fn a_verdict_that_could_not_be_read_again_is_refused_and_the_run_stays_readable() {
    let (_folder, record, run) = record();
    let journal = record.journal(&run).expect("nobody else writes");
    let mut strange = verdict(Grade::Pass);
    strange.metrics[0].value = f64::NAN;
    for verdict in [verdict(Grade::Partial(f64::INFINITY)), strange] {
        let event = Event::TrialFinished {
            trial: trial(),
            verdict,
        };
        let entry = Entry {
            at: Duration::ZERO,
            host: None,
            event,
        };
        let error = journal.commit(entry).await.expect_err("refused");
        assert!(error.message.contains("no finite number"), "{error}");
    }
    journal.commit(numbered(7)).await.expect("the journal goes on");
    assert_eq!(number(&read(&record, &run)[0]), 7);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_time_and_finite_number_is_read_as_it_was_written(
        texts in prop::collection::vec(any::<String>(), 0..8),
        values in prop::collection::vec(any::<f64>().prop_filter("finite", |value| value.is_finite()), 0..64),
        nanos in 0..=i64::MAX as u64,
        seed in any::<u64>(),
    ) {
        let mut verdict = verdict(Grade::Ungraded);
        verdict.metrics = values.into_iter().map(|value| Metric { name: seed.to_string(), value }).collect();
        verdict.labels = texts.iter().map(|text| (text.clone(), text.clone())).collect();
        verdict.reason = texts.concat();
        let mut trial = trial();
        trial.task = texts.concat();
        let entry = Entry { at: Duration::from_nanos(nanos), host: None, event: Event::TrialFinished { trial, verdict } };
        prop_assert_eq!(write_and_read(std::slice::from_ref(&entry)), [entry]);
    }
}
