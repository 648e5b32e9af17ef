//! Where things are on this machine.

use anyhow::{Context, Result, bail};
use directories::ProjectDirs;
use std::env;
use std::path::{Path, PathBuf};

/// Folders of the user's and of the installation.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    data: PathBuf,
    cache: PathBuf,
    /// Where the binary is; plugins and cassettes that come with it are beside it.
    beside: Option<PathBuf>,
    plugin_path: Vec<PathBuf>,
}

impl Places {
    /// `data` is what the user named in the place of the usual folder.
    pub(crate) fn find(data: Option<&Path>) -> Result<Self> {
        let usual = ProjectDirs::from("", "", "koderz");
        let none = "this system names no home folder\nhint: --data-dir and KODERZ_CACHE_DIR name folders";
        let variable = env::var_os("KODERZ_DATA_DIR").filter(|value| !value.is_empty());
        let data = match data.map(Path::to_owned).or(variable.map(PathBuf::from)) {
            Some(data) => data,
            None => usual.as_ref().context(none)?.data_dir().to_owned(),
        };
        if data.exists() && !data.is_dir() {
            bail!(
                "the data folder {} is not a folder\nhint: --data-dir and KODERZ_DATA_DIR name one",
                data.display()
            );
        }
        let cache = match env::var_os("KODERZ_CACHE_DIR").filter(|value| !value.is_empty()) {
            Some(cache) => PathBuf::from(cache),
            None => usual.as_ref().context(none)?.cache_dir().to_owned(),
        };
        let beside = env::current_exe()
            .ok()
            .and_then(|binary| binary.parent().map(Path::to_owned));
        let plugin_path = env::var_os("KODERZ_PLUGIN_PATH")
            .map(|path| {
                env::split_paths(&path)
                    .filter(|folder| !folder.as_os_str().is_empty())
                    .collect()
            })
            .unwrap_or_default();
        Ok(Places {
            data,
            cache,
            beside,
            plugin_path,
        })
    }

    /// The record of all runs.
    pub(crate) fn record(&self) -> PathBuf {
        self.data.join("runs.db")
    }

    /// The report of a run.
    pub(crate) fn report(&self, run: &str) -> PathBuf {
        self.data.join("reports").join(format!("{run}.html"))
    }

    /// Compiled plugins, which can be thrown away.
    pub(crate) fn compiled(&self) -> PathBuf {
        self.cache.join("compiled")
    }

    /// What programs came to, which can be found out again.
    pub(crate) fn verdicts(&self) -> PathBuf {
        self.cache.join("verdicts")
    }

    /// What suites' own answers cost, which can be found out again.
    pub(crate) fn self_tests(&self) -> PathBuf {
        self.cache.join("self-tests")
    }

    /// Folders with plugins, the one that takes precedence first.
    pub(crate) fn plugins(&self) -> Vec<PathBuf> {
        self.plugin_path.iter().cloned().chain(self.own("plugins")).collect()
    }

    /// The folder of the user's own plugins.
    pub(crate) fn own_plugins(&self) -> PathBuf {
        self.data.join("plugins")
    }

    /// Folders with recorded answers, the one that takes precedence first.
    pub(crate) fn cassettes(&self) -> Vec<PathBuf> {
        self.own("cassettes").collect()
    }

    fn own(&self, name: &str) -> impl Iterator<Item = PathBuf> {
        let beside = self.beside.as_ref().map(|folder| folder.join(name));
        [Some(self.data.join(name)), beside].into_iter().flatten()
    }
}
