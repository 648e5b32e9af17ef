//! `koderz resume`: a run goes on from its record.

use crate::arguments::Resume;
use crate::benchmark::Desk;
use crate::destination::{Destination, Readers};
use crate::equipment::{self, Used, Wish};
use crate::recorded;
use crate::server::{self, Patience};
use crate::session::{Before, Ended, Session, work};
use anyhow::{Result, bail};
use koderz_core::manifest::Manifest;
use koderz_core::past::Past;
use koderz_report::Story;
use std::collections::BTreeMap;

pub(crate) async fn resume(arguments: Resume, desk: &Desk) -> Result<Ended> {
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
    let library = equipment::library(options, places)?;
    let equipment = equipment::gather(
        &library,
        &Wish {
            suite: &manifest.suite.identity.name,
            retry: options.retry.as_deref().unwrap_or(&manifest.retry.identity.name),
            options,
            before: Some(&manifest),
        },
    )?;
    let host = options.host.as_deref().unwrap_or(&manifest.server.host);
    let patience = options.timeout.unwrap_or(Patience::For(manifest.timeout));
    let concurrency = arguments.concurrency.unwrap_or(manifest.concurrency);
    let reached = server::reach(host, &manifest.models, patience, concurrency.most(), places).await?;
    let mut changes = changes(&manifest, &equipment.used, &reached.digests);
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
    changes.extend(equipment::other_policy(&manifest, &equipment.used));
    let mut before = Before {
        past: Past::default(),
        story: Story::new(manifest.clone()),
    };
    for entry in record.entries(&run)? {
        let entry = entry?;
        before.story.observe(&entry);
        terminal.recall(&entry);
        before.past.observe(entry);
    }
    work(Session {
        places,
        terminal,
        equipment,
        reached,
        record,
        run,
        deadline: options.deadline.or(manifest.deadline),
        changes,
        manifest,
        before,
        concurrency,
        retry_inconclusive: !arguments.no_retry_errors,
        export,
    })
    .await
}

/// What is not what the run was begun with.
fn changes(manifest: &Manifest, used: &Used, digests: &BTreeMap<String, String>) -> Vec<String> {
    let mut changes = equipment::changes(manifest, used);
    for (model, before) in &manifest.model_digests {
        if let Some(now) = digests.get(model)
            && now != before
        {
            changes.push(format!("the model {model} had digest {before:.12} and has {now:.12}"));
        }
    }
    changes
}
