//! Tells the program which commit it is built from, where that is known: not from an archive without a history, and not in
//! development, where every commit would have it compiled anew.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is_release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let root = Path::new("../..");
    // A history further up is somebody else's.
    if !is_release || !root.join(".git").exists() {
        return;
    }
    if let (Some(commit), Some(log)) = (
        git(root, &["rev-parse", "--short=12", "HEAD"]),
        git(
            root,
            &["rev-parse", "--path-format=absolute", "--git-path", "logs/HEAD"],
        ),
    ) {
        println!("cargo::rerun-if-changed={log}");
        println!("cargo::rustc-env=KODERZ_COMMIT={commit}");
    }
}

/// What git says, where it is there and says anything.
fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let ended = Command::new("git").current_dir(root).args(arguments).output().ok()?;
    let said = String::from_utf8(ended.stdout).ok()?;
    Some(said.trim().to_owned()).filter(|said| ended.status.success() && !said.is_empty())
}
