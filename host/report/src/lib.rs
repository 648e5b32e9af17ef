//! What people and programs see of a run.
//!
//! Everything here is a fold over the events of a run, whether they are arriving or were read back, so that what was
//! shown live and what a report says cannot differ. While a run goes on, [`Terminal`] shows how far it is and
//! [`RetryLog`] writes its retries to the log; whoever runs it keeps its [`Story`]. Afterwards a [`Report`] is made of
//! the story: [`text`] for a terminal, [`one`] for a run of a single task, [`closeup`] for all that is known of a task,
//! [`json`] for programs, [`export`](export()) for the programs of others, [`html`] to look into every sample. [`list`]
//! shows many runs at a glance, [`several`](several()) those of several models side by side. Which tasks there are and
//! what an answer means is the suite's to know; nothing here knows a benchmark by name.
//!
//! Texts of models, servers and plugins are not trusted: on a terminal nothing in them moves the cursor, and in the
//! page all of them are escaped.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod closeup;
mod compared;
mod cost;
mod differ;
mod escape;
mod excerpt;
mod export;
#[cfg(test)]
mod fixture;
mod flags;
mod html;
mod json;
mod line;
mod list;
mod measured;
mod one;
mod progress;
mod pulse;
mod reckoned;
mod regraded;
mod report;
mod resources;
mod retries;
mod sample;
mod screen;
mod several;
mod story;
mod strip;
mod tale;
mod terminal;
mod text;
mod trend;

use koderz_core::numbers;

pub use closeup::{Which, closeup, closeup_json};
pub use compared::{Compared, Gate, GateError, Limit, compared, compared_html, compared_json, compared_text};
pub use escape::escaped_pretty;
pub use export::{Form, export, export_several, passed, result};
pub use html::{Link, content_security_policy, html, html_with};
pub use json::json;
pub use list::{Listed, list, list_json, said};
pub use one::one;
pub use regraded::{Regraded, regraded, regraded_text};
pub use report::{Paths, Report, ReportError};
pub use retries::RetryLog;
pub use several::{FailedModel, several, several_json};
pub use story::Story;
pub use terminal::{LogWriter, Shape, Terminal};
pub use text::{findings, text, whereabouts};
