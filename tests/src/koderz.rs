//! The real binary, run as a user runs it, with folders of its own.

use crate::{built, cache};
use koderz_record::{Record, RunId};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longer than any call in these tests takes on a busy machine: a call that lasts longer hangs.
const LONGEST: Duration = Duration::from_secs(300);

/// A user with a data folder.
#[derive(Debug)]
pub struct Koderz {
    data: TempDir,
}

/// How a call ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Koderz {
    /// A user with an empty data folder.
    ///
    /// # Panics
    /// If there is no place for it.
    #[expect(clippy::new_without_default, reason = "a folder is made")]
    pub fn new() -> Self {
        Koderz {
            data: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// A call with these arguments, split at blanks.
    pub fn command(&self, arguments: &str) -> Command {
        let binary = built().join(format!("koderz{}", std::env::consts::EXE_SUFFIX));
        let mut command = self.of(&binary, arguments);
        command
            .env_remove("KODERZ_PLUGIN_PATH")
            .env("KODERZ_CALIBRATION", "0.1")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// The same of the release's binary, for a benchmark. The plugins are those of the other build.
    ///
    /// # Panics
    /// If there is none: the figures of another build would be told as its own.
    pub fn measured(&self, arguments: &str) -> Command {
        let release = built().with_file_name("release").join("koderz");
        assert!(
            release.is_file(),
            "`cargo build --release -p koderz` makes what is measured"
        );
        let mut command = self.of(&release, arguments);
        command.env("KODERZ_PLUGIN_PATH", built().with_file_name("debug").join("plugins"));
        command
    }

    /// A binary, in surroundings in which nothing of whoever runs this counts.
    fn of(&self, binary: &Path, arguments: &str) -> Command {
        let mut command = Command::new(binary);
        command
            .args(arguments.split_whitespace())
            .env("KODERZ_DATA_DIR", self.data.path())
            .env("KODERZ_CACHE_DIR", cache())
            .env("XDG_CONFIG_HOME", self.data.path().join("config"))
            .env_remove("KODERZ_CONFIG")
            .env_remove("KODERZ_PROFILE")
            .env_remove("LOG_LEVEL")
            .env_remove("OLLAMA_HOST")
            .stdin(Stdio::null());
        command
    }

    /// Calls it and waits for its end.
    pub fn call(&self, arguments: &str) -> Ended {
        end(&mut self.command(arguments))
    }

    /// Starts it and does not wait.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start(&self, arguments: &str) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("koderz starts")
    }

    /// The record of this user's runs.
    ///
    /// # Panics
    /// If it cannot be opened.
    pub fn record(&self) -> Record {
        Record::open(self.record_path()).expect("the record")
    }

    /// Where the record is.
    pub fn record_path(&self) -> PathBuf {
        self.data.path().join("runs.db")
    }

    /// The run that was begun last.
    ///
    /// # Panics
    /// If there is none.
    pub fn last_run(&self) -> RunId {
        self.record().find("last").expect("a run")
    }
}

/// Runs a command to its end.
///
/// # Panics
/// If it cannot be started, or does not end.
pub fn end(command: &mut Command) -> Ended {
    let child = command.spawn().expect("koderz starts");
    let id = child.id();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        // Nobody waits any more where the time was up.
        let _ = sender.send(child.wait_with_output());
    });
    let began = Instant::now();
    let output: Output = match receiver.recv_timeout(LONGEST) {
        Ok(output) => output.expect("the output of koderz"),
        Err(_) => panic!("process {id} has not ended after {:?}", began.elapsed()),
    };
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}
