//! A suite whose questions take different times, and a plan to ask them by.

use koderz_api::chat::{Prompt, Request};
use koderz_api::identity::PluginInfo;
use koderz_api::suite::{
    Command, Completion, Grade, Pacing, Round, Stage, Step, SuiteInfo, Task, TaskPage, Trial, Verdict,
};
use koderz_core::plan::{Caps, Concurrency, Defaults, Plan, Selection};
use koderz_core::ports::{PluginError, Suite};
use std::collections::BTreeMap;
use std::num::NonZeroU32;

/// Tokens a second of each answer.
const MODEL: &str = "lorem:200";

/// How many tokens answers have, from the shortest to the longest.
const TOKENS: std::ops::RangeInclusive<u64> = 10..=30;

/// A suite that asks one question a task.
pub(crate) struct Questions {
    identity: PluginInfo,
    count: u64,
}

impl Questions {
    pub(crate) fn new(count: u64) -> Self {
        let identity = PluginInfo {
            name: "questions".to_owned(),
            version: "1".to_owned(),
            summary: String::new(),
        };
        Questions { identity, count }
    }
}

/// The tokens of an answer: in no order, and the same in each run.
fn tokens(number: u64) -> u32 {
    let mixed = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    u32::try_from(TOKENS.start() + mixed % (TOKENS.end() - TOKENS.start() + 1)).expect("few tokens")
}

impl Suite for Questions {
    fn identity(&self) -> &PluginInfo {
        &self.identity
    }

    fn describe(&self) -> Result<SuiteInfo, PluginError> {
        Ok(SuiteInfo {
            stages: vec![Stage {
                name: "main".to_owned(),
                pacing: Pacing::Shared,
                warm_up: false,
            }],
            metrics: Vec::new(),
            samples: 1,
            languages: Vec::new(),
            slots: Vec::new(),
            context_tokens: None,
            task_count: Some(self.count),
        })
    }

    fn tasks(&self, _cursor: Option<&str>) -> Result<TaskPage, PluginError> {
        let task = |number: u64| Task {
            id: format!("t/{number}"),
            stage: "main".to_owned(),
            input: tokens(number).to_string(),
            labels: Vec::new(),
        };
        Ok(TaskPage {
            tasks: (0..self.count).map(task).collect(),
            next: None,
        })
    }

    fn next(&self, trial: &Trial, history: &[Round]) -> Result<Step, PluginError> {
        let Some(completion) = history.first().and_then(|round| round.first()) else {
            let mut request = Request {
                slot: "subject".to_owned(),
                prompt: Prompt::Completion("?".to_owned()),
                format: Default::default(),
                sampling: Default::default(),
                capture: Default::default(),
                extra: None,
            };
            request.sampling.max_output_tokens = trial.task.input.parse().ok();
            return Ok(Step::Perform(vec![Command::Ask(request)]));
        };
        assert!(matches!(completion, Completion::Asked(Ok(_))), "{completion:?}");
        Ok(Step::Finish(Verdict {
            grade: Grade::Pass,
            metrics: Vec::new(),
            reason: String::new(),
            labels: Vec::new(),
        }))
    }
}

pub(crate) fn plan(concurrency: Concurrency) -> Plan {
    Plan {
        selection: Selection::default(),
        samples: NonZeroU32::MIN,
        seed: 0,
        concurrency,
        evaluations: NonZeroU32::MIN,
        slots: BTreeMap::from([("subject".to_owned(), MODEL.to_owned())]),
        defaults: Defaults {
            temperature: 0.0,
            top_p: None,
            max_output_tokens: None,
            system: None,
        },
        context_tokens: None,
        max_retries: None,
        limits: BTreeMap::new(),
        changes: Vec::new(),
        deadline: None,
        instrument: None,
        caps: Caps::default(),
    }
}
