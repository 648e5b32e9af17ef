//! What programs came to before: the same evaluator, program and limits need no second run.
//!
//! Kept are the ends that depend on nothing else. A limit of time is met or not by the machine as much as by the program,
//! so such an end is found out anew, unless instructions are what is counted.

use crate::engine::Counting;
use crate::{digest, whole};
use koderz_api::execution::{Exit, Outcome, Program};
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// Outcomes that are kept in memory.
const MOST: usize = 10_000;

/// The longest outcome that is kept, in bytes of output.
const LONGEST: usize = 64 << 10;

/// Where outcomes are kept.
pub(crate) struct Verdicts {
    evaluator: String,
    counting: Counting,
    known: Mutex<HashMap<String, Outcome>>,
    folder: Option<PathBuf>,
}

impl Verdicts {
    /// Of an evaluator with this digest, for as long as the value lives, and in a folder beyond that.
    pub(crate) fn new(evaluator: String, counting: Counting, folder: Option<PathBuf>) -> Self {
        Verdicts {
            evaluator,
            counting,
            known: Mutex::default(),
            folder,
        }
    }

    /// What a program is known by.
    pub(crate) fn key(&self, program: &Program) -> String {
        let program = serde_json::to_vec(program).unwrap_or_default();
        let mut all = Vec::new();
        for part in [self.evaluator.as_bytes(), self.counting.name().as_bytes(), &program] {
            all.extend((part.len() as u64).to_le_bytes());
            all.extend(part);
        }
        digest::of(&all)
    }

    /// What it came to.
    pub(crate) fn find(&self, key: &str) -> Option<Outcome> {
        if let Some(outcome) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(key) {
            return Some(outcome.clone());
        }
        let text = fs::read(self.file(key)?).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Keeps what it came to, where that says something of the next time.
    pub(crate) fn keep(&self, key: String, outcome: &Outcome) {
        let of_the_machine = match outcome.exit {
            Exit::WallLimit => true,
            Exit::CpuLimit => self.counting == Counting::ProcessorTime,
            Exit::Passed | Exit::Failed(_) | Exit::Crashed(_) | Exit::MemoryLimit | Exit::OutputLimit => false,
        };
        if of_the_machine || outcome.stdout.len() + outcome.stderr.len() > LONGEST {
            return;
        }
        if let Err(error) = self.write(&key, outcome) {
            tracing::debug!("keep a verdict: {error}");
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MOST {
            known.insert(key, outcome.clone());
        }
    }

    fn file(&self, key: &str) -> Option<PathBuf> {
        // Folders of thousands of files are slow on some systems.
        Some(self.folder.as_ref()?.join(&key[..2]).join(key))
    }

    fn write(&self, key: &str, outcome: &Outcome) -> io::Result<()> {
        let Some(file) = self.file(key) else { return Ok(()) };
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        whole::write(&file, &serde_json::to_vec(outcome)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use koderz_api::execution::Limits;
    use std::time::Duration;

    fn program(subject: &str) -> Program {
        Program {
            language: "python".to_owned(),
            subject: subject.to_owned(),
            judge: None,
            entry_points: Vec::new(),
            stdin: Vec::new(),
            limits: Limits {
                cpu: Duration::from_secs(1),
                wall: Duration::from_secs(9),
                memory_bytes: 1,
                output_bytes: 1,
            },
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

    #[test]
    fn an_outcome_is_found_again_by_the_next_run_and_only_for_the_same_program_limits_and_evaluator() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let open =
            |evaluator: &str, counting| Verdicts::new(evaluator.to_owned(), counting, Some(folder.path().to_owned()));
        let verdicts = open("a", Counting::ProcessorTime);
        let kept = outcome(Exit::Failed("no".to_owned()));
        verdicts.keep(verdicts.key(&program("1")), &kept);
        let found = |verdicts: &Verdicts, program: &Program| verdicts.find(&verdicts.key(program));
        let next = open("a", Counting::ProcessorTime);
        assert_eq!(found(&next, &program("1")), Some(kept));
        assert_eq!(found(&next, &program("2")), None);
        let mut longer = program("1");
        longer.limits.cpu = Duration::from_secs(2);
        assert_eq!(found(&next, &longer), None);
        assert_eq!(found(&open("b", Counting::ProcessorTime), &program("1")), None);
        assert_eq!(found(&open("a", Counting::Instructions), &program("1")), None);
    }

    #[test]
    fn what_the_machine_decided_is_decided_anew() {
        let verdicts = Verdicts::new(String::new(), Counting::ProcessorTime, None);
        for exit in [Exit::CpuLimit, Exit::WallLimit] {
            verdicts.keep("key".to_owned(), &outcome(exit));
            assert_eq!(verdicts.find("key"), None);
        }
        let verdicts = Verdicts::new(String::new(), Counting::Instructions, None);
        verdicts.keep("key".to_owned(), &outcome(Exit::CpuLimit));
        assert!(verdicts.find("key").is_some());
    }
}
