//! `koderz list-problems`: what a suite asks, without a server.

use koderz_tests::{Ended, Koderz, end, test_plugin};
use serde_json::Value;

fn list(options: &str) -> Ended {
    // Nobody listens there, which nobody notices.
    end(Koderz::new()
        .command(&format!("list-problems {options}"))
        .env("OLLAMA_HOST", "127.0.0.1:1"))
}

fn sums(options: &str) -> Ended {
    list(&format!("--suite {} {options}", test_plugin("sums").display()))
}

#[test]
fn the_tasks_of_the_usual_suite_are_listed_without_a_server() {
    let all = list("");
    assert_eq!(all.code, Some(0), "{}", all.stderr);
    assert_eq!(all.stdout.lines().count(), 164);
    assert!(all.stdout.starts_with("HumanEval/0 "), "{}", all.stdout);
    assert_eq!(all.stderr, "164 of 164 tasks of humaneval 0.1.0\n");
}

#[test]
fn a_text_is_looked_for_in_ids_and_in_what_is_asked() {
    let ids = |ended: &Ended| -> Vec<String> {
        let first = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
        ended.stdout.lines().map(first).collect()
    };
    assert_eq!(ids(&list("--filter humaneval/16")).len(), 5, "16 and 160 to 163");
    let asked = ids(&list("--filter IS_PRIME"));
    assert!(asked.contains(&"HumanEval/31".to_owned()), "{asked:?}");
    let none = list("--filter qqqq");
    assert_eq!((none.code, none.stdout.as_str()), (Some(0), ""));
}

#[test]
fn a_task_is_shown_with_the_question_as_a_model_gets_it() {
    let shown = sums("--problem-id sum/1");
    insta::assert_snapshot!(shown.stdout, @r#"
    sum/1

    user
      What is 2 + 2?
    "#);
    let bare = list("--problem-id HumanEval/53 --set suite.prompt-style=completion");
    insta::assert_snapshot!(bare.stdout, @r#"
    HumanEval/53

    to go on from


      def add(x: int, y: int):
          """Add two numbers x and y
          >>> add(2, 3)
          5
          >>> add(5, 7)
          12
          """
    longest answer
      384 tokens
    ends before
      "\nclass " "\ndef " "\n#" "\nif " "\nprint("
    "#);
}

#[test]
fn what_is_done_in_the_place_of_a_question_is_said() {
    insta::assert_snapshot!(list("--suite speed").stdout, @r#"
    load     load     the model is brought into memory
    warm-up  warm-up  21 characters
    essay    speed    186 characters
    code     speed    216 characters
    puzzle   speed    318 characters
    "#);
}

#[test]
fn a_program_gets_an_object_for_each_task() {
    let ended = sums("--json");
    let tasks: Vec<Value> = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(tasks.len(), 2);
    let question = &tasks[0]["commands"][0]["ask"]["prompt"]["chat"][0];
    assert_eq!(question["content"], "What is 2 + 2?");
}

#[test]
fn a_slip_is_answered_with_what_there_is() {
    for (options, said) in [
        (
            "--problem-id 31",
            "the suite has no task `31`\nhint: did you mean `HumanEval/31`? it has 164, such as HumanEval/31, HumanEval/131\n",
        ),
        ("--suite nothing", "no suite `nothing` is installed; there are "),
        (
            "--set suite.style=chat",
            "there is no such setting\nhint: its settings are ",
        ),
        ("--problem-id a --filter b", "cannot be used with"),
    ] {
        let ended = list(options);
        assert_eq!(ended.code, Some(2), "{options}: {}", ended.stdout);
        assert!(ended.stderr.contains(said), "{options}: {}", ended.stderr);
    }
}
