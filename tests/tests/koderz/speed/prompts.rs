//! A user's own prompts in the place of the suite's.

use koderz_api::chat::Prompt;
use koderz_api::suite::Command;
use koderz_core::event::Event;
use koderz_tests::{Ended, Koderz, cassette, serve};
use serde_json::Value;
use std::path::{Path, PathBuf};

const LINES: &str = r#"{"prompt": "Say hello in five languages.", "id": "greeting", "num_predict": 24}
{"prompt": "Count to ten.\nBegin with one."}
"#;

fn written(koderz: &Koderz, name: &str, text: &str) -> PathBuf {
    let path = koderz.data().join(name);
    std::fs::write(&path, text).expect("a file");
    path
}

/// What a run asked, in the order in which it was asked, without what the suite asked for itself.
fn asked(koderz: &Koderz) -> Vec<(String, String)> {
    let record = koderz.record();
    let mut asked = Vec::new();
    for entry in record.entries(&koderz.last_run()).expect("the run") {
        let Event::Stepped { trial, commands, .. } = entry.expect("an entry").event else {
            continue;
        };
        for command in commands {
            if let Command::Ask(request) = command
                && let Prompt::Chat(messages) = request.prompt
            {
                asked.push((trial.task.clone(), messages[0].content.clone()));
            }
        }
    }
    asked.retain(|(task, _)| task != "warm-up");
    asked
}

fn exported(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).expect("the export")).expect("JSON")
}

fn refusal(ended: &Ended) -> &str {
    assert_eq!(ended.code, Some(2), "{}\n{}", ended.stdout, ended.stderr);
    &ended.stderr
}

#[tokio::test(flavor = "multi_thread")]
async fn prompts_of_a_file_are_asked_in_their_order_each_after_a_number_and_the_manifest_names_them() {
    let server = serve(&[cassette("reference")], &[]).await;
    let koderz = Koderz::new();
    let file = written(&koderz, "own.jsonl", LINES);
    let export = koderz.data().join("own.json");
    let ended = koderz.call(&format!(
        "speed-test lorem:2000 --host {} --prompts {} --repeat 2 --set suite.max-output-tokens=16 --export {}",
        server.url(),
        file.display(),
        export.display()
    ));
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let asked = asked(&koderz);
    let tasks: Vec<&str> = asked.iter().map(|(task, _)| task.as_str()).collect();
    assert_eq!(tasks, ["greeting", "greeting", "line-2", "line-2"]);
    assert!(asked[0].1.ends_with("] Say hello in five languages."), "{}", asked[0].1);
    assert_ne!(asked[0].1, asked[1].1, "no server has read a prompt before");
    assert!(
        asked[2].1.ends_with("] Count to ten.\nBegin with one."),
        "{}",
        asked[2].1
    );
    let run = exported(&export);
    let grant = &run["manifest"]["suite"]["grants"][0];
    assert_eq!(grant["name"], "prompts");
    assert_eq!(grant["digest"].as_str().map(str::len), Some(64), "{grant}");
    let samples = run["samples"].as_array().expect("samples");
    let tokens = |task: &str| {
        let sample = samples
            .iter()
            .find(|sample| sample["task"] == task)
            .expect("it was asked");
        sample["metrics"]["output-tokens"].as_f64()
    };
    assert_eq!((tokens("greeting"), tokens("line-2")), (Some(24.0), Some(16.0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_a_rate_and_a_shape_take_a_users_prompts_too() {
    let server = serve(&[cassette("reference")], &[]).await;
    let koderz = Koderz::new();
    let file = written(&koderz, "own.txt", "Say hello.\n\nCount to ten.\n");
    let call = |options: &str| {
        let ended = koderz.call(&format!(
            "speed-test lorem:5000 --host {} --prompts {} --calibration 0 {options}",
            server.url(),
            file.display()
        ));
        assert_eq!(ended.code, Some(0), "{options}: {}\n{}", ended.stdout, ended.stderr);
        asked(&koderz)
    };
    for load in ["--concurrency 1 --requests 4", "--rate 100 --requests 4"] {
        let mut asked = call(&format!("{load} --verbatim --set suite.max-output-tokens=16"));
        asked.sort();
        let said: Vec<&str> = asked.iter().map(|(_, said)| said.as_str()).collect();
        assert_eq!(
            said,
            ["Say hello.", "Count to ten.", "Say hello.", "Count to ten."],
            "{load}"
        );
    }
    let asked = call("--shape chat");
    let (task, said) = asked.last().expect("it asked");
    assert_eq!(task, "chat/200+200/0");
    assert!(said.contains("] Say hello. Count to ten. Say hello. Count"), "{said}");
    assert!(said.len() > 500, "as many words as come to 200 tokens: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_goes_on_with_the_prompts_that_it_was_begun_with() {
    let server = serve(&[cassette("reference")], &["busy*2"]).await;
    let koderz = Koderz::new();
    let file = written(&koderz, "own.txt", "Say hello.\nCount to ten.\n");
    let ended = koderz.call(&format!(
        "speed-test lorem:2000 --host {} --prompts {} --max-retries 0 --calibration 0",
        server.url(),
        file.display()
    ));
    assert_eq!(ended.code, Some(1), "{}\n{}", ended.stdout, ended.stderr);
    std::fs::write(&file, "Say goodbye.\nCount to ten.\n").expect("the file");
    let changed = koderz.call("resume");
    let told = "the data granted as `prompts` was ";
    assert!(refusal(&changed).contains(told), "{}", changed.stderr);
    std::fs::write(&file, "Say hello.\nCount to ten.\n").expect("the file");
    let resumed = koderz.call("resume --max-retries 20");
    assert_eq!(resumed.code, Some(0), "{}\n{}", resumed.stdout, resumed.stderr);
}

#[test]
fn a_file_that_holds_no_prompts_is_refused_with_its_line_before_a_model_is_asked() {
    let koderz = Koderz::new();
    let good = r#"{"prompt": "Say hello."}"#;
    for (text, options, told) in [
        (String::new(), "", "is empty: no line of it is a prompt".to_owned()),
        (
            format!("{good}\n{{\"prompt\": \n"),
            "",
            "line 2 of the data granted as `prompts`: EOF".to_owned(),
        ),
        (
            format!("{good}\n\n{{\"promt\": \"x\"}}"),
            "",
            "line 3 of the data granted as `prompts`: unknown field `promt`".to_owned(),
        ),
        (
            format!("Say hello.\n{}\n", "word ".repeat(600)),
            "--num-ctx 1024",
            "line 2 of the data granted as `prompts`: 600 tokens or more to read and 512 to write do not fit"
                .to_owned(),
        ),
        (
            good.to_owned(),
            "--suite humaneval",
            "--prompts: the suite humaneval has no setting `prompts`".to_owned(),
        ),
    ] {
        let file = written(&koderz, "own", &text);
        // No server is there, so nothing is asked.
        let ended = koderz.call(&format!(
            "speed-test lorem:50 --host 127.0.0.1:9 --prompts {} {options}",
            file.display()
        ));
        assert!(refusal(&ended).contains(&told), "{text:?}: {}", ended.stderr);
        let names_the_file = ended.stderr.contains(&format!("`prompts` is {}", file.display()));
        assert!(names_the_file || options.starts_with("--suite"), "{}", ended.stderr);
    }
    let ended = koderz.call("speed-test lorem:50 --host 127.0.0.1:9 --prompts nosuch");
    assert!(
        refusal(&ended).contains("read nosuch, which is granted as `prompts`: "),
        "{}",
        ended.stderr
    );
}
