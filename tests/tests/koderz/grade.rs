//! The answers of a recorded run, graded again without a model.

use koderz_tests::{Koderz, serve, test_cassette};

#[tokio::test(flavor = "multi_thread")]
async fn the_same_answers_get_the_same_verdicts_and_another_suite_shows_what_it_changes() {
    let server = serve(&[test_cassette("wrong-every-10")], &[]).await;
    let koderz = Koderz::new();
    let ran = koderz.call(&format!(
        "benchmark --host {} --local-model wrong-every-10 --end 20",
        server.url()
    ));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let run = koderz.last_run();
    let asked = server.counts().questions;
    server.stop().await;

    let again = koderz.call(&format!("grade {run}"));
    assert_eq!(again.code, Some(0), "{}\n{}", again.stdout, again.stderr);
    assert_eq!(asked, 20, "and nobody was asked again: the server is gone");
    assert!(
        again.stdout.contains(&format!("answers of run {run}")),
        "{}",
        again.stdout
    );
    assert!(
        again
            .stdout
            .ends_with(&format!("\nevery verdict is as it was in run {run}\n")),
        "{}",
        again.stdout
    );

    // Answers with a fence around them are no programs by themselves.
    let other = koderz.call(&format!("grade {run} --set suite.prompt-style=solution"));
    assert_eq!(other.code, Some(1), "{}\n{}", other.stdout, other.stderr);
    assert!(other.stdout.contains("pass -> fail  SyntaxError"), "{}", other.stdout);
    assert!(!other.stdout.contains("every verdict"), "{}", other.stdout);
}

#[test]
fn a_run_that_is_not_there_or_has_no_answers_is_said_so() {
    let koderz = Koderz::new();
    let none = koderz.call("grade last");
    assert_eq!(none.code, Some(2));
    assert!(none.stderr.contains("there is no record of runs"), "{}", none.stderr);
}
