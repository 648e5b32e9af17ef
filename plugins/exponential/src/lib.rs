//! The default retry policy: exponential backoff.
//!
//! A pause of 2 s, doubled after each further failure, at most 60 s, and three retries; all four can be set. It tries
//! again what may pass by itself: timeouts, an overloaded or rate-limiting server, lost connections, a model that is not
//! ready, a server that died, an answer that broke off. Some of these are tried less often, because they rarely pass: a
//! server that died twice over the same question probably dies of it, and an answer that ended without saying that it
//! was done usually does so again.

#![warn(missing_docs)]

use koderz_plugin::{prelude::*, schemars};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Retries of a question over which the server or its runner died.
const CRASHES: u32 = 2;

/// Retries of an answer that cannot be read, and of one that ended without `done`.
const ODDITIES: u32 = 1;

/// The longest pause that can be set: a day.
const LONGEST: f64 = 86_400.0;

/// What can be set.
#[derive(Clone, Copy, Debug, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// The pause before the first retry, in seconds.
    #[schemars(range(min = 0.0, max = 86400.0))]
    initial_delay: f64,
    /// What the pause is multiplied by after each further failure.
    #[schemars(range(min = 1.0, max = 100.0))]
    factor: f64,
    /// The longest pause, in seconds.
    #[schemars(range(min = 0.0, max = 86400.0))]
    max_delay: f64,
    /// Retries after the first attempt.
    max_retries: u32,
    /// How much of a pause is left to chance, so that many clients do not come back at once.
    jitter: Jitter,
}

/// How much of a pause is left to chance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Jitter {
    /// Nothing.
    #[default]
    None,
    /// Half of it.
    Equal,
    /// All of it.
    Full,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            initial_delay: 2.0,
            factor: 2.0,
            max_delay: 60.0,
            max_retries: 3,
            jitter: Jitter::None,
        }
    }
}

/// The policy.
pub struct Exponential(Settings);

impl RetryPolicy for Exponential {
    type Settings = Settings;

    fn identity() -> PluginInfo {
        koderz_plugin::identity!(
            "exponential",
            "Exponential backoff: 2 s, doubled, at most 60 s, 3 retries."
        )
    }

    fn open(settings: Settings) -> Result<Self, String> {
        if settings.max_delay < settings.initial_delay {
            return Err(format!(
                "max-delay ({} s) is shorter than initial-delay ({} s)",
                settings.max_delay, settings.initial_delay
            ));
        }
        Ok(Exponential(settings))
    }

    fn decide(&self, attempt: &Attempt) -> Decision {
        if attempt.number > self.0.max_retries {
            return Decision::GiveUp(match self.0.max_retries {
                0 => "no retries allowed".to_owned(),
                _ => "max retries exceeded".to_owned(),
            });
        }
        if let Some((most, why)) = self.fewer(&attempt.failure)
            && attempt.of_kind > most
        {
            return Decision::GiveUp(why.to_owned());
        }
        let delay = self.delay(attempt);
        match attempt.remaining {
            Some(remaining) if delay >= remaining => {
                Decision::GiveUp("the deadline would pass during the pause".to_owned())
            }
            _ => Decision::Retry(delay),
        }
    }
}

impl Exponential {
    /// Retries of failures that are tried less often, and why no more.
    fn fewer(&self, failure: &Failure) -> Option<(u32, &'static str)> {
        match failure.kind {
            FailureKind::Crashed => Some((CRASHES, "the server fails over this question again and again")),
            FailureKind::Malformed => Some((ODDITIES, "the answer could not be read again")),
            FailureKind::Interrupted if failure.detail == "no-done" => {
                Some((ODDITIES, "the answer ended without `done` again"))
            }
            FailureKind::Unreachable
            | FailureKind::Overloaded
            | FailureKind::RateLimited
            | FailureKind::NotReady
            | FailureKind::Interrupted
            | FailureKind::TimedOut => None,
        }
    }

    fn delay(&self, attempt: &Attempt) -> Duration {
        let settings = &self.0;
        // 64 doublings pass any bound; more would only lose the number to infinity.
        let doublings = attempt.number.saturating_sub(1).min(64);
        let whole = (settings.initial_delay * settings.factor.powi(doublings as i32)).min(settings.max_delay);
        let chance = attempt.entropy as f64 / u64::MAX as f64;
        let drawn = match settings.jitter {
            Jitter::None => whole,
            Jitter::Equal => whole / 2.0 + whole / 2.0 * chance,
            Jitter::Full => whole * chance,
        };
        let own = Duration::from_secs_f64(drawn.clamp(0.0, LONGEST));
        let longest = Duration::from_secs_f64(settings.max_delay.clamp(0.0, LONGEST));
        match attempt.failure.retry_after {
            Some(asked) => own.max(asked.min(longest)),
            None => own,
        }
    }
}

koderz_plugin::export!(retry: Exponential);

#[cfg(test)]
mod tests {
    use super::*;
    use koderz_plugin::testing::open_policy;

    fn attempt(kind: FailureKind, number: u32) -> Attempt {
        let failure = Failure {
            kind,
            detail: String::new(),
            phase: Phase::Queue,
            status: None,
            retry_after: None,
            message: String::new(),
        };
        Attempt {
            number,
            of_kind: number,
            failure,
            endpoint: Endpoint::default(),
            elapsed: Duration::ZERO,
            remaining: None,
            previous_delay: None,
            entropy: u64::MAX / 2,
        }
    }

    fn policy(settings: &str) -> Exponential {
        open_policy(settings).expect("settings that are accepted")
    }

    fn seconds(decision: Decision) -> Option<f64> {
        match decision {
            Decision::Retry(delay) => Some(delay.as_secs_f64()),
            Decision::WaitUntilReady | Decision::GiveUp(_) => None,
        }
    }

    #[test]
    fn it_waits_two_four_and_eight_seconds_and_then_gives_up() {
        let policy = policy("{}");
        let delays: Vec<_> = (1..=4)
            .map(|number| seconds(policy.decide(&attempt(FailureKind::Overloaded, number))))
            .collect();
        assert_eq!(delays, [Some(2.0), Some(4.0), Some(8.0), None]);
    }

    #[test]
    fn with_more_retries_the_pause_grows_to_sixty_seconds_and_stays_there() {
        let policy = policy(r#"{"max-retries": 7}"#);
        let delays: Vec<_> = (1..=7)
            .filter_map(|number| seconds(policy.decide(&attempt(FailureKind::TimedOut, number))))
            .collect();
        assert_eq!(delays, [2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]);
    }

    #[test]
    fn without_retries_it_gives_up_at_once() {
        let decision = policy(r#"{"max-retries": 0}"#).decide(&attempt(FailureKind::Overloaded, 1));
        assert_eq!(decision, Decision::GiveUp("no retries allowed".to_owned()));
    }

    #[test]
    fn what_may_pass_is_tried_again_as_often_as_allowed() {
        use FailureKind::{Interrupted, NotReady, Overloaded, RateLimited, TimedOut, Unreachable};
        for kind in [Unreachable, Overloaded, RateLimited, NotReady, Interrupted, TimedOut] {
            let decision = policy("{}").decide(&attempt(kind, 3));
            assert_eq!(seconds(decision), Some(8.0), "{kind:?}");
        }
    }

    #[test]
    fn what_rarely_passes_is_tried_less_often() {
        let mut ended_quietly = attempt(FailureKind::Interrupted, 1);
        ended_quietly.failure.detail = "no-done".to_owned();
        assert_eq!(seconds(policy("{}").decide(&ended_quietly)), Some(2.0));
        ended_quietly.number = 2;
        ended_quietly.of_kind = 2;
        assert_eq!(seconds(policy("{}").decide(&ended_quietly)), None);
        assert_eq!(
            seconds(policy("{}").decide(&attempt(FailureKind::Crashed, 2))),
            Some(4.0)
        );
        assert_eq!(seconds(policy("{}").decide(&attempt(FailureKind::Crashed, 3))), None);
        assert_eq!(seconds(policy("{}").decide(&attempt(FailureKind::Malformed, 2))), None);
    }

    #[test]
    fn a_server_that_asks_for_a_longer_pause_gets_it_within_the_bound() {
        let mut told = attempt(FailureKind::RateLimited, 1);
        told.failure.retry_after = Some(Duration::from_secs(30));
        assert_eq!(seconds(policy("{}").decide(&told)), Some(30.0));
        told.failure.retry_after = Some(Duration::from_secs(600));
        assert_eq!(seconds(policy("{}").decide(&told)), Some(60.0));
        told.failure.retry_after = Some(Duration::from_secs(1));
        assert_eq!(seconds(policy("{}").decide(&told)), Some(2.0));
    }

    #[test]
    fn a_pause_that_would_outlast_the_deadline_is_not_begun() {
        let mut late = attempt(FailureKind::Overloaded, 2);
        late.remaining = Some(Duration::from_secs(4));
        assert_eq!(seconds(policy("{}").decide(&late)), None);
        late.remaining = Some(Duration::from_secs(5));
        assert_eq!(seconds(policy("{}").decide(&late)), Some(4.0));
    }

    #[test]
    fn jitter_stays_between_nought_and_the_pause() {
        for (jitter, low, high) in [("full", 0.0, 2.0), ("equal", 1.0, 2.0)] {
            let policy = policy(&format!(r#"{{"jitter": "{jitter}"}}"#));
            for (entropy, expected) in [(0, low), (u64::MAX, high)] {
                let drawn = policy.decide(&Attempt {
                    entropy,
                    ..attempt(FailureKind::Overloaded, 1)
                });
                assert_eq!(seconds(drawn), Some(expected), "{jitter}");
            }
        }
    }

    #[test]
    fn settings_that_contradict_each_other_or_do_not_exist_are_refused() {
        let refused = |settings: &str| open_policy::<Exponential>(settings).err().expect("refused");
        assert!(refused(r#"{"max-delay": 1}"#).contains("shorter than initial-delay"));
        assert!(refused(r#"{"delay": 1}"#).contains("unknown field `delay`"));
    }
}
