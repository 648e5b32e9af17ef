//! The real binary, real components and a scripted server, tested as a user meets them.

mod bad_input;
mod benchmark;
mod commands;
mod evaluator;
mod faults;
mod outages;
mod plugins;
mod project;
mod resume;
mod runs;
