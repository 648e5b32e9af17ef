//! How many questions a model answers at once, found from a handful that were asked together.
//!
//! A question that finds no slot waits in a queue without limit and without a word, but the server's own times show it:
//! what load, prompt and generation leave of the whole was waited. As long as anybody waits, all slots are at work. So the
//! number of slots is the time that was worked while somebody waited, over the time for which somebody did. Unlike the
//! search of a run, which can keep as many under way as it likes, this needs no steady state.

use koderz_api::chat::Reply;
use koderz_core::timing::queue_time;
use std::time::Duration;

/// A wait that need not have been for a slot: templates, tokenizers and connections take some milliseconds of every answer.
const UNAVOIDABLE: Duration = Duration::from_millis(20);

/// The share of a usual answer's work below which a wait was none either.
const NEGLIGIBLE: f64 = 0.1;

/// An answer, as far as it tells something of the slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    waited: Duration,
    worked: Duration,
}

/// How many questions are answered at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slots {
    Exactly(u32),
    /// As many as were asked, and perhaps more.
    AtLeast(u32),
}

impl Answer {
    /// None where the server leaves out a time.
    pub(crate) fn of(reply: &Reply) -> Option<Self> {
        let server = reply.timing.server?;
        Some(Answer {
            waited: queue_time(reply)?,
            worked: server.prompt? + server.generation?,
        })
    }
}

/// The number of slots, from the answers to questions that were asked at the same time. None without answers.
pub(crate) fn slots(answers: &[Answer]) -> Option<Slots> {
    let asked = u32::try_from(answers.len()).ok().filter(|asked| *asked > 0)?;
    let work: Duration = answers.iter().map(|answer| answer.worked).sum();
    let negligible = UNAVOIDABLE.max((work / asked).mul_f64(NEGLIGIBLE));
    // All were asked at 0, so this is for how long somebody waited.
    let waiting = answers.iter().map(|answer| answer.waited).max()?;
    if waiting <= negligible {
        return Some(Slots::AtLeast(asked));
    }
    let worked: Duration = answers
        .iter()
        .map(|answer| answer.worked.min(waiting - answer.waited))
        .sum();
    let at_work = (worked.as_secs_f64() / waiting.as_secs_f64()).round() as u32;
    Some(Slots::Exactly(at_work.clamp(1, asked)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers as (waited, worked) in milliseconds.
    fn found(answers: &[(u64, u64)]) -> Option<Slots> {
        let answers: Vec<Answer> = answers
            .iter()
            .map(|(waited, worked)| Answer {
                waited: Duration::from_millis(*waited),
                worked: Duration::from_millis(*worked),
            })
            .collect();
        slots(&answers)
    }

    /// A server with so many slots that takes 400 ms and up for each of eight questions.
    fn served(slots: usize) -> Vec<(u64, u64)> {
        let mut free = vec![3; slots];
        (0..8)
            .map(|question| {
                free.sort_unstable();
                let (begin, work) = (free[0], 400 + 30 * question);
                free[0] += work;
                (begin, work)
            })
            .collect()
    }

    #[test]
    fn every_number_of_slots_below_that_of_the_questions_is_found() {
        for number in 1..8 {
            let expected = Slots::Exactly(u32::try_from(number).expect("small"));
            assert_eq!(found(&served(number)), Some(expected), "{:?}", served(number));
        }
        assert_eq!(found(&served(8)), Some(Slots::AtLeast(8)));
    }

    #[test]
    fn waits_of_milliseconds_are_no_queue() {
        assert_eq!(found(&[(12, 30), (18, 30), (3, 30)]), Some(Slots::AtLeast(3)));
        assert_eq!(found(&[(90, 2000), (150, 2000), (3, 2000)]), Some(Slots::AtLeast(3)));
    }

    #[test]
    fn a_real_server_is_read_rightly() {
        // Ollama 0.32.15 on two busy cores, a real model. One slot, eight questions:
        let one = [
            (11, 723),
            (2876, 6544),
            (740, 1239),
            (1995, 875),
            (10358, 619),
            (10979, 841),
            (9427, 930),
            (11837, 5246),
        ];
        assert_eq!(found(&one), Some(Slots::Exactly(1)));
        // OLLAMA_NUM_PARALLEL=4, six questions:
        let four = [
            (3, 24874),
            (170, 25172),
            (25003, 1943),
            (145, 25167),
            (25326, 1687),
            (144, 25171),
        ];
        assert_eq!(found(&four), Some(Slots::Exactly(4)));
    }

    #[test]
    fn no_answers_tell_nothing() {
        assert_eq!(found(&[]), None);
    }
}
