//! The Python evaluator, with the programs of the real suite and with programs that try to get away with something.

mod counting;
mod fuzz;
mod hacks;
mod isolation;
mod judging;
mod python;
mod references;
mod replies;
mod world;
