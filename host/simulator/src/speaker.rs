//! A model that answers anything: what it keeps in mind from one question to the next.

use crate::course::{Company, Course};
use crate::lorem::Rate;
use crate::manner::Manner;
use crate::question::Question;
use crate::reply::Reply;
use crate::truth::Rates;
use std::collections::VecDeque;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// The prompts that it knows the beginnings of, and how much of each.
const PROMPTS: usize = 64;
const WORDS: usize = 1 << 16;

#[derive(Debug)]
pub(crate) struct Speaker {
    rate: Rate,
    pub(crate) manner: Arc<Manner>,
    company: Company,
    arrived: AtomicU64,
    answered: AtomicU64,
    /// Hashes of the words of prompts that were read, the latest last.
    read: Mutex<VecDeque<Vec<u64>>>,
}

impl Speaker {
    pub(crate) fn new(rate: Rate, manner: Arc<Manner>) -> Self {
        Speaker {
            rate,
            manner,
            company: Company::default(),
            arrived: AtomicU64::new(0),
            answered: AtomicU64::new(0),
            read: Mutex::default(),
        }
    }

    /// What is set of it, in tokens a second.
    pub(crate) fn rates(&self) -> Rates {
        Rates {
            read: self.rate.reads(&self.manner),
            write: self.rate.per_second(),
        }
    }

    /// The number of a question that comes now, counted from 1.
    pub(crate) fn arrives(&self) -> u64 {
        1 + self.arrived.fetch_add(1, Ordering::Relaxed)
    }

    /// What it says to a question that begins now, and when.
    pub(crate) fn answer(&self, question: &Question, bound: Option<usize>, thinks: bool) -> (Reply, Course) {
        let number = 1 + self.answered.fetch_add(1, Ordering::Relaxed);
        let asked = question.words().count().clamp(1, self.manner.keep);
        let fresh = match self.manner.cache {
            true => self.remember(question, asked),
            false => asked,
        };
        let reply = self.rate.reply(&self.manner, number, asked, bound, thinks);
        let times = self.rate.times(&self.manner, fresh);
        let tokens = reply.tokens();
        let course = Course::new(Arc::clone(&self.manner), number, times, tokens, self.company.join());
        (reply, course)
    }

    /// It was loaded anew, and remembers nothing.
    pub(crate) fn forget(&self) {
        self.read.lock().expect("nobody panics while remembering").clear();
    }

    /// How many tokens of a prompt have to be read; the last one always. From now on it is known.
    fn remember(&self, question: &Question, asked: usize) -> usize {
        let hasher = BuildHasherDefault::<DefaultHasher>::new();
        let words = question.words().take(asked.min(WORDS));
        let words: Vec<u64> = words.map(|word| hasher.hash_one(word)).collect();
        let mut read = self.read.lock().expect("nobody panics while remembering");
        let common = |known: &Vec<u64>| {
            known
                .iter()
                .zip(&words)
                .take_while(|(known, word)| known == word)
                .count()
        };
        let known = read.iter().map(common).max().unwrap_or(0);
        if read.len() == PROMPTS {
            read.pop_front();
        }
        read.push_back(words);
        asked.saturating_sub(known).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn speaker(manner: &str) -> Speaker {
        let rate = Rate::read("lorem:50").expect("a rate");
        Speaker::new(rate, Arc::new(manner.parse().expect("a manner")))
    }

    /// The tokens that are counted of a prompt, and how long it takes.
    fn reads(speaker: &Speaker, prompt: &str) -> (Option<u64>, Duration) {
        let (reply, course) = speaker.answer(&Question::Prompt(prompt.to_owned()), Some(4), true);
        (reply.tail.expect("an end").prompt_eval_count, course.prompt)
    }

    #[test]
    fn what_was_read_before_counts_and_takes_no_time_until_the_model_is_loaded_anew() {
        let speaker = speaker("read=100,start=5ms,cache");
        let millis = Duration::from_millis;
        assert_eq!(reads(&speaker, "a b c d"), (Some(4), millis(45)));
        assert_eq!(reads(&speaker, "a b c e"), (Some(4), millis(15)));
        assert_eq!(
            reads(&speaker, "a b c d"),
            (Some(4), millis(15)),
            "one token is read in any case"
        );
        assert_eq!(reads(&speaker, "x b c d"), (Some(4), millis(45)));
        speaker.forget();
        assert_eq!(reads(&speaker, "a b c d"), (Some(4), millis(45)));
    }

    #[test]
    fn without_a_cache_and_of_a_prompt_that_is_cut_all_that_is_left_is_read() {
        let speaker = speaker("read=100,keep=3");
        for _ in 0..2 {
            assert_eq!(reads(&speaker, "a b c d"), (Some(3), Duration::from_millis(30)));
        }
    }

    #[test]
    fn it_thinks_first_and_ends_by_itself_where_that_is_set() {
        let speaker = speaker("think=2,end=3/2");
        let said = |thinks| {
            let (reply, _) = speaker.answer(&Question::Prompt("x".to_owned()), Some(4), thinks);
            let said = reply.first(9);
            let said = (said.thinking.to_owned(), said.response.to_owned());
            (said, reply.tail.expect("an end").done_reason)
        };
        let expected = (("lorem ipsum".to_owned(), " dolor sit".to_owned()), "length".to_owned());
        assert_eq!(said(true), expected);
        let expected = ((String::new(), "lorem ipsum dolor".to_owned()), "stop".to_owned());
        assert_eq!(said(false), expected);
    }
}
