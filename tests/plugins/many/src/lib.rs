//! A hundred questions to which any answer is right.

use koderz_plugin::{prelude::*, schemars};

/// What can be set.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// How many questions.
    count: u32,
    /// The longest answer in tokens.
    tokens: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { count: 100, tokens: 40 }
    }
}

/// The suite.
pub struct Many(Settings);

impl Suite for Many {
    type Settings = Settings;

    fn identity() -> PluginInfo {
        koderz_plugin::identity!("many", "Asks a hundred questions to which any answer is right.")
    }

    fn open(settings: Settings) -> Result<Self, String> {
        Ok(Many(settings))
    }

    fn describe(&self) -> SuiteInfo {
        SuiteInfo {
            task_count: Some(self.0.count.into()),
            ..suite_info("main")
        }
    }

    fn tasks(&self, _cursor: Option<&str>) -> Result<TaskPage, String> {
        let tasks: Result<Vec<Task>, String> = (0..self.0.count)
            .map(|number| task(format!("many/{number}"), "main", &number))
            .collect();
        Ok(TaskPage {
            tasks: tasks?,
            next: None,
        })
    }

    fn next(&self, trial: &Trial, history: &[Round]) -> Result<Step, String> {
        match history.last().and_then(|round| round.first()) {
            None => {
                let mut request = chat(format!("Tell me of {}.", trial.task.id));
                request.sampling.max_output_tokens = Some(self.0.tokens);
                Ok(ask(request))
            }
            Some(Completion::Asked(Ok(_))) => Ok(pass()),
            Some(other) => Ok(inconclusive(other)),
        }
    }
}

koderz_plugin::export!(suite: Many);
