//! A call that has to be refused: exit code 2, one error without a backtrace, and nothing left behind.

use koderz_tests::{Ended, Koderz, built, end};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Against the embedded server, with the model and the suite that are always there.
pub(super) const USUAL: &str = "benchmark --host embedded --local-model reference";

/// A call that has to be refused, and what it said.
pub(super) fn refusal(koderz: &Koderz, command: &mut Command) -> String {
    let Ended { code, stdout, stderr } = end(command.env("RUST_BACKTRACE", "full"));
    assert_eq!(code, Some(2), "{command:?}\n{stdout}\n{stderr}");
    assert_eq!(stdout, "", "{command:?}");
    assert!(stderr.starts_with("error: "), "{command:?}\n{stderr}");
    assert_eq!(stderr.matches("error: ").count(), 1, "{command:?}\n{stderr}");
    for trace in ["backtrace", "panicked at host", "thread '"] {
        assert!(!stderr.contains(trace), "{command:?}\n{stderr}");
    }
    stderr
        .trim_end()
        .replace(&koderz.data().display().to_string(), "DATA")
        .replace(&built().display().to_string(), "BUILT")
}

/// What is in a folder and below it.
pub(super) fn contents(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        found.push(entry.file_name().to_string_lossy().into_owned());
        if entry.path().is_dir() {
            found.extend(contents(&entry.path()));
        }
    }
    found.sort();
    found
}

/// What each of these calls was told. Each is by a user of its own, who also wants an export, and after whom nothing must
/// be there.
pub(super) fn refusals<C: AsRef<str>>(calls: &[C]) -> String {
    let refused = calls.iter().map(|call| {
        let koderz = Koderz::new();
        let folder = tempfile::tempdir().expect("a folder for the export");
        let mut command = koderz.command(call.as_ref());
        command.arg("--export").arg(folder.path().join("results.json"));
        let told = refusal(&koderz, &mut command);
        assert_eq!(contents(koderz.data()), [""; 0], "{}", call.as_ref());
        assert_eq!(contents(folder.path()), [""; 0], "{}", call.as_ref());
        told
    });
    refused.collect::<Vec<_>>().join("\n")
}

/// The first lines of what such calls were told, where the rest is about the command line at large.
pub(super) fn first_lines(calls: &[String]) -> String {
    let told = calls.iter().map(|call| refusals(&[call]));
    let first = told.map(|told| told.lines().next().unwrap_or_default().to_owned());
    first.collect::<Vec<_>>().join("\n")
}
