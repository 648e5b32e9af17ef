//! What a program may use up, and how much it has.
//!
//! Time is counted on the processor of the thread that runs the program, so that a busy machine does not change a
//! verdict; or in instructions, so that another machine does not change it either. Judge and subject share a thread and
//! take turns, so each has a budget of its own that stands still while the other works.

use crate::engine::{Counting, INSTRUCTIONS};
use koderz_api::execution::Limits;
use std::fmt;
use std::time::{Duration, Instant};

/// Which limit was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overrun {
    Cpu,
    Wall,
    Memory,
    Output,
}

impl fmt::Display for Overrun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Overrun::Cpu => "limit of processor time reached",
            Overrun::Wall => "limit of time reached",
            Overrun::Memory => "limit of memory reached",
            Overrun::Output => "limit of output reached",
        })
    }
}

impl std::error::Error for Overrun {}

/// Time of one instance.
pub(crate) struct Budget {
    cpu_limit: Duration,
    wall_limit: Duration,
    cpu: Duration,
    /// Their sum and not their times', each of which would be rounded.
    instructions: u64,
    wall: Duration,
    turn: Option<(Duration, Instant)>,
    counting: Counting,
}

impl Budget {
    /// A budget whose first turn begins now.
    pub(crate) fn new(limits: &Limits, counting: Counting) -> Self {
        let turn = Some((thread_time(), Instant::now()));
        Budget {
            cpu_limit: limits.cpu,
            wall_limit: limits.wall,
            cpu: Duration::ZERO,
            instructions: 0,
            wall: Duration::ZERO,
            turn,
            counting,
        }
    }

    /// Ends a turn.
    pub(crate) fn pause(&mut self) {
        self.cpu += self.turn_on_processor();
        self.wall = self.wall();
        self.turn = None;
    }

    /// Begins a turn.
    pub(crate) fn resume(&mut self) {
        self.turn.get_or_insert_with(|| (thread_time(), Instant::now()));
    }

    /// Counts time that the program asked to sleep as if it had worked, up to its limit and no further: it has not slept.
    pub(crate) fn charge(&mut self, time: Duration) {
        self.cpu += time.min(self.cpu_limit.saturating_sub(self.cpu()));
    }

    /// Counts instructions. Nothing else is counted where they are.
    pub(crate) fn count(&mut self, instructions: u64) {
        self.instructions += instructions;
    }

    /// Time on the processor so far.
    pub(crate) fn cpu(&self) -> Duration {
        let before = self.cpu.saturating_add(time_of(self.instructions));
        before.saturating_add(self.turn_on_processor())
    }

    fn turn_on_processor(&self) -> Duration {
        match (self.turn, self.counting) {
            (Some((before, _)), Counting::ProcessorTime) => thread_time().saturating_sub(before),
            _ => Duration::ZERO,
        }
    }

    fn wall(&self) -> Duration {
        let turn = self.turn.map_or(Duration::ZERO, |(_, wall)| wall.elapsed());
        self.wall.saturating_add(turn)
    }

    /// Which limit of time is met, if one is.
    pub(crate) fn overrun(&self) -> Option<Overrun> {
        if self.cpu() >= self.cpu_limit {
            Some(Overrun::Cpu)
        } else if self.wall() >= self.wall_limit {
            Some(Overrun::Wall)
        } else {
            None
        }
    }
}

/// The instructions that stand for a time.
pub(crate) fn instructions_of(time: Duration) -> u64 {
    let instructions = time.as_nanos() * u128::from(INSTRUCTIONS) / 1_000_000_000;
    u64::try_from(instructions).unwrap_or(u64::MAX)
}

/// The time that stands for instructions, rounded up: who has used up all that a time stands for has used up the time.
fn time_of(instructions: u64) -> Duration {
    let nanos = (u128::from(instructions) * 1_000_000_000).div_ceil(u128::from(INSTRUCTIONS));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// Time that this thread has spent on the processor.
#[cfg(unix)]
pub(crate) fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Where no clock of a thread is at hand, time that passed stands for it: a busy machine then counts against programs.
#[cfg(not(unix))]
pub(crate) fn thread_time() -> Duration {
    use std::sync::OnceLock;
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    BEGAN.get_or_init(Instant::now).elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(cpu: Duration) -> Limits {
        Limits {
            cpu,
            wall: Duration::from_secs(1000),
            memory_bytes: 0,
            output_bytes: 0,
        }
    }

    #[test]
    fn sleeping_is_charged_as_work() {
        let mut budget = Budget::new(&limits(Duration::from_secs(5)), Counting::ProcessorTime);
        budget.charge(Duration::from_secs(4));
        assert_eq!(budget.overrun(), None);
        budget.charge(Duration::from_secs(1_000_000_000));
        assert_eq!(budget.overrun(), Some(Overrun::Cpu));
        let said = budget.cpu();
        assert!(said < Duration::from_secs(6), "it has not worked for {said:?}");
    }

    #[test]
    fn where_instructions_are_counted_nothing_else_is() {
        let mut budget = Budget::new(&limits(Duration::from_secs(5)), Counting::Instructions);
        budget.count(instructions_of(Duration::from_secs(3)));
        assert_eq!(budget.cpu(), Duration::from_secs(3));
        budget.charge(Duration::from_secs(1));
        assert_eq!((budget.cpu(), budget.overrun()), (Duration::from_secs(4), None));
        // One after the other comes to the same as all at once.
        let left = instructions_of(Duration::from_secs(1));
        for count in [1, 3, left - 4] {
            assert_eq!(budget.overrun(), None);
            budget.count(count);
        }
        assert_eq!(budget.overrun(), Some(Overrun::Cpu));
    }

    #[test]
    fn a_budget_stands_still_between_turns() {
        let mut budget = Budget::new(&limits(Duration::from_secs(5)), Counting::ProcessorTime);
        budget.pause();
        let before = budget.cpu();
        let busy: u64 = (0..2_000_000_u64).fold(0, |sum, value| sum ^ value.wrapping_mul(31));
        assert_eq!(budget.cpu(), before, "{busy}");
        budget.resume();
        assert!(budget.cpu() >= before);
    }

    #[test]
    fn the_net_on_the_clock_is_apart_from_the_limit_on_the_processor() {
        let limits = Limits {
            wall: Duration::ZERO,
            ..limits(Duration::from_secs(5))
        };
        assert_eq!(
            Budget::new(&limits, Counting::ProcessorTime).overrun(),
            Some(Overrun::Wall)
        );
    }
}
