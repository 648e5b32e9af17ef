//! MBPP: short Python tasks, each with three assertions.
//!
//! The data is not part of the component. It is granted: `--grant mbpp=sanitized-mbpp.json` names a file of the shape that the
//! sanitized MBPP has, and the run records its digest.

use koderz_plugin::answer::code;
use koderz_plugin::data::Blob;
use koderz_plugin::{prelude::*, schemars};
use std::io::Read;
use std::time::Duration;

/// The name that the data is granted by.
const GRANT: &str = "mbpp";

/// The most data that is taken, in bytes. The published file has a quarter of a mebibyte.
const LARGEST: u64 = 16 << 20;

/// The one stage.
const STAGE: &str = "main";

/// The longest question, in tokens: the published tasks stay below a quarter of it.
const LONGEST_QUESTION: u32 = 1024;

/// What can be set.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// The longest answer, in tokens.
    #[schemars(range(min = 1))]
    max_output_tokens: u32,
    /// Processor time that a program may take, in seconds.
    #[schemars(range(min = 1, max = 3600))]
    cpu_seconds: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            max_output_tokens: 1024,
            cpu_seconds: 10,
        }
    }
}

/// A problem, as it is in the data and in a task's input.
#[derive(serde::Serialize, serde::Deserialize)]
struct Problem {
    task_id: u32,
    prompt: String,
    /// The reference solution, which also says how the function is called.
    code: String,
    #[serde(default)]
    test_imports: Vec<String>,
    test_list: Vec<String>,
}

impl Problem {
    fn question(&self) -> String {
        format!(
            "{} Your Python code has to satisfy these tests:\n\n```python\n{}\n```\n\nAnswer with one block of code.",
            self.prompt,
            self.test_list.join("\n")
        )
    }

    /// Functions of the reference solution that the tests call.
    fn entry_points(&self) -> Vec<String> {
        let defined = self.code.lines().filter_map(|line| line.strip_prefix("def "));
        let names = defined.filter_map(|rest| rest.split('(').next());
        let called = |name: &&str| self.test_list.iter().any(|test| test.contains(&format!("{name}(")));
        names.map(str::trim).filter(called).map(str::to_owned).collect()
    }

    fn judge(&self) -> String {
        [self.test_imports.join("\n"), self.test_list.join("\n")].join("\n")
    }
}

/// The suite.
pub struct Mbpp {
    settings: Settings,
}

impl Mbpp {
    fn problems() -> Result<Vec<Problem>, String> {
        let hint = "hint: --grant mbpp=FILE, where FILE is sanitized-mbpp.json of the google-research repository";
        let blob = Blob::open(GRANT).map_err(|error| format!("{GRANT}: {error}\n{hint}"))?;
        let length = blob.length();
        if length > LARGEST {
            return Err(format!("{GRANT}: {length} bytes, of {LARGEST} at most\n{hint}"));
        }
        let mut text = String::new();
        blob.reader()
            .read_to_string(&mut text)
            .map_err(|error| format!("{GRANT}: {error}"))?;
        serde_json::from_str(&text).map_err(|error| format!("{GRANT}: {error}\n{hint}"))
    }
}

impl Suite for Mbpp {
    type Settings = Settings;

    fn identity() -> PluginInfo {
        koderz_plugin::identity!("mbpp", "MBPP: short Python tasks with three assertions each.")
    }

    fn open(settings: Settings) -> Result<Self, String> {
        Ok(Mbpp { settings })
    }

    fn describe(&self) -> SuiteInfo {
        SuiteInfo {
            languages: vec!["python".to_owned()],
            context_tokens: Some(LONGEST_QUESTION + self.settings.max_output_tokens),
            ..suite_info(STAGE)
        }
    }

    fn tasks(&self, _cursor: Option<&str>) -> Result<TaskPage, String> {
        let tasks: Result<Vec<Task>, String> = Mbpp::problems()?
            .iter()
            .map(|problem| task(format!("mbpp/{}", problem.task_id), STAGE, problem))
            .collect();
        Ok(TaskPage {
            tasks: tasks?,
            next: None,
        })
    }

    fn next(&self, trial: &Trial, history: &[Round]) -> Result<Step, String> {
        let problem: Problem = input(trial)?;
        match history.last().and_then(|round| round.first()) {
            None => {
                let mut request = chat(problem.question());
                request.sampling.max_output_tokens = Some(self.settings.max_output_tokens);
                Ok(ask(request))
            }
            Some(Completion::Asked(Ok(reply))) => Ok(perform(Command::Execute(Program {
                language: "python".to_owned(),
                subject: code(&reply.text),
                judge: Some(problem.judge()),
                entry_points: problem.entry_points(),
                stdin: Vec::new(),
                limits: limits(Duration::from_secs(u64::from(self.settings.cpu_seconds))),
            }))),
            Some(Completion::Executed(Ok(outcome))) => Ok(match &outcome.exit {
                Exit::Passed => pass(),
                Exit::Failed(why) | Exit::Crashed(why) => fail(why),
                limit => fail(limit.in_words()),
            }),
            Some(other) => Ok(inconclusive(other)),
        }
    }
}

impl Reference for Mbpp {
    fn answer(&self, task: &Task) -> Result<Option<String>, String> {
        let problem: Problem = task_input(task)?;
        Ok(Some(format!("```python\n{}\n```", problem.code)))
    }
}

koderz_plugin::export!(checked_suite: Mbpp);

#[cfg(test)]
mod tests {
    use super::*;
    use koderz_plugin::testing::{all_tasks, grant, open, reply, trial};

    const DATA: &str = r#"[{"source_file": "a notebook", "task_id": 7, "prompt": "Write a function to double a number.",
        "code": "import math\ndef helper(x):\n    return x\n\ndef double(x):\n    return 2 * helper(x)",
        "test_imports": ["import math"], "test_list": ["assert double(2) == 4", "assert double(math.pi) > 6"]}]"#;

    fn only_trial(suite: &Mbpp) -> Trial {
        grant(GRANT, DATA);
        let mut tasks = all_tasks(suite).expect("tasks");
        trial(tasks.remove(0))
    }

    #[test]
    fn an_answers_code_is_run_and_judged_by_the_tests() {
        let suite: Mbpp = open("{}").expect("the suite");
        let trial = only_trial(&suite);
        let answer = "Here it is:\n```python\ndef double(x):\n    return x + x\n```\nDone.";
        let history = [vec![Completion::Asked(Ok(reply(answer)))]];
        let Ok(Step::Perform(commands)) = suite.next(&trial, &history) else {
            panic!("it performs something");
        };
        let [Command::Execute(program)] = commands.as_slice() else {
            panic!("it executes a program: {commands:?}");
        };
        assert_eq!(program.subject, "def double(x):\n    return x + x\n");
        assert_eq!(program.entry_points, ["double"]);
        let judge = "import math\nassert double(2) == 4\nassert double(math.pi) > 6";
        assert_eq!(program.judge.as_deref(), Some(judge));
    }

    #[test]
    fn the_reference_solution_is_the_right_answer() {
        let suite: Mbpp = open("{}").expect("the suite");
        let task = only_trial(&suite).task;
        let answer = suite.answer(&task).expect("an answer").expect("there is one");
        assert!(code(&answer).ends_with("return 2 * helper(x)\n"), "{answer}");
    }

    #[test]
    fn without_data_it_says_how_to_grant_it() {
        let suite: Mbpp = open("{}").expect("the suite");
        let error = suite.tasks(None).expect_err("nothing is granted");
        assert!(error.contains("--grant mbpp=FILE"), "{error}");
    }
}
