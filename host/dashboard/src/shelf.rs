//! What the dashboard looks into. Whoever implements it blocks for as long as reading takes, and changes nothing.

use koderz_core::event::Entry;
use koderz_core::manifest::Manifest;
use koderz_core::statistics::Rate;
use koderz_core::summary::Counts;

/// The runs that were recorded.
pub trait Shelf: Send + Sync + 'static {
    /// Runs that have the words in their ids, suites or models and stand so, the one begun last first; `skip` of them
    /// are left out, and no more than `most` are given. And how many there are in all.
    ///
    /// # Errors
    /// If the record cannot be read.
    fn runs(&self, wanted: &Wanted, skip: usize, most: usize) -> Result<(Vec<Line>, usize), ShelfError>;

    /// The report of a run, with links on its top.
    ///
    /// # Errors
    /// If there is no such run, or it cannot be read.
    fn report(&self, run: &str, links: &[(String, String)]) -> Result<Page, ShelfError>;

    /// A run from its beginning on, and what comes of it.
    ///
    /// # Errors
    /// If there is no such run, or it cannot be read.
    fn follow(&self, run: &str) -> Result<Box<dyn Follow>, ShelfError>;
}

/// Which runs are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// In lower case.
    pub words: Vec<String>,
    /// How they stand; empty for any.
    pub state: String,
}

/// A run, looked at again and again.
pub trait Follow: Send {
    /// What the run was made of.
    fn manifest(&self) -> &Manifest;

    /// What was recorded since the last look, or no more than the next `most` entries of it.
    ///
    /// # Errors
    /// If the run was removed, or cannot be read.
    fn look(&mut self, most: usize) -> Result<News, ShelfError>;
}

/// What a look at a run brought.
#[derive(Debug)]
pub struct News {
    /// What was recorded, in order.
    pub entries: Vec<Entry>,
    /// How the run stood before they were read.
    pub standing: Standing,
}

/// How a run stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// In a word.
    pub state: &'static str,
    /// Why it failed, where it did.
    pub failure: Option<String>,
    /// Whether somebody is working on it.
    pub running: bool,
}

/// A run, as it is listed.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its id.
    pub run: String,
    /// When it was begun, in RFC 3339 form, UTC.
    pub began: String,
    /// The benchmark's name.
    pub suite: String,
    /// The model under test; empty where there is none.
    pub model: String,
    /// How it stands.
    pub standing: Standing,
    /// pass@1.
    pub rate: Option<Rate>,
    /// What its trials came to.
    pub counts: Counts,
}

/// A page, and what it lets a browser do.
#[derive(Clone, Debug)]
pub struct Page {
    /// HTML.
    pub html: String,
    /// A content security policy.
    pub policy: String,
}

/// Why something cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum ShelfError {
    /// There is no such run.
    #[error("{0}")]
    Unknown(String),
    /// The record cannot be read.
    #[error("{0}")]
    Unreadable(String),
}
