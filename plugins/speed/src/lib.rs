//! The speed test: how fast a model is brought into memory, reads a prompt and writes an answer.
//!
//! The model is loaded first, asked a short question that does not count, and then three prompts of different kinds, one
//! at a time with nothing else under way. Every prompt begins with a number of its own, so that no server answers from a
//! prefix that it has read before.

#![warn(missing_docs)]

mod measure;
mod prompts;

use koderz_plugin::api::chat::Residency;
use koderz_plugin::api::suite::{Direction, MetricInfo, Reduction};
use koderz_plugin::{prelude::*, schemars};
use prompts::PROMPTS;
use serde::{Deserialize, Serialize};

/// The stages, in order.
const LOAD: &str = "load";
const WARM_UP: &str = "warm-up";
const SPEED: &str = "speed";

/// The longest prompt with the words around it, in tokens.
const LONGEST_PROMPT: u32 = 256;

/// What can be set.
#[derive(Clone, Copy, Debug, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// The longest answer in tokens.
    #[schemars(range(min = 2))]
    max_output_tokens: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { max_output_tokens: 512 }
    }
}

/// What a task is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Work {
    /// Bring the model into memory.
    Load,
    /// Ask something that does not count.
    WarmUp,
    /// Ask this and measure.
    Ask(String),
}

/// The suite.
pub struct Speed(Settings);

impl Speed {
    fn question(&self, trial: &Trial, prompt: &str, tokens: u32) -> Request {
        // What differs has to stand first: servers look for the longest beginning that they know.
        let mut request = chat(format!("[{:08x}] {prompt}", trial.seed));
        request.sampling.max_output_tokens = Some(tokens);
        request
    }
}

impl Suite for Speed {
    type Settings = Settings;

    fn identity() -> PluginInfo {
        koderz_plugin::identity!("speed", "Speed: how fast a model loads, reads and writes.")
    }

    fn open(settings: Settings) -> Result<Self, String> {
        if settings.max_output_tokens < 2 {
            return Err("max-output-tokens is at least 2: a rate needs a step from one token to the next".to_owned());
        }
        Ok(Speed(settings))
    }

    fn describe(&self) -> SuiteInfo {
        let stage = |name: &str, warm_up| Stage {
            name: name.to_owned(),
            pacing: Pacing::Exclusive,
            warm_up,
        };
        let metric = |name: &str, unit: &str, direction| MetricInfo {
            name: name.to_owned(),
            unit: unit.to_owned(),
            direction,
            reductions: vec![Reduction::Median, Reduction::Minimum, Reduction::Maximum],
        };
        SuiteInfo {
            stages: vec![stage(LOAD, false), stage(WARM_UP, true), stage(SPEED, false)],
            metrics: vec![
                metric(measure::DECODE, "tokens/s", Direction::HigherIsBetter),
                metric(measure::PREFILL, "tokens/s", Direction::HigherIsBetter),
                metric(measure::FIRST_TOKEN, "ns", Direction::LowerIsBetter),
                metric(measure::LOAD, "ns", Direction::LowerIsBetter),
            ],
            context_tokens: (LONGEST_PROMPT + self.0.max_output_tokens).checked_next_multiple_of(1024),
            task_count: Some(2 + PROMPTS.len() as u64),
            ..suite_info(SPEED)
        }
    }

    fn tasks(&self, _cursor: Option<&str>) -> Result<TaskPage, String> {
        let first = [task(LOAD, LOAD, &Work::Load), task(WARM_UP, WARM_UP, &Work::WarmUp)];
        let prompts = PROMPTS.iter();
        let prompts = prompts.map(|(id, prompt)| task(*id, SPEED, &Work::Ask((*prompt).to_owned())));
        Ok(TaskPage {
            tasks: first.into_iter().chain(prompts).collect::<Result<_, _>>()?,
            next: None,
        })
    }

    fn next(&self, trial: &Trial, history: &[Round]) -> Result<Step, String> {
        let done = history.last().and_then(|round| round.first());
        Ok(match (input(trial)?, done) {
            (Work::Load, None) => perform(Command::Prepare(Residency::Loaded)),
            (Work::WarmUp, None) => ask(self.question(trial, "Say hello.", 16)),
            (Work::Ask(prompt), None) => ask(self.question(trial, &prompt, self.0.max_output_tokens)),
            (_, Some(Completion::Prepared(Ok(prepared)))) => Step::Finish(measure::load(prepared)),
            (_, Some(Completion::Asked(Ok(reply)))) => Step::Finish(measure::answer(reply)),
            (_, Some(other)) => inconclusive(other),
        })
    }
}

koderz_plugin::export!(suite: Speed);

#[cfg(test)]
mod tests {
    use super::*;
    use koderz_plugin::api::chat::{Prepared, Timing, Usage};
    use koderz_plugin::testing::{all_tasks, open, reply, trial};
    use std::time::Duration;

    fn suite() -> Speed {
        open("{}").expect("it opens")
    }

    fn task_named(id: &str) -> Task {
        let tasks = all_tasks(&suite()).expect("tasks");
        tasks.into_iter().find(|task| task.id == id).expect("the task")
    }

    fn finished(step: Step) -> Verdict {
        match step {
            Step::Finish(verdict) => verdict,
            Step::Perform(commands) => panic!("{commands:?}"),
        }
    }

    #[test]
    fn the_model_is_loaded_then_warmed_up_and_then_asked_three_things_each_alone() {
        let info = suite().describe();
        assert!(info.stages.iter().all(|stage| stage.pacing == Pacing::Exclusive));
        let ids: Vec<String> = all_tasks(&suite())
            .expect("tasks")
            .into_iter()
            .map(|task| task.id)
            .collect();
        assert_eq!(ids, ["load", "warm-up", "essay", "code", "puzzle"]);
        assert_eq!(info.task_count, Some(5));
        let warm_ups: Vec<&str> = info
            .stages
            .iter()
            .filter(|stage| stage.warm_up)
            .map(|stage| stage.name.as_str())
            .collect();
        assert_eq!(warm_ups, ["warm-up"], "and a warm-up is in no figure");
    }

    #[test]
    fn no_two_prompts_begin_alike() {
        let first = |seed| {
            let trial = Trial {
                seed,
                ..trial(task_named("essay"))
            };
            match suite().next(&trial, &[]).expect("a step") {
                Step::Perform(commands) => format!("{commands:?}"),
                Step::Finish(_) => panic!("nothing was asked"),
            }
        };
        assert_ne!(first(1), first(2));
    }

    #[test]
    fn an_answer_is_measured_by_the_clients_clock_over_the_steps_between_tokens() {
        let mut answer = reply("a b c");
        answer.usage = Usage {
            input_tokens: Some(100),
            output_tokens: Some(11),
        };
        answer.timing = Timing {
            first_token: Some(Duration::from_millis(500)),
            last_token: Some(Duration::from_millis(1500)),
            server: Some(koderz_plugin::api::chat::ServerTiming {
                prompt: Some(Duration::from_millis(250)),
                ..Default::default()
            }),
            ..Timing::default()
        };
        let step = suite().next(&trial(task_named("code")), &[vec![Completion::Asked(Ok(answer))]]);
        let verdict = finished(step.expect("a step"));
        assert_eq!(verdict.grade, Grade::Ungraded);
        let metrics: Vec<(&str, f64)> = verdict
            .metrics
            .iter()
            .map(|metric| (metric.name.as_str(), metric.value))
            .collect();
        assert_eq!(metrics, [("decode", 10.0), ("prefill", 400.0), ("first-token", 5e8)]);
    }

    #[test]
    fn a_load_is_told_from_a_model_that_was_there() {
        let load = |millis| {
            let prepared = Prepared {
                took: Duration::from_millis(millis),
                load: None,
            };
            let history = [vec![Completion::Prepared(Ok(prepared))]];
            finished(suite().next(&trial(task_named("load")), &history).expect("a step"))
        };
        assert_eq!(load(2000).metrics[0].value, 2e9);
        assert!(load(20).metrics.is_empty(), "it took no load");
        assert_eq!(load(20).reason, "it was in memory already");
    }
}
