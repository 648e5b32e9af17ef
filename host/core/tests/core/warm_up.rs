//! One load a model, which no question's timeout cuts off.

use crate::world::{Backoff, Script, plan, run, seconds};
use koderz_core::event::End;
use koderz_core::stop::brake;
use tokio::time::sleep;

#[tokio::test(start_paused = true)]
async fn a_load_that_is_longer_than_the_timeout_happens_once_and_every_question_waits_for_it() {
    let script = Script {
        load: seconds(90),
        timeout: seconds(60),
        ..Script::default()
    };
    let ran = run(20, script, plan(), Backoff { waits: false }, None).await;
    assert!(matches!(ran.end, Ok(End::Finished)), "{:?}", ran.end);
    assert_eq!(ran.counts().pass, 20);
    assert_eq!((ran.seen.loads, ran.seen.questions, ran.seen.unprepared), (1, 20, 0));
    // Said after 2 s and then every ten.
    assert_eq!((ran.names("loading"), ran.names("loaded")), (9, 1));
}

#[tokio::test(start_paused = true)]
async fn a_model_that_is_there_already_is_not_worth_a_word() {
    let script = Script {
        load: seconds(0),
        ..Script::default()
    };
    let ran = run(4, script, plan(), Backoff { waits: false }, None).await;
    assert_eq!((ran.counts().pass, ran.names("loading")), (4, 0));
}

#[tokio::test(start_paused = true)]
async fn whoever_stops_a_run_during_a_load_does_not_wait_for_its_end() {
    let script = Script {
        load: seconds(1000),
        ..Script::default()
    };
    let (brake, stop) = brake();
    let stopping = async {
        sleep(seconds(10)).await;
        brake.press();
    };
    let (ran, ()) = tokio::join!(run(4, script, plan(), Backoff { waits: false }, Some(stop)), stopping);
    assert!(matches!(ran.end, Ok(End::Drained)), "{:?}", ran.end);
    assert!(ran.took < seconds(11), "{:?}", ran.took);
}
