//! Latency: how long the first token and all the others take, alone and beside other questions.
//!
//! Three stages: one that warms up and is in no figure, one where a question is alone with the server, and one where several
//! clients ask at once. Times are the host's, and come with the reply; that of the server itself is in `timing.server`.

use koderz_plugin::api::suite::{Direction, MetricInfo, Reduction};
use koderz_plugin::{prelude::*, schemars};
use std::time::Duration;

const WARM_UP: &str = "warm-up";
const ALONE: &str = "alone";
const TOGETHER: &str = "together";

const FIRST_TOKEN: &str = "first-token";
const LATER_TOKEN: &str = "later-token";
const TOTAL: &str = "total";
const METRICS: [&str; 3] = [FIRST_TOKEN, LATER_TOKEN, TOTAL];

/// What can be set.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Questions of a stage.
    #[schemars(range(min = 1, max = 10_000))]
    questions: u32,
    /// Clients that ask at once in the last stage.
    #[schemars(range(min = 1, max = 1000))]
    clients: u32,
    /// Length of an answer, in tokens.
    #[schemars(range(min = 2))]
    tokens: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            questions: 10,
            clients: 4,
            tokens: 64,
        }
    }
}

/// The suite.
pub struct Latency(Settings);

impl Suite for Latency {
    type Settings = Settings;

    fn identity() -> PluginInfo {
        koderz_plugin::identity!("latency", "How long answers take, alone and beside others.")
    }

    fn open(settings: Settings) -> Result<Self, String> {
        Ok(Latency(settings))
    }

    fn describe(&self) -> SuiteInfo {
        let stage = |name: &str, pacing, warm_up| Stage {
            name: name.to_owned(),
            pacing,
            warm_up,
        };
        let metric = |name: &str| MetricInfo {
            name: name.to_owned(),
            unit: "ns".to_owned(),
            direction: Direction::LowerIsBetter,
            reductions: vec![Reduction::Median, Reduction::P95],
        };
        SuiteInfo {
            stages: vec![
                stage(WARM_UP, Pacing::Exclusive, true),
                stage(ALONE, Pacing::Exclusive, false),
                stage(TOGETHER, Pacing::Closed(self.0.clients), false),
            ],
            metrics: METRICS.map(metric).to_vec(),
            context_tokens: Some(1024 + self.0.tokens),
            task_count: Some(1 + 2 * u64::from(self.0.questions)),
            ..suite_info(ALONE)
        }
    }

    fn tasks(&self, _cursor: Option<&str>) -> Result<TaskPage, String> {
        let stages = [(WARM_UP, 1), (ALONE, self.0.questions), (TOGETHER, self.0.questions)];
        let tasks: Result<Vec<Task>, String> = stages
            .iter()
            .flat_map(|(stage, questions)| (1..=*questions).map(move |number| (stage, number)))
            .map(|(stage, number)| task(format!("{stage}/{number}"), stage, &number))
            .collect();
        Ok(TaskPage {
            tasks: tasks?,
            next: None,
        })
    }

    fn next(&self, trial: &Trial, history: &[Round]) -> Result<Step, String> {
        match history.last().and_then(|round| round.first()) {
            None => {
                // Its own beginning keeps a question from being answered out of the server's cache of prompts.
                let mut request = chat(format!("{}: tell a story without an end.", trial.task.id));
                request.sampling.max_output_tokens = Some(self.0.tokens);
                Ok(ask(request))
            }
            Some(Completion::Asked(Ok(reply))) => Ok(Step::Finish(measured(reply))),
            Some(other) => Ok(inconclusive(other)),
        }
    }
}

fn measured(reply: &Reply) -> Verdict {
    let timing = &reply.timing;
    // The first of the tokens is apart, and the others lie between it and the last.
    let later = timing.last_token.zip(timing.first_token).and_then(|(last, first)| {
        let others = reply.usage.output_tokens?.checked_sub(1).filter(|others| *others > 0)?;
        Some(last.saturating_sub(first) / others)
    });
    let times = [
        (FIRST_TOKEN, timing.first_token),
        (LATER_TOKEN, later),
        (TOTAL, Some(timing.total)),
    ];
    let metric = |(name, time): (&str, Option<Duration>)| {
        time.map(|time| Metric {
            name: name.to_owned(),
            value: time.as_nanos() as f64,
        })
    };
    Verdict {
        grade: Grade::Ungraded,
        metrics: times.into_iter().filter_map(metric).collect(),
        reason: String::new(),
        labels: Vec::new(),
    }
}

impl Measuring for Latency {
    fn summarize(&self, results: &[Graded]) -> Result<Vec<Figure>, String> {
        let figure = |name: String, unit: &str, value, note: String| Figure {
            name,
            unit: unit.to_owned(),
            value,
            interval: None,
            note,
        };
        let mut figures = Vec::new();
        // A report's own medians are of all stages together.
        for stage in [ALONE, TOGETHER] {
            for metric in METRICS {
                if let Some(median) = median(results, stage, metric) {
                    figures.push(figure(format!("{metric}, {stage}"), "ns", median, String::new()));
                }
            }
        }
        if let (Some(alone), Some(together)) = (median(results, ALONE, TOTAL), median(results, TOGETHER, TOTAL))
            && alone > 0.0
        {
            let note = format!("median time of an answer, {} clients over one", self.0.clients);
            figures.push(figure("slowdown".to_owned(), "1", together / alone, note));
        }
        Ok(figures)
    }
}

/// The middle value, the lower one where there are two; none without values.
fn median(results: &[Graded], stage: &str, name: &str) -> Option<f64> {
    let mut values: Vec<f64> = results
        .iter()
        .filter(|result| result.stage == stage)
        .flat_map(|result| &result.verdict.metrics)
        .filter(|metric| metric.name == name)
        .map(|metric| metric.value)
        .collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len().checked_sub(1)? / 2;
    values.get(middle).copied()
}

koderz_plugin::export!(measuring_suite: Latency);

#[cfg(test)]
mod tests {
    use super::*;
    use koderz_plugin::api::chat::{Timing, Usage};
    use koderz_plugin::testing::{all_tasks, open, reply, run, trial};

    const MS: Duration = Duration::from_millis(1);

    fn answered(total: Duration) -> Completion {
        Completion::Asked(Ok(Reply {
            usage: Usage {
                output_tokens: Some(11),
                ..Usage::default()
            },
            timing: Timing {
                total,
                first_token: Some(20 * MS),
                last_token: Some(120 * MS),
                ..Timing::default()
            },
            ..reply("Once upon a time")
        }))
    }

    #[test]
    fn the_time_of_a_later_token_leaves_the_first_out() {
        let suite: Latency = open("{}").expect("the suite");
        let first = all_tasks(&suite).expect("tasks").remove(0);
        let verdict = run(&suite, &trial(first), |_| answered(130 * MS)).expect("a verdict");
        let values: Vec<f64> = verdict.metrics.iter().map(|metric| metric.value / 1e6).collect();
        assert_eq!((verdict.grade, values), (Grade::Ungraded, vec![20.0, 10.0, 130.0]));
    }

    #[test]
    fn the_slowdown_is_that_of_the_whole_answer() {
        let suite: Latency = open(r#"{"questions": 2}"#).expect("the suite");
        let result = |task: Task| {
            let total = if task.stage == TOGETHER { 300 * MS } else { 150 * MS };
            let verdict = run(&suite, &trial(task.clone()), |_| answered(total)).expect("a verdict");
            Graded {
                task_id: task.id,
                stage: task.stage,
                sample: 0,
                labels: Vec::new(),
                began: Duration::ZERO,
                ended: total,
                verdict,
            }
        };
        let results: Vec<Graded> = all_tasks(&suite).expect("tasks").into_iter().map(result).collect();
        let figures = suite.summarize(&results).expect("figures");
        let value = |name: &str| {
            figures
                .iter()
                .find(|figure| figure.name == name)
                .map(|figure| figure.value)
        };
        assert_eq!(value("slowdown"), Some(2.0));
        assert_eq!(value("total, together"), Some(300e6));
        assert!(suite.summarize(&[]).expect("no figures").is_empty());
    }
}
