//! What a server decides about a request: turned away, waits for a load, waits for a slot, or begins.
//!
//! There is no clock in it, no connection and no model. Time is handed in, as what has passed since the server started,
//! and what follows is handed back as [`Event`]s. The server drives it with the real clock; in virtual time it can be
//! driven as fast as a machine computes.
//!
//! Ollama has two queues, and so has this. A request for a model in memory goes straight to the model's [`Runner`]. All
//! others go through one bounded queue, which is the only one that turns anybody away, to one place where the head
//! makes room, loads, and holds up all behind it. A load dies with the client whose request it is for.

use crate::duration::KeepAlive;
use crate::profile::Profile;
use crate::runner::Runner;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

#[cfg(test)]
mod tests;

/// How long a model stays after its last use, unless a request says otherwise.
pub(crate) const KEEP_ALIVE: KeepAlive = KeepAlive::For(Duration::from_secs(5 * 60));

/// What a server can do at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Questions that a model answers at once.
    pub(crate) slots: usize,
    /// Requests that wait behind the one that loads or makes room.
    pub(crate) queue: usize,
    /// Models in memory; nothing if they always fit.
    pub(crate) models: Option<usize>,
    /// How long a load takes.
    pub(crate) load: Duration,
}

/// A request, of which there are no two with the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Ticket(pub(crate) u64);

/// What a request wants.
#[derive(Clone, Debug)]
pub(crate) struct Want {
    /// The model's key.
    pub(crate) model: String,
    pub(crate) profile: Profile,
    pub(crate) keep_alive: Option<KeepAlive>,
    pub(crate) work: Work,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// The model in memory, and nothing else.
    Load,
    /// A slot of it.
    Answer,
}

/// What becomes of a request. Until there is one it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The queue is full.
    Refused(Ticket),
    /// Its model is in memory, which is all that it wanted.
    Loaded(Ticket),
    /// It has a slot, and had a runner after so long.
    Begins(Ticket, Duration),
    /// Its runner has died.
    Died(Ticket, Death),
}

/// What a request was doing when its runner died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Death {
    Waiting,
    Answering,
}

/// What has happened so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Loads that were begun.
    pub(crate) loads: u64,
    /// Those of them that ended with their client.
    pub(crate) aborted: u64,
    /// Models that had to leave for another one, or for other options.
    pub(crate) evicted: u64,
}

/// A model in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resident {
    /// Its key.
    pub(crate) model: String,
    pub(crate) context: u64,
    /// How long it stays from now on, if nobody comes.
    pub(crate) stays: KeepAlive,
}

#[derive(Clone, Debug)]
pub(crate) struct Scheduler {
    limits: Limits,
    runners: BTreeMap<String, Runner>,
    head: Option<Head>,
    /// Whoever left keeps the place until it is reached: Ollama looks only then.
    queue: VecDeque<Asked>,
    /// The server is being stopped: whoever still comes is not looked at.
    closed: bool,
    tally: Tally,
}

#[derive(Clone, Debug)]
struct Asked {
    ticket: Ticket,
    want: Want,
    since: Duration,
    gone: bool,
}

/// The one request that is looked after.
#[derive(Clone, Debug)]
struct Head {
    asked: Asked,
    stage: Stage,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    /// Nothing is done for it yet.
    Next,
    /// A model has to become idle and leave. Only when one has left is looked again.
    Draining,
    Loading {
        until: Duration,
    },
}

impl Scheduler {
    pub(crate) fn new(limits: Limits) -> Self {
        Scheduler {
            limits,
            runners: BTreeMap::new(),
            head: None,
            queue: VecDeque::new(),
            closed: false,
            tally: Tally::default(),
        }
    }

    pub(crate) fn tally(&self) -> Tally {
        self.tally
    }

    /// A request comes.
    pub(crate) fn arrive(&mut self, now: Duration, ticket: Ticket, want: Want) -> Vec<Event> {
        let mut events = self.advance(now);
        if self.closed {
            return events;
        }
        let asked = Asked {
            ticket,
            want,
            since: now,
            gone: false,
        };
        // A model that is to leave for another one still takes requests, and so can keep the other one out for ever.
        if self.serves(&asked.want) {
            self.enter(now, &asked, &mut events);
        } else if self.head.is_none() || self.queue.len() < self.limits.queue {
            self.queue.push_back(asked);
        } else {
            events.push(Event::Refused(ticket));
        }
        self.pump(now, &mut events);
        events
    }

    /// A request is over, or its client has left. One that is not here is over already.
    pub(crate) fn leave(&mut self, now: Duration, ticket: Ticket) -> Vec<Event> {
        let mut events = self.advance(now);
        let in_queue = self.queue.iter_mut().find(|asked| asked.ticket == ticket);
        if let Some(asked) = in_queue {
            asked.gone = true;
        } else if let Some(head) = self.head.as_mut().filter(|head| head.asked.ticket == ticket) {
            if let Stage::Loading { .. } = head.stage {
                // The next one starts from zero, even if it wants the same.
                self.tally.aborted += 1;
                self.head = None;
            } else {
                head.asked.gone = true;
            }
        } else if let Some((model, granted)) = self
            .runners
            .iter_mut()
            .find_map(|(model, runner)| Some((model.clone(), runner.leave(ticket)?)))
        {
            events.extend(granted);
            self.settle(now, &model);
        }
        self.pump(now, &mut events);
        events
    }

    /// Time passes.
    pub(crate) fn advance(&mut self, now: Duration) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(due) = self.next_due().filter(|due| *due <= now) {
            let is_over = |runner: &Runner| runner.expires.is_some_and(|expires| expires <= due);
            let over: Vec<_> = self.runners.extract_if(.., |_, runner| is_over(runner)).collect();
            for (_, runner) in &over {
                self.has_left(runner);
            }
            self.pump(due, &mut events);
        }
        events
    }

    /// When something happens by itself.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        let load = self.head.as_ref().and_then(|head| match head.stage {
            Stage::Loading { until } => Some(until),
            Stage::Next | Stage::Draining => None,
        });
        let leaves = self.runners.values().filter_map(|runner| runner.expires);
        leaves.chain(load).min()
    }

    /// A model is to leave memory as soon as nobody uses it.
    pub(crate) fn unload(&mut self, now: Duration, model: &str) -> Vec<Event> {
        let mut events = self.advance(now);
        if let Some(runner) = self.runners.get_mut(model) {
            runner.keep_alive = KeepAlive::For(Duration::ZERO);
            self.settle(now, model);
        }
        self.pump(now, &mut events);
        events
    }

    /// A model loses a slot. Nothing if it is not in memory.
    pub(crate) fn leak(&mut self, now: Duration, model: &str) -> Option<Vec<Event>> {
        let events = self.advance(now);
        self.runners.get_mut(model)?.leak();
        Some(events)
    }

    /// A model's runner dies. Nothing if it is not in memory.
    pub(crate) fn kill(&mut self, now: Duration, model: &str) -> Option<Vec<Event>> {
        let mut events = self.advance(now);
        events.extend(self.runners.get_mut(model)?.die());
        self.settle(now, model);
        self.pump(now, &mut events);
        Some(events)
    }

    /// The server stops: all requests and models are forgotten, and whoever comes before it is opened waits for nothing.
    pub(crate) fn close(&mut self) {
        self.runners.clear();
        self.head = None;
        self.queue.clear();
        self.closed = true;
    }

    /// The server starts, with no model in memory.
    pub(crate) fn open(&mut self) {
        self.closed = false;
    }

    /// What is in memory, by its key. A model that is being loaded is not.
    pub(crate) fn resident(&self, now: Duration) -> Vec<Resident> {
        let resident = |(model, runner): (&String, &Runner)| Resident {
            model: model.clone(),
            context: runner.profile.context,
            stays: match runner.expires {
                Some(expires) => KeepAlive::For(expires.saturating_sub(now)),
                None => runner.keep_alive,
            },
        };
        self.runners.iter().map(resident).collect()
    }

    fn serves(&self, want: &Want) -> bool {
        let runner = self.runners.get(&want.model);
        runner.is_some_and(|runner| runner.serves(want.profile))
    }

    /// Gives a request its runner, which is there.
    fn enter(&mut self, now: Duration, asked: &Asked, events: &mut Vec<Event>) {
        let Asked {
            ticket, want, since, ..
        } = asked;
        let runner = self.runners.get_mut(&want.model).expect("who enters was looked for");
        // The last one to say something wins, for all who use the model.
        runner.keep_alive = want.keep_alive.unwrap_or(runner.keep_alive);
        match want.work {
            Work::Answer => events.extend(runner.enter(*ticket, now.saturating_sub(*since))),
            Work::Load => {
                events.push(Event::Loaded(*ticket));
                self.settle(now, &want.model);
            }
        }
    }

    /// A model that nobody uses leaves at once or later.
    fn settle(&mut self, now: Duration, model: &str) {
        let Some(runner) = self.runners.get_mut(model).filter(|runner| runner.is_idle()) else {
            return;
        };
        runner.expires = match runner.keep_alive {
            KeepAlive::For(Duration::ZERO) => {
                let runner = self.runners.remove(model).expect("it was just found");
                return self.has_left(&runner);
            }
            KeepAlive::For(wait) => Some(now.saturating_add(wait)),
            KeepAlive::Forever => None,
        };
    }

    /// A model has left memory, for which the head may have waited.
    fn has_left(&mut self, runner: &Runner) {
        self.tally.evicted += u64::from(runner.condemned);
        if let Some(Head { stage, .. }) = &mut self.head
            && matches!(stage, Stage::Draining)
        {
            *stage = Stage::Next;
        }
    }

    /// Looks after the head, and whoever becomes it.
    fn pump(&mut self, now: Duration, events: &mut Vec<Event>) {
        while let Some(Head { asked, stage }) = self.head.take().or_else(|| self.next()) {
            let stage = match stage {
                Stage::Next if self.serves(&asked.want) => {
                    if !asked.gone {
                        self.enter(now, &asked, events);
                    }
                    continue;
                }
                Stage::Next => match self.in_the_way(&asked.want) {
                    Some(model) if self.evict(now, &model) => Stage::Next,
                    Some(_) => Stage::Draining,
                    None if asked.gone => continue,
                    None => {
                        self.tally.loads += 1;
                        let until = now.saturating_add(self.limits.load);
                        Stage::Loading { until }
                    }
                },
                Stage::Loading { until } if until <= now => {
                    let Want {
                        profile, keep_alive, ..
                    } = asked.want;
                    let runner = Runner::new(profile, keep_alive.unwrap_or(KEEP_ALIVE), self.limits.slots);
                    self.runners.insert(asked.want.model.clone(), runner);
                    self.enter(now, &asked, events);
                    continue;
                }
                Stage::Draining | Stage::Loading { .. } => stage,
            };
            let waits = match stage {
                Stage::Next => false,
                Stage::Draining => true,
                Stage::Loading { until } => now < until,
            };
            self.head = Some(Head { asked, stage });
            if waits {
                return;
            }
        }
    }

    /// Who is looked after next.
    fn next(&mut self) -> Option<Head> {
        while let Some(asked) = self.queue.pop_front() {
            if !asked.gone {
                let stage = Stage::Next;
                return Some(Head { asked, stage });
            }
        }
        None
    }

    /// The model that has to leave before this request can be loaded for: its own, if that has other options or is
    /// dead, or, if there are too many, one that is idle, and the one that would stay the shortest.
    fn in_the_way(&self, want: &Want) -> Option<String> {
        if self.runners.contains_key(&want.model) {
            return Some(want.model.clone());
        }
        let most = self.limits.models?;
        if self.runners.len() < most.max(1) {
            return None;
        }
        let order = |(_, runner): &(&String, &Runner)| (!runner.is_idle(), runner.keep_alive);
        self.runners.iter().min_by_key(order).map(|(model, _)| model.clone())
    }

    /// Has a model leave as soon as it is idle; whether it has left.
    fn evict(&mut self, now: Duration, model: &str) -> bool {
        let Some(runner) = self.runners.get_mut(model) else {
            return true;
        };
        runner.keep_alive = KeepAlive::For(Duration::ZERO);
        runner.condemned = true;
        self.settle(now, model);
        !self.runners.contains_key(model)
    }
}
