//! A contract that was released: not a byte of it changes, and what was built for it loads for ever.

use koderz_api::chat::{AskError, AskErrorKind, Prompt};
use koderz_api::execution::{ExecutionError, ExecutionErrorKind, Exit, Outcome, Program};
use koderz_api::retry::Decision;
use koderz_api::suite::{Command, Completion, Grade, Step};
use koderz_api::transport::FailureKind;
use koderz_core::ports::Suite;
use koderz_loader::{Engines, Plugin, digest};
use koderz_plugin::prelude::limits;
use koderz_plugin::testing::{attempt, reply, trial};
use koderz_tests::{cache, root};
use serde_json::Map;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

/// Each contract that was released, with the SHA-256 of its files' names and texts, in the order of the names.
const RELEASED: [(&str, &str); 1] = [(
    "koderz-plugin-0.1.0",
    "8c8385ee9d1798855fe02a81b466ebd9d493ad3a8f4a779fbdf95bcda0d2220b",
)];

fn digest_of(contract: &str) -> String {
    let folder = root().join("wit").join(contract);
    let mut files: Vec<_> = fs::read_dir(folder).expect("the contract").flatten().collect();
    files.sort_by_key(fs::DirEntry::file_name);
    let mut all = Vec::new();
    for file in files {
        let text = fs::read_to_string(file.path()).expect("a text");
        all.extend(format!("{}\0{}\0", file.file_name().display(), text.replace("\r\n", "\n")).bytes());
    }
    digest::of(&all)
}

#[test]
fn a_released_contract_stays_as_it_was() {
    for (contract, released) in RELEASED {
        let now = digest_of(contract);
        assert!(
            now == released,
            "wit/{contract} is not what was released (its digest is {now}).\nPlugins of others were built against it, so \
             it is frozen, comments included: put it back, and make a change in a copy of the folder, with the next \
             version in its name and its package, and with an adapter in the loader."
        );
    }
}

#[test]
fn every_contract_that_lies_there_is_frozen() {
    for entry in fs::read_dir(root().join("wit")).expect("the contracts").flatten() {
        let name = entry.file_name().display().to_string();
        let known = RELEASED.iter().any(|(contract, _)| *contract == name);
        assert!(
            known,
            "wit/{name} has no digest in RELEASED; its release is the time for one: {}",
            digest_of(&name)
        );
        let components = root().join("tests/released").join(&name);
        assert!(
            components.is_dir(),
            "{} is not there: components that must load for ever",
            components.display()
        );
    }
}

/// A component of a contract, which a file holds as text.
fn released(contract: &str, component: &str) -> Plugin {
    let text = root()
        .join("tests/released")
        .join(contract)
        .join(format!("{component}.wat"));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(format!("{component}.wasm"));
    fs::write(&file, wat::parse_file(text).expect("a component")).expect("a file");
    let engines = Engines::new(Some(&cache())).expect("engines");
    Plugin::load(&engines, &file).expect("it loads, as it did when its contract was released")
}

#[test]
fn a_policy_of_the_first_contract_decides_as_it_did() {
    let plugin = released("koderz-plugin-0.1.0", "policy");
    assert_eq!(plugin.identity().name, "first-policy");
    let policy = plugin.open_retry(&Map::new()).expect("it opens");
    let decided = |number, kind| policy.decide(&attempt(number, kind)).expect("a decision");
    let seconds = |seconds| Decision::Retry(Duration::from_secs(seconds));
    assert_eq!(decided(2, FailureKind::Overloaded), seconds(2));
    assert_eq!(decided(1, FailureKind::Unreachable), Decision::WaitUntilReady);
    let enough = Decision::GiveUp("three retries are enough".to_owned());
    assert_eq!(decided(4, FailureKind::Malformed), enough);
    let mut told = attempt(1, FailureKind::RateLimited);
    told.failure.retry_after = Some(Duration::from_secs(30));
    assert_eq!(policy.decide(&told).expect("a decision"), seconds(30));
}

/// What the suite says of its first task once this has come.
fn graded(suite: &Arc<dyn Suite>, completion: Completion) -> Step {
    let task = suite.tasks(None).expect("a page").tasks.remove(0);
    suite.next(&trial(task), &[vec![completion]]).expect("a step")
}

#[test]
fn a_suite_of_the_first_contract_asks_and_grades_as_it_did() {
    let plugin = released("koderz-plugin-0.1.0", "suite");
    assert_eq!(plugin.identity().name, "first-suite");
    let suite = plugin.open_suite(&Map::new()).expect("it opens");
    let info = suite.describe().expect("what it is");
    assert_eq!(
        (info.stages[0].name.as_str(), info.metrics[0].unit.as_str()),
        ("main", "bytes")
    );
    assert_eq!((info.context_tokens, info.task_count), (Some(512), Some(2)));

    let first = suite.tasks(None).expect("a page");
    let second = suite.tasks(first.next.as_deref()).expect("the next page");
    assert_eq!(
        (first.tasks[0].id.as_str(), second.tasks[0].id.as_str()),
        ("capital/P", "capital/O")
    );
    assert_eq!(second.next, None);
    let label = ("continent".to_owned(), "europe".to_owned());
    assert_eq!(first.tasks[0].labels, [label]);

    let asked = suite.next(&trial(first.tasks[0].clone()), &[]).expect("a step");
    let Step::Perform(commands) = asked else {
        panic!("{asked:?}")
    };
    let [Command::Ask(request)] = commands.as_slice() else {
        panic!("{commands:?}")
    };
    let Prompt::Chat(messages) = &request.prompt else {
        panic!("{request:?}")
    };
    assert_eq!(messages[0].content, "\"What is the capital of France?\"");
    assert_eq!(
        (request.sampling.temperature, request.sampling.max_output_tokens),
        (Some(0.0), Some(64))
    );

    for (answer, grade) in [("Paris", Grade::Pass), ("London", Grade::Fail)] {
        let step = graded(&suite, Completion::Asked(Ok(reply(answer))));
        let Step::Finish(verdict) = step else {
            panic!("{step:?}")
        };
        assert_eq!((verdict.grade, verdict.metrics[0].value), (grade, answer.len() as f64));
    }
    let failed = AskError {
        kind: AskErrorKind::RetriesExhausted,
        status: Some(503),
        message: "the server is busy".to_owned(),
        attempts: 4,
    };
    let step = graded(&suite, Completion::Asked(Err(failed)));
    let Step::Finish(verdict) = step else {
        panic!("{step:?}")
    };
    assert_eq!(
        (verdict.grade, verdict.reason.as_str()),
        (Grade::Inconclusive, "the server is busy")
    );
}

#[test]
fn an_evaluator_of_the_first_contract_runs_and_judges_as_it_did() {
    let plugin = released("koderz-plugin-0.1.0", "evaluator");
    assert_eq!(plugin.identity().name, "first-evaluator");
    let evaluator = plugin.evaluator(None).expect("it opens");
    assert_eq!(evaluator.languages(), ["echo"]);
    let ended = |subject: &str, judge: Option<&str>, entry_points: &[&str]| {
        let program = Program {
            language: "echo".to_owned(),
            subject: subject.to_owned(),
            judge: judge.map(str::to_owned),
            entry_points: entry_points.iter().map(ToString::to_string).collect(),
            stdin: Vec::new(),
            limits: limits(Duration::from_secs(5)),
        };
        evaluator.execute(&program)
    };
    let exit = |outcome: Result<Outcome, _>| {
        outcome
            .map(|outcome| outcome.exit)
            .map_err(|error: ExecutionError| error.kind)
    };
    assert_eq!(exit(ended("", None, &[])), Ok(Exit::Passed));
    let crashed = Exit::Crashed("it says something".to_owned());
    assert_eq!(exit(ended("it says something", None, &[])), Ok(crashed));
    // The judge asks the subject, and wants an answer that is as long as its own source.
    assert_eq!(exit(ended("same", Some("size"), &["said"])), Ok(Exit::Passed));
    assert_eq!(
        exit(ended("longer", Some("size"), &["said"])),
        Ok(Exit::Failed("longer".to_owned()))
    );
    assert_eq!(
        exit(ended("same", Some(""), &["said"])),
        Ok(Exit::Failed("said".to_owned()))
    );
    assert_eq!(
        exit(ended("same", Some("size"), &[])),
        Err(ExecutionErrorKind::BrokenJudge)
    );
}
