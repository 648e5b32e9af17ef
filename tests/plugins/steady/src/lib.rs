//! The same short pause before each of five retries, whatever happened.

use koderz_plugin::{prelude::*, schemars};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// What can be set.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Retries after the first attempt.
    max_retries: u32,
    /// Remember what was decided before, which no policy may.
    impure: bool,
    /// Give up for good at the seventh decision, which remembers as well.
    weary: bool,
    /// Look at a clock, which no plugin has, at the third attempt that was refused as one too many.
    clock: bool,
}

/// Decisions so far.
static DECISIONS: AtomicU32 = AtomicU32::new(0);

impl Default for Settings {
    fn default() -> Self {
        Settings {
            max_retries: 5,
            impure: false,
            weary: false,
            clock: false,
        }
    }
}

/// The policy.
pub struct Steady(Settings);

impl RetryPolicy for Steady {
    type Settings = Settings;

    fn identity() -> PluginInfo {
        koderz_plugin::identity!("steady", "A tenth of a second before each of five retries.")
    }

    fn open(settings: Settings) -> Result<Self, String> {
        Ok(Steady(settings))
    }

    fn decide(&self, attempt: &Attempt) -> Decision {
        if attempt.number > self.0.max_retries {
            return Decision::GiveUp("steadily failing".to_owned());
        }
        if self.0.clock && attempt.number == 3 && attempt.failure.kind == FailureKind::RateLimited {
            std::hint::black_box(Instant::now());
        }
        if self.0.weary && DECISIONS.fetch_add(1, Ordering::Relaxed) >= 6 {
            return Decision::GiveUp("weary".to_owned());
        }
        let longer = match self.0.impure {
            true => DECISIONS.fetch_add(1, Ordering::Relaxed),
            false => 0,
        };
        Decision::Retry(Duration::from_millis(u64::from(100 + longer)))
    }
}

koderz_plugin::export!(retry: Steady);
