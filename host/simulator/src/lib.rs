//! An Ollama server inside the program: real HTTP on a loopback port, answers from a cassette.
//!
//! A cassette holds what a real model once answered. The server gives those answers and nothing else, so a run against
//! it needs no model, takes no time and comes out the same every time. It has the queues, the loads and the evictions of
//! Ollama, and with [`Fault`]s, and when told to, it fails as a real server does. What it sends follows recorded
//! exchanges with Ollama v0.32.15, and `docs/reference/embedded.md` says where it is simpler. `/api/version` answers
//! `0.32.15+koderz`, by which a client can tell it apart.
//!
//! Where to look: [`Cassette`] is the file, [`Setup`] and [`Server`] are the server, `scheduler` decides who is answered
//! when, `script` how one answer goes, and `play` performs it.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod about;
mod ask;
mod cassette;
mod count;
mod course;
mod duration;
mod fault;
mod gate;
mod library;
mod line;
mod listen;
mod lorem;
mod manner;
mod metronome;
mod name;
mod option;
mod pace;
mod play;
mod profile;
mod question;
mod reply;
mod request;
mod respond;
mod routes;
mod runner;
mod scheduler;
mod script;
mod server;
mod speaker;
mod truth;
mod wire;

pub use about::{VERSION, is_embedded};
pub use cassette::{Cassette, CassetteError};
pub use count::Counts;
pub use fault::{Fault, FaultError};
pub use manner::{Manner, MannerError};
pub use metronome::{Beats, Metronome};
pub use pace::{Pace, PaceError};
pub use server::{NotLoaded, ServeError, Server, Setup};
pub use truth::Truth;
