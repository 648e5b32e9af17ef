//! The two engines, and the clock that ends a call which does not end by itself.
//!
//! One engine is for suites and policies, which are small and get nothing of WASI; the other is for evaluators, which
//! need larger memories and stacks. Both compile through a cache in a folder of the user's own: what is in it is machine
//! code, so nobody else may be able to write there.

use crate::error::LoadError;
use crate::trust::Trust;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;
use wasmtime::{Cache, CacheConfig, Config, Engine};

/// How often the clock ticks. A call is ended at most one tick after its time.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// The stack of an evaluator: deep recursion is ordinary in the programs it runs.
pub(crate) const EVALUATOR_STACK: usize = 8 << 20;

/// What a program's limit of processor time is a limit of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Counting {
    /// Time of the thread on the processor.
    #[default]
    ProcessorTime,
    /// Instructions of WASM, at [`INSTRUCTIONS`] a second: the same count on every machine, and slower.
    Instructions,
}

impl Counting {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Counting::ProcessorTime => "processor-time",
            Counting::Instructions => "instructions",
        }
    }
}

/// Instructions that stand for a second of processor time, where instructions are counted. A round number, near what one
/// x86-64 processor of 2025 gets through when it interprets Python: 6 to 12 thousand million. What it takes on the clock
/// differs from machine to machine, and the count does not.
pub const INSTRUCTIONS: u64 = 8_000_000_000;

/// Whoever hears what takes a while.
pub type Told = Arc<dyn Fn(&str) + Send + Sync>;

/// The engines of a process, with their clock. Cheap to clone; whatever runs guest code keeps a clone, because a call
/// under a clock that has stopped would never be ended.
#[derive(Clone)]
pub struct Engines {
    pub(crate) plugins: Engine,
    pub(crate) evaluators: Engine,
    /// The folder for compiled code.
    pub(crate) cache: Option<PathBuf>,
    pub(crate) counting: Counting,
    pub(crate) told: Option<Told>,
    pub(crate) trust: Arc<Trust>,
    _clock: Arc<Clock>,
}

impl Engines {
    /// Sets the engines up. `cache` is a folder for compiled code, made if it is absent; none compiles anew each time.
    ///
    /// # Errors
    /// If the folder cannot be made private, or the engine refuses this machine.
    pub fn new(cache: Option<&Path>) -> Result<Self, LoadError> {
        Engines::counting(cache, Counting::ProcessorTime)
    }

    /// The same, with a choice of what evaluators count.
    ///
    /// # Errors
    /// As [`Engines::new`].
    pub fn counting(cache: Option<&Path>, counting: Counting) -> Result<Self, LoadError> {
        let folder = cache;
        let cache = folder.map(open_cache).transpose()?;
        let plugins = engine(cache.clone(), |_| {})?;
        let evaluators = engine(cache, |config| {
            config.max_wasm_stack(EVALUATOR_STACK);
            config.consume_fuel(counting == Counting::Instructions);
            // Linking WASI turns the engine's async support on, and its stacks may not be smaller than the guest's.
            config.async_stack_size(EVALUATOR_STACK + (1 << 20));
            #[cfg(target_os = "linux")]
            config.with_host_memory(Arc::new(crate::evaluator::memory::Creator));
        })?;
        let clock = Arc::new(Clock::start(vec![plugins.clone(), evaluators.clone()])?);
        Ok(Engines {
            plugins,
            evaluators,
            cache: folder.map(Path::to_owned),
            counting,
            told: None,
            trust: Arc::default(),
            _clock: clock,
        })
    }

    /// The same, for plugins that the user trusts so far.
    #[must_use]
    pub fn trusting(self, trust: Trust) -> Self {
        Engines {
            trust: Arc::new(trust),
            ..self
        }
    }

    /// The same, which say what takes a while: an evaluator is compiled once, and that takes some seconds.
    #[must_use]
    pub fn telling(self, told: Told) -> Self {
        Engines {
            told: Some(told),
            ..self
        }
    }
}

fn engine(cache: Option<Cache>, adjust: impl FnOnce(&mut Config)) -> Result<Engine, LoadError> {
    let mut config = Config::new();
    config.epoch_interruption(true);
    // Equal inputs have to give equal outputs on every machine.
    config.cranelift_nan_canonicalization(true);
    config.wasm_relaxed_simd(false);
    config.wasm_backtrace_max_frames(None);
    config.cache(cache);
    adjust(&mut config);
    Engine::new(&config).map_err(|error| LoadError::Engine(format!("{error:#}")))
}

fn open_cache(folder: &Path) -> Result<Cache, LoadError> {
    let broken = |error: &dyn std::fmt::Display| {
        LoadError::Engine(format!(
            "open the folder for compiled plugins {}: {error}",
            folder.display()
        ))
    };
    private_folder(folder).map_err(|error| broken(&error))?;
    let folder = folder.canonicalize().map_err(|error| broken(&error))?;
    let mut config = CacheConfig::new();
    config.with_directory(folder.clone());
    Cache::new(config).map_err(|error| broken(&error))
}

#[cfg(unix)]
pub(crate) fn private_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
pub(crate) fn private_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)
}

/// Ticks the epochs of all engines until it is dropped.
struct Clock {
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Clock {
    fn start(engines: Vec<Engine>) -> Result<Self, LoadError> {
        let stopped = Arc::new(AtomicBool::new(false));
        let seen = stopped.clone();
        // Weak, so that the clock keeps no engine alive by itself.
        let engines: Vec<_> = engines.iter().map(Engine::weak).collect();
        let tick = move || {
            while !seen.load(Ordering::Relaxed) {
                std::thread::park_timeout(TICK);
                for engine in &engines {
                    match engine.upgrade() {
                        Some(engine) => engine.increment_epoch(),
                        None => return,
                    }
                }
            }
        };
        let thread = Builder::new()
            .name("epochs".to_owned())
            .spawn(tick)
            .map_err(|error| LoadError::Engine(format!("start the clock: {error}")))?;
        Ok(Clock {
            stopped,
            thread: Some(thread),
        })
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A clock that panicked has nothing more to say.
            let _ = thread.join();
        }
    }
}

/// A time as a number of ticks, counting the one that is under way.
pub(crate) fn ticks(time: Duration) -> u64 {
    let ticks = time.as_nanos().div_ceil(TICK.as_nanos());
    u64::try_from(ticks)
        .unwrap_or(u64::MAX / 2)
        .saturating_add(1)
        .min(u64::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_never_nought_and_never_overflows() {
        assert_eq!(ticks(Duration::ZERO), 1);
        assert_eq!(ticks(Duration::from_millis(10)), 2);
        assert_eq!(ticks(Duration::from_millis(11)), 3);
        assert!(ticks(Duration::MAX) <= u64::MAX / 2);
    }

    #[cfg(unix)]
    #[test]
    fn the_cache_is_nobody_elses_to_write() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let cache = folder.path().join("compiled");
        Engines::new(Some(&cache)).expect("engines");
        let mode = std::fs::metadata(&cache)
            .expect("the cache folder")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}
