//! A server that goes away costs no result, and waiting for it costs no attempt.

use crate::world::{Backoff, Ran, Script, plan, run, seconds};
use koderz_api::retry::{Attempt, Decision};
use koderz_core::event::{End, Event};
use koderz_core::plan::{Caps, Plan};
use koderz_core::ports::{PluginError, RetryPolicy};
use koderz_core::scheduler::RunError;
use koderz_core::stop::brake;
use tokio::time::sleep;

const POLICY: Backoff = Backoff { waits: false };

fn all_passed(ran: &Ran, count: u64) {
    assert!(matches!(ran.end, Ok(End::Finished)), "{:?}", ran.end);
    assert_eq!((ran.counts().pass, ran.reasons()), (count, Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn three_restarts_with_slow_loads_cost_no_result_and_no_load_is_begun_by_a_question() {
    let script = Script {
        away: vec![
            (seconds(30), seconds(40)),
            (seconds(100), seconds(110)),
            (seconds(200), seconds(210)),
        ],
        load: seconds(20),
        ..Script::default()
    };
    let ran = run(164, script, plan(), POLICY, None).await;
    all_passed(&ran, 164);
    assert_eq!((ran.seen.loads, ran.seen.unprepared), (4, 0));
    // At each restart what was under way is asked again, and one question finds nobody.
    assert!(ran.seen.questions <= 164 + 3 * 5, "{:?}", ran.seen);
    assert_eq!((ran.names("outage-began"), ran.names("outage-ended")), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn a_minute_without_anybody_listening_is_waited_out() {
    let script = Script {
        away: vec![(seconds(20), seconds(80))],
        ..Script::default()
    };
    let ran = run(40, script, plan(), POLICY, None).await;
    all_passed(&ran, 40);
    assert!(ran.seen.questions <= 40 + 5, "{:?}", ran.seen);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_away_from_the_start_is_waited_for_too() {
    let script = Script {
        away: vec![(seconds(0), seconds(60))],
        ..Script::default()
    };
    let ran = run(8, script, plan(), POLICY, None).await;
    all_passed(&ran, 8);
    assert_eq!((ran.seen.questions, ran.seen.unprepared), (8, 0));
}

#[tokio::test(start_paused = true)]
async fn half_a_minute_of_refusals_uses_up_nobodys_attempts() {
    let script = Script {
        busy: vec![(seconds(10), seconds(40))],
        ..Script::default()
    };
    let ran = run(164, script, plan(), POLICY, None).await;
    all_passed(&ran, 164);
    assert!(ran.seen.questions <= 164 * 115 / 100, "{:?}", ran.seen);
}

#[tokio::test(start_paused = true)]
async fn a_policy_may_wait_for_the_server_and_that_is_no_attempt() {
    let script = Script {
        busy: vec![(seconds(10), seconds(40))],
        ..Script::default()
    };
    let ran = run(20, script, plan(), Backoff { waits: true }, None).await;
    all_passed(&ran, 20);
}

/// A policy that decides nothing.
struct Broken;

impl RetryPolicy for Broken {
    fn decide(&self, _attempt: &Attempt) -> Result<Decision, PluginError> {
        Err(PluginError {
            plugin: "broken".to_owned(),
            version: "1".to_owned(),
            call: "decide",
            task: None,
            what: "a trap".to_owned(),
            hint: None,
        })
    }
}

#[tokio::test(start_paused = true)]
async fn where_a_policy_fails_the_built_in_one_decides_and_that_is_written_down() {
    let busy = || Script {
        busy: vec![(seconds(10), seconds(14))],
        ..Script::default()
    };
    let stood_in = |ran: &Ran| {
        let events = ran.entries.iter().map(|entry| &entry.event);
        let decided = events.filter_map(|event| match event {
            Event::AttemptFailed { stood_in, .. } => Some(stood_in.clone()),
            _ => None,
        });
        decided.collect::<Vec<_>>()
    };
    let ran = run(20, busy(), plan(), Broken, None).await;
    all_passed(&ran, 20);
    let decided = stood_in(&ran);
    assert!(!decided.is_empty());
    assert!(
        decided.iter().all(|error| error.as_deref() == Some("a trap")),
        "{decided:?}"
    );
    let sound = run(20, busy(), plan(), POLICY, None).await;
    assert!(!stood_in(&sound).is_empty() && stood_in(&sound).iter().all(Option::is_none));
}

#[tokio::test(start_paused = true)]
async fn without_retries_just_the_questions_that_were_under_way_are_lost() {
    let script = Script {
        away: vec![(seconds(30), seconds(40))],
        ..Script::default()
    };
    let never = Plan {
        max_retries: Some(0),
        ..plan()
    };
    let ran = run(40, script, never, POLICY, None).await;
    let counts = ran.counts();
    assert_eq!(counts.pass + counts.inconclusive, 40);
    assert!((1..=5).contains(&counts.inconclusive), "{counts:?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_come_back_ends_the_run_and_leaves_its_questions_open() {
    let script = Script {
        away: vec![(seconds(30), seconds(100_000))],
        ..Script::default()
    };
    let ran = run(40, script, plan(), POLICY, None).await;
    let Err(RunError::ServerLost(reason)) = &ran.end else {
        panic!("it ended with {:?}", ran.end);
    };
    assert!(reason.starts_with("the server did not come back within 6"), "{reason}");
    assert_eq!(ran.reasons(), Vec::<String>::new(), "no trial is judged by an outage");
    assert!(ran.took >= seconds(600) && ran.took < seconds(700), "{:?}", ran.took);
}

#[tokio::test(start_paused = true)]
async fn a_wedged_server_is_told_from_a_slow_one_by_canaries_that_nobody_answers() {
    let script = Script {
        silent_from: Some(seconds(30)),
        timeout: seconds(120),
        ..Script::default()
    };
    let ran = run(40, script, plan(), POLICY, None).await;
    let Err(RunError::ServerLost(reason)) = &ran.end else {
        panic!("it ended with {:?}", ran.end);
    };
    assert!(reason.starts_with("the server is wedged: m is loaded"), "{reason}");
    assert!(reason.contains("hint: `ollama stop m`"), "{reason}");
    assert!(ran.seen.canaries >= 2);
}

#[tokio::test(start_paused = true)]
async fn whoever_stops_a_run_during_an_outage_does_not_wait_for_its_end() {
    let script = Script {
        away: vec![(seconds(30), seconds(100_000))],
        ..Script::default()
    };
    let (brake, stop) = brake();
    let stopping = async {
        sleep(seconds(60)).await;
        brake.press();
    };
    let (ran, ()) = tokio::join!(run(40, script, plan(), POLICY, Some(stop)), stopping);
    assert!(matches!(ran.end, Ok(End::Drained)), "{:?}", ran.end);
    assert!(ran.took < seconds(70), "{:?}", ran.took);
}

#[tokio::test(start_paused = true)]
async fn how_long_an_outage_is_waited_out_has_a_bound_of_its_own() {
    let script = Script {
        away: vec![(seconds(30), seconds(100_000))],
        ..Script::default()
    };
    let caps = Caps {
        outage: seconds(60),
        ..Caps::default()
    };
    let ran = run(40, script, Plan { caps, ..plan() }, POLICY, None).await;
    assert!(matches!(ran.end, Err(RunError::ServerLost(_))), "{:?}", ran.end);
    assert!(ran.took < seconds(130), "{:?}", ran.took);
}
