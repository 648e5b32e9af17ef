//! What may lie where.

use koderz_tests::root;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The files of the checkout, from its root: those that git has or, in a copy without git, those that lie there.
fn files() -> Vec<PathBuf> {
    let git = root().join(".git").exists().then(|| {
        let listed = Command::new("git")
            .args(["ls-files", "-z"])
            .current_dir(root())
            .output();
        listed.expect("git starts")
    });
    match git {
        Some(listed) if listed.status.success() => {
            let names = String::from_utf8(listed.stdout).expect("names are text");
            let files = names.split_terminator('\0').map(PathBuf::from);
            // One that was removed and is not yet committed is still listed.
            files.filter(|file| root().join(file).is_file()).collect()
        }
        _ => below(Path::new("")),
    }
}

/// The files in a folder and below it, without those that are built and those that are hidden.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(folder)).expect("a folder").flatten() {
        let name = entry.file_name();
        let path = folder.join(&name);
        let hidden = name.to_string_lossy().starts_with('.') || path == Path::new("target");
        match entry.path().is_dir() {
            _ if hidden => {}
            true => found.extend(below(&path)),
            false => found.push(path),
        }
    }
    found
}

fn has_extension(file: &Path, extension: &str) -> bool {
    file.extension().is_some_and(|found| found == extension)
}

/// The Rust files in a folder, with what is in them.
fn rust(folder: &str) -> impl Iterator<Item = (PathBuf, String)> {
    let files = below(Path::new(folder)).into_iter();
    files.filter(|file| has_extension(file, "rs")).map(|file| {
        let text = fs::read_to_string(root().join(&file)).expect("a file of the checkout");
        (file, text)
    })
}

#[test]
fn no_file_of_the_host_knows_a_benchmark_by_name() {
    // The set-up fetches the data, and is the one that may.
    let host = rust("host").filter(|(file, _)| !file.starts_with("host/xtask"));
    let mut seen = 0;
    for (file, text) in host {
        seen += 1;
        let text = text.to_lowercase();
        for word in ["humaneval", "human_eval", "human-eval", "canonical_solution"] {
            assert!(!text.contains(word), "{} says {word}", file.display());
        }
    }
    assert!(seen > 0, "the host has files");
}

/// Whether code says `unsafe`, outside of comments and of strings on one line.
fn says_unsafe(text: &str) -> bool {
    text.lines().any(|line| {
        // Every second piece is inside of quotes.
        let code: String = line.split('"').step_by(2).collect();
        let code = code.split("//").next().unwrap_or_default();
        let mut words = code.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.any(|word| word == "unsafe")
    })
}

#[test]
fn unsafe_is_told_from_what_only_looks_like_it() {
    // Quotes are single here, so that this file itself says nothing.
    let said = |code: &str| says_unsafe(&code.replace('\'', "\""));
    for code in [
        "unsafe { f() }",
        "let x = unsafe{f()};",
        "unsafe impl Send for X {}",
        "f('a'); unsafe {}",
    ] {
        assert!(said(code), "{code}");
    }
    for code in [
        "#![forbid(unsafe_code)]",
        "// unsafe { f() }",
        "say('unsafe code')",
        "fn f() {} // unsafe",
    ] {
        assert!(!said(code), "{code}");
    }
}

#[test]
fn code_that_the_compiler_does_not_check_is_where_plugins_are_loaded_and_made() {
    let all = ["host", "plugins", "tests"].into_iter().flat_map(rust);
    for (file, text) in all {
        // The types of the border's functions say it; no code does there.
        let declared = file == Path::new("plugins/api/src/native.rs");
        let fenced = declared || file.starts_with("host/loader") || file.starts_with("plugins/sdk");
        assert!(fenced || !says_unsafe(&text), "{} says unsafe", file.display());
    }
}

#[test]
fn the_contract_is_in_one_folder() {
    let contract: Vec<_> = files().into_iter().filter(|file| has_extension(file, "wit")).collect();
    assert!(!contract.is_empty());
    for file in contract {
        let folder = file.parent().expect("a file is in a folder");
        assert_eq!(folder, Path::new("wit/koderz-plugin-0.1.0"), "{}", file.display());
    }
}

#[test]
fn no_file_is_large_and_all_of_them_are_text() {
    const LARGEST: u64 = 1 << 20;
    for file in files() {
        let bytes = fs::read(root().join(&file)).expect("a file of the checkout");
        assert!(
            bytes.len() as u64 <= LARGEST,
            "{} has {} bytes",
            file.display(),
            bytes.len()
        );
        assert!(!bytes.contains(&0), "{} is not text", file.display());
    }
}
