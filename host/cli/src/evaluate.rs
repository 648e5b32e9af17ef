//! `koderz evaluate`: answers from a file are graded, as a run like any other whose model is the file.

use crate::answers::Answers;
use crate::arguments::{self, Evaluate, Import, Limits};
use crate::benchmark::Desk;
use crate::compare::{gated, missed};
use crate::destination::{Destination, Readers};
use crate::equipment::{self, Equipment, Wish};
use crate::grade::WIDTH;
use crate::outlet::Outlet;
use crate::samples::{BadLine, Samples, lines};
use crate::session::{Ended, Session, new_run, work};
use crate::setting::{self, Owner};
use crate::{Outcome, command_line, machine, self_test, show, signals};
use anyhow::{Context, Result, bail};
use koderz_core::manifest::{AnswersUse, Manifest, ServerUse};
use koderz_core::plan::{Concurrency, Defaults, Selection};
use koderz_core::ports::{Host, Suite};
use koderz_core::scheduler::{self, SUBJECT};
use koderz_loader::Interface;
use koderz_record::Record;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Bad lines that are shown.
const SHOWN: usize = 20;

pub(crate) async fn evaluate(arguments: Evaluate, desk: &Desk) -> Result<Outcome> {
    let export = Outlet::reserve(&arguments.export, 1)?;
    let results = arguments.results.unwrap_or_else(|| beside(&arguments.answers.file));
    let (path, limits) = (arguments.answers.file.clone(), arguments.answers.limits.clone());
    let graded = graded(arguments.answers, Some(&results), desk).await?;
    let Graded {
        ended,
        bad,
        results: destination,
    } = graded;
    if let Some(destination) = destination {
        write_results((destination, results), &path, &bad, &ended)?;
    }
    Outlet::write(export, &ended.report())?;
    outcome(&path, &bad, &ended, &limits)
}

/// The same with the record as the only place where anything is kept.
pub(crate) async fn import(arguments: Import, desk: &Desk) -> Result<Outcome> {
    let (path, limits) = (arguments.answers.file.clone(), arguments.answers.limits.clone());
    let Graded { ended, bad, .. } = graded(arguments.answers, None, desk).await?;
    outcome(&path, &bad, &ended, &limits)
}

/// What came of a file.
struct Graded {
    ended: Ended,
    bad: Vec<BadLine>,
    /// Where the results go.
    results: Option<Destination>,
}

fn outcome(path: &Path, bad: &[BadLine], ended: &Ended, limits: &Limits) -> Result<Outcome> {
    if !bad.is_empty() {
        return Err(unusable(path, bad).context("the other answers were graded"));
    }
    let failed = missed(&ended.report(), &limits.fail_under)?;
    Ok(gated(Outcome::of(ended), &failed))
}

/// Grades the answers of a file, once it is seen that their results can be written where they are to go.
async fn graded(arguments: arguments::Samples, results: Option<&Path>, desk: &Desk) -> Result<Graded> {
    let configuration = &desk.configuration;
    let mut extra = arguments.extra;
    let wanted = arguments.suite.suite.as_deref().unwrap_or(&configuration.suite);
    let counting = equipment::counting(&arguments.programs, None);
    let library = equipment::library(&extra.plugins, &extra.trusting, counting, desk)?;
    let plugin = equipment::find_suite(&library, wanted, &extra, None)?;
    let typed = plugin.settings(Interface::Suite, &setting::of(Owner::Suite, &extra.settings))?;
    let known = tasks(plugin.open_suite(&typed)?).await?;
    let path = &arguments.file;
    let samples = Samples::read(path, &known)?;
    if samples.count() == 0 {
        return Err(unusable(path, &samples.bad));
    }
    // The suite is told that these are answers as they are in such a file, unless the user has said what they are.
    if let Some(setting) = configuration.sample_settings.get(samples.field)
        && let Some((key, _)) = setting.split_once('=')
        && plugin.setting_names(Interface::Suite).contains(&key)
        && !typed.contains_key(key)
    {
        let setting = format!("suite.{setting}").parse();
        extra.settings.push(setting.map_err(anyhow::Error::msg)?);
    }
    let results = results
        .map(|path| Destination::reserve(path, Readers::Usual))
        .transpose()?;
    let wish = Wish {
        suite: wanted,
        retry: &configuration.retry,
        max_retries: None,
        extra: &extra,
        test_timeout: None,
        num_ctx: None,
        loads: &[],
        programs: &arguments.programs,
        places: &desk.places,
        before: None,
    };
    let equipment = equipment::gather(&library, &wish)?;
    let model = arguments.model.unwrap_or_else(|| name(path));
    let record = Record::open(desk.places.record())?;
    let mut manifest = manifest(&equipment, path, &samples, model);
    manifest.limits = self_test::limits(&equipment, &manifest.selection, arguments.allow_failing_tasks, desk).await?;
    let bad = samples.bad;
    let stop = signals::stop(&desk.terminal)?;
    let hosts = vec![host(path, samples.answers)];
    let session = Session::first(desk, equipment, hosts, record, manifest, stop)?;
    session.record.tag(&session.run, &arguments.tags, &[])?;
    let ended = work(Session {
        jobs: arguments.jobs,
        ..session
    })
    .await?;
    show(&ended, desk)?;
    Ok(Graded { ended, bad, results })
}

/// The answers of a run that goes on.
pub(crate) async fn again(file: &str, digest: &str, equipment: &Equipment) -> Result<Host> {
    let path = Path::new(file);
    let samples = Samples::read(path, &tasks(equipment.suite.clone()).await?)?;
    if samples.digest != digest {
        bail!(
            "{} is not the file that the run was begun with\nhint: `koderz evaluate` begins a run with the new one",
            path.display()
        );
    }
    Ok(host(path, samples.answers))
}

fn host(path: &Path, answers: BTreeMap<String, Vec<String>>) -> Host {
    Host {
        name: path.display().to_string(),
        model: Arc::new(Answers::collected(answers)),
    }
}

async fn tasks(suite: Arc<dyn Suite>) -> Result<BTreeSet<String>> {
    let tasks = scheduler::catalogue(suite).await?;
    Ok(tasks.into_iter().map(|task| task.id).collect())
}

/// What a file's answers are listed under where nobody says it.
fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.strip_suffix(".jsonl").unwrap_or(name).to_owned()
}

fn beside(path: &Path) -> PathBuf {
    let mut results = path.as_os_str().to_owned();
    results.push("_results.jsonl");
    results.into()
}

fn manifest(equipment: &Equipment, path: &Path, samples: &Samples, model: String) -> Manifest {
    let most = samples.answers.values().map(Vec::len).max().unwrap_or(1);
    let most = u32::try_from(most).unwrap_or(u32::MAX);
    let fewer = |(task, answers): (&String, &Vec<String>)| {
        let count = u32::try_from(answers.len()).unwrap_or(u32::MAX);
        (count < most).then(|| (task.clone(), count))
    };
    let (run, began) = new_run();
    let file = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    Manifest {
        run,
        began,
        koderz: env!("CARGO_PKG_VERSION").to_owned(),
        suite: equipment.used.suite.clone(),
        retry: equipment.used.retry.clone(),
        evaluators: equipment.used.evaluators.clone(),
        server: ServerUse {
            host: path.display().to_string(),
            version: None,
        },
        other_servers: Vec::new(),
        answers: Some(AnswersUse::File {
            file: file.display().to_string(),
            digest: samples.digest.clone(),
        }),
        models: BTreeMap::from([(SUBJECT.to_owned(), model)]),
        model_digests: BTreeMap::new(),
        model_details: BTreeMap::new(),
        machine: Some(machine::this()),
        metrics: equipment.info.metrics.clone(),
        selection: Selection {
            ids: Some(samples.answers.keys().cloned().collect()),
            fewer: samples.answers.iter().filter_map(fewer).collect(),
            ..Selection::default()
        },
        samples: NonZeroU32::new(most).unwrap_or(NonZeroU32::MIN),
        seed: 0,
        concurrency: Concurrency::Fixed(WIDTH),
        defaults: Defaults {
            temperature: 0.0,
            top_p: None,
            max_output_tokens: None,
            system: None,
        },
        context_tokens: None,
        request: Default::default(),
        // Nobody is waited for.
        timeout: Duration::ZERO,
        deadline: None,
        max_retries: equipment.max_retries,
        limits: BTreeMap::new(),
        command_line: command_line::shown(std::env::args_os()),
    }
}

/// Writes every answer of the file again, with its result beside it, in the file's order.
fn write_results(
    (destination, shown): (Destination, PathBuf),
    path: &Path,
    bad: &[BadLine],
    ended: &Ended,
) -> Result<()> {
    let bad: BTreeSet<u64> = bad.iter().map(|bad| bad.number).collect();
    let summary = ended.story.summary();
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut text = String::new();
    for line in lines(path)? {
        let (number, line) = line?;
        let (false, Ok(mut line)) = (bad.contains(&number), line) else {
            continue;
        };
        let Some(Value::String(task)) = line.get("task_id") else {
            continue;
        };
        let sample = seen.entry(task.clone()).or_default();
        let verdict = summary.verdict(task, *sample);
        *sample += 1;
        line.insert("result".to_owned(), koderz_report::result(verdict).into());
        line.insert("passed".to_owned(), koderz_report::passed(verdict).into());
        text.push_str(&serde_json::to_string(&line).context("write a result")?);
        text.push('\n');
    }
    destination.write(&text)?;
    eprintln!("results  {}", shown.display());
    Ok(())
}

fn unusable(path: &Path, bad: &[BadLine]) -> anyhow::Error {
    let path = path.display();
    if bad.is_empty() {
        return anyhow::anyhow!(
            "{path} holds no answers\nhint: one JSON object a line, with `task_id` and `completion`"
        );
    }
    let more = match bad.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("\n  and {more} more"),
    };
    let shown: Vec<String> = bad
        .iter()
        .take(SHOWN)
        .map(|bad| format!("\n  line {}: {}", bad.number, bad.what))
        .collect();
    anyhow::anyhow!(
        "{path}: {} cannot be graded:{}{more}",
        lines_of(bad.len()),
        shown.concat()
    )
}

fn lines_of(count: usize) -> String {
    match count {
        1 => "1 line".to_owned(),
        count => format!("{count} lines"),
    }
}
