//! `koderz resume`: a run goes on from its record.

use crate::arguments::{Limits, Resume};
use crate::benchmark::Desk;
use crate::came_to::figures;
use crate::compare::{gated, missed};
use crate::equipment::{self, Used, Wish};
use crate::outlet::Outlet;
use crate::recorded::{self, Recorded};
use crate::server::{self, Patience, Reached, Way};
use crate::session::{Before, Session, work};
use crate::{Outcome, connection, evaluate, grade, print, show, signals};
use anyhow::{Result, bail};
use koderz_core::event::End;
use koderz_core::manifest::{AnswersUse, Manifest};
use koderz_core::past::{Past, Remainder};
use koderz_core::ports::Host;
use koderz_core::stop::Urgency;
use koderz_record::{Record, RunId, RunState};
use koderz_report::Story;
use std::collections::BTreeMap;

pub(crate) async fn resume(arguments: Resume, desk: &Desk) -> Result<Outcome> {
    let Desk {
        places,
        terminal,
        instruments,
        ..
    } = desk;
    let record = recorded::open(places)?;
    let export = Outlet::reserve(&arguments.export, 1)?;
    let remainder = match (arguments.retry_errors, arguments.no_retry_errors) {
        (true, _) => Remainder::Inconclusive,
        (false, true) => Remainder::Open,
        (false, false) => Remainder::All,
    };
    let run = match &arguments.run {
        Some(run) => record.find(run)?,
        None => unfinished(&record, remainder)?,
    };
    let manifest = record.manifest(&run)?;
    recorded::at_rest(&record, &run)?;
    if !is_left(&record, &run, remainder)? {
        return as_it_is(&record, &run, export, &arguments.limits, desk);
    }
    let options = &arguments.server;
    let counting = equipment::counting(&arguments.programs, Some(&manifest));
    let library = equipment::library(&options.extra.plugins, &options.extra.trusting, counting, desk)?;
    let equipment = equipment::gather(
        &library,
        &Wish {
            suite: &manifest.suite.identity.name,
            retry: options.retry.as_deref().unwrap_or(&manifest.retry.identity.name),
            max_retries: options.max_retries,
            extra: &options.extra,
            test_timeout: None,
            num_ctx: None,
            loads: &[],
            programs: &arguments.programs,
            places,
            before: Some(&manifest),
        },
    )?;
    let before = || -> Vec<String> {
        let servers = std::iter::once(&manifest.server).chain(&manifest.other_servers);
        servers.map(|server| server.host.clone()).collect()
    };
    let hosts = match options.hosts.as_slice() {
        [] => before(),
        typed => typed.to_vec(),
    };
    let concurrency = arguments.concurrency.unwrap_or(manifest.concurrency);
    let way = Way {
        headers: &connection::headers(&options.headers)?,
        patience: options.timeout.unwrap_or(Patience::For(manifest.timeout)),
        // As many slots for the embedded server as it had when the run was begun.
        width: concurrency.most().max(desk.configuration.concurrency.get()),
        allow_different: options.allow_different_models,
        places,
        request: &manifest.request,
        needs: None,
    };
    let asked = match &manifest.answers {
        Some(AnswersUse::File { file, digest }) => Asked::Before(evaluate::again(file, digest, &equipment).await?),
        Some(AnswersUse::Run { run }) => Asked::Before(grade::again(&record, &record.find(run)?)?),
        None => Asked::Servers(Box::new(server::reach(&hosts, &manifest.models, &way).await?)),
    };
    let mut changes = changes(&manifest, &equipment.used, asked.digests());
    if !changes.is_empty() && !arguments.allow_changes {
        bail!(
            "run {run} cannot go on as it was begun: {}\nhint: --allow-changes goes on all the same, and its verdicts \
             are then not all of one kind",
            changes.join("; ")
        );
    }
    for change in &changes {
        tracing::warn!("{change}");
    }
    // Another policy changes no verdict, so it needs no leave; but the record has to say which one decided.
    changes.extend(asked.differences().iter().cloned());
    changes.extend(equipment::other_policy(&manifest, &equipment.used));
    changes.extend(asked.elsewhere(&before()));
    let kept_from_retrying = equipment.max_retries == Some(0) && options.max_retries.is_none();
    let mut before = Before {
        past: match equipment.suite.summarizes() || equipment.suite.plans() {
            true => Past::with_results(),
            false => Past::default(),
        },
        story: Story::new(manifest.clone()),
    };
    for entry in record.entries(&run)? {
        let entry = entry?;
        before.story.observe(&entry);
        terminal.recall(&entry);
        before.past.observe(entry);
    }
    let stop = signals::stop(terminal)?;
    let ended = work(Session {
        streams: desk.streams,
        places,
        terminal,
        instruments,
        equipment,
        hosts: asked.hosts(),
        record,
        run,
        deadline: options.deadline.or(manifest.deadline),
        changes,
        calibration: options.calibration,
        manifest,
        before,
        concurrency,
        jobs: None,
        remainder,
        stop: stop.clone(),
    })
    .await?;
    show(&ended, desk)?;
    Outlet::write(export, &ended.report())?;
    if kept_from_retrying && ended.story.summary().counts().inconclusive > 0 {
        let run = &ended.story.manifest().run;
        eprintln!(
            "hint: no question was asked twice, as when the run was begun; koderz resume {run} --max-retries 3 lets each \
             be tried again"
        );
    }
    let failed = missed(&ended.report(), &arguments.limits.fail_under)?;
    let outcome = match Outcome::of(&ended) {
        // Nobody interrupted it: it was told to leave something.
        Outcome::Interrupted if stop.urgency() == Urgency::None => Outcome::Incomplete,
        outcome => outcome,
    };
    Ok(gated(outcome, &failed))
}

/// Shows a run in which nothing is left to do. No plugin is loaded for that, and no server is asked.
fn as_it_is(record: &Record, run: &RunId, export: Option<Outlet>, limits: &Limits, desk: &Desk) -> Result<Outcome> {
    eprintln!("nothing is left to do in run {run}, so nothing is asked");
    let recorded = Recorded::read(record, run, &desk.places, Story::new)?;
    let report = recorded.report();
    if !desk.streams {
        print(&koderz_report::text(&report))?;
    }
    Outlet::write(export, &report)?;
    let failed = missed(&report, &limits.fail_under)?;
    let outcome = match report.story.summary().counts() {
        counts if counts.inconclusive + counts.open == 0 => Outcome::Done,
        _ => Outcome::Incomplete,
    };
    Ok(gated(outcome, &failed))
}

/// The latest run that somebody works on or in which something is left to do, or else the latest of all.
fn unfinished(record: &Record, remainder: Remainder) -> Result<RunId> {
    let latest = record.find("last")?;
    for run in record.ids()? {
        if is_left(record, &run, remainder)? {
            if run != latest {
                eprintln!("nothing is left to do in the last run, {latest}; {run} is the last with something left");
            }
            return Ok(run);
        }
    }
    Ok(latest)
}

/// Whether there is something to do in a run. One that is going on counts as such.
fn is_left(record: &Record, run: &RunId, remainder: Remainder) -> Result<bool> {
    Ok(match (record.state(run)?, remainder) {
        // Whoever finished it has left nothing open.
        (RunState::Ended(End::Finished), Remainder::Open) => false,
        (RunState::Ended(End::Finished), _) => figures(record, run)?.counts.inconclusive > 0,
        _ => true,
    })
}

/// Who answers.
enum Asked {
    Servers(Box<Reached>),
    /// What was answered before.
    Before(Host),
}

impl Asked {
    fn hosts(&self) -> Vec<Host> {
        match self {
            Asked::Servers(reached) => reached.hosts(),
            Asked::Before(host) => vec![host.clone()],
        }
    }

    fn digests(&self) -> Option<&BTreeMap<String, String>> {
        match self {
            Asked::Servers(reached) => Some(&reached.digests),
            Asked::Before(_) => None,
        }
    }

    /// That other servers are asked than when the run was begun, in words.
    fn elsewhere(&self, before: &[String]) -> Option<String> {
        let Asked::Servers(reached) = self else { return None };
        let now: Vec<String> = reached.hosts().into_iter().map(|host| host.name).collect();
        // The report names the server from before right above.
        (now != before).then(|| format!("it went on at {}", now.join(", ")))
    }

    fn differences(&self) -> &[String] {
        match self {
            Asked::Servers(reached) => &reached.differences,
            Asked::Before(_) => &[],
        }
    }
}

/// What is not what the run was begun with.
fn changes(manifest: &Manifest, used: &Used, digests: Option<&BTreeMap<String, String>>) -> Vec<String> {
    let mut changes = equipment::changes(manifest, used);
    for (model, before) in &manifest.model_digests {
        if let Some(now) = digests.and_then(|digests| digests.get(model))
            && now != before
        {
            changes.push(format!("the model {model} had digest {before:.12} and has {now:.12}"));
        }
    }
    changes
}
