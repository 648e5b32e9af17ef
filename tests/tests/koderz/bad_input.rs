//! What cannot be done is refused before anything is begun: one clear error, exit code 2, and nothing left behind.

mod arguments;
mod names;
mod places;
mod plugins;
mod refusal;
mod runs;
mod servers;
