//! Facts and what they mean.

use super::*;
use koderz_transport::TransportError;

/// A server that is well, with a model of a size in memory, so much of it a graphics card's.
pub(crate) fn facts(place: Place) -> Facts {
    Facts {
        server: "http://127.0.0.1:11434".to_owned(),
        version: "0.33.1".to_owned(),
        models: vec!["m:latest".to_owned()],
        loaded: vec![resident_at(place)],
        subject: None,
    }
}

pub(crate) fn resident_at(place: Place) -> Resident {
    Resident {
        name: "m:latest".to_owned(),
        bytes: (place != Place::Unknown).then_some(5_200_000_000),
        place,
        context_tokens: Some(4096),
        stays: Some(Duration::from_secs(252)),
    }
}

pub(crate) fn subject() -> Subject {
    Subject {
        name: "m".to_owned(),
        parameters: Some(7_600_000_000),
        quantization: Some("Q4_K_M".to_owned()),
        family: Some("qwen2".to_owned()),
        context_tokens: Some(32_768),
        capabilities: vec!["completion".to_owned(), "tools".to_owned()],
        load: Some(Ok(Load::Now(Duration::from_millis(3200)))),
        token: Some(Sign::Token(Duration::from_millis(840))),
        slots: Some(Measured::Found(Slots::Exactly(4))),
    }
}

fn with(change: impl FnOnce(&mut Subject)) -> Facts {
    let mut subject = subject();
    change(&mut subject);
    Facts {
        subject: Some(subject),
        ..facts(Place::Graphics)
    }
}

/// The findings that are no mere confirmation, each as one line.
fn noted(facts: &Facts) -> Vec<String> {
    let noted = findings(facts).into_iter().filter(|finding| finding.mark != Mark::Ok);
    noted
        .map(|finding| format!("{:?}: {}", finding.mark, finding.what))
        .collect()
}

#[test]
fn of_a_server_that_is_well_everything_is_confirmed_in_order() {
    let found = findings(&with(|_| {}));
    let told: Vec<&str> = found.iter().map(|finding| finding.what.as_str()).collect();
    assert_eq!(
        told,
        [
            "http://127.0.0.1:11434 answers",
            "Ollama 0.33.1",
            "1 model: m:latest",
            "m: 7.6B parameters, Q4_K_M, qwen2, trained for 32768 tokens of context, can completion, tools",
            "m was loaded in 3.2 s",
            "m:latest: 5.2 GB, all in graphics memory; 4096 tokens of context, stays 4 min 12 s",
            "m gave a token after 0.8 s",
            "m answers 4 questions at once",
        ]
    );
    assert!(found.iter().all(|finding| finding.mark == Mark::Ok));
}

#[test]
fn a_place_in_memory_is_a_problem_only_where_the_processor_slows_a_card_down() {
    let nobody_asked = "Note: no model was asked anything";
    for (place, noted_first) in [
        (Place::Graphics, None),
        (
            Place::Split(0.62),
            Some(
                "Problem: m:latest: 5.2 GB, only 62 % in graphics memory, so the processor sets the pace; 4096 \
                 tokens of context, stays 4 min 12 s",
            ),
        ),
        (
            Place::Processor,
            Some("Note: m:latest: 5.2 GB, all with the processor; 4096 tokens of context, stays 4 min 12 s"),
        ),
        (
            Place::Unknown,
            Some("Note: m:latest: the server does not say where it is; 4096 tokens of context, stays 4 min 12 s"),
        ),
    ] {
        let expected: Vec<&str> = noted_first.into_iter().chain([nobody_asked]).collect();
        assert_eq!(noted(&facts(place)), expected);
    }
}

#[test]
fn versions_whose_durations_mean_something_else_are_noted() {
    for (said, mark) in [
        ("0.30.0", Mark::Ok),
        ("0.32.15+koderz", Mark::Ok),
        ("0.33.0-rc1", Mark::Ok),
        ("1.0.0", Mark::Ok),
        ("0.29.9", Mark::Note),
        ("0.5.7", Mark::Note),
        ("0.0.0", Mark::Note),
        ("main", Mark::Note),
        ("0.30", Mark::Note),
    ] {
        assert_eq!(version(said).mark, mark, "{said}");
    }
}

#[test]
fn what_is_not_there_is_told_with_what_to_do() {
    let nothing = Facts {
        models: Vec::new(),
        loaded: Vec::new(),
        ..facts(Place::Graphics)
    };
    assert_eq!(
        noted(&nothing),
        ["Problem: it has no models", "Note: no model is in memory"]
    );
    let many: Vec<String> = (0..10).map(|number| format!("m{number}")).collect();
    assert_eq!(
        models(&many).what,
        "10 models: m0, m1, m2, m3, m4, m5, m6, m7 and 2 more"
    );
}

#[test]
fn what_fails_of_a_model_is_a_problem() {
    let embeds = with(|subject| subject.capabilities = vec!["embedding".to_owned()]);
    assert!(
        noted(&embeds)[0].ends_with("can embedding; it answers no questions"),
        "{:?}",
        noted(&embeds)
    );

    let unloaded = with(|subject| subject.load = Some(Err("HTTP 500".to_owned())));
    assert_eq!(noted(&unloaded), ["Problem: m was not loaded: HTTP 500"]);

    let stuck = with(|subject| subject.token = Some(Sign::Silent));
    assert_eq!(noted(&stuck), ["Problem: m is in memory and gave no token"]);

    let away = Sign::Unreachable(TransportError::Unreachable {
        address: "http://server".to_owned(),
        what: "nothing listens there".to_owned(),
    });
    let away = with(|subject| subject.token = Some(away));
    assert_eq!(
        noted(&away),
        ["Problem: cannot reach Ollama at http://server: nothing listens there"]
    );
}

#[test]
fn the_number_of_slots_says_which_concurrency_suits() {
    for (measured, mark, hint) in [
        (
            Measured::Found(Slots::Exactly(1)),
            Mark::Note,
            Some("--concurrency 1 suits"),
        ),
        (
            Measured::Found(Slots::Exactly(4)),
            Mark::Ok,
            Some("--concurrency 4 suits"),
        ),
        (Measured::Found(Slots::AtLeast(8)), Mark::Ok, Some("--concurrency auto")),
        (Measured::Untold, Mark::Note, None),
        (Measured::Failed("HTTP 503".to_owned()), Mark::Problem, None),
    ] {
        let finding = slots("m", &measured);
        assert_eq!(finding.mark, mark, "{measured:?}");
        let told = finding.hint.as_deref();
        assert!(
            hint.is_none_or(|hint| told.is_some_and(|told| told.starts_with(hint))),
            "{told:?}"
        );
    }
}
