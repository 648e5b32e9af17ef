//! Files that are there as a whole or not at all, whoever is killed meanwhile.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Files that this process has begun: two threads may write the same one.
static BEGUN: AtomicU64 = AtomicU64::new(0);

/// Writes a file of which the machine may lose a part with its power: whoever reads it has to see that.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put(path, bytes, |_| Ok(()))
}

/// Writes a file that is on the disk before it has its name, for readers that could not tell.
#[cfg(target_os = "linux")]
pub(crate) fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put(path, bytes, File::sync_all)
}

fn put(path: &Path, bytes: &[u8], settle: impl FnOnce(&File) -> io::Result<()>) -> io::Result<()> {
    let unfinished = path.with_added_extension(format!(
        "{}-{}",
        std::process::id(),
        BEGUN.fetch_add(1, Ordering::Relaxed)
    ));
    let mut file = File::create(&unfinished)?;
    file.write_all(bytes)?;
    settle(&file)?;
    drop(file);
    fs::rename(unfinished, path)
}
