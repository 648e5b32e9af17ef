//! The comparison as one page that loads nothing and runs nothing.

use crate::compared::text::{rows, statements};
use crate::compared::{Changed, Compared, Side};
use crate::html::{STYLE, content_security_policy};
use crate::report::ReportError;
use askama::Template;

#[derive(Template)]
#[template(path = "compared.html")]
struct Page<'a> {
    policy: String,
    style: &'static str,
    /// Each run's letter, its id, and what it is of.
    runs: Vec<(char, String, String)>,
    heading: Vec<String>,
    rows: Vec<Vec<String>>,
    others: Vec<Other<'a>>,
}

struct Other<'a> {
    name: char,
    headline: String,
    claimed: bool,
    statements: Vec<String>,
    changed: Vec<(&'static str, &'a [Changed])>,
}

/// The comparison as a page: one file, offline, with everything that differs.
///
/// # Errors
/// If the template fails.
pub fn compared_html(compared: &Compared<'_>) -> Result<String, ReportError> {
    let sides: Vec<&Side<'_>> = std::iter::once(&compared.base)
        .chain(compared.others.iter().map(|(side, _)| side))
        .collect();
    let names: Vec<char> = ('A'..='Z').take(sides.len()).collect();
    let runs = names.iter().zip(&sides).map(|(name, side)| {
        let manifest = side.report.manifest();
        let model = side.report.subject();
        let suite = &manifest.suite.identity.name;
        (*name, manifest.run.clone(), format!("{suite} with {model}"))
    });
    let mut rows = rows(&names, &sides);
    let heading = rows.remove(0);
    let others = names[1..].iter().zip(&compared.others).map(|(name, (_, difference))| {
        let mut statements = statements(*name, difference).into_iter();
        Other {
            name: *name,
            headline: statements.next().unwrap_or_default(),
            claimed: difference.is_claimed() && !difference.only_measured,
            statements: statements.collect(),
            changed: match difference.only_measured {
                true => Vec::new(),
                false => vec![("Worse", &difference.worse), ("Better", &difference.better)],
            },
        }
    });
    let page = Page {
        policy: content_security_policy(),
        style: STYLE,
        runs: runs.collect(),
        heading,
        rows,
        others: others.collect(),
    };
    page.render().map_err(ReportError::Page)
}
