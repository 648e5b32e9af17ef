//! The set-up leaves rustup alone where it is told to.

use koderz_tests::{Ended, built, end, root};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A machine whose rustup only notes that it was called.
struct Machine {
    folder: TempDir,
}

impl Machine {
    fn new() -> Self {
        let machine = Machine {
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        fs::create_dir(machine.programs()).expect("a new folder");
        machine.program("rustup", "echo \"$@\" >> \"$0.called\"; exit 1");
        machine
    }

    fn programs(&self) -> PathBuf {
        self.folder.path().join("programs")
    }

    fn program(&self, name: &str, script: &str) -> PathBuf {
        let file = self.programs().join(name);
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).expect("a new file");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("a mode");
        file
    }

    fn command(&self, wanted: &str) -> Command {
        let mut command = Command::new(built().join("xtask"));
        command
            .arg("setup")
            .current_dir(root())
            .env("KODERZ_WASM_STD", wanted)
            .env("CARGO", env!("CARGO"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// The set-up where the compiler has no library for plugins, and nothing can build one either.
    fn set_up_without_library(&self, wanted: &str) -> Ended {
        self.program("cc", "exit 1");
        let library = self.folder.path().join("empty");
        let rustc = format!(
            "case $1 in --version) echo rustc 0.0.0;; *) echo {};; esac",
            library.display()
        );
        end(self
            .command(wanted)
            .env("PATH", self.programs())
            .env("RUSTC", self.program("rustc", &rustc))
            .env("CARGO_TARGET_DIR", self.folder.path().join("target")))
    }

    /// The set-up of this checkout, as it was made before these tests began.
    fn set_up_again(&self, wanted: &str) -> Ended {
        let path = std::env::var_os("PATH").expect("there is a PATH");
        let folders = [self.programs()].into_iter().chain(std::env::split_paths(&path));
        let path = std::env::join_paths(folders).expect("a path");
        let target = built().with_file_name("");
        end(self.command(wanted).env("PATH", path).env("CARGO_TARGET_DIR", target))
    }

    /// What rustup was called with.
    fn called(&self) -> String {
        fs::read_to_string(self.programs().join("rustup.called")).unwrap_or_default()
    }
}

#[test]
fn a_missing_library_is_asked_of_rustup_unless_debian_is_wanted() {
    let machine = Machine::new();
    let debian = machine.set_up_without_library("debian");
    assert_eq!(machine.called(), "", "{}", debian.stderr);
    assert_eq!(debian.code, Some(1));
    assert!(debian.stderr.contains("KODERZ_WASM_STD=debian"), "{}", debian.stderr);

    let usual = machine.set_up_without_library("");
    assert_eq!(
        machine.called(),
        "target add wasm32-unknown-unknown\n",
        "{}",
        usual.stderr
    );
    assert_eq!(usual.code, Some(1));
}

#[test]
fn where_debian_is_wanted_the_set_up_of_this_checkout_calls_no_rustup() {
    let machine = Machine::new();
    let ended = machine.set_up_again("debian");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(machine.called(), "");
}
