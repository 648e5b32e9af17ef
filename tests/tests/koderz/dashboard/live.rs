//! A run under way, seen as it goes on.

use super::Dashboard;
use crate::runs::user_with_runs;
use koderz_core::event::{End, Entry, Event};
use koderz_core::ports::Journal;
use koderz_tests::{Koderz, cassette, serve};
use serde_json::Value;
use std::io::{BufRead, BufReader, Lines};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// The events of a run.
struct Events(Lines<BufReader<TcpStream>>);

impl Events {
    fn of(dashboard: &Dashboard, run: &str) -> Self {
        let path = format!("/{}/run/{run}/events", dashboard.token);
        Events(BufReader::new(dashboard.send("GET", &path, &dashboard.address)).lines())
    }

    /// The next event: its name, and what it says.
    fn next(&mut self) -> (String, Value) {
        let mut name = String::new();
        for line in self.0.by_ref() {
            let line = line.expect("an event comes in time");
            if let Some(event) = line.strip_prefix("event: ") {
                event.clone_into(&mut name);
            } else if let Some(data) = line.strip_prefix("data: ") {
                return (name, serde_json::from_str(data).expect("JSON"));
            }
        }
        panic!("the events end without `ended`");
    }
}

#[test]
fn what_is_recorded_of_a_run_is_seen_as_it_comes() {
    let (koderz, runs) = user_with_runs();
    let record = koderz.record();
    let told: Vec<Entry> = record
        .entries(&runs[1])
        .expect("the run")
        .map(|entry| entry.expect("it can be read"))
        .collect();
    let finished = |entry: &&Entry| matches!(entry.event, Event::TrialFinished { .. });
    let [first, second] =
        <[&Entry; 2]>::try_from(told.iter().filter(finished).collect::<Vec<_>>()).expect("two verdicts");
    let began = told
        .iter()
        .filter(|entry| matches!(entry.event, Event::TrialBegan { .. }));
    let journal = record.journal(&runs[1]).expect("nobody else writes");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let commit = |entry: &Entry| runtime.block_on(journal.commit(entry.clone())).expect("it is written");

    // The run begins once more.
    commit(&told[0]);
    began.for_each(&commit);
    let dashboard = Dashboard::of(&koderz);
    let page = dashboard.page(&format!("run/{}", runs[1])).body;
    assert!(
        page.contains("<span id=\"state\" class=\"state running\">running</span>"),
        "{page}"
    );
    let mut events = Events::of(&dashboard, runs[1].as_str());
    let (name, seen) = events.next();
    assert_eq!(
        (name.as_str(), &seen["progress"]),
        ("progress", &"0 of 2 trials".into())
    );
    commit(first);
    let (name, seen) = events.next();
    assert_eq!(
        (name.as_str(), &seen["progress"]),
        ("progress", &"1 of 2 trials".into())
    );
    assert_eq!(seen["running"], true);
    commit(second);
    let (_, seen) = events.next();
    assert_eq!(seen["progress"], "2 of 2 trials");
    let reason = seen["latest"].to_string();
    assert!(reason.contains("42 is not in: =1"), "{reason}");
    commit(&Entry {
        event: Event::Ended { end: End::Finished },
        ..second.clone()
    });
    drop(journal);
    let last = loop {
        match events.next() {
            (name, seen) if name == "ended" => break seen,
            (name, _) => assert_eq!(name, "progress"),
        }
    };
    assert_eq!((&last["state"], &last["running"]), (&"finished".into(), &false.into()));
    let rest = events.0.map_while(Result::ok).filter(|line| !line.is_empty());
    assert_eq!(rest.count(), 0, "the events end with the run");
}

#[test]
fn no_more_than_sixteen_runs_are_followed_at_the_same_time_and_pages_are_shown_all_the_same() {
    let (koderz, runs) = user_with_runs();
    let _working = koderz.record().journal(&runs[0]).expect("nobody else writes");
    let dashboard = Dashboard::of(&koderz);
    let page = format!("run/{}/events", runs[0]);
    let mut followed: Vec<Events> = (0..16).map(|_| Events::of(&dashboard, runs[0].as_str())).collect();
    for events in &mut followed {
        assert_eq!(events.next().0, "progress");
    }
    let answer = dashboard.page(&page);
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("too many runs are followed"), "{}", answer.body);
    assert_eq!(dashboard.page(&format!("run/{}", runs[0])).status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_benchmark_under_way_is_seen_and_not_disturbed() {
    let server = serve(&[cassette("reference")], &[]).await;
    server.hang();
    let koderz = Koderz::new();
    let mut child = koderz.start(&format!(
        "benchmark --host {} --local-model reference --limit 5",
        server.url()
    ));
    let dashboard = Dashboard::of(&koderz);
    let listed = Instant::now();
    while !dashboard.page("?state=running").body.contains("state running") {
        assert!(listed.elapsed() < super::LONGEST, "the run does not begin");
        tokio::task::yield_now().await;
    }
    let mut events = Events::of(&dashboard, koderz.last_run().as_str());
    let (name, seen) = events.next();
    assert_eq!(
        (name.as_str(), &seen["running"], &seen["settled"]),
        ("progress", &true.into(), &0.into())
    );
    server.restart(Duration::ZERO).await;
    let mut settled = 0;
    let last = loop {
        let (name, seen) = events.next();
        let now = seen["settled"].as_u64().expect("a number");
        assert!(now >= settled, "{now} after {settled}");
        settled = now;
        if name == "ended" {
            break seen;
        }
    };
    assert_eq!((&last["state"], settled), (&"finished".into(), 5));
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}
