//! The pages in a real browser, where Chromium is installed: their own scripts run, and those of others do not.

use super::Dashboard;
use crate::runs::user_with_runs;
use koderz_tests::{Koderz, end, test_plugin};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// A page as it is after its scripts ran; none where there is no browser.
fn browsed(url: &str) -> Option<String> {
    let version = |name: &&&str| {
        Command::new(name)
            .arg("--version")
            .stdout(Stdio::null())
            .status()
            .is_ok()
    };
    let Some(browser) = NAMES.iter().find(version) else {
        // Not by a macro, whose output tests that pass do not show.
        let _ =
            std::io::stderr().write_all(b"SKIPPED: no Chromium is installed, so no page was looked at in a browser\n");
        return None;
    };
    let profile = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(browser);
    command
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--dump-dom",
        ])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let ended = end(&mut command);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    Some(ended.stdout)
}

fn file(path: &Path) -> String {
    format!("file://{}", path.display())
}

/// An answer that is right and does its worst: each part would change the title.
const WORST: &str = r#"
{"model": "worst", "messages": [{"role": "user", "content": "What is 2 + 2?"}], "reply": {"response": "4 </pre></details><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">", "done": true}}
{"model": "worst", "messages": [{"role": "user", "content": "What is 20 + 22?"}], "reply": {"response": "</script></style><svg onload=\"document.title='owned'\"><a href=\"javascript:document.title='owned'\">no</a>", "done": true}}
"#;

/// The report of a run in which those were the answers.
fn report_of_the_worst(koderz: &Koderz) -> String {
    let cassettes = koderz.data().join("cassettes");
    fs::create_dir(&cassettes).expect("a new folder");
    fs::write(cassettes.join("worst.jsonl"), WORST).expect("a new file");
    let ended = koderz.call(&format!(
        "benchmark --host embedded --local-model worst --suite {}",
        test_plugin("sums").display()
    ));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    koderz.call("runs report").stdout.trim().to_owned()
}

#[test]
fn an_answer_that_is_a_script_does_nothing_in_a_browser() {
    let koderz = Koderz::new();
    let report = report_of_the_worst(&koderz);
    let Some(page) = browsed(&file(Path::new(&report))) else {
        return;
    };
    assert!(page.contains("<title>sums 0.1.0 with worst</title>"), "{page}");
    assert!(
        page.contains(">2 of 2 shown</output>"),
        "the page's own script ran: {page}"
    );
    assert!(!page.contains("<img") && !page.contains("<svg onload"), "{page}");
    let dashboard = Dashboard::of(&koderz);
    let run = koderz.last_run();
    for url in ["", &format!("run/{run}"), &format!("run/{run}/report")] {
        let page = browsed(&dashboard.url(url)).expect("there is a browser");
        assert!(!page.contains("<title>owned</title>"), "{url}");
        assert!(!page.contains("<img"), "{url}");
    }
}

#[test]
fn a_script_that_got_into_a_page_would_not_run() {
    let koderz = Koderz::new();
    let report = report_of_the_worst(&koderz);
    let text = fs::read_to_string(&report).expect("the report");
    let changed = text.replace("</main>", "<script>document.title = 'owned'</script></main>");
    assert_ne!(text, changed);
    let path = koderz.data().join("changed.html");
    fs::write(&path, changed).expect("a new file");
    let Some(page) = browsed(&file(&path)) else { return };
    assert!(page.contains("<title>sums 0.1.0 with worst</title>"), "{page}");
    assert!(
        page.contains(">2 of 2 shown</output>"),
        "the page's own script still ran"
    );
}

#[test]
fn the_program_is_coloured_and_the_check_that_failed_is_marked() {
    let koderz = Koderz::new();
    let ended = koderz.call(
        "benchmark --host embedded --local-model gemma3:270m-base --set suite.prompt-style=completion --problem-ids \
         HumanEval/10",
    );
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let report = koderz.call("runs report").stdout;
    let text = fs::read_to_string(report.trim()).expect("the report");
    let path = koderz.data().join("open.html");
    fs::write(
        &path,
        text.replace("<details class=\"sample\"", "<details open class=\"sample\""),
    )
    .expect("a new file");
    let Some(page) = browsed(&file(&path)) else { return };
    assert!(
        page.contains("<span class=\"word\">def</span> make_palindrome"),
        "{page}"
    );
    let marked = page
        .split_once("<mark>")
        .and_then(|(_, rest)| rest.split_once("</mark>"));
    let (marked, _) = marked.expect("a line is marked");
    assert!(
        marked.contains("<span class=\"word\">assert</span> candidate("),
        "{marked}"
    );
}

#[test]
fn runs_are_ticked_in_the_dashboard_before_they_can_be_compared() {
    let (koderz, _) = user_with_runs();
    let dashboard = Dashboard::of(&koderz);
    let Some(page) = browsed(&dashboard.url("")) else {
        return;
    };
    assert!(page.contains("<button id=\"compare-button\" disabled=\"\">"), "{page}");
    assert!(page.contains("Tick two runs; 0 are ticked."), "{page}");
}
