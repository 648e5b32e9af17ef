//! A suite's own answers are tried before a model is asked.

use koderz_tests::{Koderz, cassette, serve, test_plugin};
use std::collections::BTreeMap;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_suite_whose_own_answer_fails_is_refused_before_the_first_question_unless_that_is_allowed() {
    let server = serve(&[cassette("reference")], &[]).await;
    let koderz = Koderz::new();
    let call = |options: &str| {
        koderz.call(&format!(
            "benchmark --host {} --local-model lorem:5000 --suite {} {options}",
            server.url(),
            test_plugin("sums").display()
        ))
    };
    let refused = call("--set suite.mistaken=true");
    assert_eq!(refused.code, Some(2), "{}", refused.stdout);
    assert_eq!(
        refused.stderr,
        "error: of the suite's own answers to 2 tasks 1 failed: sum/2 (42 is not in: 41)\n\
         hint: every model would fail these too; --allow-failing-tasks goes on all the same\n"
    );
    assert_eq!(server.counts().questions, 0);
    let allowed = call("--set suite.mistaken=true --allow-failing-tasks");
    assert_eq!(allowed.code, Some(0), "{}", allowed.stderr);
    assert!(
        allowed
            .stderr
            .contains("WARN of the suite's own answers to 2 tasks 1 failed"),
        "{}",
        allowed.stderr
    );
    assert_eq!(call("").code, Some(0), "and without the mistake nothing is said");
}

#[test]
fn programs_get_what_the_right_answer_needs_ten_times_and_three_seconds_at_least() {
    let koderz = Koderz::new();
    let limits = |options: &str| {
        let ended = koderz.call(&format!(
            "benchmark --host embedded --local-model reference --limit 2 {options}"
        ));
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        koderz
            .record()
            .manifest(&koderz.last_run())
            .expect("its manifest")
            .limits
    };
    let least = Duration::from_secs(3);
    let cheap = ["HumanEval/0", "HumanEval/1"].map(|task| (task.to_owned(), least));
    assert_eq!(
        limits(""),
        BTreeMap::from(cheap),
        "both cost far less than a tenth of that"
    );
    let own = limits("--test-timeout 20");
    assert_eq!(own, BTreeMap::new(), "unless the user says how much there is");
}
