//! `koderz serve-embedded`: recorded answers on a port, until a signal comes.

use crate::arguments::ServeEmbedded;
use crate::places::Places;
use crate::{connection, signals};
use anyhow::{Context, Result};
use koderz_simulator::{Cassette, Server, Setup, Truth};
use std::io::Write;

pub(crate) async fn serve(arguments: ServeEmbedded, places: &Places) -> Result<()> {
    let cassettes = connection::cassettes(&arguments.cassettes, places)?;
    let truth = arguments
        .truth
        .map(|path| Truth::create(&path).with_context(|| format!("write what really happened to {}", path.display())));
    until_stopped(Setup {
        port: arguments.port,
        cassettes,
        faults: arguments.faults,
        pace: arguments.pace,
        parallel: arguments.parallel,
        load: arguments.load,
        max_queue: arguments.max_queue,
        max_loaded: arguments.max_loaded,
        lorem: arguments.lorem.unwrap_or_default(),
        truth: truth.transpose()?,
        ..Setup::default()
    })
    .await
}

/// Serves until a signal comes, and says what was asked meanwhile.
pub(crate) async fn until_stopped(setup: Setup) -> Result<()> {
    let cassettes = setup.cassettes.iter();
    let mut models: Vec<String> = cassettes.flat_map(Cassette::models).map(str::to_owned).collect();
    models.push("lorem:N".to_owned());
    let server = Server::start(setup).await?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", server.url())?;
    out.flush()?;
    eprintln!("serving {} at {}; ^C ends it", models.join(", "), server.url());
    signals::first().await?;
    let counts = server.counts();
    server.stop().await;
    writeln!(out, "{}", serde_json::to_string(&counts)?)?;
    Ok(())
}
