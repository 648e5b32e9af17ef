//! `koderz benchmark` and `koderz run`: a run is begun, once everything that it needs is there.

use crate::arguments::{Asking, Benchmark, RunOne, Server};
use crate::configuration::Configuration;
use crate::destination::{Destination, Readers};
use crate::equipment::{self, Equipment, Wish};
use crate::places::Places;
use crate::server::{self, Patience, Reached};
use crate::session::{Before, Ended, Session, work};
use anyhow::{Result, bail};
use koderz_core::manifest::Manifest;
use koderz_core::past::Past;
use koderz_core::plan::{Concurrency, Defaults, Selection};
use koderz_core::scheduler::{self, SUBJECT};
use koderz_record::{Record, RunId};
use koderz_report::{Story, Terminal};
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
}

/// Puts the tasks of a suite to a model.
pub(crate) async fn benchmark(arguments: Benchmark, desk: &Desk) -> Result<Ended> {
    let selection = Selection {
        start: arguments.start.unwrap_or(0),
        end: arguments.end,
        ids: None,
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
    let concurrency = arguments.concurrency.unwrap_or(usual);
    let wanted = Wanted {
        asking: arguments.asking,
        server: arguments.server,
        selection,
        samples: arguments.samples,
        concurrency,
    };
    begin(wanted, desk).await
}

/// Puts one task to a model.
pub(crate) async fn run_one(arguments: RunOne, desk: &Desk) -> Result<Ended> {
    let wanted = Wanted {
        asking: arguments.asking,
        server: arguments.server,
        selection: Selection {
            ids: Some(BTreeSet::from([arguments.problem_id])),
            ..Selection::default()
        },
        samples: Some(NonZeroU32::MIN),
        concurrency: Concurrency::Fixed(NonZeroU32::MIN),
    };
    begin(wanted, desk).await
}

struct Wanted {
    asking: Asking,
    server: Server,
    selection: Selection,
    samples: Option<NonZeroU32>,
    concurrency: Concurrency,
}

async fn begin(wanted: Wanted, desk: &Desk) -> Result<Ended> {
    let Desk {
        places,
        configuration,
        terminal,
    } = desk;
    let export = wanted
        .asking
        .export
        .as_deref()
        .map(|path| Destination::reserve(path, Readers::Usual))
        .transpose()?;
    let library = equipment::library(&wanted.server, places)?;
    let equipment = equipment::gather(
        &library,
        &Wish {
            suite: wanted.asking.suite.as_deref().unwrap_or(&configuration.suite),
            retry: wanted.server.retry.as_deref().unwrap_or(&configuration.retry),
            options: &wanted.server,
            before: None,
        },
    )?;
    let models = slots(&wanted.asking, &equipment)?;
    check_selection(&wanted.selection, &equipment).await?;
    let host = server::named(wanted.server.host.as_deref(), configuration);
    let usual = Patience::For(Duration::from_secs(configuration.timeout_seconds));
    let patience = wanted.server.timeout.unwrap_or(usual);
    let reached = server::reach(&host, &models, patience, wanted.concurrency.most(), places).await?;
    let record = Record::open(places.record())?;
    let manifest = manifest(&wanted, desk, &equipment, &reached, models);
    if manifest.samples.get() > 1 && manifest.defaults.temperature == 0.0 {
        tracing::warn!(
            "{} samples at temperature 0 are mostly the same answer again; --temperature 0.8 is usual for several",
            manifest.samples
        );
    }
    let run = record.begin(&manifest)?;
    work(Session {
        places,
        terminal,
        equipment,
        reached,
        record,
        run,
        before: Before {
            past: Past::default(),
            story: Story::new(manifest.clone()),
        },
        manifest,
        concurrency: wanted.concurrency,
        deadline: wanted.server.deadline,
        changes: Vec::new(),
        retry_inconclusive: false,
        export,
    })
    .await
}

/// Which model answers for which slot.
fn slots(asking: &Asking, equipment: &Equipment) -> Result<BTreeMap<String, String>> {
    let mut models = BTreeMap::from([(SUBJECT.to_owned(), asking.local_model.clone())]);
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

fn manifest(
    wanted: &Wanted,
    desk: &Desk,
    equipment: &Equipment,
    reached: &Reached,
    models: BTreeMap<String, String>,
) -> Manifest {
    let now = SystemTime::now();
    // The standard library's hash keys are the system's randomness.
    let run = RunId::new(now, RandomState::new().hash_one(std::process::id()));
    let usual = NonZeroU32::new(equipment.info.samples).unwrap_or(NonZeroU32::MIN);
    Manifest {
        run: run.to_string(),
        began: koderz_record::timestamp(now),
        koderz: env!("CARGO_PKG_VERSION").to_owned(),
        suite: equipment.used.suite.clone(),
        retry: equipment.used.retry.clone(),
        evaluators: equipment.used.evaluators.clone(),
        server: reached.usage.clone(),
        models,
        model_digests: reached.digests.clone(),
        selection: wanted.selection.clone(),
        samples: wanted.samples.unwrap_or(usual),
        seed: wanted.asking.seed.unwrap_or(desk.configuration.seed),
        concurrency: wanted.concurrency,
        defaults: Defaults {
            temperature: wanted.asking.temperature.unwrap_or(desk.configuration.temperature),
            top_p: None,
            max_output_tokens: None,
        },
        context_tokens: wanted.asking.num_ctx.or(equipment.info.context_tokens),
        timeout: reached.silence,
        deadline: wanted.server.deadline,
        max_retries: equipment.max_retries,
        command_line: std::env::args_os()
            .map(|argument| argument.to_string_lossy().into_owned())
            .collect(),
    }
}
