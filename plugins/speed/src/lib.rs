//! The speed test: how fast a model is brought into memory, reads a prompt and writes an answer.
//!
//! The model is loaded first, asked a short question that does not count, and then, as a rule, three prompts of different
//! kinds, one at a time with nothing else under way. Other shapes have lengths, which the server itself counts first; and
//! instead of one question at a time there can be clients, a rate, or a search for the highest rate that meets an
//! objective. Every prompt begins with a number of its own, so that no server answers from a prefix that it has read
//! before. The prompts can be the user's own.

#![warn(missing_docs)]

mod figures;
mod flags;
mod given;
mod measure;
mod plan;
mod precision;
mod prompts;
mod queue;
mod search;
mod settings;
mod shapes;
mod text;
mod work;

use given::Given;
use koderz_plugin::api::chat::Residency;
use koderz_plugin::prelude::*;
use plan::{CALIBRATE, COUNTED};
use prompts::PROMPTS;
use settings::{Load, Prompts, Test};
use shapes::Shape;
use work::{Ask, Prompt, Work};

pub use settings::Settings;

/// The stages that do not depend on what was measured, in order.
const LOAD: &str = "load";
const WARM_UP: &str = "warm-up";
const SPEED: &str = "speed";

/// The longest of the classic prompts with the words around it, in tokens.
const LONGEST_PROMPT: u32 = 256;

/// Tokens around a prompt that a model's template adds, and by which a length may be missed.
const AROUND: u32 = 256;

/// What a task of the user's own prompts is labelled with: which of them.
const PROMPT: &str = "prompt";

/// The suite.
pub struct Speed(Test);

impl Speed {
    /// Whether the three prompts are asked one after the other, which needs nothing to be measured first.
    fn is_plain(&self) -> bool {
        self.0.shape == Shape::Classic && self.0.load == Load::Single
    }

    /// What is tested, with the user's own prompts. They are long to read, so only what plans tasks does.
    fn read(&self) -> Result<Test, String> {
        let test = self.0.clone();
        let given = match test.prompts {
            Some(Prompts::Granted) => Some(Given::open(&test)?),
            _ => None,
        };
        Ok(Test { given, ..test })
    }
}

impl Suite for Speed {
    type Settings = Settings;

    fn identity() -> PluginInfo {
        koderz_plugin::identity!("speed", "Speed: how fast a model loads, reads and writes.")
    }

    fn open(settings: Settings) -> Result<Self, String> {
        let mut test = Test::of(settings)?;
        if test.prompts.is_none() && given::is_granted()? {
            test.prompts = Some(Prompts::Granted);
        }
        if test.verbatim && test.shape != Shape::Classic && test.prompts != Some(Prompts::Granted) {
            return Err(
                "verbatim is for prompts that are what they are; those of a shape are made anew each time".to_owned(),
            );
        }
        Ok(Speed(test))
    }

    fn describe(&self) -> SuiteInfo {
        let stage = |name: &str, warm_up| Stage {
            name: name.to_owned(),
            pacing: Pacing::Exclusive,
            warm_up,
        };
        let mut stages = vec![stage(LOAD, false), stage(WARM_UP, true)];
        if self.is_plain() {
            stages.push(stage(SPEED, false));
        }
        if self.0.shape != Shape::Classic {
            stages.push(stage(CALIBRATE, false));
        }
        // What is wrong with the user's own prompts is said where tasks are asked for.
        let test = self.read();
        let longest = match (self.0.shape, &test) {
            (Shape::Classic, Ok(Test { given: Some(given), .. })) => given.longest(&self.0).saturating_add(AROUND),
            (Shape::Classic, _) => LONGEST_PROMPT + self.0.max_output_tokens,
            (shape, _) => shape.longest() + AROUND,
        };
        SuiteInfo {
            task_count: test.ok().map(|test| self.first_tasks(&test).len() as u64),
            stages,
            metrics: measure::metrics(),
            samples: if self.is_plain() { self.0.repeat } else { 1 },
            context_tokens: longest.checked_next_multiple_of(1024),
            ..suite_info(SPEED)
        }
    }

    fn tasks(&self, _cursor: Option<&str>) -> Result<TaskPage, String> {
        let tasks = self.first_tasks(&self.read()?);
        Ok(TaskPage {
            tasks: tasks
                .into_iter()
                .map(|(id, stage, work)| task(id, stage, &work))
                .collect::<Result<_, _>>()?,
            next: None,
        })
    }

    fn next(&self, trial: &Trial, history: &[Round]) -> Result<Step, String> {
        let done = history.last().and_then(|round| round.first());
        Ok(match (input(trial)?, done) {
            (Work::Reload, None) => perform(Command::Prepare(Residency::Unloaded)),
            (Work::Reload, Some(Completion::Prepared(Ok(_)))) if history.len() == 1 => {
                perform(Command::Prepare(Residency::Loaded))
            }
            (Work::Reload, Some(Completion::Prepared(Ok(prepared)))) => Step::Finish(measure::reload(prepared)),
            (Work::Load, None) => perform(Command::Prepare(Residency::Loaded)),
            (Work::WarmUp, None) => ask(work::hello(trial.seed)),
            (Work::Ask(question), None) => ask(question.request(trial.seed)),
            (_, Some(Completion::Prepared(Ok(prepared)))) => Step::Finish(measure::load(prepared)),
            (_, Some(Completion::Asked(Ok(reply)))) if trial.task.stage == CALIBRATE => {
                Step::Finish(measure::counted(reply))
            }
            (Work::Ask(question), Some(Completion::Asked(Ok(reply)))) => {
                Step::Finish(measure::answer(reply, question.asked()))
            }
            (_, Some(Completion::Asked(Ok(reply)))) => Step::Finish(measure::answer(reply, Default::default())),
            (_, Some(other)) => inconclusive(other),
        })
    }
}

impl Speed {
    /// The tasks of the stages that do not depend on what was measured.
    fn first_tasks(&self, test: &Test) -> Vec<(String, &'static str, Work)> {
        let mut tasks = vec![(LOAD.to_owned(), LOAD, Work::Load)];
        tasks.extend((0..self.0.loads).map(|turn| (format!("{LOAD}/{turn}"), LOAD, Work::Reload)));
        tasks.push((WARM_UP.to_owned(), WARM_UP, Work::WarmUp));
        if self.is_plain() {
            let count = test.given.as_ref().map_or(PROMPTS.len(), |given| given.all().len());
            tasks.extend((0..count).map(|number| {
                let (id, ask) = prompts::turn(test, number);
                (id, SPEED, Work::Ask(ask))
            }));
        }
        if self.0.shape != Shape::Classic {
            let count = |words: u32| {
                let prompt = match &test.given {
                    Some(given) => Prompt::Said(given.words(words, 0)),
                    None => Prompt::Words(words),
                };
                let ask = Ask::any(prompt, 1);
                (format!("{CALIBRATE}/{words}"), CALIBRATE, Work::Ask(ask))
            };
            tasks.extend(COUNTED.map(count));
        }
        tasks
    }
}

impl Measuring for Speed {
    fn summarize(&self, results: &[Graded]) -> Result<Vec<Figure>, String> {
        Ok(figures::figures(&self.0, results))
    }

    fn next_stage(&self, results: &[Graded]) -> Result<Option<Plan>, String> {
        plan::next(&self.read()?, results)
    }
}

koderz_plugin::export!(measuring_suite: Speed);

#[cfg(test)]
mod tests {
    use super::*;
    use koderz_plugin::api::chat::{Prepared, Timing, Usage};
    use koderz_plugin::testing::{all_tasks, grant, open, reply, trial};
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

    /// What is said for a task, and the longest answer to it.
    fn asked(suite: &Speed, task: &Task) -> (String, Option<u32>) {
        let step = suite.next(&trial(task.clone()), &[]).expect("a step");
        let Step::Perform(commands) = step else {
            panic!("nothing was asked")
        };
        let [Command::Ask(request)] = commands.as_slice() else {
            panic!("{commands:?}")
        };
        let koderz_plugin::api::chat::Prompt::Chat(messages) = &request.prompt else {
            panic!("{request:?}")
        };
        (messages[0].content.clone(), request.sampling.max_output_tokens)
    }

    #[test]
    fn granted_prompts_are_asked_in_the_place_of_the_suites_own() {
        let lines =
            "{\"prompt\": \"Say hello.\", \"id\": \"greeting\", \"num_predict\": 16}\n{\"prompt\": \"Count.\"}\n";
        grant("prompts", lines);
        let suite: Speed = open("{}").expect("it opens");
        assert_eq!(suite.describe().task_count, Some(4));
        let tasks = all_tasks(&suite).expect("tasks");
        let ids: Vec<&str> = tasks.iter().map(|task| task.id.as_str()).collect();
        assert_eq!(ids, ["load", "warm-up", "greeting", "line-2"]);
        let (said, longest) = asked(&suite, &tasks[2]);
        assert!(said.starts_with('[') && said.ends_with("] Say hello."), "{said}");
        assert_eq!(longest, Some(16));
        let verbatim: Speed = open(r#"{"verbatim": true}"#).expect("it opens");
        let tasks = all_tasks(&verbatim).expect("tasks");
        assert_eq!(asked(&verbatim, &tasks[3]), ("Count.".to_owned(), Some(512)));
        let own: Speed = open(r#"{"prompts": "own"}"#).expect("it opens");
        assert_eq!(all_tasks(&own).expect("tasks").len(), 5, "unless others are wanted");
    }

    #[test]
    fn clients_ask_granted_prompts_one_after_the_other_and_it_is_told_which() {
        grant("prompts", "Say hello.\nCount.\n");
        let suite: Speed = open(r#"{"concurrency": "1", "requests": 5}"#).expect("it opens");
        let plan = suite.next_stage(&[]).expect("a plan").expect("a stage");
        let which: Vec<&str> = plan.tasks.iter().map(|task| task.labels[0].1.as_str()).collect();
        assert_eq!(which, ["line-1", "line-2", "line-1", "line-2", "line-1"]);
        assert!(asked(&suite, &plan.tasks[1]).0.ends_with("] Count."));
    }

    #[test]
    fn bad_prompts_are_refused_when_tasks_are_asked_for_and_missing_ones_at_once() {
        grant("prompts", "{\"prompt\": \"Say hello.\"}\n{\"promt\": \"Count.\"}\n");
        let suite: Speed = open(r#"{"concurrency": "2"}"#).expect("it opens");
        assert_eq!(suite.describe().task_count, None);
        let error = all_tasks(&suite).expect_err("refused");
        assert!(
            error.starts_with("line 2 of the data granted as `prompts`: unknown field `promt`"),
            "{error}"
        );
        let error = open::<Speed>(r#"{"verbatim": true, "shape": "chat", "prompts": "own"}"#).err();
        assert!(error.expect("refused").contains("verbatim is for prompts"));
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
        assert_eq!(
            metrics[..3],
            [("decode", 10.0), ("prefill", 400.0), ("first-token", 5e8)]
        );
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
        let class = |millis| load(millis).labels[0].1.clone();
        assert_eq!((class(20), class(2000)), ("warm".to_owned(), "unknown".to_owned()));
    }

    #[test]
    fn a_model_is_taken_out_of_memory_and_loaded_again_as_often_as_is_said() {
        let suite: Speed = open(r#"{"loads": 2}"#).expect("it opens");
        let tasks = all_tasks(&suite).expect("tasks");
        let ids: Vec<&str> = tasks.iter().map(|task| task.id.as_str()).collect();
        assert_eq!(ids[..4], ["load", "load/0", "load/1", "warm-up"]);
        let prepared = |millis| {
            let took = Duration::from_millis(millis);
            vec![Completion::Prepared(Ok(Prepared { took, load: None }))]
        };
        let next = |history: &[Round]| suite.next(&trial(tasks[1].clone()), history).expect("a step");
        let commands = |step| match step {
            Step::Perform(commands) => commands,
            Step::Finish(verdict) => panic!("{verdict:?}"),
        };
        assert_eq!(commands(next(&[])), [Command::Prepare(Residency::Unloaded)]);
        assert_eq!(commands(next(&[prepared(3)])), [Command::Prepare(Residency::Loaded)]);
        let verdict = finished(next(&[prepared(3), prepared(900)]));
        assert_eq!(verdict.labels[0].1, "cold-runner");
        assert_eq!(
            (verdict.metrics[0].name.as_str(), verdict.metrics[0].value),
            ("load-cold-runner", 9e8)
        );
    }
}
