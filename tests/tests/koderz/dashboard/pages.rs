//! What is on the pages.

use super::Dashboard;
use crate::runs::{interrupt, user_with_runs};

#[test]
fn runs_are_listed_and_looked_for() {
    let (koderz, runs) = user_with_runs();
    interrupt(&koderz, &runs[0]);
    let dashboard = Dashboard::of(&koderz);
    let listed = |query: &str| {
        let body = dashboard.page(query).body;
        runs.each_ref().map(|run| body.contains(&format!("value=\"{run}\"")))
    };
    assert_eq!(listed(""), [true, true]);
    assert_eq!(listed("?words=ADDER+sums"), [true, false]);
    assert_eq!(listed("?state=finished"), [false, true]);
    assert_eq!(listed("?words=nosuch"), [false, false]);
    assert_eq!(listed("?skip=1"), [true, false], "the one begun last comes first");
    let all = dashboard.page("").body;
    assert!(
        all.contains("<td class=\"number fail\" data-name=\"fail\">1</td>"),
        "{all}"
    );
}

#[test]
fn a_report_is_the_one_of_the_file_with_ways_back() {
    let (koderz, runs) = user_with_runs();
    let dashboard = Dashboard::of(&koderz);
    let served = dashboard.page(&format!("run/{}/report", runs[0])).body;
    let (before, rest) = served.split_once("\n<nav").expect("ways to other pages");
    let (_, after) = rest.split_once("</nav>").expect("their end");
    let path = koderz.call(&format!("runs report {}", runs[0])).stdout;
    let file = std::fs::read_to_string(path.trim()).expect("the report");
    assert_eq!(format!("{before}{after}"), file);
}

#[test]
fn two_runs_are_compared_and_no_other_number_of_them() {
    let (koderz, runs) = user_with_runs();
    let dashboard = Dashboard::of(&koderz);
    let [left, right] = &runs;
    let compared = dashboard.page(&format!("compare?run={left}&run={right}")).body;
    assert!(
        compared.contains("1 of 2 samples differ: 1 pass only on the left, 0 only on the right."),
        "{compared}"
    );
    for (query, told) in [
        ("compare".to_owned(), "0 runs are ticked"),
        (format!("compare?run={left}"), "1 runs are ticked"),
        (
            format!("compare?run={left}&run={right}&run={left}"),
            "3 runs are ticked",
        ),
    ] {
        let answer = dashboard.page(&query);
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.body.contains(told), "{}", answer.body);
    }
    assert_eq!(dashboard.page(&format!("compare?run={left}&run=nosuch")).status, 404);
}

#[test]
fn what_is_not_there_is_said_and_never_markup() {
    let (koderz, _) = user_with_runs();
    let dashboard = Dashboard::of(&koderz);
    for page in [
        "run/nosuch",
        "run/last",
        "run/%3Cscript%3E",
        "nosuch",
        "run/..%2f..",
        "run/nosuch/events",
    ] {
        let answer = dashboard.page(page);
        assert_eq!(answer.status, 404, "{page}");
        assert!(!answer.body.contains("<script>"), "{}", answer.body);
    }
    let looked_for = dashboard.page("?words=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").body;
    assert!(!looked_for.contains("<script>"), "{looked_for}");
    let hostile = dashboard.page(&format!("run/{}", koderz.last_run())).body;
    assert!(!hostile.contains("</failure><error/>"), "{hostile}");
}
