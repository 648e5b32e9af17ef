//! A benchmark: what it is for, in a line or two.

use koderz_plugin::prelude::*;

/// What can be set with `--set suite.KEY=VALUE`. The host shows these words to the user.
#[derive(Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Ask for the number alone, without a sentence around it.
    terse: bool,
}

/// What `next` is told of a task.
#[derive(serde::Serialize, serde::Deserialize)]
struct Sum {
    left: u32,
    right: u32,
}

/// The sums that are asked for.
const SUMS: [Sum; 3] = [
    Sum { left: 2, right: 2 },
    Sum { left: 20, right: 22 },
    Sum { left: 999, right: 1 },
];

pub struct Plugin(Settings);

impl Suite for Plugin {
    type Settings = Settings;

    fn identity() -> PluginInfo {
        koderz_plugin::identity!("new-plugin", "Asks for sums.")
    }

    fn open(settings: Settings) -> Result<Self, String> {
        Ok(Plugin(settings))
    }

    fn describe(&self) -> SuiteInfo {
        SuiteInfo {
            task_count: Some(SUMS.len() as u64),
            ..suite_info("main")
        }
    }

    fn tasks(&self, _cursor: Option<&str>) -> Result<TaskPage, String> {
        let task = |sum: &Sum| task(format!("sum/{}+{}", sum.left, sum.right), "main", sum);
        Ok(TaskPage {
            tasks: SUMS.iter().map(task).collect::<Result<_, _>>()?,
            next: None,
        })
    }

    // A pure function: the history has one round for each step that it has answered so far.
    fn next(&self, trial: &Trial, history: &[Round]) -> Result<Step, String> {
        let Sum { left, right } = input(trial)?;
        let wanted = (left + right).to_string();
        match history.last().and_then(|round| round.first()) {
            None => {
                let terse = if self.0.terse { " Answer with the number alone." } else { "" };
                Ok(ask(chat(format!("What is {left} + {right}?{terse}"))))
            }
            Some(Completion::Asked(Ok(reply))) if reply.text.contains(&wanted) => Ok(pass()),
            Some(Completion::Asked(Ok(reply))) => Ok(fail(format!("{wanted} is not in: {}", reply.text))),
            // The machinery failed, which says nothing about the model.
            Some(other) => Ok(inconclusive(other)),
        }
    }
}

/// The right answers, so that `koderz plugin check` can try the suite without a model.
impl Reference for Plugin {
    fn answer(&self, task: &Task) -> Result<Option<String>, String> {
        let Sum { left, right } = task_input(task)?;
        Ok(Some((left + right).to_string()))
    }
}

koderz_plugin::export!(checked_suite: Plugin);

#[cfg(test)]
mod tests {
    use super::*;
    use koderz_plugin::testing::{all_tasks, open, reply, run, trial};

    #[test]
    fn a_right_answer_passes_and_a_wrong_one_does_not() {
        let suite: Plugin = open("{}").unwrap();
        for task in all_tasks(&suite).unwrap() {
            let right = suite.answer(&task).unwrap().unwrap();
            let graded = |text: &str| {
                let answer = |_: &Command| Completion::Asked(Ok(reply(text)));
                run(&suite, &trial(task.clone()), answer).unwrap().grade
            };
            assert_eq!(graded(&right), Grade::Pass);
            assert_eq!(graded("I do not know."), Grade::Fail);
        }
    }
}
