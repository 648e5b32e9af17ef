//! What can be set, and what it means.

use crate::given::Given;
use crate::shapes::Shape;
use koderz_plugin::schemars;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The most clients that a sweep goes up to.
pub(crate) const MOST_CLIENTS: u32 = 64;

/// What can be set.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// The longest answer of the classic prompts in tokens.
    #[schemars(range(min = 2))]
    max_output_tokens: u32,
    /// What is asked.
    shape: Shape,
    /// Whose prompts are asked. Those of the data that is granted as `prompts`, where there is any, unless this is `own`.
    prompts: Option<Prompts>,
    /// Asks prompts as they are, without the number before them that no server has read before.
    verbatim: bool,
    /// The context window in tokens, which a prompt has to fit into with its answer; 0 where that is not known.
    context_tokens: u32,
    /// How often each is asked, one after the other.
    #[schemars(range(min = 1, max = 10000))]
    repeat: u32,
    /// Clients that ask at once, each its next question as the last one is answered: a list such as 1,2,4,8, or `sweep` for
    /// twice as many until the server gets no more done.
    concurrency: String,
    /// Questions a second, at planned times, whether or not earlier ones are answered; 0 for none.
    #[schemars(range(min = 0, max = 10000))]
    rate: f64,
    /// How regularly they come.
    arrivals: Arrivals,
    /// An objective, such as ttft=500ms,tpot=50ms,e2e=20s: the highest rate at which 95 of 100 questions meet it is searched
    /// for.
    slo: String,
    /// How closely the median of each length is to be known, such as 2%: as long as half of its interval is more than that, it
    /// is asked again. Empty for as often as `repeat` says.
    precision: String,
    /// How often the model is taken out of memory and loaded again before all else.
    #[schemars(range(min = 0, max = 100))]
    loads: u32,
    /// Questions at each number of clients and at a rate; a search takes as many as fit into 20 s.
    #[schemars(range(min = 1, max = 100000))]
    requests: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            max_output_tokens: 512,
            shape: Shape::Classic,
            prompts: None,
            verbatim: false,
            context_tokens: 0,
            repeat: 1,
            concurrency: String::new(),
            rate: 0.0,
            arrivals: Arrivals::Poisson,
            slo: String::new(),
            precision: String::new(),
            loads: 0,
            requests: 40,
        }
    }
}

/// Whose prompts are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Prompts {
    /// The suite's.
    Own,
    /// Those of the data that is granted as `prompts`.
    Granted,
}

/// How regularly questions come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Arrivals {
    /// At equal distances.
    Constant,
    /// As from many people who do not know of each other.
    #[default]
    Poisson,
    /// In bursts: the distances vary twice as much.
    Bursty,
}

impl Arrivals {
    pub(crate) fn burstiness(self) -> f64 {
        match self {
            Arrivals::Constant => 0.0,
            Arrivals::Poisson => 1.0,
            Arrivals::Bursty => 2.0,
        }
    }
}

/// How the server is loaded.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Load {
    /// One question at a time, and nothing else.
    Single,
    /// So many clients, one number after the other.
    Clients(Vec<u32>),
    /// Twice as many clients, until no more gets done.
    Sweep,
    /// So many questions a second.
    Rate(f64),
    /// The highest rate under an objective.
    Search(Objective),
}

/// What a user calls fast enough.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Objective {
    pub(crate) first_token: Option<Duration>,
    pub(crate) each_token: Option<Duration>,
    pub(crate) whole: Option<Duration>,
}

/// The settings, understood.
#[derive(Clone, Debug)]
pub(crate) struct Test {
    pub(crate) max_output_tokens: u32,
    pub(crate) shape: Shape,
    /// Whose prompts, as far as that was said.
    pub(crate) prompts: Option<Prompts>,
    /// Those of the user's own, once they were read.
    pub(crate) given: Option<Given>,
    pub(crate) verbatim: bool,
    /// 0 where it is not known.
    pub(crate) context_tokens: u32,
    pub(crate) repeat: u32,
    pub(crate) load: Load,
    pub(crate) arrivals: Arrivals,
    /// As a share.
    pub(crate) precision: Option<f64>,
    pub(crate) loads: u32,
    pub(crate) requests: u32,
}

impl Test {
    /// What is wrong is said in words for the user.
    pub(crate) fn of(settings: Settings) -> Result<Self, String> {
        let Settings {
            max_output_tokens,
            shape,
            prompts,
            verbatim,
            context_tokens,
            repeat,
            concurrency,
            rate,
            arrivals,
            slo,
            precision,
            loads: reloads,
            requests,
        } = settings;
        if max_output_tokens < 2 {
            return Err("max-output-tokens is at least 2: a rate needs a step from one token to the next".to_owned());
        }
        if repeat == 0 || requests == 0 {
            return Err("repeat and requests are at least 1".to_owned());
        }
        if reloads > 100 {
            return Err(format!("loads is {reloads}; it is from 0 to 100"));
        }
        if !(0.0..=10_000.0).contains(&rate) {
            return Err(format!("rate is {rate}; it is from 0 to 10000 questions a second"));
        }
        if (1..shape.longest()).contains(&context_tokens) {
            return Err(format!(
                "the shape {} takes {} tokens to read and to write, which do not fit into a context window of {context_tokens}; a \
                 larger --num-ctx does",
                shape.name(),
                shape.longest()
            ));
        }
        let mut loads = Vec::new();
        loads.extend((!concurrency.is_empty()).then(|| clients(&concurrency)).transpose()?);
        loads.extend((rate > 0.0).then_some(Load::Rate(rate)));
        loads.extend(
            (!slo.is_empty())
                .then(|| objective(&slo))
                .transpose()?
                .map(Load::Search),
        );
        if loads.len() > 1 {
            return Err("concurrency, rate and slo are three ways to load a server; only one can be set".to_owned());
        }
        let precision = (!precision.is_empty()).then(|| share(&precision)).transpose()?;
        if precision.is_some() && (shape == Shape::Classic || !loads.is_empty()) {
            return Err(
                "precision is for one question at a time of a shape of lengths, such as --shape chat; elsewhere repeat and \
                 requests say how often is asked"
                    .to_owned(),
            );
        }
        Ok(Test {
            max_output_tokens,
            shape,
            prompts,
            given: None,
            verbatim,
            context_tokens,
            repeat,
            load: loads.pop().unwrap_or(Load::Single),
            arrivals,
            precision,
            loads: reloads,
            requests,
        })
    }
}

/// A share that was said in per cent.
fn share(text: &str) -> Result<f64, String> {
    let number = text.trim().trim_end_matches('%').trim().parse::<f64>();
    match number {
        Ok(percent) if (0.1..=50.0).contains(&percent) => Ok(percent / 100.0),
        _ => Err(format!(
            "precision: {text:?} is none; 2% or another from 0.1% to 50% is what can be said"
        )),
    }
}

fn clients(text: &str) -> Result<Load, String> {
    if text == "sweep" {
        return Ok(Load::Sweep);
    }
    let one = |number: &str| match number.trim().parse::<u32>() {
        Ok(clients @ 1..=1000) => Ok(clients),
        _ => Err(format!(
            "concurrency: {number:?} is no number of clients from 1 to 1000; 1,2,4,8 or sweep is what can be said"
        )),
    };
    let mut numbers = text.split(',').map(one).collect::<Result<Vec<u32>, String>>()?;
    numbers.dedup();
    let mut sorted = numbers.clone();
    sorted.sort_unstable();
    sorted.dedup();
    match sorted.len() == numbers.len() {
        true => Ok(Load::Clients(numbers)),
        false => Err(format!("concurrency: {text} names a number twice")),
    }
}

fn objective(text: &str) -> Result<Objective, String> {
    let mut objective = Objective::default();
    for part in text.split(',') {
        let wrong = || format!("slo: {part:?} is none of ttft=TIME, tpot=TIME and e2e=TIME, such as ttft=500ms");
        let (name, time) = part.trim().split_once('=').ok_or_else(wrong)?;
        let time = Some(duration(time).ok_or_else(wrong)?);
        let place = match name {
            "ttft" => &mut objective.first_token,
            "tpot" => &mut objective.each_token,
            "e2e" => &mut objective.whole,
            _ => return Err(wrong()),
        };
        if place.is_some() {
            return Err(format!("slo: {name} is there twice"));
        }
        *place = time;
    }
    Ok(objective)
}

/// A time above 0: `500ms`, `2s` or `1.5s`.
fn duration(text: &str) -> Option<Duration> {
    let (number, scale) = match text.strip_suffix("ms") {
        Some(number) => (number, 1e-3),
        None => (text.strip_suffix('s')?, 1.0),
    };
    let seconds = number.trim().parse::<f64>().ok()? * scale;
    (seconds > 0.0)
        .then(|| Duration::try_from_secs_f64(seconds).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(change: impl FnOnce(&mut Settings)) -> Result<Test, String> {
        let mut settings = Settings::default();
        change(&mut settings);
        Test::of(settings)
    }

    #[test]
    fn a_load_is_read_from_what_was_set() {
        let load = |change: fn(&mut Settings)| test(change).expect("it can be read").load;
        assert_eq!(load(|_| {}), Load::Single);
        assert_eq!(load(|s| s.concurrency = "1, 4".to_owned()), Load::Clients(vec![1, 4]));
        assert_eq!(load(|s| s.concurrency = "sweep".to_owned()), Load::Sweep);
        assert_eq!(load(|s| s.rate = 0.5), Load::Rate(0.5));
        let objective = Objective {
            first_token: Some(Duration::from_millis(500)),
            each_token: None,
            whole: Some(Duration::from_secs(20)),
        };
        assert_eq!(
            load(|s| s.slo = "ttft=500ms,e2e=20s".to_owned()),
            Load::Search(objective)
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_what_would() {
        let said = |change: fn(&mut Settings)| test(change).expect_err("it is refused");
        assert!(said(|s| s.concurrency = "0".to_owned()).contains("from 1 to 1000"));
        assert!(said(|s| s.concurrency = "2,4,2".to_owned()).contains("twice"));
        assert!(said(|s| s.slo = "ttft=0ms".to_owned()).contains("such as ttft=500ms"));
        assert!(said(|s| s.slo = "p99=1s".to_owned()).contains("none of ttft"));
        assert!(said(|s| s.slo = "ttft=1s,ttft=2s".to_owned()).contains("twice"));
        assert!(said(|s| s.rate = -1.0).contains("0 to 10000"));
        assert!(said(|s| s.precision = "2%".to_owned()).contains("shape of lengths"));
        let both = said(|s| {
            s.rate = 1.0;
            s.concurrency = "2".to_owned();
        });
        assert!(both.contains("only one can be set"), "{both}");
    }
}
