//! `koderz grade`: the answers of a recorded run are put through the suite and the evaluator as they are now, as a run of
//! its own, and what has changed is shown.

use crate::answers::Answers;
use crate::arguments::Grade;
use crate::benchmark::Desk;
use crate::equipment::{self, Equipment, Wish};
use crate::recorded::{self, Recorded};
use crate::session::{Session, new_run, work};
use crate::{Outcome, command_line, machine, print, show, signals};
use anyhow::{Result, bail};
use koderz_core::manifest::{AnswersUse, Manifest};
use koderz_core::plan::{Concurrency, Selection};
use koderz_core::ports::Host;
use koderz_record::{Record, RunId};
use koderz_report::Story;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// Answers that are under way at once. None of them waits for anything, so this only keeps programs coming.
pub(crate) const WIDTH: NonZeroU32 = NonZeroU32::new(8).expect("it is not 0");

pub(crate) async fn grade(arguments: Grade, desk: &Desk) -> Result<Outcome> {
    let places = &desk.places;
    let record = recorded::open(places)?;
    let before = record.find(&arguments.run)?;
    let graded = record.manifest(&before)?;
    let counting = equipment::counting(&arguments.programs, Some(&graded));
    let library = equipment::library(&arguments.extra.plugins, &arguments.extra.trusting, counting, desk)?;
    let equipment = equipment::gather(
        &library,
        &Wish {
            suite: arguments.suite.as_deref().unwrap_or(&graded.suite.identity.name),
            retry: &desk.configuration.retry,
            max_retries: None,
            extra: &arguments.extra,
            test_timeout: None,
            num_ctx: None,
            loads: &[],
            programs: &arguments.programs,
            places,
            before: Some(&graded),
        },
    )?;
    let answers = Answers::recorded(&record, &before)?;
    if answers.samples().is_empty() {
        bail!("run {before} has no answers that could be graded");
    }
    let manifest = manifest(&graded, &before, &equipment, &answers);
    let stop = signals::stop(&desk.terminal)?;
    let hosts = vec![host(&before, answers)];
    let session = Session::first(desk, equipment, hosts, record, manifest, stop)?;
    let ended = work(Session {
        jobs: arguments.jobs,
        ..session
    })
    .await?;
    show(&ended, desk)?;
    let record = recorded::open(places)?;
    let old = Recorded::read(&record, &before, places, Story::new)?;
    let changes = koderz_report::regraded(old.story().summary(), ended.story.summary());
    if !desk.streams {
        print(&koderz_report::regraded_text(&changes, before.as_str()))?;
    }
    Ok(match Outcome::of(&ended) {
        Outcome::Done if !changes.is_empty() => Outcome::Incomplete,
        outcome => outcome,
    })
}

/// The answers of a run, in a model's place.
pub(crate) fn again(record: &Record, run: &RunId) -> Result<Host> {
    Ok(host(run, Answers::recorded(record, run)?))
}

fn host(run: &RunId, answers: Answers) -> Host {
    Host {
        name: format!("run {run}"),
        model: Arc::new(answers),
    }
}

fn manifest(graded: &Manifest, before: &RunId, equipment: &Equipment, answers: &Answers) -> Manifest {
    let (run, began) = new_run();
    let samples = answers.samples();
    let most = samples.values().copied().max().unwrap_or(1);
    Manifest {
        run,
        began,
        koderz: env!("CARGO_PKG_VERSION").to_owned(),
        suite: equipment.used.suite.clone(),
        retry: equipment.used.retry.clone(),
        evaluators: equipment.used.evaluators.clone(),
        metrics: equipment.info.metrics.clone(),
        answers: Some(AnswersUse::Run {
            run: before.to_string(),
        }),
        selection: Selection {
            ids: Some(samples.keys().cloned().collect()),
            fewer: samples.into_iter().filter(|(_, count)| *count < most).collect(),
            ..Selection::default()
        },
        samples: NonZeroU32::new(most).unwrap_or(NonZeroU32::MIN),
        concurrency: Concurrency::Fixed(WIDTH),
        timeout: Duration::ZERO,
        deadline: None,
        max_retries: equipment.max_retries,
        command_line: command_line::shown(std::env::args_os()),
        machine: Some(machine::this()),
        // The model, its digest, the server and how it was asked are those of the answers.
        ..graded.clone()
    }
}
