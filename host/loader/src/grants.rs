//! Data that a user grants to a plugin: files, each opened once and read by range.
//!
//! What a plugin reads is what the digest was taken of. The file stays open, so nothing that is put in its place is seen;
//! where it is written to, its length or its time of change shows that, and nothing more is read from it. A change that
//! leaves both as they were goes unnoticed until the file is opened again.

use crate::bindings::koderz::plugin::data;
use crate::digest;
use koderz_api::native::read;
use koderz_core::manifest::GrantUse;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use thiserror::Error;
use wasmtime::component::Resource;

/// The longest single read, in bytes: a plugin streams instead of slurping.
const LONGEST: u32 = 1 << 20;

/// Why data cannot be granted.
#[derive(Debug, Error)]
pub enum GrantError {
    /// The file cannot be read.
    #[error("read {path}, which is granted as `{name}`")]
    Read {
        /// What it is granted as.
        name: String,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is a folder, a pipe or a device.
    #[error("{path}, which is granted as `{name}`, is not a file")]
    NotAFile {
        /// What it is granted as.
        name: String,
        /// What was named.
        path: PathBuf,
    },
    /// Somebody writes to it.
    #[error("{path}, which is granted as `{name}`, is being written to")]
    Changing {
        /// What it is granted as.
        name: String,
        /// The file.
        path: PathBuf,
    },
}

/// What a plugin is granted. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Grants(Arc<[Arc<Source>]>);

#[derive(Debug)]
struct Source {
    usage: GrantUse,
    state: State,
    file: Mutex<File>,
}

/// What shows that a file was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    length: u64,
    changed: Option<SystemTime>,
}

impl Grants {
    /// Opens files by the names that they are granted as, and takes their digests.
    ///
    /// # Errors
    /// If one cannot be read from its beginning to its end.
    pub fn open<'a>(named: impl IntoIterator<Item = (&'a str, &'a Path)>) -> Result<Self, GrantError> {
        let opened: Result<Vec<Arc<Source>>, GrantError> = named
            .into_iter()
            .map(|(name, path)| Source::open(name, path).map(Arc::new))
            .collect();
        Ok(Grants(opened?.into()))
    }

    /// These, and others after them.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        Grants(self.0.iter().chain(&*others.0).cloned().collect())
    }

    /// How they are named in a run's manifest.
    pub fn usage(&self) -> Vec<GrantUse> {
        self.0.iter().map(|source| source.usage.clone()).collect()
    }
}

impl Source {
    fn open(name: &str, path: &Path) -> Result<Self, GrantError> {
        let (name, path) = (name.to_owned(), path.to_owned());
        let failed = |source| GrantError::Read {
            name: name.clone(),
            path: path.clone(),
            source,
        };
        // Asked before it is opened: opening a pipe waits for whoever writes to it.
        if !std::fs::metadata(&path).map_err(failed)?.is_file() {
            return Err(GrantError::NotAFile { name, path });
        }
        let mut file = File::open(&path).map_err(failed)?;
        let state = State::of(&file).map_err(failed)?;
        let digest = digest::of_all(&mut file).map_err(failed)?;
        if State::of(&file).map_err(failed)? != state {
            return Err(GrantError::Changing { name, path });
        }
        // In full, because the run may be gone on with elsewhere.
        let shown = std::path::absolute(&path).unwrap_or(path);
        Ok(Source {
            usage: GrantUse {
                name,
                file: shown.display().to_string(),
                digest,
            },
            state,
            file: Mutex::new(file),
        })
    }

    fn read(&self, offset: u64, length: u32) -> Result<Vec<u8>, data::DataError> {
        let end = offset.checked_add(u64::from(length));
        if length > LONGEST || end.is_none_or(|end| end > self.state.length) {
            return Err(data::DataError::OutOfRange);
        }
        let unreadable = |what: &dyn std::fmt::Display| {
            let GrantUse { name, file, .. } = &self.usage;
            tracing::warn!("{file}, which is granted as `{name}`: {what}");
            data::DataError::Unreadable
        };
        let mut bytes = vec![0; length as usize];
        // What a panic leaves behind is a file at another place, and each read begins by going to its own.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(|error| unreadable(&error))?;
        // Asked after the read, so that what is handed over was there before any change.
        match State::of(&file) {
            Ok(state) if state == self.state => Ok(bytes),
            Ok(_) => Err(unreadable(&"it was written to since its digest was taken")),
            Err(error) => Err(unreadable(&error)),
        }
    }
}

impl State {
    fn of(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        Ok(State {
            length: metadata.len(),
            changed: metadata.modified().ok(),
        })
    }
}

/// The way of one instance to what its plugin is granted. A handle is a place in the list of grants, so an instance can
/// open a blob as often as it likes and there is nothing to close.
#[derive(Default)]
pub(crate) struct Blobs(Grants);

impl Blobs {
    pub(crate) fn new(grants: &Grants) -> Self {
        Blobs(grants.clone())
    }

    /// The length of what is granted by a name.
    pub(crate) fn length_of(&self, name: &str) -> Option<u64> {
        self.named(name).map(|source| source.state.length)
    }

    /// A part of what is granted by a name; the error is a status of the native interface.
    pub(crate) fn read_of(&self, name: &str, offset: u64, length: u32) -> Result<Vec<u8>, u32> {
        let source = self.named(name).ok_or(read::NOT_GRANTED)?;
        source.read(offset, length).map_err(|error| match error {
            data::DataError::NotGranted => read::NOT_GRANTED,
            data::DataError::OutOfRange => read::OUT_OF_RANGE,
            data::DataError::Unreadable => read::UNREADABLE,
        })
    }

    fn named(&self, name: &str) -> Option<&Source> {
        let named = self.0.0.iter().find(|source| source.usage.name == name);
        named.map(|source| &**source)
    }

    fn source(&self, blob: &Resource<data::Blob>) -> Option<&Source> {
        self.0.0.get(blob.rep() as usize).map(|source| &**source)
    }
}

impl data::Host for Blobs {}

impl data::HostBlob for Blobs {
    fn open(&mut self, name: String) -> Result<Resource<data::Blob>, data::DataError> {
        let place = self.0.0.iter().position(|source| source.usage.name == name);
        let place = place.and_then(|place| u32::try_from(place).ok());
        place.map(Resource::new_own).ok_or(data::DataError::NotGranted)
    }

    fn length(&mut self, blob: Resource<data::Blob>) -> u64 {
        self.source(&blob).map_or(0, |source| source.state.length)
    }

    fn read(&mut self, blob: Resource<data::Blob>, offset: u64, length: u32) -> Result<Vec<u8>, data::DataError> {
        let source = self.source(&blob).ok_or(data::DataError::NotGranted)?;
        source.read(offset, length)
    }

    fn drop(&mut self, _blob: Resource<data::Blob>) -> wasmtime::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use data::HostBlob;
    use std::fs;

    fn granted(path: &Path) -> Blobs {
        Blobs::new(&Grants::open([("some", path)]).expect("a file"))
    }

    #[test]
    fn a_plugin_reads_ranges_of_what_it_is_granted_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("data");
        fs::write(&path, b"0123456789").expect("a file");
        let mut blobs = granted(&path);
        assert!(matches!(
            blobs.open("other".to_owned()),
            Err(data::DataError::NotGranted)
        ));
        let mut open = || blobs.open("some".to_owned()).expect("it is granted");
        let (first, second, third) = (open(), open(), open());
        assert_eq!(blobs.length(first), 10);
        assert_eq!(blobs.read(second, 3, 4).expect("inside"), b"3456");
        assert_eq!(blobs.read(third, 10, 0).expect("the end"), b"");
    }

    #[test]
    fn what_is_not_inside_or_too_much_at_once_is_out_of_range() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("data");
        fs::write(&path, vec![0; 3 << 20]).expect("a file");
        let mut blobs = granted(&path);
        for (offset, length) in [(u64::MAX, 1), (3 << 20, 1), ((3 << 20) - 1, 2), (0, LONGEST + 1)] {
            let blob = blobs.open("some".to_owned()).expect("it is granted");
            assert!(matches!(
                blobs.read(blob, offset, length),
                Err(data::DataError::OutOfRange)
            ));
        }
    }

    #[test]
    fn a_file_that_is_written_to_is_not_read_any_more_and_one_put_in_its_place_is_not_seen() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (replaced, changed) = (folder.path().join("replaced"), folder.path().join("changed"));
        for path in [&replaced, &changed] {
            fs::write(path, b"before").expect("a file");
        }
        let (mut first, mut second) = (granted(&replaced), granted(&changed));
        fs::write(folder.path().join("new"), b"after!").expect("a file");
        fs::rename(folder.path().join("new"), &replaced).expect("it is put in its place");
        fs::write(&changed, b"after that").expect("it is written to");
        let blob = first.open("some".to_owned()).expect("it is granted");
        assert_eq!(first.read(blob, 0, 6).expect("what was there"), b"before");
        let blob = second.open("some".to_owned()).expect("it is granted");
        assert!(matches!(second.read(blob, 0, 6), Err(data::DataError::Unreadable)));
    }

    #[test]
    fn what_is_no_file_cannot_be_granted() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let refusal = |path: &Path| Grants::open([("some", path)]).expect_err("refused");
        assert!(matches!(refusal(folder.path()), GrantError::NotAFile { .. }));
        assert!(matches!(refusal(&folder.path().join("none")), GrantError::Read { .. }));
    }
}
