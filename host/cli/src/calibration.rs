//! How far off this machine is when it times an answer: found by timing answers whose times are known.

use anyhow::{Context, Result};
use koderz_api::chat::{Capture, Format, Prompt, Reply, Request, Sampling};
use koderz_core::event::Instrument;
use koderz_core::ports::{Model, Question};
use koderz_simulator::{Beats, Metronome};
use koderz_transport::{Address, Ollama, Timeouts};
use std::time::Duration;

/// Pieces of an answer, and the time between two of them.
const PIECES: u32 = 25;
const DISTANCE: Duration = Duration::from_millis(2);

/// Which of the errors, in order, is told: 95 of 100 are within it.
const SHARE: f64 = 0.95;

/// Times answers for so long. That it cannot be done is told, and no error.
pub(crate) async fn calibrate(time: Duration) -> Option<Instrument> {
    match timed(time).await {
        Ok(instrument) => Some(instrument),
        Err(error) => {
            tracing::warn!("how far off this machine's own times are is not known: {error:#}");
            None
        }
    }
}

async fn timed(time: Duration) -> Result<Instrument> {
    let metronome = Metronome::start(PIECES, DISTANCE).context("listen on this machine")?;
    let address = Address::parse(&metronome.url()).context("the address of a socket")?;
    let client = Ollama::new(address, Timeouts::default())?;
    let answers = (time.as_secs_f64() / (DISTANCE * PIECES).as_secs_f64())
        .round()
        .max(2.0) as usize;
    // The first one makes the connection, and its code is run for the first time: it is not counted.
    let mut replies = Vec::new();
    for _ in 0..=answers {
        let reply = client.attempt(&question()).await;
        replies.push(reply.map_err(|error| anyhow::anyhow!("{error:?}"))?);
    }
    compared(&replies[1..], &metronome.beats()[1..])
}

/// How far the times of answers are off those that are known.
fn compared(replies: &[Reply], beats: &[Beats]) -> Result<Instrument> {
    let known = replies.iter().zip(beats);
    let first = within(known.clone().filter_map(first_token).collect());
    let gaps: Vec<Duration> = known.flat_map(gaps).collect();
    let count = gaps.len();
    Ok(Instrument {
        first_token: first.context("no answer had a token")?,
        gap: within(gaps).context("no answer had two pieces")?,
        answers: replies.len() as u32,
        gaps: count as u32,
    })
}

fn first_token((reply, beats): (&Reply, &Beats)) -> Option<Duration> {
    let known = *beats.written.first()? - beats.heard;
    Some(reply.timing.first_token?.abs_diff(known))
}

fn gaps((reply, beats): (&Reply, &Beats)) -> Vec<Duration> {
    let seen = reply.timing.chunks.windows(2).map(|pair| pair[1] - pair[0]);
    let known = beats.written.windows(2).map(|pair| pair[1] - pair[0]);
    seen.zip(known).map(|(seen, known)| seen.abs_diff(known)).collect()
}

fn within(mut errors: Vec<Duration>) -> Option<Duration> {
    errors.sort_unstable();
    let place = (errors.len() as f64 * SHARE).ceil() as usize;
    errors.get(place.max(1) - 1).copied()
}

fn question() -> Question {
    Question {
        model: "m".to_owned(),
        request: Request {
            slot: "subject".to_owned(),
            prompt: Prompt::Completion("x".to_owned()),
            format: Format::Text,
            sampling: Sampling::default(),
            capture: Capture {
                chunk_times: true,
                ..Capture::default()
            },
            extra: None,
        },
        context_tokens: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use koderz_api::chat::{StopReason, Timing, Usage};
    use std::time::Instant;

    #[test]
    fn nineteen_of_twenty_errors_are_within_what_is_told() {
        let errors = |count: u64| within((1..=count).rev().map(Duration::from_micros).collect());
        assert_eq!(errors(20), Some(Duration::from_micros(19)));
        assert_eq!((errors(1), errors(0)), (Some(Duration::from_micros(1)), None));
    }

    /// An answer by the client's clock, in microseconds since its question was sent.
    fn reply(pieces: &[u64]) -> Reply {
        let chunks: Vec<Duration> = pieces.iter().copied().map(Duration::from_micros).collect();
        Reply {
            text: String::new(),
            thinking: None,
            stop: StopReason::Finished,
            usage: Usage::default(),
            timing: Timing {
                first_token: chunks.first().copied(),
                chunks,
                ..Timing::default()
            },
            attempts: 1,
            raw: None,
        }
    }

    /// The same by the server's, since it had heard the question.
    fn beats(pieces: &[u64]) -> Beats {
        let heard = Instant::now();
        Beats {
            heard,
            written: pieces
                .iter()
                .map(|piece| heard + Duration::from_micros(*piece))
                .collect(),
        }
    }

    #[test]
    fn times_are_held_against_those_that_are_known() {
        let replies = [reply(&[2100, 4100, 6150]), reply(&[2050, 4000, 6000]), reply(&[])];
        let known = [
            beats(&[2000, 4000, 6000]),
            beats(&[2000, 4000, 6000]),
            beats(&[2000, 4000]),
        ];
        let found = compared(&replies, &known).expect("pieces");
        let micros = Duration::from_micros;
        assert_eq!((found.first_token, found.gap), (micros(100), micros(50)));
        assert_eq!((found.answers, found.gaps), (3, 4));
        assert!(compared(&[reply(&[])], &[beats(&[2000])]).is_err());
        assert!(compared(&[reply(&[2000])], &[beats(&[2000])]).is_err());
    }

    #[tokio::test]
    async fn as_many_answers_are_asked_for_as_the_time_has_room_for() {
        let instrument = timed(DISTANCE * PIECES * 4).await.expect("it can listen");
        assert_eq!((instrument.answers, instrument.gaps), (4, 4 * (PIECES - 1)));
    }
}
