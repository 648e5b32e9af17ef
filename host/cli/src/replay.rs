//! `koderz replay`: a recorded run answers on a port the way its model did.

use crate::arguments::Replay;
use crate::places::Places;
use crate::{cassette, recorded, serve};
use anyhow::Result;
use koderz_simulator::{Cassette, Setup};

pub(crate) async fn replay(arguments: Replay, places: &Places) -> Result<()> {
    let record = recorded::open(places)?;
    let run = record.find(&arguments.run)?;
    let cassette = Cassette::parse(&format!("of run {run}"), &cassette::of(&record, &run)?)?;
    serve::until_stopped(Setup {
        port: arguments.port,
        cassettes: vec![cassette],
        pace: arguments.pace,
        parallel: arguments.parallel,
        ..Setup::default()
    })
    .await
}
