//! Needle: one sentence stands somewhere in a long text, and is asked for at its end.
//!
//! The tasks are a grid of lengths and depths, which are labels too, so that results are told apart by both. A task's input
//! says only where it is in the grid: the text is written when it is asked, and is in the record once.

use koderz_plugin::{prelude::*, schemars};

/// The one stage.
const STAGE: &str = "main";

/// Tokens of a word of the text, at the most: ordinary English has 1.3.
const TOKENS_A_WORD: f64 = 1.5;

/// Tokens for everything but the text.
const BESIDES: u32 = 256;

/// What can be set.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Lengths of the text, in words.
    lengths: Vec<u32>,
    /// Depths of the sentence, in per cent of the length.
    depths: Vec<u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            lengths: vec![1000, 4000],
            depths: vec![0, 25, 50, 75, 100],
        }
    }
}

/// A task's input.
#[derive(Clone, Copy, serde::Serialize, serde::Deserialize)]
struct Place {
    length: u32,
    depth: u32,
}

/// What the text is made of.
const HAY: [&str; 6] = [
    "The ferry leaves the island at seven and comes back before dark.",
    "In autumn the upper road is closed, and everybody takes the lower one.",
    "A baker in the old town sells bread that is better on the second day.",
    "Nobody remembers who painted the lighthouse, only that it was white before.",
    "When the wind turns, the boats stay in the harbour and the nets are mended.",
    "The school has two rooms, one clock and a garden with three pear trees.",
];

impl Place {
    /// Six digits that no other place of a usual grid has: Fibonacci hashing, since equal arguments have equal answers.
    fn code(self) -> u64 {
        let place = (u64::from(self.length) << 32) | u64::from(self.depth);
        100_000 + (place.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) % 900_000
    }

    fn question(self) -> String {
        let needle = format!("The code of the harbour office is {}.", self.code());
        let mut text: Vec<&str> = Vec::new();
        let mut words = 0;
        let wanted = u64::from(self.length);
        let before = wanted * u64::from(self.depth) / 100;
        let mut hidden = false;
        let mut hay = HAY.iter().cycle();
        while words < wanted || !hidden {
            let sentence = match hay.next() {
                Some(_) if !hidden && words >= before => {
                    hidden = true;
                    needle.as_str()
                }
                Some(sentence) => sentence,
                None => break,
            };
            words += sentence.split(' ').count() as u64;
            text.push(sentence);
        }
        format!(
            "{}\n\nWhat is the code of the harbour office? Answer with the number alone.",
            text.join(" ")
        )
    }
}

/// The suite.
pub struct Needle(Settings);

impl Suite for Needle {
    type Settings = Settings;

    fn identity() -> PluginInfo {
        koderz_plugin::identity!("needle", "One sentence to be found again in a long text.")
    }

    fn open(settings: Settings) -> Result<Self, String> {
        if let Some(depth) = settings.depths.iter().find(|depth| **depth > 100) {
            return Err(format!("a depth is at most 100 per cent, not {depth}"));
        }
        if let Some(length) = settings.lengths.iter().find(|length| **length > 1_000_000) {
            return Err(format!("a text has at most 1,000,000 words, not {length}"));
        }
        Ok(Needle(settings))
    }

    fn describe(&self) -> SuiteInfo {
        let longest = self.0.lengths.iter().copied().max().unwrap_or(0);
        SuiteInfo {
            // One window for all lengths: servers load a model anew where it changes.
            context_tokens: Some((f64::from(longest) * TOKENS_A_WORD) as u32 + BESIDES),
            task_count: Some((self.0.lengths.len() * self.0.depths.len()) as u64),
            ..suite_info(STAGE)
        }
    }

    fn tasks(&self, _cursor: Option<&str>) -> Result<TaskPage, String> {
        let mut tasks = Vec::new();
        for &length in &self.0.lengths {
            for &depth in &self.0.depths {
                let place = Place { length, depth };
                let labels = [("length", length.to_string()), ("depth", format!("{depth} %"))];
                tasks.push(Task {
                    labels: labels.map(|(name, value)| (name.to_owned(), value)).to_vec(),
                    ..task(format!("needle/{length}/{depth}"), STAGE, &place)?
                });
            }
        }
        Ok(TaskPage { tasks, next: None })
    }

    fn next(&self, trial: &Trial, history: &[Round]) -> Result<Step, String> {
        let place: Place = input(trial)?;
        match history.last().and_then(|round| round.first()) {
            None => {
                let mut request = chat(place.question());
                request.sampling.temperature = Some(0.0);
                request.sampling.max_output_tokens = Some(32);
                Ok(ask(request))
            }
            Some(Completion::Asked(Ok(reply))) if reply.text.contains(&place.code().to_string()) => Ok(pass()),
            Some(Completion::Asked(Ok(reply))) => Ok(fail(format!("{} is not in: {}", place.code(), reply.text))),
            Some(other) => Ok(inconclusive(other)),
        }
    }
}

koderz_plugin::export!(suite: Needle);

#[cfg(test)]
mod tests {
    use super::*;
    use koderz_plugin::testing::{all_tasks, open};

    #[test]
    fn the_sentence_stands_at_the_depth_that_the_task_is_named_by() {
        for depth in [0, 25, 50, 75, 100] {
            let place = Place { length: 2000, depth };
            let question = place.question();
            let code = place.code().to_string();
            let words: Vec<&str> = question.split_whitespace().collect();
            let at = words
                .iter()
                .position(|word| word.starts_with(&code))
                .expect("it is there");
            let wanted = 20 * depth as usize;
            assert!(at.abs_diff(wanted) < 25, "{at} and not {wanted}");
            assert!(words.len().abs_diff(2000) < 50, "{}", words.len());
        }
    }

    #[test]
    fn every_length_is_tried_at_every_depth_in_one_window() {
        let suite: Needle = open(r#"{"lengths": [10, 100], "depths": [0, 50, 100]}"#).expect("the suite");
        let tasks = all_tasks(&suite).expect("tasks");
        assert_eq!(tasks.len(), 6);
        assert_eq!(tasks[4].labels[0], ("length".to_owned(), "100".to_owned()));
        assert_eq!(tasks[4].labels[1], ("depth".to_owned(), "50 %".to_owned()));
        assert_eq!(suite.describe().context_tokens, Some(150 + BESIDES));
    }

    #[test]
    fn a_depth_beyond_the_end_is_refused() {
        assert!(open::<Needle>(r#"{"depths": [101]}"#).is_err());
    }
}
