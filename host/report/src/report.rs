//! What reports are made of, and the figures that all of them show.

use crate::numbers::{counted, grouped, percent, span};
use crate::story::Story;
use crate::tale::{Answer, Ran};
use koderz_api::chat::{Role, StopReason};
use koderz_api::retry::Decision;
use koderz_api::suite::{Grade, Verdict};
use koderz_core::event::End;
use koderz_core::manifest::{AnswersUse, Manifest, ServerUse};
use koderz_core::statistics::Rate;
use koderz_core::summary::{Counts, FAILURE};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The values of k for which pass@k is reported, as far as there are samples; and their number.
const KS: [u64; 4] = [1, 5, 10, 100];

/// What is said of failures that their suite gave no kind.
pub(crate) const NO_KIND: &str = "other";

/// A run, as it is reported.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// What happened.
    pub story: &'a Story,
    /// How work on the run ended; none where it was interrupted or goes on. Of a run that was read back this is
    /// [`Story::end`].
    pub end: Option<&'a End>,
    /// Where to find it.
    pub paths: &'a Paths,
}

/// Where a run is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paths {
    /// The record.
    pub record: PathBuf,
    /// The page, where one is written.
    pub report: Option<PathBuf>,
}

/// A report that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The page's template failed.
    #[error("write the report as a page")]
    Page(#[source] askama::Error),
}

impl Report<'_> {
    pub(crate) fn manifest(&self) -> &Manifest {
        self.story.manifest()
    }

    /// The model under test, in words.
    pub(crate) fn subject(&self) -> &str {
        self.manifest().subject().unwrap_or("no model")
    }

    pub(crate) fn counts(&self) -> Counts {
        self.story.summary().counts()
    }

    /// pass@k for each k of interest.
    pub(crate) fn rates(&self) -> Vec<(u64, Rate)> {
        let samples = u64::from(self.manifest().samples.get());
        let mut ks: Vec<u64> = KS.into_iter().filter(|k| *k < samples).chain([samples]).collect();
        ks.dedup();
        ks.into_iter()
            .filter_map(|k| Some((k, self.story.summary().pass_at(k)?)))
            .collect()
    }

    /// How many answers failed in which way, most frequent first.
    pub(crate) fn failures(&self) -> Vec<(String, u64)> {
        let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
        for (_, verdict) in self.story.summary().with_grade(|grade| grade == Grade::Fail) {
            *kinds.entry(failure_kind(verdict).unwrap_or(NO_KIND)).or_default() += 1;
        }
        most_frequent_first(kinds.into_iter().map(|(kind, count)| (kind.to_owned(), count)))
    }

    /// How often a question was asked again, by what had gone wrong, most frequent first.
    pub(crate) fn retries(&self) -> Vec<(String, u64)> {
        let retries = self.story.summary().retries.iter();
        most_frequent_first(retries.map(|(kind, count)| (koderz_core::words::kind(*kind).to_owned(), *count)))
    }

    /// Whether going on with the run would change anything.
    pub(crate) fn unfinished(&self) -> bool {
        let counts = self.counts();
        counts.open + counts.inconclusive > 0 || self.end != Some(&End::Finished)
    }

    /// Trials that have not begun, where that is known.
    pub(crate) fn not_begun(&self) -> u64 {
        match self.end {
            Some(End::Finished) => 0,
            _ => self.story.not_begun().unwrap_or(0),
        }
    }
}

/// Who was asked: for each server, or for what the answers come from, what it is and which.
pub(crate) fn asked(manifest: &Manifest) -> Vec<(&'static str, String)> {
    let version = |server: &ServerUse| match &server.version {
        Some(version) => ("server", format!("{} (version {version})", server.host)),
        None => ("server", server.host.clone()),
    };
    match &manifest.answers {
        Some(AnswersUse::File { file, .. }) => vec![("answers", file.clone())],
        Some(AnswersUse::Run { run }) => vec![("answers", format!("of run {run}"))],
        None => std::iter::once(&manifest.server)
            .chain(&manifest.other_servers)
            .map(version)
            .collect(),
    }
}

fn most_frequent_first(counts: impl Iterator<Item = (String, u64)>) -> Vec<(String, u64)> {
    let mut counts: Vec<_> = counts.collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

/// How an answer failed, where its suite says so.
pub(crate) fn failure_kind(verdict: &Verdict) -> Option<&str> {
    let label = verdict.labels.iter().find(|(name, _)| name == FAILURE);
    label.map(|(_, value)| value.as_str())
}

/// A grade's name.
pub(crate) fn grade(grade: Grade) -> &'static str {
    match grade {
        Grade::Pass => "pass",
        Grade::Fail => "fail",
        Grade::Partial(_) => "partial",
        Grade::Ungraded => "ungraded",
        Grade::Inconclusive => "inconclusive",
    }
}

/// Who spoke.
pub(crate) fn role(role: Option<Role>) -> &'static str {
    match role {
        Some(Role::System) => "system",
        Some(Role::User) => "user",
        Some(Role::Assistant) => "assistant",
        None => "text",
    }
}

/// What was decided after a failed attempt.
pub(crate) fn decision(decision: &Decision) -> String {
    match decision {
        Decision::Retry(pause) => format!("again after {}", span(*pause)),
        Decision::WaitUntilReady => "wait until the server is ready".to_owned(),
        Decision::GiveUp(reason) => format!("give up: {reason}"),
    }
}

/// A grade in words, with its credit where that is neither all nor nothing.
pub(crate) fn words_of_grade(verdict: &Verdict) -> String {
    match verdict.grade {
        Grade::Partial(credit) => format!("partial {}", percent(credit)),
        other => grade(other).to_owned(),
    }
}

/// Tokens, timings and how it ended, in a line.
pub(crate) fn facts(answer: &Answer) -> String {
    let timing = &answer.timing;
    let tokens = answer.usage.output_tokens;
    let generation = timing.server.and_then(|server| server.generation);
    let speed = tokens.zip(generation).filter(|(_, time)| !time.is_zero());
    let stop = match answer.stop {
        StopReason::Finished => "ended by itself",
        StopReason::Length => "cut by the output bound",
        StopReason::Other => "ended for another reason",
    };
    let read = answer.usage.input_tokens;
    let mut facts = vec![stop.to_owned()];
    facts.extend(tokens.map(|tokens| format!("{} written", counted(tokens.into(), "token"))));
    facts.extend(read.map(|tokens| format!("{} read", grouped(tokens.into()))));
    facts.push(span(timing.total));
    facts.extend(
        timing
            .first_token
            .map(|time| format!("first token after {}", span(time))),
    );
    facts.extend(speed.map(|(tokens, time)| format!("{:.1} tokens/s", f64::from(tokens) / time.as_secs_f64())));
    if answer.attempts > 1 {
        facts.push(format!("answered at attempt {}", answer.attempts));
    }
    facts.extend(answer.host.as_ref().map(|host| format!("by {host}")));
    facts.join(", ")
}

/// What a program used.
pub(crate) fn used(ran: &Ran) -> String {
    let mebibytes = ran.memory_bytes as f64 / f64::from(1 << 20);
    format!("{} on the processor, {mebibytes:.1} MiB of memory", span(ran.cpu))
}
