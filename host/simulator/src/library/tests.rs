//! Models, and what becomes of the questions to them.

use super::*;

fn library(texts: &[&str], faults: &[&str]) -> Library {
    let cassettes = texts.iter().map(|text| Cassette::parse("c", text).expect("a cassette"));
    let faults = faults.iter().map(|fault| fault.parse().expect("a fault"));
    Library::new(cassettes.collect(), faults.collect(), Manner::default())
}

fn line(prompt: &str, response: &str) -> String {
    format!(r#"{{"model":"m","prompt":"{prompt}","reply":{{"response":"{response}","done":true}}}}"#)
}

fn asked(question: &Question, seed: Option<u64>) -> Asked<'_> {
    Asked {
        question,
        seed,
        bound: Some(2),
        thinks: false,
    }
}

/// What a question comes to: its text, and whether there is a fault.
fn play(library: &Library, model: &str, prompt: &str) -> (String, bool) {
    let model = library.model(model).expect("the model");
    let question = Question::Prompt(prompt.to_owned());
    let fault = library.arrives(&model, &question, None).expect("an answer");
    if fault.as_ref().is_some_and(Kind::is_instead) {
        return (String::new(), true);
    }
    let part = library
        .begins(&model, &asked(&question, None), fault)
        .expect("an answer");
    (part.reply.first(9).response.to_owned(), part.fault.is_some())
}

#[test]
fn answers_of_one_question_take_turns_across_cassettes() {
    let library = library(
        &[
            &[line("p", "a"), line("q", "x"), line("p", "b")].join("\n"),
            &line("p", "c"),
        ],
        &[],
    );
    let played: String = (0..4).map(|_| play(&library, "m", "p").0).collect();
    assert_eq!(played, "abca");
    let asked = BTreeMap::from([("m:latest p".to_owned(), 4)]);
    assert_eq!(library.asked(), asked);
}

#[test]
fn a_question_under_a_seed_gets_what_was_said_under_it_in_whatever_order_it_is_asked() {
    let seeded = |seed: u64, response: &str| {
        line("p", response).replacen(r#""prompt""#, &format!(r#""seed":{seed},"prompt""#), 1)
    };
    let library = library(&[&[seeded(1, "a"), seeded(2, "b"), seeded(2, "c")].join("\n")], &[]);
    let model = library.model("m").expect("the model");
    let question = Question::Prompt("p".to_owned());
    let said = |seed| {
        library.arrives(&model, &question, seed);
        let part = library
            .begins(&model, &asked(&question, seed), None)
            .expect("an answer");
        part.reply.first(9).response.to_owned()
    };
    let asked = [Some(2), Some(1), Some(2), Some(2), None, Some(7), Some(1)];
    assert_eq!(asked.map(said), ["b", "a", "c", "b", "a", "b", "a"]);
    assert_eq!(library.asked(), BTreeMap::from([("m:latest p".to_owned(), 7)]));
}

#[test]
fn a_fault_costs_no_answer_its_turn() {
    let library = library(&[&[line("p", "a"), line("p", "b")].join("\n")], &["reset*2"]);
    let played: Vec<_> = (0..4).map(|_| play(&library, "m", "p")).collect();
    let expected = [("a", true), ("a", true), ("a", false), ("b", false)];
    assert_eq!(played, expected.map(|(text, fault)| (text.to_owned(), fault)));
}

#[test]
fn a_question_that_never_begins_costs_neither_an_answer_nor_a_fault() {
    let library = library(&[&[line("p", "a"), line("p", "b")].join("\n")], &["reset"]);
    let model = library.model("m").expect("the model");
    let question = Question::Prompt("p".to_owned());
    for _ in 0..3 {
        assert_eq!(library.arrives(&model, &question, None), Some(None));
    }
    let expected = [("a", true), ("a", false), ("b", false)];
    assert_eq!(
        [(); 3].map(|()| play(&library, "m", "p")),
        expected.map(|(text, fault)| (text.to_owned(), fault))
    );
}

#[test]
fn a_digest_tells_the_content_and_nothing_else() {
    let digest = |texts: &[&str]| library(texts, &[]).model("m").expect("the model").digest.clone();
    let (a, b) = (line("p", "a"), line("p", "b"));
    assert_eq!(digest(&[&a]).len(), 64);
    assert_eq!(digest(&[&format!("{a}\n\n{b}")]), digest(&[&a, &b]));
    assert_ne!(digest(&[&a]), digest(&[&b]));
}

#[test]
fn a_model_that_answers_anything_meets_faults_by_the_question_too() {
    let library = library(&[], &["reset"]);
    let played = ["p", "p", "q", "q"].map(|prompt| play(&library, "lorem:9", prompt));
    assert_eq!(
        played,
        [true, false, true, false].map(|fault| ("lorem ipsum".to_owned(), fault))
    );
}

#[test]
fn a_model_that_answers_anything_is_listed_once_it_was_named() {
    let library = library(&[&line("p", "a")], &[]);
    assert!(library.model("lorem:0").is_none() && library.model("lorem").is_none());
    let names = || {
        library
            .models()
            .iter()
            .map(|model| model.name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(), ["m:latest", "lorem:200", "lorem:50"]);
    library.model("Lorem:7");
    assert_eq!(names(), ["m:latest", "lorem:200", "lorem:50", "lorem:7"]);
    for rate in 1..1000 {
        assert!(library.model(&format!("lorem:{rate}")).is_some());
    }
    assert_eq!(names().len(), 1 + NAMED);
}
