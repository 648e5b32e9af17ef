//! `koderz benchmark` and `koderz run`: a run is begun, once everything that it needs is there.

mod several;

use crate::arguments::{Asking, Benchmark, Limits, RunOne, Server, SpeedTest};
use crate::compare::{gated, missed};
use crate::configuration::Configuration;
use crate::equipment::{self, Equipment, Wish};
use crate::instruments::Instruments;
use crate::outlet::Outlet;
use crate::places::Places;
use crate::request::Think;
use crate::server::{self, Patience, Way};
use crate::session::{Ended, Session, new_run, work};
use crate::{Outcome, command_line, connection, grant, machine, request, self_test, show, signals, tasks};
use anyhow::{Context, Result, bail};
use koderz_core::manifest::Manifest;
use koderz_core::plan::{Concurrency, Defaults, Selection};
use koderz_core::scheduler::SUBJECT;
use koderz_core::stop::Stop;
use koderz_record::Record;
use koderz_report::Terminal;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// What every command has at hand.
pub(crate) struct Desk {
    pub(crate) places: Places,
    pub(crate) configuration: Configuration,
    pub(crate) terminal: Arc<Terminal>,
    /// Whether events go to standard output, in the place of words.
    pub(crate) streams: bool,
    pub(crate) instruments: Instruments,
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
        suite: arguments.suite.suite.unwrap_or(desk.configuration.suite.clone()),
        concurrency: arguments.concurrency.unwrap_or(usual),
        interleave: false,
        loads: Vec::new(),
        limits: arguments.limits,
        asking: arguments.asking,
        server: arguments.server,
        selection,
        samples: arguments.samples,
    };
    try_all(&wanted, "--local-model", &arguments.local_models, desk).await
}

/// Measures how fast one model after the other is.
pub(crate) async fn speed_test(arguments: SpeedTest, desk: &Desk) -> Result<Outcome> {
    let (mut asking, mut server) = (arguments.asking, arguments.server);
    server.extra.grants.extend(arguments.loads.grants());
    // What is set otherwise may make use of them.
    if server.extra.settings.is_empty() {
        arguments
            .loads
            .idle()
            .iter()
            .for_each(|words| tracing::warn!("{words}"));
    }
    if arguments.interleave && arguments.models.len() < 2 {
        tracing::warn!("--interleave changes nothing with one model");
    }
    // A server remembers the prompts of earlier tests, and what it remembers it does not read.
    asking.seed.get_or_insert(u64::from(getrandom::u32()? >> 1));
    let wanted = Wanted {
        suite: arguments.suite.unwrap_or(desk.configuration.speed_suite.clone()),
        // What shares the machine with another question is no measure of it.
        concurrency: Concurrency::Fixed(NonZeroU32::MIN),
        interleave: arguments.interleave,
        loads: arguments.loads.settings(),
        limits: arguments.limits,
        asking,
        server,
        selection: Selection::default(),
        samples: arguments.samples,
    };
    try_all(&wanted, "MODEL", &arguments.models, desk).await
}

/// Puts one task to a model.
pub(crate) async fn run_one(arguments: RunOne, desk: &Desk) -> Result<Ended> {
    let wanted = Wanted {
        suite: arguments.suite.suite.unwrap_or(desk.configuration.suite.clone()),
        interleave: false,
        loads: Vec::new(),
        limits: Limits::default(),
        asking: arguments.asking,
        server: arguments.server,
        selection: Selection {
            ids: Some(BTreeSet::from([arguments.problem_id])),
            ..Selection::default()
        },
        samples: Some(NonZeroU32::MIN),
        concurrency: Concurrency::Fixed(NonZeroU32::MIN),
    };
    one(&wanted, &arguments.local_model, desk).await
}

/// What is asked of each model.
struct Wanted {
    suite: String,
    /// Whether models are taken in turns, each twice.
    interleave: bool,
    /// Settings of the suite that were typed as flags.
    loads: Vec<(&'static str, String)>,
    limits: Limits,
    asking: Asking,
    server: Server,
    selection: Selection,
    samples: Option<NonZeroU32>,
    concurrency: Concurrency,
}

async fn try_all(wanted: &Wanted, argument: &str, models: &[String], desk: &Desk) -> Result<Outcome> {
    let twice = |(at, model): &(usize, &String)| models[..*at].contains(model);
    if let Some((_, twice)) = models.iter().enumerate().find(twice) {
        bail!("{argument} names {twice} twice");
    }
    match models {
        [model] => {
            let ended = one(wanted, model, desk).await?;
            show(&ended, desk)?;
            let failed = missed(&ended.report(), &wanted.limits.fail_under)?;
            Ok(gated(Outcome::of(&ended), &failed))
        }
        several => several::run(wanted, several, desk).await,
    }
}

/// One model alone: what is wrong with it ends the command.
async fn one(wanted: &Wanted, model: &str, desk: &Desk) -> Result<Ended> {
    let benchmark = Prepared::new(wanted, 1, desk).await?;
    let reached = benchmark.reach(model).await?;
    let (record, limits) = benchmark.begin().await?;
    let stop = signals::stop(&desk.terminal)?;
    let ended = benchmark.work(&reached, record, &limits, Round::FIRST, stop).await?;
    Outlet::write(benchmark.export, &ended.report())?;
    Ok(ended)
}

/// The how-manieth time it is that a model is asked.
#[derive(Clone, Copy, PartialEq)]
struct Round(u64);

impl Round {
    const FIRST: Round = Round(0);

    /// A server remembers the prompts of the round before, and what it remembers it does not read.
    fn seed(self, of_the_first: u64) -> u64 {
        match self {
            Round::FIRST => of_the_first,
            Round(number) => of_the_first.wrapping_add(number) & 0x7fff_ffff,
        }
    }
}

/// All that a benchmark needs whichever model it is of, found and checked before the first question.
struct Prepared<'a> {
    wanted: &'a Wanted,
    desk: &'a Desk,
    equipment: Equipment,
    request: Map<String, Value>,
    system: Option<String>,
    export: Option<Outlet>,
}

/// A model, and the servers that have it.
struct Reached {
    models: BTreeMap<String, String>,
    servers: server::Reached,
}

impl<'a> Prepared<'a> {
    async fn new(wanted: &'a Wanted, models: usize, desk: &'a Desk) -> Result<Self> {
        let export = Outlet::reserve(&wanted.asking.export, models)?;
        let programs = &wanted.asking.programs;
        let counting = equipment::counting(programs, None);
        let library = equipment::library(
            &wanted.server.extra.plugins,
            &wanted.server.extra.trusting,
            counting,
            desk,
        )?;
        let equipment = equipment::gather(
            &library,
            &Wish {
                suite: &wanted.suite,
                retry: wanted.server.retry.as_deref().unwrap_or(&desk.configuration.retry),
                max_retries: wanted.server.max_retries,
                extra: &wanted.server.extra,
                test_timeout: wanted.asking.test_timeout,
                num_ctx: wanted.asking.num_ctx,
                loads: &wanted.loads,
                programs,
                places: &desk.places,
                before: None,
            },
        )?;
        check_slots(&wanted.asking.slots, &equipment.info.slots)?;
        for limit in &wanted.limits.fail_under {
            limit.is_of(&equipment.info.metrics).context("--fail-under")?;
        }
        let checked = tasks::check(&wanted.selection, &equipment).await;
        checked.map_err(|error| grant::named(error, &equipment.used.suite.grants))?;
        Ok(Prepared {
            wanted,
            desk,
            equipment,
            request: request::added(&wanted.asking),
            system: request::system(&wanted.asking)?,
            export,
        })
    }

    /// Finds the servers, and sees that they have a model and those for the suite's other slots.
    async fn reach(&self, model: &str) -> Result<Reached> {
        let Wanted { asking, server, .. } = self.wanted;
        let subject = (SUBJECT.to_owned(), model.to_owned());
        let models = asking.slots.iter().cloned().chain([subject]).collect();
        let configuration = &self.desk.configuration;
        let usual = Patience::For(Duration::from_secs(configuration.timeout));
        let way = Way {
            headers: &connection::headers(&server.headers)?,
            patience: server.timeout.unwrap_or(usual),
            // The embedded server has as many slots as any would, also where questions come one at a time.
            width: self.wanted.concurrency.most().max(configuration.concurrency.get()),
            allow_different: server.allow_different_models,
            places: &self.desk.places,
            request: &self.request,
            needs: asking.think.and_then(Think::needs),
        };
        let hosts = connection::named(&server.hosts, configuration);
        let servers = server::reach(&hosts, &models, &way).await?;
        Ok(Reached { models, servers })
    }

    /// Opens the record, and finds out how much time programs get.
    async fn begin(&self) -> Result<(Record, BTreeMap<String, Duration>)> {
        let record = Record::open(self.desk.places.record())?;
        let selection = &self.wanted.selection;
        let limits = self_test::limits(
            &self.equipment,
            selection,
            self.wanted.asking.allow_failing_tasks,
            self.desk,
        );
        Ok((record, limits.await?))
    }

    async fn work(
        &self,
        reached: &Reached,
        record: Record,
        limits: &BTreeMap<String, Duration>,
        round: Round,
        stop: Stop,
    ) -> Result<Ended> {
        let manifest = Manifest {
            limits: limits.clone(),
            ..self.manifest(reached, round)
        };
        // What a suite does of itself it does for a reason, such as to measure times again.
        if self.wanted.samples.is_some_and(|samples| samples.get() > 1) && manifest.defaults.temperature == 0.0 {
            tracing::warn!(
                "{} samples at temperature 0 are mostly the same answer again; --temperature 0.8 is usual for several",
                manifest.samples
            );
        }
        request::check_room(manifest.defaults.max_output_tokens, manifest.context_tokens);
        let hosts = reached.servers.hosts();
        let session = Session::first(self.desk, self.equipment.clone(), hosts, record, manifest, stop)?;
        session.record.tag(&session.run, &self.wanted.asking.tags, &[])?;
        work(Session {
            changes: reached.servers.differences.clone(),
            calibration: self.wanted.server.calibration,
            ..session
        })
        .await
    }

    fn manifest(&self, reached: &Reached, round: Round) -> Manifest {
        let Prepared {
            wanted,
            desk,
            equipment,
            ..
        } = self;
        let (server, other_servers) = reached.servers.usages();
        let (run, began) = new_run();
        let usual = NonZeroU32::new(equipment.info.samples).unwrap_or(NonZeroU32::MIN);
        Manifest {
            run,
            began,
            koderz: env!("CARGO_PKG_VERSION").to_owned(),
            suite: equipment.used.suite.clone(),
            retry: equipment.used.retry.clone(),
            evaluators: equipment.used.evaluators.clone(),
            server,
            other_servers,
            answers: None,
            models: reached.models.clone(),
            metrics: equipment.info.metrics.clone(),
            model_digests: reached.servers.digests.clone(),
            model_details: reached.servers.details.clone(),
            machine: Some(machine::this()),
            selection: wanted.selection.clone(),
            samples: wanted.samples.unwrap_or(usual),
            seed: round.seed(wanted.asking.seed.unwrap_or(desk.configuration.seed)),
            concurrency: wanted.concurrency,
            defaults: Defaults {
                temperature: wanted.asking.temperature.unwrap_or(desk.configuration.temperature),
                top_p: wanted.asking.top_p,
                max_output_tokens: wanted.asking.num_predict,
                system: self.system.clone(),
            },
            context_tokens: wanted.asking.num_ctx.or(equipment.info.context_tokens),
            request: self.request.clone(),
            timeout: reached.servers.silence,
            deadline: wanted.server.deadline,
            max_retries: equipment.max_retries,
            limits: BTreeMap::new(),
            command_line: command_line::shown(std::env::args_os()),
        }
    }
}

/// Sees that the suite has the slots that models are named for, and that each of its own has one.
fn check_slots(named: &[(String, String)], slots: &[String]) -> Result<()> {
    if let Some((slot, _)) = named.iter().find(|(slot, _)| !slots.contains(slot)) {
        let there = match slots {
            [] => "it has none besides the model under test".to_owned(),
            some => format!("it has {}", some.join(", ")),
        };
        bail!("the suite has no slot `{slot}`; {there}");
    }
    if let Some(slot) = slots.iter().find(|slot| !named.iter().any(|(named, _)| named == *slot)) {
        bail!("the suite wants a model for its slot `{slot}`\nhint: --slot {slot}=MODEL names one");
    }
    Ok(())
}
