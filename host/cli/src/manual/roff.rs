//! The manual as pages for `man`.

use crate::print;
use anyhow::{Context, Result};
use clap::Command;
use clap_mangen::Man;
use std::path::Path;

/// The page of the program itself.
pub(super) fn page(command: Command) -> Result<String> {
    let mut page = Vec::new();
    Man::new(command).render(&mut page).context("write the manual page")?;
    String::from_utf8(page).context("the manual page is no text")
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
