//! Stages: trials at planned times, stages that follow from what was measured, and figures of the suite's own.

use crate::world::{Backoff, Ran, Script, ask, plan, run_suite, seconds};
use koderz_api::identity::PluginInfo;
use koderz_api::suite::{Arrivals, Completion, Grade, Metric, Pacing, Round, Stage, Step, SuiteInfo, Task, TaskPage};
use koderz_api::suite::{Trial, Verdict};
use koderz_api::summary::{Figure, Graded, Plan};
use koderz_core::event::{End, Event};
use koderz_core::past::Past;
use koderz_core::ports::{PluginError, Suite};
use koderz_core::scheduler::RunError;
use koderz_core::stop::{Urgency, brake};
use std::sync::Arc;
use std::time::Duration;

const POLICY: Backoff = Backoff { waits: false };

/// A suite that asks so many questions at a rate, and then with ever more clients, until there is no more to gain.
struct Measuring {
    identity: PluginInfo,
    stages: Vec<Stage>,
    tasks: Vec<Task>,
    /// How many clients the planned stages have, one after the other.
    clients: Vec<u32>,
}

fn stage(name: &str, pacing: Pacing) -> Stage {
    Stage {
        name: name.to_owned(),
        pacing,
        warm_up: false,
    }
}

fn tasks(stage: &str, count: u32) -> Vec<Task> {
    let task = |number| Task {
        id: format!("{stage}/{number}"),
        stage: stage.to_owned(),
        input: "{}".to_owned(),
        labels: Vec::new(),
    };
    (0..count).map(task).collect()
}

fn suite(stages: Vec<(Stage, u32)>, clients: &[u32]) -> Arc<Measuring> {
    Arc::new(Measuring {
        identity: PluginInfo {
            name: "measuring".to_owned(),
            version: "1".to_owned(),
            summary: String::new(),
        },
        tasks: stages
            .iter()
            .flat_map(|(stage, count)| tasks(&stage.name, *count))
            .collect(),
        stages: stages.into_iter().map(|(stage, _)| stage).collect(),
        clients: clients.to_vec(),
    })
}

impl Suite for Measuring {
    fn identity(&self) -> &PluginInfo {
        &self.identity
    }

    fn describe(&self) -> Result<SuiteInfo, PluginError> {
        Ok(SuiteInfo {
            stages: self.stages.clone(),
            metrics: Vec::new(),
            samples: 1,
            languages: Vec::new(),
            slots: Vec::new(),
            context_tokens: None,
            task_count: Some(self.tasks.len() as u64),
        })
    }

    fn tasks(&self, _cursor: Option<&str>) -> Result<TaskPage, PluginError> {
        Ok(TaskPage {
            tasks: self.tasks.clone(),
            next: None,
        })
    }

    fn next(&self, _trial: &Trial, history: &[Round]) -> Result<Step, PluginError> {
        let lag = match history.first().and_then(|round| round.first()) {
            None => return Ok(ask()),
            Some(Completion::Asked(Ok(reply))) => reply.timing.lag,
            Some(other) => panic!("{other:?}"),
        };
        Ok(Step::Finish(Verdict {
            grade: Grade::Ungraded,
            metrics: vec![Metric {
                name: "lag".to_owned(),
                value: lag.as_secs_f64(),
            }],
            reason: String::new(),
            labels: Vec::new(),
        }))
    }

    fn summarizes(&self) -> bool {
        true
    }

    fn summarize(&self, results: &[Graded]) -> Result<Vec<Figure>, PluginError> {
        Ok(vec![Figure {
            name: "trials".to_owned(),
            unit: "1".to_owned(),
            value: results.len() as f64,
            interval: None,
            note: String::new(),
        }])
    }

    fn plans(&self) -> bool {
        true
    }

    fn next_stage(&self, results: &[Graded]) -> Result<Option<Plan>, PluginError> {
        let done = |clients: &&u32| {
            results
                .iter()
                .any(|graded| graded.stage == format!("clients/{clients}"))
        };
        let next = self.clients.iter().find(|clients| !done(clients));
        Ok(next.map(|clients| {
            let name = format!("clients/{clients}");
            Plan {
                tasks: tasks(&name, 8),
                stage: stage(&name, Pacing::Closed(*clients)),
            }
        }))
    }
}

async fn run(suite: Arc<Measuring>, script: Script) -> Ran {
    let (ran, _) = run_suite(suite, Past::default(), vec![script], plan(), POLICY, None).await;
    assert!(matches!(ran.end, Ok(End::Finished)), "{:?}", ran.end);
    ran
}

/// When each trial began and ended since the first began, and how late it was.
fn times(ran: &Ran) -> Vec<(Duration, Duration, f64)> {
    let began = ran.entries.iter().filter_map(|entry| match &entry.event {
        Event::TrialBegan { trial, .. } => Some((trial, entry.at)),
        _ => None,
    });
    let began: Vec<_> = began.collect();
    let ended = |wanted| {
        let ended = ran.entries.iter().find_map(|entry| match &entry.event {
            Event::TrialFinished { trial, verdict } if trial == wanted => Some((entry.at, verdict.metrics[0].value)),
            _ => None,
        });
        ended.expect("it ended")
    };
    let first = began[0].1;
    let times = began.iter().map(|(trial, at)| {
        let (ended, lag) = ended(*trial);
        (*at - first, ended - first, lag)
    });
    times.collect()
}

fn open(per_second: f64) -> Pacing {
    Pacing::Open(Arrivals {
        per_second,
        burstiness: 0.0,
    })
}

#[tokio::test(start_paused = true)]
async fn trials_begin_when_they_are_planned_to_whether_or_not_earlier_ones_have_ended() {
    // Two a second, and an answer takes 4 s: after a while eight are under way, whatever the run's concurrency is.
    let ran = run(suite(vec![(stage("open", open(2.0)), 20)], &[]), Script::default()).await;
    let times = times(&ran);
    let gaps = times.windows(2).map(|pair| pair[1].0 - pair[0].0);
    assert!(gaps.clone().all(|gap| gap == Duration::from_millis(500)), "{times:?}");
    // The first waits for the model, which takes 5 s to load, and so do those that were due meanwhile.
    let late = times.iter().filter(|(_, _, lag)| *lag > 0.001).count();
    assert_eq!(late, 10, "{times:?}");
    assert_eq!(times[19].1 - times[19].0, seconds(4));
}

#[tokio::test(start_paused = true)]
async fn a_rate_that_is_none_is_named() {
    let suite = suite(vec![(stage("open", open(0.0)), 1)], &[]);
    let (ran, _) = run_suite(suite, Past::default(), vec![Script::default()], plan(), POLICY, None).await;
    let error = ran.end.expect_err("it cannot go on");
    assert_eq!(
        error.to_string(),
        "stage open wants trials at 0 a second, which this version cannot do"
    );
}

#[tokio::test(start_paused = true)]
async fn a_suite_plans_stages_by_what_it_has_seen_and_reckons_what_all_comes_to() {
    let ran = run(
        suite(vec![(stage("first", Pacing::Exclusive), 2)], &[1, 2, 4]),
        Script::default(),
    )
    .await;
    let names = ran.entries.iter().filter_map(|entry| match &entry.event {
        Event::StageBegan { stage, .. } => Some(stage.as_str()),
        _ => None,
    });
    let names: Vec<&str> = names.collect();
    assert_eq!(names, ["first", "clients/1", "clients/2", "clients/4"]);
    // 2 of 4 s, then 8 with one client, with two and with four.
    assert_eq!(ran.took, seconds(5 + 8 + 32 + 16 + 8));
    let figures = ran.entries.iter().rev().find_map(|entry| match &entry.event {
        Event::Summarized { figures } => Some(figures[0].value),
        _ => None,
    });
    assert_eq!(figures, Some(26.0));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_goes_on_keeps_to_the_stages_that_were_planned() {
    let suite = suite(vec![(stage("first", Pacing::Exclusive), 2)], &[1, 2]);
    let (press, stop) = brake();
    let stopping = tokio::spawn(async move {
        tokio::time::sleep(seconds(5 + 8 + 10)).await;
        while press.press() < Urgency::Now {}
    });
    let servers = || vec![Script::default()];
    let (before, _) = run_suite(suite.clone(), Past::default(), servers(), plan(), POLICY, Some(stop)).await;
    stopping.await.expect("it stopped");
    assert!(matches!(before.end, Ok(End::Stopped)), "{:?}", before.end);
    let mut past = Past::with_results();
    before.entries.iter().cloned().for_each(|entry| past.observe(entry));
    let (ran, seen) = run_suite(suite, past, servers(), plan(), POLICY, None).await;
    assert!(matches!(ran.end, Ok(End::Finished)), "{:?}", ran.end);
    assert_eq!(
        seen[0].questions,
        6 + 8,
        "two of eight had ended, and the rest is asked again"
    );
    assert_eq!((before.names("stage-planned"), ran.names("stage-planned")), (1, 1));
    let trials = ran.entries.iter().find_map(|entry| match &entry.event {
        Event::Began { trials, settled, .. } => Some((*trials, *settled)),
        _ => None,
    });
    assert_eq!(trials, Some((Some(10), 4)), "the planned ones count");
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_makes_no_sense_ends_the_run_and_names_the_plugin() {
    let suite = suite(vec![(stage("clients/1", Pacing::Shared), 0)], &[1]);
    let (ran, _) = run_suite(suite, Past::default(), vec![Script::default()], plan(), POLICY, None).await;
    let Err(RunError::Suite(error)) = ran.end else {
        panic!("{:?}", ran.end)
    };
    assert_eq!(
        error.to_string(),
        "plugin measuring 1, call next-stage: it plans a stage clients/1, which there was before"
    );
}
