//! `koderz plugin check`: a plugin is tried as a run would use it, without a model, and what its author should mend is
//! named.

mod evaluator;
mod findings;
mod policy;
mod suite;

use super::show::find;
use super::{interfaces, names};
use crate::arguments::PluginCheck;
use crate::benchmark::Desk;
use crate::equipment;
use crate::figure::harmless;
use crate::{Outcome, print};
use anyhow::Result;
use findings::Findings;
use koderz_loader::{Counting, Interface, Plugin};
use serde_json::{Value, json};

pub(super) async fn check(arguments: &PluginCheck, desk: &Desk) -> Result<Outcome> {
    let library = equipment::library(
        &arguments.extra.plugins,
        &arguments.extra.trusting,
        Counting::default(),
        desk,
    )?;
    let plugin = find(&library, &arguments.plugin, &arguments.extra.plugins)?;
    let mut findings = Findings::default();
    let exported = interfaces(&plugin);
    if exported.contains(&Interface::Suite) {
        suite::check(&plugin, arguments, &library, &desk.places, &mut findings).await?;
    }
    if exported.contains(&Interface::Retry) {
        policy::check(&plugin, &arguments.extra.settings, &mut findings)?;
    }
    if exported.contains(&Interface::Evaluator) {
        evaluator::check(&plugin, arguments, &library, &mut findings)?;
    } else {
        evaluator::refuse_tried(&arguments.tried)?;
    }
    if let Some(most) = plugin.most_memory() {
        findings.figure(
            "memory",
            format!("{:.1} MiB at most in an instance", most as f64 / f64::from(1 << 20)),
        );
    }
    let text = match arguments.json {
        true => format!("{:#}\n", document(&plugin, &findings)),
        false => told(&plugin, &findings)?,
    };
    print(&text)?;
    Ok(match findings.faults.is_empty() {
        true => Outcome::Done,
        false => Outcome::Incomplete,
    })
}

fn told(plugin: &Plugin, findings: &Findings) -> Result<String> {
    let identity = plugin.identity();
    let mut text = format!("{} {}\n", identity.name, harmless(&identity.version));
    let size = std::fs::metadata(plugin.path())?.len();
    let tried = [
        ("size".to_owned(), format!("{size} bytes")),
        ("interfaces".to_owned(), names(&interfaces(plugin)).join(", ")),
    ];
    let sandbox = plugin
        .is_native()
        .then(|| ("sandbox".to_owned(), "none (native: unsandboxed)".to_owned()));
    for (what, figure) in tried.iter().chain(&sandbox).chain(&findings.figures) {
        text.push_str(&format!("  {what:<11} {figure}\n"));
    }
    for (what, lines) in [("remark", &findings.remarks), ("fault", &findings.faults)] {
        for line in lines {
            text.push_str(&format!("{what}: {}\n", harmless(line)));
        }
    }
    text.push_str(match findings.faults.len() {
        0 => "fine\n",
        _ => "not fit for use\n",
    });
    Ok(text)
}

fn document(plugin: &Plugin, findings: &Findings) -> Value {
    let figures = findings
        .figures
        .iter()
        .map(|(what, figure)| (what.clone(), json!(figure)));
    json!({
        "name": plugin.identity().name,
        "version": plugin.identity().version,
        "digest": plugin.digest(),
        "interfaces": names(&interfaces(plugin)),
        "figures": Value::Object(figures.collect()),
        "remarks": findings.remarks,
        "faults": findings.faults,
    })
}
