//! What Linux says of a process.

use std::fs;
use std::time::Duration;

/// Clock ticks in a second, which is 100 on every Linux that programs are built for.
const TICKS: u32 = 100;

/// What a process has taken so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figures {
    /// The most memory that it had at once.
    pub(crate) most_bytes: u64,
    /// Processor time, user and system together.
    pub(crate) cpu: Duration,
}

impl Figures {
    /// None where the process has ended, and on other systems.
    pub(crate) fn of(process: u32) -> Option<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let most: u64 = most.trim().trim_end_matches(" kB").parse().ok()?;
        // The program's name comes first, in brackets, and may hold blanks.
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        let (_, rest) = stat.rsplit_once(')')?;
        let mut numbers = rest
            .split_whitespace()
            .skip(11)
            .map_while(|word| word.parse::<u32>().ok());
        let ticks = numbers.next()? + numbers.next()?;
        Some(Figures {
            most_bytes: most * 1024,
            cpu: Duration::from_secs(1) * ticks / TICKS,
        })
    }
}
