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
    /// The list of tasks has no end, and each page is another.
    Tasks,
    /// Pages of tasks lead in a circle.
    Circle,
    /// Every page of tasks is empty, and another one follows.
    Empty,
    /// Ten thousand commands in a step.
    Crowd,
    /// A verdict with a reason of 100 MB.
    Wordy,
    /// A question of 100 MB.
    Curious,
    /// A text of 1 GB.
    Huge,
    /// Lines for the log, without an end.
    Chatty,
    /// Recursion without an end.
    Recurse,
    /// A call that takes more than a second.
    Slow,
    /// The tasks come in another order each time. A component cannot do that, because nothing of it outlives a call.
    Unstable,
}

/// Calls so far, where anything outlives a call.
static CALLS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

/// Where it goes wrong, for what can go wrong anywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum At {
    #[expect(missing_docs, reason = "the names are those of the contract")]
    Open,
    #[expect(missing_docs, reason = "the names are those of the contract")]
    Describe,
    #[expect(missing_docs, reason = "the names are those of the contract")]
    Tasks,
    #[expect(missing_docs, reason = "the names are those of the contract")]
    #[default]
    Next,
    #[expect(missing_docs, reason = "the names are those of the contract")]
    Answer,
}

/// What can be set.
#[derive(Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// What goes wrong.
    fault: Fault,
    /// Where.
    at: At,
}

/// The suite.
pub struct Faulty(Fault, At);

impl Faulty {
    /// Goes wrong, if this is where.
    fn reach(&self, at: At) {
        if self.1 != at {
            return;
        }
        match self.0 {
            Fault::Panic => panic!("the sky is falling"),
            Fault::Hang => loop {
                std::hint::black_box(at);
            },
            Fault::Allocate => {
                let mut held: Vec<Vec<u8>> = Vec::new();
                loop {
                    held.push(vec![1; 16 << 20]);
                    std::hint::black_box(&held);
                }
            }
            Fault::Huge => drop(std::hint::black_box("x".repeat(1 << 30))),
            Fault::Recurse => {
                recurse(0);
            }
            // No clock is at hand; this is some seconds on any machine.
            Fault::Slow => {
                let mut value = 1_u64;
                for _ in 0..1_500_000_000_u64 {
                    value = std::hint::black_box(value.wrapping_mul(3));
                }
            }
            Fault::Chatty => loop {
                koderz_plugin::log::write(koderz_plugin::log::Level::Info, "and another thing");
            },
            _ => {}
        }
    }
}

#[expect(unconditional_recursion, reason = "that is the fault")]
fn recurse(depth: u64) -> u64 {
    std::hint::black_box(recurse(std::hint::black_box(depth) + 1)) + depth
}

impl Suite for Faulty {
    type Settings = Settings;

    fn identity() -> PluginInfo {
        koderz_plugin::identity!("faulty", "Goes wrong as it is told to.")
    }

    fn open(settings: Settings) -> Result<Self, String> {
        match settings.fault {
            Fault::Refuse => Err("this will not do".to_owned()),
            fault => {
                let faulty = Faulty(fault, settings.at);
                faulty.reach(At::Open);
                Ok(faulty)
            }
        }
    }

    fn describe(&self) -> SuiteInfo {
        self.reach(At::Describe);
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

    fn tasks(&self, cursor: Option<&str>) -> Result<TaskPage, String> {
        self.reach(At::Tasks);
        let page: u64 = cursor.map_or(Ok(0), str::parse).map_err(|_| "no such page")?;
        let next = match self.0 {
            Fault::Tasks | Fault::Empty => Some(page + 1),
            // 0, 1, 2, 3, 4, 2, 3, 4, ...
            Fault::Circle => Some(if page == 4 { 2 } else { page + 1 }),
            _ => None,
        };
        let task = |place: u64| task(format!("only/{page}/{place}"), "main", &());
        let tasks = match self.0 {
            Fault::Empty => Vec::new(),
            Fault::Tasks => (0..5000).map(task).collect::<Result<_, _>>()?,
            Fault::Circle => vec![task(0)?],
            Fault::Unstable => {
                let calls = CALLS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                vec![task(calls % 2)?, task((calls + 1) % 2)?]
            }
            _ => vec![koderz_plugin::prelude::task("only", "main", &())?],
        };
        Ok(TaskPage {
            tasks,
            next: next.map(|page| page.to_string()),
        })
    }

    fn next(&self, _trial: &Trial, history: &[Round]) -> Result<Step, String> {
        self.reach(At::Next);
        match self.0 {
            Fault::Crowd => Ok(Step::Perform(vec![Command::Ask(chat("Are you there?")); 10_000])),
            Fault::Wordy => Ok(fail("why? ".repeat(20 << 20))),
            Fault::Curious => Ok(ask(chat("why? ".repeat(20 << 20)))),
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
            _ => Ok(pass()),
        }
    }
}

impl Reference for Faulty {
    fn answer(&self, _task: &Task) -> Result<Option<String>, String> {
        self.reach(At::Answer);
        Ok(None)
    }
}

koderz_plugin::export!(checked_suite: Faulty);
