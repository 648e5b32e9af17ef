//! Runs that are removed.

use super::{told, user_with_runs};
use std::path::PathBuf;

fn report(koderz: &koderz_tests::Koderz, run: &koderz_record::RunId) -> PathBuf {
    koderz.data().join("reports").join(format!("{run}.html"))
}

#[test]
fn a_run_is_removed_with_its_report_and_the_other_stays() {
    let (koderz, runs) = user_with_runs();
    let entries = koderz.record().entries(&runs[0]).expect("the run").count();
    let removed = koderz.call("runs rm last --yes");
    insta::assert_snapshot!(told(&removed, &koderz, &runs), @"
    removed 20261124-143412-0001
    exit code 0
    ");
    assert_eq!(koderz.last_run(), runs[0]);
    assert_eq!(koderz.record().entries(&runs[0]).expect("the run").count(), entries);
    assert!(report(&koderz, &runs[0]).is_file() && !report(&koderz, &runs[1]).exists());
    let shown = koderz.call(&format!("runs show {}", runs[1]));
    insta::assert_snapshot!(told(&shown, &koderz, &runs), @"
    error: no run `20261124-143412-0001` in the record
    hint: the latest run is 20261124-143412-0000, and `last` means it
    exit code 2
    ");
}

#[test]
fn a_run_whose_report_is_gone_is_removed_and_one_that_is_named_twice_counts_once() {
    let (koderz, runs) = user_with_runs();
    std::fs::remove_file(report(&koderz, &runs[1])).expect("removed");
    let removed = koderz.call(&format!("runs rm last {} {} --yes", runs[1], runs[0]));
    insta::assert_snapshot!(told(&removed, &koderz, &runs), @"
    removed 20261124-143412-0001
    removed 20261124-143412-0000
    exit code 0
    ");
    assert_eq!(koderz.call("runs").stdout, "no run is recorded yet\n");
}

#[test]
fn nothing_is_removed_unless_all_that_was_named_can_be() {
    let (koderz, runs) = user_with_runs();
    let working = koderz.record().journal(&runs[1]).expect("nobody else writes");
    let refused = [
        format!("runs rm {} --yes", runs[1]),
        format!("runs rm {} {} --yes", runs[0], runs[1]),
        format!("runs rm {} nosuch --yes", runs[0]),
        format!("runs rm {}", runs[0]),
    ];
    let told = refused.map(|call| told(&koderz.call(&call), &koderz, &runs));
    insta::assert_snapshot!(told.join("\n"), @"
    error: run 20261124-143412-0001 is going on (process PID)
    hint: wait until it has ended, or stop it
    exit code 2
    error: run 20261124-143412-0001 is going on (process PID)
    hint: wait until it has ended, or stop it
    exit code 2
    error: no run `nosuch` in the record
    hint: the latest run is 20261124-143412-0001, and `last` means it
    exit code 2
    error: nobody can be asked whether to remove 20261124-143412-0000
    hint: --yes removes without asking
    exit code 2
    ");
    assert_eq!(koderz.record().runs().expect("a list").len(), 2);
    assert!(runs.iter().all(|run| report(&koderz, run).is_file()));
    drop(working);
    assert_eq!(koderz.call(&format!("runs rm {} --yes", runs[1])).code, Some(0));
}
