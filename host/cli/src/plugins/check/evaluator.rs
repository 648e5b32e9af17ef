//! An evaluator runs the shortest program there is, twice. What else it should do depends on its language.

use super::findings::{Findings, short};
use anyhow::Result;
use koderz_api::execution::{Exit, Limits, Program};
use koderz_loader::Plugin;
use std::time::{Duration, Instant};

const LIMITS: Limits = Limits {
    cpu: Duration::from_secs(10),
    wall: Duration::from_secs(60),
    memory_bytes: 512 << 20,
    output_bytes: 1 << 16,
};

pub(super) fn check(plugin: &Plugin, findings: &mut Findings) -> Result<()> {
    let evaluator = plugin.evaluator(None)?;
    if evaluator.languages().is_empty() {
        findings.fault("it claims no language, so nothing is ever run by it".to_owned());
    }
    for language in evaluator.languages() {
        if *language != language.to_lowercase() {
            findings.fault(format!(
                "the language `{language}` is not in lower case, so no suite asks for it"
            ));
        }
        let program = Program {
            language: language.clone(),
            subject: String::new(),
            judge: None,
            entry_points: Vec::new(),
            stdin: Vec::new(),
            limits: LIMITS,
        };
        let mut ran = Vec::new();
        for _ in 0..2 {
            let began = Instant::now();
            match evaluator.execute(&program) {
                Ok(outcome) => ran.push((outcome, began.elapsed())),
                Err(error) => findings.fault(format!(
                    "an empty {language} program could not be run: {}",
                    error.message
                )),
            }
        }
        let [(first, took), (second, again)] = ran.as_slice() else {
            continue;
        };
        findings.figure(
            language,
            format!(
                "an empty program in {}, then {}; {} MiB",
                short(*took),
                short(*again),
                first.memory_bytes >> 20
            ),
        );
        if (&first.exit, &first.stdout, &first.stderr) != (&second.exit, &second.stdout, &second.stderr) {
            findings.fault(format!(
                "an empty {language} program ended in two ways when it was run twice"
            ));
        }
        if first.exit != Exit::Passed {
            findings
                .remarks
                .push(format!("an empty {language} program does not pass: {:?}", first.exit));
        }
    }
    Ok(())
}
