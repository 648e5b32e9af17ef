//! As many sums as are wanted, told a page at a time, and an answer is right if the right number is in it.

use koderz_plugin::{prelude::*, schemars};

/// Tasks of a page.
const PAGE: u64 = 1000;

/// What can be set.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// How many sums.
    count: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { count: 1000 }
    }
}

/// The suite.
pub struct Arithmetic(Settings);

impl Suite for Arithmetic {
    type Settings = Settings;

    fn identity() -> PluginInfo {
        koderz_plugin::identity!("arithmetic", "Asks for any number of sums.")
    }

    fn open(settings: Settings) -> Result<Self, String> {
        Ok(Arithmetic(settings))
    }

    fn describe(&self) -> SuiteInfo {
        SuiteInfo {
            task_count: Some(self.0.count),
            ..suite_info("main")
        }
    }

    fn tasks(&self, cursor: Option<&str>) -> Result<TaskPage, String> {
        let first: u64 = cursor
            .map_or(Ok(0), str::parse)
            .map_err(|_| "no such page".to_owned())?;
        let end = self.0.count.min(first + PAGE);
        let tasks: Result<Vec<Task>, String> = (first..end)
            .map(|number| task(format!("sum/{number}"), "main", &(number, 7 * number)))
            .collect();
        Ok(TaskPage {
            tasks: tasks?,
            next: (end < self.0.count).then(|| end.to_string()),
        })
    }

    fn next(&self, trial: &Trial, history: &[Round]) -> Result<Step, String> {
        let (left, right): (u64, u64) = input(trial)?;
        let wanted = (left + right).to_string();
        match history.last().and_then(|round| round.first()) {
            None => Ok(ask(chat(format!("What is {left} + {right}?")))),
            Some(Completion::Asked(Ok(reply))) if reply.text.contains(&wanted) => Ok(pass()),
            Some(Completion::Asked(Ok(reply))) => Ok(fail(format!("{wanted} is not in: {}", reply.text))),
            Some(other) => Ok(inconclusive(other)),
        }
    }
}

koderz_plugin::export!(suite: Arithmetic);
