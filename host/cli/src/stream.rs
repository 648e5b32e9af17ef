//! Events for programs: each as a line of JSON on standard output, as it becomes known.

use koderz_core::event::Entry;
use koderz_core::ports::Sink;
use std::io::{self, Write};

/// Writes every event. Where nobody reads any more, the run goes on: what it finds out is in the record.
pub(crate) struct Stream;

impl Sink for Stream {
    fn see(&self, entry: &Entry) {
        let Ok(mut line) = serde_json::to_vec(entry) else {
            return;
        };
        line.push(b'\n');
        let mut out = io::stdout().lock();
        let _ = out.write_all(&line).and_then(|()| out.flush());
    }
}
