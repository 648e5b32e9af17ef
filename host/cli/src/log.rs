//! The log: on standard error, as much of it as LOG_LEVEL says.

use anyhow::{Result, bail};
use koderz_report::Terminal;
use std::fmt;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

/// How much is logged.
pub(crate) fn level() -> Result<LevelFilter> {
    match std::env::var("LOG_LEVEL") {
        Err(_) => Ok(LevelFilter::WARN),
        Ok(text) => parse(&text),
    }
}

fn parse(text: &str) -> Result<LevelFilter> {
    Ok(match text.trim().to_ascii_lowercase().as_str() {
        "" | "warn" | "warning" => LevelFilter::WARN,
        "off" | "none" => LevelFilter::OFF,
        "error" | "critical" => LevelFilter::ERROR,
        "info" => LevelFilter::INFO,
        "debug" => LevelFilter::DEBUG,
        "trace" => LevelFilter::TRACE,
        _ => bail!("LOG_LEVEL is `{text}`\nhint: it can be off, error, warn, info, debug or trace"),
    })
}

/// Begins to log, above whatever else the terminal shows.
pub(crate) fn begin(level: LevelFilter, terminal: &Terminal) {
    // Libraries log every step of theirs; only what may matter to a user is let through.
    let libraries = level.min(LevelFilter::WARN);
    let koderz = [
        "koderz",
        "koderz_core",
        "koderz_loader",
        "koderz_record",
        "koderz_report",
        "koderz_simulator",
        "koderz_transport",
    ];
    let targets = Targets::new()
        .with_default(libraries)
        .with_targets(koderz.map(|target| (target, level)));
    let writer = terminal.writer();
    let lines = tracing_subscriber::fmt::layer()
        .event_format(Plain)
        .with_ansi(false)
        .with_writer(move || writer.clone());
    // A second subscriber could only come from a second call.
    let _ = tracing_subscriber::registry().with(targets).with(lines).try_init();
}

/// `LEVEL message field=value`.
struct Plain;

impl<S, N> FormatEvent<S, N> for Plain
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        write!(writer, "{} ", event.metadata().level())?;
        context.format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_in_any_case_and_others_are_refused() {
        assert_eq!(parse("DEBUG").expect("a level"), LevelFilter::DEBUG);
        assert_eq!(parse("Warning").expect("a level"), LevelFilter::WARN);
        assert!(
            parse("loud")
                .expect_err("refused")
                .to_string()
                .contains("hint: it can be")
        );
    }
}
