//! A task, and what its suite wants first: nearly always the question, and all of it where that is the only one.

use crate::figure::harmless;
use koderz_api::chat::{Prompt, Request, Residency, Role};
use koderz_api::suite::{Command, Step, Task, Trial};
use koderz_core::ports::{PluginError, Suite};
use koderz_core::seed;
use serde_json::{Value, json};

/// A task and its first step.
pub(super) struct Asked {
    pub(super) task: Task,
    commands: Vec<Command>,
}

impl Asked {
    pub(super) fn of(suite: &dyn Suite, task: Task, seed: u64) -> Result<Self, PluginError> {
        let trial = Trial {
            seed: seed::of_trial(seed, &task.id, 0),
            sample: 0,
            task,
        };
        let commands = match suite.next(&trial, &[])? {
            Step::Perform(commands) => commands,
            Step::Finish(_) => Vec::new(),
        };
        Ok(Asked {
            task: trial.task,
            commands,
        })
    }

    fn questions(&self) -> impl Iterator<Item = &Request> {
        self.commands.iter().filter_map(|command| match command {
            Command::Ask(request) => Some(request),
            Command::Execute(_) | Command::Prepare(_) => None,
        })
    }

    /// Whether a text in lower case is in its id, its labels or what is asked.
    pub(super) fn has(&self, text: &str) -> bool {
        let holds = |place: &str| place.to_lowercase().contains(text);
        holds(&self.task.id)
            || holds(&self.labels())
            || self
                .questions()
                .any(|request| texts(&request.prompt).iter().any(|(_, text)| holds(text)))
    }

    pub(super) fn labels(&self) -> String {
        let labels = self.task.labels.iter().map(|(name, value)| format!("{name}={value}"));
        labels.collect::<Vec<_>>().join(" ")
    }

    /// How much is asked, or what is done in the place of a question.
    pub(super) fn amount(&self) -> String {
        let one = |command: &Command| match command {
            Command::Ask(request) => {
                let texts = texts(&request.prompt);
                let characters: usize = texts.iter().map(|(_, text)| text.chars().count()).sum();
                format!("{characters} characters")
            }
            other => words(other),
        };
        self.commands.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// An object of `id`, `stage`, `labels` and `commands`, which are those of the contract.
    pub(super) fn line(&self) -> String {
        let Task { id, stage, labels, .. } = &self.task;
        let labels: Vec<Value> = labels.iter().map(|(name, value)| json!([name, value])).collect();
        format!(
            "{}\n",
            json!({ "id": id, "stage": stage, "labels": labels, "commands": self.commands })
        )
    }

    /// The whole step, with texts that stand in by two blanks, so that nothing in them passes for a heading.
    pub(super) fn text(&self) -> String {
        let mut text = format!("{}\n", harmless(&self.task.id));
        if !self.task.labels.is_empty() {
            text.push_str(&format!("{}\n", harmless(&self.labels())));
        }
        for command in &self.commands {
            text.push('\n');
            match command {
                Command::Ask(request) => text.push_str(&question(request)),
                other => text.push_str(&format!("{}\n", words(other))),
            }
        }
        if self.commands.is_empty() {
            text.push_str("\nnothing is asked\n");
        }
        text
    }
}

/// What is done where nothing is asked.
fn words(command: &Command) -> String {
    match command {
        Command::Ask(_) => "the model is asked".to_owned(),
        Command::Execute(program) => format!("a program in {} is run", harmless(&program.language)),
        Command::Prepare(Residency::Loaded) => "the model is brought into memory".to_owned(),
        Command::Prepare(Residency::Unloaded | Residency::Evicted) => "the model is taken out of memory".to_owned(),
    }
}

fn question(request: &Request) -> String {
    let mut text = String::new();
    for (speaker, said) in texts(&request.prompt) {
        text.push_str(&format!("{speaker}\n"));
        for line in said.lines() {
            text.push_str(format!("  {}", harmless(line)).trim_end());
            text.push('\n');
        }
    }
    if let Some(tokens) = request.sampling.max_output_tokens {
        text.push_str(&format!("longest answer\n  {tokens} tokens\n"));
    }
    if !request.sampling.stop.is_empty() {
        let stop = request.sampling.stop.iter().map(|stop| format!("{stop:?}"));
        text.push_str(&format!("ends before\n  {}\n", stop.collect::<Vec<_>>().join(" ")));
    }
    text
}

/// What is said by whom.
fn texts(prompt: &Prompt) -> Vec<(&'static str, &str)> {
    match prompt {
        Prompt::Completion(text) => vec![("to go on from", text)],
        Prompt::Chat(messages) => messages
            .iter()
            .map(|message| {
                let speaker = match message.role {
                    Role::System => "system",
                    Role::User => "user",
                    Role::Assistant => "assistant",
                };
                (speaker, message.content.as_str())
            })
            .collect(),
    }
}
