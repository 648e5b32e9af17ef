//! Commands about one server, as typed.

use super::values::{load, positive, seconds};
use clap::Args;
use koderz_simulator::{Fault, Manner, Pace};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

const HOST: &str = "Ollama's address: host, host:port or http://…; `embedded` for recorded answers [default: OLLAMA_HOST, \
                    or 127.0.0.1:11434]";

pub(super) const HEADER: &str = "Sent with every request, for a gateway before the server, such as 'Authorization: Bearer …'; never shown. \
                      May be given again";
pub(super) const HEADER_VARIABLE: &str = "KODERZ_HEADER";

/// For every command that is about one server.
#[derive(Debug, Args)]
pub(crate) struct One {
    #[arg(long, value_name = "ADDRESS", help = HOST)]
    pub(crate) host: Option<String>,
    #[arg(long = "header", value_name = "NAME: VALUE", env = HEADER_VARIABLE, hide_env_values = true, help = HEADER)]
    pub(crate) headers: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ServeEmbedded {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 11435)]
    pub(crate) port: u16,
    /// Another file of recorded answers; may be given again
    #[arg(long = "cassette", value_name = "FILE")]
    pub(crate) cassettes: Vec<PathBuf>,
    /// How fast tokens come: instant, recorded, or tokens per second
    #[arg(long, value_name = "PACE", default_value_t = Pace::Instant)]
    pub(crate) pace: Pace,
    /// Questions that are answered at once; the others wait
    #[arg(long, value_name = "N", default_value = "4", value_parser = positive)]
    pub(crate) parallel: NonZeroU32,
    /// How long it takes to bring a model into memory, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = load)]
    pub(crate) load: Duration,
    /// Questions that may wait for a load; what comes beyond is answered with 503
    #[arg(long, value_name = "N", default_value_t = 512)]
    pub(crate) max_queue: usize,
    /// Models that fit into memory; 0 for any number
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) max_loaded: usize,
    /// What goes wrong: busy, rate-limit, reset, error, die, no-done or silence, then :TOKENS, *ATTEMPTS and /EVERY; may be
    /// given again
    #[arg(long = "fault", value_name = "KIND[:TOKENS][*ATTEMPTS][/EVERY]")]
    pub(crate) faults: Vec<Fault>,
    /// How the models `lorem:N` behave, such as read=2000,chunk=4,cache,stall=200ms/10
    #[arg(long, value_name = "NAME=VALUE,…")]
    pub(crate) lorem: Option<Manner>,
    /// A file for what really happened to each question, and when: JSON Lines
    #[arg(long, value_name = "FILE")]
    pub(crate) truth: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The run: its id, the beginning of its id, or `last`
    #[arg(value_name = "RUN", default_value = "last")]
    pub(crate) run: String,
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 11435)]
    pub(crate) port: u16,
    /// How fast tokens come: instant, recorded, or tokens per second
    #[arg(long, value_name = "PACE", default_value_t = Pace::Recorded)]
    pub(crate) pace: Pace,
    /// Questions that are answered at once; the others wait
    #[arg(long, value_name = "N", default_value = "4", value_parser = positive)]
    pub(crate) parallel: NonZeroU32,
}

#[derive(Debug, Args)]
pub(crate) struct Wait {
    #[command(flatten)]
    pub(crate) one: One,
    /// The model; it is loaded if it is not in memory [default: the first that is in memory]
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// Longest wait in all, in seconds, a load included
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "60", allow_negative_numbers = true)]
    pub(crate) timeout: Duration,
}

#[derive(Debug, Args)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) one: One,
    /// Ask each model for a token, which shows how long its queue is; wait for it for 30 seconds unless said otherwise
    #[arg(
        long,
        value_name = "SECONDS",
        value_parser = seconds,
        num_args = 0..=1,
        default_missing_value = "30",
        allow_negative_numbers = true
    )]
    pub(crate) probe: Option<Duration>,
    /// Look again and again, until ^C; every 2 seconds unless said otherwise
    #[arg(
        long,
        value_name = "SECONDS",
        value_parser = seconds,
        num_args = 0..=1,
        default_missing_value = "2",
        allow_negative_numbers = true
    )]
    pub(crate) watch: Option<Duration>,
    /// One JSON object for each look
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) one: One,
    /// A model to look at closely: it is loaded, and asked nine short questions
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// Longest wait for a load, and for the server to say anything, in seconds [default: 300]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    pub(crate) timeout: Option<Duration>,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}
