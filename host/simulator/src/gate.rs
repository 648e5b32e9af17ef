//! Where requests pass into the server: the [`Scheduler`] with the real clock.
//!
//! Each request holds a [`Pass`] for as long as it is under way. Dropping it, which is what happens when its client
//! goes away, takes the request out of whatever queue or slot it was in.

use crate::scheduler::{Death, Event, Limits, Resident, Scheduler, Tally, Ticket, Want};
use std::collections::HashMap;
use std::convert::Infallible;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, sleep_until};

/// The most other clients that are let in at once.
const MOST_OTHERS: usize = 1024;

#[derive(Debug)]
pub(crate) struct Gate {
    state: Mutex<State>,
    /// Questions that a model answers at once.
    slots: usize,
    /// What happens next may be something else now.
    changed: Notify,
    began: Instant,
    flow: watch::Sender<Flow>,
}

#[derive(Debug)]
struct State {
    scheduler: Scheduler,
    standings: HashMap<Ticket, watch::Sender<Standing>>,
    next: u64,
    /// Until when everybody is turned away.
    busy: Option<Instant>,
}

/// Whether anything is generated.
#[derive(Clone, Copy, Debug)]
enum Flow {
    Free,
    Held(Option<Instant>),
}

/// How it stands with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Waits,
    Refused,
    Loaded,
    /// It has a slot, and had a runner after so long.
    Begins(Duration),
    Died(Death),
}

/// A request under way.
#[derive(Debug)]
pub(crate) struct Pass {
    gate: Arc<Gate>,
    ticket: Ticket,
    model: String,
    standing: watch::Receiver<Standing>,
}

impl Gate {
    pub(crate) fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Gate {
            slots: limits.slots,
            state: Mutex::new(State {
                scheduler: Scheduler::new(limits),
                standings: HashMap::new(),
                next: 0,
                busy: None,
            }),
            changed: Notify::new(),
            began: Instant::now(),
            flow: watch::Sender::new(Flow::Free),
        })
    }

    /// Lets a request in.
    pub(crate) fn enter(self: &Arc<Self>, want: Want) -> Pass {
        let model = want.model.clone();
        let mut state = self.lock();
        let ticket = Ticket(state.next);
        state.next += 1;
        let (sender, standing) = watch::channel(Standing::Waits);
        state.standings.insert(ticket, sender);
        self.drive(state, |scheduler, now| scheduler.arrive(now, ticket, want));
        Pass {
            gate: Arc::clone(self),
            ticket,
            model,
            standing,
        }
    }

    /// Lets other clients in, who take all slots of a model and keep them for so long.
    pub(crate) fn crowd(self: &Arc<Self>, want: &Want, time: Duration) {
        for _ in 0..self.slots.min(MOST_OTHERS) {
            let mut other = self.enter(want.clone());
            tokio::spawn(async move {
                other.settled().await;
                sleep(time).await;
            });
        }
    }

    /// Takes a model out of memory as soon as nobody uses it.
    pub(crate) fn unload(&self, model: &str) {
        self.drive(self.lock(), |scheduler, now| scheduler.unload(now, model));
    }

    /// Takes a slot of a model away; whether it is in memory.
    pub(crate) fn leak(&self, model: &str) -> bool {
        self.drive_if(|scheduler, now| scheduler.leak(now, model))
    }

    /// Ends a model's runner; whether it is in memory.
    pub(crate) fn kill(&self, model: &str) -> bool {
        self.drive_if(|scheduler, now| scheduler.kill(now, model))
    }

    /// From now on nothing is generated.
    pub(crate) fn stall(&self) {
        self.flow.send_replace(Flow::Held(None));
    }

    /// For so long nothing is generated.
    pub(crate) fn pause(&self, time: Duration) {
        self.flow.send_replace(Flow::Held(Instant::now().checked_add(time)));
    }

    /// Ends as soon as something is generated, which mostly is at once.
    pub(crate) async fn flows(&self) {
        let mut flow = self.flow.subscribe();
        loop {
            let held = *flow.borrow_and_update();
            let over = async {
                match held {
                    Flow::Free => {}
                    Flow::Held(Some(until)) => sleep_until(until).await,
                    Flow::Held(None) => pending().await,
                }
            };
            tokio::select! {
                () = over => return,
                // The gate outlives whoever waits at it.
                _ = flow.changed() => {}
            }
        }
    }

    /// For so long everybody is turned away.
    pub(crate) fn turn_away(&self, time: Duration) {
        self.lock().busy = Instant::now().checked_add(time);
    }

    /// Whether everybody is turned away right now.
    pub(crate) fn turns_away(&self) -> bool {
        self.lock().busy.is_some_and(|until| Instant::now() < until)
    }

    /// Forgets all requests and models. Passes that are still held are of no use afterwards, nor are those that a
    /// connection asks for that is not closed yet.
    pub(crate) fn close(&self) {
        self.stall();
        self.lock().scheduler.close();
    }

    /// All is as at the start.
    pub(crate) fn open(&self) {
        let mut state = self.lock();
        state.scheduler.open();
        state.busy = None;
        drop(state);
        self.flow.send_replace(Flow::Free);
    }

    pub(crate) fn resident(&self) -> Vec<Resident> {
        let mut state = self.lock();
        let now = self.began.elapsed();
        let events = state.scheduler.advance(now);
        state.tell(events);
        state.scheduler.resident(now)
    }

    pub(crate) fn tally(&self) -> Tally {
        self.lock().scheduler.tally()
    }

    /// Lets time pass.
    pub(crate) async fn run(&self) -> Infallible {
        loop {
            let due = self.lock().scheduler.next_due();
            match due.and_then(|due| self.began.checked_add(due)) {
                None => self.changed.notified().await,
                Some(due) => tokio::select! {
                    () = sleep_until(due) => {}
                    () = self.changed.notified() => {}
                },
            }
            let mut state = self.lock();
            let events = state.scheduler.advance(self.began.elapsed());
            state.tell(events);
        }
    }

    fn drive(&self, mut state: MutexGuard<'_, State>, act: impl FnOnce(&mut Scheduler, Duration) -> Vec<Event>) {
        let events = act(&mut state.scheduler, self.began.elapsed());
        state.tell(events);
        self.changed.notify_one();
    }

    fn drive_if(&self, act: impl FnOnce(&mut Scheduler, Duration) -> Option<Vec<Event>>) -> bool {
        let mut found = false;
        self.drive(self.lock(), |scheduler, now| {
            let events = act(scheduler, now);
            found = events.is_some();
            events.unwrap_or_default()
        });
        found
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while deciding")
    }
}

impl State {
    fn tell(&mut self, events: Vec<Event>) {
        for event in events {
            let (ticket, standing) = match event {
                Event::Refused(ticket) => (ticket, Standing::Refused),
                Event::Loaded(ticket) => (ticket, Standing::Loaded),
                Event::Begins(ticket, load) => (ticket, Standing::Begins(load)),
                Event::Died(ticket, death) => (ticket, Standing::Died(death)),
            };
            if let Some(sender) = self.standings.get(&ticket) {
                sender.send_replace(standing);
            }
        }
    }
}

impl Pass {
    /// What has become of the request, once it waits no more.
    pub(crate) async fn settled(&mut self) -> Standing {
        self.comes(|standing| *standing != Standing::Waits).await
    }

    /// Ends when the runner dies.
    pub(crate) async fn died(&mut self) {
        self.comes(|standing| matches!(standing, Standing::Died(_))).await;
    }

    /// Ends the runner, and with it all that it answers.
    pub(crate) fn kill_runner(&self) {
        self.gate.kill(&self.model);
    }

    /// Ends as soon as something is generated, which mostly is at once.
    pub(crate) async fn flows(&self) {
        self.gate.flows().await;
    }

    async fn comes(&mut self, is_it: impl FnMut(&Standing) -> bool) -> Standing {
        let standing = self.standing.wait_for(is_it).await;
        *standing.expect("the gate keeps it for as long as there is a pass")
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut state = self.gate.lock();
        state.standings.remove(&self.ticket);
        let ticket = self.ticket;
        self.gate.drive(state, |scheduler, now| scheduler.leave(now, ticket));
    }
}
