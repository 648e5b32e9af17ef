//! `koderz benchmark` and `koderz run`: a run is begun, once everything that it needs is there.

use crate::arguments::{Asking, Benchmark, RunOne, Server, SpeedTest};
use crate::configuration::Configuration;
use crate::destination::{Destination, Readers};
use crate::equipment::{self, Equipment, Wish};
use crate::places::Places;
use crate::server::{self, Patience, Reached, Way};
use crate::session::{self, Ended, Session, work};
use crate::{Outcome, command_line, connection, print, request, self_test, show, signals};
use anyhow::{Result, bail};
use koderz_core::manifest::Manifest;
use koderz_core::plan::{Concurrency, Defaults, Selection};
use koderz_core::scheduler::{self, SUBJECT};
use koderz_core::stop::{Stop, Urgency};
use koderz_loader::Library;
use koderz_record::{Record, RunId};
use koderz_report::{FailedModel, Report, Terminal};
use serde_json::{Map, Value};
use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// What every command has at hand.
pub(crate) struct Desk {
    pub(crate) places: Places,
    pub(crate) configuration: Configuration,
    pub(crate) terminal: Arc<Terminal>,
    /// Whether events go to standard output, in the place of words.
    pub(crate) streams: bool,
}

/// Puts the tasks of a suite to one model after the other, and shows what each comes to.
pub(crate) async fn benchmark(arguments: Benchmark, desk: &Desk) -> Result<Outcome> {
    let selection = Selection {
        start: arguments.start.unwrap_or(0),
        end: arguments.end,
        ids: (!arguments.problem_ids.is_empty()).then(|| arguments.problem_ids.into_iter().collect()),
        limit: arguments.limit,
        shuffle: arguments.shuffle,
        ..Selection::default()
    };
    if let Some(end) = arguments.end
        && end <= selection.start
    {
        bail!(
            "no task lies between --start {} and --end {end}, which is the first that is left out",
            selection.start
        );
    }
    let usual = Concurrency::Fixed(desk.configuration.concurrency);
    let wanted = Wanted {
        suite: arguments
            .asking
            .suite
            .clone()
            .unwrap_or(desk.configuration.suite.clone()),
        concurrency: arguments.concurrency.unwrap_or(usual),
        asking: arguments.asking,
        server: arguments.server,
        selection,
        samples: arguments.samples,
    };
    try_all(&wanted, "--local-model", &arguments.local_models, desk).await
}

/// Measures how fast one model after the other is.
pub(crate) async fn speed_test(arguments: SpeedTest, desk: &Desk) -> Result<Outcome> {
    let wanted = Wanted {
        suite: arguments
            .asking
            .suite
            .clone()
            .unwrap_or(desk.configuration.speed_suite.clone()),
        // What shares the machine with another question is no measure of it.
        concurrency: Concurrency::Fixed(NonZeroU32::MIN),
        asking: arguments.asking,
        server: arguments.server,
        selection: Selection::default(),
        samples: arguments.samples,
    };
    try_all(&wanted, "MODEL", &arguments.models, desk).await
}

async fn try_all(wanted: &Wanted, argument: &str, models: &[String], desk: &Desk) -> Result<Outcome> {
    if let Some((_, twice)) = models
        .iter()
        .enumerate()
        .find(|(at, model)| models[..*at].contains(model))
    {
        bail!("{argument} names {twice} twice");
    }
    match models {
        [model] => {
            let (export, ended) = one(wanted, model, desk).await?;
            show(&ended, desk)?;
            session::export(export, &koderz_report::json(&ended.report()))?;
            Ok(Outcome::of(&ended))
        }
        several => Several::default().run(wanted, several, desk).await,
    }
}

/// Puts one task to a model.
pub(crate) async fn run_one(arguments: RunOne, desk: &Desk) -> Result<Ended> {
    let wanted = Wanted {
        suite: arguments
            .asking
            .suite
            .clone()
            .unwrap_or(desk.configuration.suite.clone()),
        asking: arguments.asking,
        server: arguments.server,
        selection: Selection {
            ids: Some(BTreeSet::from([arguments.problem_id])),
            ..Selection::default()
        },
        samples: Some(NonZeroU32::MIN),
        concurrency: Concurrency::Fixed(NonZeroU32::MIN),
    };
    let (export, ended) = one(&wanted, &arguments.local_model, desk).await?;
    session::export(export, &koderz_report::json(&ended.report()))?;
    Ok(ended)
}

/// What is asked of each model.
struct Wanted {
    suite: String,
    asking: Asking,
    server: Server,
    selection: Selection,
    samples: Option<NonZeroU32>,
    concurrency: Concurrency,
}

/// A benchmark of one model alone: where it is exported to, and how it ended.
async fn one(wanted: &Wanted, model: &str, desk: &Desk) -> Result<(Option<Destination>, Ended)> {
    let export = reserve(wanted)?;
    let library = equipment::library(&wanted.server, &desk.places)?;
    let ready = Ready::new(wanted, model, &library, desk).await?;
    let stop = signals::stop(&desk.terminal)?;
    Ok((export, ready.work(wanted, desk, stop).await?))
}

fn reserve(wanted: &Wanted) -> Result<Option<Destination>> {
    let export = wanted.asking.export.as_deref();
    export
        .map(|path| Destination::reserve(path, Readers::Usual))
        .transpose()
}

/// What has become of several models so far.
#[derive(Default)]
struct Several {
    ended: Vec<Ended>,
    failed: Vec<FailedModel>,
}

impl Several {
    async fn run(mut self, wanted: &Wanted, models: &[String], desk: &Desk) -> Result<Outcome> {
        let export = reserve(wanted)?;
        let library = equipment::library(&wanted.server, &desk.places)?;
        // All are looked up before the first is asked: who mistypes a name should not learn of it the next morning.
        let mut ready = Vec::new();
        for model in models {
            match Ready::new(wanted, model, &library, desk).await {
                Ok(one) => ready.push(one),
                // Where there is nothing to go on with, this is the error.
                Err(error) if models.len() == self.failed.len() + 1 => return Err(error),
                Err(error) => self.leave_out(model, &error),
            }
        }
        let stop = signals::stop(&desk.terminal)?;
        for one in ready {
            if stop.urgency() > Urgency::None {
                break;
            }
            let model = one.model.clone();
            match one.work(wanted, desk, stop.clone()).await {
                Ok(ended) => {
                    show(&ended, desk)?;
                    if !desk.streams {
                        print("\n")?;
                    }
                    self.ended.push(ended);
                }
                Err(error) => self.leave_out(&model, &error),
            }
        }
        let reports: Vec<Report<'_>> = self.ended.iter().map(Ended::report).collect();
        if !desk.streams {
            print(&koderz_report::several(&reports, &self.failed))?;
        }
        session::export(export, &koderz_report::several_json(&reports, &self.failed))?;
        Ok(if stop.urgency() > Urgency::None {
            Outcome::Interrupted
        } else if self.failed.is_empty()
            && self
                .ended
                .iter()
                .all(|ended| matches!(Outcome::of(ended), Outcome::Done))
        {
            Outcome::Done
        } else {
            Outcome::Incomplete
        })
    }

    fn leave_out(&mut self, model: &str, error: &anyhow::Error) {
        let error = format!("{error:#}");
        tracing::warn!("{model} is left out: {error}");
        self.failed.push(FailedModel {
            model: model.to_owned(),
            reason: error,
        });
    }
}

/// All that a model's run needs, found and checked before the first question.
struct Ready {
    model: String,
    models: BTreeMap<String, String>,
    equipment: Equipment,
    reached: Reached,
    request: Map<String, Value>,
    system: Option<String>,
}

impl Ready {
    async fn new(wanted: &Wanted, model: &str, library: &Library, desk: &Desk) -> Result<Self> {
        let Desk {
            places, configuration, ..
        } = desk;
        let equipment = equipment::gather(
            library,
            &Wish {
                suite: &wanted.suite,
                retry: wanted.server.retry.as_deref().unwrap_or(&configuration.retry),
                options: &wanted.server,
                test_timeout: wanted.asking.test_timeout,
                before: None,
            },
        )?;
        let models = slots(model, &wanted.asking, &equipment)?;
        check_selection(&wanted.selection, &equipment).await?;
        let (request, system) = (request::added(&wanted.asking), request::system(&wanted.asking)?);
        let usual = Patience::For(Duration::from_secs(configuration.timeout));
        let way = Way {
            headers: &connection::headers(&wanted.server.headers)?,
            patience: wanted.server.timeout.unwrap_or(usual),
            width: wanted.concurrency.most(),
            allow_different: wanted.server.allow_different_models,
            places,
            request: &request,
            needs: wanted
                .asking
                .think
                .filter(|think| think.needs_thinking())
                .map(|_| ("thinking", "--think")),
        };
        let hosts = connection::named(&wanted.server.hosts, configuration);
        let reached = server::reach(&hosts, &models, &way).await?;
        Ok(Ready {
            model: model.to_owned(),
            models,
            equipment,
            reached,
            request,
            system,
        })
    }

    async fn work(self, wanted: &Wanted, desk: &Desk, stop: Stop) -> Result<Ended> {
        let record = Record::open(desk.places.record())?;
        let mut manifest = manifest(wanted, desk, &self);
        let allow_failing = wanted.asking.allow_failing_tasks;
        let limits = self_test::limits(
            &self.equipment,
            &manifest.selection,
            allow_failing,
            &desk.places,
            &desk.terminal,
        );
        manifest.limits = limits.await?;
        if manifest.samples.get() > 1 && manifest.defaults.temperature == 0.0 {
            tracing::warn!(
                "{} samples at temperature 0 are mostly the same answer again; --temperature 0.8 is usual for several",
                manifest.samples
            );
        }
        request::check_room(manifest.defaults.max_output_tokens, manifest.context_tokens);
        let hosts = self.reached.hosts();
        let session = Session::first(desk, self.equipment, hosts, record, manifest, stop)?;
        work(Session {
            changes: self.reached.differences.clone(),
            ..session
        })
        .await
    }
}

/// Which model answers for which slot.
fn slots(model: &str, asking: &Asking, equipment: &Equipment) -> Result<BTreeMap<String, String>> {
    let mut models = BTreeMap::from([(SUBJECT.to_owned(), model.to_owned())]);
    for (slot, model) in &asking.slots {
        if !equipment.info.slots.contains(slot) {
            let there = match equipment.info.slots.as_slice() {
                [] => "it has none besides the model under test".to_owned(),
                some => format!("it has {}", some.join(", ")),
            };
            bail!("the suite has no slot `{slot}`; {there}");
        }
        models.insert(slot.clone(), model.clone());
    }
    if let Some(slot) = equipment.info.slots.iter().find(|slot| !models.contains_key(*slot)) {
        bail!("the suite wants a model for its slot `{slot}`\nhint: --slot {slot}=MODEL names one");
    }
    Ok(models)
}

/// Names of tasks that are shown where one is missing.
const SHOWN: usize = 5;

/// Sees that there are tasks to try.
async fn check_selection(selection: &Selection, equipment: &Equipment) -> Result<()> {
    if let (None, Some(count)) = (&selection.ids, equipment.info.task_count) {
        return in_range(selection, count);
    }
    let tasks = scheduler::catalogue(equipment.suite.clone()).await?;
    in_range(selection, tasks.len() as u64)?;
    let known: BTreeSet<&str> = tasks.iter().map(|task| task.id.as_str()).collect();
    let unknown = |id: &&String| !known.contains(id.as_str());
    if let Some(id) = selection.ids.iter().flatten().find(unknown) {
        let near = |task: &&&str| task.to_lowercase().contains(&id.to_lowercase());
        let mut shown: Vec<&str> = known.iter().filter(near).copied().take(SHOWN).collect();
        if shown.is_empty() {
            shown = tasks.iter().map(|task| task.id.as_str()).take(SHOWN).collect();
        }
        bail!(
            "the suite has no task `{id}`\nhint: it has {}, such as {}",
            tasks.len(),
            shown.join(", ")
        );
    }
    Ok(())
}

fn in_range(selection: &Selection, count: u64) -> Result<()> {
    if count == 0 {
        bail!("the suite has no tasks");
    }
    if selection.start >= count {
        bail!(
            "--start {} is past the last task; the suite has {count}, counted from 0",
            selection.start
        );
    }
    Ok(())
}

/// The id of a run that begins now, and when that is.
pub(crate) fn new_run() -> (String, String) {
    let now = SystemTime::now();
    // The standard library's hash keys are the system's randomness.
    let run = RunId::new(now, RandomState::new().hash_one(std::process::id()));
    (run.to_string(), koderz_record::timestamp(now))
}

fn manifest(wanted: &Wanted, desk: &Desk, ready: &Ready) -> Manifest {
    let Ready {
        models,
        equipment,
        reached,
        ..
    } = ready;
    let mut servers = reached.servers.iter().map(|(_, usage)| usage.clone());
    let (run, began) = new_run();
    let usual = NonZeroU32::new(equipment.info.samples).unwrap_or(NonZeroU32::MIN);
    Manifest {
        run,
        began,
        koderz: env!("CARGO_PKG_VERSION").to_owned(),
        suite: equipment.used.suite.clone(),
        retry: equipment.used.retry.clone(),
        evaluators: equipment.used.evaluators.clone(),
        server: servers.next().expect("at least one server was reached"),
        other_servers: servers.collect(),
        answers: None,
        models: models.clone(),
        metrics: equipment.info.metrics.clone(),
        model_digests: reached.digests.clone(),
        selection: wanted.selection.clone(),
        samples: wanted.samples.unwrap_or(usual),
        seed: wanted.asking.seed.unwrap_or(desk.configuration.seed),
        concurrency: wanted.concurrency,
        defaults: Defaults {
            temperature: wanted.asking.temperature.unwrap_or(desk.configuration.temperature),
            top_p: wanted.asking.top_p,
            max_output_tokens: wanted.asking.num_predict,
            system: ready.system.clone(),
        },
        context_tokens: wanted.asking.num_ctx.or(equipment.info.context_tokens),
        request: ready.request.clone(),
        timeout: reached.silence,
        deadline: wanted.server.deadline,
        max_retries: equipment.max_retries,
        limits: None,
        command_line: command_line::shown(std::env::args_os()),
    }
}
