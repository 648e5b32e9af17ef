//! Several models: what each comes to is shown, what is wrong with one is no reason to leave out the others, and in the
//! end they stand side by side.

use super::{Desk, Prepared, Reached, Round, Wanted};
use crate::compare::{gated, missed};
use crate::outlet::Outlet;
use crate::session::Ended;
use crate::{Outcome, print, show, signals};
use anyhow::Result;
use koderz_core::scheduler::SUBJECT;
use koderz_core::stop::Urgency;
use koderz_record::Record;
use koderz_report::{FailedModel, Report};

pub(super) async fn run(wanted: &Wanted, models: &[String], desk: &Desk) -> Result<Outcome> {
    Several::default().run(wanted, models, desk).await
}

/// What has become of several models so far.
#[derive(Default)]
struct Several {
    ended: Vec<Ended>,
    failed: Vec<FailedModel>,
}

impl Several {
    async fn run(mut self, wanted: &Wanted, models: &[String], desk: &Desk) -> Result<Outcome> {
        let benchmark = Prepared::new(wanted, models.len(), desk).await?;
        // All are looked up before the first is asked: who mistypes a name should not learn of it the next morning.
        let mut reached = Vec::new();
        for model in models {
            match benchmark.reach(model).await {
                Ok(servers) => reached.push(servers),
                // Where there is nothing to go on with, this is the error.
                Err(error) if models.len() == self.failed.len() + 1 => return Err(error),
                Err(error) => self.leave_out(model, &error),
            }
        }
        let (_, limits) = benchmark.begin().await?;
        let stop = signals::stop(&desk.terminal)?;
        for (round, place) in turns(reached.len(), wanted.interleave) {
            let servers = &reached[place];
            let model = servers.models[SUBJECT].clone();
            if stop.urgency() > Urgency::None {
                self.not_begun(&model);
                continue;
            }
            // It would fail again.
            if self.failed.iter().any(|failed| failed.model == model) {
                continue;
            }
            if round != Round::FIRST && self.was_in_memory(&model) {
                tell_of_a_load(servers).await;
            }
            let record = Record::open(desk.places.record())?;
            match benchmark.work(servers, record, &limits, round, stop.clone()).await {
                Ok(ended) => {
                    show(&ended, desk)?;
                    if !desk.streams {
                        print("\n")?;
                    }
                    self.ended.push(ended);
                }
                Err(error) => self.leave_out(&model, &error),
            }
        }
        let reports: Vec<Report<'_>> = self.ended.iter().map(Ended::report).collect();
        if !desk.streams {
            print(&koderz_report::several(&reports, &self.failed))?;
        }
        Outlet::write_all(benchmark.export, &reports, &self.failed)?;
        let mut failed = Vec::new();
        for report in &reports {
            failed.extend(missed(report, &wanted.limits.fail_under)?);
        }
        let is_done = |ended: &Ended| matches!(Outcome::of(ended), Outcome::Done);
        let outcome = match stop.urgency() {
            Urgency::Drain | Urgency::Now => Outcome::Interrupted,
            Urgency::None if self.failed.is_empty() && self.ended.iter().all(is_done) => Outcome::Done,
            Urgency::None => Outcome::Incomplete,
        };
        Ok(gated(outcome, &failed))
    }

    /// Whether a turn of a model has ended in which the server said that it was in memory. Not every server says it.
    fn was_in_memory(&self, model: &str) -> bool {
        self.ended.iter().any(|ended| {
            let is_it = ended.story.manifest().subject() == Some(model);
            is_it && ended.story.summary().resident.is_some()
        })
    }

    /// Says of a model that was not asked anything that it was not. What `resume` goes on with has begun.
    fn not_begun(&mut self, model: &str) {
        let has_run = self
            .ended
            .iter()
            .any(|ended| ended.story.manifest().subject() == Some(model));
        let is_named = self.failed.iter().any(|failed| failed.model == model);
        if !has_run && !is_named {
            self.failed.push(FailedModel {
                model: model.to_owned(),
                reason: "not begun, since the command was stopped; resume does not begin it".to_owned(),
            });
        }
    }

    fn leave_out(&mut self, model: &str, error: &anyhow::Error) {
        let error = format!("{error:#}");
        tracing::warn!("{model} is left out: {error}");
        self.failed.push(FailedModel {
            model: model.to_owned(),
            reason: error,
        });
    }
}

/// In which order so many models are taken: one after the other, or there and back again in a second round.
fn turns(models: usize, interleave: bool) -> Vec<(Round, usize)> {
    let there = (0..models).map(|place| (Round::FIRST, place));
    let back = (0..models).rev().map(|place| (Round(1), place));
    there.chain(back.filter(|_| interleave)).collect()
}

/// Says where a model that was in memory is there no more. Why is not known: others may have taken its place, or its time
/// was up.
async fn tell_of_a_load(servers: &Reached) {
    let model = &servers.models[SUBJECT];
    for host in servers.servers.hosts() {
        if host.model.resident(model).await.is_none() {
            tracing::warn!("{model} is no longer in memory, so this turn begins with a load");
        }
    }
}
