//! The HumanEval suite (Chen et al., "Evaluating large language models trained on code", 2021).
//!
//! 164 Python functions to be completed, each with a hidden test. A model is asked either in conversation (`chat`) or
//! with the bare beginning of the function to go on from (`completion`); its answer becomes a program, and the data
//! set's own `check` judges it in an instance of its own. Where the data of HumanEval+ is granted, its inputs do.

#![warn(missing_docs)]

mod answer;
mod plus;
mod problem;
mod program;
mod verdict;

use koderz_plugin::api::suite::{Direction, MetricInfo, Reduction};
use koderz_plugin::{prelude::*, schemars};
use plus::{Expected, Inputs, Part};
use problem::{Check, Problem};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Where a bare completion ends: at the first line that begins something new.
const STOP: [&str; 5] = ["\nclass ", "\ndef ", "\n#", "\nif ", "\nprint("];

/// Problems of a page.
const PAGE: usize = 50;

/// The longest problem in tokens of an ordinary tokenizer, with the words around it.
const LONGEST_QUESTION: u32 = 1024;

const STAGE: &str = "main";

/// How a problem is put to a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, schemars::JsonSchema)]
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
    /// Processor time that a program and its test may take each, in seconds; without it 10, and 60 with the inputs of
    /// HumanEval+.
    #[schemars(range(min = 0.1, max = 3600.0))]
    cpu_seconds: Option<f64>,
    /// Memory that a program may hold, in MiB, the interpreter included.
    #[schemars(range(min = 64, max = 4095))]
    memory_mib: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            prompt_style: PromptStyle::Chat,
            max_output_tokens: None,
            cpu_seconds: None,
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
        if let Some(seconds) = self.cpu_seconds
            && !(0.1..=3600.0).contains(&seconds)
        {
            return Err(format!("cpu-seconds is from 0.1 to 3600, not {seconds}"));
        }
        if !(64..=4095).contains(&self.memory_mib) {
            return Err(format!("memory-mib is from 64 to 4095, not {}", self.memory_mib));
        }
        Ok(())
    }
}

/// The suite.
pub struct HumanEval {
    settings: Settings,
    /// Whether the data of HumanEval+ is granted, and so its tasks are the ones.
    plus: bool,
}

impl HumanEval {
    fn max_output_tokens(&self) -> u32 {
        self.settings
            .max_output_tokens
            .unwrap_or(match self.settings.prompt_style {
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
        let mut request = match self.settings.prompt_style {
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

    fn limits(&self, check: &Check) -> Limits {
        let (usual, output_bytes) = match check {
            Check::Test(_) => (10.0, 64 << 10),
            // A thousand inputs, and answers that print a line or two for each.
            Check::Inputs(_) => (60.0, 1 << 20),
        };
        let cpu = Duration::from_secs_f64(self.settings.cpu_seconds.unwrap_or(usual));
        Limits {
            cpu,
            // A net for a program that waits instead of working, wide enough for a machine that is busy otherwise.
            wall: cpu * 10 + Duration::from_secs(60),
            memory_bytes: u64::from(self.settings.memory_mib) << 20,
            output_bytes,
        }
    }

    /// A trial whose answer the data set's own test judges.
    fn by_test(&self, problem: &Problem, test: &str, history: &[Round]) -> Result<Step, String> {
        let (asked, executed) = match history {
            [] => return Ok(ask(self.question(problem))),
            [asked] => (only(asked)?, None),
            [asked, executed] => (only(asked)?, Some(only(executed)?)),
            _ => return Err(too_long(history)),
        };
        let Completion::Asked(Ok(reply)) = asked else {
            return Ok(inconclusive(asked));
        };
        let answer = match program::of(problem, reply, self.settings.prompt_style) {
            Ok(answer) => answer,
            Err(missing) => return Ok(verdict::missing(reply, missing, &problem.entry_point)),
        };
        match executed {
            None => {
                let program = problem.program(test, answer.source, self.limits(&problem.check));
                Ok(perform(Command::Execute(program)))
            }
            Some(Completion::Executed(Ok(outcome))) => Ok(verdict::of(reply, outcome, answer.repairs)),
            Some(other) => Ok(inconclusive(other)),
        }
    }

    /// A trial whose answer is compared with the reference's. What that answers is found out while the model does.
    fn by_inputs(&self, problem: &Problem, inputs: &Inputs, history: &[Round]) -> Result<Step, String> {
        let Some(first) = history.first() else {
            let reference = inputs.reference_program(problem);
            return Ok(Step::Perform(vec![
                Command::Ask(self.question(problem)),
                Command::Execute(reference),
            ]));
        };
        let [asked, expected] = both(first)?;
        let Completion::Asked(Ok(reply)) = asked else {
            return Ok(inconclusive(asked));
        };
        let answer = match program::of(problem, reply, self.settings.prompt_style) {
            Ok(answer) => answer,
            Err(missing) => return Ok(verdict::missing_in_parts(reply, missing, &problem.entry_point)),
        };
        let expected = match expected {
            Completion::Executed(Ok(outcome)) => match Expected::read(outcome) {
                Ok(expected) => expected,
                Err(what) => return Ok(verdict::inconclusive(what)),
            },
            other => return Ok(inconclusive(other)),
        };
        match &history[1..] {
            [] => {
                let limits = self.limits(&problem.check);
                let program = |part| Command::Execute(inputs.judged(problem, &answer.source, part, &expected, limits));
                Ok(Step::Perform(Part::ALL.map(program).to_vec()))
            }
            [judged] => match both(judged)? {
                [Completion::Executed(Ok(base)), Completion::Executed(Ok(plus))] => {
                    Ok(verdict::of_parts(reply, [base, plus], answer.repairs))
                }
                [Completion::Executed(Ok(_)), other] | [other, _] => Ok(inconclusive(other)),
            },
            _ => Err(too_long(history)),
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
        let plus = plus::is_granted()?;
        Ok(HumanEval { settings, plus })
    }

    fn describe(&self) -> SuiteInfo {
        let task_count = match self.plus {
            true => plus::count(),
            false => Some(problem::count() as u64),
        };
        let metric = |part: Part| MetricInfo {
            name: part.name().to_owned(),
            unit: "1".to_owned(),
            direction: Direction::HigherIsBetter,
            reductions: vec![Reduction::Mean],
        };
        SuiteInfo {
            languages: vec!["python".to_owned()],
            metrics: if self.plus {
                Part::ALL.map(metric).to_vec()
            } else {
                Vec::new()
            },
            context_tokens: Some(self.context_tokens()),
            task_count,
            ..suite_info(STAGE)
        }
    }

    fn tasks(&self, cursor: Option<&str>) -> Result<TaskPage, String> {
        let none = || format!("no page of tasks begins at `{}`", cursor.unwrap_or_default());
        let start: usize = cursor.map_or(Ok(0), str::parse).map_err(|_| none())?;
        let (problems, more) = match self.plus {
            true => plus::page(start, PAGE)?,
            false => problem::page(start, PAGE)?,
        };
        if problems.is_empty() && start > 0 {
            return Err(none());
        }
        let next = more.then(|| (start + problems.len()).to_string());
        let tasks: Result<Vec<Task>, String> = problems
            .into_iter()
            .map(|(id, problem)| task(id, STAGE, &problem))
            .collect();
        Ok(TaskPage { tasks: tasks?, next })
    }

    fn next(&self, trial: &Trial, history: &[Round]) -> Result<Step, String> {
        // The task says how it is judged, not what is granted now: a trial goes on as it was begun.
        let problem: Problem = input(trial)?;
        match &problem.check {
            Check::Test(test) => self.by_test(&problem, test, history),
            Check::Inputs(inputs) => self.by_inputs(&problem, inputs, history),
        }
    }
}

fn too_long(history: &[Round]) -> String {
    format!("a trial has two rounds, not {}", history.len())
}

/// The completions of a round's two commands.
fn both(round: &Round) -> Result<[&Completion; 2], String> {
    match round.as_slice() {
        [first, second] => Ok([first, second]),
        _ => Err(format!("a round has two completions, not {}", round.len())),
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
        let (prompt, solution) = match serde_json::from_str(&task.input).map_err(|error| error.to_string())? {
            Problem {
                prompt,
                check: Check::Inputs(inputs),
                ..
            } => (prompt, inputs.reference),
            Problem { prompt, .. } => match problem::solution(&task.id)? {
                Some(solution) => (prompt, solution),
                None => return Ok(None),
            },
        };
        Ok(Some(match self.settings.prompt_style {
            PromptStyle::Chat => format!("```python\n{prompt}{}\n```\n", solution.trim_end()),
            PromptStyle::Completion => solution,
            PromptStyle::Solution => prompt + &solution,
        }))
    }
}

koderz_plugin::export!(checked_suite: HumanEval);

#[cfg(test)]
mod tests;
