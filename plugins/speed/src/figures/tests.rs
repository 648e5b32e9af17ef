//! Flags in virtual time: runs of servers with one trouble, and of servers with none.

use crate::figures::figures;
use crate::plan::next;
use crate::settings::{Settings, Test};
use crate::work::{Prompt, Work};
use crate::{Speed, measure};
use koderz_plugin::api::chat::{ServerTiming, Timing, Usage};
use koderz_plugin::api::seed::Stream;
use koderz_plugin::api::suite::Arrivals;
use koderz_plugin::prelude::*;
use koderz_plugin::testing::{self, all_tasks, open};
use std::time::Duration;

/// Runs of a server with one trouble, and of one without.
const TROUBLED: u64 = 50;
const CLEAN: u64 = 200;

fn between(chance: &mut Stream, least: f64, most: f64) -> f64 {
    least + (most - least) * chance.unit()
}

/// What goes wrong, and how much of it in seconds, tokens or parts.
#[derive(Clone, Copy, Debug, Default)]
struct Trouble {
    /// One question meets it, if it is of those that one question meets.
    load: f64,
    kept: f64,
    ended: f64,
    thought: bool,
    stall: f64,
    told: f64,
    read_before: bool,
    waited: f64,
    /// And these all do.
    chunk: f64,
    tire: f64,
    late: f64,
    serial: bool,
}

/// A server in virtual time, and the client that asks it.
struct World {
    chance: Stream,
    trouble: Trouble,
    /// The number of the question that meets the trouble, of those that are measured.
    met_by: usize,
    /// Seconds for a token of a prompt and of an answer, and for any prompt.
    reads: f64,
    writes: f64,
    start: f64,
    asked: usize,
}

impl World {
    fn new(seed: u64, trouble: impl FnOnce(&mut Stream) -> Trouble) -> Self {
        let mut chance = Stream::new(seed);
        World {
            trouble: trouble(&mut chance),
            met_by: between(&mut chance, 4.0, 9.0) as usize,
            reads: 1.0 / between(&mut chance, 300.0, 6000.0),
            writes: 1.0 / between(&mut chance, 15.0, 180.0),
            start: between(&mut chance, 0.002, 0.03),
            asked: 0,
            chance,
        }
    }

    /// The answer to a question that waited so long for its slot, and what it took in all, in seconds.
    fn answer(&mut self, words: u32, wanted: u32, wait: f64, lag: f64) -> (Reply, f64) {
        let meets = self.asked == self.met_by;
        let mine = |value: f64| if meets { value } else { 0.0 };
        let Trouble { load, kept, ended, .. } = self.trouble;
        let (load, waited, stall) = (mine(load), mine(self.trouble.waited), mine(self.trouble.stall));
        let mut read = 20.0 + 1.4 * f64::from(words);
        if meets && kept > 0.0 {
            read = (read * kept).floor();
        }
        let cut = meets && ended > 0.0;
        let tokens = if cut {
            (f64::from(wanted) * ended) as usize
        } else {
            wanted as usize
        };
        let fresh = if meets && self.trouble.read_before { 1.0 } else { read };
        let prompt = (self.start + fresh * self.reads) * between(&mut self.chance, 0.97, 1.03);
        let slower = 1.0 + self.trouble.tire * self.asked as f64;
        let way = between(&mut self.chance, 0.0001, 0.0006);
        let before = load.max(0.0006) + wait + waited + prompt;
        // Each arrival is a little late, and never before the one ahead of it.
        let (mut at, mut came, mut chunks) = (before, 0.0_f64, Vec::new());
        for token in 0..tokens {
            if token > 0 {
                at += self.writes * slower * between(&mut self.chance, 0.7, 1.3);
            }
            if token == tokens / 2 {
                at += stall;
            }
            let whole = self.trouble.chunk < 2.0 || (token + 1).is_multiple_of(self.trouble.chunk as usize);
            if whole || token + 1 == tokens {
                came = came.max(at + way + between(&mut self.chance, 0.0, 0.001));
                chunks.push(Duration::from_secs_f64(came));
            }
        }
        let (total, told) = (came + 0.0002, if meets { 1.0 + self.trouble.told } else { 1.0 });
        let said = |seconds: f64| Some(Duration::from_secs_f64(seconds * told));
        let mut reply = testing::reply("lorem ipsum");
        reply.thinking = (meets && self.trouble.thought).then(|| "hm".to_owned());
        reply.stop = if cut { StopReason::Finished } else { StopReason::Length };
        reply.usage = Usage {
            input_tokens: Some(read as u32),
            output_tokens: Some(tokens as u32),
        };
        reply.timing = Timing {
            connect: Duration::ZERO,
            lag: Duration::from_secs_f64(lag),
            total: Duration::from_secs_f64(total),
            first_token: chunks.first().copied(),
            first_answer_token: chunks.first().copied(),
            last_token: chunks.last().copied(),
            server: Some(ServerTiming {
                total: said(at),
                load: said(load.max(0.0006)),
                prompt: said(prompt),
                generation: said(at - before),
            }),
            chunks,
        };
        self.asked += 1;
        (reply, lag + total)
    }

    /// Puts the questions of a stage to it, one at a time, by clients or at planned times.
    fn stage(&mut self, tasks: &[Task], pacing: &Pacing) -> Vec<Graded> {
        let clients = match pacing {
            Pacing::Closed(clients) => *clients as usize,
            _ => 1,
        };
        let slots = if self.trouble.serial { 1 } else { 4 };
        let (mut askers, mut free, mut planned) = (vec![0.0_f64; clients], vec![0.0_f64; slots], 0.0);
        let mut graded = Vec::new();
        for task in tasks {
            let Work::Ask(ask) = serde_json::from_str(&task.input).expect("a task of this suite") else {
                continue;
            };
            let words = match ask.prompt {
                Prompt::Words(words) | Prompt::Same(words, _) => words,
                Prompt::Said(ref text) | Prompt::Verbatim(ref text) => text.split(' ').count() as u32,
            };
            let asker = (0..clients)
                .min_by(|a, b| askers[*a].total_cmp(&askers[*b]))
                .expect("a client");
            let asks = match pacing {
                Pacing::Open(Arrivals { per_second, .. }) => {
                    planned -= between(&mut self.chance, f64::EPSILON, 1.0).ln() / per_second;
                    planned
                }
                _ => askers[asker],
            };
            let slot = (0..slots).min_by(|a, b| free[*a].total_cmp(&free[*b])).expect("a slot");
            let lag = between(&mut self.chance, 0.0001, 0.001) + self.trouble.late;
            let wait = (free[slot] - asks - lag).max(0.0);
            let (reply, took) = self.answer(words, ask.write, wait, lag);
            (askers[asker], free[slot]) = (asks + took, asks + took);
            graded.push(Graded {
                task_id: task.id.clone(),
                stage: task.stage.clone(),
                sample: 0,
                labels: Vec::new(),
                began: Duration::from_secs_f64(asks),
                ended: Duration::from_secs_f64(asks + took),
                verdict: measure::answer(&reply, ask.asked()),
            });
        }
        graded
    }

    /// The flags of a whole run.
    fn flags(mut self, settings: &str) -> Vec<String> {
        let read: Settings = serde_json::from_str(settings).expect("settings");
        let test = Test::of(read).expect("they make sense");
        let first = all_tasks(&open::<Speed>(settings).expect("it opens")).expect("tasks");
        let mut results = self.stage(&first, &Pacing::Exclusive);
        // What is counted before is not what a trouble is looked for in.
        self.asked = 0;
        while let Some(plan) = next(&test, &results).expect("a plan") {
            results.extend(self.stage(&plan.tasks, &plan.stage.pacing));
        }
        let figures = figures(&test, &results).into_iter();
        figures
            .filter_map(|figure| Some(figure.name.strip_prefix("flag ")?.to_owned()))
            .collect()
    }
}

const SINGLE: &str = r#"{"shape": "tg128", "repeat": 12}"#;

#[test]
fn each_flag_is_raised_in_every_run_with_its_trouble() {
    type Making = fn(&mut Stream) -> Trouble;
    let troubles: [(&str, &str, Making); 12] = [
        ("reload", SINGLE, |chance| Trouble {
            load: between(chance, 0.3, 30.0),
            ..Trouble::default()
        }),
        ("prompt-truncated", r#"{"shape": "chat", "repeat": 12}"#, |chance| {
            Trouble {
                kept: between(chance, 0.1, 0.85),
                ..Trouble::default()
            }
        }),
        ("short-answer", SINGLE, |chance| Trouble {
            ended: between(chance, 0.05, 0.88),
            ..Trouble::default()
        }),
        ("thinking", SINGLE, |_| Trouble {
            thought: true,
            ..Trouble::default()
        }),
        ("bursts", SINGLE, |chance| Trouble {
            chunk: between(chance, 2.0, 9.0).floor(),
            ..Trouble::default()
        }),
        ("stall", SINGLE, |chance| Trouble {
            stall: between(chance, 0.5, 5.0),
            ..Trouble::default()
        }),
        ("unreconciled", SINGLE, |chance| Trouble {
            told: between(chance, 0.02, 0.5),
            ..Trouble::default()
        }),
        ("prefix-cache", r#"{"shape": "pp512", "repeat": 12}"#, |_| Trouble {
            read_before: true,
            ..Trouble::default()
        }),
        ("other-clients", SINGLE, |chance| Trouble {
            waited: between(chance, 0.06, 10.0),
            ..Trouble::default()
        }),
        ("slowing-down", SINGLE, |chance| Trouble {
            tire: between(chance, 0.02, 0.2),
            ..Trouble::default()
        }),
        (
            "parallelism-1",
            r#"{"shape": "tg128", "concurrency": "1,2", "requests": 12}"#,
            |_| Trouble {
                serial: true,
                ..Trouble::default()
            },
        ),
        ("client-too-slow", r#"{"shape": "tg128", "rate": 1}"#, |chance| {
            Trouble {
                late: between(chance, 0.006, 1.0),
                ..Trouble::default()
            }
        }),
    ];
    for (flag, settings, trouble) in troubles {
        for seed in 0..TROUBLED {
            let raised = World::new(seed, trouble).flags(settings);
            assert!(
                raised.iter().any(|raised| raised == flag),
                "no {flag} in run {seed}: {raised:?}"
            );
        }
    }
}

#[test]
fn no_flag_is_raised_where_there_is_no_trouble() {
    let ways = [
        SINGLE,
        r#"{"shape": "prefill", "repeat": 3}"#,
        r#"{"shape": "code", "repeat": 9}"#,
        r#"{"shape": "tg128", "concurrency": "1,2,4", "requests": 12}"#,
        r#"{"shape": "tg128", "rate": 0.2, "requests": 20}"#,
    ];
    for seed in 0..CLEAN {
        let settings = ways[seed as usize % ways.len()];
        let raised = World::new(1000 + seed, |_| Trouble::default()).flags(settings);
        assert!(raised.is_empty(), "{raised:?} in run {seed} with {settings}");
    }
}
