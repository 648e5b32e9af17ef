//! A shared library that answers noise.

use crate::{holds, made};
use koderz_api::execution::{Limits, Program};
use koderz_api::retry::Attempt;
use koderz_api::transport::FailureKind;
use koderz_core::ports::{Evaluator, RetryPolicy, Suite};
use koderz_loader::{Engines, Plugin, Trust, digest};
use koderz_plugin::testing::{attempt, trial};
use serde_json::Map;
use std::fs;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Everything that can be asked of it; how much of that had an answer.
fn ask(suite: &dyn Suite, policy: &dyn RetryPolicy, evaluator: &dyn Evaluator, failed: &Attempt) -> u64 {
    let task = koderz_api::suite::Task {
        id: "a".to_owned(),
        stage: "main".to_owned(),
        input: "1".to_owned(),
        labels: Vec::new(),
    };
    let program = |judge: Option<&str>| Program {
        language: "x".to_owned(),
        subject: "x".to_owned(),
        judge: judge.map(str::to_owned),
        entry_points: vec!["x".to_owned()],
        stdin: Vec::new(),
        limits: Limits {
            cpu: Duration::from_secs(1),
            wall: Duration::from_secs(10),
            memory_bytes: 1 << 20,
            output_bytes: 1 << 10,
        },
    };
    [
        suite.describe().is_ok(),
        suite.tasks(Some("2")).is_ok(),
        suite.next(&trial(task.clone()), &[]).is_ok(),
        suite.answer(&task).is_ok(),
        suite.summarize(&[]).is_ok(),
        suite.next_stage(&[]).is_ok(),
        policy.decide(failed).is_ok(),
        evaluator.execute(&program(None)).is_ok(),
        evaluator.execute(&program(Some("x"))).is_ok(),
    ]
    .iter()
    .filter(|answered| **answered)
    .count() as u64
}

/// Calls it until the time is up; whether the host held.
pub(crate) fn fuzz(time: Duration) -> bool {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    let file = made(&format!("test-plugins/native/{DLL_PREFIX}noise{DLL_SUFFIX}"));
    let digest = digest::of(&fs::read(&file).expect("the library"));
    let mut trust = Trust {
        native: true,
        ..Trust::default()
    };
    trust.pins.entry("noise".to_owned()).or_default().insert(digest);
    let engines = Engines::new(None).expect("engines").trusting(trust);
    let plugin = Plugin::load(&engines, &file).expect("it loads");
    let suite = plugin.open_suite(&Map::new()).expect("it opens");
    let policy = plugin.open_retry(&Map::new()).expect("it opens");
    // From here on it is noisy.
    let evaluator: Arc<dyn Evaluator> = plugin.evaluator(None).expect("it opens");
    let failed = attempt(1, FailureKind::Overloaded);
    let (mut rounds, mut answered, mut findings) = (0_u64, 0_u64, 0_u64);
    let began = Instant::now();
    while began.elapsed() < time {
        rounds += 1;
        let held = holds(AssertUnwindSafe(|| {
            answered += ask(&*suite, &*policy, &*evaluator, &failed);
        }));
        findings += u64::from(!held);
    }
    println!(
        "native: {} calls in {:.0} s, of which {answered} had an answer that could be read; {findings} findings",
        rounds * 9,
        began.elapsed().as_secs_f64()
    );
    findings == 0
}
