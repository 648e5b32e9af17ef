//! The settings of the server under which the speed test is held against the truth.

use koderz_simulator::{Setup, Truth};
use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

/// How long a load takes, and what any prompt costs.
const LOAD: Duration = Duration::from_millis(300);
const START: &str = "start=3ms";

/// One way for the server to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    /// Tokens in a second.
    pub(crate) reads: u32,
    pub(crate) writes: u32,
    /// How tokens are sent, as the server is told it.
    chunking: &'static str,
    /// Questions at once.
    pub(crate) parallel: u32,
    /// Whether prompts are kept.
    cache: bool,
}

/// All that are tried.
pub(crate) fn all() -> Vec<Setting> {
    let mut settings = Vec::new();
    for reads in [4_000, 10_000, 40_000] {
        for writes in [200, 600] {
            for chunking in ["chunk=1", "chunk=4", "burst=3", "cut,jitter=0.3"] {
                for parallel in [1, 4] {
                    for cache in [false, true] {
                        settings.push(Setting {
                            reads,
                            writes,
                            chunking,
                            parallel,
                            cache,
                        });
                    }
                }
            }
        }
    }
    settings
}

impl Setting {
    pub(crate) fn setup(&self, truth: Truth) -> Setup {
        let cache = if self.cache { ",cache" } else { "" };
        let lorem = format!("read={},{START},{}{cache}", self.reads, self.chunking);
        Setup {
            lorem: lorem.parse().expect("a manner"),
            truth: Some(truth),
            load: LOAD,
            parallel: NonZeroU32::new(self.parallel).expect("there are slots"),
            ..Setup::default()
        }
    }

    pub(crate) fn model(&self) -> String {
        format!("lorem:{}", self.writes)
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Setting { reads, writes, .. } = self;
        let cache = if self.cache { "on" } else { "off" };
        write!(
            f,
            "{reads:>6} {writes:>6}  {:<14} {:>8}  {cache:<5}",
            self.chunking, self.parallel
        )
    }
}
