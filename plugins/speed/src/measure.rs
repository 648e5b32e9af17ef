//! From what the host measured to the figures of the test.

use koderz_plugin::api::chat::Prepared;
use koderz_plugin::prelude::*;
use std::time::Duration;

/// Tokens a second from the first token to the last, by the client's clock. Of n tokens n - 1 are written in that time.
pub(crate) const DECODE: &str = "decode";
/// Tokens of the prompt a second, by the server's own figures.
pub(crate) const PREFILL: &str = "prefill";
/// From the first byte sent to the first token, by the client's clock.
pub(crate) const FIRST_TOKEN: &str = "first-token";
/// Bringing the model into memory.
pub(crate) const LOAD: &str = "load";

/// The longest that it takes to see that a model is in memory.
const IN_MEMORY: Duration = Duration::from_millis(250);

/// The figures of an answer, as far as there are any.
pub(crate) fn answer(reply: &Reply) -> Verdict {
    let timing = &reply.timing;
    let decode = || {
        let steps = reply.usage.output_tokens?.checked_sub(1)?;
        rate(steps, timing.last_token?.checked_sub(timing.first_token?)?)
    };
    let prefill = || rate(reply.usage.input_tokens?, timing.server?.prompt?);
    let figures = [
        (DECODE, decode()),
        (PREFILL, prefill()),
        (FIRST_TOKEN, timing.first_token.map(nanos)),
    ];
    let metrics = figures
        .into_iter()
        .filter_map(|(name, value)| Some(metric(name, value?)));
    verdict(metrics.collect(), String::new())
}

/// The figure of a load, where there was one.
pub(crate) fn load(prepared: &Prepared) -> Verdict {
    let took = prepared.load.unwrap_or(prepared.took);
    if took <= IN_MEMORY {
        return verdict(Vec::new(), "it was in memory already".to_owned());
    }
    verdict(vec![metric(LOAD, nanos(took))], String::new())
}

/// None where there is no time to divide by.
fn rate(tokens: u32, time: Duration) -> Option<f64> {
    (tokens > 0 && !time.is_zero()).then(|| f64::from(tokens) / time.as_secs_f64())
}

fn nanos(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}

fn metric(name: &str, value: f64) -> Metric {
    Metric {
        name: name.to_owned(),
        value,
    }
}

fn verdict(metrics: Vec<Metric>, reason: String) -> Verdict {
    Verdict {
        grade: Grade::Ungraded,
        metrics,
        reason,
        labels: Vec::new(),
    }
}
