//! Suites in other languages than Rust.

use super::{answer, benchmark, user_with, verdicts};
use koderz_api::suite::Grade;
use koderz_plugin::prelude::chat;
use koderz_tests::{Koderz, built, example_plugin};

/// A user whose model `m` answers these questions so.
fn user(answers: &[(&str, &str)]) -> Koderz {
    let lines: Vec<String> = answers
        .iter()
        .map(|(question, text)| answer("m", &chat(*question), text))
        .collect();
    user_with(&lines)
}

#[test]
fn a_suite_in_python_is_run_where_it_is_given_a_wasi() {
    let ask = |date: &str| format!("On which day of the week does {date} fall? Answer with the name of the day alone.");
    let (first, second) = (ask("2000-01-01"), ask("2024-02-29"));
    let koderz = user(&[(&first, "It was a saturday."), (&second, "Friday")]);
    let options = "--set suite.dates=[\"2000-01-01\",\"2024-02-29\"]";
    let ended = benchmark(&koderz, "weekdays", "m", options);
    assert_eq!(ended.code, Some(2), "{}\n{}", ended.stdout, ended.stderr);
    assert!(ended.stderr.contains("--wasi weekdays"), "{}", ended.stderr);

    let ended = benchmark(&koderz, "weekdays", "m", &format!("--wasi weekdays {options}"));
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let told: Vec<_> = verdicts(&koderz)
        .into_iter()
        .map(|(task, verdict)| (task, verdict.grade, verdict.reason))
        .collect();
    let expected = [
        ("2000-01-01".to_owned(), Grade::Pass, String::new()),
        (
            "2024-02-29".to_owned(),
            Grade::Fail,
            "Thursday and not Friday".to_owned(),
        ),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_suite_in_python_says_what_is_wrong_with_a_setting_in_its_own_words() {
    let options = "--wasi weekdays --set suite.dates=[\"2024-02-30\"]";
    let ended = benchmark(&Koderz::new(), "weekdays", "reference", options);
    assert_eq!(ended.code, Some(2), "{}\n{}", ended.stdout, ended.stderr);
    assert!(ended.stderr.contains("dates: "), "{}", ended.stderr);
}

#[test]
fn a_suite_in_javascript_is_run_where_it_is_given_a_wasi() {
    if !built().join("example-plugins/letters.wasm").is_file() {
        eprintln!("left out: the set-up found no npm to make the suite with");
        return;
    }
    let ask = |letter: &str, word: &str| {
        format!("How often does the letter \"{letter}\" stand in \"{word}\"? End with the number alone.")
    };
    let (first, second) = (ask("r", "strawberry"), ask("a", "banana"));
    let koderz = user(&[(&first, "In 10 letters there are 3."), (&second, "Twice, so 2")]);
    let options = "--wasi letters --problem-ids strawberry,banana";
    let ended = benchmark(&koderz, "letters", "m", options);
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let told: Vec<_> = verdicts(&koderz)
        .into_iter()
        .map(|(task, verdict)| (task, verdict.grade, verdict.reason))
        .collect();
    let expected = [
        ("banana".to_owned(), Grade::Fail, "3 and not 2".to_owned()),
        ("strawberry".to_owned(), Grade::Pass, String::new()),
    ];
    assert_eq!(told, expected);
}

#[test]
fn the_projects_own_check_finds_nothing_to_mend_in_them() {
    let koderz = Koderz::new();
    for name in ["weekdays", "letters"] {
        // The one in JavaScript is left out where there is no npm.
        if name == "letters" && !built().join("example-plugins/letters.wasm").is_file() {
            continue;
        }
        let file = example_plugin(name);
        let ended = koderz.call(&format!("plugin check --wasi {name} {}", file.display()));
        assert_eq!(ended.code, Some(0), "{name}: {}\n{}", ended.stdout, ended.stderr);
    }
}
