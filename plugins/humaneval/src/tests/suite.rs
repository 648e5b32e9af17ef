//! Tasks, steps and verdicts.

use super::{cut, labelled, outcome, problem, suite};
use crate::problem::Check;
use crate::{HumanEval, problem as dataset};
use koderz_plugin::prelude::*;
use koderz_plugin::testing::{all_tasks, open, reply, run, trial};

fn a_trial() -> Trial {
    trial(task("HumanEval/x", "main", &problem()).expect("it can be written"))
}

const RIGHT: &str = "```python\ndef add(x, y):\n    return x + y\n```";

fn judged(reply: &Reply, exit: Exit) -> Verdict {
    let perform = |command: &Command| match command {
        Command::Ask(_) => Completion::Asked(Ok(reply.clone())),
        _ => Completion::Executed(Ok(outcome(exit.clone()))),
    };
    run(&suite("chat"), &a_trial(), perform).expect("the trial ends")
}

#[test]
fn there_are_164_tasks_on_pages_in_the_order_of_the_data_set() {
    let suite = suite("chat");
    let tasks = all_tasks(&suite).expect("there are tasks");
    let ids: Vec<String> = (0..164).map(|number| format!("HumanEval/{number}")).collect();
    assert_eq!(tasks.iter().map(|task| task.id.clone()).collect::<Vec<_>>(), ids);
    assert_eq!(suite.describe().task_count, Some(164));
    assert!(tasks.iter().all(|task| task.stage == suite.describe().stages[0].name));
}

#[test]
fn a_task_does_not_hold_its_right_answer() {
    for (task, entry) in all_tasks(&suite("chat"))
        .expect("tasks")
        .iter()
        .zip(dataset::all().expect("entries"))
    {
        let input = serde_json::from_str::<serde_json::Value>(&task.input).expect("it is JSON");
        let held = input
            .as_object()
            .expect("an object")
            .values()
            .filter_map(|value| value.as_str());
        let mut held = held.filter(|text| text.contains(entry.canonical_solution.trim()));
        assert_eq!(held.next(), None, "{}", task.id);
    }
}

#[test]
fn no_page_begins_at_a_cursor_that_the_suite_did_not_give() {
    for cursor in ["", "x", "-1", "164", "99999999999999999999", "1.5"] {
        let error = suite("chat").tasks(Some(cursor)).expect_err("there is no such page");
        assert!(error.contains(cursor), "{error}");
    }
}

#[test]
fn a_conversation_asks_for_the_function_and_leaves_the_sampling_to_the_user() {
    let Ok(Step::Perform(commands)) = suite("chat").next(&a_trial(), &[]) else {
        panic!("it asks first");
    };
    let [Command::Ask(request)] = commands.as_slice() else {
        panic!("it asks once");
    };
    let Prompt::Chat(messages) = &request.prompt else {
        panic!("it is a conversation");
    };
    assert!(messages[0].content.contains(problem().prompt.trim_end()));
    assert_eq!(
        (
            request.sampling.temperature,
            request.sampling.seed,
            request.sampling.top_p
        ),
        (None, None, None)
    );
    assert_eq!(request.sampling.max_output_tokens, Some(2048));
    assert!(request.sampling.stop.is_empty());
}

#[test]
fn a_completion_asks_with_the_bare_prompt() {
    let suite = suite("completion");
    for (task, entry) in all_tasks(&suite)
        .expect("tasks")
        .into_iter()
        .zip(dataset::all().expect("entries"))
    {
        let Ok(Step::Perform(commands)) = suite.next(&trial(task), &[]) else {
            panic!("it asks first");
        };
        let [Command::Ask(request)] = commands.as_slice() else {
            panic!("it asks once");
        };
        assert_eq!(request.prompt, Prompt::Completion(entry.problem.prompt));
        assert_eq!(
            request.sampling.stop,
            ["\nclass ", "\ndef ", "\n#", "\nif ", "\nprint("]
        );
        assert_eq!((request.sampling.temperature, request.sampling.seed), (None, None));
        assert_eq!(request.sampling.max_output_tokens, Some(384));
    }
}

#[test]
fn the_window_holds_the_longest_question_and_answer() {
    let suite: HumanEval = open(r#"{"max-output-tokens": 3000}"#).expect("the settings are right");
    assert_eq!(suite.describe().context_tokens, Some(4096));
    let questions = dataset::all()
        .expect("entries")
        .into_iter()
        .map(|entry| entry.problem.question());
    // Tokenizers of code make a token of two characters at the least, over a whole problem.
    assert!(questions.map(|question| question.chars().count()).max() < Some(2 * crate::LONGEST_QUESTION as usize));
}

#[test]
fn settings_out_of_bounds_are_refused() {
    for settings in [
        r#"{"max-output-tokens": 0}"#,
        r#"{"cpu-seconds": 0}"#,
        r#"{"cpu-seconds": -1}"#,
        r#"{"cpu-seconds": 1e300}"#,
        r#"{"memory-mib": 1}"#,
        r#"{"memory-mib": 5000}"#,
        r#"{"prompt-style": "poem"}"#,
        r#"{"temperature": 1}"#,
    ] {
        assert!(open::<HumanEval>(settings).is_err(), "{settings}");
    }
}

#[test]
fn the_judge_reaches_the_subject_past_the_stub_of_the_prompt() {
    let history = [vec![Completion::Asked(Ok(reply(RIGHT)))]];
    let Ok(Step::Perform(commands)) = suite("chat").next(&a_trial(), &history) else {
        panic!("it has the program run");
    };
    let [Command::Execute(program)] = commands.as_slice() else {
        panic!("it has one program run");
    };
    let judge = program.judge.as_deref().expect("there is a judge");
    let order = [
        "_subject = add\n",
        "def add(x: int, y: int)",
        "\nadd = _subject\n",
        "def check(candidate)",
        "\ncheck(add)\n",
    ];
    let places: Vec<usize> = order
        .iter()
        .map(|part| judge.find(part).expect("it is there"))
        .collect();
    assert!(places.is_sorted());
    assert!(!program.subject.contains("check"));
    assert_eq!(program.entry_points, ["add"]);
}

#[test]
fn no_problem_uses_the_names_of_the_judge() {
    for entry in dataset::all().expect("entries") {
        let problem = entry.problem;
        let Check::Test(test) = &problem.check else {
            panic!("the data set has tests");
        };
        assert!(
            !problem.prompt.contains("_subject") && !test.contains("_subject"),
            "{}",
            entry.task_id
        );
        assert!(!problem.prompt.contains("def check("), "{}", entry.task_id);
        assert!(
            !test.contains(&format!("def {}(", problem.entry_point)),
            "{}",
            entry.task_id
        );
        assert_eq!(test.matches("def check(candidate)").count(), 1, "{}", entry.task_id);
    }
}

#[test]
fn every_reference_becomes_a_program_without_repairs() {
    for style in ["chat", "completion"] {
        let suite = suite(style);
        for (task, entry) in all_tasks(&suite)
            .expect("tasks")
            .into_iter()
            .zip(dataset::all().expect("entries"))
        {
            let answer = suite.answer(&task).expect("it is known").expect("there is one");
            let mut subject = String::new();
            let verdict = run(&suite, &trial(task), |command| match command {
                Command::Execute(program) => {
                    subject.clone_from(&program.subject);
                    Completion::Executed(Ok(outcome(Exit::Passed)))
                }
                _ => Completion::Asked(Ok(reply(answer.as_str()))),
            });
            assert_eq!(verdict.expect("the trial ends").labels, [], "{}", entry.task_id);
            assert!(subject.contains(entry.problem.prompt.trim()), "{}", entry.task_id);
            assert!(
                subject.trim_end().ends_with(entry.canonical_solution.trim_end()),
                "{}",
                entry.task_id
            );
        }
    }
}

#[test]
fn a_task_of_another_data_set_has_no_reference() {
    assert_eq!(suite("chat").answer(&a_trial().task), Ok(None));
}

#[test]
fn a_program_that_passes_passes_even_if_the_answer_was_cut() {
    for reply in [reply(RIGHT), cut(RIGHT)] {
        let verdict = judged(&reply, Exit::Passed);
        assert_eq!((verdict.grade, verdict.labels), (Grade::Pass, Vec::new()));
    }
}

#[test]
fn a_failure_says_of_what_kind_it_is() {
    for (exit, kind) in [
        (Exit::Failed("AssertionError: 3 on the left".to_owned()), "wrong-answer"),
        (Exit::Failed("TypeError: no\n  line 2, in add".to_owned()), "exception"),
        (
            Exit::Crashed("NameError: name 'x' is not defined".to_owned()),
            "exception",
        ),
        (
            Exit::Crashed("SyntaxError: invalid syntax (line 3)".to_owned()),
            "syntax",
        ),
        (
            Exit::Crashed("IndentationError: unexpected indent (line 3)".to_owned()),
            "syntax",
        ),
        (
            Exit::Crashed("imports numpy, which this evaluator does not have".to_owned()),
            "missing-module",
        ),
        (
            Exit::Failed("imports numpy, which this evaluator does not have".to_owned()),
            "missing-module",
        ),
        (Exit::CpuLimit, "time"),
        (Exit::WallLimit, "time"),
        (Exit::MemoryLimit, "memory"),
        (Exit::OutputLimit, "output"),
    ] {
        let verdict = judged(&reply(RIGHT), exit.clone());
        assert_eq!(
            (verdict.grade, labelled(&verdict, "failure")),
            (Grade::Fail, vec![kind]),
            "{exit:?}"
        );
        assert!(!verdict.reason.is_empty());
        let verdict = judged(&cut(RIGHT), exit.clone());
        assert_eq!(labelled(&verdict, "failure"), ["truncated"], "{exit:?}");
        assert_eq!(labelled(&verdict, "symptom"), [kind], "{exit:?}");
    }
}

#[test]
fn an_answer_without_code_fails_without_being_run() {
    let verdict = judged(&reply("I cannot do that."), Exit::Passed);
    assert_eq!(
        (verdict.grade, labelled(&verdict, "failure")),
        (Grade::Fail, vec!["no-code"])
    );
    let verdict = judged(&reply("```python\ndef plus(x): return x\n```"), Exit::Passed);
    assert_eq!(labelled(&verdict, "failure"), ["no-definition"]);
    assert_eq!(verdict.reason, "the code of the answer does not define add");
}

#[test]
fn thinking_that_used_up_the_output_bound_is_a_truncated_failure() {
    for text in [
        "",
        "<think>\n```python\ndef add(x, y):\n    return x + y\n```\nBut then",
    ] {
        let verdict = judged(&cut(text), Exit::Passed);
        assert_eq!(
            (verdict.grade, labelled(&verdict, "failure")),
            (Grade::Fail, vec!["truncated"])
        );
    }
}

#[test]
fn a_verdict_names_what_was_done_to_the_answer() {
    let text = "def add(x, y):\n    return x + y\n\nprint(add(1, 2))";
    for exit in [Exit::Passed, Exit::CpuLimit] {
        assert_eq!(
            labelled(&judged(&reply(text), exit), "repair"),
            ["unfenced", "usage-dropped"]
        );
    }
}

#[test]
fn a_long_reason_is_cut_between_characters() {
    let verdict = judged(&reply(RIGHT), Exit::Failed("é".repeat(10_000)));
    assert_eq!(verdict.reason, "é".repeat(600));
}

#[test]
fn what_the_machinery_could_not_do_is_not_held_against_the_model() {
    use koderz_plugin::api::chat::AskErrorKind;
    use koderz_plugin::api::execution::{ExecutionError, ExecutionErrorKind};
    let unanswered = AskError {
        kind: AskErrorKind::RetriesExhausted,
        status: Some(503),
        message: "the server is busy".to_owned(),
        attempts: 5,
    };
    let not_run = ExecutionError {
        kind: ExecutionErrorKind::NoEvaluator,
        message: "no evaluator runs python".to_owned(),
    };
    let histories = [
        (vec![vec![Completion::Asked(Err(unanswered))]], "the server is busy"),
        (
            vec![
                vec![Completion::Asked(Ok(cut(RIGHT)))],
                vec![Completion::Executed(Err(not_run))],
            ],
            "no evaluator runs python",
        ),
    ];
    for (history, reason) in histories {
        let Ok(Step::Finish(verdict)) = suite("chat").next(&a_trial(), &history) else {
            panic!("{reason}: it is over");
        };
        assert_eq!((verdict.grade, verdict.reason.as_str()), (Grade::Inconclusive, reason));
        assert!(verdict.labels.is_empty());
    }
}

#[test]
fn a_history_that_does_not_fit_is_no_failure_of_the_model() {
    let asked = || Completion::Asked(Ok(reply(RIGHT)));
    let executed = || Completion::Executed(Ok(outcome(Exit::Passed)));
    let histories = [
        vec![vec![]],
        vec![vec![asked(), asked()]],
        vec![vec![executed()]],
        vec![vec![asked()], vec![]],
        vec![vec![asked()], vec![asked()]],
        vec![vec![asked()], vec![executed()], vec![executed()]],
    ];
    for history in histories {
        match suite("chat").next(&a_trial(), &history) {
            Ok(Step::Finish(verdict)) => assert_eq!(verdict.grade, Grade::Inconclusive, "{history:?}"),
            Ok(step) => panic!("{history:?}: {step:?}"),
            Err(error) => assert!(!error.is_empty()),
        }
    }
}

#[test]
fn a_task_of_another_release_is_named() {
    for input in ["", "{}", "[]", r#"{"prompt": 1}"#] {
        let mut trial = a_trial();
        trial.task.input = input.to_owned();
        let error = suite("chat").next(&trial, &[]).expect_err("it is not understood");
        assert!(error.contains("HumanEval/x"), "{error}");
    }
}
