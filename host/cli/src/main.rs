//! The binary: arguments in, exit code out. Everything is put together here and in the files beside this one, which is
//! why they may name all the other crates.

mod answers;
mod arguments;
mod benchmark;
mod calibration;
mod came_to;
mod cassette;
mod columns;
mod command_line;
mod compare;
mod completions;
mod configuration;
mod configure;
mod connection;
mod dashboard;
mod destination;
mod doctor;
mod environment;
mod equipment;
mod evaluate;
mod export;
mod figure;
mod grade;
mod grant;
mod instruments;
mod layers;
mod log;
mod machine;
mod manual;
mod meanwhile;
mod outlet;
mod places;
mod plugins;
mod power;
mod problems;
mod recorded;
mod replay;
mod request;
mod resident;
mod resume;
mod runs;
mod samples;
mod self_test;
mod serve;
mod server;
mod session;
mod setting;
mod sign;
mod signals;
mod status;
mod stream;
mod tasks;
mod trust;
mod wait;

use anyhow::{Context, Result};
use arguments::{Arguments, Command};
use benchmark::Desk;
use clap::{CommandFactory, FromArgMatches};
use configuration::Configuration;
use instruments::Instruments;
use koderz_core::event::End;
use koderz_report::{Shape, Terminal};
use layers::Settings;
use places::Places;
use session::Ended;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use tracing::level_filters::LevelFilter;

/// How long what still runs when the program is to end, such as a program in the sandbox, is waited for. Nothing of it
/// would be used.
const PATIENCE: Duration = Duration::from_millis(200);

/// What became of a command that could be carried out.
enum Outcome {
    Done,
    Incomplete,
    /// A run fell below what it should come to.
    GateFailed,
    Interrupted,
}

impl Outcome {
    /// What a run of any number of tasks comes to.
    fn of(ended: &Ended) -> Self {
        let counts = ended.story.summary().counts();
        match ended.end {
            End::Drained | End::Stopped => Outcome::Interrupted,
            End::Finished if counts.inconclusive + counts.open == 0 => Outcome::Done,
            End::Finished | End::Failed(_) => Outcome::Incomplete,
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        ExitCode::from(match outcome {
            Outcome::Done => 0,
            Outcome::Incomplete => 1,
            Outcome::GateFailed => 3,
            Outcome::Interrupted => 130,
        })
    }
}

fn main() -> ExitCode {
    let arguments = match read_arguments() {
        Ok(arguments) => arguments,
        Err(error) => return fail(&error),
    };
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&anyhow::Error::from(error).context("start the runtime")),
    };
    let carried_out = runtime.block_on(carry_out(arguments));
    runtime.shutdown_timeout(PATIENCE);
    match carried_out {
        Ok(outcome) => outcome.into(),
        Err(error) => fail(&error),
    }
}

/// What was typed, with what is configured where nothing was.
fn read_arguments() -> Result<Arguments> {
    let typed: Vec<String> = std::env::args_os()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let command = Arguments::command();
    // A configuration that cannot be read stops no command that would look into it, or needs none.
    let settings = match command.clone().try_get_matches() {
        Ok(matches) if !matches.subcommand_name().is_some_and(layers::speaks_to) => Settings::default(),
        _ => Settings::of(&layers::read(
            &layers::files()?,
            layers::profile(&typed).as_deref(),
            &command,
        )?),
    };
    let matches = match settings.apply(command).try_get_matches() {
        Ok(matches) => matches,
        Err(error) if settings.origin(&error, &typed).is_some() => {
            return Err(configure::refused(&error, &settings, &typed));
        }
        Err(error) => error.exit(),
    };
    Arguments::from_arg_matches(&matches).map_err(|error| error.exit())
}

fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {error:#}");
    for hint in connection::hints(error) {
        eprintln!("hint: {hint}");
    }
    ExitCode::from(2)
}

async fn carry_out(arguments: Arguments) -> Result<Outcome> {
    let form = log::shape()?;
    let level = match (arguments.quiet, arguments.verbose) {
        (true, _) => LevelFilter::ERROR,
        (_, true) => LevelFilter::DEBUG,
        _ => log::level()?,
    };
    let shape = match &arguments.command {
        _ if arguments.quiet => Shape::Quiet,
        command if command.is_long() && io::stderr().is_terminal() => Shape::Bar,
        command if command.is_long() => Shape::Lines,
        _ => Shape::Quiet,
    };
    let terminal = Arc::new(Terminal::new(shape));
    log::begin(level, form, &terminal);
    // A shell reads these whenever it starts.
    if !matches!(arguments.command, Command::Completions(_) | Command::Man(_)) {
        for unknown in environment::unknown_variables(&Arguments::command()) {
            tracing::warn!("{unknown}");
        }
    }
    let desk = Desk {
        places: Places::find(arguments.data_dir.as_deref())?,
        configuration: Configuration::embedded(),
        terminal,
        streams: arguments.command.streams(),
        instruments: Instruments::default(),
    };
    match arguments.command {
        Command::Benchmark(arguments) => benchmark::benchmark(arguments, &desk).await,
        Command::SpeedTest(arguments) => benchmark::speed_test(arguments, &desk).await,
        Command::Resume(arguments) => resume::resume(arguments, &desk).await,
        Command::Evaluate(arguments) => evaluate::evaluate(arguments, &desk).await,
        Command::Import(arguments) => evaluate::import(arguments, &desk).await,
        Command::Grade(arguments) => grade::grade(arguments, &desk).await,
        Command::Config(config) => configure::configure(&config, arguments.profile.as_deref(), &desk),
        Command::Run(arguments) => show_one(&benchmark::run_one(arguments, &desk).await?, &desk),
        Command::ServeEmbedded(arguments) => {
            serve::serve(arguments, &desk.places).await?;
            Ok(Outcome::Done)
        }
        Command::Replay(arguments) => {
            replay::replay(arguments, &desk.places).await?;
            Ok(Outcome::Done)
        }
        Command::Compare(arguments) => compare::compare(&arguments, &desk.places),
        Command::Dashboard(arguments) => dashboard::dashboard(&arguments, &desk.places).await,
        Command::Wait(arguments) => wait::wait(arguments, &desk).await,
        Command::Status(arguments) => status::status(arguments, &desk).await,
        Command::Doctor(arguments) => doctor::doctor(arguments, &desk).await,
        Command::Runs(arguments) => runs::runs(arguments, &desk.places),
        Command::Export(arguments) => export::export(&arguments, &desk.places),
        Command::ListProblems(arguments) => problems::problems(&arguments, &desk).await,
        Command::Plugin(arguments) => plugins::plugins(arguments.command, &desk).await,
        Command::Completions(arguments) => completions::completions(arguments.shell),
        Command::Man(arguments) => manual::manual(&arguments),
    }
}

/// Shows what a run came to, unless its events were shown.
fn show(ended: &Ended, desk: &Desk) -> Result<()> {
    if desk.streams {
        return Ok(());
    }
    print(&koderz_report::text(&ended.report()))
}

/// Shows a single answer and its verdict.
fn show_one(ended: &Ended, desk: &Desk) -> Result<Outcome> {
    if !desk.streams {
        print(&koderz_report::one(&ended.report()))?;
    }
    let counts = ended.story.summary().counts();
    Ok(match ended.end {
        End::Drained | End::Stopped => Outcome::Interrupted,
        End::Finished if counts.pass > 0 => Outcome::Done,
        End::Finished | End::Failed(_) => Outcome::Incomplete,
    })
}

/// Writes to standard output, where nobody may be reading any more.
fn print(text: &str) -> Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output; what was recorded is safe")
        }
        _ => Ok(()),
    }
}
