//! Rates as a table in Markdown, with the columns of llama-bench, so that both can stand in one: a row for each thing that
//! was done several times, with the mean of its rates and their standard deviation. Of a run without rates the shares of
//! right answers are told.

use super::grouped::grouped;
use super::printable::printable;
use crate::report::Report;
use koderz_api::suite::MetricInfo;
use koderz_core::summary::Sample;

const UNIT: &str = "tokens/s";

/// The table of one run or several.
pub(super) fn markdown(reports: &[Report<'_>]) -> String {
    let rates: Vec<Vec<String>> = reports.iter().flat_map(rates).collect();
    match rates.is_empty() {
        false => table(["model", "size", "params", "backend", "test", "t/s"], &rates),
        true => {
            let shares: Vec<Vec<String>> = reports.iter().flat_map(shares).collect();
            table(
                ["model", "size", "params", "backend", "test", "% (95 % interval)"],
                &shares,
            )
        }
    }
}

fn rates(report: &Report<'_>) -> Vec<Vec<String>> {
    let metrics = report.story.manifest().metrics.iter();
    let metrics: Vec<&MetricInfo> = metrics
        .filter(|metric| metric.unit == UNIT && !metric.reductions.is_empty())
        .collect();
    let groups = grouped(report).into_iter();
    let rows = groups.flat_map(|(group, samples)| {
        let row = |metric: &&MetricInfo| {
            let values = samples.iter().filter_map(|(_, sample)| value(sample, &metric.name));
            let values: Vec<f64> = values.collect();
            let (mean, deviation) = spread(&values)?;
            Some(row(
                report,
                &format!("{group} {}", metric.name),
                &format!("{mean:.2} ± {deviation:.2}"),
            ))
        };
        metrics.iter().filter_map(row).collect::<Vec<_>>()
    });
    rows.collect()
}

fn value(sample: &Sample, name: &str) -> Option<f64> {
    sample.verdict.as_deref()?.metric(name)
}

/// The mean and the standard deviation of a sample, which is 0 of one value, as llama-bench has it.
fn spread(values: &[f64]) -> Option<(f64, f64)> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (n > 0.0).then(|| (mean, (squares / (n - 1.0).max(1.0)).sqrt()))
}

fn shares(report: &Report<'_>) -> Vec<Vec<String>> {
    let rates = report.rates().into_iter();
    let percent = |share: f64| share * 100.0;
    let told = rates.map(|(k, rate)| {
        let (value, low, high) = (percent(rate.value), percent(rate.low), percent(rate.high));
        row(
            report,
            &format!("pass@{k}"),
            &format!("{value:.2} ({low:.2} to {high:.2})"),
        )
    });
    told.collect()
}

fn row(report: &Report<'_>, test: &str, value: &str) -> Vec<String> {
    let manifest = report.story.manifest();
    let details = manifest
        .model_details
        .get(report.subject())
        .cloned()
        .unwrap_or_default();
    let gibibytes = |bytes: u64| format!("{:.2} GiB", bytes as f64 / f64::from(1 << 30));
    let size = report.story.summary().resident.filter(|resident| resident.bytes > 0);
    let server = manifest.server.version.as_deref().unwrap_or_default();
    [
        &format!("{} {}", report.subject(), details.quantization.unwrap_or_default()),
        &size.map(|resident| gibibytes(resident.bytes)).unwrap_or_default(),
        &details.parameter_size.unwrap_or_default(),
        &format!("Ollama {server}"),
        test,
        value,
    ]
    .map(cell)
    .to_vec()
}

/// A text that is no part of a table's frame, on one line.
fn cell(text: &str) -> String {
    let text = printable(text).replace(['\n', '\t'], " ");
    text.replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace('<', "&lt;")
        .trim()
        .to_owned()
}

fn table(heading: [&str; 6], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([heading[column].chars().count(), 3]).max().unwrap_or(3)
    };
    let widths: Vec<usize> = (0..heading.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let cells = cells
            .zip(&widths)
            .enumerate()
            .map(|(column, (cell, width))| match column {
                0 | 3 => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            });
        format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
    };
    let rule = widths.iter().enumerate().map(|(column, width)| match column {
        0 | 3 => "-".repeat(*width),
        _ => "-".repeat(width - 1) + ":",
    });
    let rule: Vec<String> = rule.collect();
    let mut text = line(&mut heading.into_iter());
    text += &line(&mut rule.iter().map(String::as_str));
    text.extend(rows.iter().map(|row| line(&mut row.iter().map(String::as_str))));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deviation_is_that_of_a_sample() {
        assert_eq!(
            spread(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).map(|(mean, _)| mean),
            Some(5.0)
        );
        let (_, deviation) = spread(&[1.0, 3.0]).expect("values");
        assert!((deviation - 2_f64.sqrt()).abs() < 1e-12, "{deviation}");
        assert_eq!((spread(&[7.0]), spread(&[])), (Some((7.0, 0.0)), None));
    }

    #[test]
    fn no_text_of_others_becomes_a_column() {
        assert_eq!(cell("a|b\n<c>\\"), "a\\|b &lt;c>\\\\");
    }
}
