//! The manual as one Markdown document: the program, then every command with its arguments and options.

use clap::{Arg, Command};

const HEAD: &str = "\
# The command line

<!-- Generated. `koderz man --markdown >docs/reference/cli.md` writes it again; a test fails where that was forgotten. -->
";

/// The whole document.
pub(super) fn document(command: &Command) -> String {
    let mut text = format!("{HEAD}\n{}\n", about(command));
    text.push_str("\n| command | |\n|---|---|\n");
    for below in all(command) {
        let name = full_name(below);
        let anchor = name.replace(' ', "-");
        text.push_str(&format!("| [`{name}`](#{anchor}) | {} |\n", about(below)));
    }
    text.push_str("\nEvery command takes these:\n\n");
    text.push_str(&list(
        command.get_arguments().filter(|argument| argument.is_global_set()),
    ));
    if let Some(after) = command.get_after_help() {
        text.push_str(&format!("\n```text\n{after}\n```\n"));
    }
    for below in all(command) {
        text.push_str(&section(below));
    }
    text
}

/// All commands below one, each before those below it.
fn all(command: &Command) -> Vec<&Command> {
    let below = command.get_subcommands().filter(|below| !below.is_hide_set());
    below
        .flat_map(|below| std::iter::once(below).chain(all(below)))
        .collect()
}

fn section(command: &Command) -> String {
    let name = full_name(command);
    let usage = command.clone().render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage);
    let mut text = format!("\n## `{name}`\n\n{}\n\n```text\n{usage}\n```\n", about(command));
    let own = || {
        let arguments = command.get_arguments();
        arguments.filter(|argument| !argument.is_global_set() && !argument.is_hide_set() && argument.get_id() != "help")
    };
    let mut headings: Vec<Option<&str>> = own().map(Arg::get_help_heading).collect();
    headings.sort();
    headings.dedup();
    for heading in headings {
        if let Some(heading) = heading {
            text.push_str(&format!("\n{heading}:\n"));
        }
        text.push('\n');
        text.push_str(&list(own().filter(|argument| argument.get_help_heading() == heading)));
    }
    text
}

fn list<'a>(arguments: impl Iterator<Item = &'a Arg>) -> String {
    arguments.map(item).collect()
}

fn item(argument: &Arg) -> String {
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let mut text = format!("- `{}`: {help}", form(argument));
    let values = argument.get_possible_values();
    if argument.get_action().takes_values() && !values.is_empty() {
        let names: Vec<String> = values.iter().map(|value| format!("`{}`", value.get_name())).collect();
        text.push_str(&format!(" [one of {}]", names.join(", ")));
    }
    let defaults = argument.get_default_values();
    if argument.get_action().takes_values() && !defaults.is_empty() {
        let defaults: Vec<String> = defaults
            .iter()
            .map(|value| value.to_string_lossy().into_owned())
            .collect();
        text.push_str(&format!(" [default: {}]", defaults.join(", ")));
    }
    if let Some(variable) = argument.get_env().filter(|_| !argument.is_hide_env_set()) {
        text.push_str(&format!(" [env: {}]", variable.to_string_lossy()));
    }
    text.push('\n');
    text
}

/// An argument as it is typed.
fn form(argument: &Arg) -> String {
    let names = argument.get_value_names().unwrap_or_default();
    let value = names
        .iter()
        .map(|name| format!("<{name}>"))
        .collect::<Vec<_>>()
        .join(" ");
    let optional = argument.get_num_args().is_some_and(|number| number.min_values() == 0);
    let value = match optional {
        true => format!("[{value}]"),
        false => value,
    };
    let flags: Vec<String> = [
        argument.get_short().map(|short| format!("-{short}")),
        argument.get_long().map(|long| format!("--{long}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    match (flags.is_empty(), argument.get_action().takes_values()) {
        (true, _) => value,
        (false, false) => flags.join(", "),
        (false, true) => format!("{} {value}", flags.join(", ")),
    }
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

fn full_name(command: &Command) -> String {
    command.get_bin_name().unwrap_or(command.get_name()).to_owned()
}
