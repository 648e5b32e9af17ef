//! The fault matrix: what can befall a server while the whole benchmark is asked of it, one row each.
//!
//! Every row is two tests, whose bodies are in [`trial`](super::trial). With retries nothing is lost, however the server
//! fails, and the report tells what that cost. Without retries just the questions that were hit are lost, and resuming
//! the run repairs them. What a row names in seconds is a tenth of that here, and the retry policy's pauses are a quarter
//! of the usual ones or less; such situations at their full length are in the core's own tests, in virtual time.

use super::trial::{Blow, Hit, Row, costs_nothing, loses_what_it_hits};
use std::time::Duration;

/// So short a pause that a question is asked again before the fault is due again, which would hit a few of them twice.
const AT_ONCE: &str = "0.01";

macro_rules! rows {
    ($($(#[$doc:meta])* $name:ident: $row:expr;)*) => {$(
        $(#[$doc])*
        mod $name {
            use super::*;

            const ROW: Row = $row;

            #[tokio::test(flavor = "multi_thread")]
            async fn costs_no_result() {
                costs_nothing(&ROW).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn without_retries_loses_what_it_hits_and_resume_repairs_that() {
                loses_what_it_hits(&ROW).await;
            }
        }
    )*};
}

rows! {
    /// Killed and started again after 10 s, with 20 s of loading, three times.
    a_server_that_restarts: Row {
        load: Duration::from_secs(2),
        blows: &[
            (20, Blow::Restart(Duration::from_secs(1))),
            (70, Blow::Restart(Duration::from_secs(1))),
            (120, Blow::Restart(Duration::from_secs(1))),
        ],
        kinds: &["server unreachable"],
        outages: 3..=3,
        loads: 4..=4,
        hit: Hit::SomeUnseen,
        ..Row::QUIET
    };

    /// 503 for 30 s, as if others had filled the queue.
    a_server_that_is_busy_for_a_while: Row {
        blows: &[(100, Blow::TurnAway(Duration::from_secs(3)))],
        kinds: &["server overloaded"],
        outages: 1..=1,
        hit: Hit::AsCounted,
        ..Row::QUIET
    };

    /// A load of 90 s with `--timeout 60`.
    a_load_that_outlasts_the_timeout: Row {
        load: Duration::from_secs(9),
        options: "--timeout 6",
        logged: &["loading reference: 2."],
        ..Row::QUIET
    };

    /// The runner is killed in every 25th answer, and the others under way die with it.
    a_runner_that_dies_again_and_again: Row {
        faults: &["die:3/25"],
        pause: AT_ONCE,
        options: "--concurrency 2",
        kinds: &["server error"],
        loads: 7..=8,
        hit: Hit::AsCounted,
        ..Row::QUIET
    };

    /// The same before a token of the answer has come.
    a_runner_that_dies_over_every_25th_question: Row {
        faults: &["die/25"],
        pause: AT_ONCE,
        options: "--concurrency 2",
        kinds: &["server error"],
        loads: 7..=8,
        hit: Hit::AsCounted,
        ..Row::QUIET
    };

    /// An error comes inside every 29th stream. A question that is asked again comes some 11 to 17 places later, behind
    /// those that wait, so a shorter period would meet the same question each time.
    an_error_in_mid_answer: Row {
        faults: &["error:2/29"],
        pause: AT_ONCE,
        kinds: &["server error"],
        hit: Hit::Exactly(5),
        ..Row::QUIET
    };

    /// Every 10th question finds the queue full.
    a_queue_that_is_full_now_and_then: Row {
        faults: &["busy/10"],
        pause: AT_ONCE,
        kinds: &["server overloaded"],
        hit: Hit::Exactly(16),
        ..Row::QUIET
    };

    /// Every 10th stream is cut.
    a_stream_that_is_cut: Row {
        faults: &["reset:5/10"],
        pause: AT_ONCE,
        kinds: &["answer broke off"],
        hit: Hit::Exactly(16),
        ..Row::QUIET
    };

    /// Every 20th stream ends without `done`.
    an_answer_without_an_end: Row {
        faults: &["no-done:5/20"],
        pause: AT_ONCE,
        kinds: &["answer broke off"],
        hit: Hit::Exactly(8),
        ..Row::QUIET
    };

    /// 5 s of silence, which is less than the 300 s that are waited.
    a_silence_within_the_timeout: Row {
        blows: &[(60, Blow::Silence(Duration::from_millis(500)))],
        ..Row::QUIET
    };

    /// 80 s of silence with `--timeout 20`, to which the time for a connection is added before the first token.
    a_silence_that_outlasts_the_timeout: Row {
        blows: &[(60, Blow::Silence(Duration::from_secs(8)))],
        options: "--timeout 2",
        kinds: &["timed out"],
        // Silence in the middle of an answer is no outage by itself.
        outages: 0..=1,
        hit: Hit::AsCounted,
        ..Row::QUIET
    };

    /// Connections are refused for 60 s.
    a_server_that_is_away: Row {
        blows: &[(60, Blow::Restart(Duration::from_secs(6)))],
        kinds: &["server unreachable"],
        outages: 1..=1,
        loads: 2..=2,
        hit: Hit::SomeUnseen,
        ..Row::QUIET
    };

    /// Sixteen questions at once for a model that takes 5 s to load, with room for four in the queue.
    a_burst_on_a_cold_model: Row {
        load: Duration::from_millis(500),
        queue: 4,
        options: "--concurrency 16",
        ..Row::QUIET
    };
}
