//! Several servers in one run: shared work, failover, and that all have the same model.

use koderz_simulator::{Cassette, Server, Setup};
use koderz_tests::{Koderz, cassette, serve_like};

/// A server that answers one question at a time, each in a good tenth of a second.
async fn slow() -> Server {
    let setup = Setup {
        pace: "1000".parse().expect("a pace"),
        ..Setup::default()
    };
    serve_like(&[cassette("reference")], &[], setup).await
}

fn on(a: &Server, b: &Server) -> String {
    format!(
        "--host {} --host {} --local-model reference --set retry.initial-delay=0.1 --concurrency 2",
        a.url(),
        b.url()
    )
}

/// How many answers a server has in the record.
fn answered(koderz: &Koderz, server: &Server) -> usize {
    let record = koderz.record();
    let run = koderz.last_run();
    let entries = record.entries(&run).expect("its entries");
    let by = entries
        .map(|entry| entry.expect("readable"))
        .filter(|entry| entry.event.name() == "completed" && entry.host.as_deref() == Some(server.url().as_str()));
    by.count()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_share_the_questions_and_the_record_says_who_answered() {
    let (a, b) = (slow().await, slow().await);
    let koderz = Koderz::new();
    let ended = koderz.call(&format!("benchmark --end 40 {}", on(&a, &b)));
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let (of_a, of_b) = (a.counts().questions, b.counts().questions);
    assert_eq!(of_a + of_b, 40);
    assert!(of_a >= 10 && of_b >= 10, "{of_a} and {of_b}");
    // Programs are completed too, without a server.
    assert_eq!(
        (answered(&koderz, &a) as u64, answered(&koderz, &b) as u64),
        (of_a, of_b)
    );
    assert!(
        ended.stdout.contains(&format!("server {}", a.url())),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains(&format!("server {}", b.url())),
        "{}",
        ended.stdout
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_for_good_leaves_its_questions_to_the_other() {
    let (a, b) = (slow().await, slow().await);
    let koderz = Koderz::new();
    let child = koderz
        .command(&format!("benchmark {}", on(&a, &b)))
        .spawn()
        .expect("koderz starts");
    a.have_come(10).await;
    let (url, of_a) = (a.url(), a.counts().questions);
    a.stop().await;
    let ended = child.wait_with_output().expect("it ends");
    let (stdout, stderr) = (
        String::from_utf8_lossy(&ended.stdout),
        String::from_utf8_lossy(&ended.stderr),
    );
    assert_eq!(ended.status.code(), Some(0), "{stdout}\n{stderr}");
    assert!(stdout.contains("pass             164"), "{stdout}");
    assert!(stderr.contains(&format!("{url}: the server is away")), "{stderr}");
    assert!(b.counts().questions >= 164 - of_a, "{:?}", b.counts());
}

/// A cassette that has the name of another's model and other answers.
fn another(koderz: &Koderz) -> Cassette {
    let text = std::fs::read_to_string(cassette("reference")).expect("a cassette");
    let path = koderz.data().join("reference.jsonl");
    std::fs::write(&path, text.replacen("return", "return  ", 1)).expect("a file");
    Cassette::read(&path).expect("a cassette")
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_with_different_models_by_one_name_are_refused_unless_that_is_allowed() {
    let koderz = Koderz::new();
    let a = slow().await;
    let b = Server::start(Setup {
        cassettes: vec![another(&koderz)],
        ..Setup::default()
    })
    .await
    .expect("a server");
    let refused = koderz.call(&format!("benchmark --end 4 {}", on(&a, &b)));
    assert_eq!(refused.code, Some(2), "{}", refused.stdout);
    for part in [
        "error: the servers may have different models by the name reference: ",
        &format!("{} has ", a.url()),
        &format!("{} has ", b.url()),
        "--allow-different-models",
    ] {
        assert!(refused.stderr.contains(part), "{part} in {}", refused.stderr);
    }
    assert_eq!((a.counts().questions, b.counts().questions), (0, 0));
    let allowed = koderz.call(&format!("benchmark --end 4 --allow-different-models {}", on(&a, &b)));
    assert_eq!(allowed.code, Some(0), "{}\n{}", allowed.stdout, allowed.stderr);
    assert!(
        allowed.stdout.contains("not all alike: the servers may have different"),
        "{}",
        allowed.stdout
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_named_twice_is_one() {
    let a = slow().await;
    let koderz = Koderz::new();
    let refused = koderz.call(&format!("benchmark {}", on(&a, &a)));
    assert_eq!(refused.code, Some(2));
    assert_eq!(refused.stderr, format!("error: --host names {} twice\n", a.url()));
}
