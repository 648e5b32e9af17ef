//! What programs came to before: the same evaluator and program need no second run.
//!
//! Kept are the ends that depend on nothing else. A limit of time is met or not by the machine as much as by the program,
//! so such an end is found out anew, unless instructions are what is counted. What ended well within its limits would have
//! ended in the same way within others that leave it as much room.

use crate::engine::Counting;
use crate::{digest, whole};
use koderz_api::execution::{Exit, Limits, Outcome, Program};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Outcomes that are kept in memory, where there is no folder for them.
const MOST: usize = 10_000;

/// The longest outcome that is kept, in bytes of output.
const LONGEST: usize = 16 << 10;

/// Files in each of the folder's 256 folders, of which the older half goes when there are more. In all it is some 33,000
/// verdicts, and mostly 130 MB.
const FILES: usize = 128;

/// An outcome of other limits stands for these if it used no more than this part of their time, since the next time it
/// may take somewhat longer.
const WELL_WITHIN: u32 = 2;

/// Where outcomes are kept.
pub(crate) struct Verdicts {
    host: String,
    evaluator: String,
    counting: Counting,
    known: Mutex<HashMap<String, Kept>>,
    folder: Option<PathBuf>,
}

/// An outcome, and what limits it had.
#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    limits: Limits,
    outcome: Outcome,
}

impl Kept {
    /// Whether the program would come to the same within other limits.
    fn holds_for(&self, limits: &Limits) -> bool {
        let Kept { limits: then, outcome } = self;
        let same = limits == then;
        let by_itself = matches!(outcome.exit, Exit::Passed | Exit::Failed(_) | Exit::Crashed(_));
        let in_time = |used: Duration, limit: Duration| used.saturating_mul(WELL_WITHIN) <= limit;
        let written = (outcome.stdout.len() + outcome.stderr.len()) as u64;
        same || by_itself
            && in_time(outcome.cpu, limits.cpu)
            && in_time(outcome.wall, limits.wall)
            && outcome.memory_bytes <= limits.memory_bytes
            && written < limits.output_bytes.min(then.output_bytes)
    }
}

impl Verdicts {
    /// Of an evaluator with this digest: in a folder or, without one, for as long as the value lives.
    pub(crate) fn new(evaluator: String, counting: Counting, folder: Option<PathBuf>) -> Self {
        Verdicts {
            host: this_build(),
            evaluator,
            counting,
            known: Mutex::default(),
            folder,
        }
    }

    /// What a program is known by, whatever its limits.
    pub(crate) fn key(&self, program: &Program) -> String {
        let Program {
            language,
            subject,
            judge,
            entry_points,
            stdin,
            limits: _,
        } = program;
        let text = serde_json::json!([
            self.host,
            self.evaluator,
            self.counting.name(),
            language,
            subject,
            judge,
            entry_points,
            stdin
        ]);
        digest::of(text.to_string().as_bytes())
    }

    /// What it came to, where that holds for its limits too.
    pub(crate) fn find(&self, key: &str, limits: &Limits) -> Option<Outcome> {
        let kept = match self.file(key) {
            Some(file) => serde_json::from_slice(&fs::read(file).ok()?).ok()?,
            None => self.known().get(key)?.clone(),
        };
        kept.holds_for(limits).then_some(kept.outcome)
    }

    /// Keeps what it came to, where that says something of the next time.
    pub(crate) fn keep(&self, key: String, limits: &Limits, outcome: &Outcome) {
        let of_the_machine = match outcome.exit {
            Exit::WallLimit => true,
            Exit::CpuLimit => self.counting == Counting::ProcessorTime,
            Exit::Passed | Exit::Failed(_) | Exit::Crashed(_) | Exit::MemoryLimit | Exit::OutputLimit => false,
        };
        if of_the_machine || outcome.stdout.len() + outcome.stderr.len() > LONGEST {
            return;
        }
        let kept = Kept {
            limits: *limits,
            outcome: outcome.clone(),
        };
        match self.file(&key) {
            // A verdict that is not kept is found out again.
            Some(file) => write(&file, &kept).unwrap_or_else(|error| tracing::debug!("keep a verdict: {error}")),
            None => {
                let mut known = self.known();
                if known.len() < MOST {
                    known.insert(key, kept);
                }
            }
        }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<String, Kept>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self, key: &str) -> Option<PathBuf> {
        // Folders of thousands of files are slow on some systems.
        Some(self.folder.as_ref()?.join(&key[..2]).join(key))
    }
}

/// Which build of the host this is: another one may have another sandbox.
fn this_build() -> String {
    let about = std::env::current_exe().and_then(fs::metadata);
    let about = about.and_then(|about| Ok((about.len(), about.modified()?)));
    format!("{} {:?}", env!("CARGO_PKG_VERSION"), about.ok())
}

fn write(file: &Path, kept: &Kept) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
        thin_out(folder)?;
    }
    whole::write(file, &serde_json::to_vec(kept)?)
}

/// Removes the older half of a folder's files, once there are too many. Another process may be doing the same.
fn thin_out(folder: &Path) -> io::Result<()> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
    if files.len() < FILES {
        return Ok(());
    }
    let written = |file: &PathBuf| {
        fs::metadata(file)
            .and_then(|data| data.modified())
            .unwrap_or(SystemTime::UNIX_EPOCH)
    };
    files.sort_by_cached_key(written);
    for file in &files[..files.len() / 2] {
        let _gone_already = fs::remove_file(file);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(subject: &str) -> Program {
        Program {
            language: "python".to_owned(),
            subject: subject.to_owned(),
            judge: None,
            entry_points: Vec::new(),
            stdin: Vec::new(),
            limits: limits(1),
        }
    }

    fn outcome(exit: Exit) -> Outcome {
        Outcome {
            exit,
            stdout: Vec::new(),
            stderr: Vec::new(),
            cpu: Duration::from_millis(3),
            wall: Duration::from_millis(4),
            memory_bytes: 5,
        }
    }

    fn limits(seconds: u64) -> Limits {
        Limits {
            cpu: Duration::from_secs(seconds),
            wall: Duration::from_secs(9),
            memory_bytes: 5,
            output_bytes: 100,
        }
    }

    fn found(verdicts: &Verdicts, program: &Program) -> Option<Outcome> {
        verdicts.find(&verdicts.key(program), &program.limits)
    }

    fn keep(verdicts: &Verdicts, program: &Program, outcome: &Outcome) {
        verdicts.keep(verdicts.key(program), &program.limits, outcome);
    }

    #[test]
    fn an_outcome_is_found_again_by_the_next_run_and_only_for_the_same_program_and_evaluator() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let open =
            |evaluator: &str, counting| Verdicts::new(evaluator.to_owned(), counting, Some(folder.path().to_owned()));
        let verdicts = open("a", Counting::ProcessorTime);
        let kept = outcome(Exit::Failed("no".to_owned()));
        keep(&verdicts, &program("1"), &kept);
        let next = open("a", Counting::ProcessorTime);
        assert_eq!(found(&next, &program("1")), Some(kept));
        assert_eq!(found(&next, &program("2")), None);
        assert_eq!(found(&open("b", Counting::ProcessorTime), &program("1")), None);
        assert_eq!(found(&open("a", Counting::Instructions), &program("1")), None);
    }

    #[test]
    fn other_limits_change_nothing_where_they_leave_as_much_room() {
        let verdicts = Verdicts::new(String::new(), Counting::ProcessorTime, None);
        let with = |change: fn(&mut Limits)| {
            let mut program = program("1");
            change(&mut program.limits);
            program
        };
        keep(&verdicts, &program("1"), &outcome(Exit::Passed));
        assert!(found(&verdicts, &with(|limits| limits.cpu *= 2)).is_some());
        assert!(found(&verdicts, &with(|limits| limits.cpu = Duration::from_millis(6))).is_some());
        assert!(found(&verdicts, &with(|limits| limits.cpu = Duration::from_millis(5))).is_none());
        assert!(found(&verdicts, &with(|limits| limits.wall = Duration::from_millis(7))).is_none());
        assert!(found(&verdicts, &with(|limits| limits.memory_bytes = 4)).is_none());
        keep(&verdicts, &program("2"), &outcome(Exit::MemoryLimit));
        let more = Program {
            subject: "2".to_owned(),
            ..with(|limits| limits.memory_bytes = 6)
        };
        assert!(found(&verdicts, &program("2")).is_some());
        assert!(found(&verdicts, &more).is_none());
    }

    #[test]
    fn what_the_machine_decided_is_decided_anew() {
        let verdicts = Verdicts::new(String::new(), Counting::ProcessorTime, None);
        for exit in [Exit::CpuLimit, Exit::WallLimit] {
            keep(&verdicts, &program("1"), &outcome(exit));
            assert_eq!(found(&verdicts, &program("1")), None);
        }
        let verdicts = Verdicts::new(String::new(), Counting::Instructions, None);
        keep(&verdicts, &program("1"), &outcome(Exit::CpuLimit));
        assert!(found(&verdicts, &program("1")).is_some());
    }

    #[test]
    fn the_folder_does_not_grow_without_bound() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for number in 0..10 * FILES {
            let file = folder.path().join(number.to_string());
            let kept = Kept {
                limits: limits(1),
                outcome: outcome(Exit::Passed),
            };
            write(&file, &kept).expect("written");
            assert!(file.is_file(), "the newest stays");
        }
        let files = fs::read_dir(folder.path()).expect("the folder").count();
        assert!((FILES / 2..=FILES).contains(&files), "{files}");
    }
}
