//! How much energy this machine uses: of its processors by the counters that Linux shows under `powercap`, and of NVIDIA's
//! cards by their driver's library, which is looked for when a run begins. Counters that may not be read are left out.

use koderz_core::ports::{Meter, Part};
use nvml_wrapper::Nvml;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Where Linux shows the counters of processors.
const POWERCAP: &str = "/sys/class/powercap";

/// How long nothing is asked to see what is used then.
const IDLE: Duration = Duration::from_secs(1);

/// The counters of this machine.
pub(crate) struct Power {
    counters: Vec<Counter>,
    cards: Option<Nvml>,
    idle: BTreeMap<String, f64>,
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
    /// The counters that may be read, after a second in which nothing is asked; none where there is none.
    pub(crate) async fn of_this_machine() -> Option<Self> {
        let mut power = Power {
            counters: counters(Path::new(POWERCAP)),
            cards: Nvml::init().ok(),
            idle: BTreeMap::new(),
            counted: Mutex::default(),
        };
        let before = power.joules();
        if before.is_empty() {
            return None;
        }
        tokio::time::sleep(IDLE).await;
        let after = power.joules();
        let used = after.into_iter().filter_map(|(name, joules)| {
            let watts = (joules - before.get(&name)?) / IDLE.as_secs_f64();
            Some((name, watts))
        });
        power.idle = used.collect();
        Some(power)
    }

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
        let cards = self.cards.as_ref();
        for number in 0..cards.and_then(|cards| cards.device_count().ok()).unwrap_or(0) {
            let card = cards.and_then(|cards| cards.device_by_index(number).ok());
            // Older cards do not count it.
            if let Some(millijoules) = card.and_then(|card| card.total_energy_consumption().ok()) {
                joules.insert(format!("gpu-{number}"), millijoules as f64 / 1e3);
            }
        }
        joules
    }
}

impl Meter for Power {
    fn read(&self) -> Vec<Part> {
        let parts = self.joules().into_iter().map(|(name, joules)| Part {
            idle_watts: self.idle.get(&name).copied().unwrap_or(0.0),
            name,
            joules,
        });
        parts.collect()
    }
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

    #[test]
    fn a_counter_that_begins_again_goes_on_and_what_is_inside_a_package_is_not_counted_twice() {
        let folder = tempfile::tempdir().expect("a folder");
        package(folder.path(), "package-0", 999_000_000);
        package(folder.path(), "core", 5);
        let power = Power {
            counters: counters(folder.path()),
            cards: None,
            idle: BTreeMap::new(),
            counted: Mutex::default(),
        };
        let joules = || power.read().iter().map(|part| part.joules).collect::<Vec<_>>();
        assert_eq!(joules(), [0.0]);
        package(folder.path(), "package-0", 2_000_000);
        assert_eq!(joules(), [3.0]);
    }

    #[test]
    fn where_there_is_no_counter_there_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(counters(folder.path()).is_empty());
        assert!(counters(&folder.path().join("nothing")).is_empty());
    }
}
