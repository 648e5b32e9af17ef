//! Plugins of others: found by name or file, preferred in a fixed order, and no danger to a run when they go wrong.

use koderz_core::event::Event;
use koderz_core::manifest::Manifest;
use koderz_loader::{Engines, Interface, Library, Plugin};
use koderz_tests::{Ended, Koderz, cache, end, serve, test_plugin};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Answers to the questions of the suite `sums`, by a model that can add.
pub(crate) const ADDER: &str = r#"
{"model": "adder", "messages": [{"role": "user", "content": "What is 2 + 2?"}], "reply": {"response": "It is 4.", "done": true}}
{"model": "adder", "messages": [{"role": "user", "content": "What is 20 + 22?"}], "reply": {"response": "It is 42.", "done": true}}
"#;

/// A user whose embedded server has the model `adder`.
pub(crate) fn user_with_adder() -> Koderz {
    let koderz = Koderz::new();
    let cassettes = koderz.data().join("cassettes");
    fs::create_dir(&cassettes).expect("a new folder");
    fs::write(cassettes.join("adder.jsonl"), ADDER).expect("a new file");
    koderz
}

/// A copy of a component that does the same and is another file: it has a section more, which nobody reads.
pub(crate) fn variant(of: &Path, to: &Path) {
    let mut bytes = fs::read(of).expect("the component");
    // Section 0, five bytes long: a name of four.
    bytes.extend(b"\0\x05\x04note");
    fs::write(to, bytes).expect("a new file");
}

fn manifest(koderz: &Koderz) -> Manifest {
    koderz.record().manifest(&koderz.last_run()).expect("the run")
}

fn passed_both(ended: &Ended) {
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("pass               2"), "{}", ended.stdout);
}

/// The reason of the only verdict of a run of the suite `faulty`.
fn reason(fault: &str) -> String {
    let koderz = Koderz::new();
    let faulty = test_plugin("faulty");
    let ended = koderz.call(&format!(
        "benchmark --host embedded --local-model reference --suite {} --set suite.fault={fault}",
        faulty.display()
    ));
    assert_eq!(ended.code, Some(1), "{fault}: {}", ended.stderr);
    assert!(ended.stdout.contains("inconclusive       1"), "{}", ended.stdout);
    assert!(!ended.stderr.contains("panicked at host"), "{}", ended.stderr);
    let record = koderz.record();
    let mut entries = record.entries(&koderz.last_run()).expect("the run");
    let verdict = entries.find_map(|entry| match entry.expect("an entry").event {
        Event::TrialFinished { verdict, .. } => Some(verdict),
        _ => None,
    });
    verdict.expect("a verdict").reason
}

#[test]
fn a_suite_that_goes_wrong_makes_its_trial_inconclusive_and_says_how() {
    let told = ["panic", "allocate", "error", "nothing", "endless"].map(|fault| format!("{fault}: {}", reason(fault)));
    insta::assert_snapshot!(told.join("\n"), @"
    panic: plugin faulty 0.1.0, call next, task only: panic: the sky is falling (tests/plugins/faulty/src/lib.rs:98)
    allocate: plugin faulty 0.1.0, call next, task only: memory limit of 256 MiB reached
    error: plugin faulty 0.1.0, call next, task only: no idea
    nothing: the suite asked for a step without commands
    endless: the suite came to no verdict within 256 rounds
    ");
}

#[test]
fn a_suite_that_does_not_come_back_is_ended_by_its_deadline() {
    assert_eq!(
        reason("hang"),
        "plugin faulty 0.1.0, call next, task only: no answer within 10 s"
    );
}

#[test]
fn a_suite_of_ones_own_is_named_by_its_file() {
    let koderz = user_with_adder();
    passed_both(&koderz.call(&format!(
        "benchmark --host embedded --local-model adder --suite {}",
        test_plugin("sums").display()
    )));
}

#[test]
fn plugins_in_a_folder_of_the_plugin_path_are_found_by_name() {
    let koderz = user_with_adder();
    let folder = test_plugin("sums").with_file_name("");
    let mut command = koderz.command("benchmark --host embedded --local-model adder --suite sums --retry steady");
    passed_both(&end(command.env("KODERZ_PLUGIN_PATH", folder)));
    assert_eq!(manifest(&koderz).retry.identity.name, "steady");
}

#[test]
fn a_run_begun_with_a_file_is_resumed_with_that_file_from_anywhere() {
    let koderz = user_with_adder();
    let cassette = koderz.data().join("cassettes/adder.jsonl");
    // One of its two questions has no answer, so that something is left to go on with.
    fs::write(&cassette, ADDER.trim().lines().next().expect("an answer")).expect("the file");
    let mut command = koderz.command("benchmark --host embedded --local-model adder --suite ./sums.wasm");
    let begun = end(command.current_dir(test_plugin("sums").with_file_name("")));
    assert_eq!(begun.code, Some(1), "{}", begun.stderr);
    fs::write(&cassette, ADDER).expect("the file");
    passed_both(&koderz.call("resume --allow-changes"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_of_ones_own_decides_about_every_retry() {
    let koderz = Koderz::new();
    let cassette = koderz.data().join("adder.jsonl");
    fs::write(&cassette, ADDER).expect("a new file");
    let server = serve(&[cassette], &["busy*5"]).await;
    let command = format!(
        "benchmark --host {} --local-model adder --suite {} --retry {}",
        server.url(),
        test_plugin("sums").display(),
        test_plugin("steady").display()
    );
    let patient = koderz.call(&command);
    passed_both(&patient);
    let retries = patient.stderr.matches("Retrying in 0.1s...").count();
    assert_eq!(retries, 2 * 5, "{}", patient.stderr);
    for attempt in ["attempt 1/6 failed for generate: ", "attempt 5/6 failed for generate: "] {
        assert_eq!(patient.stderr.matches(attempt).count(), 2, "{}", patient.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_of_a_policy_of_ones_own_are_set_like_any_others() {
    let koderz = Koderz::new();
    let cassette = koderz.data().join("adder.jsonl");
    fs::write(&cassette, ADDER).expect("a new file");
    let server = serve(&[cassette], &["busy*5"]).await;
    let hasty = koderz.call(&format!(
        "benchmark --host {} --local-model adder --suite {} --retry {} --set retry.max-retries=2",
        server.url(),
        test_plugin("sums").display(),
        test_plugin("steady").display()
    ));
    assert_eq!(hasty.code, Some(1), "{}", hasty.stderr);
    assert!(hasty.stderr.contains("attempt 3/3 failed"), "{}", hasty.stderr);
    assert!(hasty.stderr.contains("Giving up: steadily failing"), "{}", hasty.stderr);
}

#[test]
fn settings_are_documented_with_their_defaults() {
    let engines = Engines::new(Some(&cache().join("compiled"))).expect("engines");
    let plugin = Plugin::load(&engines, &test_plugin("steady")).expect("the policy loads");
    let schema = plugin.schema(Interface::Retry).expect("a schema");
    let setting = &schema["properties"]["max-retries"];
    assert_eq!(setting["description"], "Retries after the first attempt.");
    assert_eq!(setting["default"], 5);
}

#[test]
fn a_broken_file_in_a_folder_of_plugins_is_warned_of_once_and_keeps_none_from_being_used() {
    let koderz = user_with_adder();
    let folder = koderz.data().join("plugins");
    fs::create_dir(&folder).expect("a new folder");
    fs::write(folder.join("broken.wasm"), "hello").expect("a new file");
    // Not named like the plugins in them, so that every file is looked at, twice.
    fs::copy(test_plugin("sums"), folder.join("one.wasm")).expect("a copy");
    fs::copy(test_plugin("steady"), folder.join("two.wasm")).expect("a copy");
    let ended = koderz.call("benchmark --host embedded --local-model adder --suite sums --retry steady");
    passed_both(&ended);
    let warnings: Vec<&str> = ended.stderr.lines().filter(|line| line.contains("left out")).collect();
    let told = warnings
        .join("\n")
        .replace(&koderz.data().display().to_string(), "DATA");
    insta::assert_snapshot!(
        told,
        @"WARN left out: DATA/plugins/broken.wasm is not a WASM component: it does not begin as WASM does"
    );
}

/// Where the suite `sums` was taken from, with two of them in the folders of the plugin path and one in the data folder.
fn preferred(options: &str) -> PathBuf {
    let koderz = user_with_adder();
    let folders = ["first", "second", "plugins"].map(|name| koderz.data().join(name));
    for folder in &folders {
        fs::create_dir(folder).expect("a new folder");
        fs::copy(test_plugin("sums"), folder.join("sums.wasm")).expect("a copy");
    }
    variant(&test_plugin("sums"), &koderz.data().join("own.wasm"));
    let path = std::env::join_paths(&folders[..2]).expect("a path");
    let mut command = koderz.command(&format!("benchmark --host embedded --local-model adder {options}"));
    let ended = end(command.env("KODERZ_PLUGIN_PATH", path).current_dir(koderz.data()));
    passed_both(&ended);
    let file = PathBuf::from(manifest(&koderz).suite.file);
    let data = koderz.data().canonicalize().expect("the data folder");
    let file = file.canonicalize().expect("the plugin's file");
    file.strip_prefix(data).expect("it is in the data folder").to_owned()
}

#[test]
fn of_two_plugins_of_the_same_name_the_first_folder_wins() {
    assert_eq!(preferred("--suite sums"), Path::new("first").join("sums.wasm"));
}

#[test]
fn a_plugin_that_the_user_names_wins_over_those_in_folders() {
    assert_eq!(preferred("--suite sums --plugin own.wasm"), Path::new("own.wasm"));
    assert_eq!(
        preferred("--suite sums --plugin second/sums.wasm"),
        Path::new("second").join("sums.wasm")
    );
}

#[test]
fn a_plugin_that_the_user_names_has_to_be_sound_even_if_nothing_is_wanted_of_it() {
    let koderz = user_with_adder();
    let folder = TempDir::new().expect("a temporary folder");
    let broken = folder.path().join("broken.wasm");
    fs::write(&broken, "hello").expect("a new file");
    let ended = koderz.call(&format!(
        "benchmark --host embedded --local-model adder --suite sums --plugin {} --plugin {}",
        test_plugin("sums").display(),
        broken.display()
    ));
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("is not a WASM component"), "{}", ended.stderr);
}

/// The evaluators in a cache whose compiled code is there.
#[cfg(target_os = "linux")]
fn compiled(cache: &Path) -> usize {
    let files = fs::read_dir(cache.join("evaluators")).into_iter().flatten().flatten();
    files
        .filter(|file| file.path().extension().is_some_and(|part| part == "code"))
        .count()
}

#[cfg(target_os = "linux")]
#[test]
fn an_evaluator_is_compiled_only_where_its_languages_may_be_wanted() {
    let folder = TempDir::new().expect("a temporary folder");
    let (installed, cache) = (folder.path().join("installed"), folder.path().join("cache"));
    fs::create_dir(&installed).expect("a new folder");
    let own = folder.path().join("own.wasm");
    variant(&test_plugin("tally"), &own);
    for name in ["flawed", "tally"] {
        fs::copy(test_plugin(name), installed.join(format!("{name}.wasm"))).expect("a copy");
    }
    let evaluators = |named: &[&PathBuf], languages: &[&str]| {
        let engines = Engines::new(Some(&cache)).expect("engines");
        let named = named.iter().map(|path| (*path).clone()).collect();
        let library = Library::new(engines, named, vec![installed.clone()]);
        let languages: Vec<String> = languages.iter().map(|language| (*language).to_owned()).collect();
        let serving = library.evaluators(&languages).expect("the user's own is sound");
        let names: Vec<String> = serving
            .plugins
            .iter()
            .map(|plugin| plugin.identity().name.clone())
            .collect();
        (names.join(", "), serving.unserved.into_iter().collect::<Vec<_>>())
    };
    assert_eq!(evaluators(&[&own], &["tally"]), ("tally".to_owned(), Vec::new()));
    assert_eq!(compiled(&cache), 1, "that which the user named does it all");
    // Who runs it is not known before all were asked, once.
    let nobody = || evaluators(&[&own], &["befunge"]);
    assert_eq!(nobody(), (String::new(), vec!["befunge".to_owned()]));
    assert_eq!(compiled(&cache), 3);
    for file in fs::read_dir(cache.join("evaluators")).expect("the folder").flatten() {
        if file.path().extension().is_some_and(|part| part == "code") {
            fs::remove_file(file.path()).expect("it is there");
        }
    }
    assert_eq!(nobody(), (String::new(), vec!["befunge".to_owned()]));
    assert_eq!(compiled(&cache), 0, "what they run was remembered");
    let both = evaluators(&[], &["tally", "flawed"]);
    assert_eq!(both, ("flawed".to_owned(), Vec::new()));
    assert_eq!(compiled(&cache), 1, "one runs both");
}
