//! Evaluators that were compiled before: machine code in one file and the memory it begins with in another, both mapped
//! rather than read.
//!
//! The engine's own cache would be read, unpacked and copied, which for an interpreter is most of what a start takes in
//! time and in memory.

#![expect(unsafe_code, reason = "machine code of a folder that is only this user's is trusted")]

use super::image::{self, Parted};
use super::known;
use super::memory::Stock;
use crate::whole;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use wasmtime::Engine;
use wasmtime::component::Component;

/// Bytes of compiled evaluators that are kept, the last used first. That of Python is 40 MB, and one in Rust less than one.
const KEPT: u64 = 512 << 20;

const CODE: &str = "code";
const MEMORY: &str = "memory";
const WORN: &str = "worn";

/// What compiling comes to.
pub(crate) type Compiled = (Component, Arc<Stock>);

/// Where the parts of one evaluator are.
pub(crate) struct Place {
    folder: PathBuf,
    name: String,
}

impl Place {
    /// In a folder that nobody else can write to, for a file with this digest and an engine with these settings.
    pub(crate) fn new(folder: &Path, digest: &str, engine: &Engine) -> Self {
        let mut settings = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut settings);
        Place {
            folder: known::folder(folder),
            name: format!("{digest}-{:016x}", settings.finish()),
        }
    }

    fn file(&self, part: &str) -> PathBuf {
        self.folder.join(format!("{}.{part}", self.name))
    }

    /// What is there, if all of it is and can be used.
    pub(crate) fn find(&self, engine: &Engine) -> Option<Compiled> {
        let memory = File::open(self.file(MEMORY)).ok()?;
        self.is_used();
        // SAFETY: only this user can write to the folder, and this program writes there what it has compiled, whole or
        // not at all.
        let component = unsafe { Component::deserialize_file(engine, self.file(CODE)) }.ok()?;
        Some((component, Stock::of_file(memory, Some(self.file(WORN))).ok()?))
    }

    /// Compiles, and keeps what that came to for the next start.
    pub(crate) fn fill(&self, engine: &Engine, parted: Parted) -> wasmtime::Result<Option<Compiled>> {
        let code = engine.precompile_component(&parted.component)?;
        let keep = || {
            private_folder(&self.folder)?;
            whole::write_durably(&self.file(MEMORY), &parted.memory)?;
            whole::write_durably(&self.file(CODE), &code)?;
            forget_old_ones(&self.folder, KEPT)
        };
        // A folder that is full or gone costs the next start its time, and this one nothing.
        let kept = keep();
        if let Err(error) = &kept {
            tracing::debug!("keep a compiled evaluator in {}: {error}", self.folder.display());
        }
        Ok(kept.ok().and_then(|()| self.find(engine)))
    }

    /// Dates it, since the one that has not been used for longest goes first. Where that fails it goes earlier.
    fn is_used(&self) {
        let dated = File::open(self.file(CODE)).and_then(|code| code.set_modified(SystemTime::now()));
        if let Err(error) = dated {
            tracing::debug!("date a compiled evaluator: {error}");
        }
    }
}

/// Removes what is beyond the bytes that are kept, and never what was used last.
fn forget_old_ones(folder: &Path, most: u64) -> io::Result<()> {
    let mut held = 0;
    for (place, code) in known::by_use(folder, CODE)?.into_iter().enumerate() {
        let parts = [CODE, MEMORY, WORN].map(|part| code.with_extension(part));
        let bytes = |part: &PathBuf| part.metadata().map_or(0, |about| about.len());
        held += parts.iter().map(bytes).sum::<u64>();
        if place > 0 && held > most {
            // Whoever has it mapped keeps it.
            for part in &parts {
                let _gone_already = fs::remove_file(part);
            }
        }
    }
    Ok(())
}

/// Parts and compiles a component; none where it cannot be parted. `tell` is called before it takes its time.
pub(crate) fn compile(
    engine: &Engine,
    bytes: Vec<u8>,
    place: Option<&Place>,
    tell: impl FnOnce(),
) -> wasmtime::Result<Result<Compiled, Vec<u8>>> {
    if let Some(found) = place.and_then(|place| place.find(engine)) {
        return Ok(Ok(found));
    }
    tell();
    let Some(parted) = image::part(&bytes) else {
        return Ok(Err(bytes));
    };
    // Tens of megabytes, and compiling wants room.
    drop(bytes);
    let stock = Stock::new(&parted.memory)?;
    if let Some(place) = place {
        let component = parted.component.clone();
        return Ok(Ok(match place.fill(engine, parted)? {
            Some(compiled) => compiled,
            None => (Component::from_binary(engine, &component)?, stock),
        }));
    }
    Ok(Ok((Component::from_binary(engine, &parted.component)?, stock)))
}

fn private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_was_not_used_for_longest_goes_first_and_what_was_used_last_never() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = |name: &str, part: &str| folder.path().join(format!("{name}.{part}"));
        for (age, name) in ["used", "next", "old", "oldest"].into_iter().enumerate() {
            for part in [CODE, MEMORY, WORN] {
                fs::write(path(name, part), [0; 100]).expect("a new file");
            }
            let code = File::open(path(name, CODE)).expect("the file");
            let used = SystemTime::now() - Duration::from_secs(60 * age as u64);
            code.set_modified(used).expect("it can be dated");
        }
        let left = |most| {
            forget_old_ones(folder.path(), most).expect("the folder can be read");
            let all = ["used", "next", "old", "oldest"];
            all.into_iter()
                .filter(|name| path(name, MEMORY).exists())
                .collect::<Vec<_>>()
        };
        assert_eq!(left(1200), ["used", "next", "old", "oldest"]);
        assert_eq!(left(700), ["used", "next"]);
        assert_eq!(left(1), ["used"], "however large it is");
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 3);
    }
}
