//! The record as its users meet it: a file on a disk, and processes that die.

mod files;
mod journal;
mod kill;
mod look;
mod migration;
mod removal;
mod round_trip;
mod runs;
mod samples;
mod words;
