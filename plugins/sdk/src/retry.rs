//! What the author of a retry policy writes.

use crate::settings::Settings;
use koderz_api::identity::PluginInfo;
use koderz_api::retry::{Attempt, Decision};

/// Decides whether, and when, to try again.
///
/// Time and chance come in as arguments, so that a recorded run can be replayed and a policy tested without a clock.
pub trait RetryPolicy: Sized + 'static {
    /// What a user may set.
    type Settings: Settings;

    /// Who this is.
    fn identity() -> PluginInfo;

    /// Takes the settings.
    ///
    /// # Errors
    /// What is wrong with them beyond what their schema says, in words for the user.
    fn open(settings: Self::Settings) -> Result<Self, String>;

    /// What to do after a failed attempt. Equal arguments must give equal answers.
    fn decide(&self, attempt: &Attempt) -> Decision;
}
