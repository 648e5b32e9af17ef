//! The models that the server has, and what each of them answers.

use crate::cassette::{Cassette, Line};
use crate::course::Course;
use crate::fault::{Fault, Faults, Kind};
use crate::lorem::{self, PASSAGE, Rate};
use crate::manner::Manner;
use crate::name;
use crate::question::Question;
use crate::reply::Reply;
use crate::speaker::Speaker;
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
    /// How those behave that answer anything.
    manner: Arc<Manner>,
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
    Lorem(Box<Speaker>, Mutex<HashMap<u64, Tally>>),
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

/// What decides about an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) question: &'a Question,
    pub(crate) seed: Option<u64>,
    /// The most tokens that it may have.
    pub(crate) bound: Option<usize>,
    /// Whether the model may think first.
    pub(crate) thinks: bool,
}

/// What a question gets once it has its slot.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) reply: Arc<Reply>,
    pub(crate) fault: Option<Kind>,
    /// When it comes, if that is computed, and not what was measured once.
    pub(crate) course: Option<Course>,
}

impl Library {
    pub(crate) fn new(cassettes: Vec<Cassette>, faults: Vec<Fault>, manner: Manner) -> Self {
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
            manner: Arc::new(manner),
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
        let model = Arc::new(Model::lorem(key.clone(), Speaker::new(rate, Arc::clone(&self.manner))));
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

    /// What a question gets that begins now. Answers of one question take turns, and one
    /// that meets a fault has not had its turn, so that who asks again gets what an undisturbed client would.
    pub(crate) fn begins(&self, model: &Model, asked: &Asked<'_>, fault: Option<Kind>) -> Option<Part> {
        model.count(asked.question, asked.seed, |tally, replies| {
            let fault = fault.or_else(|| {
                let fault = self.faults.of_attempt(tally.met + 1)?;
                tally.met += 1;
                Some(fault)
            });
            let turn = tally.played;
            tally.played += usize::from(fault.is_none());
            let (reply, course) = match (&model.voice, replies) {
                (Voice::Lorem(speaker, _), _) => {
                    let (reply, course) = speaker.answer(asked.question, asked.bound, asked.thinks);
                    (Arc::new(reply), Some(course))
                }
                (Voice::Recorded(_), replies) => (Arc::clone(&replies[turn % replies.len()]), None),
            };
            Part { reply, fault, course }
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

    fn lorem(name: String, speaker: Speaker) -> Self {
        Model {
            digest: hexadecimal(Sha256::new().chain_update(&name).chain_update(PASSAGE)),
            name,
            family: "lorem",
            bytes: PASSAGE.len() as u64,
            thinks: speaker.manner.think > 0,
            takes_chat: true,
            takes_prompts: true,
            voice: Voice::Lorem(Box::new(speaker), Mutex::default()),
        }
    }

    /// Who speaks, if it is a model that answers anything.
    pub(crate) fn speaker(&self) -> Option<&Speaker> {
        match &self.voice {
            Voice::Recorded(_) => None,
            Voice::Lorem(speaker, _) => Some(speaker),
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
mod tests;
