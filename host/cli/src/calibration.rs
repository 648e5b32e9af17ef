//! How far off this machine is when it times an answer: found by timing answers whose times are known.

use anyhow::{Context, Result};
use koderz_api::chat::{Capture, Format, Prompt, Reply, Request, Sampling};
use koderz_api::suite::{Stage, SuiteInfo};
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

/// Whether a suite has stages that measure times.
pub(crate) fn measures(info: &SuiteInfo) -> bool {
    info.stages.iter().any(Stage::is_timed)
}

/// Times answers for so long, where a suite has stages that measure times. That it cannot be done is told, and no error.
pub(crate) async fn calibrate(info: &SuiteInfo, time: Duration) -> Option<Instrument> {
    if !measures(info) || time.is_zero() {
        return None;
    }
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
    let beats = metronome.beats();
    let known = replies.iter().zip(&beats).skip(1);
    let first = within(known.clone().filter_map(first_token).collect());
    let gaps: Vec<Duration> = known.flat_map(gaps).collect();
    let count = gaps.len();
    Ok(Instrument {
        first_token: first.context("no answer had a token")?,
        gap: within(gaps).context("no answer had two pieces")?,
        answers: answers as u32,
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

    #[test]
    fn nineteen_of_twenty_errors_are_within_what_is_told() {
        let errors = |count: u64| within((1..=count).rev().map(Duration::from_micros).collect());
        assert_eq!(errors(20), Some(Duration::from_micros(19)));
        assert_eq!((errors(1), errors(0)), (Some(Duration::from_micros(1)), None));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn answers_whose_times_are_known_are_asked_for_and_compared() {
        let instrument = timed(Duration::from_millis(200)).await.expect("it can listen");
        // How many of them come as they should is a matter of the machine.
        assert!((1..=4).contains(&instrument.answers), "{instrument:?}");
        assert!(instrument.gaps <= instrument.answers * 24, "{instrument:?}");
    }
}
