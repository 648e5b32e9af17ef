//! In what two runs differ besides their models, in words: what a difference may come from.

use koderz_core::manifest::{Manifest, PluginUse};
use serde::Serialize;
use serde_json::Value;

pub(super) fn unlike(before: &Manifest, now: &Manifest) -> Vec<String> {
    let mut words = Vec::new();
    plugin("the suite", Some(&before.suite), Some(&now.suite), &mut words);
    for used in &now.evaluators {
        let name = &used.identity.name;
        let before = before.evaluators.iter().find(|before| before.identity.name == *name);
        plugin(&format!("the evaluator {name}"), before, Some(used), &mut words);
    }
    for (slot, model) in &before.models {
        if now.models.get(slot) == Some(model)
            && let (Some(was), Some(is)) = (before.model_digests.get(model), now.model_digests.get(model))
            && was != is
        {
            words.push(format!("{model} was {was:.12} and is {is:.12}"));
        }
    }
    let mut compare = |what: &str, before: Value, now: Value| {
        if before != now {
            words.push(format!("{what} was {} and is {}", shown(&before), shown(&now)));
        }
    };
    compare(
        "the context window",
        value(&before.context_tokens),
        value(&now.context_tokens),
    );
    compare("the number of samples", value(&before.samples), value(&now.samples));
    compare(
        "the server's version",
        value(&before.server.version),
        value(&now.server.version),
    );
    compare(
        "the temperature",
        value(&before.defaults.temperature),
        value(&now.defaults.temperature),
    );
    compare("top_p", value(&before.defaults.top_p), value(&now.defaults.top_p));
    compare(
        "the longest answer",
        value(&before.defaults.max_output_tokens),
        value(&now.defaults.max_output_tokens),
    );
    compare(
        "the system's prompt",
        value(&before.defaults.system),
        value(&now.defaults.system),
    );
    compare("what else is asked for", value(&before.request), value(&now.request));
    words
}

fn value(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "left open".to_owned(),
        Value::String(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}

fn plugin(what: &str, before: Option<&PluginUse>, now: Option<&PluginUse>, words: &mut Vec<String>) {
    let (Some(before), Some(now)) = (before, now) else {
        return;
    };
    let named = PluginUse::in_words_with_digest;
    if before.digest != now.digest {
        words.push(format!("{what} was {} and is {}", named(before), named(now)));
    }
    if before.settings != now.settings {
        let shown = |used: &PluginUse| Value::Object(used.settings.clone()).to_string();
        words.push(format!(
            "{what}'s settings were {} and are {}",
            shown(before),
            shown(now)
        ));
    }
    let digests = |used: &PluginUse| used.grants.iter().map(|grant| grant.digest.clone()).collect::<Vec<_>>();
    if digests(before) != digests(now) {
        words.push(format!("{what} was granted other data"));
    }
}
