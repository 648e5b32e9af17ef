//! A file that is written at the end, and whose place is tried at the beginning.

use anyhow::{Context, Result, anyhow};
use std::fs;
use std::path::{Path, PathBuf};

/// A place for a file. Nothing is seen there until the file is whole.
#[derive(Debug)]
pub(crate) struct Destination {
    path: PathBuf,
    unfinished: PathBuf,
}

impl Destination {
    /// Sees that a file can be written to a place.
    pub(crate) fn reserve(path: &Path) -> Result<Self> {
        let context = || format!("cannot write {}", path.display());
        let name = path.file_name().context("it names no file").with_context(context)?;
        let mut unfinished = name.to_owned();
        unfinished.push(".unfinished");
        let destination = Destination {
            path: path.to_owned(),
            unfinished: path.with_file_name(unfinished),
        };
        if path.is_dir() {
            return Err(anyhow!("it is a folder")).with_context(context);
        }
        if let Some(folder) = path.parent()
            && folder != Path::new("")
            && !folder.is_dir()
        {
            return Err(anyhow!("there is no folder {}", folder.display())).with_context(context);
        }
        fs::write(&destination.unfinished, []).with_context(context)?;
        Ok(destination)
    }

    /// Puts a text there.
    pub(crate) fn write(self, text: &str) -> Result<()> {
        fs::write(&self.unfinished, text)
            .and_then(|()| fs::rename(&self.unfinished, &self.path))
            .with_context(|| format!("cannot write {}", self.path.display()))
    }
}

impl Drop for Destination {
    fn drop(&mut self) {
        // Gone already where the file was written.
        let _ = fs::remove_file(&self.unfinished);
    }
}
