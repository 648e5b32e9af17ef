//! `koderz list-problems`: the tasks of a suite, and what a model is asked about each. Only the suite is asked.

mod asked;

use crate::arguments::ListProblems;
use crate::benchmark::Desk;
use crate::columns::columns;
use crate::equipment;
use crate::figure::harmless;
use crate::setting::{self, Owner};
use crate::{Outcome, print, tasks};
use anyhow::{Result, bail};
use asked::Asked;
use koderz_core::scheduler;
use koderz_loader::{Counting, Interface};

pub(crate) async fn problems(arguments: &ListProblems, desk: &Desk) -> Result<Outcome> {
    let configuration = &desk.configuration;
    let library = equipment::library(
        &arguments.extra.plugins,
        &arguments.extra.trusting,
        Counting::default(),
        desk,
    )?;
    let wanted = arguments.suite.suite.as_deref().unwrap_or(&configuration.suite);
    let plugin = equipment::find_suite(&library, wanted, &arguments.extra, None)?;
    let settings = plugin.settings(Interface::Suite, &setting::of(Owner::Suite, &arguments.extra.settings))?;
    let suite = plugin.open_suite(&settings)?;
    let tasks = scheduler::catalogue(suite.clone()).await?;
    let all = tasks.len();
    let seed = configuration.seed;
    let asked: Result<Vec<Asked>, _> = tasks.into_iter().map(|task| Asked::of(&*suite, task, seed)).collect();
    let mut asked = asked?;
    match (&arguments.problem_id, &arguments.filter) {
        (Some(id), _) => {
            if !asked.iter().any(|asked| asked.task.id == *id) {
                bail!(tasks::missing(id, asked.iter().map(|asked| asked.task.id.as_str())));
            }
            asked.retain(|asked| asked.task.id == *id);
        }
        (None, Some(text)) => asked.retain(|asked| asked.has(&text.to_lowercase())),
        (None, None) => {}
    }
    if arguments.json {
        print(&asked.iter().map(Asked::line).collect::<String>())?;
    } else if arguments.problem_id.is_some() {
        print(&asked.iter().map(Asked::text).collect::<String>())?;
    } else {
        print(&table(&asked))?;
        let identity = plugin.identity();
        eprintln!(
            "{} of {all} tasks of {} {}",
            asked.len(),
            identity.name,
            identity.version
        );
    }
    Ok(Outcome::Done)
}

/// A line for each task, with the columns that tell something.
fn table(asked: &[Asked]) -> String {
    let mut stages: Vec<&str> = asked.iter().map(|asked| asked.task.stage.as_str()).collect();
    stages.dedup();
    let has_labels = asked.iter().any(|asked| !asked.task.labels.is_empty());
    let rows: Vec<Vec<String>> = asked
        .iter()
        .map(|asked| {
            let stage = (stages.len() > 1).then(|| harmless(&asked.task.stage));
            let labels = has_labels.then(|| harmless(&asked.labels()));
            let cells = [Some(harmless(&asked.task.id)), stage, labels, Some(asked.amount())];
            cells.into_iter().flatten().collect()
        })
        .collect();
    columns(&rows)
}
