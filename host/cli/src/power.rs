//! How much energy this machine uses, and for how long heat has slowed it down: of its processors by the counters that
//! Linux shows under `powercap` and `thermal_throttle`, and of NVIDIA's cards by their driver's library, which is looked for
//! when a run begins and tells how full their memory is too. What may not be read is left out.

use koderz_core::event::{Card, Throttled};
use koderz_core::ports::{Meter, Part};
use nvml_wrapper::enum_wrappers::device::PerformancePolicy;
use nvml_wrapper::{Device, Nvml};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Where Linux shows the counters of processors.
const POWERCAP: &str = "/sys/class/powercap";

/// Where it shows processors.
const PROCESSORS: &str = "/sys/devices/system/cpu";

/// For how many milliseconds a core, and all that it is in one package with, were slowed down because they were too hot.
const HOT: [&str; 2] = ["core_throttle_total_time_ms", "package_throttle_total_time_ms"];

/// How long nothing is asked to see what is used then.
const IDLE: Duration = Duration::from_secs(1);

/// How often counters are read while nobody asks. One that began again twice between two readings would have lost a round;
/// the smallest there are hold 65 kJ, which a large server uses in two minutes.
const OFTEN: Duration = Duration::from_secs(30);

/// What this machine uses, and what of that it uses idly.
pub(crate) struct Power {
    counters: Arc<Counters>,
    /// Watts by part.
    idle: BTreeMap<String, f64>,
    watch: JoinHandle<()>,
}

/// The counters of this machine.
struct Counters {
    counters: Vec<Counter>,
    /// Files of milliseconds, by processor.
    hot: Vec<(String, [PathBuf; 2])>,
    cards: Option<Nvml>,
    /// What each counter showed last, and what it has counted in all: it begins again at 0 now and then.
    counted: Mutex<BTreeMap<String, (u64, f64)>>,
}

/// A counter of microjoules in a file.
struct Counter {
    name: String,
    file: PathBuf,
    /// Where it begins again.
    most: u64,
}

impl Power {
    /// What may be read, after a second in which nothing is asked; none where there is nothing.
    pub(crate) async fn of_this_machine() -> Option<Self> {
        Power::by(Counters {
            counters: counters(Path::new(POWERCAP)),
            hot: hot(Path::new(PROCESSORS)),
            cards: Nvml::init().ok(),
            counted: Mutex::default(),
        })
        .await
    }

    async fn by(counters: Counters) -> Option<Self> {
        let (before, began) = (counters.joules(), Instant::now());
        if before.is_empty() && counters.hot.is_empty() && counters.cards().is_empty() {
            return None;
        }
        if !before.is_empty() {
            tokio::time::sleep(IDLE).await;
        }
        // A busy machine wakes nobody on time.
        let idle = watts(&before, &counters.joules(), began.elapsed());
        let counters = Arc::new(counters);
        let watched = counters.clone();
        let watch = tokio::spawn(async move {
            loop {
                tokio::time::sleep(OFTEN).await;
                watched.joules();
            }
        });
        Some(Power { counters, idle, watch })
    }
}

impl Drop for Power {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

/// What each part used in a time, for every second of it.
fn watts(before: &BTreeMap<String, f64>, after: &BTreeMap<String, f64>, time: Duration) -> BTreeMap<String, f64> {
    let used = after.iter().filter_map(|(name, joules)| {
        let watts = (joules - before.get(name)?) / time.as_secs_f64();
        Some((name.clone(), watts))
    });
    used.collect()
}

impl Counters {
    fn joules(&self) -> BTreeMap<String, f64> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let mut joules = BTreeMap::new();
        for counter in &self.counters {
            let Some(now) = number(&counter.file) else { continue };
            let (last, all) = counted.get(&counter.name).copied().unwrap_or((now, 0.0));
            let step = now.checked_sub(last).unwrap_or(now + counter.most.saturating_sub(last));
            let all = all + step as f64 / 1e6;
            counted.insert(counter.name.clone(), (now, all));
            joules.insert(counter.name.clone(), all);
        }
        // Older cards do not count it.
        let used = self
            .devices()
            .filter_map(|(name, card)| Some((name, card.total_energy_consumption().ok()? as f64 / 1e3)));
        joules.extend(used);
        joules
    }

    fn cards(&self) -> Vec<Card> {
        let cards = self.devices().filter_map(|(card, device)| {
            let memory = device.memory_info().ok()?;
            Some(Card {
                card,
                used_bytes: memory.used,
                total_bytes: memory.total,
            })
        });
        cards.collect()
    }

    fn throttled(&self) -> Vec<Throttled> {
        let processors = self.hot.iter().filter_map(|(part, files)| {
            let millis = files.iter().filter_map(|file| number(file)).max()?;
            Some((part.clone(), Duration::from_millis(millis)))
        });
        // Some cards do not say.
        let cards = self.devices().filter_map(|(part, card)| {
            let slowed = card.violation_status(PerformancePolicy::Thermal).ok()?;
            Some((part, Duration::from_nanos(slowed.violation_time)))
        });
        let parts = processors.chain(cards);
        parts.map(|(part, took)| Throttled { part, took }).collect()
    }

    fn devices(&self) -> impl Iterator<Item = (String, Device<'_>)> {
        self.cards.iter().flat_map(|cards| {
            let numbers = 0..cards.device_count().unwrap_or(0);
            numbers.filter_map(|number| Some((format!("gpu-{number}"), cards.device_by_index(number).ok()?)))
        })
    }
}

impl Meter for Power {
    fn read(&self) -> Vec<Part> {
        let parts = self.counters.joules().into_iter().map(|(name, joules)| Part {
            idle_watts: self.idle.get(&name).copied().unwrap_or(0.0),
            name,
            joules,
        });
        parts.collect()
    }

    fn cards(&self) -> Vec<Card> {
        self.counters.cards()
    }

    fn throttled(&self) -> Vec<Throttled> {
        self.counters.throttled()
    }
}

/// What tells of the heat of each processor. Those of other makers than Intel do not.
fn hot(folder: &Path) -> Vec<(String, [PathBuf; 2])> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let processor = |path: PathBuf| {
        let number: u32 = path.file_name()?.to_str()?.strip_prefix("cpu")?.parse().ok()?;
        let files = HOT.map(|file| path.join("thermal_throttle").join(file));
        files
            .iter()
            .any(|file| self::number(file).is_some())
            .then_some((number, files))
    };
    let mut processors: Vec<_> = entries.filter_map(|entry| processor(entry.path())).collect();
    processors.sort_by_key(|(number, _)| *number);
    let named = processors
        .into_iter()
        .map(|(number, files)| (format!("cpu-{number}"), files));
    named.collect()
}

/// Counters of whole packages. What is inside of one is counted there too.
fn counters(folder: &Path) -> Vec<Counter> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let counter = |path: PathBuf| {
        let name = fs::read_to_string(path.join("name")).ok()?.trim().to_owned();
        let file = path.join("energy_uj");
        number(&file)?;
        name.starts_with("package").then(|| Counter {
            name,
            most: number(&path.join("max_energy_range_uj")).unwrap_or(0),
            file,
        })
    };
    let mut counters: Vec<Counter> = entries.filter_map(|entry| counter(entry.path())).collect();
    counters.sort_by(|a, b| a.name.cmp(&b.name));
    // The same package may be shown by two drivers.
    counters.dedup_by(|a, b| a.name == b.name);
    counters
}

fn number(file: &Path) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(folder: &Path, name: &str, microjoules: u64) {
        let zone = folder.join(format!("intel-rapl:{name}"));
        fs::create_dir_all(&zone).expect("a folder");
        for (file, text) in [
            ("name", name.to_owned()),
            ("energy_uj", microjoules.to_string()),
            ("max_energy_range_uj", "1000000000".to_owned()),
        ] {
            fs::write(zone.join(file), text).expect("a file");
        }
    }

    fn of(folder: &Path) -> Counters {
        Counters {
            counters: counters(folder),
            hot: hot(folder),
            cards: None,
            counted: Mutex::default(),
        }
    }

    #[test]
    fn a_counter_that_begins_again_goes_on_and_what_is_inside_a_package_is_not_counted_twice() {
        let folder = tempfile::tempdir().expect("a folder");
        package(folder.path(), "package-0", 999_000_000);
        package(folder.path(), "core", 5);
        let counters = of(folder.path());
        let joules = || counters.joules().into_values().collect::<Vec<_>>();
        assert_eq!(joules(), [0.0]);
        package(folder.path(), "package-0", 2_000_000);
        assert_eq!(joules(), [3.0]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_counter_that_begins_again_twice_while_nobody_asks_has_lost_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        package(folder.path(), "package-0", 0);
        let power = Power::by(of(folder.path())).await.expect("a counter");
        // Each lies there when it is read, and not when the next one is.
        let longer = OFTEN + Duration::from_secs(1);
        for _ in 0..3 {
            package(folder.path(), "package-0", 600_000_000);
            tokio::time::sleep(longer).await;
            package(folder.path(), "package-0", 100_000_000);
            tokio::time::sleep(longer).await;
        }
        let joules: Vec<f64> = power.read().iter().map(|part| part.joules).collect();
        assert_eq!(joules, [600.0 + 500.0 + 2.0 * (500.0 + 500.0)]);
    }

    #[test]
    fn what_is_used_idly_is_held_against_the_time_that_passed() {
        let joules = |joules: f64| BTreeMap::from([("package-0".to_owned(), joules)]);
        let found = watts(&joules(10.0), &joules(40.0), Duration::from_secs(3));
        assert_eq!(found["package-0"], 10.0);
    }

    #[test]
    fn a_processor_was_hot_for_as_long_as_its_core_or_its_package_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |processor: &str, file: &str, millis: u64| {
            let place = folder.path().join(processor).join("thermal_throttle");
            fs::create_dir_all(&place).expect("a folder");
            fs::write(place.join(file), millis.to_string()).expect("a file");
        };
        for (processor, core, package) in [("cpu10", 0, 70), ("cpu2", 90, 70)] {
            write(processor, HOT[0], core);
            write(processor, HOT[1], package);
        }
        write("cpufreq", HOT[0], 5);
        let told = || {
            let told = of(folder.path()).throttled().into_iter();
            told.map(|Throttled { part, took }| (part, took.as_millis()))
                .collect::<Vec<_>>()
        };
        assert_eq!(told(), [("cpu-2".to_owned(), 90), ("cpu-10".to_owned(), 70)]);
        write("cpu10", HOT[0], 100);
        assert_eq!(told()[1], ("cpu-10".to_owned(), 100));
    }

    #[test]
    fn where_there_is_no_counter_there_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(counters(folder.path()).is_empty());
        assert!(counters(&folder.path().join("nothing")).is_empty());
        assert!(of(folder.path()).throttled().is_empty());
    }
}
