//! The evaluators of a library: who runs what, found out without compiling one that nobody needs.

use super::Library;
use crate::error::LoadError;
use crate::evaluator::known::{self, Known};
use crate::native;
use crate::plugin::Plugin;
use crate::plugin::load::{self, Read};
use crate::probe::{self, Interface};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What an evaluator of a library claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Its file.
    pub path: PathBuf,
    /// Its name.
    pub name: String,
    /// The languages that it runs.
    pub languages: Vec<String>,
}

/// The evaluators for programs in some languages.
pub struct Serving {
    /// Those that run at least one of them that none before does.
    pub plugins: Vec<Plugin>,
    /// The languages that nobody runs.
    pub unserved: BTreeSet<String>,
    /// All languages that were seen to be run by anybody.
    pub claimed: BTreeSet<String>,
}

/// An evaluator, as far as it is known.
struct Seen {
    known: Known,
    found: Found,
}

/// How far a file has been loaded.
enum Found {
    Read(Read),
    Loaded(Plugin),
}

impl Library {
    /// The plugins that run programs in these languages, the ones that the user named first. The rest is not loaded, nor
    /// is another by the name of one before it, which that one replaces.
    ///
    /// # Errors
    /// If a file that the user named cannot be loaded.
    pub fn evaluators(&self, languages: &[String]) -> Result<Serving, LoadError> {
        let mut serving = Serving {
            plugins: Vec::new(),
            unserved: languages.iter().cloned().collect(),
            claimed: BTreeSet::new(),
        };
        let mut names = BTreeSet::new();
        for path in self.files() {
            // What the user named has to be sound, wanted or not.
            if serving.unserved.is_empty() && !self.named.contains(&path) {
                break;
            }
            let Some(Seen { known, found }) = self.seen(&path)? else {
                continue;
            };
            if names.contains(&known.name) {
                continue;
            }
            if known
                .languages
                .iter()
                .any(|language| serving.unserved.contains(language))
            {
                let Some(plugin) = self.whole(&path, found)? else {
                    continue;
                };
                serving.unserved.retain(|language| !known.languages.contains(language));
                serving.plugins.push(plugin);
            }
            names.insert(known.name);
            serving.claimed.extend(known.languages);
        }
        Ok(serving)
    }

    /// What every evaluator claims, in the order in which a run looks at them.
    ///
    /// # Errors
    /// If a file that the user named cannot be loaded.
    pub fn claims(&self) -> Result<Vec<Claim>, LoadError> {
        let mut claims = Vec::new();
        for path in self.files() {
            if let Some(Seen { known, .. }) = self.seen(&path)? {
                let Known { name, languages } = known;
                claims.push(Claim { path, name, languages });
            }
        }
        Ok(claims)
    }

    /// The evaluator of a file; none where it is something else, or broken and not named by the user. It is loaded only
    /// where nothing is known of it.
    fn seen(&self, path: &Path) -> Result<Option<Seen>, LoadError> {
        if self.is_left_out(path) {
            return Ok(None);
        }
        let seen = self.look(path);
        Ok(self.unless_broken(path, None, seen)?.flatten())
    }

    fn look(&self, path: &Path) -> Result<Option<Seen>, LoadError> {
        let read = match self.loaded(path) {
            Some(plugin) => return Seen::of(plugin),
            None => load::read(path)?,
        };
        if !native::is_machine_code(&read.0) {
            let is_evaluator = probe::border(path, &read.0)?.interfaces.contains(&Interface::Evaluator);
            let cache = self.engines.cache.as_deref();
            if let Some(known) = cache
                .and_then(|cache| known::find(cache, &read.1))
                .filter(|_| is_evaluator)
            {
                let found = Found::Read(read);
                return Ok(Some(Seen { known, found }));
            }
            if !is_evaluator && !self.named.iter().any(|named| named == path) {
                return Ok(None);
            }
        }
        Seen::of(self.load_read(path, read)?)
    }

    fn whole(&self, path: &Path, found: Found) -> Result<Option<Plugin>, LoadError> {
        match found {
            Found::Loaded(plugin) => Ok(Some(plugin)),
            Found::Read(read) => self.unless_broken(path, None, self.load_read(path, read)),
        }
    }
}

impl Seen {
    fn of(plugin: Plugin) -> Result<Option<Self>, LoadError> {
        if !plugin.interfaces().contains(&Interface::Evaluator) {
            return Ok(None);
        }
        let known = Known {
            name: plugin.identity().name.clone(),
            languages: plugin.languages()?,
        };
        let found = Found::Loaded(plugin);
        Ok(Some(Seen { known, found }))
    }
}
