//! What `--concurrency auto` is worth: its questions per second beside those of the best fixed number.
//!
//! Every run asks an embedded server of its own over HTTP, through the scheduler and the transport. Answers take 50 ms to
//! 150 ms, so that a run is short; a real model takes seconds, and then what happens between two answers matters less than
//! here. Runs against servers with the same number of slots go on at the same time: all of them mostly wait. Without
//! `--bench`, which cargo passes, it is a short trial.

#![expect(clippy::print_stdout, reason = "the figures are what a benchmark is for")]

mod ports;
mod questions;

use koderz_core::event::{End, Entry, Event};
use koderz_core::past::{Past, Remainder};
use koderz_core::plan::Concurrency;
use koderz_core::ports::Host;
use koderz_core::scheduler::{self, Ports};
use koderz_core::stop::brake;
use koderz_simulator::{Server, Setup};
use koderz_transport::{Address, Ollama, Timeouts};
use ports::{Memo, Never};
use questions::{Questions, plan};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::Runtime;

/// The slots of a server.
const SLOTS: [u32; 4] = [1, 2, 4, 8];

/// The fixed numbers that `auto` is compared with.
const FIXED: [u32; 8] = [1, 2, 3, 4, 6, 8, 12, 16];

/// Questions of a run.
const QUESTIONS: u64 = 300;

/// Runs with `auto`, of which the middle one counts. A fixed number has no luck to have.
const AUTOS: usize = 5;

fn main() {
    let in_full = std::env::args().any(|argument| argument == "--bench");
    let questions = if in_full { QUESTIONS } else { 20 };
    let runtime = Runtime::new().expect("a runtime");
    println!("{questions} questions; questions per second, of auto the middle and the range of {AUTOS} runs\n");
    println!("slots   auto                  best fixed   auto/best   limits that auto went through");
    for slots in SLOTS {
        let (mut autos, fixed): (Vec<Ran>, Vec<Ran>) = runtime
            .block_on(all(slots, questions))
            .into_iter()
            .partition(|ran| ran.concurrency == Concurrency::AUTO);
        autos.sort_by(|left, right| left.rate.total_cmp(&right.rate));
        let auto = &autos[AUTOS / 2];
        let best = fixed.iter().max_by(|left, right| left.rate.total_cmp(&right.rate));
        let best = best.expect("fixed numbers have run");
        println!(
            "{slots:>5} {:>6.1} {:<17} {:>12} {:>9.1} %   {:?}",
            auto.rate,
            format!("({:.1} to {:.1})", autos[0].rate, autos[AUTOS - 1].rate),
            format!("{:.1} ({})", best.rate, best.concurrency),
            100.0 * auto.rate / best.rate,
            auto.limits,
        );
        let shown = |ran: &Ran| format!("{}: {:.1}", ran.concurrency, ran.rate);
        println!("        {}", fixed.iter().map(shown).collect::<Vec<_>>().join("  "));
    }
}

/// How a run went.
struct Ran {
    concurrency: Concurrency,
    /// Questions a second.
    rate: f64,
    /// The limits that were set on the way.
    limits: Vec<u32>,
}

/// Runs of each kind, each against a server with so many slots.
async fn all(slots: u32, questions: u64) -> Vec<Ran> {
    let fixed = |width| Concurrency::Fixed(NonZeroU32::new(width).expect("not 0"));
    let kinds = FIXED.map(fixed).into_iter().chain([Concurrency::AUTO; AUTOS]);
    let mut runs = Vec::new();
    for concurrency in kinds {
        runs.push(tokio::spawn(run(slots, questions, concurrency)));
    }
    let mut ran = Vec::new();
    for run in runs {
        ran.push(run.await.expect("a run that ends"));
    }
    ran
}

async fn run(slots: u32, questions: u64, concurrency: Concurrency) -> Ran {
    let setup = Setup {
        parallel: NonZeroU32::new(slots).expect("not 0"),
        ..Setup::default()
    };
    let server = Server::start(setup).await.expect("a server");
    let address = Address::parse(&server.url()).expect("an address");
    let ollama = Ollama::new(address, Timeouts::default()).expect("a client");
    let memo = Arc::new(Memo::default());
    let ports = Ports {
        suite: Arc::new(Questions::new(questions)),
        retry: Arc::new(Never),
        evaluators: Vec::new(),
        hosts: vec![Host {
            name: "embedded".to_owned(),
            model: Arc::new(ollama),
        }],
        meter: None,
        journal: memo.clone(),
        sinks: Vec::new(),
    };
    let (_brake, stop) = brake();
    let began = Instant::now();
    let end = scheduler::run(ports, plan(concurrency), Past::default(), Remainder::Open, stop).await;
    assert_eq!(end.expect("a run"), End::Finished);
    let took = began.elapsed();
    server.stop().await;
    Ran {
        concurrency,
        rate: questions as f64 / took.as_secs_f64(),
        limits: memo.entries().iter().filter_map(limit).collect(),
    }
}

fn limit(entry: &Entry) -> Option<u32> {
    match entry.event {
        Event::LimitChanged { limit } => Some(limit),
        _ => None,
    }
}
