//! The project's own rules: who may know whom, what may lie where, and what the set-up may touch.

mod dependencies;
mod files;
mod licences;
mod metadata;
#[cfg(unix)]
mod set_up;
