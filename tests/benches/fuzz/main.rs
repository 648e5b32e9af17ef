//! Bytes that nobody meant: components with bytes changed, cut and doubled, given to the loader; and a shared library that
//! answers noise, called through every port.
//!
//! `-- loader SECONDS SEED` and `-- native SECONDS` run one of them for so long; without words both run for some seconds. A
//! finding is a panic of the host's or an end of the process. The bytes that were being tried are in the target folder.

#![expect(clippy::print_stdout, reason = "the figures are what a benchmark is for")]

mod bytes;
mod noise;

use koderz_tests::built;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let seconds = |text: &str| Duration::from_secs(text.parse().expect("seconds"));
    let short = Duration::from_secs(5);
    let sound = match words.as_slice() {
        ["loader", time, seed] => bytes::fuzz(seconds(time), seed.parse().expect("a seed")),
        ["native", time] => noise::fuzz(seconds(time)),
        _ => bytes::fuzz(short, 1) & noise::fuzz(short),
    };
    if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What `cargo xtask plugins` makes, which is built without optimisation whatever this is built with.
fn made(file: &str) -> PathBuf {
    built().with_file_name("debug").join(file)
}

/// Runs something that must not panic; false where it does.
fn holds(body: impl FnOnce() + std::panic::UnwindSafe) -> bool {
    std::panic::catch_unwind(body).is_ok()
}
