//! The transport against a scripted server on the loopback: what it sends, what it makes of every way an exchange can go.

mod attempts;
mod canary;
mod capacity;
mod environment;
mod failures;
mod gateway;
mod recorded;
mod residency;
mod scripted;
mod server;
