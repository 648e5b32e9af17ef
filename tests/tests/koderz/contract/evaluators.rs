//! Evaluators.

use super::{about, about_type, load};
use koderz_api::execution::{ExecutionErrorKind, Exit, Limits, Program};
use koderz_plugin::{Evaluator, Objection, Subject};
use koderz_test_tally::Tally;
use koderz_tests::{native_plugin, test_plugin};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

const ADDER: &str = "add more 2\nadd less -2";

/// Programs that end in every way that does not depend on limits.
fn programs() -> Vec<Program> {
    let program = |subject: &str, judge: Option<&str>| Program {
        language: "tally".to_owned(),
        subject: subject.to_owned(),
        judge: judge.map(str::to_owned),
        entry_points: vec!["more".to_owned(), "less".to_owned()],
        stdin: b"from \xff standard input".to_vec(),
        limits: Limits {
            cpu: Duration::from_secs(5),
            wall: Duration::from_secs(60),
            memory_bytes: 64 << 20,
            output_bytes: 1000,
        },
    };
    let mut programs: Vec<Program> = [
        "say hello",
        "stop it was too much",
        "nonsense",
        "panic",
        "",
        "echo\nsay after",
    ]
    .iter()
    .map(|subject| program(subject, None))
    .collect();
    for (subject, judge) in [
        (ADDER, "expect more 40 42\nexpect less 44 42"),
        (ADDER, "expect more 40 43"),
        (ADDER, "expect more x 43"),
        (ADDER, "expect other 1 1"),
        (ADDER, "nonsense"),
        (ADDER, "upset more 1"),
        (ADDER, "upset more -1"),
        (ADDER, "expect more -1 1"),
        ("stop at once", "expect more 1 3"),
        ("add less 1", "expect more 1 3"),
    ] {
        programs.push(program(subject, Some(judge)));
    }
    programs
}

/// A program's end; of a panic only that it was one, since how it is told differs.
fn shown(exit: &Exit) -> String {
    match exit {
        Exit::Crashed(what) if what.starts_with("panic: ") => "panicked".to_owned(),
        Exit::Failed(what) if what.starts_with("an answer that the check cannot deal with: ") => "upset".to_owned(),
        exit => format!("{exit:?}"),
    }
}

fn of_file(path: &Path) -> (Vec<String>, Vec<String>) {
    let plugin = load(path);
    let evaluator = plugin.evaluator(None).expect("the evaluator opens");
    let mut told = about(&plugin);
    told.push(evaluator.languages().join(", "));
    let mut written = Vec::new();
    for program in programs() {
        match evaluator.execute(&program) {
            Ok(outcome) => {
                told.push(shown(&outcome.exit));
                written.push(format!("{:?} {:?}", outcome.stdout, outcome.stderr));
            }
            Err(error) => {
                assert_eq!(error.kind, ExecutionErrorKind::BrokenJudge, "{}", error.message);
                told.push(format!("broken: {}", error.message));
            }
        }
    }
    (told, written)
}

/// A subject in this process. What panics there is remembered, since it ends its judge.
struct Here {
    evaluator: RefCell<Tally>,
    panicked: RefCell<bool>,
}

impl Subject for Here {
    fn call(&self, entry_point: &str, input: &str) -> Result<String, String> {
        let called = catch_unwind(AssertUnwindSafe(|| {
            self.evaluator.borrow_mut().call(entry_point, input)
        }));
        called.unwrap_or_else(|_| {
            *self.panicked.borrow_mut() = true;
            Err("panicked".to_owned())
        })
    }
}

fn in_process(program: &Program) -> String {
    let mut evaluator = Tally::new();
    let begun = catch_unwind(AssertUnwindSafe(|| match program.judge {
        Some(_) => evaluator.load(&program.subject),
        None => evaluator.run(&program.subject),
    }));
    let Ok(begun) = begun else {
        return "panicked".to_owned();
    };
    if let Err(exception) = begun {
        return shown(&Exit::Crashed(exception));
    }
    let Some(judge) = &program.judge else {
        return shown(&Exit::Passed);
    };
    let subject = Rc::new(Here {
        evaluator: RefCell::new(evaluator),
        panicked: RefCell::new(false),
    });
    let judged = catch_unwind(AssertUnwindSafe(|| {
        Tally::new().judge(judge, &program.entry_points, subject.clone())
    }));
    if *subject.panicked.borrow() {
        return "panicked".to_owned();
    }
    // The only check that panics does so when it was answered.
    let Ok(judged) = judged else {
        return "upset".to_owned();
    };
    match judged {
        Ok(()) => shown(&Exit::Passed),
        Err(Objection::Failed(why)) => shown(&Exit::Failed(why)),
        Err(Objection::Broken(why)) => format!("broken: {why}"),
    }
}

#[test]
fn an_evaluator_judges_the_same_as_a_component_as_a_library_and_in_process() {
    let mut here = about_type(Tally::identity(), "evaluator", None);
    here.push(Tally::languages().join(", "));
    here.extend(programs().iter().map(in_process));
    let (component, written) = of_file(&test_plugin("tally"));
    assert_eq!(component, here, "component");
    let (library, also_written) = of_file(&native_plugin("tally"));
    assert_eq!(library, here, "shared library");
    assert_eq!(written, also_written);
    assert!(written[0].contains(&format!("{:?}", b"hello\n")), "{written:?}");
}

#[test]
fn a_library_may_not_write_more_than_its_program_either() {
    for path in [test_plugin("tally"), native_plugin("tally")] {
        let evaluator = load(&path).evaluator(None).expect("the evaluator opens");
        let program = Program {
            subject: format!("say {}", "x".repeat(2000)),
            ..programs()[0].clone()
        };
        let outcome = evaluator.execute(&program).expect("it runs");
        assert_eq!((outcome.exit, outcome.stdout.len()), (Exit::OutputLimit, 1000));
    }
}

/// What a program came to, without the place in the source.
fn told(path: &Path, subject: &str, judge: Option<&str>) -> String {
    let program = Program {
        subject: subject.to_owned(),
        judge: judge.map(str::to_owned),
        limits: Limits {
            cpu: Duration::from_millis(300),
            ..programs()[0].limits
        },
        ..programs()[0].clone()
    };
    let evaluator = load(path).evaluator(None).expect("the evaluator opens");
    let words = match evaluator.execute(&program) {
        Ok(outcome) => outcome.exit.in_words(),
        Err(error) => format!("{:?}: {}", error.kind, error.message),
    };
    let place = words.find(" (tests/plugins/tally/src/lib.rs:").unwrap_or(words.len());
    words[..place].to_owned()
}

#[test]
fn a_panic_is_told_in_its_own_words_as_a_component_and_as_a_library() {
    for path in [test_plugin("tally"), native_plugin("tally")] {
        let told = |subject, judge| told(&path, subject, judge);
        assert_eq!(told("panic", None), "crashed: panic: as it was told");
        assert_eq!(told("panic", Some("expect more 1 1")), "crashed: panic: as it was told");
        let words = "crashed: panic: negative numbers are too much";
        assert_eq!(
            told(ADDER, Some("expect more -1 1")),
            words,
            "the subject's, whatever the judge makes of it"
        );
        let words = "EvaluatorFailed: plugin tally 0.1.0: the judge: panic: the judge is beside itself";
        assert_eq!(told(ADDER, Some("panic")), words);
    }
}

#[test]
fn a_judge_that_does_not_end_is_not_held_against_what_it_never_called() {
    let tally = test_plugin("tally");
    let words = "BrokenJudge: the judge used up its time on the processor, and had heard nothing of the program";
    assert_eq!(told(&tally, ADDER, Some("spin")), words);
    // An answer may be why it does not.
    let words = "used up its time on the processor";
    assert_eq!(told(&tally, ADDER, Some("expect more 40 42\nspin")), words);
}
