//! Right answers are put through the suite before a model is asked.

use crate::world::{ask, info, page};
use koderz_api::execution::{ExecutionError, Exit, Limits, Outcome, Program};
use koderz_api::identity::PluginInfo;
use koderz_api::suite::{Command, Completion, Grade, Round, Step, SuiteInfo, Task, TaskPage, Trial, Verdict};
use koderz_core::plan::Selection;
use koderz_core::ports::{Evaluator, PluginError, Suite};
use koderz_core::self_test::{Tested, self_test};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// Three tasks: one whose answer passes, one whose answer does not, and one without an answer.
struct Echo(PluginInfo);

fn program(subject: &str) -> Program {
    Program {
        language: "echo".to_owned(),
        subject: subject.to_owned(),
        judge: None,
        entry_points: Vec::new(),
        stdin: Vec::new(),
        limits: Limits {
            cpu: Duration::from_secs(10),
            wall: Duration::from_secs(100),
            memory_bytes: 0,
            output_bytes: 0,
        },
    }
}

impl Suite for Echo {
    fn identity(&self) -> &PluginInfo {
        &self.0
    }

    fn describe(&self) -> Result<SuiteInfo, PluginError> {
        Ok(info(3))
    }

    fn tasks(&self, _cursor: Option<&str>) -> Result<TaskPage, PluginError> {
        Ok(page(["good", "bad", "open"].map(str::to_owned).into_iter()))
    }

    fn next(&self, _trial: &Trial, history: &[Round]) -> Result<Step, PluginError> {
        let grade = match history {
            [] => return Ok(ask()),
            [asked] => match &asked[0] {
                Completion::Asked(Ok(reply)) => return Ok(Step::Perform(vec![Command::Execute(program(&reply.text))])),
                _ => Grade::Inconclusive,
            },
            [_, executed, ..] => match &executed[0] {
                Completion::Executed(Ok(outcome)) if outcome.exit == Exit::Passed => Grade::Pass,
                _ => Grade::Fail,
            },
        };
        Ok(Step::Finish(Verdict {
            grade,
            metrics: Vec::new(),
            reason: "why".to_owned(),
            labels: Vec::new(),
        }))
    }

    fn knows_answers(&self) -> bool {
        true
    }

    fn answer(&self, task: &Task) -> Result<Option<String>, PluginError> {
        Ok((task.id != "open").then(|| task.id.clone()))
    }
}

/// Passes what is good, for half a second.
struct Runs([String; 1]);

impl Evaluator for Runs {
    fn languages(&self) -> &[String] {
        &self.0
    }

    fn execute(&self, program: &Program) -> Result<Outcome, ExecutionError> {
        Ok(Outcome {
            exit: match program.subject.as_str() {
                "good" => Exit::Passed,
                other => Exit::Failed(other.to_owned()),
            },
            stdout: Vec::new(),
            stderr: Vec::new(),
            cpu: Duration::from_millis(500),
            wall: Duration::ZERO,
            memory_bytes: 0,
        })
    }
}

async fn tested(selection: &Selection, known: &BTreeMap<String, Tested>) -> (BTreeMap<String, Tested>, usize) {
    let identity = PluginInfo {
        name: "echo".to_owned(),
        version: "1".to_owned(),
        summary: String::new(),
    };
    let evaluators: [Arc<dyn Evaluator>; 1] = [Arc::new(Runs(["echo".to_owned()]))];
    let mut tried = 0;
    let suite = Arc::new(Echo(identity));
    let tested = self_test(suite, &evaluators, selection, NonZeroU32::MIN, known, |count| {
        tried = count
    })
    .await;
    (tested.expect("it can be tried"), tried)
}

fn came_to(failure: Option<&str>, cost: Duration) -> Tested {
    Tested {
        failure: failure.map(str::to_owned),
        cost,
    }
}

#[tokio::test]
async fn a_task_that_its_own_answer_fails_is_told_with_the_reason_and_one_without_an_answer_not_at_all() {
    let (tested, tried) = tested(&Selection::default(), &BTreeMap::new()).await;
    let half = Duration::from_millis(500);
    let wanted = [("bad", came_to(Some("why"), half)), ("good", came_to(None, half))];
    assert_eq!(
        tested,
        BTreeMap::from(wanted.map(|(task, tested)| (task.to_owned(), tested)))
    );
    assert_eq!(tried, 2);
    assert_eq!(tested["good"].limit(), Duration::from_secs(5), "ten times what it cost");
    assert_eq!(
        came_to(None, Duration::ZERO).limit(),
        Duration::from_secs(3),
        "and that at least"
    );
}

#[tokio::test]
async fn what_is_known_is_not_tried_again_and_what_is_not_selected_is_not_in_it() {
    let dear = came_to(None, Duration::from_secs(9));
    let known = ["good", "elsewhere"].map(|task| (task.to_owned(), dear.clone()));
    let first = Selection {
        limit: Some(1),
        ..Selection::default()
    };
    let (tested, tried) = tested(&first, &BTreeMap::from(known)).await;
    assert_eq!((tested, tried), (BTreeMap::from([("good".to_owned(), dear)]), 0));
}
