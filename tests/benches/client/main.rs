//! What asking costs the client: processor time for each token of a streamed answer, beside two clients in Python; and
//! how late each of them says that a token came.
//!
//! Three processes at a time, so that each has its processor time for itself: this one, which only starts the others and
//! reckons; the embedded server; and one client, ours or a peer. The clients take turns within one run, since a machine
//! is not as fast in one minute as in the next. Without `--bench`, which cargo passes, it is a short trial.

#![expect(clippy::print_stdout, reason = "the figures are what a benchmark is for")]

mod arrivals;
mod asker;
mod figures;
mod load;
mod measured;
mod peer;
mod server;
mod spread;

use figures::Figures;
use measured::{Measured, measure};
use spread::Spread;
use std::process::ExitCode;

/// Measurements of each client with each load.
const ROUNDS: usize = 7;

/// Those that ours is measured beside.
const PEERS: [&str; 2] = ["httpx", "ollama"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if measured::is_started(&words) {
        return ExitCode::SUCCESS;
    }
    compare(words.contains(&"--bench"))
}

fn compare(in_full: bool) -> ExitCode {
    let Some(python) = peer::python() else {
        eprintln!("error: there is no Python with httpx to compare with\nhint: `cargo xtask bench client` installs it");
        return ExitCode::FAILURE;
    };
    for load in load::ALL {
        let load = if in_full { load } else { load.short() };
        let measured = measure(&python, &PEERS, &load, if in_full { ROUNDS } else { 1 });
        println!("\n{}", load.told());
        println!("  client   questions/s   tokens/s   processor time per token");
        for Measured { client, figures, .. } in &measured {
            let of = |value: fn(&Figures) -> f64| Spread::of(figures.iter().map(value));
            println!(
                "  {client:<8} {:>11.1} {:>10.0}   {} µs",
                of(Figures::questions_per_second).median,
                of(Figures::tokens_per_second).median,
                of(Figures::microseconds_per_token),
            );
        }
        for peer in &measured[1..] {
            let ratios = measured[0].figures.iter().zip(&peer.figures);
            let ratios = ratios.map(|(ours, theirs)| theirs.microseconds_per_token() / ours.microseconds_per_token());
            println!(
                "  {} takes {} times the processor time",
                peer.client,
                Spread::of(ratios)
            );
        }
        if load.stamped {
            println!(
                "  client    first token: median, 99 %   each token: median, 99 %   (ms after the server wrote it)"
            );
            for Measured { client, errors, .. } in &measured {
                println!("  {client:<8} {}", errors.told());
            }
        }
    }
    ExitCode::SUCCESS
}
