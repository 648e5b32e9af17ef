//! `koderz doctor`: what is found, and what is advised.

use super::{call, load, nobody, serve, slots, told, usual};
use koderz_simulator::Setup;
use koderz_tests::Koderz;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_nothing_is_asked_of_is_told_about_with_starting_points() {
    let server = serve(&[], usual()).await;
    let ended = call(&server, "doctor").await;
    insta::assert_snapshot!(told(&ended, &server.url()), @r#"
    ok       SERVER answers
    ok       Ollama 0.32.15
    ok       2 models: lorem:200, lorem:50
    note     no model is in memory
             hint: --model MODEL loads one and looks at it closely

    To set the server up for this, where a systemd unit runs it: `sudo systemctl edit ollama`, put in

    [Service]
    # answers at once to one model, each with memory for its own context
    Environment="OLLAMA_NUM_PARALLEL=4"
    # models in memory at once, where there is room; changing between them then costs no load
    Environment="OLLAMA_MAX_LOADED_MODELS=5"
    # requests that may wait for a load before others get a 503; a model in memory queues without limit
    Environment="OLLAMA_MAX_QUEUE=256"
    # a pause between two runs costs no load
    Environment="OLLAMA_KEEP_ALIVE=30m"
    # long contexts take less graphics memory
    Environment="OLLAMA_FLASH_ATTENTION=1"

    and then `sudo systemctl restart ollama`, which ends whatever is under way.
    exit code 0
    "#);
    assert_eq!(server.counts().questions, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_loaded_and_found_out_about() {
    let server = serve(&[], slots(2)).await;
    let ended = call(&server, "doctor --model lorem:60").await;
    let told = told(&ended, &server.url());
    let (findings, _) = told.split_once("\n\n").expect("advice is set apart");
    insta::assert_snapshot!(findings, @"
    ok       SERVER answers
    ok       Ollama 0.32.15
    ok       3 models: lorem:200, lorem:50, lorem:60
    ok       lorem:60: lorem, can completion
    ok       lorem:60 was loaded in N s
    ok       lorem:60: 1 kB, all in graphics memory; 4096 tokens of context, stays N min N s
    ok       lorem:60 gave a token after N s
    ok       lorem:60 answers 2 questions at once
             hint: --concurrency 2 suits; more would only wait
    ");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_has_the_same() {
    let server = serve(&[], usual()).await;
    load(&server, "lorem:1000");
    let ended = call(&server, "doctor --json").await;
    let object: Value = serde_json::from_str(&ended.stdout).expect("an object");
    assert_eq!(object["server"], server.url());
    assert_eq!(object["findings"][0]["mark"], "ok");
    assert_eq!(object["advice"][0]["name"], "OLLAMA_NUM_PARALLEL");
    assert_eq!((ended.code, ended.stdout.lines().count()), (Some(0), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_gives_no_token_is_a_problem() {
    let wedged = serve(&[], slots(1)).await;
    load(&wedged, "lorem:1000");
    wedged.wedge("lorem:1000").expect("it is in memory");
    let busy = serve(&["busy*all"], usual()).await;
    let hanging = serve(&[], usual()).await;
    hanging.hang();
    let later = serve(&["error/2"], usual()).await;
    for (server, problem) in [
        (wedged, "lorem:1000 is in memory and gave no token"),
        (
            busy,
            "lorem:1000 gave no token: HTTP 503 server overloaded (queue-full)",
        ),
        (hanging, "lorem:1000 was not loaded: not within 1 s"),
        (
            later,
            "lorem:1000 does not answer several questions that are asked at once: HTTP 500 server error (runner-died)",
        ),
    ] {
        let ended = call(&server, "doctor --model lorem:1000 --timeout 1").await;
        let problems: Vec<&str> = ended
            .stdout
            .lines()
            .filter_map(|line| line.strip_prefix("problem  "))
            .collect();
        assert_eq!(ended.code, Some(1), "{}\n{}", ended.stdout, ended.stderr);
        assert!(
            matches!(problems.as_slice(), [only] if only.starts_with(problem)),
            "{problems:?} for {problem}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_looked_at_is_an_error() {
    let address = nobody();
    let ended = Koderz::new().call(&format!("doctor --host {address}"));
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(
        ended.stderr.starts_with("error: cannot reach Ollama"),
        "{}",
        ended.stderr
    );

    let server = serve(&[], Setup::default()).await;
    let ended = call(&server, "doctor --model nosuch").await;
    insta::assert_snapshot!(told(&ended, &server.url()), @"
    error: SERVER has no model `nosuch`
    hint: it has lorem:200, lorem:50
    exit code 2
    ");
}

#[test]
fn the_embedded_server_is_given_no_advice_that_it_could_not_take() {
    let ended = Koderz::new().call("doctor --host embedded");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(!ended.stdout.contains("systemctl"), "{}", ended.stdout);
}
