//! Findings and advice as text for people, and as an object for programs.

use super::advice::{Setting, unit};
use super::finding::{Facts, Finding, Mark, Measured};
use super::slots::Slots;
use serde_json::{Value, json};

impl Mark {
    fn word(self) -> &'static str {
        match self {
            Mark::Ok => "ok",
            Mark::Note => "note",
            Mark::Problem => "problem",
        }
    }
}

/// One finding a line, its hint below it, and the advice at the end.
pub(crate) fn text(findings: &[Finding], advice: Option<&[Setting]>) -> String {
    let mut text = String::new();
    for Finding { mark, what, hint } in findings {
        text.push_str(&format!("{:<9}{what}\n", mark.word()));
        if let Some(hint) = hint {
            text.push_str(&format!("{:<9}hint: {hint}\n", ""));
        }
    }
    if let Some(settings) = advice {
        text.push_str(&format!("\n{}", unit(settings)));
    }
    text
}

/// An object of `server`, `version`, `findings` with `mark`, `what` and `hint`, `parallel` with `number` and `exact`, and
/// `advice` with `name`, `value` and `why`; what is not known is null.
pub(crate) fn object(facts: &Facts, findings: &[Finding], advice: Option<&[Setting]>) -> Value {
    let findings = findings
        .iter()
        .map(|finding| json!({ "mark": finding.mark.word(), "what": finding.what, "hint": finding.hint }));
    let slots = facts.subject.as_ref().and_then(|subject| subject.slots.as_ref());
    let parallel = match slots {
        Some(Measured::Found(Slots::Exactly(number))) => Some(json!({ "number": number, "exact": true })),
        Some(Measured::Found(Slots::AtLeast(number))) => Some(json!({ "number": number, "exact": false })),
        Some(Measured::Untold | Measured::Failed(_)) | None => None,
    };
    let advice = advice.map(|settings| {
        let settings = settings
            .iter()
            .map(|setting| json!({ "name": setting.name, "value": setting.value, "why": setting.why }));
        settings.collect::<Vec<_>>()
    });
    json!({
        "server": facts.server,
        "version": facts.version,
        "findings": findings.collect::<Vec<_>>(),
        "parallel": parallel,
        "advice": advice,
    })
}

#[cfg(test)]
mod tests {
    use super::super::advice::settings;
    use super::super::finding::findings;
    use super::super::finding::tests::facts;
    use super::*;
    use crate::resident::Place;

    #[test]
    fn marks_are_words_and_hints_stand_below() {
        let facts = facts(Place::Processor);
        let told = text(&findings(&facts), Some(&settings(&facts)));
        let expected = "\
ok       http://127.0.0.1:11434 answers
ok       Ollama 0.33.1
ok       1 model: m:latest
note     m:latest: 5.2 GB, all with the processor; 4096 tokens of context, stays 4 min 12 s
         hint: if there is a graphics card, the server's log says why it is not used
note     no model was asked anything
         hint: --model MODEL asks one, and finds how many questions it answers at once

To set the server up for this, where a systemd unit runs it: `sudo systemctl edit ollama`, put in

[Service]
# a processor has nothing to gain from several answers at once
Environment=\"OLLAMA_NUM_PARALLEL=1\"
";
        assert!(told.starts_with(expected), "{told}");
    }

    #[test]
    fn an_object_says_null_where_nothing_is_known() {
        let facts = facts(Place::Graphics);
        let object = object(&facts, &findings(&facts), None);
        assert_eq!((&object["parallel"], &object["advice"]), (&Value::Null, &Value::Null));
        assert_eq!(object["findings"][0]["mark"], "ok");
        assert_eq!(object["findings"][0]["hint"], Value::Null);
    }
}
