//! One stretch of work on a run: everything is ready, so it is done, shown and put away.

use crate::destination::{Destination, Readers};
use crate::equipment::Equipment;
use crate::places::Places;
use crate::server::Reached;
use crate::signals;
use anyhow::{Context, Result};
use koderz_core::event::{End, Entry};
use koderz_core::manifest::Manifest;
use koderz_core::past::Past;
use koderz_core::plan::{Caps, Concurrency, Plan};
use koderz_core::ports::{Journal, Sink};
use koderz_core::scheduler::{self, Ports};
use koderz_core::stop::brake;
use koderz_record::{Record, RunId};
use koderz_report::{Paths, Report, RetryLog, Story, Terminal};
use std::fs::DirBuilder;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::available_parallelism;
use std::time::Duration;

/// What was done of a run before.
pub(crate) struct Before {
    pub(crate) past: Past,
    pub(crate) story: Story,
}

/// What a stretch of work needs.
pub(crate) struct Session<'a> {
    pub(crate) places: &'a Places,
    pub(crate) terminal: &'a Arc<Terminal>,
    pub(crate) equipment: Equipment,
    pub(crate) reached: Reached,
    pub(crate) record: Record,
    pub(crate) run: RunId,
    pub(crate) manifest: Manifest,
    pub(crate) before: Before,
    pub(crate) concurrency: Concurrency,
    pub(crate) deadline: Option<Duration>,
    /// What is not what the run was begun with.
    pub(crate) changes: Vec<String>,
    pub(crate) retry_inconclusive: bool,
    pub(crate) export: Option<Destination>,
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

/// Works on a run until it is finished or is to stop, and writes the report and the export.
pub(crate) async fn work(session: Session<'_>) -> Result<Ended> {
    let Session {
        places,
        terminal,
        equipment,
        reached,
        record,
        run,
        manifest,
        before,
        concurrency,
        deadline,
        changes,
        retry_inconclusive,
        export,
    } = session;
    let (brake, stop) = brake();
    signals::listen(brake, terminal).context("listen for signals")?;
    let plan = Plan {
        concurrency,
        max_retries: equipment.max_retries,
        deadline,
        changes,
        ..plan(&manifest)
    };
    let story = Arc::new(Live(Mutex::new(before.story)));
    let journal = Arc::new(record.journal(&run)?);
    let ports = Ports {
        suite: equipment.suite,
        retry: equipment.retry,
        evaluators: equipment.evaluators,
        model: Arc::new(reached.connection.ollama.clone()),
        journal: journal.clone() as Arc<dyn Journal>,
        sinks: vec![story.clone(), terminal.clone(), Arc::new(RetryLog)],
    };
    let ran = scheduler::run(ports, plan, before.past, retry_inconclusive, stop).await;
    terminal.finish();
    let closed = journal.close().await;
    let story = story.take();
    // The first error is the one that tells.
    let end = ran.with_context(|| format!("run {run} could not go on; `koderz resume {run}` tries to"))?;
    closed?;
    let ended = Ended {
        end,
        story,
        paths: Paths {
            record: record.path().to_owned(),
            report: Some(places.report(run.as_str())),
        },
    };
    put_away(&ended, export).with_context(|| format!("run {run} itself is complete in the record"))?;
    Ok(ended)
}

/// What the manifest says of the plan.
fn plan(manifest: &Manifest) -> Plan {
    let processors = available_parallelism().map_or(1, |number| u32::try_from(number.get()).unwrap_or(u32::MAX));
    Plan {
        selection: manifest.selection.clone(),
        samples: manifest.samples,
        seed: manifest.seed,
        concurrency: manifest.concurrency,
        evaluations: NonZeroU32::new(processors).unwrap_or(NonZeroU32::MIN),
        slots: manifest.models.clone(),
        defaults: manifest.defaults.clone(),
        context_tokens: manifest.context_tokens,
        max_retries: manifest.max_retries,
        changes: Vec::new(),
        deadline: manifest.deadline,
        caps: Caps::default(),
    }
}

fn put_away(ended: &Ended, export: Option<Destination>) -> Result<()> {
    let report = ended.report();
    if let Some(path) = &ended.paths.report {
        if let Some(folder) = path.parent() {
            private_folder(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        Destination::reserve(path, Readers::Owner)?.write(&koderz_report::html(&report)?)?;
    }
    if let Some(export) = export {
        let mut text = serde_json::to_string_pretty(&koderz_report::json(&report)).context("write the export")?;
        text.push('\n');
        export.write(&text)?;
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
