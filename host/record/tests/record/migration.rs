//! Records of earlier versions are brought up when they are opened, and nothing in them is lost.

use koderz_core::event::{End, Entry, Event};
use koderz_core::past::{Past, Remainder};
use koderz_core::ports::Journal;
use koderz_record::{Record, RunState};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// What the first version wrote of a run against a server that refused every first attempt.
const FIRST: &str = include_str!("version-1.sql");

/// What the second version wrote of a run against two servers that refused every first attempt.
const SECOND: &str = include_str!("version-2.sql");

fn written(path: &Path, version: u32, dump: &str) {
    let old = Connection::open(path).expect("a file");
    old.execute_batch(dump).expect("the dump");
    old.execute_batch(&format!(
        "PRAGMA application_id = 0x6b6f6472; PRAGMA user_version = {version}; PRAGMA journal_mode = WAL;"
    ))
    .expect("the marks of a record");
    old.close().map_err(|(_, error)| error).expect("closed");
}

#[tokio::test]
async fn a_record_of_the_first_version_is_read_and_goes_on() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("runs.db");
    written(&path, 1, FIRST);
    let record = Record::open(&path).expect("an older record");
    let run = record.find("last").expect("its run");
    assert_eq!(record.manifest(&run).expect("its manifest").suite.identity.name, "sums");
    let entries: Vec<Entry> = record
        .entries(&run)
        .expect("its entries")
        .collect::<Result<_, _>>()
        .expect("all readable");
    assert_eq!(entries.len(), 14);
    assert!(entries.iter().all(|entry| entry.host.is_none()));
    let failed = entries.iter().filter(|entry| entry.event.name() == "attempt-failed");
    assert_eq!(failed.count(), 2);
    let mut past = Past::default();
    entries.into_iter().for_each(|entry| past.observe(entry));
    assert_eq!(past.settled(Remainder::All), 2);

    let ended = Entry {
        at: Duration::from_secs(1),
        host: Some("gpu".to_owned()),
        event: Event::Ended { end: End::Finished },
    };
    let journal = record.journal(&run).expect("nobody writes");
    journal.commit(ended.clone()).await.expect("committed");
    let last = record.entries(&run).expect("its entries").last();
    assert_eq!(last.expect("there are some").expect("readable"), ended);
}

#[tokio::test]
async fn a_record_of_the_second_version_is_read_and_can_be_tagged() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("runs.db");
    written(&path, 2, SECOND);
    let record = Record::open(&path).expect("an older record");
    let run = record.find("last").expect("its run");
    assert_eq!(
        record.manifest(&run).expect("its manifest").other_servers[0].host,
        "http://spare:11434"
    );
    let entries: Vec<Entry> = record
        .entries(&run)
        .expect("its entries")
        .collect::<Result<_, _>>()
        .expect("all readable");
    assert_eq!(entries.len(), 17);
    let hosts: BTreeSet<&str> = entries.iter().filter_map(|entry| entry.host.as_deref()).collect();
    assert_eq!(hosts, BTreeSet::from(["http://gpu:11434", "http://spare:11434"]));
    let mut past = Past::default();
    entries.into_iter().for_each(|entry| past.observe(entry));
    assert_eq!(past.settled(Remainder::All), 2);

    let [row] = &record.runs().expect("a list")[..] else {
        panic!("it has one run")
    };
    assert_eq!(
        (row.tags.as_slice(), &row.note, &row.state),
        (&[][..], &None, &RunState::Ended(End::Finished))
    );
    assert_eq!(record.outcome(&run, "0.1.0").expect("none is kept"), None);
    record
        .tag(&run, &["kept".parse().expect("a tag")], &[])
        .expect("tagged");
    record.annotate(&run, "before the update").expect("noted");
    let again = Record::open(&path).expect("the record of this version");
    let row = &again.runs().expect("a list")[0];
    assert_eq!(row.tags[0].as_str(), "kept");
    assert_eq!(row.note.as_deref(), Some("before the update"));
}
