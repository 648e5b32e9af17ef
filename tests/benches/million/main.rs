//! What a run of a million short trials takes: memory, trials per second from its beginning to its end, and how long it
//! takes to show it afterwards.
//!
//! The real binary asks for sums, of a model inside that answers a word at once, so what is measured is the host with its
//! record on the disk. It is the release's binary where there is one. Without `--bench`, which cargo passes, it is a short
//! trial. Figures of a process are read where Linux shows them.

#![expect(clippy::print_stdout, reason = "the figures are what a benchmark is for")]

mod process;

use koderz_tests::{Koderz, built};
use process::Figures;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Instant;

/// Trials in full, and in a trial.
const MILLION: u64 = 1_000_000;
const FEW: u64 = 2_000;

/// Questions under way at once.
const AT_ONCE: u32 = 16;

/// Between two looks at the process once it has said all.
const LOOK: std::time::Duration = std::time::Duration::from_millis(20);

fn main() {
    let in_full = std::env::args().any(|argument| argument == "--bench");
    let trials = if in_full { MILLION } else { FEW };
    let user = Koderz::new();
    let suite = debug().join("test-plugins/arithmetic.wasm");
    let asked = format!(
        "benchmark --host embedded --local-model lorem:100000 --num-predict 1 --concurrency {AT_ONCE} --set \
         suite.count={trials} --suite {}",
        suite.display()
    );
    let mut child = user
        .measured(&asked)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("koderz starts");
    let said = BufReader::new(child.stderr.take().expect("standard error")).lines();
    println!("{trials} trials, {AT_ONCE} at once\n");
    println!("trials     per second   per second of processor time   most memory so far, MB");
    let (mut last, mut done, mut most) = ((Instant::now(), Figures::default()), 0, Figures::default());
    for line in said {
        let line = line.expect("text");
        let Some(now) = counted(&line) else { continue };
        let (at, figures) = (Instant::now(), Figures::of(child.id()).unwrap_or(most));
        let (fresh, cpu) = ((now - done) as f64, (figures.cpu - last.1.cpu).as_secs_f64());
        println!(
            "{now:>9} {:>12.0} {:>30.0} {:>24.1}",
            fresh / (at - last.0).as_secs_f64(),
            fresh / cpu,
            figures.most_bytes as f64 / 1e6
        );
        (last, done, most) = ((at, figures), now, figures);
    }
    // The report is written after the last word.
    while child.try_wait().expect("it can be looked at").is_none() {
        most = Figures::of(child.id()).unwrap_or(most);
        std::thread::sleep(LOOK);
    }
    println!("\nmost memory: {:.1} MB", most.most_bytes as f64 / 1e6);
    for command in ["runs show", "runs"] {
        let began = Instant::now();
        let shown = user.measured(command).output().expect("koderz starts");
        assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
        println!("koderz {command}: {:.3} s", began.elapsed().as_secs_f64());
    }
    let bytes = std::fs::metadata(user.record_path()).map_or(0, |file| file.len());
    println!(
        "record: {:.0} MB, {:.0} bytes for a trial",
        bytes as f64 / 1e6,
        bytes as f64 / trials as f64
    );
}

/// The folder of the build that is not a release, which has the plugins.
fn debug() -> PathBuf {
    built().with_file_name("debug")
}

/// How many trials are done, where a line of the progress says it: `2,000/20,000  1.1 s  …`.
fn counted(line: &str) -> Option<u64> {
    let (done, rest) = line.split_once('/')?;
    rest.starts_with(|c: char| c.is_ascii_digit()).then_some(())?;
    done.replace(',', "").parse().ok()
}
