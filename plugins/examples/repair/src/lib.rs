//! Repair: a model writes a function, is told which check failed, and may try again.
//!
//! A trial has as many rounds as it takes: a question and a program in turn. All that is remembered between them is the
//! history, which the host keeps.

use koderz_plugin::answer::code;
use koderz_plugin::api::suite::{Direction, MetricInfo, Reduction};
use koderz_plugin::{prelude::*, schemars};
use std::time::Duration;

/// The one stage.
const STAGE: &str = "main";

/// What can be set.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Programs that a model may write for one task.
    #[schemars(range(min = 1, max = 20))]
    tries: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { tries: 3 }
    }
}

/// A task's input.
#[derive(serde::Serialize, serde::Deserialize)]
struct Problem {
    question: String,
    entry_point: String,
    judge: String,
}

/// Id, the function's name, what it is to do, and the check.
const PROBLEMS: [[&str; 4]; 3] = [
    [
        "roman",
        "roman",
        "Write a Python function roman(n) that writes a number from 1 to 3999 in Roman numerals.",
        "assert roman(3) == 'III'\nassert roman(1994) == 'MCMXCIV'\nassert roman(3999) == 'MMMCMXCIX'\n",
    ],
    [
        "rotate",
        "rotate",
        "Write a Python function rotate(rows) that turns a matrix, a list of lists, by 90 degrees clockwise.",
        "assert rotate([[1, 2], [3, 4]]) == [[3, 1], [4, 2]]\nassert rotate([[1, 2, 3]]) == [[1], [2], [3]]\n\
         assert rotate([]) == []\n",
    ],
    [
        "overlap",
        "overlap",
        "Write a Python function overlap(a, b) that says whether two intervals (start, end), ends excluded, overlap.",
        "assert overlap((0, 2), (1, 3))\nassert not overlap((0, 1), (1, 2))\nassert overlap((0, 9), (3, 4))\n\
         assert not overlap((1, 1), (0, 2))\n",
    ],
];

/// The suite.
pub struct Repair(Settings);

impl Suite for Repair {
    type Settings = Settings;

    fn identity() -> PluginInfo {
        koderz_plugin::identity!("repair", "Python functions, with another try after each failed check.")
    }

    fn open(settings: Settings) -> Result<Self, String> {
        Ok(Repair(settings))
    }

    fn describe(&self) -> SuiteInfo {
        SuiteInfo {
            metrics: vec![MetricInfo {
                name: "tries".to_owned(),
                unit: "1".to_owned(),
                direction: Direction::LowerIsBetter,
                reductions: vec![Reduction::Mean, Reduction::Maximum],
            }],
            languages: vec!["python".to_owned()],
            // Every try stays in the conversation.
            context_tokens: Some(1024 * (1 + self.0.tries)),
            task_count: Some(PROBLEMS.len() as u64),
            ..suite_info(STAGE)
        }
    }

    fn tasks(&self, _cursor: Option<&str>) -> Result<TaskPage, String> {
        let tasks: Result<Vec<Task>, String> = PROBLEMS
            .iter()
            .map(|[id, entry_point, question, judge]| {
                let problem = Problem {
                    question: format!("{question} Answer with one block of code."),
                    entry_point: (*entry_point).to_owned(),
                    judge: (*judge).to_owned(),
                };
                task(*id, STAGE, &problem)
            })
            .collect();
        Ok(TaskPage {
            tasks: tasks?,
            next: None,
        })
    }

    fn next(&self, trial: &Trial, history: &[Round]) -> Result<Step, String> {
        let problem: Problem = input(trial)?;
        let mut talk = vec![message(Role::User, problem.question.clone())];
        let mut tries = 0;
        let mut last = None;
        for completion in history.iter().flatten() {
            match completion {
                Completion::Asked(Ok(reply)) => {
                    tries += 1;
                    talk.push(message(Role::Assistant, reply.text.clone()));
                    last = Some(&reply.text);
                }
                Completion::Executed(Ok(outcome)) => {
                    let why = match &outcome.exit {
                        Exit::Passed => return Ok(finish(Grade::Pass, tries, "")),
                        Exit::Failed(why) | Exit::Crashed(why) => why.clone(),
                        limit => limit.in_words(),
                    };
                    if tries >= self.0.tries {
                        return Ok(finish(Grade::Fail, tries, &why));
                    }
                    let told = format!("A check failed:\n\n{why}\n\nWrite the whole function again.");
                    talk.push(message(Role::User, told));
                    last = None;
                }
                other => return Ok(inconclusive(other)),
            }
        }
        Ok(match last {
            // Nobody has looked at the last answer yet.
            Some(answer) => perform(Command::Execute(program(&problem, answer))),
            None => {
                let mut request = chat("");
                request.prompt = Prompt::Chat(talk);
                request.sampling.max_output_tokens = Some(768);
                ask(request)
            }
        })
    }
}

fn message(role: Role, content: String) -> Message {
    Message { role, content }
}

fn finish(grade: Grade, tries: u32, reason: &str) -> Step {
    Step::Finish(Verdict {
        grade,
        metrics: vec![Metric {
            name: "tries".to_owned(),
            value: f64::from(tries),
        }],
        reason: reason.to_owned(),
        labels: Vec::new(),
    })
}

fn program(problem: &Problem, answer: &str) -> Program {
    Program {
        language: "python".to_owned(),
        subject: code(answer),
        judge: Some(problem.judge.clone()),
        entry_points: vec![problem.entry_point.clone()],
        stdin: Vec::new(),
        limits: limits(Duration::from_secs(5)),
    }
}

koderz_plugin::export!(suite: Repair);

#[cfg(test)]
mod tests {
    use super::*;
    use koderz_plugin::testing::{all_tasks, open, outcome, reply, run, trial};

    /// A host whose evaluator lets the program of the given try pass.
    fn host(passes: usize, asked: &mut Vec<Prompt>) -> impl FnMut(&Command) -> Completion {
        move |command| match command {
            Command::Ask(request) => {
                asked.push(request.prompt.clone());
                Completion::Asked(Ok(reply(format!("```python\n# try {}\n```", asked.len()))))
            }
            Command::Execute(program) => {
                let exit = match program.subject == format!("# try {passes}\n") {
                    true => Exit::Passed,
                    false => Exit::Failed("roman(3) is wrong".to_owned()),
                };
                Completion::Executed(Ok(outcome(exit)))
            }
            Command::Prepare(_) => unreachable!("it prepares nothing"),
        }
    }

    fn verdict(passes: usize) -> (Verdict, Vec<Prompt>) {
        let suite: Repair = open("{}").expect("the suite");
        let first = all_tasks(&suite).expect("tasks").remove(0);
        let mut asked = Vec::new();
        let verdict = run(&suite, &trial(first), host(passes, &mut asked)).expect("a verdict");
        (verdict, asked)
    }

    #[test]
    fn a_failed_check_is_told_in_the_next_question() {
        let (verdict, asked) = verdict(2);
        assert_eq!((verdict.grade, verdict.metrics[0].value), (Grade::Pass, 2.0));
        let Prompt::Chat(talk) = &asked[1] else {
            panic!("a conversation");
        };
        assert_eq!(talk.len(), 3);
        assert!(talk[2].content.contains("roman(3) is wrong"), "{}", talk[2].content);
    }

    #[test]
    fn after_the_last_try_the_check_that_failed_is_the_reason() {
        let (verdict, asked) = verdict(9);
        assert_eq!((verdict.grade, asked.len()), (Grade::Fail, 3));
        assert_eq!(verdict.reason, "roman(3) is wrong");
    }
}
