//! `koderz config`: what is configured, where that comes from, and whether it can be used.

use crate::arguments::{Arguments, Command, Config, ConfigCommand};
use crate::benchmark::Desk;
use crate::configuration::Configuration;
use crate::environment::variable;
use crate::layers::{self, Settings};
use crate::setting::{self, Owner};
use crate::{Outcome, equipment, print};
use anyhow::{Context, Result, anyhow};
use clap::{CommandFactory, FromArgMatches};
use koderz_loader::{Counting, Wanted};
use std::collections::BTreeMap;

pub(crate) fn configure(config: &Config, profile: Option<&str>, desk: &Desk) -> Result<Outcome> {
    match &config.command {
        ConfigCommand::Show(show) => print(&shown(profile, show.origin)?)?,
        ConfigCommand::Check => print(&checked(profile, desk)?)?,
    }
    Ok(Outcome::Done)
}

/// Every setting that is not left to a suite or a server, as a line of TOML.
fn shown(profile: Option<&str>, origin: bool) -> Result<String> {
    let command = Arguments::command();
    let files = layers::files()?;
    let settings = Settings::of(&layers::read(&files, profile, &command)?);
    let mut lines: BTreeMap<String, (Vec<String>, String)> = BTreeMap::new();
    for (key, value) in Configuration::embedded().flags() {
        lines.insert(key.to_owned(), (vec![value], "built in".to_owned()));
    }
    for (key, setting) in settings.0 {
        lines.insert(key, (setting.values, setting.origin));
    }
    for key in layers::keys(&command) {
        if let Ok(value) = std::env::var(variable(&key)) {
            // A header is a secret.
            let value = if key == "header" { "***".to_owned() } else { value };
            lines.insert(key.clone(), (vec![value], variable(&key)));
        }
    }
    let line = |(key, (values, from)): (&String, &(Vec<String>, String))| {
        let values: Vec<String> = match key.as_str() {
            "header" => values.iter().map(|_| "\"***\"".to_owned()).collect(),
            _ => values.iter().map(|value| written(value)).collect(),
        };
        let value = match values.as_slice() {
            [value] => value.clone(),
            values => format!("[{}]", values.join(", ")),
        };
        let from = if origin { format!("  # {from}") } else { String::new() };
        format!("{key} = {value}{from}\n")
    };
    Ok(lines.iter().map(line).collect())
}

/// A value as TOML has it.
fn written(value: &str) -> String {
    let plain = value.parse::<i64>().is_ok() || value.parse::<f64>().is_ok_and(f64::is_finite);
    match value {
        "true" | "false" => value.to_owned(),
        value if plain => value.to_owned(),
        value => toml::Value::from(value).to_string(),
    }
}

/// Sees that every command can be called with what the files say.
fn checked(profile: Option<&str>, desk: &Desk) -> Result<String> {
    let files = layers::files()?;
    let settings = Settings::of(&layers::read(&files, profile, &Arguments::command())?);
    let calls: [&[&str]; 4] = [
        &["koderz", "benchmark", "--local-model", "m"],
        &["koderz", "speed-test", "m"],
        &["koderz", "evaluate", "f"],
        &["koderz", "status"],
    ];
    for call in calls {
        let words: Vec<String> = call.iter().map(|word| (*word).to_owned()).collect();
        if let Err(error) = settings.apply(Arguments::command()).try_get_matches_from(&words) {
            return Err(refused(&error, &settings, &words));
        }
    }
    check_plugins(&settings, desk)?;
    let mut text: String = files.iter().map(|file| format!("{}: fine\n", file.display())).collect();
    if files.is_empty() {
        text = "there is no configuration file; what is built in holds\n".to_owned();
    }
    Ok(text)
}

/// Sees that the suite and the retry policy of a benchmark are there and take the settings that the files have for them.
fn check_plugins(settings: &Settings, desk: &Desk) -> Result<()> {
    // Who is to blame for a fault: whatever counts most of what has a say in it.
    let origin = |keys: &[&str]| {
        keys.iter().find_map(|key| match std::env::var_os(variable(key)) {
            Some(_) => Some(format!("the environment's {}", variable(key))),
            None => settings.0.get(*key).map(|setting| setting.origin.clone()),
        })
    };
    if origin(&["set", "suite", "retry", "plugin"]).is_none() {
        return Ok(());
    }
    let blamed = |keys: &[&str]| origin(keys).unwrap_or_else(|| "built in".to_owned());
    let command = settings.apply(Arguments::command());
    let matches = command.try_get_matches_from(["koderz", "benchmark", "--local-model", "m"])?;
    let Command::Benchmark(benchmark) = Arguments::from_arg_matches(&matches)?.command else {
        unreachable!("a benchmark was asked for");
    };
    let (extra, configuration) = (&benchmark.server.extra, &desk.configuration);
    let library = equipment::library(&extra.plugins, &extra.trusting, Counting::default(), desk)?;
    let suite = benchmark.suite.suite.as_ref().unwrap_or(&configuration.suite);
    let retry = benchmark.server.retry.as_ref().unwrap_or(&configuration.retry);
    for (wanted, name, owner, key) in [
        (Wanted::Suite, suite, Owner::Suite, "suite"),
        (Wanted::Retry, retry, Owner::Retry, "retry"),
    ] {
        let plugin = library.find(wanted, name).with_context(|| blamed(&[key, "plugin"]))?;
        plugin
            .settings(wanted.interface(), &setting::of(owner, &extra.settings))
            .with_context(|| blamed(&["set", key]))?;
    }
    Ok(())
}

/// An error of the command line, with where the value comes from.
pub(crate) fn refused(error: &clap::Error, settings: &Settings, typed: &[String]) -> anyhow::Error {
    let text = error.to_string();
    let first = text.strip_prefix("error: ").unwrap_or(&text);
    let first = first.split("\n\n").next().unwrap_or(first).trim_end();
    match settings.origin(error, typed) {
        Some(origin) => anyhow!("{first}\nhint: that is set in {origin}"),
        None => anyhow!("{first}"),
    }
}
