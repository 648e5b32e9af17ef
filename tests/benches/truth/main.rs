//! How far off the speed test is, by what the embedded server writes down of what really happened.
//!
//! The real binary measures servers of which everything is set: how fast they read and write, how they cut what they
//! send, how many questions they take at once. It is the release's where there is one. Then many streams come at once to
//! our client and to Python's httpx, and when they say that tokens came is held against when the server had written them.
//! Without `--bench`, which cargo passes, it is a short trial.

#![expect(clippy::print_stdout, reason = "the figures are what a benchmark is for")]

#[path = "../client/arrivals.rs"]
mod arrivals;
#[path = "../client/asker.rs"]
mod asker;
#[path = "../client/figures.rs"]
mod figures;
#[path = "../client/load.rs"]
mod load;
#[path = "../client/measured.rs"]
mod measured;
#[path = "../client/peer.rs"]
mod peer;
mod row;
#[path = "../client/server.rs"]
mod server;
mod setting;

use koderz_tests::Koderz;
use measured::{Measured, measure};
use row::Row;
use setting::Setting;
use std::process::ExitCode;
use tokio::runtime::Runtime;

/// Measurements of each client.
const ROUNDS: usize = 5;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if measured::is_started(&words) {
        return ExitCode::SUCCESS;
    }
    let in_full = words.contains(&"--bench");
    let Some(python) = peer::python() else {
        eprintln!("error: there is no Python with httpx to compare with\nhint: `cargo xtask bench truth` installs it");
        return ExitCode::FAILURE;
    };
    let mut settings = setting::all();
    if !in_full {
        settings.truncate(2);
    }
    let rows = grid(&settings);
    sum_up(&rows);
    let (load, rounds) = if in_full {
        (load::PACED, ROUNDS)
    } else {
        (load::PACED.short(), 1)
    };
    println!("\n{}", load.told());
    println!("  client    first token: median, 99 %   each token: median, 99 %   (ms after the server wrote it)");
    for Measured { client, errors, .. } in measure(&python, &["httpx"], &load, rounds) {
        println!("  {client:<8} {}", errors.told());
    }
    ExitCode::SUCCESS
}

/// Tries all settings, and prints how far off the figures are under each.
fn grid(settings: &[Setting]) -> Vec<Row> {
    let (runtime, user) = (Runtime::new().expect("a runtime"), Koderz::new());
    println!(" reads writes  chunking       parallel  cache   decode prefill   load, ms queue, ms  unreconciled");
    let rows = settings.iter().map(|setting| {
        let row = runtime.block_on(row::row(setting, &user));
        let percent = |part: f64| part * 100.0;
        println!(
            "{setting} {:>+7.2}% {:>+6.2}% {:>10.2} {:>9.2}  {:>3} of {:<3} {} {}",
            percent(row.decode),
            percent(row.prefill),
            row.load,
            row.queue,
            row.unreconciled,
            row.questions,
            if row.is_near() { "" } else { "*" },
            row.flags.join(" "),
        );
        row
    });
    rows.collect()
}

fn sum_up(rows: &[Row]) {
    let count = |is: fn(&Row) -> bool| rows.iter().filter(|row| is(row)).count();
    println!("\nof {} settings:", rows.len());
    println!(
        "  decode within {} %: {}",
        row::DECODE * 100.0,
        count(|row| row.decode.abs() <= row::DECODE)
    );
    println!(
        "  prefill within {} %: {}",
        row::PREFILL * 100.0,
        count(|row| row.prefill.abs() <= row::PREFILL)
    );
    println!(
        "  load, each by itself, within {} ms: {}",
        row::LOADED,
        count(|row| row.load.abs() <= row::LOADED)
    );
    println!(
        "  queue within {} ms: {}",
        row::QUEUE,
        count(|row| row.queue.abs() <= row::QUEUE)
    );
    println!(
        "  load, the median of several, within {} ms: {}",
        row::LOADED,
        count(|row| row.median_load.abs() <= row::LOADED)
    );
    let sum = |of: fn(&Row) -> usize| rows.iter().map(of).sum::<usize>();
    let (questions, unreconciled) = (sum(|row| row.questions), sum(|row| row.unreconciled));
    let share = 100.0 * (questions - unreconciled) as f64 / questions as f64;
    println!("  of {questions} questions {share:.2} % reconcile");
    let first: Vec<f64> = rows.iter().flat_map(|row| row.first_tokens.iter().copied()).collect();
    println!(
        "  first token, less what the server took: median {:.3} ms, 99 % {:.3} ms",
        arrivals::percentile(&first, 0.5),
        arrivals::percentile(&first, 0.99)
    );
}
