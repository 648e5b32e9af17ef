//! Plans against servers whose behaviour is known.

use crate::figures::figures;
use crate::measure::{FIRST_TOKEN, LAG, QUEUE, READ, WHOLE, WRITTEN};
use crate::plan::next;
use crate::settings::{Settings, Test};
use koderz_plugin::api::seed::Stream;
use koderz_plugin::api::suite::Arrivals;
use koderz_plugin::api::timing::EACH_TOKEN;
use koderz_plugin::prelude::*;
use koderz_plugin::testing;
use std::time::Duration;

fn exponential(chance: &mut Stream, mean: f64) -> f64 {
    -mean * (1.0 - chance.unit()).ln()
}

/// A server of so many slots, whose answers take a time of an exponential distribution with this mean, in seconds, and
/// have 100 tokens each.
struct Server {
    slots: usize,
    mean: f64,
    chance: Stream,
    /// Seconds of load so far, over all stages.
    took: f64,
    /// Of so many questions one has no answer, where any has none.
    unanswered: Option<usize>,
}

impl Server {
    fn new(slots: usize, mean: f64, seed: u64) -> Self {
        Server {
            slots,
            mean,
            chance: Stream::new(seed),
            took: 0.0,
            unanswered: None,
        }
    }

    /// Puts the questions of a stage to it.
    fn run(&mut self, plan: &Plan) -> Vec<Graded> {
        let mut free = vec![0.0; self.slots];
        let mut clients = match plan.stage.pacing {
            Pacing::Closed(clients) => vec![0.0; clients as usize],
            _ => Vec::new(),
        };
        let (mut due, mut last) = (0.0, 0.0_f64);
        let mut graded = Vec::new();
        for task in &plan.tasks {
            let asked = match plan.stage.pacing {
                Pacing::Open(Arrivals { per_second, .. }) => {
                    due += exponential(&mut self.chance, 1.0 / per_second);
                    due
                }
                _ => earliest(&clients).1,
            };
            let (slot, since) = earliest(&free);
            let starts = since.max(asked);
            let ends = starts + exponential(&mut self.chance, self.mean);
            free[slot] = ends;
            if !clients.is_empty() {
                let (client, _) = earliest(&clients);
                clients[client] = ends;
            }
            last = last.max(ends);
            let mut result = result(task, asked, starts, ends);
            if self.unanswered.is_some_and(|every| graded.len() % every == 0) {
                result.verdict.grade = Grade::Inconclusive;
                result.verdict.metrics.clear();
            }
            graded.push(result);
        }
        self.took += last;
        graded
    }
}

fn earliest(times: &[f64]) -> (usize, f64) {
    let times = times.iter().copied().enumerate();
    times.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0, 0.0))
}

fn result(task: &Task, asked: f64, starts: f64, ends: f64) -> Graded {
    let seconds = Duration::from_secs_f64;
    let metric = |name: &str, value: f64| Metric {
        name: name.to_owned(),
        value,
    };
    let wait = (starts - asked) * 1e9;
    let service = (ends - starts) * 1e9;
    Graded {
        task_id: task.id.clone(),
        stage: task.stage.clone(),
        sample: 0,
        labels: Vec::new(),
        began: seconds(asked),
        ended: seconds(ends),
        verdict: Verdict {
            grade: Grade::Ungraded,
            metrics: vec![
                metric(LAG, 0.0),
                metric(FIRST_TOKEN, wait + service / 100.0),
                metric(EACH_TOKEN, service / 100.0),
                metric(WHOLE, wait + service),
                metric(QUEUE, wait),
                metric(READ, 200.0),
                metric(WRITTEN, 100.0),
            ],
            reason: String::new(),
            labels: Vec::new(),
        },
    }
}

/// Runs all that is planned, and answers what it came to with the names of its stages.
fn run(settings: &str, server: &mut Server) -> (Vec<Figure>, Vec<String>) {
    let settings: Settings = serde_json::from_str(settings).expect("settings");
    let test = Test::of(settings).expect("they make sense");
    let (mut results, mut stages) = (Vec::new(), Vec::new());
    while let Some(plan) = next(&test, &results).expect("a plan") {
        assert!(plan.tasks.iter().all(|task| task.stage == plan.stage.name));
        assert!(!stages.contains(&plan.stage.name), "{stages:?}");
        stages.push(plan.stage.name.clone());
        results.extend(server.run(&plan));
    }
    (figures(&test, &results), stages)
}

fn found<'a>(figures: &'a [Figure], name: &str) -> &'a Figure {
    let figure = figures.iter().find(|figure| figure.name == name);
    figure.unwrap_or_else(|| panic!("no {name} in {figures:#?}"))
}

/// The chance that a question to a server with so many slots is answered within a time (Erlang C; Gross and Harris,
/// "Fundamentals of queueing theory", the sojourn time of M/M/c).
fn within(time: f64, rate: f64, slots: usize, mean: f64) -> f64 {
    let (c, served) = (slots as f64, 1.0 / mean);
    let offered = rate * mean;
    if offered >= c {
        return 0.0;
    }
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..slots {
        term *= offered / k as f64;
        sum += term;
    }
    let all_busy = term * offered / c * c / (c - offered);
    let waits = all_busy / (sum + all_busy);
    let drain = c * served - rate;
    let late = if (drain - served).abs() < 1e-9 {
        (1.0 + waits * served * time) * (-served * time).exp()
    } else {
        let shift = waits * served / (drain - served);
        (1.0 + shift) * (-served * time).exp() - shift * (-drain * time).exp()
    };
    1.0 - late
}

fn capacity(time: f64, slots: usize, mean: f64) -> f64 {
    let (mut low, mut high) = (0.0, slots as f64 / mean);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        match within(time, middle, slots, mean) >= 0.95 {
            true => low = middle,
            false => high = middle,
        }
    }
    low
}

/// What came of a search: how far off it is, as a part of what theory says, and whether its interval has that in it.
#[derive(Debug)]
struct Search {
    off: f64,
    covers: bool,
}

fn searched((slots, mean): (usize, f64), seed: u64) -> Search {
    let mut server = Server::new(slots, mean, seed);
    let (figures, stages) = run(r#"{"slo": "e2e=1s"}"#, &mut server);
    assert!(server.took < 300.0, "{} s of load in {stages:?}", server.took);
    let (goodput, theory) = (found(&figures, "goodput"), capacity(1.0, slots, mean));
    Search {
        off: goodput.value / theory - 1.0,
        covers: goodput
            .interval
            .is_some_and(|(low, high)| (low..=high).contains(&theory)),
    }
}

#[test]
fn the_highest_rate_that_meets_an_objective_is_found_in_five_minutes_within_five_in_a_hundred() {
    let servers = [(16, 0.2), (8, 0.2), (32, 0.2)];
    let seeds = servers.iter().flat_map(|server| (0..6).map(|seed| (*server, seed)));
    let searches: Vec<Search> = seeds.map(|(server, seed)| searched(server, seed)).collect();
    assert!(searches.iter().all(|search| search.off.abs() < 0.05), "{searches:?}");
    let covering = searches.iter().filter(|search| search.covers).count();
    assert!(
        covering >= 16,
        "{covering} of 18 intervals have the true rate in them: {searches:?}"
    );
}

#[test]
fn where_five_minutes_have_few_answers_the_interval_is_wider_and_still_has_the_true_rate_in_it() {
    let few: Vec<Search> = (0..8).map(|seed| searched((3, 0.2), seed)).collect();
    let covering = few.iter().filter(|search| search.covers).count();
    assert!(covering >= 7, "{covering} of 8: {few:?}");
}

#[test]
fn what_is_not_answered_does_not_meet_the_objective_at_any_rate() {
    for seed in 0..5 {
        let mut server = Server {
            unanswered: Some(10),
            ..Server::new(16, 0.2, seed)
        };
        let (figures, _) = run(r#"{"slo": "e2e=1s"}"#, &mut server);
        let goodput = found(&figures, "goodput");
        assert_eq!(
            (goodput.value, goodput.note.as_str()),
            (0.0, "missed at every rate that was tried")
        );
    }
}

#[test]
fn where_few_questions_have_no_answer_the_shares_alone_tell_the_edge() {
    let mut server = Server {
        unanswered: Some(100),
        ..Server::new(16, 0.2, 1)
    };
    let (figures, _) = run(r#"{"slo": "e2e=1s"}"#, &mut server);
    let off = found(&figures, "goodput").value / capacity(1.0, 16, 0.2) - 1.0;
    assert!((-0.2..0.05).contains(&off), "{off}");
}

#[test]
fn a_sweep_goes_on_while_more_clients_get_more_done() {
    let mut server = Server::new(8, 1.0, 1);
    let (figures, stages) = run(r#"{"concurrency": "sweep", "requests": 400}"#, &mut server);
    assert_eq!(
        stages[..5],
        ["clients/1", "clients/2", "clients/4", "clients/8", "clients/16"]
    );
    assert!(stages.len() <= 6, "there is no more to gain: {stages:?}");
    let (one, eight) = (found(&figures, "1 client").value, found(&figures, "8 clients").value);
    assert!(
        (90.0..110.0).contains(&one) && (5.5..8.8).contains(&(eight / one)),
        "{one} {eight}"
    );
    assert!(
        !figures.iter().any(|figure| figure.name.starts_with("flag")),
        "{figures:#?}"
    );
}

#[test]
fn a_server_that_takes_one_question_at_a_time_is_told_from_one_that_is_full() {
    let (figures, stages) = run(r#"{"concurrency": "sweep"}"#, &mut Server::new(1, 1.0, 1));
    assert_eq!(stages, ["clients/1", "clients/2"]);
    assert_eq!(found(&figures, "flag parallelism-1").value, 1.0);
}

#[test]
fn numbers_of_clients_and_a_rate_are_taken_as_they_are_said() {
    let (_, stages) = run(r#"{"concurrency": "4,1"}"#, &mut Server::new(4, 1.0, 1));
    assert_eq!(stages, ["clients/4", "clients/1"]);
    let mut server = Server::new(4, 1.0, 1);
    let (figures, stages) = run(r#"{"rate": 2, "requests": 200}"#, &mut server);
    assert_eq!(stages, ["rate/2.0000"]);
    assert!((80.0..120.0).contains(&server.took), "{} s", server.took);
    assert!(figures.iter().any(|figure| figure.name == "first-token p90"));
    assert!(
        !figures.iter().any(|figure| figure.name == "first-token p99"),
        "200 are too few for it"
    );
}

#[test]
fn an_objective_that_no_rate_meets_is_said_to_be_missed_in_minutes() {
    for (mean, told, most) in [
        (0.5, "missed by most questions that were alone, too", 60.0),
        (10.0, "missed at every rate that was tried", 600.0),
    ] {
        let mut server = Server::new(1, mean, 1);
        let (figures, stages) = run(r#"{"slo": "ttft=1ms"}"#, &mut server);
        let goodput = found(&figures, "goodput");
        assert_eq!((goodput.value, goodput.note.as_str()), (0.0, told), "{stages:?}");
        assert!(server.took < most, "{} s in {stages:?}", server.took);
    }
}

/// What a server counts that has a template of 20 tokens, and 1.5 for a word, and has done so at a time.
fn counted(at: f64) -> [Graded; 2] {
    let tasks = testing::all_tasks(&testing::open::<crate::Speed>(r#"{"shape": "prefill"}"#).expect("it opens"));
    let tasks = tasks.expect("tasks");
    [64_u32, 512].map(|words| {
        let mut tasks = tasks.iter();
        let task = tasks.find(|task| task.id == format!("calibrate/{words}"));
        let mut graded = result(task.expect("it is there"), 0.0, 0.0, at);
        let read = graded.verdict.metrics.iter_mut().find(|metric| metric.name == READ);
        read.expect("tokens").value = 20.0 + 1.5 * f64::from(words);
        graded
    })
}

#[test]
fn what_is_asked_twice_is_new_the_first_time_in_every_run() {
    let settings: Settings = serde_json::from_str(r#"{"shape": "cached", "repeat": 2}"#).expect("settings");
    let test = Test::of(settings).expect("they make sense");
    let asked = |at| {
        let plan = next(&test, &counted(at)).expect("a plan").expect("a stage");
        plan.tasks.into_iter().map(|task| task.input).collect::<Vec<_>>()
    };
    let (one, other) = (asked(1.0), asked(1.000_001));
    assert_eq!(one.len(), 4);
    // The same one twice, and another one at the next turn.
    assert!(one[0] == one[1] && one[1] != one[2] && one[2] == one[3], "{one:?}");
    assert!(other.iter().all(|input| !one.contains(input)), "{other:?}");
    assert_eq!(asked(1.0), one, "a plan follows from its results alone");
}

#[test]
fn lengths_are_those_that_the_server_counts_and_come_the_other_way_round_every_other_time() {
    let settings: Settings = serde_json::from_str(r#"{"shape": "prefill", "repeat": 2}"#).expect("settings");
    let test = Test::of(settings).expect("they make sense");
    let counted = counted(1.0);
    let plan = next(&test, &counted).expect("a plan").expect("a stage");
    let ids: Vec<&str> = plan.tasks.iter().map(|task| task.id.as_str()).collect();
    let expected = [
        "prefill/128/0",
        "prefill/512/0",
        "prefill/1024/0",
        "prefill/2048/0",
        "prefill/2048/1",
        "prefill/1024/1",
        "prefill/512/1",
        "prefill/128/1",
    ];
    assert_eq!(ids, expected);
    assert!(
        plan.tasks[0].input.contains(r#""words":72"#),
        "(128 - 20) / 1.5: {}",
        plan.tasks[0].input
    );
    let nothing: Vec<Graded> = Vec::new();
    let error = next(&test, &nothing).expect_err("nothing was counted");
    assert!(error.contains("how many tokens a prompt has"), "{error}");
}
