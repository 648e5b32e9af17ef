//! A suite of one task that goes wrong in the way that its setting says.

use koderz_plugin::{prelude::*, schemars};

/// What goes wrong.
#[derive(Clone, Copy, Default, PartialEq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// `open` refuses.
    Refuse,
    /// `next` panics.
    Panic,
    /// `next` does not come back.
    Hang,
    /// `next` asks for more and more memory.
    Allocate,
    /// `next` returns an error.
    Error,
    /// `next` asks for a step without commands.
    Nothing,
    /// `next` never comes to a verdict.
    Endless,
    /// The suite has programs run that nobody can run.
    Language,
    /// The suite wants a second model.
    Slot,
    /// A question that got no answer is held against the model.
    Blame,
    /// The suite says that it has more tasks than it has.
    Miscount,
}

/// What can be set.
#[derive(Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// What goes wrong.
    fault: Fault,
}

/// The suite.
pub struct Faulty(Fault);

impl Suite for Faulty {
    type Settings = Settings;

    fn identity() -> PluginInfo {
        koderz_plugin::identity!("faulty", "Goes wrong as it is told to.")
    }

    fn open(settings: Settings) -> Result<Self, String> {
        match settings.fault {
            Fault::Refuse => Err("this will not do".to_owned()),
            fault => Ok(Faulty(fault)),
        }
    }

    fn describe(&self) -> SuiteInfo {
        let mut info = suite_info("main");
        if self.0 == Fault::Language {
            info.languages.push("befunge".to_owned());
        }
        if self.0 == Fault::Slot {
            info.slots.push("judge".to_owned());
        }
        if self.0 == Fault::Miscount {
            info.task_count = Some(2);
        }
        info
    }

    fn tasks(&self, _cursor: Option<&str>) -> Result<TaskPage, String> {
        Ok(TaskPage {
            tasks: vec![task("only", "main", &())?],
            next: None,
        })
    }

    fn next(&self, _trial: &Trial, history: &[Round]) -> Result<Step, String> {
        match self.0 {
            Fault::Panic => panic!("the sky is falling"),
            Fault::Hang => loop {
                std::hint::black_box(history.len());
            },
            Fault::Allocate => {
                let mut held: Vec<Vec<u8>> = Vec::new();
                loop {
                    held.push(vec![1; 16 << 20]);
                    std::hint::black_box(&held);
                }
            }
            Fault::Error => Err("no idea".to_owned()),
            Fault::Nothing => Ok(Step::Perform(Vec::new())),
            Fault::Endless => Ok(perform(Command::Execute(Program {
                language: "befunge".to_owned(),
                subject: String::new(),
                judge: None,
                entry_points: Vec::new(),
                stdin: Vec::new(),
                limits: Limits {
                    cpu: std::time::Duration::from_secs(1),
                    wall: std::time::Duration::from_secs(1),
                    memory_bytes: 1 << 20,
                    output_bytes: 1 << 10,
                },
            }))),
            Fault::Blame => Ok(match history.last().and_then(|round| round.first()) {
                None => ask(chat("Are you there?")),
                Some(_) => fail("no answer"),
            }),
            Fault::None | Fault::Refuse | Fault::Language | Fault::Slot | Fault::Miscount => Ok(pass()),
        }
    }
}

koderz_plugin::export!(suite: Faulty);
