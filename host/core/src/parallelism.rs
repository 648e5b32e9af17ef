//! How many questions a server works on at once, found from how long answers waited for a slot.
//!
//! Ollama does not say how many slots a model has, and a request beyond them waits without limit and without a word. But
//! its answers say how long each phase took, and what no phase accounts for is the wait. With L requests always under
//! way, answers that take a service time S each and wait R come at the rate L/(R+S), and each slot serves one in S, so by
//! Little's law L·S/(R+S) slots are at work. As long as that rounds to L there may be more; once it is less, it is the
//! number of slots.

use crate::timing::queue_time;
use koderz_api::chat::Reply;
use std::time::Duration;

/// Requests under way at first: as many as where no number is looked for. With one alone nobody ever waits, and fewer
/// than there are slots cost a run that is short more than anything after it.
const FIRST: u32 = 4;

/// What templates, tokenizers and connections take in every answer, and is no wait.
const UNAVOIDABLE: Duration = Duration::from_millis(20);

/// Answers after which a settled limit is looked at again, at least.
const SETTLED_WINDOW: u32 = 8;

/// Windows without a wait after which a settled limit is tried one higher.
const PATIENCE: u32 = 4;

/// An answer, as far as it tells something of the slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) waited: Duration,
    pub(crate) service: Duration,
}

impl Sample {
    /// None where the server does not give its figures.
    pub(crate) fn of(reply: &Reply) -> Option<Self> {
        let server = reply.timing.server?;
        Some(Sample {
            waited: queue_time(reply)?.saturating_sub(UNAVOIDABLE),
            service: server.prompt? + server.generation?,
        })
    }
}

/// The search for the number of slots.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    limit: u32,
    most: u32,
    settled: bool,
    quiet: u32,
    answers: u32,
    waited: Duration,
    service: Duration,
}

impl Search {
    pub(crate) fn new(most: u32) -> Self {
        Search {
            limit: FIRST.min(most),
            most,
            settled: false,
            quiet: 0,
            answers: 0,
            waited: Duration::ZERO,
            service: Duration::ZERO,
        }
    }

    /// How many requests may be under way.
    pub(crate) fn limit(&self) -> u32 {
        self.limit
    }

    /// Takes in an answer to a request that was sent while as many were under way as may be, and has been ever since the
    /// limit changed last. True where the limit has changed.
    pub(crate) fn observe(&mut self, sample: Sample) -> bool {
        self.answers += 1;
        self.waited += sample.waited;
        self.service += sample.service;
        let window = if self.settled {
            SETTLED_WINDOW.max(2 * self.limit)
        } else {
            self.limit
        };
        if self.answers < window {
            return false;
        }
        let all = (self.waited + self.service).as_secs_f64();
        let share = if all > 0.0 {
            self.service.as_secs_f64() / all
        } else {
            1.0
        };
        (self.answers, self.waited, self.service) = (0, Duration::ZERO, Duration::ZERO);
        let before = self.limit;
        let at_work = (f64::from(self.limit) * share).round() as u32;
        if at_work < self.limit {
            self.limit = at_work.max(1);
            (self.settled, self.quiet) = (true, 0);
        } else if !self.settled {
            self.limit = (self.limit * 2).min(self.most);
            self.settled = self.limit == before;
        } else {
            self.quiet += 1;
            if self.quiet >= PATIENCE {
                self.limit = (self.limit + 1).min(self.most);
                self.quiet = 0;
            }
        }
        self.limit != before
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    /// Questions that always keep as many under way as may be, and a server with a fixed number of slots that serves
    /// them in turn. Service times differ by half. Answers the limit after each answer.
    fn limits(slots: usize, questions: usize) -> Vec<u32> {
        let mut search = Search::new(32);
        let mut slots: BinaryHeap<Reverse<u64>> = (0..slots).map(|_| Reverse(0)).collect();
        // When each request under way ends, when the limit it was sent under was set, and what it tells.
        let mut under_way: Vec<(u64, u32, Sample)> = Vec::new();
        let (mut now, mut epoch, mut limits) = (0_u64, 0_u32, Vec::new());
        for number in 0..questions {
            while under_way.len() >= search.limit() as usize {
                under_way.sort_by_key(|(end, ..)| *end);
                let (end, sent_in, sample) = under_way.remove(0);
                now = end;
                if sent_in == epoch && search.observe(sample) {
                    epoch += 1;
                }
                limits.push(search.limit());
            }
            let Reverse(free) = slots.pop().expect("there are slots");
            let begin = free.max(now);
            let service = 4000 + (number as u64 * 977) % 4000;
            slots.push(Reverse(begin + service));
            let sample = Sample {
                waited: Duration::from_millis(begin - now),
                service: Duration::from_millis(service),
            };
            under_way.push((begin + service, epoch, sample));
        }
        limits
    }

    #[test]
    fn it_settles_within_one_of_the_number_of_slots_in_under_sixty_questions_and_stays_there() {
        for slots in [1, 2, 4, 8] {
            let limits = limits(slots, 400);
            let off = limits.iter().skip(59).find(|limit| limit.abs_diff(slots as u32) > 1);
            assert_eq!(off, None, "{slots} slots: {limits:?}");
        }
    }

    #[test]
    fn a_server_with_more_slots_than_may_be_used_gets_the_most_that_may() {
        let limits = limits(100, 400);
        assert_eq!(limits.last(), Some(&32));
    }

    #[test]
    fn answers_that_say_nothing_of_their_time_tell_nothing() {
        let reply = Reply {
            text: String::new(),
            thinking: None,
            stop: koderz_api::chat::StopReason::Finished,
            usage: Default::default(),
            timing: Default::default(),
            attempts: 1,
            raw: None,
        };
        assert_eq!(Sample::of(&reply), None);
    }
}
