//! How the pieces of an answer came, in little room: the longest gap in each part of its time, and where it stalled.

use koderz_api::timing::no_stall;
use std::time::Duration;

/// Into how many parts the time is divided.
pub(crate) const CELLS: usize = 96;

/// Stalls that are kept, the longest ones; all are counted.
const KEPT: usize = 8;

/// Gaps between the pieces of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Strip {
    /// The gap in the middle of all.
    pub(crate) usual: Duration,
    /// From the first piece to the last.
    pub(crate) length: Duration,
    /// The longest gap that reaches into each part of that, in order.
    pub(crate) cells: Vec<Duration>,
    /// The longest stalls: when each began, after the first piece, and how long it was.
    pub(crate) stalls: Vec<(Duration, Duration)>,
    /// How many there were.
    pub(crate) stalled: usize,
}

impl Strip {
    /// None for fewer than three pieces: no gap is usual then.
    pub(crate) fn of(chunks: &[Duration]) -> Option<Self> {
        let (first, last) = (*chunks.first()?, *chunks.last()?);
        let length = last.checked_sub(first).filter(|length| !length.is_zero())?;
        let gaps: Vec<(Duration, Duration)> = chunks
            .windows(2)
            .map(|pair| (pair[0].saturating_sub(first), pair[1].saturating_sub(pair[0])))
            .collect();
        let mut lengths: Vec<Duration> = gaps.iter().map(|(_, gap)| *gap).collect();
        lengths.sort_unstable();
        let usual = *lengths.get(lengths.len() / 2).filter(|_| lengths.len() >= 2)?;
        let limit = no_stall(usual);
        let mut stalls: Vec<(Duration, Duration)> = gaps.iter().copied().filter(|(_, gap)| *gap > limit).collect();
        let stalled = stalls.len();
        stalls.sort_by_key(|(_, gap)| std::cmp::Reverse(*gap));
        stalls.truncate(KEPT);
        let mut cells = vec![Duration::ZERO; CELLS];
        let place = |at: Duration| ((at.as_secs_f64() / length.as_secs_f64() * CELLS as f64) as usize).min(CELLS - 1);
        for (at, gap) in gaps {
            for cell in &mut cells[place(at)..=place(at + gap)] {
                *cell = gap.max(*cell);
            }
        }
        Some(Strip {
            usual,
            length,
            cells,
            stalls,
            stalled,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strip(gaps: &[u64]) -> Option<Strip> {
        let mut at = 500;
        let chunks: Vec<Duration> = std::iter::once(0)
            .chain(gaps.iter().copied())
            .map(|gap| {
                at += gap;
                Duration::from_millis(at)
            })
            .collect();
        Strip::of(&chunks)
    }

    #[test]
    fn a_stall_is_where_it_was_and_as_long() {
        let mut gaps = vec![20; 200];
        gaps[100] = 900;
        let strip = strip(&gaps).expect("gaps");
        assert_eq!((strip.usual.as_millis(), strip.stalled), (20, 1));
        assert_eq!(strip.stalls[0].0.as_millis(), 2000);
        assert_eq!(strip.stalls[0].1.as_millis(), 900);
        let long = strip.cells.iter().filter(|gap| gap.as_millis() == 900).count();
        // 900 ms of 4.88 s are 17.7 of 96 cells.
        assert!((18..=19).contains(&long), "{long}");
    }

    #[test]
    fn however_many_pieces_there_are_it_stays_small() {
        let strip = strip(&[[1; 10].as_slice(), &[200]].concat().repeat(1000)).expect("gaps");
        assert_eq!(
            (strip.cells.len(), strip.stalls.len(), strip.stalled),
            (CELLS, KEPT, 1000)
        );
    }

    #[test]
    fn two_pieces_have_no_usual_gap() {
        assert!(strip(&[5]).is_none() && strip(&[]).is_none() && strip(&[0, 0]).is_none());
    }
}
