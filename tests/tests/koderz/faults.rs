//! A server that fails in the ways in which servers fail: what it costs, and what is said of it.

mod matrix;
mod trial;

use koderz_core::event::Event;
use koderz_loader::{Engines, Plugin};
use koderz_tests::{Ended, Koderz, cache, cassette, plugin, serve};

/// Asks 164 questions of a server with a fault and answers how that ended and how many questions the server saw.
async fn benchmark(fault: &str, options: &str) -> (Ended, u64) {
    let server = serve(&[cassette("reference")], &[fault]).await;
    let ended = Koderz::new().call(&format!(
        "benchmark --host {} --local-model reference {options}",
        server.url()
    ));
    let questions = server.counts().questions;
    (ended, questions)
}

fn all_passed(ended: &Ended, of: usize) {
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let pass = ended.stdout.lines().find(|line| line.starts_with("pass  "));
    assert_eq!(
        pass.map(|line| line.split_whitespace().last()),
        Some(Some(of.to_string().as_str()))
    );
}

fn retries(ended: &Ended) -> Option<&str> {
    ended.stdout.lines().find(|line| line.starts_with("retries"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_busy_at_every_first_attempt_costs_no_result() {
    let (ended, questions) = benchmark("busy", "--set retry.initial-delay=0.1").await;
    all_passed(&ended, 164);
    assert_eq!(questions, 2 * 164);
    assert_eq!(retries(&ended), Some("retries          164   server overloaded 164"));
    let said = "WARN attempt 1/4 failed for generate: HTTP 503 server overloaded (queue-full): server busy, please try \
                again. maximum pending requests exceeded. Retrying in 0.1s...";
    let warnings = ended.stderr.lines().filter(|line| line.starts_with(said)).count();
    assert_eq!(warnings, 164, "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_reset_in_mid_stream_costs_no_result() {
    let (ended, questions) = benchmark("reset:5", "--set retry.initial-delay=0.01").await;
    all_passed(&ended, 164);
    assert_eq!(questions, 2 * 164);
    assert_eq!(retries(&ended), Some("retries          164   answer broke off 164"));
}

#[tokio::test(flavor = "multi_thread")]
async fn other_passing_faults_cost_no_result_either() {
    for (fault, words) in [
        ("reset:0", "server unreachable 6"),
        ("error:3", "server error 6"),
        ("no-done:3", "answer broke off 6"),
        ("rate-limit", "rate limited 6"),
        ("busy*3", "server overloaded 18"),
        ("silence:2", "timed out 6"),
        ("silence:0", "timed out 6"),
    ] {
        let (ended, _) = benchmark(fault, "--end 6 --timeout 0.5 --set retry.initial-delay=0.01").await;
        all_passed(&ended, 6);
        let retries = retries(&ended).unwrap_or_default();
        assert!(retries.ends_with(words), "{fault}: {retries}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_fails_for_good_is_inconclusive_and_the_others_go_on() {
    let (ended, questions) = benchmark("busy*all", "--end 3 --set retry.initial-delay=0.01").await;
    assert_eq!(ended.code, Some(1), "{}\n{}", ended.stdout, ended.stderr);
    // One attempt and three retries each.
    assert_eq!(questions, 3 * 4);
    assert!(
        ended.stderr.contains("WARN attempt 4/4 failed for generate: HTTP 503"),
        "{}",
        ended.stderr
    );
    assert!(ended.stdout.contains("inconclusive       3"), "{}", ended.stdout);
    assert!(
        ended.stdout.contains("HumanEval/2  max retries exceeded: HTTP 503"),
        "{}",
        ended.stdout
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_retries_just_the_questions_that_were_hit_are_lost_and_resume_repairs_them() {
    let server = serve(&[cassette("reference")], &["busy"]).await;
    let koderz = Koderz::new();
    let lost = koderz.call(&format!(
        "benchmark --host {} --local-model reference --end 4 --max-retries 0",
        server.url()
    ));
    assert_eq!(lost.code, Some(1), "{}\n{}", lost.stdout, lost.stderr);
    assert!(lost.stdout.contains("inconclusive       4"), "{}", lost.stdout);
    let left = koderz.call("resume --no-retry-errors");
    assert_eq!((left.code, server.counts().questions), (Some(1), 4), "{}", left.stderr);
    let repaired = koderz.call("resume");
    all_passed(&repaired, 4);
    assert_eq!(server.counts().questions, 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_retries_is_the_users_to_say() {
    let (ended, questions) = benchmark("busy*5", "--end 2 --max-retries 5 --set retry.initial-delay=0.01").await;
    all_passed(&ended, 2);
    assert_eq!(questions, 2 * 6);
    assert!(
        ended.stderr.contains("WARN attempt 5/6 failed for generate"),
        "{}",
        ended.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_waits_holds_no_slot() {
    // Of two questions the first waits for a minute; were it to hold the only slot, the second would wait with it.
    let server = serve(&[cassette("reference")], &["busy*2"]).await;
    let koderz = Koderz::new();
    let mut waiting = koderz.start(&format!(
        "benchmark --host {} --local-model reference --end 2 --concurrency 1 --set retry.initial-delay=60",
        server.url()
    ));
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while server.counts().questions < 2 && std::time::Instant::now() < deadline {
        tokio::task::yield_now().await;
    }
    waiting.kill().expect("it is still there");
    waiting.wait().expect("it ends");
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_decision_of_a_run_comes_out_the_same_when_the_policy_is_asked_again() {
    let server = serve(&[cassette("reference")], &["busy*2", "reset:3*2"]).await;
    let koderz = Koderz::new();
    let ended = koderz.call(&format!(
        "benchmark --host {} --local-model reference --end 12 --max-retries 3 --set retry.initial-delay=0.02 --set \
         retry.jitter=full",
        server.url()
    ));
    assert_eq!(
        ended.code,
        Some(1),
        "four faults are more than three retries: {}",
        ended.stderr
    );

    let engines = Engines::new(Some(&cache().join("compiled"))).expect("engines");
    let plugin = Plugin::load(&engines, &plugin("exponential")).expect("the policy loads");
    let run = koderz.last_run();
    let settings = koderz.record().manifest(&run).expect("the run").retry.settings;
    let policy = plugin.open_retry(&settings).expect("the policy opens");
    let record = koderz.record();
    let mut decided = 0;
    for entry in record.entries(&run).expect("the run") {
        if let Event::AttemptFailed { attempt, decision, .. } = entry.expect("an entry").event {
            assert_eq!(
                policy.decide(&attempt).expect("the policy works"),
                decision,
                "{attempt:?}"
            );
            decided += 1;
        }
    }
    assert_eq!(decided, 12 * 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_can_be_json_and_then_shows_where_the_time_of_each_attempt_went() {
    let server = serve(&[cassette("reference")], &["busy"]).await;
    let koderz = Koderz::new();
    let mut command = koderz.command(&format!(
        "run --problem-id HumanEval/0 --host {} --local-model reference --set retry.initial-delay=0.01",
        server.url()
    ));
    let ended = koderz_tests::end(command.env("LOG_LEVEL", "debug").env("LOG_FORMAT", "json"));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let lines: Vec<serde_json::Value> = ended
        .stderr
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let said = |level: &str, start: &str| {
        lines.iter().any(|line| {
            let message = line["message"].as_str().unwrap_or_default();
            line["level"] == level && line["task"] == "HumanEval/0" && message.starts_with(start)
        })
    };
    assert!(said("DEBUG", "attempt 1 begins"), "{lines:#?}");
    assert!(said("WARN", "attempt 1/4 failed for generate: HTTP 503"), "{lines:#?}");
    assert!(said("DEBUG", "attempt 2 answered: 0."), "{lines:#?}");
}
