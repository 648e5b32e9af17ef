//! The HumanEval suite (Chen et al., "Evaluating large language models trained on code", 2021).
//!
//! 164 Python functions to be completed, each with a hidden test. A model is asked either in conversation (`chat`) or
//! with the bare beginning of the function to go on from (`completion`); its answer becomes a program, and the data
//! set's own `check` judges it in an instance of its own.

#![warn(missing_docs)]

mod answer;
mod problem;
mod program;
mod verdict;

use koderz_plugin::{prelude::*, schemars};
use problem::Problem;
use serde::Deserialize;
use std::time::Duration;

/// Where a bare completion ends: at the first line that begins something new.
const STOP: [&str; 5] = ["\nclass ", "\ndef ", "\n#", "\nif ", "\nprint("];

/// Problems of a page.
const PAGE: usize = 50;

/// The longest problem in tokens of an ordinary tokenizer, with the words around it.
const LONGEST_QUESTION: u32 = 1024;

const STAGE: &str = "main";

/// How a problem is put to a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PromptStyle {
    /// As a question in a conversation, through the model's template: for instruction-tuned models.
    #[default]
    Chat,
    /// As bare text to go on from, past any template: for base models.
    Completion,
    /// As a question in a conversation, whose answer is run as it is, without looking for the program in it: for whole
    /// programs that others have collected.
    Solution,
}

/// What can be set.
#[derive(Clone, Copy, Debug, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// How a problem is put to a model.
    prompt_style: PromptStyle,
    /// The longest answer in tokens; without it 2048 in conversation and 384 for a completion.
    #[schemars(range(min = 1))]
    max_output_tokens: Option<u32>,
    /// Processor time that a program and its test may take each, in seconds.
    #[schemars(range(min = 0.1, max = 3600.0))]
    cpu_seconds: f64,
    /// Memory that a program may hold, in MiB, the interpreter included.
    #[schemars(range(min = 64, max = 4095))]
    memory_mib: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            prompt_style: PromptStyle::Chat,
            max_output_tokens: None,
            cpu_seconds: 10.0,
            memory_mib: 512,
        }
    }
}

impl Settings {
    /// What the schema says too, for hosts that do not look at it.
    fn check(&self) -> Result<(), String> {
        if self.max_output_tokens == Some(0) {
            return Err("max-output-tokens is at least 1".to_owned());
        }
        if !(0.1..=3600.0).contains(&self.cpu_seconds) {
            return Err(format!("cpu-seconds is from 0.1 to 3600, not {}", self.cpu_seconds));
        }
        if !(64..=4095).contains(&self.memory_mib) {
            return Err(format!("memory-mib is from 64 to 4095, not {}", self.memory_mib));
        }
        Ok(())
    }
}

/// The suite.
pub struct HumanEval(Settings);

impl HumanEval {
    fn max_output_tokens(&self) -> u32 {
        self.0.max_output_tokens.unwrap_or(match self.0.prompt_style {
            PromptStyle::Chat | PromptStyle::Solution => 2048,
            PromptStyle::Completion => 384,
        })
    }

    /// One window for every question: servers load a model anew where it changes.
    fn context_tokens(&self) -> u32 {
        let tokens = LONGEST_QUESTION.saturating_add(self.max_output_tokens());
        tokens.checked_next_multiple_of(1024).unwrap_or(tokens)
    }

    fn question(&self, problem: &Problem) -> Request {
        let mut request = match self.0.prompt_style {
            PromptStyle::Chat | PromptStyle::Solution => chat(problem.question()),
            PromptStyle::Completion => {
                let mut request = completion(problem.prompt.clone());
                request.sampling.stop = STOP.map(str::to_owned).to_vec();
                request
            }
        };
        request.sampling.max_output_tokens = Some(self.max_output_tokens());
        request
    }

    fn limits(&self) -> Limits {
        let cpu = Duration::from_secs_f64(self.0.cpu_seconds);
        Limits {
            cpu,
            // A net for a program that waits instead of working, wide enough for a machine that is busy otherwise.
            wall: cpu * 10 + Duration::from_secs(60),
            memory_bytes: u64::from(self.0.memory_mib) << 20,
            output_bytes: 64 << 10,
        }
    }
}

impl Suite for HumanEval {
    type Settings = Settings;

    fn identity() -> PluginInfo {
        koderz_plugin::identity!(
            "humaneval",
            "HumanEval: 164 Python functions, each judged by its own test."
        )
    }

    fn open(settings: Settings) -> Result<Self, String> {
        settings.check()?;
        Ok(HumanEval(settings))
    }

    fn describe(&self) -> SuiteInfo {
        SuiteInfo {
            languages: vec!["python".to_owned()],
            context_tokens: Some(self.context_tokens()),
            task_count: Some(problem::count() as u64),
            ..suite_info(STAGE)
        }
    }

    fn tasks(&self, cursor: Option<&str>) -> Result<TaskPage, String> {
        let all = problem::all()?;
        let start = cursor.map_or(Ok(0), str::parse::<usize>);
        let page = start
            .ok()
            .and_then(|start| all.get(start..))
            .filter(|page| !page.is_empty());
        let Some(page) = page else {
            return Err(format!("no page of tasks begins at `{}`", cursor.unwrap_or_default()));
        };
        let (page, rest) = page.split_at(PAGE.min(page.len()));
        let tasks: Result<Vec<Task>, String> = page
            .iter()
            .map(|entry| task(entry.task_id.clone(), STAGE, &entry.problem))
            .collect();
        Ok(TaskPage {
            tasks: tasks?,
            next: (!rest.is_empty()).then(|| (all.len() - rest.len()).to_string()),
        })
    }

    fn next(&self, trial: &Trial, history: &[Round]) -> Result<Step, String> {
        let problem: Problem = input(trial)?;
        let (asked, executed) = match history {
            [] => return Ok(ask(self.question(&problem))),
            [asked] => (only(asked)?, None),
            [asked, executed] => (only(asked)?, Some(only(executed)?)),
            _ => return Err(format!("a trial has two rounds, not {}", history.len())),
        };
        let Completion::Asked(Ok(reply)) = asked else {
            return Ok(inconclusive(asked));
        };
        let answer = match program::of(&problem, reply, self.0.prompt_style) {
            Ok(answer) => answer,
            Err(missing) => return Ok(verdict::missing(reply, missing, &problem.entry_point)),
        };
        match executed {
            None => Ok(perform(Command::Execute(problem.program(answer.source, self.limits())))),
            Some(Completion::Executed(Ok(outcome))) => Ok(verdict::of(reply, outcome, answer.repairs)),
            Some(other) => Ok(inconclusive(other)),
        }
    }
}

/// The completion of a round's one command.
fn only(round: &Round) -> Result<&Completion, String> {
    match round.as_slice() {
        [completion] => Ok(completion),
        _ => Err(format!("a round has one completion, not {}", round.len())),
    }
}

impl Reference for HumanEval {
    fn answer(&self, task: &Task) -> Result<Option<String>, String> {
        let entry = problem::all()?.into_iter().find(|entry| entry.task_id == task.id);
        Ok(entry.map(|entry| match self.0.prompt_style {
            PromptStyle::Chat => format!(
                "```python\n{}{}\n```\n",
                entry.problem.prompt,
                entry.canonical_solution.trim_end()
            ),
            PromptStyle::Completion => entry.canonical_solution,
            PromptStyle::Solution => entry.problem.prompt + &entry.canonical_solution,
        }))
    }
}

koderz_plugin::export!(checked_suite: HumanEval);

#[cfg(test)]
mod tests;
