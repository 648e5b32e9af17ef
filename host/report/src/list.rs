//! Runs at a glance: a line each.

use crate::escape::escaped_pretty;
use crate::json::Estimate;
use crate::line::{COLUMNS, cell, fit, harmless, width};
use crate::numbers::percent;
use koderz_core::statistics::Rate;
use koderz_core::summary::Counts;
use serde::Serialize;

/// The most that the name of a suite takes, so that something is left for that of the model.
const SUITE: usize = 12;

/// The least that the name of a model gets.
const MODEL: usize = 8;

/// A run, as it is listed.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its id.
    pub run: String,
    /// When it was begun, in RFC 3339 form, UTC.
    pub began: String,
    /// The benchmark's name.
    pub suite: String,
    /// The model under test; empty where there is none.
    pub model: String,
    /// How it stands, in a word.
    pub state: &'static str,
    /// Why it failed, where it did.
    pub failure: Option<String>,
    /// pass@1.
    pub rate: Option<Rate>,
    /// What its trials came to.
    pub counts: Counts,
    /// What the user tagged it with.
    pub tags: Vec<String>,
    /// What the user noted of it.
    pub note: Option<String>,
}

/// Runs as a table of at most 80 columns, and no colour.
pub fn list(runs: &[Listed]) -> String {
    let heading = ["run", "suite", "model", "state", "pass@1", "p/f/t/i/o"].map(str::to_owned);
    let rows: Vec<[String; 6]> = [heading].into_iter().chain(runs.iter().map(cells)).collect();
    let widths = widths(&rows);
    let mut lines = vec![line(&rows[0], &widths)];
    for (row, run) in rows[1..].iter().zip(runs) {
        lines.push(line(row, &widths));
        let tags: Vec<&str> = run.tags.iter().map(String::as_str).collect();
        let said = said(&tags, run.note.as_deref());
        lines.extend(said.lines().map(|said| fit(&format!("  {said}"), COLUMNS)));
    }
    lines.push(String::new());
    lines.push("p/f/t/i/o: pass, fail, truncated, inconclusive, open".to_owned());
    lines.iter().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// What the user says of a run, in lines of any length: its tags, and its note.
pub fn said(tags: &[&str], note: Option<&str>) -> String {
    let tags = (!tags.is_empty()).then(|| format!("tags     {}\n", harmless(&tags.join(", "))));
    let note = note.map(|note| format!("note     {}\n", harmless(note)));
    tags.into_iter().chain(note).collect()
}

fn cells(run: &Listed) -> [String; 6] {
    let counts = &run.counts;
    let measured = counts.partial + counts.ungraded;
    let came_to = if counts.pass + counts.fail == 0 && measured > 0 {
        format!("{measured} measured")
    } else {
        let Counts {
            pass,
            truncated,
            inconclusive,
            open,
            ..
        } = counts;
        format!("{pass}/{}/{truncated}/{inconclusive}/{open}", counts.wrong())
    };
    let rate = run.rate.map_or_else(|| "none".to_owned(), |rate| percent(rate.value));
    let model = if run.model.is_empty() { "none" } else { &run.model };
    let texts = [&run.run, &run.suite, model, run.state, &rate, &came_to];
    texts.map(harmless)
}

/// As wide as the widest cell, except for names, which share what is left.
fn widths(rows: &[[String; 6]]) -> [usize; 6] {
    let mut widths = [0; 6];
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            widths[column] = widths[column].max(width(cell));
        }
    }
    widths[1] = widths[1].min(SUITE);
    let others: usize = widths.iter().sum::<usize>() - widths[2] + 2 * (widths.len() - 1);
    widths[2] = widths[2].min(COLUMNS.saturating_sub(others).max(MODEL));
    widths
}

fn line(row: &[String; 6], widths: &[usize; 6]) -> String {
    let cells = row.iter().zip(widths).enumerate();
    let cells: Vec<String> = cells
        .map(|(column, (text, columns))| match column {
            // Figures stand below each other.
            4 => " ".repeat(columns.saturating_sub(width(text))) + text,
            _ => cell(text, *columns),
        })
        .collect();
    fit(cells.join("  ").trim_end(), COLUMNS)
}

/// Runs for programs: an array with an object for each, described in `docs/reference/runs.md`.
pub fn list_json(runs: &[Listed]) -> String {
    #[derive(Serialize)]
    struct Object<'a> {
        run: &'a str,
        began: &'a str,
        suite: &'a str,
        model: Option<&'a str>,
        state: &'a str,
        failure: Option<&'a str>,
        pass_at_1: Option<Estimate>,
        counts: Counts,
        tags: &'a [String],
        note: Option<&'a str>,
    }
    let objects: Vec<Object<'_>> = runs
        .iter()
        .map(|run| Object {
            run: &run.run,
            began: &run.began,
            suite: &run.suite,
            model: Some(run.model.as_str()).filter(|model| !model.is_empty()),
            state: run.state,
            failure: run.failure.as_deref(),
            pass_at_1: run.rate.map(Estimate::from),
            counts: run.counts,
            tags: &run.tags,
            note: run.note.as_deref(),
        })
        .collect();
    escaped_pretty(&objects) + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use koderz_core::statistics::wilson;

    fn listed(model: &str, state: &'static str, pass: u64, fail: u64) -> Listed {
        Listed {
            run: "20261124-143412-7f3a".to_owned(),
            began: "2026-11-24T14:34:12Z".to_owned(),
            suite: "sums".to_owned(),
            model: model.to_owned(),
            state,
            failure: None,
            rate: wilson(pass, pass + fail),
            counts: Counts {
                pass,
                fail,
                ..Counts::default()
            },
            tags: Vec::new(),
            note: None,
        }
    }

    #[test]
    fn runs_are_listed_below_each_other_within_80_columns() {
        let mut measured = listed("tiny:1b", "running", 0, 0);
        measured.counts.ungraded = 12;
        let runs = [
            listed("qwen2.5-coder:32b-instruct-q4_K_M", "interrupted", 1, 2),
            listed("", "finished", 164, 0),
            measured,
        ];
        let text = list(&runs);
        insta::assert_snapshot!(text, @"
        run                   suite  model             state         pass@1  p/f/t/i/o
        20261124-143412-7f3a  sums   qwen2.5-coder:3…  interrupted   33.3 %  1/2/0/0/0
        20261124-143412-7f3a  sums   none              finished     100.0 %  164/0/0/0/0
        20261124-143412-7f3a  sums   tiny:1b           running         none  12 measured

        p/f/t/i/o: pass, fail, truncated, inconclusive, open
        ");
        assert!(text.lines().all(|line| width(line) <= COLUMNS));
    }

    #[test]
    fn what_the_user_says_of_a_run_stands_below_it() {
        let mut run = listed("m", "finished", 1, 0);
        run.tags = ["baseline", "night"].map(str::to_owned).to_vec();
        run.note = Some("before the update\nof the server".to_owned());
        insta::assert_snapshot!(list(&[run]), @"
        run                   suite  model  state      pass@1  p/f/t/i/o
        20261124-143412-7f3a  sums   m      finished  100.0 %  1/0/0/0/0
          tags     baseline, night
          note     before the update of the server

        p/f/t/i/o: pass, fail, truncated, inconclusive, open
        ");
    }

    #[test]
    fn a_name_cannot_move_the_cursor_or_push_the_rest_away() {
        let mut run = listed("m\u{1b}[2J\nm", "failed", 1, 0);
        run.suite = "数".repeat(100);
        let text = list(&[run]);
        assert_eq!(text.lines().count(), 4);
        assert!(text.lines().all(|line| width(line) <= COLUMNS), "{text}");
        assert!(text.contains("1/0/0/0/0"), "{text}");
    }

    #[test]
    fn objects_say_null_where_nothing_is_known() {
        let json = list_json(&[listed("", "finished", 0, 0)]);
        let array: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(array[0]["model"], serde_json::Value::Null);
        assert_eq!(array[0]["pass_at_1"], serde_json::Value::Null);
        assert_eq!(array[0]["counts"]["pass"], 0);
    }
}
