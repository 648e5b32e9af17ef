//! `koderz compare`: runs beside each other, and gates on what they come to.

use crate::arguments::Compare;
use crate::destination::{Destination, Readers};
use crate::places::Places;
use crate::recorded::{self, Recorded};
use crate::{Outcome, print};
use anyhow::{Context, Result, bail};
use koderz_report::{Compared, Gate, Limit, Report, Story, compared, compared_html, compared_json, compared_text};

pub(crate) fn compare(arguments: &Compare, places: &Places) -> Result<Outcome> {
    let html = arguments.html.as_deref();
    let html = html
        .map(|path| Destination::reserve(path, Readers::Usual))
        .transpose()?;
    let record = recorded::open(places)?;
    let mut runs = Vec::new();
    for wanted in &arguments.runs {
        let run = record.find(wanted)?;
        if runs.contains(&run) {
            bail!("{wanted} is run {run}, which was named before; a run is compared with others");
        }
        runs.push(run);
    }
    let read = runs.iter().map(|run| Recorded::read(&record, run, places, Story::new));
    let read = read.collect::<Result<Vec<_>>>()?;
    let reports: Vec<Report<'_>> = read.iter().map(Recorded::report).collect();
    same_suite(&reports)?;
    let compared = compared(&reports).context("two runs are needed")?;
    let failed = failed(&compared, &reports, &arguments.fail_if, &arguments.limits.fail_under)?;
    let text = match arguments.json {
        true => {
            let mut document = compared_json(&compared);
            document["failed"] = failed.clone().into();
            format!("{document:#}\n")
        }
        false => compared_text(&compared),
    };
    if let Some(destination) = html {
        destination.write(&compared_html(&compared)?)?;
    }
    print(&text)?;
    Ok(gated(Outcome::Done, &failed))
}

/// Runs of different benchmarks have no task in common, so nothing could be said of them.
fn same_suite(reports: &[Report<'_>]) -> Result<()> {
    let suite = |report: &Report<'_>| report.story.manifest().suite.identity.name.clone();
    let run = |report: &Report<'_>| report.story.manifest().run.clone();
    if let Some((first, other)) = reports
        .first()
        .and_then(|first| Some((first, reports.iter().find(|other| suite(other) != suite(first))?)))
    {
        bail!(
            "run {} is of {} and run {} of {}; only runs of one benchmark can be compared",
            run(first),
            suite(first),
            run(other),
            suite(other)
        );
    }
    Ok(())
}

fn failed(compared: &Compared<'_>, reports: &[Report<'_>], gates: &[Gate], limits: &[Limit]) -> Result<Vec<String>> {
    let mut failed = Vec::new();
    for gate in gates {
        failed.extend(gate.failed(compared).context("--fail-if")?);
    }
    // The first run is what the others are held against.
    for report in &reports[1..] {
        failed.extend(missed(report, limits)?);
    }
    Ok(failed)
}

/// Which limits a run falls below, in words.
pub(crate) fn missed(report: &Report<'_>, limits: &[Limit]) -> Result<Vec<String>> {
    let missed = limits.iter().map(|limit| limit.missed(report).context("--fail-under"));
    Ok(missed.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// What a command comes to whose gates were looked at. Whoever interrupts a run knows that it is not whole.
pub(crate) fn gated(outcome: Outcome, failed: &[String]) -> Outcome {
    for words in failed {
        tracing::warn!("gate failed: {words}");
    }
    match outcome {
        Outcome::Interrupted => Outcome::Interrupted,
        _ if !failed.is_empty() => Outcome::GateFailed,
        outcome => outcome,
    }
}
