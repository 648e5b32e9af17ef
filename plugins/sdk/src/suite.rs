//! What the author of a benchmark writes.

use crate::settings::Settings;
use koderz_api::identity::PluginInfo;
use koderz_api::suite::{Round, Step, SuiteInfo, Task, TaskPage, Trial};
use koderz_api::summary::{Figure, Graded, Plan};

/// A benchmark: a state machine without a state.
///
/// The host keeps the history of every trial and asks, each time, what to do next given that history. An instance may
/// be thrown away after any call, so nothing may be remembered in between.
pub trait Suite: Sized + 'static {
    /// What a user may set.
    type Settings: Settings;

    /// Who this is.
    fn identity() -> PluginInfo;

    /// Takes the settings.
    ///
    /// # Errors
    /// What is wrong with them beyond what their schema says, in words for the user.
    fn open(settings: Self::Settings) -> Result<Self, String>;

    /// What this suite is, under these settings.
    fn describe(&self) -> SuiteInfo;

    /// One page of tasks, from the beginning where `cursor` is none.
    ///
    /// # Errors
    /// Why there is no such page.
    fn tasks(&self, cursor: Option<&str>) -> Result<TaskPage, String>;

    /// What to do next. Equal arguments must give equal answers.
    ///
    /// # Errors
    /// Why this cannot be said: a history that does not fit, a task of another release.
    fn next(&self, trial: &Trial, history: &[Round]) -> Result<Step, String>;
}

/// Written where a suite knows right answers: the sandbox and the limits can be tried with them.
pub trait Reference: Suite {
    /// The text of a right answer; none where the task has none.
    ///
    /// # Errors
    /// Why this cannot be said.
    fn answer(&self, task: &Task) -> Result<Option<String>, String>;
}

/// Written where a suite has figures of its own, such as a fitted line, or stages that follow from what was measured.
///
/// Both are told of every trial that has ended, warm-ups apart.
pub trait Measuring: Suite {
    /// The figures that the results come to.
    ///
    /// # Errors
    /// Why there are none.
    fn summarize(&self, results: &[Graded]) -> Result<Vec<Figure>, String>;

    /// The stage that follows those of [`Suite::describe`] and the plans so far; none where there is no more to do.
    ///
    /// # Errors
    /// Why this cannot be said.
    fn next_stage(&self, _results: &[Graded]) -> Result<Option<Plan>, String> {
        Ok(None)
    }
}
