//! Evaluators that were compiled before: machine code in one file and the memory it begins with in another, both mapped
//! rather than read.
//!
//! The engine's own cache would be read, unpacked and copied, which for an interpreter is most of what a start takes in
//! time and in memory.

#![expect(unsafe_code, reason = "machine code of a folder that is only this user's is trusted")]

use super::image::{self, Parted};
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

/// Evaluators that are kept. One is 40 MB, and few people have more than two versions of one.
const KEPT: usize = 4;

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
            folder: folder.join("evaluators"),
            name: format!("{digest}-{:016x}", settings.finish()),
        }
    }

    fn file(&self, part: &str) -> PathBuf {
        self.folder.join(format!("{}.{part}", self.name))
    }

    /// What is there, if all of it is and can be used.
    pub(crate) fn find(&self, engine: &Engine) -> Option<Compiled> {
        let memory = File::open(self.file(MEMORY)).ok()?;
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
            self.forget_old_ones()
        };
        // A folder that is full or gone costs the next start its time, and this one nothing.
        let kept = keep();
        if let Err(error) = &kept {
            tracing::debug!("keep a compiled evaluator in {}: {error}", self.folder.display());
        }
        Ok(kept.ok().and_then(|()| self.find(engine)))
    }

    fn forget_old_ones(&self) -> io::Result<()> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|part| part == CODE) {
                let written = path.metadata().and_then(|about| about.modified());
                found.push((written.unwrap_or(SystemTime::UNIX_EPOCH), path));
            }
        }
        found.sort();
        for (_, path) in found.iter().rev().skip(KEPT) {
            // Whoever has it mapped keeps it.
            let _ = fs::remove_file(path);
            let _ = fs::remove_file(path.with_extension(MEMORY));
            let _ = fs::remove_file(path.with_extension(WORN));
        }
        Ok(())
    }
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
