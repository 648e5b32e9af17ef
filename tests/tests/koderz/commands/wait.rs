//! `koderz wait`: the exit code tells whether a model gives a token.

use super::{call, load, nobody, recorded, serve, slots, told, usual};
use koderz_simulator::Setup;
use koderz_tests::Koderz;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_gives_a_token_is_ready_whether_it_was_in_memory_or_not() {
    let server = serve(&[], usual()).await;
    for loads in [1, 1] {
        let ended = call(&server, "wait --model lorem:1000").await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(told(&ended, &server.url()), @"
            ready: lorem:1000 gave a token after N s
            exit code 0
            ");
        }
        assert_eq!(server.counts().load_starts, loads);
    }
    let by_itself = call(&server, "wait").await;
    assert_eq!(by_itself.code, Some(0), "{}", by_itself.stderr);
    assert!(
        by_itself.stdout.starts_with("ready: lorem:1000 gave"),
        "{}",
        by_itself.stdout
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_model_in_memory_and_without_a_name_only_the_server_can_be_seen() {
    let server = serve(&[], usual()).await;
    let ended = call(&server, "wait").await;
    insta::assert_snapshot!(told(&ended, &server.url()), @"
    reachable: Ollama 0.32.15 at SERVER; no model is in memory, so nothing more can be shown
    hint: --model MODEL loads one and waits for a token of it
    exit code 0
    ");
    assert_eq!(server.counts().questions, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_not_there_is_bad_input_and_so_is_an_address_that_is_none() {
    let setup = Setup {
        cassettes: vec![recorded()],
        ..usual()
    };
    let server = serve(&[], setup).await;
    let ended = call(&server, "wait --model nosuch").await;
    insta::assert_snapshot!(told(&ended, &server.url()), @"
    error: SERVER has no model `nosuch`
    hint: it has m:latest, lorem:200, lorem:50
    exit code 2
    ");
    let ended = Koderz::new().call("wait --host ftp://server");
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(
        ended.stderr.starts_with("error: `ftp://server` is no address"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_server_that_nobody_reaches_is_not_ready() {
    let address = nobody();
    let ended = Koderz::new().call(&format!("wait --timeout 0.5 --host {address}"));
    insta::assert_snapshot!(told(&ended, &address), @"
    not ready within 0.5 s: cannot reach Ollama at http://SERVER: nothing listens there
    hint: start it with `ollama serve`, name another with --host, or try --host embedded
    exit code 1
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_busy_to_the_end_is_not_ready() {
    let server = serve(&["busy*all"], usual()).await;
    let ended = call(&server, "wait --model lorem:1000 --timeout 1").await;
    insta::assert_snapshot!(told(&ended, &server.url()), @"
    not ready within 1 s: lorem:1000 gave no token: HTTP 503 server overloaded (queue-full): server busy, please try again. maximum pending requests exceeded
    hint: more requests wait for a load than OLLAMA_MAX_QUEUE lets in; they pass once it is done
    exit code 1
    ");
    assert!(server.counts().questions > 1, "it was asked again");
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_that_passes_is_waited_out() {
    for fault in ["busy*2", "reset", "die", "error"] {
        let server = serve(&[fault], usual()).await;
        let ended = call(&server, "wait --model lorem:1000").await;
        assert_eq!(ended.code, Some(0), "{fault}: {}", ended.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_is_waited_for() {
    let server = serve(&[], usual()).await;
    server.restart(Duration::from_millis(700)).await;
    let ended = call(&server, "wait --model lorem:1000").await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_whose_only_slot_is_lost_is_not_ready_although_every_list_shows_it() {
    let server = serve(&[], slots(1)).await;
    load(&server, "lorem:1000");
    server.wedge("lorem:1000").expect("it is in memory");
    let ended = call(&server, "wait --timeout 1").await;
    insta::assert_snapshot!(told(&ended, &server.url()), @"
    not ready within 1 s: lorem:1000 is in memory and gave no token
    hint: it is busy with other questions, or stuck; `ollama stop lorem:1000` takes it out of memory, and a restart of the server frees it in any case
    exit code 1
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_takes_longer_is_told_from_a_model_that_is_stuck() {
    let slow = Setup {
        load: Duration::from_secs(600),
        ..usual()
    };
    let server = serve(&[], slow).await;
    let ended = call(&server, "wait --model lorem:1000 --timeout 1").await;
    insta::assert_snapshot!(told(&ended, &server.url()), @"
    not ready within 1 s: lorem:1000 is not in memory yet
    hint: a load that is cut short begins anew the next time; a longer --timeout lets it end
    exit code 1
    ");

    let hanging = serve(&[], usual()).await;
    load(&hanging, "lorem:1000");
    hanging.hang();
    let ended = call(&hanging, "wait --timeout 1").await;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("is in memory and gave no token"),
        "{}",
        ended.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_load_goes_on_it_is_said_that_it_does() {
    let slow = Setup {
        load: Duration::from_millis(2500),
        ..usual()
    };
    let server = serve(&[], slow).await;
    let ended = call(&server, "wait --model lorem:1000").await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.starts_with("loading lorem:1000: "), "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_good_is_not_waited_for() {
    let setup = Setup {
        cassettes: vec![recorded()],
        ..usual()
    };
    // The cassette has an answer for this model, and none for the other.
    let server = serve(&[], setup).await;
    let ended = call(&server, "wait --model m").await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let other = r#"{"model":"other","prompt":"p","reply":{"response":"x","done":true}}"#;
    let setup = Setup {
        cassettes: vec![koderz_simulator::Cassette::parse("c", other).expect("a cassette")],
        ..usual()
    };
    let server = serve(&[], setup).await;
    let ended = call(&server, "wait --model other").await;
    insta::assert_snapshot!(told(&ended, &server.url()), @"
    not ready: other gave no token: HTTP 400 refused (invalid-request): the cassette of model 'other' has no answer to this question
    exit code 1
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_asked_with_the_context_that_it_is_loaded_with() {
    let server = serve(&[], usual()).await;
    super::generate(&server, r#"{"model":"lorem:1000","options":{"num_ctx":8192}}"#);
    for arguments in [
        "wait",
        "wait --model lorem:1000",
        "status --probe",
        "doctor --model lorem:1000",
    ] {
        let ended = call(&server, arguments).await;
        assert_eq!(ended.code, Some(0), "{arguments}: {}\n{}", ended.stdout, ended.stderr);
    }
    assert_eq!(server.counts().load_starts, 1, "others would have had it loaded anew");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_it_at_once() {
    let server = serve(&[], usual()).await;
    server.hang();
    let koderz = Koderz::new();
    let mut child = koderz.start(&format!(
        "wait --model lorem:1000 --timeout 600 --host {}",
        server.url()
    ));
    while server.counts().questions < 1 {
        assert!(child.try_wait().expect("the process can be looked at").is_none());
        tokio::task::yield_now().await;
    }
    super::interrupt(&child);
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
}

#[test]
fn the_embedded_server_is_always_reachable() {
    let ended = Koderz::new().call("wait --host embedded");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let ended = Koderz::new().call("wait --host embedded --model lorem:1000");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_plays_recordings_is_ready_without_one_of_that_question() {
    let other = r#"{"model":"other","prompt":"p","reply":{"response":"x","done":true}}"#;
    let setup = Setup {
        cassettes: vec![koderz_simulator::Cassette::parse("c", other).expect("a cassette")],
        ..Setup::default()
    };
    let server = serve(&[], setup).await;
    let ended = call(&server, "wait --model other").await;
    insta::assert_snapshot!(told(&ended, &server.url()), @"
    ready: other plays recorded answers, and has one to every question that was recorded
    exit code 0
    ");
    let ended = call(&server, "doctor --model other").await;
    assert_eq!(ended.code, Some(0), "{}", ended.stdout);
    assert!(
        ended.stdout.contains("ok       other plays recorded answers"),
        "{}",
        ended.stdout
    );
    assert!(!ended.stdout.contains("systemctl"), "it is no Ollama: {}", ended.stdout);
    let ended = call(&server, "status --probe").await;
    assert!(ended.stdout.contains("recorded answers"), "{}", ended.stdout);
}
