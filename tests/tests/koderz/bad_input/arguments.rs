//! Command lines that mean nothing.

use super::refusal::{USUAL, contents, first_lines, refusal, refusals};
use koderz_tests::{Koderz, test_plugin};

#[test]
fn a_range_without_tasks_is_refused() {
    let sums = test_plugin("sums");
    let ranges = ["--start 2", "--start 1 --end 1", "--start 2 --end 1", "--end 0"];
    insta::assert_snapshot!(refusals(&ranges.map(|range| format!("{USUAL} --suite {} {range}", sums.display()))), @"
    error: --start 2 is past the last task; the suite has 2, counted from 0
    error: no task lies between --start 1 and --end 1, which is the first that is left out
    error: no task lies between --start 2 and --end 1, which is the first that is left out
    error: no task lies between --start 0 and --end 0, which is the first that is left out
    ");
}

#[test]
fn numbers_out_of_bounds_are_refused_with_the_bounds() {
    let options = [
        "--samples 0",
        "--concurrency 0",
        "--concurrency 1025",
        "--timeout 0",
        "--timeout -1",
        "--timeout abc",
        "--temperature -1",
        "--temperature warm",
        "--num-ctx 0",
        "--limit 0",
        "--seed x",
    ];
    insta::assert_snapshot!(first_lines(&options.map(|option| format!("{USUAL} {option}"))), @"
    error: invalid value '0' for '--samples <N>': a whole number from 1 to 4294967295 is needed
    error: invalid value '0' for '--concurrency <N|auto>': a whole number from 1 to 1024 is needed, or `auto`
    error: invalid value '1025' for '--concurrency <N|auto>': a whole number from 1 to 1024 is needed, or `auto`
    error: invalid value '0' for '--timeout <SECONDS|auto>': a number of seconds above 0 and up to 604800 is needed, or `auto`
    error: invalid value '-1' for '--timeout <SECONDS|auto>': a number of seconds above 0 and up to 604800 is needed, or `auto`
    error: invalid value 'abc' for '--timeout <SECONDS|auto>': a number of seconds above 0 and up to 604800 is needed, or `auto`
    error: invalid value '-1' for '--temperature <T>': a number from 0 to 100 is needed
    error: invalid value 'warm' for '--temperature <T>': a number from 0 to 100 is needed
    error: invalid value '0' for '--num-ctx <TOKENS>': a whole number of 1 or more is needed
    error: invalid value '0' for '--limit <N>': a whole number of 1 or more is needed
    error: invalid value 'x' for '--seed <N>': invalid digit found in string
    ");
}

#[test]
fn what_is_mistyped_is_refused_with_what_was_probably_meant() {
    insta::assert_snapshot!(refusals(&[format!("{USUAL} --sampels 3")]), @"
    error: unexpected argument '--sampels' found

      tip: a similar argument exists: '--samples'

    Usage: koderz benchmark --local-model <MODEL> --host <ADDRESS> --samples <N>

    For more information, try '--help'.
    ");
    let koderz = Koderz::new();
    insta::assert_snapshot!(refusal(&koderz, &mut koderz.command("benchmrk")), @"
    error: unrecognized subcommand 'benchmrk'

      tip: a similar subcommand exists: 'benchmark'

    Usage: koderz [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
}

#[test]
fn a_level_of_the_log_that_there_is_not_is_refused() {
    let koderz = Koderz::new();
    insta::assert_snapshot!(refusal(&koderz, koderz.command(USUAL).env("LOG_LEVEL", "loud")), @"
    error: LOG_LEVEL is `loud`
    hint: it can be off, error, warn, info, debug or trace
    ");
    assert_eq!(contents(koderz.data()), [""; 0]);
}
