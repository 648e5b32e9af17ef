//! Pages of a single run, and of nothing.

use crate::live::{Live, Told};
use askama::Template;

/// Why something is not shown.
#[derive(Template)]
#[template(path = "refused.html")]
pub(crate) struct Refused {
    pub(crate) base: String,
    pub(crate) why: String,
}

/// A run as it stands.
#[derive(Template)]
#[template(path = "run.html")]
pub(crate) struct Running {
    base: String,
    run: String,
    suite: String,
    model: String,
    began: String,
    told: Told,
    /// Where the bar ends.
    most: u64,
    /// How to go on with it, where that would change anything.
    resume: Option<String>,
}

impl Running {
    pub(crate) fn of(base: String, live: &Live) -> Self {
        let manifest = live.manifest();
        let told = live.told();
        let counts = live.summary.counts();
        let left = counts.open + counts.inconclusive > 0 || told.state != "finished";
        Running {
            base,
            run: manifest.run.clone(),
            suite: manifest.suite.in_words(),
            model: manifest.subject().unwrap_or_default().to_owned(),
            began: manifest.began.clone(),
            resume: (left && !told.running).then(|| format!("koderz resume {}", manifest.run)),
            most: told.trials.unwrap_or(told.settled),
            told,
        }
    }
}
