//! One stretch of work on a run: everything is ready, so it is done, shown and put away.

use crate::benchmark::Desk;
use crate::came_to;
use crate::connection::EMBEDDED;
use crate::destination::{Destination, Readers};
use crate::equipment::Equipment;
use crate::instruments::Instruments;
use crate::places::Places;
use crate::stream::Stream;
use anyhow::{Context, Result, anyhow};
use koderz_api::suite::Stage;
use koderz_core::event::{End, Entry};
use koderz_core::manifest::Manifest;
use koderz_core::past::{Past, Remainder};
use koderz_core::plan::{Caps, Concurrency, Plan};
use koderz_core::ports::{Host, Journal, Meter, Sink};
use koderz_core::scheduler::{self, Ports, RunError};
use koderz_core::stop::Stop;
use koderz_record::{Record, RunId};
use koderz_report::{Paths, Report, RetryLog, Story, Terminal};
use koderz_transport::Address;
use std::collections::hash_map::RandomState;
use std::fs::DirBuilder;
use std::hash::BuildHasher;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::available_parallelism;
use std::time::{Duration, SystemTime};

/// What was done of a run before.
pub(crate) struct Before {
    pub(crate) past: Past,
    pub(crate) story: Story,
}

/// What a stretch of work needs.
pub(crate) struct Session<'a> {
    /// Whether events go to standard output.
    pub(crate) streams: bool,
    pub(crate) places: &'a Places,
    pub(crate) terminal: &'a Arc<Terminal>,
    pub(crate) instruments: &'a Instruments,
    pub(crate) equipment: Equipment,
    /// Who is asked.
    pub(crate) hosts: Vec<Host>,
    pub(crate) record: Record,
    pub(crate) run: RunId,
    pub(crate) manifest: Manifest,
    pub(crate) before: Before,
    pub(crate) concurrency: Concurrency,
    /// Programs that run at once; none for one on each processor.
    pub(crate) jobs: Option<NonZeroU32>,
    pub(crate) deadline: Option<Duration>,
    /// What is not what the run was begun with.
    pub(crate) changes: Vec<String>,
    /// How long this machine is calibrated, where times are measured.
    pub(crate) calibration: Duration,
    /// What of the run is to be done.
    pub(crate) remainder: Remainder,
    pub(crate) stop: Stop,
}

impl<'a> Session<'a> {
    /// The first stretch of a run that was just begun in the record.
    pub(crate) fn first(
        desk: &'a Desk,
        equipment: Equipment,
        hosts: Vec<Host>,
        record: Record,
        manifest: Manifest,
        stop: Stop,
    ) -> Result<Self> {
        Ok(Session {
            streams: desk.streams,
            places: &desk.places,
            terminal: &desk.terminal,
            instruments: &desk.instruments,
            equipment,
            hosts,
            run: record.begin(&manifest)?,
            record,
            before: Before {
                past: Past::default(),
                story: Story::new(manifest.clone()),
            },
            concurrency: manifest.concurrency,
            jobs: None,
            deadline: manifest.deadline,
            changes: Vec::new(),
            calibration: Duration::ZERO,
            remainder: Remainder::Open,
            stop,
            manifest,
        })
    }
}

impl Session<'_> {
    /// Whether times may be measured of a server: where it is not sure that nothing of that is left, it may.
    fn is_timed(&self) -> bool {
        let Session {
            equipment,
            before,
            remainder,
            ..
        } = self;
        if self.manifest.answers.is_some() {
            return false;
        }
        let begun = before.past.leaves_timed(&equipment.info, *remainder);
        // A suite that plans may plan more, and what has not begun may belong to any stage.
        let is_open = || equipment.suite.plans() || before.story.not_begun() != Some(0);
        let may_begin = || *remainder != Remainder::Inconclusive && is_open();
        begun || equipment.info.stages.iter().any(Stage::is_timed) && may_begin()
    }
}

/// How it ended, with all that is known of the run.
pub(crate) struct Ended {
    pub(crate) end: End,
    pub(crate) story: Story,
    pub(crate) paths: Paths,
}

impl Ended {
    pub(crate) fn report(&self) -> Report<'_> {
        Report {
            story: &self.story,
            end: Some(&self.end),
            paths: &self.paths,
        }
    }
}

/// Works on a run until it is finished or is to stop, and writes the report.
pub(crate) async fn work(session: Session<'_>) -> Result<Ended> {
    let is_timed = session.is_timed();
    let Session {
        streams,
        places,
        terminal,
        instruments,
        equipment,
        hosts,
        record,
        run,
        manifest,
        before,
        concurrency,
        jobs,
        deadline,
        changes,
        calibration,
        remainder,
        stop,
    } = session;
    let (instrument, meter) = match is_timed {
        true => (
            instruments.calibrated(calibration, &stop).await,
            meter(instruments, &manifest, &stop).await,
        ),
        false => (None, None),
    };
    let plan = Plan {
        instrument,
        concurrency,
        max_retries: equipment.max_retries,
        deadline,
        changes,
        ..plan(&manifest, jobs)
    };
    let story = Arc::new(Live(Mutex::new(before.story)));
    let journal = Arc::new(record.journal(&run)?);
    let mut sinks: Vec<Arc<dyn Sink>> = vec![story.clone(), terminal.clone(), Arc::new(RetryLog)];
    if streams {
        sinks.push(Arc::new(Stream));
    }
    let ports = Ports {
        suite: equipment.suite,
        retry: equipment.retry,
        evaluators: equipment.evaluators,
        hosts,
        meter,
        journal: journal.clone() as Arc<dyn Journal>,
        sinks,
    };
    let (bare, suite) = (equipment.bare, manifest.suite.identity.name.clone());
    let ran = scheduler::run(ports, plan, before.past, remainder, stop).await;
    terminal.rest();
    let closed = journal.close().await;
    let story = story.take();
    // The first error is the one that tells.
    let end = ran.map_err(|error| could_not_go_on(error, &run, &suite, bare.as_deref()))?;
    closed?;
    let ended = Ended {
        end,
        story,
        paths: Paths {
            record: record.path().to_owned(),
            report: Some(places.report(run.as_str())),
        },
    };
    came_to::keep(&record, &run, &ended.report())?;
    put_away(&ended).with_context(|| format!("run {run} itself is complete in the record"))?;
    Ok(ended)
}

/// Why a run ended before its time, and what helps. Going on would not, where the model is the wrong one.
fn could_not_go_on(error: RunError, run: &RunId, suite: &str, bare: Option<&str>) -> anyhow::Error {
    match error {
        RunError::Unfit { .. } => match bare {
            Some(bare) => anyhow!("{error}\nhint: a base model takes bare prompts only; {bare} asks with them"),
            None => anyhow!("{error}\nhint: `koderz plugin show {suite}` has how the suite can ask"),
        },
        error => {
            anyhow::Error::from(error).context(format!("run {run} could not go on; `koderz resume {run}` tries to"))
        }
    }
}

/// What knows how much energy is used, where times are measured of a server on this machine.
async fn meter(instruments: &Instruments, manifest: &Manifest, stop: &Stop) -> Option<Arc<dyn Meter>> {
    let is_here = |host: &str| host == EMBEDDED || Address::parse(host).is_ok_and(|address| address.is_loopback());
    if !manifest.other_servers.is_empty() || !is_here(&manifest.server.host) {
        return None;
    }
    instruments.meter(stop).await
}

/// What the manifest says of the plan.
fn plan(manifest: &Manifest, jobs: Option<NonZeroU32>) -> Plan {
    let processors = available_parallelism().map_or(1, |number| u32::try_from(number.get()).unwrap_or(u32::MAX));
    Plan {
        selection: manifest.selection.clone(),
        samples: manifest.samples,
        seed: manifest.seed,
        concurrency: manifest.concurrency,
        evaluations: jobs.or(NonZeroU32::new(processors)).unwrap_or(NonZeroU32::MIN),
        slots: manifest.models.clone(),
        defaults: manifest.defaults.clone(),
        context_tokens: manifest.context_tokens,
        max_retries: manifest.max_retries,
        limits: manifest.limits.clone(),
        changes: Vec::new(),
        deadline: manifest.deadline,
        instrument: None,
        caps: Caps::default(),
    }
}

fn put_away(ended: &Ended) -> Result<()> {
    let report = ended.report();
    if let Some(path) = &ended.paths.report {
        if let Some(folder) = path.parent() {
            private_folder(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        Destination::reserve(path, Readers::Owner)?.write(&koderz_report::html(&report)?)?;
    }
    Ok(())
}

/// A folder for what holds prompts and answers.
pub(crate) fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// The story of a run, told as it goes on.
struct Live(Mutex<Story>);

impl Live {
    /// What was told so far. What is told later is told to nobody.
    fn take(&self) -> Story {
        let mut story = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let empty = Story::new(story.manifest().clone());
        std::mem::replace(&mut *story, empty)
    }
}

impl Sink for Live {
    fn see(&self, entry: &Entry) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).observe(entry);
    }
}

/// The id of a run that begins now, and when that is.
pub(crate) fn new_run() -> (String, String) {
    let now = SystemTime::now();
    // The standard library's hash keys are the system's randomness.
    let run = RunId::new(now, RandomState::new().hash_one(std::process::id()));
    (run.to_string(), koderz_record::timestamp(now))
}
