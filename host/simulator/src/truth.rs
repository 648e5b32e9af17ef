//! What really happened, for whoever measures this server and wants to know how well.
//!
//! A file of JSON Lines: first which clock the times are of, then one line for each question, written once it has ended.
//! Times are nanoseconds. Where the system has a clock that all processes read alike (CLOCK_MONOTONIC) it is that one, so
//! that a client in another process can be held against it; otherwise they are counted from when the file was begun.

use crate::count::Outcome;
use crate::reply::Tail;
use jiff::Timestamp;
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// Where it is written.
#[derive(Clone, Debug)]
pub struct Truth(Arc<Log>);

#[derive(Debug)]
struct Log {
    file: Mutex<BufWriter<File>>,
    clock: Clock,
}

/// What the clock of the file showed at an instant.
#[derive(Clone, Copy, Debug)]
struct Clock {
    name: &'static str,
    at: Instant,
    nanos: u64,
}

#[derive(Serialize)]
struct Head {
    clock: &'static str,
    nanos: u64,
    unix: String,
}

impl Truth {
    /// Begins a file, in the place of one that was there.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn create(path: &Path) -> io::Result<Truth> {
        let clock = Clock::now();
        let truth = Truth(Arc::new(Log {
            file: Mutex::new(BufWriter::new(File::create(path)?)),
            clock,
        }));
        truth.write(&Head {
            clock: clock.name,
            nanos: clock.nanos,
            unix: Timestamp::now().to_string(),
        })?;
        Ok(truth)
    }

    fn write(&self, line: &impl Serialize) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        let mut file = self.0.file.lock().expect("nobody panics while writing");
        file.write_all(&text)?;
        file.flush()
    }

    fn nanos(&self, at: Instant) -> u64 {
        let Clock { at: then, nanos, .. } = self.0.clock;
        let since = |later: Instant, earlier| later.saturating_duration_since(earlier).as_nanos() as u64;
        (nanos + since(at, then)).saturating_sub(since(then, at))
    }
}

impl Clock {
    #[cfg(unix)]
    fn now() -> Self {
        use rustix::time::{ClockId, clock_gettime};
        let time = clock_gettime(ClockId::Monotonic);
        Clock {
            name: "CLOCK_MONOTONIC",
            at: Instant::now(),
            nanos: time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64,
        }
    }

    #[cfg(not(unix))]
    fn now() -> Self {
        Clock {
            name: "since the beginning",
            at: Instant::now(),
            nanos: 0,
        }
    }
}

/// What happens to one question.
#[derive(Debug)]
pub(crate) struct Account {
    truth: Truth,
    line: Line,
    /// Tokens that are handed over and not written yet.
    handed: usize,
    /// When its prompt is read, if nothing comes between.
    reads: Option<Instant>,
    /// When something was last written.
    wrote: Instant,
    over: Over,
}

/// Whether a question has come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    No,
    /// It has, and its client is not told yet.
    Settled,
    /// Some of what tells the client is written.
    Told,
    Written,
}

/// A line of the file. Times that never came are not in it.
#[derive(Debug, Default, Serialize)]
struct Line {
    model: String,
    /// How the prompt begins.
    prompt: String,
    arrived: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    loaded: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slot: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    read: Option<u64>,
    /// Tokens and the time at which the write of them had returned.
    chunks: Vec<(usize, u64)>,
    ended: u64,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    told: Option<Tail>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rates: Option<Rates>,
}

/// What was set.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Rates {
    /// Tokens in a second.
    pub(crate) read: f64,
    pub(crate) write: f64,
}

/// Characters of a prompt that are kept.
const BEGINNING: usize = 40;

impl Account {
    pub(crate) fn new(truth: Truth, model: &str, prompt: &str, arrived: Instant) -> Self {
        let line = Line {
            model: model.to_owned(),
            prompt: prompt.chars().take(BEGINNING).collect(),
            arrived: truth.nanos(arrived),
            outcome: "cancelled",
            ..Line::default()
        };
        Account {
            truth,
            line,
            handed: 0,
            reads: None,
            wrote: arrived,
            over: Over::No,
        }
    }

    /// It had its model, and then its slot.
    pub(crate) fn begins(&mut self, loaded: Instant, slot: Instant, rates: Option<Rates>) {
        (self.line.loaded, self.line.slot) = (Some(self.truth.nanos(loaded)), Some(self.truth.nanos(slot)));
        self.line.rates = rates;
    }

    /// It had its model, which is all that it wanted.
    pub(crate) fn loads(&mut self, loaded: Instant) {
        self.line.loaded = Some(self.truth.nanos(loaded));
    }

    /// The prompt is read at that time, if the question is there so long.
    pub(crate) fn reads(&mut self, at: Instant) {
        self.reads = Some(at);
    }

    /// So many tokens are on their way to the connection.
    pub(crate) fn hands(&mut self, tokens: usize) {
        self.handed += tokens;
    }

    pub(crate) fn tells(&mut self, tail: Tail) {
        self.line.told = Some(tail);
    }

    /// Something was written.
    pub(crate) fn writes(&mut self, at: Instant) {
        self.wrote = at;
        if self.over == Over::Settled {
            self.over = Over::Told;
        }
    }

    /// All that was handed over is written; whether that was the end.
    pub(crate) fn flushed(&mut self) -> bool {
        if self.handed > 0 {
            let at = self.truth.nanos(self.wrote);
            self.line.chunks.push((std::mem::take(&mut self.handed), at));
        }
        if self.over == Over::Told {
            self.over = Over::Written;
        }
        self.over == Over::Written
    }

    /// What became of it. It is over with what is written next.
    pub(crate) fn ends(&mut self, outcome: Outcome) {
        self.over = Over::Settled;
        self.line.outcome = match outcome {
            Outcome::Answered => "answered",
            Outcome::Unfinished => "unfinished",
            Outcome::Fault => "fault",
            Outcome::Refused => "refused",
            Outcome::RefusedBusy => "refused-busy",
            Outcome::Died => "died",
        };
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        // Of what did not come to its last write the connection is gone, or it was reset.
        let ended = match self.over {
            Over::Written => self.wrote,
            Over::No | Over::Settled | Over::Told => Instant::now(),
        };
        self.line.ended = self.truth.nanos(ended);
        let read = self.reads.filter(|read| *read <= ended);
        self.line.read = read.map(|read| self.truth.nanos(read));
        // The answers come first: a full disk is no reason to give none.
        let _ = self.truth.write(&self.line);
    }
}
