//! What reqwest's errors mean: the sights of the table, found in the chain of causes.

use crate::address::Address;
use crate::classify::seen;
use crate::sight::Sight;
use koderz_api::transport::Phase;
use koderz_core::ports::AttemptError;
use std::error::Error;
use std::io;
use std::time::Duration;

/// A request that brought no headers.
pub(crate) fn unanswered(error: &reqwest::Error, address: &Address, connect: Duration, waiting: Phase) -> AttemptError {
    let sight = sight(error);
    let phase = if error.is_connect() { Phase::Connect } else { waiting };
    let message = match sight {
        Sight::ConnectionRefused => format!("nothing listens at {address}"),
        Sight::NoSuchHost => format!("no host is known by the name in {address}"),
        Sight::ConnectTimeout => format!("no connection to {address} within {}", seconds(connect)),
        Sight::Reset => "the connection was closed before an answer came".to_owned(),
        Sight::NotHttp => format!("{address} does not speak HTTP"),
        Sight::Tls => format!("no encrypted connection to {address}: {}", innermost(error)),
        _ => format!("no connection to {address}: {}", innermost(error)),
    };
    seen(sight, phase, &message)
}

/// A body that broke off.
pub(crate) fn broken(error: &reqwest::Error, phase: Phase) -> AttemptError {
    let message = format!("the connection broke: {}", innermost(error));
    seen(Sight::StreamBroken, phase, &message)
}

/// The same in one line, for questions about the server itself.
pub(crate) fn words(error: &reqwest::Error) -> String {
    match sight(error) {
        Sight::ConnectionRefused => "nothing listens there".to_owned(),
        Sight::NoSuchHost => "no such host".to_owned(),
        Sight::ConnectTimeout => "no connection in time".to_owned(),
        Sight::Reset => "the connection was closed".to_owned(),
        _ => innermost(error),
    }
}

fn sight(error: &reqwest::Error) -> Sight {
    let refused = |kind| kind == io::ErrorKind::ConnectionRefused;
    if !error.is_connect() {
        let parse = causes(error).any(|cause| cause.downcast_ref().is_some_and(hyper::Error::is_parse));
        return if parse { Sight::NotHttp } else { Sight::Reset };
    }
    if error.is_timeout() {
        Sight::ConnectTimeout
    // The resolver's error has no type of its own that could be asked for.
    } else if causes(error).any(|cause| cause.to_string() == "dns error") {
        Sight::NoSuchHost
    } else if causes(error).any(|cause| cause.downcast_ref().map(io::Error::kind).is_some_and(refused)) {
        Sight::ConnectionRefused
    } else if causes(error).any(is_tls) {
        Sight::Tls
    } else {
        Sight::NoConnection
    }
}

/// Whether the peers do not come to terms. The error of rustls is packed into one or two of the system's, whose own causes
/// leave it out.
fn is_tls(cause: Cause<'_>) -> bool {
    match cause.downcast_ref().and_then(io::Error::get_ref) {
        Some(inside) => is_tls(inside),
        None => cause.is::<rustls::Error>(),
    }
}

type Cause<'a> = &'a (dyn Error + 'static);

fn causes<'a>(error: Cause<'a>) -> impl Iterator<Item = Cause<'a>> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}

/// The innermost cause, which is the one that tells something.
pub(crate) fn innermost(error: &reqwest::Error) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

/// A duration for people, such as `300 s` or `0.25 s`.
pub(crate) fn seconds(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if duration.subsec_nanos() == 0 {
        format!("{seconds:.0} s")
    } else {
        format!("{seconds:.2} s")
    }
}
