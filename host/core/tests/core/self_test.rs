//! Right answers are put through the suite before a model is asked.

use koderz_api::chat::{Prompt, Request};
use koderz_api::execution::{ExecutionError, Exit, Limits, Outcome, Program};
use koderz_api::identity::PluginInfo;
use koderz_api::suite::{
    Command, Completion, Grade, Pacing, Round, Stage, Step, SuiteInfo, Task, TaskPage, Trial, Verdict,
};
use koderz_core::plan::Selection;
use koderz_core::ports::{Evaluator, PluginError, Suite};
use koderz_core::self_test::self_test;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// Three tasks: one whose answer passes, one whose answer does not, and one without an answer.
struct Echo(PluginInfo);

fn ask() -> Command {
    Command::Ask(Request {
        slot: "subject".to_owned(),
        prompt: Prompt::Completion("?".to_owned()),
        format: Default::default(),
        sampling: Default::default(),
        capture: Default::default(),
        extra: None,
    })
}

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
        Ok(SuiteInfo {
            stages: vec![Stage {
                name: "main".to_owned(),
                pacing: Pacing::Shared,
                warm_up: false,
            }],
            metrics: Vec::new(),
            samples: 1,
            languages: vec!["echo".to_owned()],
            slots: Vec::new(),
            context_tokens: None,
            task_count: Some(3),
        })
    }

    fn tasks(&self, _cursor: Option<&str>) -> Result<TaskPage, PluginError> {
        let task = |id: &str| Task {
            id: id.to_owned(),
            stage: "main".to_owned(),
            input: "{}".to_owned(),
            labels: Vec::new(),
        };
        Ok(TaskPage {
            tasks: ["good", "bad", "open"].map(task).into(),
            next: None,
        })
    }

    fn next(&self, _trial: &Trial, history: &[Round]) -> Result<Step, PluginError> {
        let grade = match history {
            [] => return Ok(Step::Perform(vec![ask()])),
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

async fn tested(selection: &Selection, known: impl Fn(&str) -> bool) -> Vec<(String, Option<String>, Duration)> {
    let identity = PluginInfo {
        name: "echo".to_owned(),
        version: "1".to_owned(),
        summary: String::new(),
    };
    let evaluators: [Arc<dyn Evaluator>; 1] = [Arc::new(Runs(["echo".to_owned()]))];
    let tested = self_test(
        Arc::new(Echo(identity)),
        &evaluators,
        selection,
        NonZeroU32::MIN,
        known,
        |_| {},
    );
    let tested = tested.await.expect("it can be tried");
    tested
        .into_iter()
        .map(|(id, tested)| (id, tested.failure.clone(), tested.limit()))
        .collect()
}

#[tokio::test]
async fn a_task_that_its_own_answer_fails_is_told_with_the_reason_and_others_with_their_limit() {
    let limit = Duration::from_secs(5);
    assert_eq!(
        tested(&Selection::default(), |_| false).await,
        [
            ("bad".to_owned(), Some("why".to_owned()), limit),
            ("good".to_owned(), None, limit)
        ]
    );
}

#[tokio::test]
async fn only_what_is_selected_and_not_known_is_tried() {
    let first = Selection {
        end: Some(1),
        ..Selection::default()
    };
    assert_eq!(tested(&first, |_| false).await.len(), 1);
    assert!(tested(&first, |id| id == "good").await.is_empty());
}
