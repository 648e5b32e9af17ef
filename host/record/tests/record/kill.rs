//! A process that dies while it writes takes nothing with it that it was told is safe.
//!
//! The test runs itself as a second process, which commits and prints the number of each entry once it is
//! acknowledged, until it is killed.

use crate::samples::{number, numbered, record};
use futures_util::future::join_all;
use koderz_core::event::Entry;
use koderz_core::ports::Journal;
use koderz_record::{Record, RecordError, RunState};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

const FILE: &str = "KODERZ_TEST_RECORD";
const WRITERS: u64 = 4;
const PREFIX: &str = "committed ";

#[test]
fn what_was_acknowledged_survives_a_kill_and_the_run_goes_on() {
    if let Ok(path) = std::env::var(FILE) {
        return write_until_killed(&path);
    }
    // Arbitrary points: at once, within the first commits, and after the log was check-pointed.
    for lines in [1, 2, 17, 150, 700] {
        let (_folder, record, run) = record();
        let mut child = spawn(&record);
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut printed = output
            .lines()
            .map(|line| line.expect("a line"))
            .filter_map(acknowledged);
        let mut safe: BTreeSet<u64> = printed.by_ref().take(lines).collect();
        assert_eq!(safe.len(), lines, "the other process ended by itself");
        let pid = Some(child.id());
        assert_eq!(record.state(&run).expect("a state"), RunState::Running { pid });
        let refused = record.journal(&run).expect_err("the other process writes it");
        assert!(matches!(refused, RecordError::Busy { pid: found, .. } if found == pid));
        child.kill().expect("killed");
        // It went on until the kill, and whatever it got out counts.
        safe.extend(printed);
        child.wait().expect("gone");

        let again = Record::open(record.path()).expect("the record opens");
        assert_eq!(again.state(&run).expect("a state"), RunState::Interrupted);
        let entries = again.entries(&run).expect("the run is there");
        let read = entries
            .collect::<Result<Vec<Entry>, _>>()
            .expect("every entry can be read");
        let there: BTreeSet<u64> = read.iter().map(number).collect();
        assert_eq!(there.len(), read.len(), "an entry is there twice");
        let lost: Vec<_> = safe.difference(&there).collect();
        assert!(lost.is_empty(), "killed after {lines}, lost {lost:?}");
        again.journal(&run).expect("a process that died lets go of its run");
    }
}

fn spawn(record: &Record) -> Child {
    Command::new(std::env::current_exe().expect("this program"))
        .args([
            "--exact",
            "kill::what_was_acknowledged_survives_a_kill_and_the_run_goes_on",
        ])
        .args(["--nocapture", "--test-threads=1"])
        .env(FILE, record.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a second process")
}

/// The number in a line of the other process. Its test harness prints too, and a line that the kill cut off is none.
fn acknowledged(line: String) -> Option<u64> {
    line.strip_prefix(PREFIX)?.strip_suffix('.')?.parse().ok()
}

fn write_until_killed(path: &str) {
    let record = Record::open(path).expect("the record");
    let run = record.find("last").expect("the run");
    let journal = record.journal(&run).expect("nobody else writes");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    runtime.block_on(join_all((0..WRITERS).map(|writer| {
        let journal = &journal;
        async move {
            for number in (writer..).step_by(WRITERS as usize) {
                journal.commit(numbered(number)).await.expect("committed");
                // Whoever started this is gone: so is the reason to go on.
                if writeln!(std::io::stdout().lock(), "{PREFIX}{number}.").is_err() {
                    return;
                }
            }
        }
    })));
}
