//! `koderz runs` and `koderz export`: what was recorded, without a server and without a plugin.

use koderz_core::event::Entry;
use koderz_core::ports::Journal;
use koderz_record::RunId;
use koderz_tests::{Ended, Koderz, test_plugin};
use std::fs;
use std::time::Duration;

mod export;
mod list;
mod remove;
mod show;
mod words;

/// Answers by a model that can add up only once, and in the other case tries everything.
const HOSTILE: &str = r#"
{"model": "hostile", "messages": [{"role": "user", "content": "What is 2 + 2?"}], "reply": {"response": "It is 4.", "done": true}}
{"model": "hostile", "messages": [{"role": "user", "content": "What is 20 + 22?"}], "reply": {"response": "=1\n\"a\", 'b'\n\npass\u001b[2J\u202e</failure><error/>]]>&amp;", "done": true}}
"#;

/// A user whose embedded server has the models `adder` and `hostile`, and who has a run of each.
pub(crate) fn user_with_runs() -> (Koderz, [RunId; 2]) {
    let koderz = crate::plugins::user_with_adder();
    fs::write(koderz.data().join("cassettes/hostile.jsonl"), HOSTILE).expect("a new file");
    let runs = ["adder", "hostile"].map(|model| run(&koderz, model));
    // What is there is read without either.
    fs::remove_dir_all(koderz.data().join("cassettes")).expect("the folder");
    (koderz, runs)
}

fn run(koderz: &Koderz, model: &str) -> RunId {
    let suite = test_plugin("sums");
    let ended = koderz.call(&format!(
        "benchmark --host embedded --local-model {model} --suite {}",
        suite.display()
    ));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    koderz.last_run()
}

/// Work on a run that is begun again and cut off at once.
pub(crate) fn interrupt(koderz: &Koderz, run: &RunId) {
    let record = koderz.record();
    let mut entries = record.entries(run).expect("the run");
    let began = entries.next().expect("an entry").expect("it can be read");
    assert_eq!(began.event.name(), "began");
    let again = Entry {
        at: Duration::ZERO,
        host: None,
        ..began
    };
    let journal = record.journal(run).expect("nobody else writes");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    runtime.block_on(journal.commit(again)).expect("it is written");
}

/// What was said, with the exit code, and names in the place of what differs from one user to the next. They are as long
/// as what they stand for.
fn told(ended: &Ended, koderz: &Koderz, runs: &[RunId]) -> String {
    let Ended { code, stdout, stderr } = ended;
    let code = code.map_or("none".to_owned(), |code| code.to_string());
    let mut text = format!("{stdout}{stderr}exit code {code}").replace(&koderz.data().display().to_string(), "DATA");
    for (number, run) in runs.iter().enumerate() {
        text = text.replace(run.as_str(), &format!("20261124-143412-{number:04}"));
    }
    text.replace(&format!("(process {})", std::process::id()), "(process PID)")
}
