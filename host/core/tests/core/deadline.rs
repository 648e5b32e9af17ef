//! A deadline bounds a question with all its attempts and pauses.

use crate::world::{Backoff, Script, plan, run, seconds};
use koderz_core::plan::Plan;

#[tokio::test(start_paused = true)]
async fn a_question_that_is_late_is_inconclusive_and_says_what_it_last_waited_for() {
    let script = Script {
        busy: vec![(seconds(0), seconds(1000))],
        load: seconds(0),
        ..Script::default()
    };
    let hurried = Plan {
        deadline: Some(seconds(5)),
        ..plan()
    };
    let ran = run(2, script, hurried, Backoff { waits: false }, None).await;
    assert_eq!(ran.counts().inconclusive, 2);
    assert_eq!(
        ran.reasons()[0],
        "no answer within the deadline of 5 s; before that, HTTP 503 server overloaded (queue-full)"
    );
    assert!(ran.took < seconds(6), "{:?}", ran.took);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_under_way_is_cut_off_at_the_deadline() {
    let script = Script {
        service: seconds(1000),
        timeout: seconds(5000),
        ..Script::default()
    };
    let hurried = Plan {
        deadline: Some(seconds(60)),
        ..plan()
    };
    let ran = run(1, script, hurried, Backoff { waits: false }, None).await;
    assert_eq!(ran.reasons(), ["no answer within the deadline of 60 s"]);
}

#[tokio::test(start_paused = true)]
async fn a_load_that_outlasts_the_deadline_costs_no_question_and_happens_once() {
    let script = Script {
        load: seconds(90),
        ..Script::default()
    };
    let hurried = Plan {
        deadline: Some(seconds(60)),
        ..plan()
    };
    let ran = run(8, script, hurried, Backoff { waits: false }, None).await;
    assert_eq!((ran.counts().pass, ran.reasons()), (8, Vec::new()));
    assert_eq!((ran.seen.loads, ran.seen.questions), (1, 8));
}
