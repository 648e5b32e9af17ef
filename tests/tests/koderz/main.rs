//! The real binary, real components and a scripted server, tested as a user meets them.

mod bad_input;
mod benchmark;
mod commands;
mod compare;
mod concurrency;
mod configuration;
mod dashboard;
mod documents;
mod evaluate;
mod evaluator;
mod events;
mod faults;
mod grade;
mod grants;
mod hosts;
mod models;
mod plugins;
mod plus;
mod project;
mod questions;
mod record;
mod replay;
mod resume;
mod runs;
mod self_test;
mod speed;
