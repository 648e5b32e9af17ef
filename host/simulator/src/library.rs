//! The models that the server has, and what each of them answers.

use crate::cassette::{Cassette, Line};
use crate::fault::{Fault, Faults, Kind};
use crate::lorem::{self, PASSAGE, Rate};
use crate::name;
use crate::question::Question;
use crate::reply::Reply;
use sha2::{Digest, Sha256};
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard};

/// The most models that are remembered for having been asked for, of those that answer anything.
const NAMED: usize = 256;

/// The most questions to one such model that are told apart; after that it has forgotten them.
const TOLD_APART: usize = 1 << 16;

/// All models.
#[derive(Debug)]
pub(crate) struct Library {
    faults: Faults,
    /// By their keys.
    recorded: BTreeMap<String, Arc<Model>>,
    /// Those of the endlessly many that answer anything that were asked for, by their keys.
    lorem: Mutex<BTreeMap<String, Arc<Model>>>,
}

/// A model.
#[derive(Debug)]
pub(crate) struct Model {
    /// Its name with its tag, as the first cassette spells it.
    pub(crate) name: String,
    /// What is said where a model would have its format and its family.
    pub(crate) family: &'static str,
    /// SHA-256 of all that it answers, in hexadecimal.
    pub(crate) digest: String,
    /// How long its lines are.
    pub(crate) bytes: u64,
    /// Whether it thought before any of its answers.
    pub(crate) thinks: bool,
    /// Whether any conversation has an answer, and whether any bare prompt does.
    pub(crate) takes_chat: bool,
    pub(crate) takes_prompts: bool,
    voice: Voice,
}

/// Where answers come from.
#[derive(Debug)]
enum Voice {
    Recorded(HashMap<Question, Recorded>),
    /// Any question has an answer. What is counted for it is found by its hash.
    Lorem(Rate, Mutex<HashMap<u64, Tally>>),
}

/// All that was recorded for one question.
#[derive(Debug, Default)]
struct Recorded {
    /// Whatever the seed.
    all: Answers,
    /// What was said under a seed, which is what the same question under that seed gets.
    by_seed: HashMap<u64, Answers>,
}

impl Recorded {
    fn add(&mut self, seed: Option<u64>, reply: Reply) {
        let reply = Arc::new(reply);
        if let Some(seed) = seed {
            self.by_seed.entry(seed).or_default().replies.push(Arc::clone(&reply));
        }
        self.all.replies.push(reply);
    }

    /// The answers that take turns for a question under a seed.
    fn under(&self, seed: Option<u64>) -> &Answers {
        seed.and_then(|seed| self.by_seed.get(&seed)).unwrap_or(&self.all)
    }

    fn asked(&self) -> u64 {
        let answers = std::iter::once(&self.all).chain(self.by_seed.values());
        answers.map(|answers| lock(&answers.tally).asked).sum()
    }
}

/// Answers that take turns.
#[derive(Debug, Default)]
struct Answers {
    replies: Vec<Arc<Reply>>,
    tally: Mutex<Tally>,
}

/// What has become of a question so far.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    /// How often it was asked.
    asked: u64,
    /// How many of its own faults it has met.
    met: u64,
    /// How many answers it has had.
    played: usize,
}

/// What a question gets once it has its slot.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) reply: Arc<Reply>,
    pub(crate) fault: Option<Kind>,
    /// Whether its durations are computed, and not what was measured once.
    pub(crate) computed: bool,
}

impl Library {
    pub(crate) fn new(cassettes: Vec<Cassette>, faults: Vec<Fault>) -> Self {
        let mut drafts: BTreeMap<String, (Model, HashMap<Question, Recorded>, Sha256)> = BTreeMap::new();
        for line in cassettes.into_iter().flat_map(|cassette| cassette.lines) {
            let (model, answers, hash) = drafts
                .entry(name::key(&line.model))
                .or_insert_with(|| (Model::recorded(line.model.clone()), HashMap::new(), Sha256::new()));
            hash.update(line.digest);
            model.add(line, answers);
        }
        let finish = |(key, (model, answers, hash)): (String, (Model, HashMap<_, _>, Sha256))| {
            let model = Model {
                digest: hexadecimal(hash),
                voice: Voice::Recorded(answers),
                ..model
            };
            (key, Arc::new(model))
        };
        let library = Library {
            faults: Faults::new(faults),
            recorded: drafts.into_iter().map(finish).collect(),
            lorem: Mutex::default(),
        };
        for name in lorem::USUAL {
            library.model(name);
        }
        library
    }

    /// The model that is meant by a name. One that answers anything is there as soon as it is named, and listed from
    /// then on, so that a client finds it that looks for it in the list.
    pub(crate) fn model(&self, name: &str) -> Option<Arc<Model>> {
        let key = name::key(name);
        if let Some(model) = self.recorded.get(&key) {
            return Some(Arc::clone(model));
        }
        let rate = Rate::read(&key)?;
        let mut named = self.named();
        if let Some(model) = named.get(&key) {
            return Some(Arc::clone(model));
        }
        let model = Arc::new(Model::lorem(key.clone(), rate));
        if named.len() < NAMED {
            named.insert(key, Arc::clone(&model));
        }
        Some(model)
    }

    /// All models that are listed.
    pub(crate) fn models(&self) -> Vec<Arc<Model>> {
        self.recorded.values().chain(self.named().values()).cloned().collect()
    }

    /// A question comes to a model. The fault that it meets at once, or later because of its place among all requests;
    /// nothing if it has no answer.
    pub(crate) fn arrives(&self, model: &Model, question: &Question, seed: Option<u64>) -> Option<Option<Kind>> {
        model.count(question, seed, |tally, _| {
            tally.asked += 1;
            if let Some(kind) = self.faults.of_arrival() {
                return Some(kind);
            }
            let kind = self.faults.of_attempt(tally.met + 1).filter(Kind::is_instead)?;
            tally.met += 1;
            Some(kind)
        })
    }

    /// What a question gets that begins now, and may have so many tokens. Answers of one question take turns, and one
    /// that meets a fault has not had its turn, so that who asks again gets what an undisturbed client would.
    pub(crate) fn begins(
        &self,
        model: &Model,
        question: &Question,
        seed: Option<u64>,
        bound: Option<usize>,
        fault: Option<Kind>,
    ) -> Option<Part> {
        model.count(question, seed, |tally, replies| {
            let fault = fault.or_else(|| {
                let fault = self.faults.of_attempt(tally.met + 1)?;
                tally.met += 1;
                Some(fault)
            });
            let turn = tally.played;
            tally.played += usize::from(fault.is_none());
            let (reply, computed) = match (&model.voice, replies) {
                (Voice::Lorem(rate, _), _) => (Arc::new(rate.reply(question, bound)), true),
                (Voice::Recorded(_), replies) => (Arc::clone(&replies[turn % replies.len()]), false),
            };
            Part { reply, fault, computed }
        })
    }

    /// How often each recorded question was asked that was asked at all.
    pub(crate) fn asked(&self) -> BTreeMap<String, u64> {
        let mut asked = BTreeMap::new();
        for model in self.recorded.values() {
            let Voice::Recorded(answers) = &model.voice else {
                continue;
            };
            for (question, answers) in answers {
                let times = answers.asked();
                if times > 0 {
                    asked.insert(format!("{} {question}", model.name), times);
                }
            }
        }
        asked
    }

    fn named(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Model>>> {
        lock(&self.lorem)
    }
}

impl Model {
    fn recorded(name: String) -> Self {
        Model {
            name,
            family: "cassette",
            digest: String::new(),
            bytes: 0,
            thinks: false,
            takes_chat: false,
            takes_prompts: false,
            voice: Voice::Recorded(HashMap::new()),
        }
    }

    fn lorem(name: String, rate: Rate) -> Self {
        Model {
            digest: hexadecimal(Sha256::new().chain_update(&name).chain_update(PASSAGE)),
            name,
            family: "lorem",
            bytes: PASSAGE.len() as u64,
            thinks: false,
            takes_chat: true,
            takes_prompts: true,
            voice: Voice::Lorem(rate, Mutex::default()),
        }
    }

    /// What it is, in the place of a modelfile.
    pub(crate) fn describe(&self) -> String {
        match self.voice {
            Voice::Recorded(_) => format!("# Recorded answers of {}\n", self.name),
            Voice::Lorem(..) => format!("# {} answers anything\n", self.name),
        }
    }

    fn add(&mut self, line: Line, answers: &mut HashMap<Question, Recorded>) {
        self.bytes += line.bytes;
        self.thinks |= line.reply.thinks();
        match line.question {
            Question::Messages(_) => self.takes_chat = true,
            Question::Prompt(_) => self.takes_prompts = true,
        }
        answers.entry(line.question).or_default().add(line.seed, line.reply);
    }

    /// Looks at what was counted for a question, and at what was recorded; nothing if it has no answer.
    fn count<T>(
        &self,
        question: &Question,
        seed: Option<u64>,
        look: impl FnOnce(&mut Tally, &[Arc<Reply>]) -> T,
    ) -> Option<T> {
        match &self.voice {
            Voice::Recorded(answers) => {
                let answers = answers.get(question)?.under(seed);
                Some(look(&mut lock(&answers.tally), &answers.replies))
            }
            Voice::Lorem(_, tallies) => {
                let mut hasher = DefaultHasher::new();
                question.hash(&mut hasher);
                let (hash, mut tallies) = (hasher.finish(), lock(tallies));
                if tallies.len() >= TOLD_APART && !tallies.contains_key(&hash) {
                    tallies.clear();
                }
                Some(look(tallies.entry(hash).or_default(), &[]))
            }
        }
    }
}

fn hexadecimal(hash: Sha256) -> String {
    let mut text = String::new();
    for byte in hash.finalize() {
        write!(text, "{byte:02x}").expect("a string takes all text");
    }
    text
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nobody panics while counting")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library(texts: &[&str], faults: &[&str]) -> Library {
        let cassettes = texts.iter().map(|text| Cassette::parse("c", text).expect("a cassette"));
        let faults = faults.iter().map(|fault| fault.parse().expect("a fault"));
        Library::new(cassettes.collect(), faults.collect())
    }

    fn line(prompt: &str, response: &str) -> String {
        format!(r#"{{"model":"m","prompt":"{prompt}","reply":{{"response":"{response}","done":true}}}}"#)
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
            .begins(&model, &question, None, Some(2), fault)
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
            let part = library.begins(&model, &question, seed, None, None).expect("an answer");
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
}
