//! A server that restarts, loads slowly or loses its runner: what that costs a whole benchmark over real HTTP.
//!
//! The times are short, so that the matrix runs in seconds; the same situations at their full length are in the core's
//! own tests, in virtual time.

use koderz_simulator::{Server, Setup};
use koderz_tests::{Ended, Koderz, cassette, serve_like};
use std::process::Child;
use std::time::{Duration, Instant};

/// Longer than anything here takes on a busy machine.
const LONGEST: Duration = Duration::from_secs(120);

/// Questions of the whole benchmark, and how many may be asked again.
const ALL: u64 = 164;
const MOST: u64 = ALL * 115 / 100;

async fn serve(faults: &[&str], setup: Setup) -> Server {
    serve_like(&[cassette("reference")], faults, setup).await
}

fn benchmark(server: &Server, options: &str) -> String {
    format!(
        "benchmark --host {} --local-model reference --set retry.initial-delay=0.1 {options}",
        server.url()
    )
}

fn all_passed(ended: &Ended) {
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("pass             164"), "{}", ended.stdout);
}

/// Waits until the server was asked so often, or the process has ended by itself.
async fn asked(server: &Server, child: &mut Child, questions: u64) {
    let began = Instant::now();
    while server.counts().questions < questions && child.try_wait().expect("it can be looked at").is_none() {
        assert!(began.elapsed() < LONGEST, "{:?}", server.counts());
        tokio::task::yield_now().await;
    }
}

fn wait(child: Child) -> Ended {
    let output = child.wait_with_output().expect("it ends");
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_restarts_in_a_run_cost_no_result_and_no_load_is_aborted() {
    let setup = Setup {
        load: Duration::from_millis(500),
        ..Setup::default()
    };
    let server = serve(&[], setup).await;
    let koderz = Koderz::new();
    let mut child = koderz.command(&benchmark(&server, "")).spawn().expect("koderz starts");
    for questions in [20, 70, 120] {
        asked(&server, &mut child, questions).await;
        server.restart(Duration::from_millis(1500)).await;
    }
    let ended = wait(child);
    all_passed(&ended);
    let counts = server.counts();
    assert_eq!((counts.load_starts, counts.aborted_loads), (4, 0), "{counts:?}");
    assert!(counts.questions <= MOST, "{counts:?}");
    assert!(ended.stdout.contains("outages            3"), "{}", ended.stdout);
    assert!(
        ended.stderr.contains("the server is away: server unreachable"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("the server works again after"),
        "{}",
        ended.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_outlasts_the_timeout_happens_once() {
    let setup = Setup {
        load: Duration::from_secs(3),
        ..Setup::default()
    };
    let server = serve(&[], setup).await;
    let ended = Koderz::new().call(&benchmark(&server, "--timeout 1"));
    all_passed(&ended);
    let counts = server.counts();
    assert_eq!(
        (counts.load_starts, counts.aborted_loads, counts.questions),
        (1, 0, ALL),
        "{counts:?}"
    );
    assert!(ended.stderr.contains("loading reference: 2."), "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_on_a_cold_model_with_a_short_queue_is_refused_nothing() {
    let setup = Setup {
        load: Duration::from_millis(500),
        max_queue: 4,
        ..Setup::default()
    };
    let server = serve(&[], setup).await;
    let ended = Koderz::new().call(&benchmark(&server, "--concurrency 16"));
    all_passed(&ended);
    let counts = server.counts();
    assert_eq!((counts.refused_busy, counts.questions), (0, ALL), "{counts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_that_come_back_every_so_often_cost_no_result() {
    for fault in ["die:3/25", "die:0/25", "reset:5/10", "error:2/15", "busy/7"] {
        let server = serve(&[fault], Setup::default()).await;
        let ended = Koderz::new().call(&benchmark(&server, ""));
        all_passed(&ended);
        let counts = server.counts();
        assert!(counts.questions <= ALL * 125 / 100, "{fault}: {counts:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_without_done_are_asked_for_once_more_and_resume_does_the_rest() {
    let server = serve(&["no-done:3/20"], Setup::default()).await;
    let koderz = Koderz::new();
    let mut ended = koderz.call(&benchmark(&server, ""));
    // The second try at an answer is sometimes the twentieth request again.
    for _ in 0..5 {
        if ended.code == Some(0) {
            break;
        }
        ended = koderz.call("resume");
    }
    all_passed(&ended);
    assert!(server.counts().questions <= MOST, "{:?}", server.counts());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_questions_at_once_is_found_and_the_server_is_kept_busy() {
    let setup = Setup {
        parallel: 3.try_into().expect("not nought"),
        ..Setup::default()
    };
    let server = serve(&[], setup).await;
    let koderz = Koderz::new();
    let sums = koderz_tests::test_plugin("many");
    let ended = koderz.call(&format!(
        "benchmark --host {} --local-model lorem:400 --suite {} --concurrency auto",
        server.url(),
        sums.display()
    ));
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let found = ended.stdout.lines().find(|line| line.starts_with("at once"));
    let number: u32 = found
        .and_then(|line| line.split_whitespace().nth(2)?.parse().ok())
        .unwrap_or_else(|| panic!("no number was found: {}", ended.stdout));
    assert!((2..=4).contains(&number), "{number}");
}
