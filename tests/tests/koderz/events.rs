//! What programs and quiet terminals get of a run.

use koderz_tests::Koderz;
use serde_json::Value;

const TWO: &str = "benchmark --host embedded --local-model reference --limit 2";

#[test]
fn events_are_lines_of_json_on_standard_output_and_those_that_the_record_has() {
    let koderz = Koderz::new();
    let ended = koderz.call(&format!("{TWO} --json"));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let lines: Vec<Value> = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let names: Vec<&str> = lines.iter().filter_map(|line| line["event"].as_str()).collect();
    assert_eq!((names.first(), names.last()), (Some(&"began"), Some(&"ended")));
    let record = koderz.record();
    let recorded = record.entries(&koderz.last_run()).expect("its entries");
    // Trials go on side by side, so two that wait for the record at once may be seen in either order.
    let mut recorded: Vec<&str> = recorded.map(|entry| entry.expect("readable").event.name()).collect();
    let mut seen = names.clone();
    seen.sort_unstable();
    recorded.sort_unstable();
    assert_eq!(seen, recorded);
    let verdicts = lines.iter().filter(|line| line["event"] == "trial-finished");
    assert!(
        verdicts.clone().all(|line| line["verdict"]["grade"] == "pass"),
        "{lines:?}"
    );
    assert_eq!(verdicts.count(), 2);
}

#[test]
fn quiet_is_silent_but_for_what_comes_out_and_verbose_tells_of_every_attempt() {
    let koderz = Koderz::new();
    let quiet = koderz.call(&format!("{TWO} --samples 2 --quiet"));
    assert_eq!(
        (quiet.code, quiet.stderr.as_str()),
        (Some(0), ""),
        "not even that samples at temperature 0 are alike"
    );
    assert!(quiet.stdout.contains("pass               4"), "{}", quiet.stdout);
    let verbose = koderz.call(&format!("{TWO} -v"));
    assert!(verbose.stderr.contains("DEBUG attempt 1 begins"), "{}", verbose.stderr);
    let both = koderz.call(&format!("{TWO} --quiet --verbose"));
    assert_eq!(both.code, Some(2), "{}", both.stderr);
}
