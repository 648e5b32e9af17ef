//! A retry policy: what it does, in a line or two.

use koderz_plugin::prelude::*;
use std::time::Duration;

/// What can be set with `--set retry.KEY=VALUE`. The host shows these words to the user.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Retries after the first attempt.
    max_retries: u32,
    /// Seconds before each retry, in which chance spreads the retries of many clients.
    delay: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            max_retries: 3,
            delay: 2.0,
        }
    }
}

pub struct Plugin {
    max_retries: u32,
    delay: Duration,
}

impl RetryPolicy for Plugin {
    type Settings = Settings;

    fn identity() -> PluginInfo {
        koderz_plugin::identity!("new-plugin", "Waits about as long before every retry.")
    }

    fn open(settings: Settings) -> Result<Self, String> {
        let delay = Duration::try_from_secs_f64(settings.delay).map_err(|error| format!("delay: {error}"))?;
        Ok(Plugin {
            max_retries: settings.max_retries,
            delay,
        })
    }

    // A pure function: time and chance are in the attempt.
    fn decide(&self, attempt: &Attempt) -> Decision {
        if attempt.number > self.max_retries {
            return Decision::GiveUp("no retries are left".to_owned());
        }
        // From half the delay to one and a half.
        let chance = 0.5 + attempt.entropy as f64 / u64::MAX as f64;
        let delay = self.delay.mul_f64(chance);
        // A server that says when it wants to be asked again is not asked before.
        Decision::Retry(delay.max(attempt.failure.retry_after.unwrap_or_default()))
    }
}

koderz_plugin::export!(retry: Plugin);

#[cfg(test)]
mod tests {
    use super::*;
    use koderz_plugin::testing::{attempt, open_policy};

    #[test]
    fn it_waits_about_its_delay_and_gives_up_after_its_retries() {
        let policy: Plugin = open_policy(r#"{"delay": 1.0, "max-retries": 2}"#).unwrap();
        for number in [1, 2] {
            let Decision::Retry(delay) = policy.decide(&attempt(number, FailureKind::Overloaded)) else {
                panic!("it gives up at {number}");
            };
            assert!((0.5..=1.5).contains(&delay.as_secs_f64()), "{delay:?}");
        }
        let last = policy.decide(&attempt(3, FailureKind::Overloaded));
        assert!(matches!(last, Decision::GiveUp(_)), "{last:?}");
    }

    #[test]
    fn it_heeds_the_wish_of_the_server() {
        let policy: Plugin = open_policy("{}").unwrap();
        let mut busy = attempt(1, FailureKind::RateLimited);
        busy.failure.retry_after = Some(Duration::from_secs(30));
        assert_eq!(policy.decide(&busy), Decision::Retry(Duration::from_secs(30)));
    }
}
