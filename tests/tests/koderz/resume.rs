//! Runs that are cut off, and what they cost.

use crate::plugins::{ADDER, user_with_adder};
use koderz_api::chat::Prompt;
use koderz_api::seed::Stream;
use koderz_api::suite::Completion;
use koderz_core::event::{Event, question};
use koderz_simulator::Server;
use koderz_tests::{Koderz, cassette, serve, test_plugin};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Child;
use std::time::{Duration, Instant};

/// Longer than anything here takes on a busy machine.
const LONGEST: Duration = Duration::from_secs(120);

/// Waits until something holds of the server, or the process has ended by itself.
pub(crate) async fn until(child: &mut Child, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() && child.try_wait().expect("the process can be looked at").is_none() {
        assert!(began.elapsed() < LONGEST, "it does not come that far");
        tokio::task::yield_now().await;
    }
}

/// Waits until the server has noticed that its clients are gone.
async fn settled(server: &Server) {
    let began = Instant::now();
    loop {
        let counts = server.counts();
        let ended = counts.answered + counts.unfinished + counts.faults + counts.refused + counts.cancelled;
        if ended == counts.questions {
            return;
        }
        assert!(began.elapsed() < LONGEST, "{counts:?}");
        tokio::task::yield_now().await;
    }
}

/// How many answers are in the record to each question, by what was asked.
fn answered(koderz: &Koderz) -> BTreeMap<String, u64> {
    let record = koderz.record();
    let (mut asked, mut answered) = (BTreeMap::new(), BTreeMap::new());
    for entry in record.entries(&koderz.last_run()).expect("the run") {
        match entry.expect("an entry").event {
            Event::Stepped { trial, commands, .. } => {
                if let Some(Prompt::Chat(messages)) = question(&commands).map(|request| &request.prompt) {
                    asked.insert(trial.task, messages[0].content.clone());
                }
            }
            Event::Completed {
                trial,
                completion: Completion::Asked(Ok(_)),
                ..
            } => *answered.entry(asked[&trial.task].clone()).or_default() += 1,
            _ => {}
        }
    }
    answered
}

/// How often the server was asked something.
fn times(asked: &BTreeMap<String, u64>, content: &str) -> u64 {
    let quoted = serde_json::to_string(content).expect("a string is JSON");
    let matching = asked.iter().filter(|(key, _)| key.contains(&quoted));
    matching.map(|(_, times)| times).sum()
}

/// The trials of the run that was begun last: of each sample what was asked in it, what was answered, and what came of
/// that, without anything that was measured.
fn trials(koderz: &Koderz) -> BTreeMap<(String, u32), Vec<Value>> {
    let record = koderz.record();
    let mut trials: BTreeMap<_, Vec<Value>> = BTreeMap::new();
    for entry in record.entries(&koderz.last_run()).expect("the run") {
        let event = entry.expect("an entry").event;
        let Some(trial) = event.trial().cloned() else { continue };
        let told = match event {
            Event::Stepped { commands, .. } => json!(commands),
            Event::Completed {
                completion: Completion::Asked(Ok(reply)),
                ..
            } => json!([reply.text, reply.thinking, reply.stop, reply.usage]),
            Event::Completed {
                completion: Completion::Executed(Ok(outcome)),
                ..
            } => json!([outcome.exit, outcome.stdout, outcome.stderr]),
            Event::Completed { completion, .. } => json!(completion),
            Event::TrialFinished { verdict, .. } => json!(verdict),
            _ => continue,
        };
        trials.entry((trial.task, trial.sample)).or_default().push(told);
    }
    // What goes on at once within a trial ends in any order.
    trials.values_mut().for_each(|told| told.sort_by_key(Value::to_string));
    trials
}

/// Kills a run again and again at moments that follow from a seed, resumes it to its end, and holds what came of it
/// against a run of the same that nobody disturbed.
async fn kill(kills: u64, tasks: u64, samples: u64) {
    const CONCURRENCY: u64 = 4;
    let server = serve(&[cassette("reference")], &[]).await;
    let asking = format!("--local-model reference --end {tasks} --samples {samples} --temperature 0.8 --seed 7");
    let undisturbed = Koderz::new();
    let ended = undisturbed.call(&format!("benchmark --host {} {asking}", server.url()));
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    server.stop().await;

    let server = serve(&[cassette("reference")], &[]).await;
    let koderz = Koderz::new();
    let mut chance = Stream::new(20_261_125);
    let mut command = format!("benchmark --host {} {asking}", server.url());
    let mut before: (BTreeMap<String, u64>, BTreeMap<String, u64>) = Default::default();
    for kill in 1..=kills {
        let mut child = koderz.start(&command);
        // Anywhere from the first question on, and a little later than the count says.
        let step = 2 * (tasks * samples / kills).max(1);
        let target = server.counts().questions + chance.below(step as usize) as u64;
        until(&mut child, || server.counts().questions > target).await;
        for _ in 0..chance.below(2000) {
            tokio::task::yield_now().await;
        }
        child.kill().expect("it is there");
        child.wait().expect("it ends");
        settled(&server).await;

        let now = (answered(&koderz), server.asked());
        for (content, answers) in before.0.iter().filter(|(_, answers)| **answers == samples) {
            assert_eq!(
                times(&now.1, content),
                times(&before.1, content),
                "{content} was asked again with all its {answers} answers in the record"
            );
        }
        let extra = server.counts().questions - now.0.values().sum::<u64>();
        assert!(extra <= kill * CONCURRENCY, "{extra} extra requests after {kill} kills");
        before = now;
        command = "resume".to_owned();
    }
    let finished = koderz.call("resume");
    assert_eq!(finished.code, Some(0), "{}\n{}", finished.stdout, finished.stderr);
    let questions = server.counts().questions;
    assert!(
        questions <= tasks * samples + kills * CONCURRENCY,
        "{questions} requests"
    );
    let (disturbed, undisturbed) = (trials(&koderz), trials(&undisturbed));
    assert_eq!(disturbed.len() as u64, tasks * samples);
    for (trial, told) in &undisturbed {
        assert_eq!(disturbed.get(trial), Some(told), "{trial:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_kills_lose_nothing_and_change_nothing_and_cost_no_more_than_what_was_under_way() {
    kill(10, 41, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it takes a minute"]
async fn so_do_forty_in_a_run_of_all_tasks_with_two_samples_each() {
    kill(40, 164, 2).await;
}

#[cfg(unix)]
fn signal(child: &Child, name: &str) {
    let status = std::process::Command::new("kill")
        .args([format!("-{name}"), child.id().to_string()])
        .status();
    assert!(status.expect("kill is there").success());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_first_signal_brings_what_is_under_way_to_its_end() {
    for name in ["INT", "TERM"] {
        let server = serve(&[cassette("reference")], &[]).await;
        let koderz = Koderz::new();
        let mut child = koderz.start(&format!("benchmark --host {} --local-model reference", server.url()));
        until(&mut child, || server.counts().questions >= 20).await;
        signal(&child, name);
        let status = child.wait().expect("it ends");
        assert_eq!(status.code(), Some(130), "{name}");
        let counts = server.counts();
        assert!(counts.questions < 164 && counts.cancelled == 0, "{counts:?}");
        // Every answer that was waited for is in the record, and with its verdict.
        assert_eq!(answered(&koderz).values().sum::<u64>(), counts.answered);
        let finished = koderz.call("resume");
        assert_eq!(finished.code, Some(0), "{}\n{}", finished.stdout, finished.stderr);
        assert_eq!(server.counts().questions, 164, "nothing was asked twice");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_second_signal_stops_at_once_and_loses_only_what_was_under_way() {
    let server = serve(&[cassette("reference")], &["silence:2"]).await;
    let koderz = Koderz::new();
    let mut command = koderz.command(&format!(
        "benchmark --host {} --local-model reference --end 4",
        server.url()
    ));
    let mut child = command.spawn().expect("koderz starts");
    let mut said = BufReader::new(child.stderr.take().expect("standard error")).lines();
    until(&mut child, || server.counts().questions >= 4).await;
    signal(&child, "INT");
    assert!(said.any(|line| {
        line.expect("text")
            .starts_with("stopping: what is under way is finished first")
    }));
    // What is under way waits for a server that says nothing more, so only the second signal ends it.
    assert!(child.try_wait().expect("the process can be looked at").is_none());
    signal(&child, "INT");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    let finished = koderz.call("resume");
    assert_eq!(finished.code, Some(0), "{}\n{}", finished.stdout, finished.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_run_can_be_resumed_without_its_server_and_nothing_happens() {
    let server = serve(&[cassette("reference")], &[]).await;
    let koderz = Koderz::new();
    koderz.call(&format!(
        "benchmark --host {} --local-model reference --end 2",
        server.url()
    ));
    server.stop().await;
    let run = koderz.last_run();
    let entries = || koderz.record().entries(&run).expect("the run").count();
    let before = entries();
    for command in ["resume", "resume last", "resume --no-retry-errors --max-retries 7"] {
        let again = koderz.call(command);
        assert_eq!(again.code, Some(0), "{}", again.stderr);
        assert!(again.stderr.contains("nothing is left to do"), "{}", again.stderr);
        assert!(again.stdout.contains("pass               2"), "{}", again.stdout);
    }
    assert_eq!(entries(), before);
}

#[test]
fn what_is_asked_of_a_run_that_is_finished_holds_for_it_too() {
    let koderz = user_with_adder();
    let cassette = koderz.data().join("cassettes/adder.jsonl");
    fs::write(&cassette, ADDER.replace("It is 42.", "It is 43.")).expect("the file");
    let begun = koderz.call(&format!(
        "benchmark --host embedded --local-model adder --suite {}",
        test_plugin("sums").display()
    ));
    assert!(
        begun.stdout.contains("fail               1"),
        "{}{}",
        begun.stdout,
        begun.stderr
    );
    let file = koderz.data().join("results.json");
    let gated = koderz.call(&format!("resume --fail-under pass@1=0.9 --export {}", file.display()));
    assert_eq!(gated.code, Some(3), "{}", gated.stderr);
    assert!(gated.stderr.contains("nothing is left to do"), "{}", gated.stderr);
    assert!(fs::read_to_string(&file).expect("the export").contains("sum/2"));
    assert_eq!(koderz.call("resume --fail-under pass@1=0.4").code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_name_the_last_run_goes_on_in_which_something_is_left() {
    let server = serve(&[cassette("reference")], &["busy"]).await;
    let koderz = Koderz::new();
    let asking = format!("benchmark --host {} --local-model reference --end 1", server.url());
    koderz.call(&format!("{asking} --max-retries 0"));
    let left = koderz.last_run();
    assert_eq!(koderz.call(&asking).code, Some(0), "the fault was met before");
    let resumed = koderz.call("resume");
    assert_eq!(resumed.code, Some(0), "{}", resumed.stderr);
    let said = format!("{left} is the last with something left");
    assert!(resumed.stderr.contains(&said), "{}", resumed.stderr);
    assert!(
        resumed.stdout.contains(&format!("run      {left}")),
        "{}",
        resumed.stdout
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_goes_on_without_retries_says_how_it_would_have_some() {
    let server = serve(&[cassette("reference")], &["busy*all"]).await;
    let koderz = Koderz::new();
    koderz.call(&format!(
        "benchmark --host {} --local-model reference --end 1 --max-retries 0",
        server.url()
    ));
    let hint = format!("koderz resume {} --max-retries 3", koderz.last_run());
    let resumed = koderz.call("resume");
    assert!(resumed.stderr.contains(&hint), "{}", resumed.stderr);
    let resumed = koderz.call("resume --max-retries 0");
    assert!(
        !resumed.stderr.contains(&hint),
        "that is what was wanted: {}",
        resumed.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_goes_on_at_another_server_names_both() {
    let servers = [
        serve(&[cassette("reference")], &["busy"]).await,
        serve(&[cassette("reference")], &[]).await,
    ];
    let koderz = Koderz::new();
    koderz.call(&format!(
        "benchmark --host {} --local-model reference --end 1 --max-retries 0",
        servers[0].url()
    ));
    let resumed = koderz.call(&format!("resume --host {}", servers[1].url()));
    assert_eq!(resumed.code, Some(0), "{}", resumed.stderr);
    let shown = koderz.call("runs show last").stdout;
    for server in &servers {
        let name = server.url().replace("http://", "");
        assert!(shown.contains(&name), "{shown}");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_inconclusive_is_asked_again_where_only_that_is_wanted() {
    // Every question is turned away once, so whatever has ended when the run is stopped is inconclusive.
    let server = serve(&[cassette("reference")], &["busy"]).await;
    let koderz = Koderz::new();
    let mut child = koderz.start(&format!(
        "benchmark --host {} --local-model reference --concurrency 1 --max-retries 0",
        server.url()
    ));
    until(&mut child, || server.counts().questions >= 5).await;
    signal(&child, "INT");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    let tried = server.counts().questions;
    assert!(tried < 164);

    let both = koderz.call("resume --retry-errors --no-retry-errors");
    assert_eq!(both.code, Some(2));
    let ended = koderz.call("resume --retry-errors");
    assert_eq!(ended.code, Some(1), "tasks are left: {}", ended.stderr);
    assert_eq!(server.counts().questions, 2 * tried, "only those were asked again");
    assert!(ended.stdout.contains(&format!("pass {tried:>15}")), "{}", ended.stdout);
    assert!(ended.stdout.contains("hint: koderz resume"), "{}", ended.stdout);
}

#[test]
fn other_settings_of_the_suite_are_another_benchmark_and_have_to_be_allowed() {
    let koderz = Koderz::new();
    // The cassette has completions only, so no conversation has an answer.
    koderz.call("benchmark --host embedded --local-model gemma3:270m-base --end 2");
    let refused = koderz.call("resume --set suite.prompt-style=completion");
    assert_eq!(refused.code, Some(2), "{}", refused.stdout);
    assert!(
        refused
            .stderr
            .contains(r#"the suite's settings were {} and are {"prompt-style":"completion"}"#),
        "{}",
        refused.stderr
    );
    let allowed = koderz.call("resume --set suite.prompt-style=completion --allow-changes");
    assert_eq!(allowed.code, Some(0), "{}", allowed.stderr);
    assert!(
        allowed.stdout.contains("not all alike: the suite's settings were"),
        "{}",
        allowed.stdout
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_policy_needs_no_leave_and_is_in_the_record() {
    let server = serve(&[cassette("reference")], &["busy"]).await;
    let koderz = Koderz::new();
    koderz.call(&format!(
        "benchmark --host {} --local-model reference --end 1 --max-retries 0",
        server.url()
    ));
    let ended = koderz.call("resume --max-retries 7");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let record = koderz.record();
    let entries = record.entries(&koderz.last_run()).expect("the run");
    let began = entries.filter_map(|entry| match entry.expect("an entry").event {
        Event::Began { changes, .. } => Some(changes),
        _ => None,
    });
    let changes: Vec<Vec<String>> = began.collect();
    assert!(changes[0].is_empty());
    assert!(
        changes[1][0].starts_with("the retry policy was exponential")
            && changes[1][0].ends_with(r#"{"max-retries":7}"#),
        "{changes:?}"
    );
}

#[cfg(unix)]
#[test]
fn an_argument_need_not_be_text() {
    use std::os::unix::ffi::OsStrExt;
    let koderz = Koderz::new();
    let file = koderz.data().join(std::ffi::OsStr::from_bytes(b"\xff.json"));
    let mut command = koderz.command("benchmark --host embedded --local-model reference --end 1 --export");
    let ended = koderz_tests::end(command.arg(&file));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(file.is_file());
}

#[cfg(unix)]
#[test]
fn a_cache_that_cannot_be_written_costs_time_and_not_the_run() {
    let koderz = Koderz::new();
    let file = koderz.data().join("no-folder");
    fs::write(&file, "").expect("a file");
    let suite = test_plugin("many");
    let mut command = koderz.command(&format!(
        "benchmark --host embedded --local-model lorem:10000 --set suite.count=2 --suite {}",
        suite.display()
    ));
    let ended = koderz_tests::end(command.env("KODERZ_CACHE_DIR", file.join("below")));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("WARN set up the WASM engine: open the folder"),
        "{}",
        ended.stderr
    );
}
