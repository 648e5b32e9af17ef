//! The pure domain of Koderz: what a run is, and how it goes on.
//!
//! Everything that touches the world is a port in [`ports`], implemented by other crates and handed in: the model
//! server, the plugins, the record, whoever watches. Nothing here opens a file, speaks HTTP, draws a true random number or
//! knows a benchmark by name. Time is tokio's monotonic clock, which tests pause and move by hand; the wall clock is
//! read only outside and comes in as a value.
//!
//! Where to look: [`scheduler`] runs a suite, `stages` its trials in their order, `trial` is the loop of one, `ask` is one question with
//! all its attempts, `outage` what is done while the server is away, [`event`] is what all of that leaves behind, and
//! [`summary`] what it comes to. Other programs may want [`backoff`] by itself.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod arrivals;
mod ask;
mod backend;
pub mod backoff;
mod breaker;
mod budget;
pub mod cost;
mod counts;
mod dispatch;
mod endpoint;
pub mod energy;
pub mod event;
pub mod manifest;
pub mod numbers;
mod outage;
pub mod paired;
mod parallelism;
pub mod past;
pub mod plan;
pub mod ports;
pub mod results;
pub mod retrying;
pub mod scheduler;
pub mod seed;
pub mod self_test;
pub mod settle;
mod shared;
mod slots;
mod stages;
pub mod statistics;
pub mod stop;
pub mod summary;
pub mod tally;
mod tasks;
pub mod timing;
mod trial;
mod warm_up;
pub mod words;
