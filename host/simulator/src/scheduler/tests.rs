//! The scheduler in virtual time: a table of what comes when, and of what becomes of it.

use super::*;
use std::collections::BTreeSet;

mod memory;
mod recorded;
mod trouble;

/// What becomes of a request, in milliseconds from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Waits,
    Busy,
    Loaded(u64),
    Begins(u64),
    Died(Death),
}

use Fate::{Begins, Busy, Died, Loaded, Waits};

/// A server, and clients who leave when they have what they came for.
struct World {
    scheduler: Scheduler,
    now: Duration,
    fates: Vec<Fate>,
    /// How long each answer takes.
    takes: Vec<Duration>,
    ends: BTreeSet<(Duration, Ticket)>,
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// One slot, one place in the queue, one model, and loads of 100 ms: what most recordings were made with.
fn tight() -> Limits {
    Limits {
        slots: 1,
        queue: 1,
        models: Some(1),
        load: ms(100),
    }
}

fn want(model: &str) -> Want {
    Want {
        model: model.to_owned(),
        profile: Profile::default(),
        keep_alive: None,
        work: Work::Answer,
    }
}

fn with_context(model: &str, tokens: u64) -> Want {
    Want {
        profile: Profile::default().with_context(Some(tokens)),
        ..want(model)
    }
}

fn kept(model: &str, millis: u64) -> Want {
    Want {
        keep_alive: Some(KeepAlive::For(ms(millis))),
        ..want(model)
    }
}

fn load(model: &str) -> Want {
    Want {
        work: Work::Load,
        ..want(model)
    }
}

impl World {
    fn new(limits: Limits) -> Self {
        World {
            scheduler: Scheduler::new(limits),
            now: Duration::ZERO,
            fates: Vec::new(),
            takes: Vec::new(),
            ends: BTreeSet::new(),
        }
    }

    /// One whose models are in memory from the start.
    fn warm(limits: Limits, models: &[&str]) -> Self {
        let mut world = World::new(Limits {
            load: Duration::ZERO,
            ..limits
        });
        for model in models {
            world.come(0, load(model), 0);
        }
        world.fates.clear();
        world.takes.clear();
        world.scheduler.limits = limits;
        world.scheduler.tally = Tally::default();
        world
    }

    /// A request comes whose answer takes so long.
    fn come(&mut self, at: u64, want: Want, takes: u64) -> usize {
        self.until(at);
        let index = self.fates.len();
        self.fates.push(Waits);
        self.takes.push(ms(takes));
        let events = self.scheduler.arrive(self.now, Ticket(index as u64), want);
        self.note(events);
        index
    }

    fn ask(&mut self, at: u64, model: &str, takes: u64) -> usize {
        self.come(at, want(model), takes)
    }

    /// A client leaves.
    fn leave(&mut self, at: u64, index: usize) {
        self.until(at);
        let events = self.scheduler.leave(self.now, Ticket(index as u64));
        self.note(events);
    }

    /// Lets time pass, answers end, and clients leave with them.
    fn until(&mut self, at: u64) {
        let at = ms(at);
        loop {
            let end = self.ends.first().map(|(end, _)| *end);
            let next = self.scheduler.next_due().into_iter().chain(end).min();
            let Some(next) = next.filter(|next| *next <= at) else {
                break;
            };
            self.now = next;
            let events = self.scheduler.advance(next);
            self.note(events);
            if self.ends.first().is_some_and(|(end, _)| *end <= next) {
                let (_, ticket) = self.ends.pop_first().expect("just seen");
                let events = self.scheduler.leave(next, ticket);
                self.note(events);
            }
        }
        self.now = at;
        let events = self.scheduler.advance(at);
        self.note(events);
    }

    fn note(&mut self, events: Vec<Event>) {
        let now = u64::try_from(self.now.as_millis()).expect("a short story");
        for event in events {
            let (ticket, fate) = match event {
                Event::Refused(ticket) => (ticket, Busy),
                Event::Loaded(ticket) => (ticket, Loaded(now)),
                Event::Begins(ticket, load) => {
                    assert!(load <= self.now, "{load:?}");
                    (ticket, Begins(now))
                }
                Event::Died(ticket, death) => (ticket, Died(death)),
            };
            let index = usize::try_from(ticket.0).expect("few");
            self.fates[index] = fate;
            if let Begins(_) = fate {
                self.ends.insert((self.now + self.takes[index], ticket));
            }
            if let Died(_) = fate {
                self.ends.retain(|(_, other)| *other != ticket);
            }
        }
    }

    fn loaded(&self) -> Vec<String> {
        let resident = self.scheduler.resident(self.now);
        resident.into_iter().map(|resident| resident.model).collect()
    }

    fn tally(&self) -> (u64, u64, u64) {
        let Tally {
            loads,
            aborted,
            evicted,
        } = self.scheduler.tally();
        (loads, aborted, evicted)
    }
}

#[test]
fn the_queue_for_loads_is_bounded_and_the_one_for_slots_is_not() {
    for (queue, expected) in [
        (0, [Begins(100), Busy, Busy, Busy]),
        (1, [Begins(100), Begins(110), Busy, Busy]),
        (2, [Begins(100), Begins(110), Begins(120), Busy]),
    ] {
        let mut cold = World::new(Limits { queue, ..tight() });
        for _ in 0..4 {
            cold.ask(0, "a", 10);
        }
        cold.until(1000);
        assert_eq!(cold.fates, expected);
        for _ in 0..9 {
            cold.ask(1000, "a", 10);
        }
        cold.until(2000);
        let expected: Vec<_> = (0..9).map(|index| Begins(1000 + 10 * index)).collect();
        assert_eq!(cold.fates[4..], expected);
    }
}

#[test]
fn a_load_ends_with_its_client_and_the_next_one_starts_from_zero() {
    let mut world = World::new(Limits { queue: 9, ..tight() });
    let impatient: Vec<_> = (0..3).map(|_| world.ask(0, "a", 10)).collect();
    // Each leaves before its load is over, so none is ever over.
    for (turn, index) in impatient.into_iter().enumerate() {
        world.leave(90 * (turn as u64 + 1), index);
    }
    world.ask(280, "a", 10);
    world.until(1000);
    assert_eq!(world.fates, [Waits, Waits, Waits, Begins(380)]);
    assert_eq!(world.tally(), (4, 3, 0));
}

#[test]
fn who_leaves_the_queue_keeps_a_place_in_it_until_it_is_reached() {
    let mut world = World::new(tight());
    world.ask(0, "a", 10);
    let second = world.ask(0, "b", 10);
    world.leave(10, second);
    world.ask(20, "a", 10);
    world.until(1000);
    world.ask(1000, "b", 10);
    world.until(2000);
    assert_eq!(world.fates, [Begins(100), Waits, Busy, Begins(1100)]);
    assert_eq!(world.tally(), (2, 0, 1), "nothing is loaded for who has left");
}

#[test]
fn who_leaves_while_waiting_for_a_slot_is_forgotten() {
    let mut world = World::warm(tight(), &["a"]);
    world.ask(0, "a", 100);
    let second = world.ask(1, "a", 100);
    world.ask(2, "a", 100);
    world.leave(50, second);
    world.until(1000);
    assert_eq!(world.fates, [Begins(0), Waits, Begins(100)]);
}

#[test]
fn who_leaves_a_slot_frees_it() {
    let mut world = World::warm(tight(), &["a"]);
    let first = world.ask(0, "a", 10_000);
    world.ask(0, "a", 10);
    world.leave(30, first);
    assert_eq!(world.fates, [Begins(0), Begins(30)]);
}

#[test]
fn a_load_takes_no_slot() {
    let mut world = World::warm(tight(), &["a"]);
    world.ask(0, "a", 10_000);
    world.come(10, load("a"), 0);
    world.come(20, load("b"), 0);
    world.until(30);
    assert_eq!(world.fates, [Begins(0), Loaded(10), Waits]);
}

#[test]
fn loads_that_take_no_time_let_everybody_in_at_once() {
    let mut world = World::new(Limits {
        slots: 4,
        queue: 0,
        models: None,
        load: Duration::ZERO,
    });
    for model in ["a", "b", "c", "d", "e", "a"] {
        world.ask(7, model, 10);
    }
    assert_eq!(world.fates, [Begins(7); 6]);
    assert_eq!(world.loaded().len(), 5);
}

#[test]
fn a_request_knows_how_long_it_waited_for_its_runner_and_not_for_its_slot() {
    let mut scheduler = Scheduler::new(Limits { queue: 9, ..tight() });
    assert!(scheduler.arrive(ms(0), Ticket(0), want("a")).is_empty());
    assert!(scheduler.arrive(ms(30), Ticket(1), want("a")).is_empty());
    // Time may be handed in late; what was due is dated when it was.
    assert_eq!(scheduler.advance(ms(150)), [Event::Begins(Ticket(0), ms(100))]);
    assert!(scheduler.arrive(ms(160), Ticket(2), want("a")).is_empty());
    assert_eq!(scheduler.leave(ms(200), Ticket(0)), [Event::Begins(Ticket(1), ms(70))]);
    assert_eq!(scheduler.leave(ms(300), Ticket(1)), [Event::Begins(Ticket(2), ms(0))]);
}
