//! A world in paused time: a suite that asks one question a task, a server with a script, and a record in memory.

use koderz_api::chat::{Prepared, Prompt, Reply, Request, Residency, ServerTiming, StopReason, Timing, Usage};
use koderz_api::identity::PluginInfo;
use koderz_api::retry::{Attempt, Decision};
use koderz_api::suite::{
    Command, Completion, Grade, Pacing, Round, Stage, Step, SuiteInfo, Task, TaskPage, Trial, Verdict,
};
use koderz_api::transport::{Failure, FailureKind, Phase};
use koderz_core::event::{End, Entry, Event};
use koderz_core::past::{Past, Remainder};
use koderz_core::plan::{Caps, Concurrency, Defaults, Plan, Selection};
use koderz_core::ports::{
    AttemptError, Boxed, Host, Journal, JournalError, Model, PluginError, Question, RetryPolicy, Suite,
};
use koderz_core::scheduler::{self, Ports, RunError};
use koderz_core::stop::{Stop, brake};
use koderz_core::summary::{Counts, Summary};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep};

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A stretch of time.
pub(crate) type Span = (Duration, Duration);

/// How the server behaves.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    /// When nobody listens. Whatever is under way is cut off, and the model is out of memory afterwards.
    pub(crate) away: Vec<Span>,
    /// When every question is answered with 503.
    pub(crate) busy: Vec<Span>,
    /// From when on no token comes although the lists are green.
    pub(crate) silent_from: Option<Duration>,
    /// How long a load takes.
    pub(crate) load: Duration,
    /// How long an answer takes.
    pub(crate) service: Duration,
    /// How long the client bears with silence.
    pub(crate) timeout: Duration,
}

impl Default for Script {
    fn default() -> Self {
        Script {
            away: Vec::new(),
            busy: Vec::new(),
            silent_from: None,
            load: seconds(5),
            service: seconds(4),
            timeout: seconds(300),
        }
    }
}

/// What the server has seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) questions: u64,
    pub(crate) loads: u64,
    pub(crate) canaries: u64,
    /// Questions that came while the model was not loaded: each would have brought a load of its own.
    pub(crate) unprepared: u64,
}

#[derive(Debug)]
struct Memory {
    seen: Seen,
    /// When the model came into memory.
    loaded: Option<Duration>,
}

/// The server.
#[derive(Debug)]
pub(crate) struct Server {
    script: Script,
    began: Instant,
    memory: Mutex<Memory>,
}

fn failure(kind: FailureKind, detail: &str, phase: Phase, status: Option<u16>) -> AttemptError {
    AttemptError::Failed(Failure {
        kind,
        detail: detail.to_owned(),
        phase,
        status,
        retry_after: None,
        message: String::new(),
    })
}

impl Server {
    pub(crate) fn new(script: Script) -> Self {
        let memory = Memory {
            seen: Seen::default(),
            loaded: None,
        };
        Server {
            script,
            began: Instant::now(),
            memory: Mutex::new(memory),
        }
    }

    pub(crate) fn seen(&self) -> Seen {
        self.memory.lock().expect("no test panics with it").seen.clone()
    }

    fn see(&self, change: impl FnOnce(&mut Memory)) {
        change(&mut self.memory.lock().expect("no test panics with it"));
    }

    fn is_within(&self, spans: &[Span]) -> bool {
        let now = self.began.elapsed();
        spans.iter().any(|(from, to)| (*from..*to).contains(&now))
    }

    fn is_loaded(&self) -> bool {
        let since = self.memory.lock().expect("no test panics with it").loaded;
        // A restart since then has taken it out of memory.
        since.is_some_and(|since| {
            !self
                .script
                .away
                .iter()
                .any(|(from, _)| (since..self.began.elapsed()).contains(from))
        })
    }

    /// Works for a while, unless the server goes away meanwhile.
    async fn work(&self, time: Duration) -> Result<(), AttemptError> {
        let now = self.began.elapsed();
        let cut = self
            .script
            .away
            .iter()
            .map(|(from, _)| *from)
            .filter(|from| *from >= now)
            .min();
        match cut {
            Some(cut) if cut < now + time => {
                sleep(cut - now).await;
                Err(failure(FailureKind::Interrupted, "stream-broken", Phase::Decode, None))
            }
            _ => {
                sleep(time).await;
                Ok(())
            }
        }
    }

    async fn answer(&self, service: Duration, patience: Duration) -> Result<(), AttemptError> {
        if self.is_within(&self.script.away) {
            return Err(failure(FailureKind::Unreachable, "refused", Phase::Connect, None));
        }
        if self.is_within(&self.script.busy) {
            return Err(failure(FailureKind::Overloaded, "queue-full", Phase::Queue, Some(503)));
        }
        if self.script.silent_from.is_some_and(|from| self.began.elapsed() >= from) {
            sleep(patience).await;
            return Err(failure(FailureKind::TimedOut, "silence", Phase::Queue, None));
        }
        if !self.is_loaded() {
            self.see(|memory| memory.seen.unprepared += 1);
            if self.script.load > patience {
                sleep(patience).await;
                return Err(failure(FailureKind::TimedOut, "silence", Phase::Queue, None));
            }
            self.load().await?;
        }
        self.work(service).await
    }

    async fn load(&self) -> Result<(), AttemptError> {
        if self.is_within(&self.script.away) {
            return Err(failure(FailureKind::Unreachable, "refused", Phase::Connect, None));
        }
        if !self.is_loaded() {
            self.see(|memory| memory.seen.loads += 1);
            self.work(self.script.load).await?;
            let now = self.began.elapsed();
            self.see(|memory| memory.loaded = Some(now));
        }
        Ok(())
    }
}

impl Model for Server {
    fn attempt<'a>(&'a self, _question: &'a Question) -> Boxed<'a, Result<Reply, AttemptError>> {
        Box::pin(async move {
            self.see(|memory| memory.seen.questions += 1);
            self.answer(self.script.service, self.script.timeout).await?;
            Ok(Reply {
                text: "right".to_owned(),
                thinking: None,
                stop: StopReason::Finished,
                usage: Usage::default(),
                timing: Timing {
                    server: Some(ServerTiming::default()),
                    ..Timing::default()
                },
                attempts: 1,
                raw: None,
            })
        })
    }

    fn prepare<'a>(
        &'a self,
        _model: &'a str,
        _context_tokens: Option<u32>,
        _residency: Residency,
    ) -> Boxed<'a, Result<Prepared, AttemptError>> {
        Box::pin(async move {
            let began = Instant::now();
            self.load().await?;
            Ok(Prepared {
                took: began.elapsed(),
                load: None,
            })
        })
    }

    fn reachable(&self) -> Boxed<'_, bool> {
        Box::pin(async move { !self.is_within(&self.script.away) })
    }

    fn canary<'a>(
        &'a self,
        _model: &'a str,
        _context_tokens: Option<u32>,
        patience: Duration,
    ) -> Boxed<'a, Result<Duration, AttemptError>> {
        Box::pin(async move {
            self.see(|memory| memory.seen.canaries += 1);
            self.answer(Duration::from_millis(100), patience).await?;
            Ok(Duration::from_millis(100))
        })
    }
}

/// A suite of so many tasks in one stage.
pub(crate) fn info(count: u64) -> SuiteInfo {
    SuiteInfo {
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
        task_count: Some(count),
    }
}

/// Tasks with these ids, and no more.
pub(crate) fn page(ids: impl Iterator<Item = String>) -> TaskPage {
    let task = |id| Task {
        id,
        stage: "main".to_owned(),
        input: "{}".to_owned(),
        labels: Vec::new(),
    };
    TaskPage {
        tasks: ids.map(task).collect(),
        next: None,
    }
}

/// A step that asks something.
pub(crate) fn ask() -> Step {
    Step::Perform(vec![Command::Ask(Request {
        slot: "subject".to_owned(),
        prompt: Prompt::Completion("?".to_owned()),
        format: Default::default(),
        sampling: Default::default(),
        capture: Default::default(),
        extra: None,
    })])
}

/// A suite that asks one question a task.
struct Questions {
    identity: PluginInfo,
    count: u64,
}

impl Suite for Questions {
    fn identity(&self) -> &PluginInfo {
        &self.identity
    }

    fn describe(&self) -> Result<SuiteInfo, PluginError> {
        Ok(info(self.count))
    }

    fn tasks(&self, _cursor: Option<&str>) -> Result<TaskPage, PluginError> {
        Ok(page((0..self.count).map(|number| format!("t/{number}"))))
    }

    fn next(&self, _trial: &Trial, history: &[Round]) -> Result<Step, PluginError> {
        let (grade, reason) = match history.first().and_then(|round| round.first()) {
            None => {
                return Ok(ask());
            }
            Some(Completion::Asked(Ok(_))) => (Grade::Pass, String::new()),
            Some(Completion::Asked(Err(error))) => (Grade::Inconclusive, error.message.clone()),
            Some(_) => (Grade::Inconclusive, "unexpected".to_owned()),
        };
        Ok(Step::Finish(Verdict {
            grade,
            metrics: Vec::new(),
            reason,
            labels: Vec::new(),
        }))
    }
}

/// 2 s, 4 s, 8 s, and no more; or, where it is told so, to wait for the server.
pub(crate) struct Backoff {
    pub(crate) waits: bool,
}

impl RetryPolicy for Backoff {
    fn decide(&self, attempt: &Attempt) -> Result<Decision, PluginError> {
        Ok(match attempt.number {
            _ if self.waits => Decision::WaitUntilReady,
            1..=3 => Decision::Retry(seconds(1 << attempt.number)),
            _ => Decision::GiveUp("max retries exceeded".to_owned()),
        })
    }
}

#[derive(Default)]
struct Memo(Mutex<Vec<Entry>>);

impl Journal for Memo {
    fn note(&self, entry: Entry) -> Boxed<'_, Result<(), JournalError>> {
        self.0.lock().expect("no test panics with it").push(entry);
        Box::pin(async { Ok(()) })
    }

    fn commit(&self, entry: Entry) -> Boxed<'_, Result<(), JournalError>> {
        self.note(entry)
    }
}

/// How a run went.
pub(crate) struct Ran {
    pub(crate) end: Result<End, RunError>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) seen: Seen,
    pub(crate) took: Duration,
}

impl Ran {
    pub(crate) fn counts(&self) -> Counts {
        let mut summary = Summary::default();
        self.entries.iter().for_each(|entry| summary.observe(entry));
        summary.counts()
    }

    pub(crate) fn names(&self, wanted: &str) -> usize {
        self.entries.iter().filter(|entry| entry.event.name() == wanted).count()
    }

    pub(crate) fn reasons(&self) -> Vec<String> {
        let verdicts = self.entries.iter().filter_map(|entry| match &entry.event {
            Event::TrialFinished { verdict, .. } if verdict.grade != Grade::Pass => Some(verdict.reason.clone()),
            _ => None,
        });
        verdicts.collect()
    }
}

pub(crate) fn plan() -> Plan {
    let four = NonZeroU32::new(4).expect("not nought");
    Plan {
        selection: Selection::default(),
        samples: NonZeroU32::MIN,
        seed: 0,
        concurrency: Concurrency::Fixed(four),
        evaluations: NonZeroU32::MIN,
        slots: BTreeMap::from([("subject".to_owned(), "m".to_owned())]),
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

pub(crate) async fn run(
    count: u64,
    script: Script,
    plan: Plan,
    policy: impl RetryPolicy + 'static,
    stop: Option<Stop>,
) -> Ran {
    let (ran, mut seen) = run_on(count, vec![script], plan, policy, stop).await;
    Ran {
        seen: seen.remove(0),
        ..ran
    }
}

/// Runs on several servers, which are called a, b and so on, and answers what each of them has seen.
pub(crate) async fn run_on(
    count: u64,
    scripts: Vec<Script>,
    plan: Plan,
    policy: impl RetryPolicy + 'static,
    stop: Option<Stop>,
) -> (Ran, Vec<Seen>) {
    let identity = PluginInfo {
        name: "questions".to_owned(),
        version: "1".to_owned(),
        summary: String::new(),
    };
    let suite = Arc::new(Questions { identity, count });
    run_suite(suite, Past::default(), scripts, plan, policy, stop).await
}

/// The same for any suite, from what an earlier session left.
pub(crate) async fn run_suite(
    suite: Arc<dyn Suite>,
    past: Past,
    scripts: Vec<Script>,
    plan: Plan,
    policy: impl RetryPolicy + 'static,
    stop: Option<Stop>,
) -> (Ran, Vec<Seen>) {
    let servers: Vec<Arc<Server>> = scripts
        .into_iter()
        .map(|script| Arc::new(Server::new(script)))
        .collect();
    let hosts = servers.iter().zip('a'..).map(|(server, name)| Host {
        name: name.to_string(),
        model: server.clone(),
    });
    let memo = Arc::new(Memo::default());
    let ports = Ports {
        suite,
        retry: Arc::new(policy),
        evaluators: Vec::new(),
        hosts: hosts.collect(),
        meter: None,
        journal: memo.clone(),
        sinks: Vec::new(),
    };
    let (_brake, never) = brake();
    let began = Instant::now();
    let end = scheduler::run(ports, plan, past, Remainder::Open, stop.unwrap_or(never)).await;
    let entries = memo.0.lock().expect("no test panics with it").clone();
    let ran = Ran {
        end,
        entries,
        seen: Seen::default(),
        took: began.elapsed(),
    };
    (ran, servers.iter().map(|server| server.seen()).collect())
}
