//! Retry policies.

use super::{about, about_type, load};
use koderz_api::retry::{Attempt, Decision};
use koderz_api::transport::{Breaker, Endpoint, Failure, FailureKind, Phase, Traffic};
use koderz_core::event::Event;
use koderz_exponential::Exponential;
use koderz_plugin::testing::open_policy;
use koderz_plugin::{RetryPolicy, schema};
use koderz_tests::{Ended, Koderz, cassette, end, native_plugin, plugin, serve};
use serde_json::{Map, Value};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Attempts of every kind, early and late, with and without a wish of the server's.
fn attempts() -> Vec<Attempt> {
    let kinds = [
        FailureKind::Unreachable,
        FailureKind::Overloaded,
        FailureKind::RateLimited,
        FailureKind::NotReady,
        FailureKind::Crashed,
        FailureKind::Interrupted,
        FailureKind::TimedOut,
        FailureKind::Malformed,
    ];
    let mut attempts = Vec::new();
    for (place, kind) in kinds.into_iter().enumerate() {
        for number in 1..=6 {
            let entropy = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(attempts.len() as u64 + 1);
            attempts.push(Attempt {
                number,
                of_kind: number,
                failure: Failure {
                    kind,
                    detail: "queue-full".to_owned(),
                    phase: Phase::Queue,
                    status: (place % 2 == 0).then_some(503),
                    retry_after: (number % 3 == 0).then_some(Duration::from_secs(7)),
                    message: "server busy, \"please\" try again ⏳".to_owned(),
                },
                endpoint: Endpoint {
                    recent: Traffic {
                        window: Duration::from_secs(60),
                        requests: 10,
                        retries: number,
                        failures: number,
                    },
                    consecutive_failures: number,
                    in_flight: 3,
                    limit: 4,
                    breaker: Breaker::Closed,
                    expected_wait: Duration::from_millis(1500),
                    expected_service: Duration::from_millis(20),
                },
                elapsed: Duration::from_secs(u64::from(number) * 3),
                remaining: (place % 3 == 0).then_some(Duration::from_secs(100)),
                previous_delay: (number > 1).then_some(Duration::from_secs(2)),
                entropy,
            });
        }
    }
    attempts
}

fn transcript(decide: impl Fn(&Attempt) -> Decision) -> Vec<String> {
    attempts()
        .iter()
        .map(|attempt| format!("{:?}", decide(attempt)))
        .collect()
}

fn settings() -> Map<String, Value> {
    [("max-retries".to_owned(), 4.into())].into_iter().collect()
}

fn of_file(path: &Path) -> Vec<String> {
    let plugin = load(path);
    let policy = plugin.open_retry(&settings()).expect("the policy opens");
    let mut told = about(&plugin);
    told.extend(transcript(|attempt| policy.decide(attempt).expect("it decides")));
    told
}

#[test]
fn a_policy_decides_the_same_as_a_component_as_a_library_and_in_process() {
    let policy: Exponential = open_policy(&Value::Object(settings()).to_string()).expect("the policy opens");
    let schema = schema::<<Exponential as RetryPolicy>::Settings>();
    let mut in_process = about_type(Exponential::identity(), "retry", Some(schema));
    in_process.extend(transcript(|attempt| policy.decide(attempt)));
    assert!(in_process.iter().any(|decision| decision.contains("GiveUp")));
    assert!(in_process.iter().any(|decision| decision.contains("Retry(")));
    assert_eq!(of_file(&plugin("exponential")), in_process, "component");
    assert_eq!(of_file(&native_plugin("exponential")), in_process, "shared library");
}

/// A user who allows one file of machine code, by the name of a plugin.
fn trusting(name: &str) -> Koderz {
    let koderz = Koderz::new();
    let file = native_plugin(name);
    let digest = koderz_loader::digest::of(&fs::read(&file).expect("the library"));
    let folder = koderz.data().join("plugins");
    fs::create_dir_all(&folder).expect("a folder");
    fs::copy(&file, folder.join(file.file_name().expect("a file"))).expect("a copy");
    let text = format!("native = true\n\n[pin]\n\"native:{name}\" = \"{digest}\"\n");
    let own = koderz.data().join("config/koderz");
    fs::create_dir_all(&own).expect("a folder");
    fs::write(own.join("koderz.toml"), text).expect("a configuration");
    koderz
}

/// A command of a user's in the folder with the configuration.
fn call(koderz: &Koderz, words: &str) -> Ended {
    let mut command = koderz.command(words);
    end(command.current_dir(koderz.data()))
}

/// The decisions of a run, entry for entry, in the order of the tasks.
async fn decisions(koderz: &Koderz, retry: &str) -> Vec<String> {
    let server = serve(&[cassette("reference")], &["busy*2", "reset:3*2"]).await;
    let ended = call(
        koderz,
        &format!(
            "benchmark --host {} --local-model reference --end 6 --concurrency 1 --max-retries 3 --seed 7 --set \
             retry.initial-delay=0.02 --set retry.jitter=full --retry {retry}",
            server.url()
        ),
    );
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let record = koderz.record();
    let entries = record.entries(&koderz.last_run()).expect("the run");
    let mut decisions: Vec<String> = entries
        .filter_map(|entry| match entry.expect("an entry").event {
            Event::AttemptFailed {
                trial,
                attempt,
                decision,
                ..
            } => Some(format!("{trial:?} {} {decision:?}", attempt.number)),
            _ => None,
        })
        .collect();
    // Which of two pauses ends first is a matter of microseconds.
    decisions.sort();
    decisions
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_is_swapped_by_name_alone_decides_the_same_entry_for_entry() {
    let koderz = trusting("exponential");
    let component = decisions(&koderz, "exponential").await;
    let manifest = koderz.record().manifest(&koderz.last_run()).expect("the run");
    assert!(!manifest.retry.native);
    let library = decisions(&koderz, "native:exponential").await;
    let manifest = koderz.record().manifest(&koderz.last_run()).expect("the run");
    assert!(manifest.retry.native);
    assert_eq!(component.len(), 6 * 4);
    assert_eq!(library, component);
    let told = call(&koderz, "runs show");
    assert!(told.stdout.contains("native: unsandboxed"), "{}", told.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_in_c_is_used_by_its_name_and_a_run_with_it_goes_on_with_it() {
    let server = serve(&[cassette("reference")], &["busy"]).await;
    let koderz = trusting("patient");
    let run = format!(
        "benchmark --host {} --local-model reference --end 1 --retry patient",
        server.url()
    );
    let ended = call(&koderz, &run);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let manifest = koderz.record().manifest(&koderz.last_run()).expect("the run");
    assert_eq!(
        (manifest.retry.identity.name.as_str(), manifest.retry.native),
        ("patient", true)
    );
    let listed = call(&koderz, "plugin list");
    assert!(
        listed.stdout.contains("retry (native: unsandboxed)"),
        "{}",
        listed.stdout
    );
    // Nobody answers at all, so that the run has something left to go on with.
    let silent = serve(&[cassette("reference")], &["busy*all"]).await;
    let run = run.replace(&server.url().to_string(), &silent.url().to_string());
    assert_eq!(call(&koderz, &run).code, Some(1));
    let ended = call(&koderz, &format!("resume last --host {}", server.url()));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let manifest = koderz.record().manifest(&koderz.last_run()).expect("the run");
    assert!(manifest.retry.native, "{}", ended.stderr);
}

#[test]
fn machine_code_is_loaded_only_where_it_is_allowed_twice() {
    let file = native_plugin("patient");
    let digest = koderz_loader::digest::of(&fs::read(&file).expect("the library"));
    let other = "0".repeat(64);
    let koderz = Koderz::new();
    let show = |rest: &str| koderz.call(&format!("plugin show {} {rest}", file.display()));
    for (rest, hint) in [
        (
            String::new(),
            "--native allows it, together with --pin native:NAME=DIGEST",
        ),
        (format!("--pin patient={digest}"), "--native allows it"),
        ("--native".to_owned(), "--pin native:NAME=DIGEST allows this very file"),
        (
            format!("--native --pin patient={other}"),
            "--pin native:NAME=DIGEST allows this very file",
        ),
    ] {
        let ended = show(&rest);
        assert_eq!(ended.code, Some(2), "{rest}: {}", ended.stdout);
        assert!(ended.stderr.contains(hint), "{rest}: {}", ended.stderr);
        assert!(ended.stderr.contains(&digest), "{rest}: {}", ended.stderr);
    }
    // Pinned, but as another plugin, and that one to another file.
    let ended = show(&format!("--native --pin other={digest} --pin patient={other}"));
    assert_eq!(ended.code, Some(2), "{}", ended.stdout);
    assert!(ended.stderr.contains("is pinned to another file"), "{}", ended.stderr);
    let ended = show(&format!("--native --pin patient={digest}"));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("sandbox     none"), "{}", ended.stdout);
}

#[test]
fn machine_code_that_is_installed_and_not_allowed_is_told_of() {
    let koderz = trusting("patient");
    fs::remove_file(koderz.data().join("config/koderz/koderz.toml")).expect("a file");
    let told = native_plugin("patient");
    let told = told.file_name().expect("a file").to_string_lossy();
    for (words, code) in [
        ("plugin list", 0),
        ("plugin show native:patient", 2),
        (
            "benchmark --host embedded --local-model reference --end 1 --retry native:patient",
            2,
        ),
    ] {
        let ended = call(&koderz, words);
        assert_eq!(ended.code, Some(code), "{words}: {}", ended.stdout);
        assert!(ended.stderr.contains(&*told), "{words}: {}", ended.stderr);
        assert!(ended.stderr.contains("machine code"), "{words}: {}", ended.stderr);
    }
}

#[test]
fn a_folder_of_somebody_elses_allows_no_machine_code() {
    let koderz = Koderz::new();
    for text in [
        "native = true",
        "[pin]\npatient = \"00\"",
        "[profile.nightly]\nnative = true",
    ] {
        fs::write(koderz.data().join("koderz.toml"), text).expect("a file");
        let ended = call(&koderz, "plugin list");
        assert_eq!(ended.code, Some(2), "{text}: {}", ended.stdout);
        let words = "does not count in a project's file";
        assert!(ended.stderr.contains(words), "{text}: {}", ended.stderr);
    }
}

#[test]
fn a_component_that_is_not_the_pinned_one_is_refused() {
    let koderz = Koderz::new();
    let ended = koderz.call(&format!("plugin show exponential --pin exponential={}", "0".repeat(64)));
    assert_eq!(ended.code, Some(2), "{}", ended.stdout);
    let words = "pin it anew if you know why it changed";
    assert!(ended.stderr.contains(words), "{}", ended.stderr);
}
