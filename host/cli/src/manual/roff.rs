//! The manual as pages for `man`.

use crate::print;
use anyhow::{Context, Result};
use clap::Command;
use clap_mangen::Man;
use std::path::Path;

/// The page of a command.
pub(super) fn page(mut command: Command) -> Result<String> {
    let synopsis = synopsis(&mut command);
    let mut page = Vec::new();
    Man::new(command).render(&mut page).context("write the manual page")?;
    let page = String::from_utf8(page).context("the manual page is no text")?;
    // What is made lists every option by its name alone, and leaves out that some want a value and some have to be there.
    let begins = page.find(SYNOPSIS).context("the page has a synopsis")? + SYNOPSIS.len();
    let ends = page[begins..].find(".SH ").context("the page has more than that")? + begins;
    Ok(format!("{}{synopsis}{}", &page[..begins], &page[ends..]))
}

const SYNOPSIS: &str = ".SH SYNOPSIS\n";

/// How a command is called, as its help says it.
fn synopsis(command: &mut Command) -> String {
    let usage = command.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").lines().map(str::trim);
    let escaped = usage.map(|line| line.replace('\\', "\\e").replace('-', "\\-"));
    escaped.collect::<Vec<_>>().join("\n.br\n") + "\n"
}

/// Writes a page for each command into a folder, and says which.
pub(super) fn write(folder: &Path, command: Command) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("--dir: make {}", folder.display()))?;
    let mut open = vec![command];
    let mut names = Vec::new();
    while let Some(command) = open.pop() {
        // A page is looked for by its name, in which blanks are dashes.
        let name = format!("{}.1", command.get_display_name().unwrap_or(command.get_name()));
        let path = folder.join(&name);
        open.extend(
            command
                .get_subcommands()
                .filter(|command| !command.is_hide_set())
                .cloned(),
        );
        std::fs::write(&path, page(command)?).with_context(|| format!("write {}", path.display()))?;
        names.push(format!("{}\n", path.display()));
    }
    names.sort();
    print(&names.concat())
}

#[cfg(test)]
mod tests {
    use crate::manual::complete;

    #[test]
    fn a_synopsis_says_what_has_to_be_typed_and_which_options_want_a_value() {
        let command = complete();
        let run = command.find_subcommand("run").expect("there is one").clone();
        let page = super::page(run).expect("a page");
        let lines: Vec<&str> = page
            .lines()
            .skip_while(|line| *line != ".SH SYNOPSIS")
            .take(3)
            .collect();
        assert_eq!(
            lines,
            [
                ".SH SYNOPSIS",
                r"koderz run [OPTIONS] \-\-problem\-id <ID> \-\-local\-model <MODEL>",
                ".SH DESCRIPTION"
            ]
        );
    }
}
