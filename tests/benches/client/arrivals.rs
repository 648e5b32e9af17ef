//! How late a client says that things came, by what the server wrote down.

use crate::figures::{Answer, Figures};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// When the tokens of an answer were written, as the server wrote it down. Times are in nanoseconds.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Written {
    prompt: String,
    chunks: Vec<(usize, u64)>,
}

/// What lies between a write of the server and when a client says that it came, in milliseconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Errors {
    /// Of first lines.
    pub(crate) first: Vec<f64>,
    /// Of all lines.
    pub(crate) all: Vec<f64>,
}

/// What the server wrote down of questions from the line `from` on, once there are so many that it answered.
pub(crate) fn happened<T: DeserializeOwned>(truth: &Path, from: usize, questions: usize) -> Vec<T> {
    let began = Instant::now();
    loop {
        let text = std::fs::read_to_string(truth).expect("the server's file");
        let lines = text.lines().skip(1 + from);
        let all: Vec<Value> = lines.filter_map(|line| serde_json::from_str(line).ok()).collect();
        let answered = all.iter().filter(|one| one["outcome"] == "answered").count();
        if answered >= questions {
            let all = all.into_iter().map(serde_json::from_value);
            return all.collect::<Result<_, _>>().expect("each line has its fields");
        }
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "{answered} of {questions} were answered"
        );
        // A line follows its answer.
        sleep(Duration::from_millis(10));
    }
}

impl Errors {
    /// Those of one run of a client.
    pub(crate) fn of(figures: &Figures, written: &[Written]) -> Self {
        let by_prompt: HashMap<&str, &Written> = written.iter().map(|one| (one.prompt.as_str(), one)).collect();
        let mut errors = Errors::default();
        for Answer { prompt, lines } in &figures.answers {
            let chunks = &by_prompt
                .get(prompt.as_str())
                .expect("the server knows all questions")
                .chunks;
            let wrote = chunks.iter().flat_map(|(tokens, at)| std::iter::repeat_n(*at, *tokens));
            let late: Vec<f64> = lines
                .iter()
                .zip(wrote)
                .map(|(came, wrote)| (*came as f64 - wrote as f64) / 1e6)
                .collect();
            assert_eq!(late.len(), lines.len(), "a line stands for a token");
            errors.first.extend(late.first());
            errors.all.extend(late);
        }
        errors
    }

    /// Together with those of another run.
    pub(crate) fn and(mut self, other: Errors) -> Self {
        self.first.extend(other.first);
        self.all.extend(other.all);
        self
    }

    /// In words: the medians and the 99th percentiles.
    pub(crate) fn told(&self) -> String {
        let at = |share| (percentile(&self.first, share), percentile(&self.all, share));
        let ((first, all), (first_99, all_99)) = (at(0.5), at(0.99));
        format!("{first:>10.3} {first_99:>10.3} {all:>12.3} {all_99:>10.3}")
    }
}

/// The value that a share of some numbers does not exceed.
pub(crate) fn percentile(values: &[f64], share: f64) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let rank = (share * values.len() as f64).ceil() as usize;
    values[rank.clamp(1, values.len()) - 1]
}
