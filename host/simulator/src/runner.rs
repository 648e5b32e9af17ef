//! A model in memory: its slots, and who waits for one.
//!
//! A runner answers as many questions at once as it has slots. The others wait in order, and it turns nobody away: how
//! many wait is bounded by how many connections there are, as in Ollama.

use crate::duration::KeepAlive;
use crate::profile::Profile;
use crate::scheduler::{Death, Event, Ticket};
use std::collections::VecDeque;
use std::time::Duration;

#[derive(Clone, Debug)]
pub(crate) struct Runner {
    pub(crate) profile: Profile,
    pub(crate) keep_alive: KeepAlive,
    /// When it leaves memory, if nobody uses it and it is to leave at all.
    pub(crate) expires: Option<Duration>,
    /// Whether it is to leave for another one.
    pub(crate) condemned: bool,
    alive: bool,
    slots: usize,
    /// Slots that nobody has and nobody gets.
    leaked: usize,
    answering: Vec<Ticket>,
    waiting: VecDeque<Waiting>,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    ticket: Ticket,
    load: Duration,
}

impl Runner {
    pub(crate) fn new(profile: Profile, keep_alive: KeepAlive, slots: usize) -> Self {
        Runner {
            profile,
            keep_alive,
            expires: None,
            condemned: false,
            alive: true,
            slots,
            leaked: 0,
            answering: Vec::new(),
            waiting: VecDeque::new(),
        }
    }

    /// Whether it can take a request that wants this.
    pub(crate) fn serves(&self, profile: Profile) -> bool {
        self.alive && self.profile.serves(profile)
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.answering.is_empty() && self.waiting.is_empty()
    }

    /// Lets a question in that waited so long for the runner.
    pub(crate) fn enter(&mut self, ticket: Ticket, load: Duration) -> Option<Event> {
        self.expires = None;
        self.waiting.push_back(Waiting { ticket, load });
        self.grant()
    }

    /// Lets a question out. Nothing if it is not here, and else who gets its slot.
    pub(crate) fn leave(&mut self, ticket: Ticket) -> Option<Option<Event>> {
        if let Some(index) = self.answering.iter().position(|other| *other == ticket) {
            self.answering.swap_remove(index);
            return Some(self.grant());
        }
        let index = self.waiting.iter().position(|waiting| waiting.ticket == ticket)?;
        self.waiting.remove(index);
        Some(None)
    }

    /// Loses one slot, which comes back with the next load only.
    pub(crate) fn leak(&mut self) {
        self.leaked += 1;
    }

    /// Ends all that it has under way. It stays where it is until somebody finds it dead.
    pub(crate) fn die(&mut self) -> Vec<Event> {
        self.alive = false;
        let answering = self
            .answering
            .drain(..)
            .map(|ticket| Event::Died(ticket, Death::Answering));
        let waiting = self.waiting.drain(..);
        let waiting = waiting.map(|waiting| Event::Died(waiting.ticket, Death::Waiting));
        answering.chain(waiting).collect()
    }

    /// Gives a free slot to who has waited longest.
    fn grant(&mut self) -> Option<Event> {
        if self.answering.len() + self.leaked >= self.slots {
            return None;
        }
        let Waiting { ticket, load } = self.waiting.pop_front()?;
        self.answering.push(ticket);
        Some(Event::Begins(ticket, load))
    }
}
