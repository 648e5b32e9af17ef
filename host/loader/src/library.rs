//! Where plugins are found: files that the user names, and folders that are searched in order.

mod evaluators;

pub use evaluators::{Claim, Serving};

use crate::engine::{Counting, Engines};
use crate::error::{LoadError, with_causes};
use crate::nearest::nearest;
use crate::plugin::Plugin;
use crate::plugin::load::{self, Read};
use crate::probe::Interface;
use crate::trust::NATIVE;
use std::collections::{BTreeMap, BTreeSet};
use std::env::consts::{DLL_EXTENSION, DLL_PREFIX};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What a plugin is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A benchmark.
    Suite,
    /// A retry policy.
    Retry,
}

impl Wanted {
    /// The interface that it has to export.
    pub fn interface(self) -> Interface {
        match self {
            Wanted::Suite => Interface::Suite,
            Wanted::Retry => Interface::Retry,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Wanted::Suite => "suite",
            Wanted::Retry => "retry policy",
        }
    }
}

/// The plugins that a process can use. Each file is loaded once.
pub struct Library {
    engines: Engines,
    named: Vec<PathBuf>,
    folders: Vec<PathBuf>,
    loaded: Mutex<BTreeMap<PathBuf, Plugin>>,
    /// Broken files, each of which is warned of once.
    left_out: Mutex<BTreeSet<PathBuf>>,
}

impl Library {
    /// A library of these files, which take precedence, and of the `.wasm` files in these folders, the first folder
    /// first; of shared libraries as well, where the user allows machine code. A folder that does not exist is empty.
    pub fn new(engines: Engines, named: Vec<PathBuf>, folders: Vec<PathBuf>) -> Self {
        Library {
            engines,
            named,
            folders,
            loaded: Mutex::new(BTreeMap::new()),
            left_out: Mutex::new(BTreeSet::new()),
        }
    }

    /// What its evaluators count.
    pub fn counting(&self) -> Counting {
        self.engines.counting
    }

    /// Loads the plugin of a file, or answers the one that was loaded from it before.
    ///
    /// # Errors
    /// If it cannot be loaded.
    pub fn load(&self, path: &Path) -> Result<Plugin, LoadError> {
        match self.loaded(path) {
            Some(plugin) => Ok(plugin),
            None => self.load_read(path, load::read(path)?),
        }
    }

    /// Finds a plugin by its name or, where the text looks like a path, by its file. Of a component and machine code by the
    /// same name in folders it is the component, unless the name begins with `native:`.
    ///
    /// # Errors
    /// If there is none, or it is for something else.
    pub fn find(&self, wanted: Wanted, name: &str) -> Result<Plugin, LoadError> {
        if looks_like_a_path(name) {
            return self.load(Path::new(name));
        }
        // Files that the user named come first, whatever they are called. In a folder a file is usually named like its
        // plugin; the others are looked at only where it is not.
        let (name, kind) = match name.strip_prefix(NATIVE) {
            Some(name) => (name, Some(true)),
            None => (name, None),
        };
        let called = |path: &PathBuf| is_called(path, name);
        let mut files = self.files();
        files.retain(|path| kind.is_none_or(|native| is_library(path) == native));
        files.sort_by_key(|path| is_library(path) && !self.named.contains(path));
        let (likely, rest): (Vec<_>, Vec<_>) = files
            .into_iter()
            .partition(|path| self.named.contains(path) || called(path));
        let (mut others, mut other_kind) = (Vec::new(), None);
        for path in likely.iter().chain(&rest) {
            let plugin = self.load_unless_broken(path, Some(name))?;
            let Some(plugin) = plugin else {
                continue;
            };
            if !plugin.interfaces().contains(&wanted.interface()) {
                if plugin.identity().name == name {
                    other_kind = kind_of(plugin.interfaces());
                }
                continue;
            }
            if plugin.identity().name == name {
                return Ok(plugin);
            }
            others.push(plugin.identity().name.clone());
        }
        Err(self.unknown(wanted, name, others, other_kind))
    }

    fn loaded(&self, path: &Path) -> Option<Plugin> {
        let loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.get(path).cloned()
    }

    fn load_read(&self, path: &Path, read: Read) -> Result<Plugin, LoadError> {
        let plugin = Plugin::load_read(&self.engines, path, read)?;
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.insert(path.to_owned(), plugin.clone());
        Ok(plugin)
    }

    fn load_unless_broken(&self, path: &Path, wanted: Option<&str>) -> Result<Option<Plugin>, LoadError> {
        match self.is_left_out(path) {
            true => Ok(None),
            false => self.unless_broken(path, wanted, self.load(path)),
        }
    }

    fn is_left_out(&self, path: &Path) -> bool {
        let left_out = self.left_out.lock().unwrap_or_else(PoisonError::into_inner);
        left_out.contains(path)
    }

    /// What a file came to. A broken one that merely lies in a folder must not keep the others from being used; a broken
    /// one that the user named is an error, and so is another file by the name that is wanted than the user has pinned.
    fn unless_broken<T>(
        &self,
        path: &Path,
        wanted: Option<&str>,
        came_to: Result<T, LoadError>,
    ) -> Result<Option<T>, LoadError> {
        match came_to {
            Ok(whole) => Ok(Some(whole)),
            Err(error) if self.named.iter().any(|named| named == path) => Err(error),
            Err(LoadError::Pinned { name, .. }) if wanted.is_some_and(|wanted| wanted != name) => Ok(None),
            Err(error @ LoadError::Pinned { .. }) if wanted.is_some() => Err(error),
            Err(error) => {
                // Without its hint.
                let words = with_causes(&error);
                tracing::warn!("left out: {}", words.lines().next().unwrap_or_default());
                let mut left_out = self.left_out.lock().unwrap_or_else(PoisonError::into_inner);
                left_out.insert(path.to_owned());
                Ok(None)
            }
        }
    }

    /// The files of the library in the order of their precedence; of two with the same name in different folders only
    /// the first.
    pub fn files(&self) -> Vec<PathBuf> {
        let native = self.engines.trust.native;
        self.files_where(|path| is_component(path) || native && is_library(path))
    }

    /// Shared libraries in its folders that are left aside, because the user does not allow machine code.
    pub fn left_aside(&self) -> Vec<PathBuf> {
        let native = self.engines.trust.native;
        let mut files = self.files_where(|path| is_library(path) && !native);
        files.retain(|path| !self.named.contains(path));
        files
    }

    /// That a plugin which is not found may be one of those, and what would allow it; empty where it is none of them.
    pub fn hint_at_native(&self, name: &str) -> String {
        let aside = self.left_aside().into_iter().find(|path| is_called(path, name));
        aside.map_or(String::new(), |path| {
            format!(
                "\nhint: there is {}, which is machine code: --native and --pin {NATIVE}{name}=DIGEST allow it",
                path.display()
            )
        })
    }

    fn files_where(&self, wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
        let mut files = self.named.clone();
        for folder in &self.folders {
            let mut here: Vec<PathBuf> = std::fs::read_dir(folder)
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.path())
                .filter(|path| wanted(path))
                .filter(|path| !files.iter().any(|file| file.file_name() == path.file_name()))
                .collect();
            here.sort_by_key(|path| (is_library(path), path.clone()));
            files.extend(here);
        }
        files
    }

    fn unknown(
        &self,
        wanted: Wanted,
        name: &str,
        mut others: Vec<String>,
        other_kind: Option<&'static str>,
    ) -> LoadError {
        others.sort();
        others.dedup();
        let kind = wanted.words();
        let available = match others.as_slice() {
            [] => "is none at all".to_owned(),
            [one] => format!("is `{one}`"),
            more => format!("are `{}`", more.join("`, `")),
        };
        let folders: Vec<String> = self.folders.iter().map(|folder| folder.display().to_string()).collect();
        let near =
            nearest(name, others.iter().map(String::as_str)).map(|near| format!("did you mean `{near}`?\nhint: "));
        let meant = other_kind.map(|kind| format!("`{name}` is {kind}\nhint: ")).or(near);
        let hint = format!(
            "{}plugins are looked for in {}; --plugin FILE names one elsewhere{}",
            meant.unwrap_or_default(),
            folders.join(", "),
            self.hint_at_native(name)
        );
        LoadError::Unknown {
            kind,
            name: name.to_owned(),
            available,
            hint,
        }
    }
}

/// Whether a file has the name that a plugin by this name usually has.
fn is_called(path: &Path, name: &str) -> bool {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy());
    stem.is_some_and(|stem| stem == name || is_library(path) && stem.strip_prefix(DLL_PREFIX) == Some(name))
}

/// What a plugin is that is wanted for something else.
fn kind_of(interfaces: &[Interface]) -> Option<&'static str> {
    let kinds = [
        (Interface::Suite, "a suite, which --suite takes"),
        (Interface::Retry, "a retry policy, which --retry takes"),
        (
            Interface::Evaluator,
            "an evaluator, which is found by the languages that it runs",
        ),
    ];
    let found = kinds.iter().find(|(interface, _)| interfaces.contains(interface));
    found.map(|(_, kind)| *kind)
}

fn looks_like_a_path(name: &str) -> bool {
    let path = Path::new(name);
    name.contains(std::path::MAIN_SEPARATOR) || name.contains('/') || is_component(path) || is_library(path)
}

fn is_component(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "wasm")
}

fn is_library(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == DLL_EXTENSION)
}
