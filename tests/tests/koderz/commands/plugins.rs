//! `koderz plugin`: what is installed, and what is known of one plugin.

use koderz_tests::{Ended, Koderz, end, plugin, test_plugin};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// What was said of a plugin, without what differs from one build to the next.
fn told(ended: &Ended, file: &Path) -> String {
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let lines = ended.stdout.lines().map(|line| match line.split(' ').next() {
        Some("size") => "size        N bytes".to_owned(),
        Some("sha-256") => format!("sha-256     {} digits", line.len() - "sha-256     ".len()),
        _ => line.replace(&file.display().to_string(), "FILE"),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn installed_plugins_are_listed_with_what_they_are() {
    let ended = Koderz::new().call("plugin list");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    insta::assert_snapshot!(ended.stdout, @r#"
    exponential  0.1.0  retry                    Exponential backoff: 2 s, doubled, at most 60 s, 3 retries.
    humaneval    0.1.0  suite, reference         HumanEval: 164 Python functions, each judged by its own test.
    python       0.1.0  evaluator                Runs Python programs: CPython 3.14.0 in WASM.
    speed        0.1.0  suite, summary, planner  Speed: how fast a model loads, reads and writes.
    "#);
}

#[test]
fn a_plugin_of_ones_own_is_listed_first_and_a_broken_file_is_named() {
    let koderz = Koderz::new();
    let folder = koderz.data().join("plugins");
    fs::create_dir(&folder).expect("a folder");
    fs::write(folder.join("broken.wasm"), "hello").expect("a file");
    let ended = koderz.call(&format!("plugin list --plugin {}", test_plugin("sums").display()));
    assert_eq!(ended.code, Some(1), "something cannot be used");
    assert!(ended.stdout.starts_with("sums "), "{}", ended.stdout);
    assert!(
        ended.stderr.contains("cannot be used: ") && ended.stderr.contains("broken.wasm is not a WASM component"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_plugin_is_shown_with_its_file_its_border_and_what_can_be_set() {
    let koderz = Koderz::new();
    let shown = koderz.call("plugin show exponential");
    insta::assert_snapshot!(told(&shown, &plugin("exponential")), @r#"
    exponential 0.1.0
    Exponential backoff: 2 s, doubled, at most 60 s, 3 retries.

    file        FILE
    size        N bytes
    sha-256     64 digits
    interfaces  identity, retry
    imports     koderz:plugin/log@0.1.0
                koderz:plugin/types@0.1.0
                koderz:plugin/transport@0.1.0

    settings, as --set retry.KEY=VALUE
      factor  number from 1 to 100 [default: 2]
          What the pause is multiplied by after each further failure.
      initial-delay  number from 0 to 86400 [default: 2]
          The pause before the first retry, in seconds.
      jitter  none | equal | full [default: none]
          How much of a pause is left to chance, so that many clients do not come back at once.
          none: Nothing.
          equal: Half of it.
          full: All of it.
      max-delay  number from 0 to 86400 [default: 60]
          The longest pause, in seconds.
      max-retries  whole number from 0 [default: 3]
          Retries after the first attempt.
    "#);
    let file = test_plugin("sums");
    let shown = koderz.call(&format!("plugin show {}", file.display()));
    insta::assert_snapshot!(told(&shown, &file), @r#"
    sums 0.1.0
    Asks for two sums.

    file        FILE
    size        N bytes
    sha-256     64 digits
    interfaces  identity, suite, reference
    imports     koderz:plugin/log@0.1.0
                koderz:plugin/types@0.1.0
                koderz:plugin/chat@0.1.0
                koderz:plugin/execution@0.1.0

    settings, as --set suite.KEY=VALUE
      aloud  true | false [default: false]
          Ask to think aloud first.
      mistaken  true | false [default: false]
          Give a wrong answer to the second sum as the right one.
    "#);
}

#[test]
fn an_evaluator_is_shown_with_its_languages() {
    let shown = Koderz::new().call("plugin show python");
    let text = told(&shown, &plugin("python"));
    assert!(text.contains("interfaces  identity, evaluator\n"), "{text}");
    assert!(text.ends_with("languages   python"), "{text}");
}

#[test]
fn a_program_gets_the_schemas_of_what_can_be_set() {
    let shown = Koderz::new().call("plugin show exponential --json");
    let object: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    assert_eq!(object["name"], "exponential");
    assert_eq!(object["interfaces"], serde_json::json!(["identity", "retry"]));
    assert_eq!(object["settings"]["retry"]["properties"]["max-retries"]["default"], 3);
    let list = Koderz::new().call("plugin list --json");
    let list: Vec<Value> = serde_json::from_str(&list.stdout).expect("JSON");
    assert!(
        list.iter().any(|plugin| plugin["digest"] == object["digest"]),
        "{list:?}"
    );
}

#[test]
fn of_two_plugins_of_one_name_that_is_shown_which_a_run_takes() {
    let koderz = Koderz::new();
    let folder = koderz.data().join("plugins");
    fs::create_dir(&folder).expect("a folder");
    fs::copy(plugin("exponential"), folder.join("exponential.wasm")).expect("a copy");
    let shown = koderz.call("plugin show exponential --json");
    let object: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    assert_eq!(
        object["file"].as_str().map(Path::new),
        Some(folder.join("exponential.wasm").as_path())
    );
}

#[test]
fn a_plugin_that_is_not_there_is_answered_with_those_that_are() {
    let missing = Koderz::new().call("plugin show exponentail");
    assert_eq!(missing.code, Some(2));
    assert_eq!(
        missing.stderr,
        "error: no plugin `exponentail` is installed; there is exponential, humaneval, python, speed\nhint: did you mean \
         `exponential`?\nhint: a file can be named too, such as ./exponentail.wasm\n"
    );
    let missing = end(Koderz::new()
        .command("plugin show ./exponentail.wasm")
        .current_dir(std::env::temp_dir()));
    assert_eq!(missing.code, Some(2));
    assert!(
        missing.stderr.contains("read plugin ./exponentail.wasm"),
        "{}",
        missing.stderr
    );
}

/// The program by itself, with neither plugins nor cassettes beside it, and the folder where it lies.
fn alone(koderz: &Koderz) -> (TempDir, Command) {
    let folder = tempfile::tempdir_in(koderz_tests::built()).expect("a folder");
    let program = folder.path().join("koderz");
    // Linked, since what was just written cannot be started while another test forks.
    fs::hard_link(koderz_tests::built().join("koderz"), &program).expect("a link");
    let mut command = Command::new(program);
    command
        .env("KODERZ_DATA_DIR", koderz.data())
        .env("KODERZ_CACHE_DIR", koderz.data())
        .env_remove("KODERZ_PLUGIN_PATH")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    (folder, command)
}

#[test]
fn where_no_plugin_is_installed_it_is_said_where_they_are_looked_for() {
    let koderz = Koderz::new();
    let (folder, mut command) = alone(&koderz);
    let ended = end(command.args(["plugin", "list"]));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stdout, "no plugin is installed\n");
    let folders = format!(
        "{}/plugins, {}/plugins",
        koderz.data().display(),
        folder.path().display()
    );
    let hint = format!("hint: plugins (.wasm) are looked for in {folders};");
    assert!(ended.stderr.starts_with(&hint), "{ended:?}");
}

#[test]
fn where_nothing_was_recorded_the_embedded_server_still_has_the_models_that_answer_anything() {
    let koderz = Koderz::new();
    let (folder, mut command) = alone(&koderz);
    let ended = end(command.args(["wait", "--host", "embedded", "--model", "lorem:50"]));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let folders = format!(
        "{}/cassettes, {}/cassettes",
        koderz.data().display(),
        folder.path().display()
    );
    let warning = format!(
        "there are no recorded answers to play, only lorem:N answers; cassettes (.jsonl) are looked for in {folders}"
    );
    assert!(ended.stderr.contains(&warning), "{ended:?}");
}
