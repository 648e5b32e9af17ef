//! What is found out of this machine before times are measured.

use koderz_core::event::Event;
use koderz_record::Record;
use koderz_tests::{Koderz, serve};
use serde_json::Value;

#[test]
fn a_machine_is_calibrated_once_for_all_models_of_a_command() {
    let koderz = Koderz::new();
    let export = koderz.data().join("both.json");
    let ended = koderz.call(&format!(
        "speed-test lorem:2000 lorem:3000 --host embedded --set suite.max-output-tokens=16 --export {}",
        export.display()
    ));
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let exported: Value = serde_json::from_slice(&std::fs::read(export).expect("the export")).expect("JSON");
    let of = |run: usize| &exported["runs"][run]["instrument"];
    assert!(of(0)["gap_seconds"].is_f64(), "{}", of(0));
    assert_eq!(
        of(0),
        of(1),
        "a second calibration would not come to the very same times"
    );
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_interrupted_while_the_machine_is_calibrated_asks_nothing() {
    let server = serve(&[], &[]).await;
    let koderz = Koderz::new();
    let mut child = koderz.start(&format!(
        "speed-test lorem:2000 --host {} --calibration 60",
        server.url()
    ));
    let begun = || Record::look(koderz.record_path()).is_ok_and(|record| record.find("last").is_ok());
    crate::resume::until(&mut child, begun).await;
    crate::commands::interrupt(&child);
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    let (record, run) = (koderz.record(), koderz.last_run());
    let events: Vec<Event> = record
        .entries(&run)
        .expect("a run")
        .map(|entry| entry.expect("an entry").event)
        .collect();
    assert!(
        !events.iter().any(|event| matches!(event, Event::Calibrated { .. })),
        "it went on for its minute"
    );
    assert_eq!(server.counts().questions, 0);
}
