//! Schema: facts of a short text are to be answered as JSON of a given shape.
//!
//! One Rust type says it all: its JSON Schema goes to the model, and what cannot be read as it has the wrong shape. With
//! `constrain` the server is told the schema too and holds the model to it; without, the model has only the words.

use koderz_plugin::api::chat::Format;
use koderz_plugin::{prelude::*, schema, schemars};

/// The one stage.
const STAGE: &str = "main";

/// What can be set.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Have the server hold the model to the schema.
    constrain: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { constrain: true }
    }
}

/// What is to be answered.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Meeting {
    /// What it is about, in one word and lower case.
    subject: String,
    /// Names, in the order of the text.
    attendees: Vec<String>,
    /// How long it lasts.
    minutes: u32,
    /// Where it takes place; null where the text does not say.
    room: Option<String>,
}

/// A task's input.
#[derive(serde::Serialize, serde::Deserialize)]
struct Case {
    text: String,
    wanted: Meeting,
}

fn cases() -> [(&'static str, Case); 3] {
    let case = |text: &str, subject: &str, attendees: &[&str], minutes, room: Option<&str>| Case {
        text: text.to_owned(),
        wanted: Meeting {
            subject: subject.to_owned(),
            attendees: attendees.iter().map(|name| (*name).to_owned()).collect(),
            minutes,
            room: room.map(str::to_owned),
        },
    };
    [
        (
            "plain",
            case(
                "Budget: Ada and Grace meet for half an hour in room B12.",
                "budget",
                &["Ada", "Grace"],
                30,
                Some("B12"),
            ),
        ),
        (
            "absent",
            case(
                "Alan calls Edsger and Barbara about hiring, from 10:00 to 11:15.",
                "hiring",
                &["Alan", "Edsger", "Barbara"],
                75,
                None,
            ),
        ),
        (
            "quoted",
            case(
                "Tony talks to himself about \"quotes\" for 5 minutes, in the room that is called \"The \\ Room\".",
                "quotes",
                &["Tony"],
                5,
                Some("The \\ Room"),
            ),
        ),
    ]
}

/// The suite.
pub struct Schema(Settings);

impl Suite for Schema {
    type Settings = Settings;

    fn identity() -> PluginInfo {
        koderz_plugin::identity!("schema", "Facts of a text, answered as JSON of a given schema.")
    }

    fn open(settings: Settings) -> Result<Self, String> {
        Ok(Schema(settings))
    }

    fn describe(&self) -> SuiteInfo {
        SuiteInfo {
            context_tokens: Some(2048),
            task_count: Some(cases().len() as u64),
            ..suite_info(STAGE)
        }
    }

    fn tasks(&self, _cursor: Option<&str>) -> Result<TaskPage, String> {
        let tasks: Result<Vec<Task>, String> = cases().iter().map(|(id, case)| task(*id, STAGE, case)).collect();
        Ok(TaskPage {
            tasks: tasks?,
            next: None,
        })
    }

    fn next(&self, trial: &Trial, history: &[Round]) -> Result<Step, String> {
        let case: Case = input(trial)?;
        match history.last().and_then(|round| round.first()) {
            None => {
                let schema = schema::<Meeting>();
                let mut request = chat(format!(
                    "{}\n\nAnswer with nothing but JSON of this schema:\n{schema}",
                    case.text
                ));
                request.sampling.max_output_tokens = Some(512);
                if self.0.constrain {
                    request.format = Format::JsonSchema(schema);
                }
                Ok(ask(request))
            }
            Some(Completion::Asked(Ok(reply))) => Ok(Step::Finish(judge(&reply.text, &case.wanted))),
            Some(other) => Ok(inconclusive(other)),
        }
    }
}

/// Half the credit is for the shape.
fn judge(answer: &str, wanted: &Meeting) -> Verdict {
    let (grade, failure, reason) = match serde_json::from_str::<Meeting>(answer) {
        Ok(meeting) if meeting == *wanted => (Grade::Pass, None, String::new()),
        Ok(meeting) => (
            Grade::Partial(0.5),
            Some("values"),
            format!("{meeting:?} and not {wanted:?}"),
        ),
        Err(error) if error.is_data() => (Grade::Fail, Some("shape"), error.to_string()),
        Err(error) => (Grade::Fail, Some("no-json"), error.to_string()),
    };
    Verdict {
        grade,
        metrics: Vec::new(),
        reason,
        labels: failure
            .map(|failure| ("failure".to_owned(), failure.to_owned()))
            .into_iter()
            .collect(),
    }
}

impl Reference for Schema {
    fn answer(&self, task: &Task) -> Result<Option<String>, String> {
        let case: Case = task_input(task)?;
        serde_json::to_string(&case.wanted)
            .map(Some)
            .map_err(|error| error.to_string())
    }
}

koderz_plugin::export!(checked_suite: Schema);

#[cfg(test)]
mod tests {
    use super::*;
    use koderz_plugin::testing::{all_tasks, open, reply, run, trial};

    fn judged(settings: &str, answer: &str) -> (Verdict, Format) {
        let suite: Schema = open(settings).expect("the suite");
        let first = all_tasks(&suite).expect("tasks").remove(0);
        let mut format = Format::Text;
        let verdict = run(&suite, &trial(first), |command| {
            let Command::Ask(request) = command else {
                panic!("it only asks");
            };
            format = request.format.clone();
            Completion::Asked(Ok(reply(answer)))
        });
        (verdict.expect("a verdict"), format)
    }

    #[test]
    fn shape_and_values_are_judged_apart() {
        let right = r#"{"subject": "budget", "attendees": ["Ada", "Grace"], "minutes": 30, "room": "B12"}"#;
        for (answer, grade, failure) in [
            (right.to_owned(), Grade::Pass, None),
            (right.replace("30", "60"), Grade::Partial(0.5), Some("values")),
            (right.replace("30", "\"30\""), Grade::Fail, Some("shape")),
            (right.replace("room", "place"), Grade::Fail, Some("shape")),
            ("Ada and Grace meet.".to_owned(), Grade::Fail, Some("no-json")),
        ] {
            let (verdict, _) = judged("{}", &answer);
            let label = verdict.labels.first().map(|(_, failure)| failure.as_str());
            assert_eq!((verdict.grade, label), (grade, failure), "{answer}");
        }
    }

    #[test]
    fn the_server_is_told_the_schema_unless_that_is_turned_off() {
        let Format::JsonSchema(schema) = judged("{}", "").1 else {
            panic!("the server is told the schema");
        };
        assert!(schema.contains("attendees"), "{schema}");
        assert_eq!(judged(r#"{"constrain": false}"#, "").1, Format::Text);
    }
}
