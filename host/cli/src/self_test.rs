//! The suite's own answers are tried before a model is asked, and what they cost becomes the limit of programs. What was
//! found out once is kept, since it follows from the plugins alone.

use crate::benchmark::Desk;
use crate::equipment::{Equipment, TEST_TIMEOUT};
use anyhow::{Result, bail};
use koderz_core::plan::Selection;
use koderz_core::self_test::{Tested, self_test};
use koderz_loader::digest;
use serde_json::json;
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

/// Failing tasks that are named.
const SHOWN: usize = 5;

/// How often it is told how far it has come.
const WORD: Duration = Duration::from_secs(2);

/// The processor time of programs, by task; none where the suite knows no right answer, or the user has said how much time
/// there is.
pub(crate) async fn limits(
    equipment: &Equipment,
    selection: &Selection,
    allow_failing: bool,
    desk: &Desk,
) -> Result<BTreeMap<String, Duration>> {
    let kept = desk.places.self_tests().join(format!("{}.json", key(equipment)));
    let mut known = read(&kept);
    let mut last = Instant::now();
    let told = |count| {
        if last.elapsed() >= WORD {
            last = Instant::now();
            desk.terminal
                .say(&format!("trying the suite's own answers: {count} tasks so far"));
        }
    };
    let (suite, evaluators) = (equipment.suite.clone(), &equipment.evaluators);
    let tested = self_test(suite, evaluators, selection, processors(), &known, told).await?;
    let failing: Vec<(&String, &String)> = tested
        .iter()
        .filter_map(|(task, tested)| Some((task, tested.failure.as_ref()?)))
        .collect();
    if !failing.is_empty() {
        let told = words(&failing, tested.len());
        if !allow_failing {
            bail!("{told}\nhint: every model would fail these too; --allow-failing-tasks goes on all the same");
        }
        tracing::warn!("{told}");
    }
    let passed = tested.into_iter().filter(|(_, tested)| tested.failure.is_none());
    let (before, passed) = (known.len(), passed.collect::<BTreeMap<_, _>>());
    known.extend(passed.clone());
    if known.len() > before {
        keep(&kept, &known);
    }
    if equipment.used.suite.settings.contains_key(TEST_TIMEOUT) {
        return Ok(BTreeMap::new());
    }
    Ok(passed
        .into_iter()
        .map(|(task, tested)| (task, tested.limit()))
        .collect())
}

/// How many programs this machine runs at once.
pub(crate) fn processors() -> NonZeroU32 {
    let number = available_parallelism()
        .ok()
        .and_then(|number| u32::try_from(number.get()).ok());
    number.and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN)
}

fn words(failing: &[(&String, &String)], all: usize) -> String {
    let first = |reason: &str| reason.lines().next().unwrap_or_default().to_owned();
    let shown = failing.iter().take(SHOWN);
    let shown: Vec<String> = shown
        .map(|(task, reason)| format!("{task} ({})", first(reason)))
        .collect();
    let more = match failing.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "of the suite's own answers to {all} tasks {} failed: {}{more}",
        failing.len(),
        shown.join(", ")
    )
}

/// What the answers' cost follows from.
fn key(equipment: &Equipment) -> String {
    let used = &equipment.used;
    let evaluators: Vec<_> = used
        .evaluators
        .iter()
        .map(|evaluator| (evaluator.digest.as_str(), &evaluator.settings))
        .collect();
    let grants: Vec<[&str; 2]> = used
        .suite
        .grants
        .iter()
        .map(|grant| [&*grant.name, &*grant.digest])
        .collect();
    let all = json!([
        env!("CARGO_PKG_VERSION"),
        used.suite.digest,
        used.suite.settings,
        grants,
        evaluators
    ]);
    digest::of(all.to_string().as_bytes())
}

/// What was kept; nothing where it cannot be read, since it can be found out again.
fn read(path: &Path) -> BTreeMap<String, Tested> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

fn keep(path: &PathBuf, tested: &BTreeMap<String, Tested>) {
    let unfinished = path.with_extension(format!("{}.unfinished", std::process::id()));
    let written = path
        .parent()
        .map_or(Ok(()), crate::session::private_folder)
        .and_then(|()| std::fs::write(&unfinished, serde_json::to_vec(tested).unwrap_or_default()))
        .and_then(|()| std::fs::rename(&unfinished, path));
    if let Err(error) = written {
        tracing::debug!("what the suite's answers cost is not kept: {}: {error}", path.display());
    }
}
