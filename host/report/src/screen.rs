//! The one place that writes to the terminal: a thread that draws the bar and prints lines above it.
//!
//! Whoever has something to show hands it over and goes on. A terminal that stands still, because its user holds it or
//! because it is slow, must not hold a run back.

use crate::progress::Figures;
use crate::trend::Glyphs;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::Write;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The time in the bar goes on this often when nothing else happens.
const TICK: Duration = Duration::from_secs(1);

/// Where a bar is drawn and lines are written: one and the same device.
pub(crate) struct Device {
    /// None where there is no bar.
    pub(crate) bar: Option<ProgressDrawTarget>,
    pub(crate) lines: Box<dyn Write + Send>,
    /// What the bars of a trend are made of.
    pub(crate) glyphs: Glyphs,
}

/// What can be shown.
pub(crate) enum Showing {
    /// Bytes that end a line.
    Lines(Vec<u8>),
    Figures(Figures),
    /// Take the bar away until there are figures again, and say when it is gone.
    Rest(SyncSender<()>),
    Finish,
}

/// The thread, and the way to it.
#[derive(Debug)]
pub(crate) struct Screen {
    way: Sender<Showing>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Screen {
    pub(crate) fn new(device: Device) -> Self {
        let (way, shown) = channel();
        let thread = std::thread::Builder::new()
            .name("terminal".to_owned())
            .spawn(move || Drawing::new(device).run(&shown))
            // Without threads there is no run either; it is only not seen.
            .ok();
        Screen {
            way,
            thread: Mutex::new(thread),
        }
    }

    pub(crate) fn show(&self, showing: Showing) {
        // A screen that has finished shows nothing more.
        let _ = self.way.send(showing);
    }

    pub(crate) fn way(&self) -> Sender<Showing> {
        self.way.clone()
    }

    /// Shows what was handed over so far, and takes the bar away until there are figures again.
    pub(crate) fn rest(&self) {
        let (gone, seen) = sync_channel(1);
        self.show(Showing::Rest(gone));
        // A screen that has finished has no bar any more.
        let _ = seen.recv();
    }

    /// Shows what was handed over so far, and takes the bar away for good.
    pub(crate) fn finish(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            self.show(Showing::Finish);
            // A thread that panicked has nothing left to clean.
            let _ = thread.join();
        }
    }
}

struct Drawing {
    multi: Option<(MultiProgress, ProgressBar)>,
    lines: Box<dyn Write + Send>,
    glyphs: Glyphs,
    /// None while there is nothing to draw.
    figures: Option<Figures>,
    seen: Instant,
}

impl Drawing {
    fn new(device: Device) -> Self {
        let multi = device.bar.map(|target| {
            let multi = MultiProgress::with_draw_target(target);
            let bar = multi.add(ProgressBar::no_length());
            (multi, bar)
        });
        Drawing {
            multi,
            lines: device.lines,
            glyphs: device.glyphs,
            figures: None,
            seen: Instant::now(),
        }
    }

    fn run(mut self, shown: &Receiver<Showing>) {
        loop {
            let showing = match &self.multi {
                Some(_) => shown.recv_timeout(TICK),
                None => shown.recv().map_err(RecvTimeoutError::from),
            };
            match showing {
                Ok(Showing::Lines(bytes)) => self.print(&bytes),
                Ok(Showing::Figures(figures)) => {
                    self.figures = Some(figures);
                    self.seen = Instant::now();
                    self.draw(figures);
                }
                Err(RecvTimeoutError::Timeout) => {
                    if let Some(figures) = self.figures {
                        self.draw(figures.later(self.seen.elapsed()));
                    }
                }
                Ok(Showing::Rest(gone)) => {
                    self.figures = None;
                    self.clear();
                    // Whoever waited may be gone.
                    let _ = gone.send(());
                }
                Ok(Showing::Finish) | Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.clear();
    }

    fn clear(&self) {
        if let Some((_, bar)) = &self.multi {
            bar.finish_and_clear();
        }
    }

    fn print(&mut self, bytes: &[u8]) {
        let lines = &mut self.lines;
        // Where nobody reads any more, there is nobody to tell.
        let mut write = || {
            let _ = lines.write_all(bytes).and_then(|()| lines.flush());
        };
        match &self.multi {
            Some((multi, _)) => multi.suspend(write),
            None => write(),
        }
    }

    fn draw(&self, figures: Figures) {
        let Some((_, bar)) = &self.multi else { return };
        if bar.is_finished() {
            bar.reset();
        }
        match figures.total {
            Some(total) => {
                bar.set_style(style("[{bar:24}] {prefix}\n{msg}"));
                bar.set_length(total);
            }
            None => bar.set_style(style("{prefix}\n{msg}")),
        }
        bar.set_position(figures.done);
        bar.set_prefix(figures.course());
        bar.set_message(figures.state(self.glyphs));
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .expect("the template is one of two that are written here")
        .progress_chars("=> ")
}
