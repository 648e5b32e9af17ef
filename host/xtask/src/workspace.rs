//! Where things are.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folders of this checkout.
pub(crate) struct Workspace {
    /// The checkout.
    pub(crate) root: PathBuf,
    /// Cargo's target folder.
    pub(crate) target: PathBuf,
}

impl Workspace {
    pub(crate) fn find() -> Result<Self> {
        let output = crate::process::output(
            cargo().args(["metadata", "--format-version", "1", "--no-deps", "--offline"]),
            "ask cargo for its folders",
        )?;
        let metadata: serde_json::Value =
            serde_json::from_str(&output).context("read what cargo says of its folders")?;
        let folder = |name: &str| {
            metadata[name]
                .as_str()
                .map(PathBuf::from)
                .with_context(|| format!("cargo metadata without `{name}`"))
        };
        Ok(Workspace {
            root: folder("workspace_root")?,
            target: folder("target_directory")?,
        })
    }

    /// What the set-up downloads and makes.
    pub(crate) fn setup(&self) -> PathBuf {
        self.target.join("setup")
    }

    /// Plugins as machine code, which is what a first start takes longest for.
    pub(crate) fn cache(&self) -> PathBuf {
        self.setup().join("cache")
    }

    /// Where the binary is built, and plugins and recorded answers beside it.
    pub(crate) fn binaries(&self) -> PathBuf {
        self.target.join("debug")
    }
}

/// The cargo that runs this.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Puts a file in place as a whole or not at all, so that a command that is cut off leaves nothing half made.
pub(crate) fn place(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("make folder {}", folder.display()))?;
    }
    let unfinished = to.with_extension("unfinished");
    std::fs::copy(from, &unfinished).with_context(|| format!("copy {} to {}", from.display(), to.display()))?;
    std::fs::rename(&unfinished, to).with_context(|| format!("put {} in place", to.display()))
}

/// The same for a text.
pub(crate) fn write(to: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("make folder {}", folder.display()))?;
    }
    let unfinished = to.with_extension("unfinished");
    std::fs::write(&unfinished, bytes).with_context(|| format!("write {}", unfinished.display()))?;
    std::fs::rename(&unfinished, to).with_context(|| format!("put {} in place", to.display()))
}

/// Removes a folder that may not be there.
pub(crate) fn remove(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}
