//! ^C and SIGTERM: the first lets what is under way come to its end, the second stops at once.

use anyhow::{Context, Result};
use koderz_core::stop::{Stop, Urgency, brake};
use koderz_report::Terminal;
use std::io::{self, Write};
use std::sync::Arc;

/// What runs are to look at: it is pressed at each signal, for as long as the runtime lives.
pub(crate) fn stop(terminal: &Arc<Terminal>) -> Result<Stop> {
    let (brake, stop) = brake();
    let mut signals = Signals::new().context("listen for signals")?;
    let terminal = terminal.clone();
    tokio::spawn(async move {
        while signals.next().await {
            let said = match brake.press() {
                Urgency::None | Urgency::Drain => {
                    "stopping: what is under way is finished first; once more to stop at once"
                }
                Urgency::Now => "stopping at once",
            };
            // A terminal that is gone is no reason not to stop.
            let _ = writeln!(terminal.writer(), "{said}");
        }
    });
    Ok(stop)
}

/// Resolves at the first signal.
pub(crate) async fn first() -> io::Result<()> {
    Signals::new()?.next().await;
    Ok(())
}

/// Signals from when it was made: none that comes between two looks is missed.
pub(crate) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    pub(crate) fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Resolves at the next signal; false where there will be none.
    #[cfg(unix)]
    pub(crate) async fn next(&mut self) -> bool {
        tokio::select! {
            heard = self.interrupt.recv() => heard.is_some(),
            heard = self.terminate.recv() => heard.is_some(),
        }
    }

    #[cfg(not(unix))]
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Signals {})
    }

    #[cfg(not(unix))]
    pub(crate) async fn next(&mut self) -> bool {
        tokio::signal::ctrl_c().await.is_ok()
    }
}
