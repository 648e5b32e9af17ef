//! The other half of the table: what the client itself sees go wrong, without a word of the server's.

use crate::blame::Blame::{self, Model, Nobody, Server};
use crate::table::Class::{self, Failed, Refused};
use koderz_api::transport::FailureKind::{Interrupted, Malformed, NotReady, TimedOut, Unreachable};

/// What was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Nobody listens at the address.
    ConnectionRefused,
    /// The name has no address.
    NoSuchHost,
    /// No connection in time.
    ConnectTimeout,
    /// A certificate that is not trusted, or something else than TLS.
    Tls,
    /// No connection for another reason.
    NoConnection,
    /// The connection went away before anything was heard.
    Reset,
    /// No byte for longer than is waited.
    Silence,
    /// A clean end without `done`.
    NoDone,
    /// An end in the middle.
    StreamBroken,
    /// Something else than HTTP.
    NotHttp,
    /// Something else than the objects of an answer.
    Unreadable,
    /// A line or an answer beyond its bound.
    TooLong,
    /// A model that does not leave memory.
    StillLoaded,
}

impl Sight {
    /// All of them.
    pub(crate) const ALL: [Sight; 13] = [
        Sight::ConnectionRefused,
        Sight::NoSuchHost,
        Sight::ConnectTimeout,
        Sight::Tls,
        Sight::NoConnection,
        Sight::Reset,
        Sight::Silence,
        Sight::NoDone,
        Sight::StreamBroken,
        Sight::NotHttp,
        Sight::Unreadable,
        Sight::TooLong,
        Sight::StillLoaded,
    ];

    /// What it means, and whom it counts against.
    pub(crate) const fn meaning(self) -> (Class, Blame) {
        match self {
            Sight::ConnectionRefused => (Failed(Unreachable, "refused"), Server),
            Sight::NoSuchHost => (Failed(Unreachable, "dns"), Server),
            Sight::ConnectTimeout => (Failed(Unreachable, "connect-timeout"), Server),
            // Whom to trust does not change between two attempts.
            Sight::Tls => (Refused("tls"), Nobody),
            Sight::NoConnection => (Failed(Unreachable, "no-connection"), Server),
            Sight::Reset => (Failed(Unreachable, "reset"), Server),
            // The server's lists stay green while a runner hangs, so this says nothing about its other models.
            Sight::Silence => (Failed(TimedOut, "silence"), Model),
            // Before Ollama had an error for it (#18374), this was how an answer that only repeats itself ended.
            Sight::NoDone => (Failed(Interrupted, "no-done"), Nobody),
            // A server that is stopped does not drain: its streams end like this.
            Sight::StreamBroken => (Failed(Interrupted, "stream-broken"), Server),
            Sight::NotHttp => (Failed(Malformed, "not-http"), Server),
            Sight::Unreadable => (Failed(Malformed, "unreadable"), Server),
            Sight::TooLong => (Failed(Malformed, "too-long"), Nobody),
            Sight::StillLoaded => (Failed(NotReady, "still-loaded"), Model),
        }
    }
}
