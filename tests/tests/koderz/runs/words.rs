//! Tags, notes, and the collection of what nobody needs.

use super::{told, user_with_runs};
use serde_json::Value;
use std::fs;

#[test]
fn runs_are_found_by_their_tags_and_a_note_is_shown_with_them() {
    let (koderz, runs) = user_with_runs();
    let calls = [
        format!("runs tag {} baseline night", runs[0]),
        "runs tag last night".to_owned(),
        format!("runs note {} before-the-update", runs[0]),
        "runs --tag night --tag baseline".to_owned(),
        "runs tag last --remove night".to_owned(),
        "runs note last".to_owned(),
    ];
    let told = calls.map(|call| told(&koderz.call(&call), &koderz, &runs));
    insta::assert_snapshot!(told.join("\n"), @"
    tags     baseline, night
    exit code 0
    tags     night
    exit code 0
    tags     baseline, night
    note     before-the-update
    exit code 0
    run                   suite  model  state      pass@1  p/f/t/i/o
    20261124-143412-0000  sums   adder  finished  100.0 %  2/0/0/0/0
      tags     baseline, night
      note     before-the-update

    p/f/t/i/o: pass, fail, truncated, inconclusive, open
    exit code 0
    exit code 0
    exit code 0
    ");
    let listed = koderz.call("runs --tag night --json");
    let listed: Value = serde_json::from_str(&listed.stdout).expect("JSON");
    assert_eq!(listed[0]["tags"], serde_json::json!(["baseline", "night"]));
    assert_eq!(listed[0]["note"], "before-the-update");
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    let shown = koderz.call(&format!("runs show {}", runs[0]));
    assert!(
        shown
            .stdout
            .ends_with("tags     baseline, night\nnote     before-the-update\n"),
        "{}",
        shown.stdout
    );
}

#[test]
fn a_benchmark_is_tagged_as_it_begins() {
    let koderz = crate::plugins::user_with_adder();
    let suite = koderz_tests::test_plugin("sums");
    let ended = koderz.call(&format!(
        "benchmark --host embedded --local-model adder --tag v1 --tag night --suite {}",
        suite.display()
    ));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let tags = koderz.record().tags(&koderz.last_run()).expect("its tags");
    assert_eq!(
        tags.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["night", "v1"]
    );
}

#[test]
fn what_is_no_tag_and_a_run_that_is_not_there_are_refused() {
    let (koderz, runs) = user_with_runs();
    for (call, said) in [
        ("runs tag last a,b", "a tag is a word of letters, digits"),
        ("runs tag nosuch a", "no run `nosuch`"),
        ("runs tag last", "required"),
        ("runs note nosuch x", "no run `nosuch`"),
        ("runs gc --older-than soon", "a number of days or hours is needed"),
    ] {
        let ended = koderz.call(call);
        assert_eq!(ended.code, Some(2), "{call}: {}", ended.stdout);
        assert!(ended.stderr.contains(said), "{call}: {}", ended.stderr);
    }
    assert!(koderz.record().tags(&runs[1]).expect("none").is_empty());
}

#[test]
fn collecting_says_first_what_it_would_remove_and_never_takes_a_tagged_run() {
    let (koderz, runs) = user_with_runs();
    let left = koderz.data().join("reports/20200101-000000-0000.html");
    let own = koderz.data().join("reports/notes.html");
    for file in [&left, &own] {
        fs::write(file, "").expect("a new file");
    }
    koderz.call(&format!("runs tag {} keep", runs[0]));
    let would = told(&koderz.call("runs gc --older-than 0d"), &koderz, &runs);
    insta::assert_snapshot!(without_sizes(&would), @"
    would remove run 20261124-143412-0001
    would remove DATA/reports/20200101-000000-0000.html
    would free SIZE kB in DATA/runs.db, and what those runs take
    nothing was removed; --yes does it
    exit code 0
    ");
    assert_eq!(koderz.record().runs().expect("a list").len(), 2);
    assert!(left.is_file());

    let nothing = koderz.call("runs gc");
    assert!(!nothing.stdout.contains("would remove run"), "{}", nothing.stdout);
    let done = told(&koderz.call("runs gc --older-than 0d --yes"), &koderz, &runs);
    insta::assert_snapshot!(without_sizes(&done), @"
    removed run 20261124-143412-0001
    removed DATA/reports/20200101-000000-0000.html
    freed SIZE kB in DATA/runs.db
    exit code 0
    ");
    assert_eq!(koderz.last_run(), runs[0]);
    assert!(!left.exists() && own.is_file());
    assert_eq!(koderz.record().free_bytes().expect("readable"), 0);
}

fn without_sizes(text: &str) -> String {
    let words = text.split_inclusive(' ').collect::<Vec<_>>();
    let unit = |word: &str| matches!(word.trim(), "kB" | "MB");
    let shown = words.iter().enumerate().map(|(at, word)| {
        let is_size = words.get(at + 1).is_some_and(|next| unit(next)) && word.trim().parse::<f64>().is_ok();
        if is_size { "SIZE " } else { word }
    });
    shown.collect()
}
