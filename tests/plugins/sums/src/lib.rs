//! Two sums, and an answer is right if the right number is in it.

use koderz_plugin::{prelude::*, schemars};

/// What can be set.
#[derive(Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Ask to think aloud first.
    aloud: bool,
    /// Give a wrong answer to the second sum as the right one.
    mistaken: bool,
}

/// The suite.
pub struct Sums(Settings);

impl Suite for Sums {
    type Settings = Settings;

    fn identity() -> PluginInfo {
        koderz_plugin::identity!("sums", "Asks for two sums.")
    }

    fn open(settings: Settings) -> Result<Self, String> {
        Ok(Sums(settings))
    }

    fn describe(&self) -> SuiteInfo {
        SuiteInfo {
            task_count: Some(2),
            ..suite_info("main")
        }
    }

    fn tasks(&self, _cursor: Option<&str>) -> Result<TaskPage, String> {
        let tasks = [("sum/1", (2, 2)), ("sum/2", (20, 22))];
        let tasks: Result<Vec<Task>, String> = tasks.iter().map(|(id, pair)| task(*id, "main", pair)).collect();
        Ok(TaskPage {
            tasks: tasks?,
            next: None,
        })
    }

    fn next(&self, trial: &Trial, history: &[Round]) -> Result<Step, String> {
        let (left, right): (u32, u32) = input(trial)?;
        let wanted = (left + right).to_string();
        match history.last().and_then(|round| round.first()) {
            None => {
                let aloud = if self.0.aloud { "Think aloud. " } else { "" };
                Ok(ask(chat(format!("{aloud}What is {left} + {right}?"))))
            }
            Some(Completion::Asked(Ok(reply))) if reply.text.contains(&wanted) => Ok(pass()),
            Some(Completion::Asked(Ok(reply))) => Ok(fail(format!("{wanted} is not in: {}", reply.text))),
            Some(other) => Ok(inconclusive(other)),
        }
    }
}

impl Reference for Sums {
    fn answer(&self, task: &Task) -> Result<Option<String>, String> {
        Ok(Some(match task.id.as_str() {
            "sum/1" => "4".to_owned(),
            _ if self.0.mistaken => "41".to_owned(),
            _ => "42".to_owned(),
        }))
    }
}

koderz_plugin::export!(checked_suite: Sums);
