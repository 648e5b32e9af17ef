//! The log: on standard error, as much of it as LOG_LEVEL says.

use anyhow::{Result, bail};
use koderz_report::Terminal;
use serde_json::{Map, Value};
use std::fmt;
use tracing::field::{Field, Visit};
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
pub(crate) fn begin(level: LevelFilter, shape: Shape, terminal: &Terminal) {
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
        .event_format(shape)
        .with_ansi(false)
        .with_writer(move || writer.clone());
    // A second subscriber could only come from a second call.
    let _ = tracing_subscriber::registry().with(targets).with(lines).try_init();
}

/// What a line of the log looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `LEVEL message field=value`.
    Plain,
    /// A JSON object.
    Json,
}

/// What lines look like, as LOG_FORMAT says.
pub(crate) fn shape() -> Result<Shape> {
    match std::env::var("LOG_FORMAT").as_deref() {
        Err(_) | Ok("" | "text") => Ok(Shape::Plain),
        Ok("json") => Ok(Shape::Json),
        Ok(other) => bail!("LOG_FORMAT is `{other}`\nhint: it can be text or json"),
    }
}

/// The fields of an event, the message among them.
struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0
            .insert(field.name().to_owned(), Value::String(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), Value::String(value.to_owned()));
    }
}

impl<S, N> FormatEvent<S, N> for Shape
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let level = event.metadata().level();
        if *self == Shape::Json {
            let mut fields = Fields(Map::new());
            fields.0.insert("level".to_owned(), Value::String(level.to_string()));
            event.record(&mut fields);
            return writeln!(writer, "{}", Value::Object(fields.0));
        }
        write!(writer, "{level} ")?;
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
