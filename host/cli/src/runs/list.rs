//! `koderz runs list`: which runs there are, how they stand, and what they came to so far.

use crate::arguments::{List, State};
use crate::came_to::{self, Figures};
use crate::places::Places;
use crate::{Outcome, print};
use anyhow::Result;
use koderz_core::event::End;
use koderz_record::{Record, RunRow, RunState, Tag};
use koderz_report::Listed;

pub(super) fn list(arguments: &List, places: &Places) -> Result<Outcome> {
    // Looking makes no record.
    let found = if places.record().is_file() {
        find(arguments, &Record::open(places.record())?)?
    } else {
        Found::default()
    };
    let Found { recorded, listed, more } = found;
    let text = match (arguments.json, listed.is_empty()) {
        (true, _) => koderz_report::list_json(&listed),
        (false, false) => koderz_report::list(&listed),
        (false, true) if recorded == 0 => "no run is recorded yet\n".to_owned(),
        (false, true) => "no recorded run is like that\n".to_owned(),
    };
    print(&text)?;
    if more > 0 {
        eprintln!("and {more} more; --limit {} lists them too", listed.len() + more);
    }
    Ok(Outcome::Done)
}

#[derive(Default)]
struct Found {
    /// How many runs there are.
    recorded: usize,
    listed: Vec<Listed>,
    /// How many would be listed if the limit were higher.
    more: usize,
}

fn find(arguments: &List, record: &Record) -> Result<Found> {
    let rows = record.runs()?;
    let recorded = rows.len();
    let mut rows: Vec<RunRow> = rows.into_iter().filter(|row| is_meant(row, arguments)).collect();
    let most = arguments.limit.get() as usize;
    let more = rows.len().saturating_sub(most);
    rows.truncate(most);
    let listed: Result<Vec<Listed>> = rows.iter().map(|row| listed(record, row)).collect();
    Ok(Found {
        recorded,
        listed: listed?,
        more,
    })
}

fn is_meant(row: &RunRow, wanted: &List) -> bool {
    let holds = |name: &str, part: &Option<String>| {
        part.as_ref()
            .is_none_or(|part| name.to_lowercase().contains(&part.to_lowercase()))
    };
    holds(&row.model, &wanted.model)
        && holds(&row.suite, &wanted.suite)
        && wanted.tags.iter().all(|tag| row.tags.contains(tag))
        && wanted.state.is_none_or(|state| state == state_of(&row.state))
        && wanted.since.as_ref().is_none_or(|day| day.has_begun_by(&row.began))
}

pub(crate) fn state_of(state: &RunState) -> State {
    match state {
        RunState::Running { .. } => State::Running,
        RunState::Interrupted => State::Interrupted,
        RunState::Ended(End::Finished) => State::Finished,
        RunState::Ended(End::Drained) => State::Drained,
        RunState::Ended(End::Stopped) => State::Stopped,
        RunState::Ended(End::Failed(_)) => State::Failed,
    }
}

/// A state as it is typed.
pub(crate) fn word(state: State) -> &'static str {
    match state {
        State::Running => "running",
        State::Interrupted => "interrupted",
        State::Finished => "finished",
        State::Drained => "drained",
        State::Stopped => "stopped",
        State::Failed => "failed",
    }
}

pub(crate) fn listed(record: &Record, row: &RunRow) -> Result<Listed> {
    let Figures { counts, pass_at_1 } = came_to::figures(record, &row.id)?;
    Ok(Listed {
        run: row.id.to_string(),
        began: row.began.clone(),
        suite: row.suite.clone(),
        model: row.model.clone(),
        state: word(state_of(&row.state)),
        failure: match &row.state {
            RunState::Ended(End::Failed(why)) => Some(why.clone()),
            _ => None,
        },
        rate: pass_at_1,
        counts,
        tags: row.tags.iter().map(Tag::to_string).collect(),
        note: row.note.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    #[test]
    fn a_state_is_shown_as_it_is_typed() {
        for state in State::value_variants() {
            let typed = state.to_possible_value().expect("every state can be typed");
            assert_eq!(typed.get_name(), word(*state));
        }
    }
}
