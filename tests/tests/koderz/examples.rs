//! The three commands that the program was first described by, word for word, against a server that has their models.

use koderz_simulator::{Cassette, Server, Setup};
use koderz_tests::{Ended, Koderz, cassette, end};

/// A server on which the recorded answers are those of these models.
async fn server() -> Server {
    let recorded = std::fs::read_to_string(cassette("reference")).expect("a cassette");
    let named = |model: &&str| {
        let lines = recorded.replace(r#""model":"reference""#, &format!(r#""model":"{model}""#));
        assert!(lines.contains(model));
        Cassette::parse("renamed", &lines).expect("a cassette")
    };
    let models = ["qwen2.5-coder:32b", "deepseek-coder:33b", "codellama:70b"];
    let setup = Setup {
        cassettes: models.iter().map(named).collect(),
        ..Setup::default()
    };
    Server::start(setup).await.expect("a server")
}

fn call(koderz: &Koderz, server: &Server, arguments: &str) -> Ended {
    end(koderz.command(arguments).env("OLLAMA_HOST", server.url()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_benchmark_with_a_timeout_and_retries_of_its_own() {
    let (koderz, server) = (Koderz::new(), server().await);
    let ended = call(
        &koderz,
        &server,
        "benchmark --start 0 --end 164 --local-model qwen2.5-coder:32b --timeout 600 --max-retries 5",
    );
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("pass             164\n"), "{}", ended.stdout);
    let manifest = koderz.record().manifest(&koderz.last_run()).expect("its manifest");
    assert_eq!((manifest.timeout.as_secs(), manifest.max_retries), (600, Some(5)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_problem_without_retries() {
    let (koderz, server) = (Koderz::new(), server().await);
    let ended = call(
        &koderz,
        &server,
        "run --problem-id HumanEval/0 --local-model codellama:70b --max-retries 0",
    );
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("pass"), "{}", ended.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_speed_test_of_two_models_that_are_retried_for_long() {
    // What the cassette has no answer to is refused, which no retry helps against; models that answer anything are fast.
    let server = Server::start(Setup::default()).await.expect("a server");
    let koderz = Koderz::new();
    let ended = call(
        &koderz,
        &server,
        "speed-test lorem:5000 lorem:2000 --timeout 600 --max-retries 10",
    );
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let table = ended.stdout.split("\nmodel  ").last().expect("a table");
    assert!(
        table.find("lorem:5000") < table.find("lorem:2000"),
        "the fastest first:\n{table}"
    );
}
