//! Short ways to write the usual steps of a suite.

use koderz_api::Label;
use koderz_api::chat::{Capture, Format, Message, Prompt, Request, Role, Sampling};
use koderz_api::execution::Limits;
use koderz_api::suite::{Command, Completion, Grade, Pacing, Stage, Step, SuiteInfo, Task, Trial, Verdict};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

fn request(prompt: Prompt) -> Request {
    Request {
        slot: "subject".to_owned(),
        prompt,
        format: Format::Text,
        sampling: Sampling::default(),
        capture: Capture::default(),
        extra: None,
    }
}

/// A question to the model under test, as one message of a conversation.
pub fn chat(question: impl Into<String>) -> Request {
    request(Prompt::Chat(vec![Message {
        role: Role::User,
        content: question.into(),
    }]))
}

/// A text for the model under test to go on from.
pub fn completion(text: impl Into<String>) -> Request {
    request(Prompt::Completion(text.into()))
}

/// Ask this, then call `next` again.
pub fn ask(request: Request) -> Step {
    perform(Command::Ask(request))
}

/// Do this, then call `next` again.
pub fn perform(command: Command) -> Step {
    Step::Perform(vec![command])
}

fn finish(grade: Grade, reason: String, labels: Vec<Label>) -> Step {
    Step::Finish(Verdict {
        grade,
        metrics: Vec::new(),
        reason,
        labels,
    })
}

/// The answer is right.
pub fn pass() -> Step {
    finish(Grade::Pass, String::new(), Vec::new())
}

/// The answer is wrong, and why.
pub fn fail(reason: impl Into<String>) -> Step {
    finish(Grade::Fail, reason.into(), Vec::new())
}

/// The answer is wrong: in which way, a word that the summary counts, and why.
pub fn fail_as(way: &str, reason: impl Into<String>) -> Step {
    let label = ("failure".to_owned(), way.to_owned());
    finish(Grade::Fail, reason.into(), vec![label])
}

/// The machinery failed: takes the reason from the completion that shows it.
pub fn inconclusive(completion: &Completion) -> Step {
    let reason = match completion {
        Completion::Asked(Err(error)) | Completion::Prepared(Err(error)) => error.message.clone(),
        Completion::Executed(Err(error)) => error.message.clone(),
        Completion::Asked(Ok(_)) | Completion::Executed(Ok(_)) | Completion::Prepared(Ok(_)) => {
            "the suite did not expect this completion".to_owned()
        }
    };
    finish(Grade::Inconclusive, reason, Vec::new())
}

/// What a program may use that is to take so much processor time at most, and is neither large nor talkative: 512 MiB, and
/// 64 KiB of output. The time of the clock is a net for programs that wait, wide enough for a machine that is busy
/// otherwise.
pub fn limits(cpu: Duration) -> Limits {
    Limits {
        cpu,
        wall: cpu * 10 + Duration::from_secs(60),
        memory_bytes: 512 << 20,
        output_bytes: 64 << 10,
    }
}

/// A suite of one stage, one sample a task, and nothing else.
pub fn suite_info(stage: &str) -> SuiteInfo {
    SuiteInfo {
        stages: vec![Stage {
            name: stage.to_owned(),
            pacing: Pacing::Shared,
            warm_up: false,
        }],
        metrics: Vec::new(),
        samples: 1,
        languages: Vec::new(),
        slots: Vec::new(),
        context_tokens: None,
        task_count: None,
    }
}

/// A task whose input is a value of the suite's own.
///
/// # Errors
/// If the value cannot be written as JSON.
pub fn task(id: impl Into<String>, stage: &str, input: &impl Serialize) -> Result<Task, String> {
    let input = serde_json::to_string(input).map_err(|error| error.to_string())?;
    Ok(Task {
        id: id.into(),
        stage: stage.to_owned(),
        input,
        labels: Vec::new(),
    })
}

/// The input of a trial's task, read back.
///
/// # Errors
/// If it is not what [`task`] wrote: a task of another release of the suite.
pub fn input<T: DeserializeOwned>(trial: &Trial) -> Result<T, String> {
    task_input(&trial.task)
}

/// The same where there is a task and no trial.
///
/// # Errors
/// If it has another shape.
pub fn task_input<T: DeserializeOwned>(task: &Task) -> Result<T, String> {
    serde_json::from_str(&task.input).map_err(|error| format!("input of task {}: {error}", task.id))
}
