//! A component as the core's evaluator: fresh instances for every program, and none of the world.
//!
//! A program without a judge gets one instance. One with a judge gets two, in stores of their own: the subject holds
//! what a model wrote, the judge holds the check, and the host carries the judge's calls across as text. The verdict is
//! what the judge returns. Nothing that the subject does can reach it: a trap, an exit or an overrun on the subject's
//! side ends the judge as well, and is remembered here rather than told to it.

mod budget;
#[cfg(target_os = "linux")]
mod compiled;
pub(crate) mod crew;
#[cfg(any(target_os = "linux", test))]
mod image;
mod inmate;
pub(crate) mod known;
#[cfg_attr(not(target_os = "linux"), path = "evaluator/unmapped.rs")]
pub(crate) mod memory;
pub(crate) mod output;
#[cfg(target_os = "linux")]
mod pages;
pub(crate) mod rehearsal;
mod runner;
mod verdicts;
pub(crate) mod words;
#[cfg(target_os = "linux")]
mod worn;

use crate::bindings::exports::koderz::plugin::evaluator::GuestIndices;
use crate::bindings::exports::koderz::plugin::identity;
use crate::engine::{Engines, private_folder};
pub(crate) use budget::thread_time;
#[cfg(target_os = "linux")]
use compiled::Place;
use crew::Crew;
use inmate::{Inmate, Role};
use koderz_api::execution::{ExecutionError, Limits, Outcome, Program};
use koderz_api::identity::PluginInfo;
use koderz_api::mirror::Mirror;
use koderz_core::ports::Evaluator;
use memory::Stock;
use output::Captured;
use rehearsal::{Rehearsal, Rehearse};
use runner::{Cell, Runner};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use verdicts::Verdicts;
use wasmtime::Store;
use wasmtime::component::{Component, Instance, InstancePre};

/// The stack of a thread that runs programs: the guest's own, and room for the host below and above it. Only what is
/// used of it becomes memory.
pub(crate) const THREAD_STACK: usize = 4 * crate::engine::EVALUATOR_STACK;

/// The longest reply in bytes that is carried from a subject to its judge: far more than an honest one, and little
/// enough for the host to hold twice.
pub(crate) const LONGEST_REPLY: usize = 64 << 20;

/// What an evaluator may use for saying who it is.
const ABOUT: Limits = Limits {
    cpu: Duration::from_secs(10),
    wall: Duration::from_secs(60),
    memory_bytes: 512 << 20,
    output_bytes: 1 << 16,
};

/// An evaluator's component, linked: what instances are made from. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Sandbox {
    engines: Engines,
    instances: InstancePre<Inmate>,
    indices: Arc<GuestIndices>,
    stock: Option<Arc<Stock>>,
}

impl Sandbox {
    /// Compiles the component of a file with this digest, or finds it compiled.
    pub(crate) fn new(engines: &Engines, path: &Path, bytes: Vec<u8>, digest: &str) -> wasmtime::Result<Self> {
        let engine = &engines.evaluators;
        let tell = || {
            if let Some(told) = &engines.told {
                let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
                told(&format!(
                    "compiling {name} for this machine, which takes some seconds and is done once"
                ));
            }
        };
        #[cfg(target_os = "linux")]
        {
            let place = engines
                .cache
                .as_deref()
                .map(|folder| Place::new(folder, digest, engine));
            match compiled::compile(engine, bytes, place.as_ref(), tell)? {
                Ok((component, stock)) => Sandbox::linked(engines, &component, Some(stock)),
                Err(bytes) => Sandbox::linked(engines, &Component::from_binary(engine, &bytes)?, None),
            }
        }
        #[cfg(not(target_os = "linux"))]
        tell();
        #[cfg(not(target_os = "linux"))]
        Sandbox::linked(engines, &Component::from_binary(engine, &bytes)?, None)
    }

    fn linked(engines: &Engines, component: &Component, stock: Option<Arc<Stock>>) -> wasmtime::Result<Self> {
        let instances = inmate::linker(&engines.evaluators)?.instantiate_pre(component)?;
        let indices = Arc::new(GuestIndices::new(&instances)?);
        Ok(Sandbox {
            engines: engines.clone(),
            instances,
            indices,
            stock,
        })
    }

    fn instantiate(&self, store: &mut Store<Inmate>) -> wasmtime::Result<Instance> {
        let make = || self.instances.instantiate(store);
        match &self.stock {
            Some(stock) => stock.while_making(make),
            None => make(),
        }
    }

    /// Who the plugin is; the error says what happened.
    pub(crate) fn describe(&self) -> Result<PluginInfo, String> {
        self.about(|sandbox, cell| {
            let indices = identity::GuestIndices::new(&sandbox.instances)?;
            let instance = sandbox.instantiate(&mut cell.store)?;
            let guest = indices.load(&mut cell.store, &instance)?;
            guest.call_describe(&mut cell.store)
        })
        .map(Mirror::mirror)
    }

    /// What it runs; the error says what happened.
    pub(crate) fn languages(&self) -> Result<Vec<String>, String> {
        self.about(|_, cell| cell.exports.call_languages(&mut cell.store))
    }

    fn about<T: Send>(&self, ask: impl FnOnce(&Sandbox, &mut Cell) -> wasmtime::Result<T> + Send) -> Result<T, String> {
        on_own_thread(|| {
            let mut cell = Cell::new(self, &ABOUT, Captured::at_most(ABOUT.output_bytes), &[], Role::Alone)
                .map_err(|error| format!("{error:#}"))?;
            ask(self, &mut cell).map_err(|error| cell.store.data().in_words(&error))
        })?
    }
}

/// An evaluator in a component.
pub struct ComponentEvaluator {
    runner: Arc<Runner>,
    languages: Vec<String>,
    crew: Crew,
    digest: String,
    verdicts: Option<Verdicts>,
}

impl ComponentEvaluator {
    pub(crate) fn open(sandbox: Sandbox, identity: &PluginInfo, digest: &str) -> Result<Self, String> {
        let languages = sandbox.languages()?;
        Ok(ComponentEvaluator {
            runner: Arc::new(Runner {
                sandbox,
                identity: identity.clone(),
            }),
            languages,
            crew: Crew::one_per_processor(THREAD_STACK)?,
            digest: digest.to_owned(),
            verdicts: None,
        })
    }

    /// The same evaluator, which runs no program twice: what one came to is kept in a folder of the caller's.
    ///
    /// Whoever can write in the folder decides about verdicts, so it is made the user's own; where that fails, they are
    /// kept as long as the value lives.
    #[must_use]
    pub fn remembering(self, folder: PathBuf) -> Self {
        let private = private_folder(&folder)
            .inspect_err(|error| tracing::warn!("verdicts are not kept in {}: {error}", folder.display()));
        let folder = private.is_ok().then_some(folder);
        let verdicts = Verdicts::new(self.digest.clone(), self.runner.sandbox.engines.counting, folder);
        ComponentEvaluator {
            verdicts: Some(verdicts),
            ..self
        }
    }
}

impl Evaluator for ComponentEvaluator {
    fn languages(&self) -> &[String] {
        &self.languages
    }

    fn execute(&self, program: &Program) -> Result<Outcome, ExecutionError> {
        let Some(verdicts) = &self.verdicts else {
            return self.rehearse(program).ended;
        };
        let key = verdicts.key(program);
        if let Some(outcome) = verdicts.find(&key, &program.limits) {
            return Ok(outcome);
        }
        let outcome = self.rehearse(program).ended?;
        verdicts.keep(key, &program.limits, &outcome);
        Ok(outcome)
    }
}

impl ComponentEvaluator {
    /// Has a thread of the crew do something.
    fn on_crew(&self, body: impl FnOnce(&Runner) -> Rehearsal + Send + 'static) -> Rehearsal {
        let runner = self.runner.clone();
        let ran = self.crew.run(move || body(&runner));
        ran.unwrap_or_else(|message| Rehearsal {
            ended: Err(self.runner.failed(message)),
            lost: None,
        })
    }
}

impl Rehearse for ComponentEvaluator {
    fn rehearse(&self, program: &Program) -> Rehearsal {
        let program = program.clone();
        self.on_crew(move |runner| runner.run(&program))
    }

    fn rehearse_call(&self, program: &Program, entry_point: &str, input: &str) -> Option<Rehearsal> {
        let (program, entry_point, input) = (program.clone(), entry_point.to_owned(), input.to_owned());
        Some(self.on_crew(move |runner| runner.call(&program, &entry_point, &input)))
    }
}

/// Runs a body on a thread with a stack that is large enough, whatever thread asks. A panic becomes an error.
fn on_own_thread<T: Send>(body: impl FnOnce() -> T + Send) -> Result<T, String> {
    thread::scope(|scope| {
        let spawned = thread::Builder::new()
            .name("evaluator".to_owned())
            .stack_size(THREAD_STACK)
            .spawn_scoped(scope, body);
        match spawned {
            Ok(thread) => thread.join().map_err(|_| "the host's own code panicked".to_owned()),
            Err(error) => Err(format!("start a thread: {error}")),
        }
    })
}
