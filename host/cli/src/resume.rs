//! `koderz resume`: a run goes on from its record.

use crate::arguments::Resume;
use crate::benchmark::Desk;
use crate::compare::{gated, missed};
use crate::destination::{Destination, Readers};
use crate::equipment::{self, Used, Wish};
use crate::recorded;
use crate::server::{self, Patience, Reached, Way};
use crate::session::{self, Before, Session, work};
use crate::{Outcome, connection, evaluate, grade, show, signals};
use anyhow::{Result, bail};
use koderz_core::manifest::{AnswersUse, Manifest};
use koderz_core::past::{Past, Remainder};
use koderz_core::ports::Host;
use koderz_core::stop::Urgency;
use koderz_report::Story;
use std::collections::BTreeMap;

pub(crate) async fn resume(arguments: Resume, desk: &Desk) -> Result<Outcome> {
    let Desk { places, terminal, .. } = desk;
    let record = recorded::open(places)?;
    let export = arguments
        .export
        .as_deref()
        .map(|path| Destination::reserve(path, Readers::Usual))
        .transpose()?;
    let run = record.find(&arguments.run)?;
    let manifest = record.manifest(&run)?;
    recorded::at_rest(&record, &run)?;
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
            loads: &[],
            programs: &arguments.programs,
            places,
            before: Some(&manifest),
        },
    )?;
    let before = || {
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
        width: concurrency.most(),
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
    let remainder = match (arguments.retry_errors, arguments.no_retry_errors) {
        (true, _) => Remainder::Inconclusive,
        (false, true) => Remainder::Open,
        (false, false) => Remainder::All,
    };
    let stop = signals::stop(terminal)?;
    let ended = work(Session {
        streams: desk.streams,
        places,
        terminal,
        equipment,
        hosts: asked.hosts(),
        record,
        run,
        deadline: options.deadline.or(manifest.deadline),
        changes,
        manifest,
        before,
        concurrency,
        jobs: None,
        remainder,
        stop: stop.clone(),
    })
    .await?;
    show(&ended, desk)?;
    session::export(export, || koderz_report::json(&ended.report()))?;
    let failed = missed(&ended.report(), &arguments.limits.fail_under)?;
    let outcome = match Outcome::of(&ended) {
        // Nobody interrupted it: it was told to leave something.
        Outcome::Interrupted if stop.urgency() == Urgency::None => Outcome::Incomplete,
        outcome => outcome,
    };
    Ok(gated(outcome, &failed))
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
