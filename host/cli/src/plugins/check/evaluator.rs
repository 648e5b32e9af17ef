//! An evaluator runs the shortest program there is, twice, and judges it by the shortest check. What else it should do
//! depends on its language, of which the author can name a program and a check to try.

use super::findings::{Findings, SLOW, short};
use crate::arguments::{PluginCheck, Tried};
use anyhow::{Context, Result, bail};
use koderz_api::execution::{ExecutionError, ExecutionErrorKind, Exit, Limits, Outcome, Program};
use koderz_loader::{Claim, Library, Plugin, Rehearsal, Rehearse};
use std::fs;
use std::path::{Path, PathBuf, absolute};
use std::time::{Duration, Instant};

/// What an empty program may use. One that takes as long as this does not end.
const LEAST: Limits = Limits {
    cpu: Duration::from_secs(2),
    wall: Duration::from_secs(30),
    memory_bytes: 512 << 20,
    output_bytes: 1 << 16,
};

/// What a program of the author's may use.
const OWN: Limits = Limits {
    cpu: Duration::from_secs(10),
    wall: Duration::from_secs(60),
    ..LEAST
};

pub(super) fn check(
    plugin: &Plugin,
    arguments: &PluginCheck,
    library: &Library,
    findings: &mut Findings,
) -> Result<()> {
    let evaluator = plugin.rehearsing()?;
    let languages = evaluator.languages().to_vec();
    if languages.is_empty() {
        findings.fault("it claims no language, so nothing is ever run by it".to_owned());
    }
    for language in &languages {
        if *language != language.to_lowercase() {
            findings.fault(format!(
                "the language `{language}` is not in lower case, so no suite asks for it"
            ));
        }
    }
    let language = languages.first().cloned().unwrap_or_default();
    let empty = Program {
        language,
        subject: String::new(),
        judge: None,
        entry_points: Vec::new(),
        stdin: Vec::new(),
        limits: LEAST,
    };
    run(&*evaluator, &empty, &languages.join(", "), findings);
    call(&*evaluator, &empty, findings);
    judge(&*evaluator, &empty, findings);
    if let Some(tried) = own(&arguments.tried, &empty)? {
        try_own(&*evaluator, &tried, findings);
    }
    claims(plugin, &languages, library, findings)
}

/// An empty program by itself.
fn run(evaluator: &dyn Rehearse, program: &Program, name: &str, findings: &mut Findings) {
    let mut ran: Vec<(Outcome, Duration)> = Vec::new();
    for _ in 0..2 {
        let began = Instant::now();
        let rehearsal = evaluator.rehearse(program);
        let took = began.elapsed();
        let lost = lost(&rehearsal, &program.limits, &EMPTY);
        match (lost, rehearsal.ended) {
            (Some(how), _) => return findings.fault(how),
            (None, Err(error)) => {
                return findings.fault(format!("an empty program could not be run: {}", error.message));
            }
            (None, Ok(outcome)) => ran.push((outcome, took)),
        }
    }
    let [(first, took), (second, again)] = ran.as_slice() else {
        return;
    };
    let memory = first.memory_bytes >> 20;
    let (took, again) = (short(*took), short(*again));
    findings.figure(name, format!("an empty program in {took}, then {again}; {memory} MiB"));
    slow("run", first.cpu.min(second.cpu), findings);
    if (&first.exit, &first.stdout, &first.stderr) != (&second.exit, &second.stdout, &second.stderr) {
        findings.fault("an empty program ended in two ways when it was run twice".to_owned());
    }
    if first.exit != Exit::Passed {
        let remark = format!("an empty program does not pass: it {}", first.exit.in_words());
        findings.remarks.push(remark);
    }
}

/// A call of what an empty program does not define. It has to end; how, is between the evaluator and its judges, none of
/// which may send an empty text.
fn call(evaluator: &dyn Rehearse, program: &Program, findings: &mut Findings) {
    let Some(rehearsal) = evaluator.rehearse_call(program, "nothing", "") else {
        return;
    };
    // What is wrong with `load` is said where the program is judged.
    if rehearsal.lost == Some("load") {
        return;
    }
    let lost = lost(&rehearsal, &program.limits, &EMPTY);
    match (lost, rehearsal.ended) {
        (
            Some(how),
            Ok(Outcome {
                exit: Exit::Crashed(_), ..
            }),
        ) => findings.remarks.push(how),
        (Some(how), _) => findings.fault(how),
        (None, Ok(outcome)) => slow("load with call", outcome.cpu, findings),
        (None, Err(_)) => {}
    }
}

/// An empty check of an empty program. Whatever it comes to may be meant so, as long as it comes to something.
fn judge(evaluator: &dyn Rehearse, program: &Program, findings: &mut Findings) {
    let program = Program {
        judge: Some(String::new()),
        ..program.clone()
    };
    let rehearsal = evaluator.rehearse(&program);
    if let Some(how) = lost(&rehearsal, &program.limits, &EMPTY) {
        return findings.fault(how);
    }
    match rehearsal.ended {
        Ok(outcome) => slow("load with judge", outcome.cpu, findings),
        Err(error) if error.kind == ExecutionErrorKind::EvaluatorFailed => findings.fault(format!(
            "an empty program could not be judged by an empty check: {}",
            error.message
        )),
        Err(_) => {}
    }
}

/// The program that the author names.
fn own(tried: &Tried, empty: &Program) -> Result<Option<Program>> {
    let read = |path: &PathBuf| fs::read_to_string(path).with_context(|| format!("read {}", path.display()));
    let Some(subject) = &tried.subject else {
        return Ok(None);
    };
    Ok(Some(Program {
        subject: read(subject)?,
        judge: tried.judge.as_ref().map(read).transpose()?,
        entry_points: tried.entry_points.clone(),
        limits: OWN,
        ..empty.clone()
    }))
}

fn try_own(evaluator: &dyn Rehearse, program: &Program, findings: &mut Findings) {
    let rehearsal = evaluator.rehearse(program);
    match (lost(&rehearsal, &program.limits, &NAMED), rehearsal.ended) {
        (
            Some(how),
            Ok(Outcome {
                exit: Exit::Crashed(_) | Exit::Failed(_),
                ..
            }),
        ) => {
            findings.fault(how);
        }
        // It may be one that meets a limit, to see what comes of it.
        (_, Ok(outcome)) => {
            let (cpu, memory) = (short(outcome.cpu), outcome.memory_bytes >> 20);
            findings.figure(
                "tried",
                format!("{}; {cpu} on the processor, {memory} MiB", outcome.exit.in_words()),
            );
        }
        (_, Err(ExecutionError { message, .. })) => {
            findings.fault(format!("the program that was named could not be judged: {message}"));
        }
    }
}

/// Whose program and check they are, in words.
struct Whose {
    program: &'static str,
    check: &'static str,
}

const EMPTY: Whose = Whose {
    program: "an empty program",
    check: "an empty check",
};

const NAMED: Whose = Whose {
    program: "the program that was named",
    check: "the check that was named",
};

/// Which call did not come back, and how it ended.
fn lost(rehearsal: &Rehearsal, limits: &Limits, Whose { program, check }: &Whose) -> Option<String> {
    let call = rehearsal.lost?;
    let how = match &rehearsal.ended {
        Ok(outcome) => match &outcome.exit {
            Exit::CpuLimit => format!("{}, which was {}", Exit::CpuLimit.in_words(), short(limits.cpu)),
            Exit::Crashed(how) | Exit::Failed(how) => format!("does not come back: {how}"),
            exit => exit.in_words(),
        },
        Err(error) => return Some(format!("{call} of {check}: {}", error.message)),
    };
    Some(format!("{call} of {program} {how}"))
}

fn slow(call: &str, took: Duration, findings: &mut Findings) {
    if took > SLOW {
        findings.slow(call, took);
    }
}

/// Other evaluators of the same languages, and which of them a run takes.
fn claims(plugin: &Plugin, languages: &[String], library: &Library, findings: &mut Findings) -> Result<()> {
    let name = &plugin.identity().name;
    let whole = |path: &Path| absolute(path).and_then(fs::canonicalize).ok();
    let own = whole(plugin.path());
    let mut found = false;
    for Claim {
        path,
        name: other,
        languages: claimed,
    } in library.claims()?
    {
        if whole(&path) == own {
            found = true;
            continue;
        }
        // Another build of itself.
        if other == *name {
            continue;
        }
        let both: Vec<&str> = languages
            .iter()
            .filter(|language| claimed.contains(language))
            .map(String::as_str)
            .collect();
        if both.is_empty() {
            continue;
        }
        // They are in the order in which a run looks at them.
        let used = match found {
            true => format!("a run takes {name}"),
            false => format!("a run takes {other}, unless --plugin names this file"),
        };
        findings.remarks.push(format!(
            "{} is claimed by {other} ({}) too: {used}",
            both.join(", "),
            path.display()
        ));
    }
    Ok(())
}

/// A program to try is of no use to other plugins.
pub(super) fn refuse_tried(tried: &Tried) -> Result<()> {
    match tried.subject {
        Some(_) => bail!("--subject: only an evaluator runs programs, and this is none"),
        None => Ok(()),
    }
}
