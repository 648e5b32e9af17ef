//! How many questions are under way at once where nobody has said it.

use koderz_simulator::Setup;
use koderz_tests::{Koderz, serve_like, test_plugin};

#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_questions_at_once_is_found_and_the_server_is_kept_busy() {
    let setup = Setup {
        parallel: 3.try_into().expect("not nought"),
        ..Setup::default()
    };
    let server = serve_like(&[], &[], setup).await;
    let koderz = Koderz::new();
    let sums = test_plugin("many");
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
