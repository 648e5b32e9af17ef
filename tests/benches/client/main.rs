//! What asking costs the client: processor time for each token of a streamed answer, beside Python's httpx.
//!
//! Three processes at a time, so that each has its processor time for itself: this one, which only starts the others and
//! reckons; the embedded server; and one client, ours or the peer. The two clients take turns within one run, since a
//! machine is not as fast in one minute as in the next. Without `--bench`, which cargo passes, it is a short trial.

#![expect(clippy::print_stdout, reason = "the figures are what a benchmark is for")]

mod asker;
mod figures;
mod load;
mod peer;
mod server;

use figures::{Figures, Spread};
use load::Load;
use std::process::{Command, ExitCode};

/// Pairs of measurements of each load.
const ROUNDS: usize = 7;

/// Clients, by the word that this program is started with.
const ASKER: &str = "asker";
const SERVER: &str = "server";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [SERVER] => server::serve(),
        [ASKER, url, load @ ..] => println!("{}", asker::ask(url, &Load::of_words(load)).line()),
        words => return compare(words.contains(&"--bench")),
    }
    ExitCode::SUCCESS
}

fn compare(in_full: bool) -> ExitCode {
    let Some(python) = peer::python() else {
        eprintln!("error: there is no Python with httpx to compare with\nhint: `cargo xtask bench client` installs it");
        return ExitCode::FAILURE;
    };
    let server = server::start();
    let rounds = if in_full { ROUNDS } else { 1 };
    for load in load::ALL {
        let load = if in_full { load } else { load.short() };
        println!("\n{}", load.told());
        println!("  client   questions/s   tokens/s   processor time per token");
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        let measure_ours = |ours: &mut Vec<Figures>| {
            let mut asker = Command::new(std::env::current_exe().expect("this program has a file"));
            asker.arg(ASKER).arg(server.url()).args(load.words());
            ours.push(Figures::measured(&mut asker));
        };
        let measure_theirs = |theirs: &mut Vec<Figures>| {
            theirs.push(Figures::measured(&mut peer::asker(&python, server.url(), &load)));
        };
        for round in 0..rounds {
            // Each goes first as often as the other.
            if round % 2 == 0 {
                measure_ours(&mut ours);
                measure_theirs(&mut theirs);
            } else {
                measure_theirs(&mut theirs);
                measure_ours(&mut ours);
            }
        }
        for (name, figures) in [("koderz", &ours), ("httpx", &theirs)] {
            let of = |value: fn(&Figures) -> f64| Spread::of(figures.iter().map(value));
            println!(
                "  {name:<8} {:>11.1} {:>10.0}   {} µs",
                of(Figures::questions_per_second).median,
                of(Figures::tokens_per_second).median,
                of(Figures::microseconds_per_token),
            );
        }
        let ratios = ours.iter().zip(&theirs);
        let ratios = ratios.map(|(ours, theirs)| theirs.microseconds_per_token() / ours.microseconds_per_token());
        println!("  httpx takes {} times the processor time", Spread::of(ratios));
    }
    ExitCode::SUCCESS
}
