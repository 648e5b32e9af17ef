//! What a process took.

use std::fmt;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Time that a process and those that it started took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    wall: Duration,
    processor: Duration,
}

impl Figures {
    pub(crate) fn wall(&self) -> f64 {
        self.wall.as_secs_f64()
    }

    pub(crate) fn processor(&self) -> f64 {
        self.processor.as_secs_f64()
    }
}

/// Runs a command to its end.
pub(crate) fn measured(command: &mut Command) -> Figures {
    let (before, began) = (childrens_time(), Instant::now());
    let output = command.stdin(Stdio::null()).output().expect("the grader starts");
    let figures = Figures {
        wall: began.elapsed(),
        processor: childrens_time() - before,
    };
    assert!(
        output.status.success(),
        "the grader ended with {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    figures
}

/// Processor time of all processes that this one has waited for.
fn childrens_time() -> Duration {
    let fields = fs::read_to_string("/proc/self/stat").expect("Linux says what a process took");
    let fields: Vec<&str> = fields
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let ticks = |index: usize| fields[index].parse::<u64>().expect("a number of ticks");
    Duration::from_millis((ticks(13) + ticks(14)) * 10)
}

/// The most memory that a command and what it starts hold together, in KiB; shared pages count once.
pub(crate) fn peak(command: &mut Command) -> u64 {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the grader starts");
    let mut most = 0;
    while child.try_wait().expect("the grader can be waited for").is_none() {
        most = most.max(held(child.id()));
        std::thread::sleep(Duration::from_millis(5));
    }
    most
}

fn held(process: u32) -> u64 {
    let own = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
    let own = own.lines().find_map(|line| line.strip_prefix("Pss:"));
    let own = own.and_then(|size| size.trim().strip_suffix(" kB")?.trim().parse().ok());
    let children = fs::read_dir(format!("/proc/{process}/task"))
        .into_iter()
        .flatten()
        .flatten();
    let children = children.map(|thread| fs::read_to_string(thread.path().join("children")).unwrap_or_default());
    let held_by = |ids: String| {
        ids.split_whitespace()
            .filter_map(|id| id.parse().ok())
            .map(held)
            .sum::<u64>()
    };
    own.unwrap_or(0) + children.map(held_by).sum::<u64>()
}

/// The middle of some numbers, and how far they reach.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread {
    least: f64,
    median: f64,
    most: f64,
}

impl Spread {
    /// The spread of at least one number.
    pub(crate) fn of(numbers: impl Iterator<Item = f64>) -> Self {
        let mut numbers: Vec<f64> = numbers.collect();
        numbers.sort_by(f64::total_cmp);
        let last = numbers.len() - 1;
        Spread {
            least: numbers[0],
            median: f64::midpoint(numbers[last / 2], numbers[numbers.len() / 2]),
            most: numbers[last],
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} ({:.2} to {:.2})", self.median, self.least, self.most)
    }
}
