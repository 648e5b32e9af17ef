//! What the server's own times tell about an answer that has come: whether it had to wait for a load, and for a slot.

use koderz_api::chat::Reply;
use koderz_api::timing::WARM;
use std::time::Duration;

/// Whether the model was brought into memory for this answer, or for one that the server had to serve before it. In a run
/// that loads its model first this means that somebody or something changed it in between. False where the server gives no
/// time.
pub fn reloaded(reply: &Reply) -> bool {
    let load = reply.timing.server.and_then(|server| server.load);
    load.is_some_and(|load| load > WARM)
}

/// How long the question waited for a slot of the runner: what its load, its prompt and its tokens leave of the server's
/// whole time. Some milliseconds for the template and the tokenizer are in it too. None where the server leaves a time out.
///
/// A thinking model that answers in a format may be asked twice by the server, which reports the times of the second pass
/// alone; the first is then part of this.
pub fn queue_time(reply: &Reply) -> Option<Duration> {
    let server = reply.timing.server?;
    let known = server.load? + server.prompt? + server.generation?;
    Some(server.total?.saturating_sub(known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use koderz_api::chat::{ServerTiming, StopReason, Timing, Usage};

    fn reply(server: Option<[Option<u64>; 4]>) -> Reply {
        let server = server.map(|times| {
            let [total, load, prompt, generation] = times.map(|time| time.map(Duration::from_millis));
            ServerTiming {
                total,
                load,
                prompt,
                generation,
            }
        });
        Reply {
            text: String::new(),
            thinking: None,
            stop: StopReason::Finished,
            usage: Usage::default(),
            timing: Timing {
                server,
                ..Timing::default()
            },
            attempts: 1,
            raw: None,
        }
    }

    #[test]
    fn a_load_of_more_than_a_quarter_of_a_second_was_one() {
        for (load, loaded) in [(Some(3), false), (Some(250), false), (Some(251), true), (None, false)] {
            let reply = reply(Some([Some(9000), load, Some(1), Some(1)]));
            assert_eq!(reloaded(&reply), loaded, "{load:?}");
        }
        assert!(!reloaded(&reply(None)));
    }

    #[test]
    fn what_the_other_times_leave_was_waited_for_a_slot() {
        let left = |times| queue_time(&reply(Some(times))).map(|left| left.as_millis());
        assert_eq!(left([Some(1000), Some(100), Some(200), Some(300)]), Some(400));
        assert_eq!(
            left([Some(1), Some(100), Some(200), Some(300)]),
            Some(0),
            "clocks may disagree"
        );
        for missing in 0..4 {
            let mut times = [Some(1000), Some(100), Some(200), Some(300)];
            times[missing] = None;
            assert_eq!(left(times), None);
        }
        assert_eq!(queue_time(&reply(None)), None);
    }
}
