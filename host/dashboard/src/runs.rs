//! The list of runs: some at a time, filtered, with a box at each to compare two.

use crate::shelf::{Line, Shelf, ShelfError, Wanted};
use askama::Template;
use koderz_core::numbers::{grouped, percent};

/// Runs on a page.
const PAGE: usize = 50;

/// How a run may stand.
const STATES: [&str; 6] = ["running", "interrupted", "finished", "drained", "stopped", "failed"];

/// What was asked for in the address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    words: String,
    state: String,
    skip: usize,
}

impl Asked {
    pub(crate) fn of(query: &str) -> Self {
        let mut asked = Asked::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "words" => asked.words = value.trim().to_owned(),
                "state" => asked.state = value.into_owned(),
                "skip" => asked.skip = value.parse().unwrap_or(0),
                _ => {}
            }
        }
        asked
    }

    /// The same list from another place on, as a query.
    fn from(&self, skip: usize) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("words", &self.words)
            .append_pair("state", &self.state);
        query.append_pair("skip", &skip.to_string()).finish()
    }
}

#[derive(Template)]
#[template(path = "runs.html")]
pub(crate) struct Listed {
    base: String,
    words: String,
    states: Vec<(&'static str, &'static str)>,
    rows: Vec<Row>,
    told: String,
    newer: Option<String>,
    older: Option<String>,
}

struct Row {
    line: Line,
    rate: String,
    counts: [(&'static str, String); 5],
}

/// Looks for the runs that were asked for.
pub(crate) fn listed(shelf: &dyn Shelf, base: String, asked: &Asked) -> Result<Listed, ShelfError> {
    let wanted = Wanted {
        words: asked
            .words
            .to_lowercase()
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
        state: asked.state.clone(),
    };
    let (lines, all) = shelf.runs(&wanted, asked.skip, PAGE)?;
    let shown = lines.len();
    Ok(Listed {
        base,
        words: asked.words.clone(),
        states: STATES
            .map(|state| (state, if state == asked.state { "selected" } else { "" }))
            .into(),
        rows: lines.into_iter().map(Row::of).collect(),
        told: match (all, shown) {
            (0, _) if wanted == Wanted::default() => "No run is recorded yet.".to_owned(),
            (0, _) => "No recorded run is like that.".to_owned(),
            (all, shown) if shown == all => format!("{} in all", grouped(all as u64)),
            (all, shown) => format!(
                "{} to {} of {}",
                asked.skip + 1,
                asked.skip + shown,
                grouped(all as u64)
            ),
        },
        newer: (asked.skip > 0).then(|| asked.from(asked.skip.saturating_sub(PAGE))),
        older: (asked.skip + shown < all).then(|| asked.from(asked.skip + shown)),
    })
}

impl Row {
    fn of(line: Line) -> Self {
        let counts = line.counts;
        Row {
            rate: line.rate.map_or_else(|| "none".to_owned(), |rate| percent(rate.value)),
            counts: [
                ("pass", counts.pass),
                ("fail", counts.wrong()),
                ("truncated", counts.truncated),
                ("inconclusive", counts.inconclusive),
                ("open", counts.open),
            ]
            .map(|(name, count)| (name, grouped(count))),
            line,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_survives_a_turn_of_the_page() {
        let asked = Asked::of("words=Tiny%3A1b+sums&state=finished&skip=50&other=1");
        assert_eq!((asked.words.as_str(), asked.skip), ("Tiny:1b sums", 50));
        let next = Asked::of(&asked.from(100));
        assert_eq!((next.words, next.state, next.skip), (asked.words, asked.state, 100));
        assert_eq!(Asked::of("skip=-1&words=").skip, 0);
    }
}
