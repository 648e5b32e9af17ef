//! The comparison for people.

use crate::compared::shift::Shift;
use crate::compared::{Changed, Compared, Difference, Side};
use crate::line::{COLUMNS, cell, fit, harmless, width};
use crate::measured::{Measured, measured};
use crate::numbers::{counted, grouped, percent, span};

/// Tasks that are listed, of the better and of the worse ones each.
const LISTED: usize = 20;

/// The comparison for standard output: at most 80 columns, and no colour.
pub fn compared_text(compared: &Compared<'_>) -> String {
    let sides: Vec<&Side<'_>> = std::iter::once(&compared.base)
        .chain(compared.others.iter().map(|(side, _)| side))
        .collect();
    let names: Vec<char> = ('A'..='Z').take(sides.len()).collect();
    let mut lines: Vec<String> = Vec::new();
    for (name, side) in names.iter().zip(&sides) {
        let manifest = side.report.manifest();
        let model = side.report.subject();
        let suite = &manifest.suite.identity.name;
        lines.push(fit(
            &harmless(&format!("{name}  {}  {suite} with {model}", manifest.run)),
            COLUMNS,
        ));
    }
    lines.push(String::new());
    lines.extend(figures(&names, &sides));
    for (name, (_, difference)) in names[1..].iter().zip(&compared.others) {
        lines.push(String::new());
        lines.extend(against(*name, difference));
    }
    lines.iter().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// Quality beside speed: a name in front, and a column for each run.
pub(super) fn rows(names: &[char], sides: &[&Side<'_>]) -> Vec<Vec<String>> {
    let none = || "none".to_owned();
    let row = |what: &str, value: &dyn Fn(&Side<'_>) -> String| {
        let cells = sides.iter().map(|side| value(side));
        std::iter::once(what.to_owned()).chain(cells).collect::<Vec<String>>()
    };
    let mut rows = vec![
        std::iter::once(String::new())
            .chain(names.iter().map(char::to_string))
            .collect::<Vec<_>>(),
        row("pass@1", &|side| {
            let rates = side.report.rates();
            rates.first().map_or_else(none, |(_, rate)| percent(rate.value))
        }),
        row("pass", &|side| grouped(side.report.counts().pass)),
        row("fail", &|side| grouped(side.report.counts().wrong())),
        row("truncated", &|side| grouped(side.report.counts().truncated)),
        row("inconclusive", &|side| grouped(side.report.counts().inconclusive)),
        row("time", &|side| span(side.report.story.summary().took)),
        row("solved a minute", &|side| {
            side.solved_per_minute().map_or_else(none, |rate| format!("{rate:.2}"))
        }),
        row("tokens a solved task", &|side| {
            side.tokens_per_solved()
                .map_or_else(none, |tokens| grouped(tokens.round() as u64))
        }),
    ];
    // Few runs have partial credit.
    if sides.iter().any(|side| side.report.counts().partial > 0) {
        rows.insert(5, row("partial", &|side| grouped(side.report.counts().partial)));
    }
    if sides.iter().all(|side| side.only_measures()) {
        rows.retain(|row| matches!(row[0].as_str(), "" | "inconclusive" | "time"));
    }
    rows.extend(measurements(sides));
    rows
}

/// A row for each metric that any of the runs has.
fn measurements(sides: &[&Side<'_>]) -> Vec<Vec<String>> {
    let all: Vec<Vec<Measured<'_>>> = sides.iter().map(|side| measured(&side.report)).collect();
    let mut names: Vec<&str> = Vec::new();
    for metric in all.iter().flatten() {
        if !names.contains(&metric.info.name.as_str()) {
            names.push(&metric.info.name);
        }
    }
    let row = |name: &str| {
        let cells = all.iter().map(|metrics| {
            let metric = metrics.iter().find(|metric| metric.info.name == name);
            metric.map_or("none".to_owned(), |metric| metric.shown(metric.value()))
        });
        std::iter::once(harmless(name)).chain(cells).collect()
    };
    names.into_iter().map(row).collect()
}

fn figures(names: &[char], sides: &[&Side<'_>]) -> Vec<String> {
    let rows = rows(names, sides);
    let widths: Vec<usize> = (0..=sides.len())
        .map(|column| rows.iter().map(|row| width(&row[column])).max().unwrap_or(0))
        .collect();
    let line = |row: &Vec<String>| {
        let (first, rest) = row.split_first().expect("every row has a name");
        let cells = rest.iter().zip(&widths[1..]).map(|(value, width_of)| {
            let room = " ".repeat(width_of - width(value));
            format!("{room}{value}")
        });
        let cells: Vec<String> = std::iter::once(cell(first, widths[0])).chain(cells).collect();
        fit(&cells.join("   "), COLUMNS)
    };
    rows.iter().map(line).collect()
}

/// What is said of a run against the first one. The first of it is the difference itself.
pub(super) fn statements(name: char, difference: &Difference) -> Vec<String> {
    let mut lines = match difference.only_measured {
        true => vec![format!("{name} against A, as parts of A with 95 % intervals:")],
        false => answers(name, difference),
    };
    lines.extend(difference.measured.iter().map(Shift::words));
    lines.extend(difference.not_alike.iter().map(|words| format!("not alike: {words}")));
    lines
}

/// How many more answers are right, and whether by more than chance.
fn answers(name: char, difference: &Difference) -> Vec<String> {
    let mut lines = Vec::new();
    let points = |value: f64| format!("{:+.1}", value * 100.0);
    match &difference.difference {
        Some(interval) => lines.push(format!(
            "{name} against A: {} points, 95 % interval {} to {}",
            points(interval.value),
            points(interval.low),
            points(interval.high)
        )),
        None => lines.push(format!("{name} against A: no task has a conclusive answer in both")),
    }
    let claim = match difference.is_claimed() {
        true => "a difference",
        false => "no difference shown",
    };
    lines.push(format!("{claim}: {}, {}", probability(difference.p), difference.test));
    let left_out = match difference.left_out {
        0 => String::new(),
        number => format!(", {number} left out that are inconclusive or missing in one"),
    };
    lines.push(format!("{} compared{left_out}", counted(difference.tasks, "task")));
    lines.push(match difference.detectable {
        Some(smallest) => format!(
            "{:.1} points is the least that would have shown in 80 of 100 such pairs",
            smallest * 100.0
        ),
        None => "so few tasks would show no difference at all".to_owned(),
    });
    lines
}

fn against(name: char, difference: &Difference) -> Vec<String> {
    let mut statements = statements(name, difference).into_iter();
    let mut lines: Vec<String> = statements.next().into_iter().collect();
    lines.extend(statements.map(|words| format!("  {words}")));
    if !difference.only_measured {
        lines.extend(changed("better", &difference.better));
        lines.extend(changed("worse", &difference.worse));
    }
    lines.iter().map(|line| fit(&harmless(line), COLUMNS)).collect()
}

fn changed(how: &str, tasks: &[Changed]) -> Vec<String> {
    let mut lines = vec![format!("{how} in {}", counted(tasks.len() as u64, "task"))];
    let shown = &tasks[..tasks.len().min(LISTED)];
    let of = |text: fn(&Changed) -> &String| shown.iter().map(|task| width(text(task))).max().unwrap_or(0);
    let (ids, befores) = (of(|task| &task.task), of(|task| &task.before));
    lines.extend(shown.iter().map(|task| {
        format!(
            "  {}  {}  {}",
            cell(&harmless(&task.task), ids),
            cell(&harmless(&task.before), befores),
            harmless(&task.now)
        )
    }));
    if tasks.len() > LISTED {
        lines.push(format!("  and {} more", tasks.len() - LISTED));
    }
    lines
}

pub(super) fn probability(p: f64) -> String {
    match p {
        p if p < 0.0001 => "p < 0.0001".to_owned(),
        p => format!("p = {p:.4}"),
    }
}
