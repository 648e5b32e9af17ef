//! The command line's own reference: help, manual pages, completions and `docs/reference/cli.md`, all of one definition.

use koderz_tests::{Koderz, end, root};
use std::fs;

/// What a command shows, in columns that are the same everywhere.
fn shown(arguments: &str) -> String {
    let ended = end(Koderz::new().command(arguments).env("COLUMNS", "100"));
    assert_eq!(ended.code, Some(0), "{arguments}: {}", ended.stderr);
    ended.stdout
}

/// The names of all commands, each in full, as the reference lists them.
fn commands(reference: &str) -> Vec<&str> {
    let headings = reference.lines().filter_map(|line| line.strip_prefix("## `koderz "));
    headings.map(|heading| heading.trim_end_matches('`')).collect()
}

#[test]
fn the_reference_is_the_one_that_the_program_gives() {
    let file = root().join("docs/reference/cli.md");
    let kept = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == shown("man --markdown"),
        "docs/reference/cli.md is stale; `koderz man --markdown >docs/reference/cli.md` writes it again"
    );
}

#[test]
fn help_at_every_level_reads_as_it_did() {
    let reference = shown("man --markdown");
    let levels = std::iter::once("").chain(commands(&reference));
    let help: Vec<String> = levels
        .map(|command| format!("{command} --help"))
        .map(|words| format!("$ koderz {}\n{}", words.trim(), shown(&words)))
        .collect();
    insta::assert_snapshot!("help", help.join("\n"));
}

#[test]
fn every_command_has_a_manual_page() {
    let koderz = Koderz::new();
    let folder = koderz.data().join("man");
    let written = koderz.call(&format!("man --dir {}", folder.display()));
    assert_eq!(written.code, Some(0), "{}", written.stderr);
    let reference = shown("man --markdown");
    let names = commands(&reference);
    assert_eq!(written.stdout.lines().count(), names.len() + 1, "{}", written.stdout);
    for name in names {
        let page = folder.join(format!("koderz-{}.1", name.replace(' ', "-")));
        let page = fs::read_to_string(&page).expect("a page");
        assert!(
            page.contains(&format!("koderz {name}").replace('-', "\\-")),
            "{name}: {page}"
        );
    }
    let page = shown("man");
    assert!(page.contains(".SH NAME") && page.contains("Exit codes"), "{page}");
}

#[test]
fn every_shell_is_told_of_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = shown(&format!("completions {shell}"));
        for word in ["list-problems", "speed-test", "local-model"] {
            assert!(script.contains(word), "{shell} does not know {word}");
        }
        // Shells that complete values are told those of the formats too.
        if ["bash", "zsh", "fish"].contains(&shell) {
            assert!(script.contains("junit"), "{shell} does not know the formats");
        }
    }
}

#[test]
fn the_version_names_the_contract_too() {
    // An optimised build has its commit behind that.
    let version = shown("--version");
    let version = match version.split_once(", commit ") {
        Some((before, after)) => {
            let (commit, rest) = after.split_at(12);
            assert!(commit.chars().all(|digit| digit.is_ascii_hexdigit()), "{version}");
            format!("{before}{rest}")
        }
        None => version,
    };
    assert_eq!(version.trim_end(), "koderz 0.1.0 (koderz:plugin 0.1.0)");
}
