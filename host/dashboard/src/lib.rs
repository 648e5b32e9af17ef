//! A page over the runs that were recorded, for whoever sits at this machine.
//!
//! It listens on 127.0.0.1 alone, answers only whoever knows the token in its address, and only ever reads: what it
//! shows comes through the port [`Shelf`], which has no way to change anything. What bounds it: so many connections,
//! so many pages being made and so many runs being followed at the same time, and a pause between two looks at a run.
//!
//! Texts of models, servers and plugins are escaped, and a page runs no script but its own.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod compare;
mod door;
mod listen;
mod live;
mod news;
mod pages;
mod routes;
mod runs;
mod shelf;
mod token;

pub use listen::{Dashboard, DashboardError};
pub use shelf::{Follow, Line, News, Page, Shelf, ShelfError, Standing, Wanted};
