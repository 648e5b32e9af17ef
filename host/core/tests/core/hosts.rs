//! Several servers: whichever has room is asked, and one that is away or gone costs no result.

use crate::world::{Backoff, Ran, Script, Seen, plan, run_on, seconds};
use koderz_api::suite::Completion;
use koderz_core::event::{End, Event};
use koderz_core::plan::{Caps, Plan};
use koderz_core::scheduler::RunError;

const POLICY: Backoff = Backoff { waits: false };

async fn on(count: u64, scripts: Vec<Script>, plan: Plan) -> (Ran, Vec<u64>) {
    let (ran, seen) = run_on(count, scripts, plan, POLICY, None).await;
    (ran, seen.iter().map(|Seen { questions, .. }| *questions).collect())
}

fn all_passed(ran: &Ran, count: u64) {
    assert!(matches!(ran.end, Ok(End::Finished)), "{:?}", ran.end);
    assert_eq!((ran.counts().pass, ran.reasons()), (count, Vec::new()));
}

/// How many answers each server has in the record.
fn answered(ran: &Ran, name: &str) -> u64 {
    let by = ran.entries.iter().filter(|entry| entry.host.as_deref() == Some(name));
    by.filter(|entry| {
        matches!(
            entry.event,
            Event::Completed {
                completion: Completion::Asked(Ok(_)),
                ..
            }
        )
    })
    .count() as u64
}

#[tokio::test(start_paused = true)]
async fn two_equal_servers_share_the_questions_and_halve_the_time() {
    let (alone, _) = on(160, vec![Script::default()], plan()).await;
    let (ran, questions) = on(160, vec![Script::default(), Script::default()], plan()).await;
    all_passed(&ran, 160);
    assert_eq!(questions, [80, 80]);
    assert_eq!((answered(&ran, "a"), answered(&ran, "b")), (80, 80));
    assert_eq!(alone.took, seconds(5 + 40 * 4));
    assert_eq!(ran.took, seconds(5 + 20 * 4));
}

#[tokio::test(start_paused = true)]
async fn a_slow_server_gets_what_the_fast_one_has_no_room_for() {
    let slow = Script {
        service: seconds(40),
        ..Script::default()
    };
    let (ran, questions) = on(200, vec![slow, Script::default()], plan()).await;
    all_passed(&ran, 200);
    assert!((15..=24).contains(&questions[0]), "{questions:?}");
    // Ten to one: 200 questions of 4 s in 4 slots are 200 s for the fast one alone.
    assert!(ran.took < seconds(225), "{:?}", ran.took);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_server_that_still_loads() {
    let loading = Script {
        load: seconds(300),
        ..Script::default()
    };
    let (ran, questions) = on(40, vec![loading, Script::default()], plan()).await;
    all_passed(&ran, 40);
    assert_eq!(questions, [0, 40]);
    assert_eq!(ran.took, seconds(45));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_goes_away_leaves_its_questions_to_the_other_and_comes_back() {
    let away = Script {
        away: vec![(seconds(30), seconds(90))],
        ..Script::default()
    };
    let (ran, questions) = on(400, vec![away, Script::default()], plan()).await;
    all_passed(&ran, 400);
    assert_eq!((ran.names("outage-began"), ran.names("outage-ended")), (1, 1));
    let outages = ran
        .entries
        .iter()
        .filter(|entry| entry.event.name().starts_with("outage"));
    assert!(outages.clone().all(|entry| entry.host.as_deref() == Some("a")));
    // Not one that was cut off was asked again before the other server was tried.
    assert!(questions.iter().sum::<u64>() <= 400 + 5, "{questions:?}");
    assert!(questions[0] >= 100, "it came back: {questions:?}");
    let failed = ran
        .entries
        .iter()
        .filter(|entry| entry.event.name() == "attempt-failed");
    assert!(failed.clone().count() >= 1);
    assert!(failed.clone().all(|entry| entry.host.as_deref() == Some("a")));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_lost_is_done_without() {
    let lost = Script {
        away: vec![(seconds(30), seconds(100_000))],
        ..Script::default()
    };
    let caps = Caps {
        outage: seconds(60),
        ..Caps::default()
    };
    let (ran, questions) = on(400, vec![lost, Script::default()], Plan { caps, ..plan() }).await;
    all_passed(&ran, 400);
    assert!(questions[1] > 300, "{questions:?}");
}

#[tokio::test(start_paused = true)]
async fn a_run_ends_when_all_its_servers_are_lost_and_says_why_of_each() {
    let lost = |from| Script {
        away: vec![(seconds(from), seconds(100_000))],
        ..Script::default()
    };
    let caps = Caps {
        outage: seconds(60),
        ..Caps::default()
    };
    let (ran, _) = on(4000, vec![lost(30), lost(200)], Plan { caps, ..plan() }).await;
    let Err(RunError::ServerLost(reason)) = &ran.end else {
        panic!("it ended with {:?}", ran.end);
    };
    assert!(reason.starts_with("a: the server did not come back"), "{reason}");
    assert!(reason.contains("; b: the server did not come back"), "{reason}");
    assert_eq!(ran.reasons(), Vec::<String>::new(), "no trial is judged by an outage");
}
