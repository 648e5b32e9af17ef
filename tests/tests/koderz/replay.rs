//! Recorded runs that answer in a model's place.

use koderz_api::suite::Verdict;
use koderz_core::event::Event;
use koderz_simulator::{Fault, Server, Setup};
use koderz_tests::{Koderz, serve, test_cassette, test_plugin};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command};

/// A replay that ends with the test, however that ends.
struct Replay {
    child: Child,
    url: String,
}

impl Replay {
    fn of(koderz: &Koderz, arguments: &str) -> Self {
        let mut command = koderz.command(&format!("replay --port 0 {arguments}"));
        let mut child = command.spawn().expect("koderz starts");
        let mut said = BufReader::new(child.stdout.take().expect("standard output")).lines();
        let url = said.next().expect("it says where it listens").expect("text");
        Replay { child, url }
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What came of each sample of the run that was begun last.
fn verdicts(koderz: &Koderz) -> BTreeMap<(String, u32), Verdict> {
    let record = koderz.record();
    let entries = record.entries(&koderz.last_run()).expect("the run");
    let finished = entries.filter_map(|entry| match entry.expect("an entry").event {
        Event::TrialFinished { trial, verdict } => Some(((trial.task, trial.sample), verdict)),
        _ => None,
    });
    finished.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_against_the_replay_of_a_run_and_its_grading_have_the_verdicts_of_that_run() {
    let server = serve(&[test_cassette("wrong-every-10")], &["busy/7"]).await;
    let koderz = Koderz::new();
    let asked = "--local-model wrong-every-10 --end 20 --set retry.initial-delay=0.01";
    let ran = koderz.call(&format!("benchmark --host {} {asked}", server.url()));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    server.stop().await;
    let (run, before) = (koderz.last_run(), verdicts(&koderz));
    assert_eq!(before.len(), 20);

    let replay = Replay::of(&koderz, &format!("{run} --pace instant"));
    let again = koderz.call(&format!("benchmark --host {} {asked}", replay.url));
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    assert_eq!(verdicts(&koderz), before);
    drop(replay);

    let graded = koderz.call("grade last");
    assert_eq!(graded.code, Some(0), "{}", graded.stderr);
    assert_eq!(verdicts(&koderz), before);
}

/// Three samples of each of two questions, answered in an order that says nothing: every answer is another one.
async fn drawn(koderz: &Koderz) -> BTreeMap<(String, u32), Verdict> {
    let line = |question: &str, answer: u32| {
        format!(
            r#"{{"model": "dice", "messages": [{{"role": "user", "content": "{question}"}}], "reply": {{"response": "{answer}", "done": true}}}}"#
        )
    };
    let lines: Vec<String> = (0..3)
        .flat_map(|turn| [line("What is 2 + 2?", 2 + turn), line("What is 20 + 22?", 40 + turn)])
        .collect();
    let cassette = koderz_simulator::Cassette::parse("dice", &lines.join("\n")).expect("a cassette");
    let setup = Setup {
        cassettes: vec![cassette],
        faults: vec!["busy".parse::<Fault>().expect("a fault")],
        ..Setup::default()
    };
    let server = Server::start(setup).await.expect("a server");
    let ended = koderz.call(&format!("benchmark --host {} {}", server.url(), asking()));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    verdicts(koderz)
}

fn asking() -> String {
    format!(
        "--local-model dice --samples 3 --temperature 0.8 --set retry.initial-delay=0.01 --suite {}",
        test_plugin("sums").display()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cassette_of_a_run_gives_each_sample_its_own_answer_whatever_is_asked_first() {
    let koderz = Koderz::new();
    let before = drawn(&koderz).await;
    let reasons: BTreeSet<&str> = before.values().map(|verdict| verdict.reason.as_str()).collect();
    assert!(reasons.len() > 3, "answers differ: {reasons:?}");
    let folder = koderz.data().join("cassettes");
    std::fs::create_dir(&folder).expect("a new folder");
    let file = folder.join("dice.jsonl");
    let exported = koderz_tests::end(koderz.command("export last --format cassette -o").arg(&file));
    assert_eq!(exported.code, Some(0), "{}", exported.stderr);
    for order in ["--concurrency 4", "--concurrency 1", "--concurrency 1 --shuffle"] {
        let again = koderz.call(&format!("benchmark --host embedded {order} {}", asking()));
        assert_eq!(again.code, Some(0), "{}", again.stderr);
        assert_eq!(verdicts(&koderz), before, "{order}");
    }
}

#[test]
fn a_run_without_answers_cannot_be_played_and_says_so() {
    let koderz = Koderz::new();
    let none = koderz.call("replay");
    assert!(none.stderr.contains("there is no record of runs"), "{}", none.stderr);
    // The cassette has completions only, so no conversation is answered.
    koderz.call("benchmark --host embedded --local-model gemma3:270m-base --end 1");
    for call in ["replay --port 0", "export --format cassette"] {
        let ended = koderz.call(call);
        assert_eq!(ended.code, Some(2), "{call}");
        assert!(
            ended.stderr.contains("has no answers that could be played"),
            "{}",
            ended.stderr
        );
    }
}

/// Nothing but the kernel's own loopback is there, so nothing can be asked of anybody.
#[cfg(target_os = "linux")]
#[test]
fn replaying_and_grading_need_no_network() {
    let koderz = Koderz::new();
    let ran = koderz.call("benchmark --host embedded --local-model reference --end 3");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let binary = koderz_tests::built().join("koderz");
    let script = format!(
        "ip link set lo up 2>/dev/null; '{0}' grade last || exit 1; '{0}' replay --port 0 --pace instant >url & replay=$!; \
         until [ -s url ]; do :; done; '{0}' benchmark --host $(cat url) --local-model reference --end 3; code=$?; \
         kill $replay; exit $code",
        binary.display()
    );
    let usual = koderz.command("");
    let mut alone = Command::new("unshare");
    alone
        .args(["--user", "--map-root-user", "--net", "sh", "-c", &script])
        .current_dir(koderz.data());
    for (key, value) in usual.get_envs() {
        match value {
            Some(value) => alone.env(key, value),
            None => alone.env_remove(key),
        };
    }
    let Ok(output) = alone.output() else { return };
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("unshare failed") || said.contains("Operation not permitted") {
        eprintln!("this machine gives no network namespace: {said}");
        return;
    }
    assert!(
        output.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stdout)
    );
    assert_eq!(koderz.record().runs().expect("a list").len(), 3);
}
