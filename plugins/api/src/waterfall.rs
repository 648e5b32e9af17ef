//! Where the time of an answer went, by two clocks that are held against each other.
//!
//! Until the first token only the server knows: the load, the wait for a slot, the prompt. From there on this side has
//! seen it: the tokens, and the end after the last of them. Together they have to come to the time that passed here.

use crate::chat::{Timing, Usage};
use std::time::Duration;

/// How far off what is explained may be from what passed, as a time or as a part of it, whichever is more.
const ALLOWED: (Duration, f64) = (Duration::from_millis(2), 0.01);

/// The parts of an answer's time, in their order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Waterfall {
    /// From the planned start to the attempt that was answered: earlier attempts, their pauses, and this machine.
    pub lag: Duration,
    /// Making a connection.
    pub connect: Duration,
    /// The server's load of the model.
    pub load: Duration,
    /// What none of the server's phases accounts for: the wait for a slot.
    pub queue: Duration,
    /// The server's reading of the prompt.
    pub prefill: Duration,
    /// From the first token to the last, as seen here. The step that ends in the first one is in it where the server
    /// counts it so, and those between the tokens that came together with it.
    pub decode: Duration,
    /// From the last token to the end, as seen here.
    pub tail: Duration,
    /// From the planned start to the end.
    pub whole: Duration,
    /// Whether the parts come to the whole, and the server's whole time to the client's.
    pub reconciled: bool,
}

impl Waterfall {
    /// None where the server does not say its times, or no token came.
    pub fn of(timing: &Timing, usage: &Usage) -> Option<Self> {
        let server = timing.server?;
        let (total, prefill, generation) = (server.total?, server.prompt?, server.generation?);
        let (first, last) = (timing.first_token?, timing.last_token?);
        let load = server.load.unwrap_or_default();
        let queue = total.saturating_sub(load + prefill + generation);
        let before = load + queue + prefill;
        // Servers before llama-server took the step of the first token for one of the answer; later ones for one of the
        // prompt. And where several tokens make a piece, the first of them is seen with the last. Which it is, is seen
        // from what it leaves over.
        let tokens = usage.output_tokens.unwrap_or(1).max(1);
        let together = together(tokens, timing.chunks.len());
        let steps = [0, 1, together - 1, together].map(|steps| generation / tokens * steps);
        let step = steps.into_iter().min_by_key(|step| first.abs_diff(before + *step));
        let step = step.unwrap_or_default();
        let allowed = ALLOWED.0.max(timing.total.mul_f64(ALLOWED.1));
        let left_over = first.abs_diff(before + step);
        Some(Waterfall {
            lag: timing.lag.saturating_sub(timing.connect),
            connect: timing.connect,
            load,
            queue,
            prefill,
            decode: step + last.saturating_sub(first),
            tail: timing.total.saturating_sub(last),
            whole: timing.lag + timing.total,
            reconciled: left_over <= allowed && total.abs_diff(timing.total) <= allowed,
        })
    }

    /// The parts by name, in their order.
    pub fn parts(&self) -> [(&'static str, Duration); 7] {
        [
            ("lag", self.lag),
            ("connect", self.connect),
            ("load", self.load),
            ("queue", self.queue),
            ("prefill", self.prefill),
            ("decode", self.decode),
            ("tail", self.tail),
        ]
    }
}

/// How many tokens a piece has, as a rule. Of one or two pieces that cannot be told: somebody may have collected them.
fn together(tokens: u32, pieces: usize) -> u32 {
    match u32::try_from(pieces) {
        Ok(pieces @ 3..) => ((tokens + pieces / 2) / pieces).max(1),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::ServerTiming;

    /// An answer of eleven tokens, one every 10 ms, after 5 ms of load, 20 ms of waiting and 75 ms of reading. The first
    /// token is seen after so many milliseconds.
    fn seen(first: u64) -> Timing {
        let millis = Duration::from_millis;
        Timing {
            lag: millis(7),
            connect: millis(3),
            total: millis(first + 101),
            first_token: Some(millis(first)),
            last_token: Some(millis(first + 100)),
            server: Some(ServerTiming {
                total: Some(millis(200)),
                load: Some(millis(5)),
                prompt: Some(millis(75)),
                generation: Some(millis(100)),
            }),
            ..Timing::default()
        }
    }

    fn waterfall(timing: &Timing) -> Option<Waterfall> {
        let usage = Usage {
            input_tokens: Some(75),
            output_tokens: Some(11),
        };
        Waterfall::of(timing, &usage)
    }

    #[test]
    fn the_parts_come_to_the_time_that_passed() {
        let waterfall = waterfall(&seen(101)).expect("times");
        let parts = waterfall.parts().map(|(_, time)| time.as_millis());
        assert_eq!(parts, [4, 3, 5, 20, 75, 100, 1]);
        let sum: Duration = waterfall.parts().iter().map(|(_, time)| *time).sum();
        assert!(
            waterfall.whole.abs_diff(sum) <= Duration::from_millis(1),
            "{waterfall:?}"
        );
        assert!(waterfall.reconciled);
    }

    #[test]
    fn the_step_of_the_first_token_may_be_the_prompts_or_the_answers() {
        let mut late = seen(110);
        let server = late.server.as_mut().expect("times");
        (server.total, server.generation) = (Some(Duration::from_millis(210)), Some(Duration::from_millis(110)));
        let waterfall = waterfall(&late).expect("times");
        assert!(
            waterfall.reconciled && waterfall.decode.as_millis() == 110,
            "{waterfall:?}"
        );
    }

    #[test]
    fn the_first_of_several_tokens_to_a_piece_is_seen_with_the_last_of_them() {
        let of_pieces = |pieces: u64| {
            let mut timing = seen(120);
            timing.chunks = (0..pieces).map(|piece| Duration::from_millis(120 + piece)).collect();
            let server = timing.server.as_mut().expect("times");
            (server.total, server.generation) = (Some(Duration::from_millis(220)), Some(Duration::from_millis(120)));
            waterfall(&timing).expect("times")
        };
        // Eleven tokens, three to a piece: two steps of 11 ms behind the first.
        let three = of_pieces(4);
        assert!(three.reconciled && three.decode.as_millis() == 121, "{three:?}");
        assert!(!of_pieces(11).reconciled, "each had a piece of its own");
        assert!(!of_pieces(2).reconciled, "somebody may have collected them");
    }

    #[test]
    fn what_the_server_does_not_account_for_is_not_explained() {
        for first in [80, 116] {
            let waterfall = waterfall(&seen(first)).expect("times");
            assert!(!waterfall.reconciled, "{first}: {waterfall:?}");
        }
        let mut collected = seen(101);
        // A gateway that hands over everything at the end.
        collected.first_token = collected.last_token;
        assert!(!waterfall(&collected).expect("times").reconciled);
        collected.server = None;
        assert_eq!(waterfall(&collected), None);
    }
}
