//! What a person sees while a run goes on.

use crate::progress::{COLUMNS, Progress, Telling};
use crate::screen::{Device, Screen, Showing};
use crate::trend::Glyphs;
use indicatif::ProgressDrawTarget;
use koderz_core::event::Entry;
use koderz_core::ports::Sink;
use std::io::{IsTerminal, Write, stderr};
use std::sync::mpsc::Sender;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How a run is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A bar that moves, with lines above it. Lines alone where standard error is no terminal that could move one.
    Bar,
    /// Lines: the beginning, every tenth of the way, every problem, the end.
    Lines,
    /// Nothing, apart from the log.
    Quiet,
}

/// Shows a run on standard error.
#[derive(Debug)]
pub struct Terminal {
    shape: Shape,
    progress: Mutex<Progress>,
    screen: Screen,
}

impl Terminal {
    /// Shows nothing until work begins.
    pub fn new(shape: Shape) -> Self {
        let target = ProgressDrawTarget::stderr();
        let lines = Box::new(stderr());
        let glyphs = Glyphs::of(|name| std::env::var(name).ok());
        // A file has room for whole lines.
        let columns = if stderr().is_terminal() { COLUMNS } else { usize::MAX };
        match shape {
            Shape::Bar if !target.is_hidden() => {
                let bar = Some(target);
                Self::on(Shape::Bar, columns, Device { bar, lines, glyphs })
            }
            Shape::Bar | Shape::Lines => Self::on(
                Shape::Lines,
                columns,
                Device {
                    bar: None,
                    lines,
                    glyphs,
                },
            ),
            Shape::Quiet => Self::on(
                Shape::Quiet,
                columns,
                Device {
                    bar: None,
                    lines,
                    glyphs,
                },
            ),
        }
    }

    fn on(shape: Shape, columns: usize, device: Device) -> Self {
        Terminal {
            shape,
            progress: Mutex::new(Progress::new(columns)),
            screen: Screen::new(device),
        }
    }

    /// Takes in what was recorded before, without showing it, so that counts are those of the whole run.
    pub fn recall(&self, entry: &Entry) {
        self.progress().observe(entry, Telling::Problems);
    }

    /// Says something that is no warning, such as what is waited for; nothing where it is to be quiet.
    pub fn say(&self, line: &str) {
        if self.shape != Shape::Quiet {
            self.screen.show(Showing::Lines(format!("{line}\n").into_bytes()));
        }
    }

    /// Somewhere to write log lines that does not tear the bar.
    pub fn writer(&self) -> LogWriter {
        LogWriter {
            way: self.screen.way(),
            unfinished: Vec::new(),
        }
    }

    /// Shows what was handed over so far, takes the bar away and forgets the run. To be called before anything else is
    /// printed; another run may follow.
    pub fn rest(&self) {
        self.screen.rest();
        self.progress().forget();
    }

    /// Shows what was handed over so far and takes the bar away. To be called before the process ends without dropping
    /// this. Later log lines go to standard error as they are.
    pub fn finish(&self) {
        self.screen.finish();
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Terminal {
    fn see(&self, entry: &Entry) {
        let telling = match self.shape {
            Shape::Quiet => return,
            Shape::Bar => Telling::Problems,
            Shape::Lines => Telling::All,
        };
        // Handed over under the lock, so that lines come in the order of events.
        let mut progress = self.progress();
        for line in progress.observe(entry, telling) {
            self.screen.show(Showing::Lines((line + "\n").into_bytes()));
        }
        if self.shape == Shape::Bar {
            self.screen.show(Showing::Figures(progress.figures()));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.finish();
    }
}

/// Writes whole lines above the bar. What follows the last line's end is written when this is dropped.
#[derive(Debug)]
pub struct LogWriter {
    way: Sender<Showing>,
    unfinished: Vec<u8>,
}

impl LogWriter {
    fn send(&self, bytes: Vec<u8>) -> std::io::Result<()> {
        match self.way.send(Showing::Lines(bytes)) {
            Err(unsent) => match unsent.0 {
                Showing::Lines(bytes) => stderr().write_all(&bytes),
                Showing::Figures(_) | Showing::Rest(_) | Showing::Finish => Ok(()),
            },
            Ok(()) => Ok(()),
        }
    }
}

impl Clone for LogWriter {
    fn clone(&self) -> Self {
        LogWriter {
            way: self.way.clone(),
            unfinished: Vec::new(),
        }
    }
}

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.unfinished.extend_from_slice(bytes);
        if let Some(end) = self.unfinished.iter().rposition(|byte| *byte == b'\n') {
            let rest = self.unfinished.split_off(end + 1);
            let lines = std::mem::replace(&mut self.unfinished, rest);
            self.send(lines)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        // Whole lines are on their way already, and half a line would tear the bar.
        Ok(())
    }
}

impl Drop for LogWriter {
    fn drop(&mut self) {
        if !self.unfinished.is_empty() {
            let mut bytes = std::mem::take(&mut self.unfinished);
            bytes.push(b'\n');
            // Nobody is left to be told that standard error is closed.
            let _ = self.send(bytes);
        }
    }
}

#[cfg(test)]
mod tests;
