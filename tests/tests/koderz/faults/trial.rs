//! What is tried with a row of the fault matrix, and what has to come of it.

use koderz_simulator::{Counts, Pace, Server, Setup};
use koderz_tests::{Ended, Koderz, cassette, end, serve_like};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

/// Longer than anything here takes on a busy machine.
const LONGEST: Duration = Duration::from_secs(240);

/// Questions of the benchmark, and how many may reach the server.
const ALL: u64 = 164;
const MOST: u64 = ALL * 115 / 100;

/// Resumed runs that one lost question may need: a fault that comes with every so many requests may hit it again.
const RESUMED: usize = 3;

/// Something that befalls the server once it was asked so many questions.
#[derive(Clone, Copy, Debug)]
pub(super) enum Blow {
    /// It is killed, and starts again after so long with no model in memory.
    Restart(Duration),
    /// It answers 503 for so long.
    TurnAway(Duration),
    /// It generates nothing for so long.
    Silence(Duration),
}

/// Which questions are lost without retries.
#[derive(Clone, Copy, Debug)]
pub(super) enum Hit {
    /// So many.
    Exactly(u64),
    /// Those that the server counts as not answered.
    AsCounted,
    /// These, and those that did not reach it.
    SomeUnseen,
}

/// A fault, and what may come of it.
#[derive(Debug)]
pub(super) struct Row {
    /// How long the server takes to load its model.
    pub(super) load: Duration,
    /// How many requests may wait for that.
    pub(super) queue: usize,
    /// What goes wrong with its answers.
    pub(super) faults: &'static [&'static str],
    /// What befalls it, and after how many questions.
    pub(super) blows: &'static [(u64, Blow)],
    /// The retry policy's first pause, in seconds.
    pub(super) pause: &'static str,
    /// How else the benchmark is called.
    pub(super) options: &'static str,
    /// What the report names as reasons to ask again.
    pub(super) kinds: &'static [&'static str],
    /// What else is in the log.
    pub(super) logged: &'static [&'static str],
    /// How often the server is found to be away.
    pub(super) outages: RangeInclusive<u64>,
    /// How often it loads its model.
    pub(super) loads: RangeInclusive<u64>,
    pub(super) hit: Hit,
}

impl Row {
    /// Nothing goes wrong.
    pub(super) const QUIET: Row = Row {
        load: Duration::ZERO,
        queue: 512,
        faults: &[],
        blows: &[],
        pause: "0.5",
        options: "",
        kinds: &[],
        logged: &[],
        outages: 0..=0,
        loads: 1..=1,
        hit: Hit::Exactly(0),
    };

    async fn serve(&self) -> Server {
        let setup = Setup {
            load: self.load,
            max_queue: self.queue,
            // Slow enough for something to befall an answer in its middle.
            pace: Pace::TokensPerSecond(2000.0),
            ..Setup::default()
        };
        serve_like(&[cassette("reference")], self.faults, setup).await
    }

    /// Asks the whole benchmark of a server, and strikes it meanwhile.
    async fn benchmark(&self, koderz: &Koderz, server: &Server, more: &str) -> Ended {
        // Programs take their time, as with answers that nobody has seen before, and the server's bad times are spread over
        // the run.
        let mut called = called(
            koderz,
            &format!(
                "benchmark --host {} --local-model reference --no-cache --set retry.initial-delay={} {} {more}",
                server.url(),
                self.pause,
                self.options
            ),
        );
        for (questions, blow) in self.blows {
            let struck = async {
                server.have_come(*questions).await;
                match blow {
                    Blow::Restart(down) => server.restart(*down).await,
                    Blow::TurnAway(time) => server.turn_away(*time),
                    Blow::Silence(time) => server.pause(*time),
                }
            };
            tokio::select! {
                () = struck => {}
                ended = &mut called => panic!("it ended before {questions} questions: {ended:?}"),
            }
        }
        timeout(LONGEST, called)
            .await
            .expect("it ends in time")
            .expect("it was called")
    }
}

fn called(koderz: &Koderz, arguments: &str) -> JoinHandle<Ended> {
    let mut command = koderz.command(arguments);
    spawn_blocking(move || end(&mut command))
}

async fn call(koderz: &Koderz, arguments: &str) -> Ended {
    called(koderz, arguments).await.expect("it was called")
}

/// With retries every task passes, no load is cut off, few questions are asked twice, and the report tells of it.
pub(super) async fn costs_nothing(row: &Row) {
    let (server, koderz) = (row.serve().await, Koderz::new());
    let ended = row.benchmark(&koderz, &server, "").await;
    let counts = server.counts();
    let told = Told(&ended);
    assert_eq!((ended.code, told.figure("pass")), (Some(0), ALL), "{told} {counts:?}");

    assert_eq!(counts.aborted_loads, 0, "{counts:?}");
    assert!(row.loads.contains(&counts.load_starts), "{counts:?}");
    // A server that turns everybody away is an outage, too; what it refuses costs it nothing.
    let reached = own_questions(&counts) - counts.refused_busy;
    assert!(reached <= MOST, "{counts:?} {told}");

    assert!(row.outages.contains(&told.figure("outages")), "{told}");
    let failed = told.failed_attempts();
    assert_eq!(failed, told.warnings("attempt "), "{told}");
    assert_eq!(failed, told.figure("retries"), "{told}");
    assert_eq!(failed > 0, !row.kinds.is_empty(), "{told}");
    for text in row.kinds {
        assert!(told.line("retries").contains(text), "{text}: {told}");
    }
    for text in row.logged {
        assert!(ended.stderr.contains(text), "{text}: {told}");
    }
    if failed > 0 {
        for name in ["waited", "wasted"] {
            assert!(!told.line(name).is_empty(), "{name}: {told}");
        }
    }
}

/// Without retries the questions that were hit are lost and no other, and a resumed run asks just them again.
pub(super) async fn loses_what_it_hits(row: &Row) {
    let (server, koderz) = (row.serve().await, Koderz::new());
    let mut ended = row.benchmark(&koderz, &server, "--max-retries 0").await;
    let told = Told(&ended);
    let mut lost = told.lost();
    let number = lost.len() as u64;
    let counts = server.counts();
    assert_eq!(
        (told.figure("pass"), told.figure("inconclusive"), told.failed_attempts()),
        (ALL - number, number, number),
        "{told}"
    );
    assert_eq!(ended.code, Some(i32::from(number > 0)), "{told}");
    assert_eq!(counts.aborted_loads, 0, "{counts:?}");
    let counted = not_answered(&counts);
    match row.hit {
        Hit::Exactly(hit) => assert_eq!((number, counted), (hit, hit), "{counts:?} {told}"),
        Hit::AsCounted => assert!(number == counted && counted > 0, "{counts:?} {told}"),
        Hit::SomeUnseen => assert!(number >= counted && number < ALL / 2, "{counts:?} {told}"),
    }

    // A run without retries may be over before the server takes questions again.
    if row.blows.iter().any(|(_, blow)| matches!(blow, Blow::TurnAway(_))) {
        let waited = call(&koderz, &format!("wait --host {} --model lorem:100000", server.url())).await;
        assert_eq!(waited.code, Some(0), "{}", Told(&waited));
    }
    for _ in 0..RESUMED {
        if lost.is_empty() {
            break;
        }
        let before = own_questions(&server.counts());
        // If the server is still away, this waits for it.
        ended = call(&koderz, "resume").await;
        let asked = own_questions(&server.counts()) - before;
        assert_eq!(asked, lost.len() as u64, "{}", Told(&ended));
        let still = Told(&ended).lost();
        assert!(still.is_subset(&lost), "{still:?} are not among {lost:?}");
        lost = still;
    }
    let told = Told(&ended);
    assert_eq!((ended.code, told.figure("pass")), (Some(0), ALL), "{told}");
    assert_eq!(server.counts().aborted_loads, 0);
}

/// Questions of the benchmark that came to the server. What it refuses for good is the look whether it gives a token, for
/// which no cassette has an answer.
fn own_questions(counts: &Counts) -> u64 {
    counts.questions - counts.refused
}

/// Those of them that got no whole answer.
fn not_answered(counts: &Counts) -> u64 {
    counts.faults + counts.refused_busy + counts.died + counts.cancelled
}

/// What a run has told: its report, and its log.
struct Told<'a>(&'a Ended);

impl Told<'_> {
    /// The line of the report that begins with a name; empty where there is none.
    fn line(&self, name: &str) -> &str {
        let mut lines = self.0.stdout.lines();
        let found = lines.find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with("  ")));
        found.unwrap_or_default()
    }

    /// The figure in it; 0 where there is none.
    fn figure(&self, name: &str) -> u64 {
        let figure = self.line(name).split_whitespace().nth(1);
        figure.map_or(0, |figure| figure.replace(',', "").parse().expect("a number"))
    }

    /// Attempts that failed, as the report has them.
    fn failed_attempts(&self) -> u64 {
        let line = self.line("attempts");
        let failed = line
            .strip_suffix(" failed")
            .and_then(|line| line.split_whitespace().last());
        match failed.unwrap_or_else(|| panic!("no attempts: {self}")) {
            "none" => 0,
            number => number.replace(',', "").parse().expect("a number"),
        }
    }

    fn warnings(&self, start: &str) -> u64 {
        let start = format!("WARN {start}");
        self.0.stderr.lines().filter(|line| line.starts_with(&start)).count() as u64
    }

    /// The tasks that are listed as inconclusive.
    fn lost(&self) -> BTreeSet<String> {
        let lines = self.0.stdout.lines().skip_while(|line| *line != "inconclusive").skip(1);
        let listed = lines.map_while(|line| line.strip_prefix("  "));
        listed
            .filter_map(|line| Some(line.split_whitespace().next()?.to_owned()))
            .collect()
    }
}

impl std::fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\n{}\n{}", self.0.stdout, self.0.stderr)
    }
}
