//! Which models are in memory, and until when.
//!
//! A load takes no time here. What a client can see of it is kept: `/api/ps`, `keep_alive`, and that a model which is
//! in use stays.

use crate::duration::KeepAlive;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// How long a model stays after its last use, unless a request says otherwise.
const KEEP_ALIVE: KeepAlive = KeepAlive::For(Duration::from_secs(5 * 60));

/// The context, unless a request says otherwise.
const CONTEXT: u64 = 4096;

/// For ever, which Ollama shows as the longest duration that Go has.
const FOREVER: Duration = Duration::from_nanos(i64::MAX as u64);

/// The models in memory, by their keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct Residency(Arc<Mutex<BTreeMap<String, Resident>>>);

/// A model in memory.
#[derive(Clone, Debug)]
pub(crate) struct Resident {
    pub(crate) expires: Timestamp,
    pub(crate) context: u64,
    keep_alive: KeepAlive,
    uses: u64,
}

/// What a request says about it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wish {
    pub(crate) keep_alive: Option<KeepAlive>,
    pub(crate) context: Option<u64>,
}

/// A use of a model, which cannot leave memory before it ends.
#[derive(Debug)]
pub(crate) struct Stay {
    residency: Residency,
    model: String,
}

impl Residency {
    /// Brings a model into memory, if it is not there, and uses it.
    pub(crate) fn enter(&self, model: &str, wish: Wish) -> Stay {
        let mut models = self.lock();
        sweep(&mut models);
        let resident = models.entry(model.to_owned()).or_insert_with(|| Resident {
            expires: Timestamp::now(),
            context: CONTEXT,
            keep_alive: KEEP_ALIVE,
            uses: 0,
        });
        resident.uses += 1;
        // The last one to say something wins, for all who use the model.
        resident.keep_alive = wish.keep_alive.unwrap_or(resident.keep_alive);
        resident.context = wish.context.unwrap_or(resident.context);
        resident.expires = expiry(Timestamp::now(), resident.keep_alive);
        Stay {
            residency: self.clone(),
            model: model.to_owned(),
        }
    }

    /// Takes a model out of memory as soon as nobody uses it.
    pub(crate) fn unload(&self, model: &str) {
        if let Some(resident) = self.lock().get_mut(model) {
            resident.keep_alive = KeepAlive::For(Duration::ZERO);
            resident.expires = Timestamp::now();
        }
    }

    /// What is in memory now.
    pub(crate) fn now(&self) -> BTreeMap<String, Resident> {
        let mut models = self.lock();
        sweep(&mut models);
        models.clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Resident>> {
        self.0.lock().expect("nobody panics while looking after memory")
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        if let Some(resident) = self.residency.lock().get_mut(&self.model) {
            resident.uses -= 1;
            resident.expires = expiry(Timestamp::now(), resident.keep_alive);
        }
    }
}

/// Forgets what has left memory, and with it what was wished for it.
fn sweep(models: &mut BTreeMap<String, Resident>) {
    let now = Timestamp::now();
    models.retain(|_, resident| resident.uses > 0 || resident.expires > now);
}

fn expiry(now: Timestamp, keep_alive: KeepAlive) -> Timestamp {
    let wait = match keep_alive {
        KeepAlive::For(duration) => duration.min(FOREVER),
        KeepAlive::Forever => FOREVER,
    };
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(keep_alive: KeepAlive) -> Wish {
        Wish {
            keep_alive: Some(keep_alive),
            context: None,
        }
    }

    #[test]
    fn a_model_that_is_in_use_stays_although_it_is_to_leave() {
        let residency = Residency::default();
        let stay = residency.enter("m", Wish::default());
        residency.unload("m");
        assert!(residency.now().contains_key("m"));
        drop(stay);
        assert!(residency.now().is_empty());
    }

    #[test]
    fn the_last_wish_holds_for_everybody() {
        let residency = Residency::default();
        let first = residency.enter("m", keep(KeepAlive::Forever));
        drop(residency.enter("m", keep(KeepAlive::For(Duration::ZERO))));
        drop(first);
        assert!(residency.now().is_empty());
    }

    #[test]
    fn a_model_that_comes_back_stays_as_long_as_any_other() {
        let residency = Residency::default();
        drop(residency.enter("m", keep(KeepAlive::For(Duration::ZERO))));
        drop(residency.enter("m", Wish::default()));
        assert!(residency.now().contains_key("m"));
    }

    #[test]
    fn for_ever_is_beyond_any_run() {
        let residency = Residency::default();
        drop(residency.enter("m", keep(KeepAlive::Forever)));
        let century = Timestamp::now() + Duration::from_secs(100 * 366 * 24 * 3600);
        assert!(residency.now()["m"].expires > century);
    }
}
