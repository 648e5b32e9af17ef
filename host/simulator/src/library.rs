//! The models that the server has, and what each of them answers.

use crate::cassette::{Cassette, Line};
use crate::fault::{self, Fault, Kind};
use crate::name;
use crate::question::Question;
use crate::reply::Reply;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

/// All models, by their keys.
#[derive(Debug)]
pub(crate) struct Library(BTreeMap<String, Model>);

/// A model.
#[derive(Debug)]
pub(crate) struct Model {
    /// Its name with its tag, as the first cassette spells it.
    pub(crate) name: String,
    /// SHA-256 of all that it answers, in hexadecimal.
    pub(crate) digest: String,
    /// How long its lines are.
    pub(crate) bytes: u64,
    /// Whether it thought before any of its answers.
    pub(crate) thinks: bool,
    /// A slot for each question that it answers at the same time. Whoever waits is served in order, and there may be
    /// any number of them: a model in memory never turns anybody away.
    pub(crate) slots: Arc<Semaphore>,
    answers: HashMap<Question, Answers>,
}

/// All that was recorded for one question.
#[derive(Debug, Default)]
struct Answers {
    replies: Vec<Arc<Reply>>,
    tally: Mutex<Tally>,
}

#[derive(Debug, Default)]
struct Tally {
    asked: u64,
    played: usize,
}

impl Library {
    pub(crate) fn new(cassettes: Vec<Cassette>, parallel: NonZeroU32) -> Self {
        let mut drafts: BTreeMap<String, (Model, Sha256)> = BTreeMap::new();
        for line in cassettes.into_iter().flat_map(|cassette| cassette.lines) {
            let (model, hash) = drafts
                .entry(name::key(&line.model))
                .or_insert_with(|| (Model::new(line.model.clone(), parallel), Sha256::new()));
            hash.update(line.digest);
            model.add(line);
        }
        let finish = |(key, (mut model, hash)): (String, (Model, Sha256))| {
            for byte in hash.finalize() {
                write!(model.digest, "{byte:02x}").expect("a string takes all text");
            }
            (key, model)
        };
        Library(drafts.into_iter().map(finish).collect())
    }

    /// The model that is meant by a name.
    pub(crate) fn model(&self, name: &str) -> Option<&Model> {
        self.0.get(&name::key(name))
    }

    /// All models, by their keys.
    pub(crate) fn models(&self) -> impl Iterator<Item = (&str, &Model)> {
        self.0.iter().map(|(key, model)| (key.as_str(), model))
    }

    /// How often each question was asked that was asked at all.
    pub(crate) fn asked(&self) -> BTreeMap<String, u64> {
        let all = self.0.values().flat_map(|model| {
            let each = model.answers.iter();
            each.map(|(question, answers)| (format!("{} {question}", model.name), answers.tally().asked))
        });
        all.filter(|(_, times)| *times > 0).collect()
    }
}

impl Model {
    fn new(name: String, parallel: NonZeroU32) -> Self {
        let slots = usize::try_from(parallel.get()).unwrap_or(usize::MAX);
        Model {
            name,
            digest: String::new(),
            bytes: 0,
            thinks: false,
            slots: Arc::new(Semaphore::new(slots.min(Semaphore::MAX_PERMITS))),
            answers: HashMap::new(),
        }
    }

    fn add(&mut self, line: Line) {
        self.bytes += line.bytes;
        self.thinks |= line.reply.thinks();
        let answers = self.answers.entry(line.question).or_default();
        answers.replies.push(Arc::new(line.reply));
    }

    /// What a question gets that arrives now: an answer, and perhaps a fault. Answers of one question take turns, and
    /// one that meets a fault has not had its turn, so that who asks again gets what an undisturbed client would.
    pub(crate) fn next(&self, question: &Question, faults: &[Fault]) -> Option<(Arc<Reply>, Option<Kind>)> {
        let answers = self.answers.get(question)?;
        let mut tally = answers.tally();
        tally.asked += 1;
        let fault = fault::met(faults, tally.asked);
        let reply = Arc::clone(&answers.replies[tally.played % answers.replies.len()]);
        if fault.is_none() {
            tally.played += 1;
        }
        Some((reply, fault))
    }
}

impl Answers {
    fn tally(&self) -> std::sync::MutexGuard<'_, Tally> {
        self.tally.lock().expect("nobody panics while counting")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library(texts: &[&str]) -> Library {
        let cassettes = texts.iter().map(|text| Cassette::parse("c", text).expect("a cassette"));
        Library::new(cassettes.collect(), NonZeroU32::MIN)
    }

    fn line(prompt: &str, response: &str) -> String {
        format!(r#"{{"model":"m","prompt":"{prompt}","reply":{{"response":"{response}","done":true}}}}"#)
    }

    fn play(library: &Library, prompt: &str, faults: &[Fault]) -> (String, bool) {
        let model = library.model("m").expect("the model");
        let question = Question::Prompt(prompt.to_owned());
        let (reply, fault) = model.next(&question, faults).expect("an answer");
        (reply.first(9).response.to_owned(), fault.is_some())
    }

    #[test]
    fn answers_of_one_question_take_turns_across_cassettes() {
        let library = library(&[
            &[line("p", "a"), line("q", "x"), line("p", "b")].join("\n"),
            &line("p", "c"),
        ]);
        let played: String = (0..4).map(|_| play(&library, "p", &[]).0).collect();
        assert_eq!(played, "abca");
        let asked = BTreeMap::from([("m:latest p".to_owned(), 4)]);
        assert_eq!(library.asked(), asked);
    }

    #[test]
    fn a_fault_costs_no_answer_its_turn() {
        let library = library(&[&[line("p", "a"), line("p", "b")].join("\n")]);
        let faults = ["reset*2".parse().expect("a fault")];
        let played: Vec<_> = (0..4).map(|_| play(&library, "p", &faults)).collect();
        let expected = [("a", true), ("a", true), ("a", false), ("b", false)];
        assert_eq!(played, expected.map(|(text, fault)| (text.to_owned(), fault)));
    }

    #[test]
    fn a_digest_tells_the_content_and_nothing_else() {
        let digest = |texts: &[&str]| library(texts).model("m").expect("the model").digest.clone();
        let (a, b) = (line("p", "a"), line("p", "b"));
        assert_eq!(digest(&[&a]).len(), 64);
        assert_eq!(digest(&[&format!("{a}\n\n{b}")]), digest(&[&a, &b]));
        assert_ne!(digest(&[&a]), digest(&[&b]));
    }
}
