//! Who may write a run: whoever holds the system's lock on `runs/<id>.lock`.
//!
//! The system lets go of a lock when its process ends, however it ends. The files stay as long as their runs, because
//! removing one would let two processes lock two files of the same name.

use crate::{RecordError, RunId};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The claim of this process to a run, held until it is dropped.
#[derive(Debug)]
pub(crate) struct RunLock {
    held: File,
}

impl Drop for RunLock {
    /// Lets go by itself rather than by closing the file, which a process that is just being started may have inherited.
    fn drop(&mut self) {
        // The system does it in any case, a little later.
        let _ = self.held.unlock();
    }
}

/// Who writes a run at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writer {
    Nobody,
    Somebody { pid: Option<u32> },
}

/// Whoever looks whether a run is being written takes a shared lock for some microseconds, and is not to be mistaken for
/// a writer.
const LOOKS: u32 = 20;
const LOOK: Duration = Duration::from_millis(5);

impl RunLock {
    /// Claims a run of a record.
    pub(crate) fn take(record: &Path, run: &RunId) -> Result<Self, RecordError> {
        let path = path(record, run);
        let mut file = create(&path).map_err(RecordError::file(&path))?;
        for _ in 0..LOOKS {
            match file.try_lock() {
                Ok(()) => {
                    sign(&mut file).map_err(RecordError::file(&path))?;
                    return Ok(RunLock { held: file });
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(LOOK),
                Err(TryLockError::Error(source)) => return Err(RecordError::file(&path)(source)),
            }
        }
        Err(RecordError::Busy {
            run: run.clone(),
            pid: signature(&path),
        })
    }

    /// Lets go of a run that is there no more, and of its file. Whoever waits for this lock looks for the run once more
    /// when it has got it.
    pub(crate) fn retire(self, record: &Path, run: &RunId) {
        // A file that cannot be removed means nothing.
        let _ = std::fs::remove_file(path(record, run));
    }
}

/// Who writes a run of a record.
pub(crate) fn writer(record: &Path, run: &RunId) -> Result<Writer, RecordError> {
    let path = path(record, run);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Writer::Nobody),
        Err(error) => return Err(RecordError::file(&path)(error)),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(Writer::Nobody),
        Err(TryLockError::WouldBlock) => Ok(Writer::Somebody { pid: signature(&path) }),
        Err(TryLockError::Error(source)) => Err(RecordError::file(&path)(source)),
    }
}

fn path(record: &Path, run: &RunId) -> PathBuf {
    record.with_file_name("runs").join(format!("{run}.lock"))
}

fn create(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        crate::schema::create_folder(folder)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    crate::schema::private(&mut options);
    options.open(path)
}

fn sign(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())
}

/// The process that signed; none on systems where a locked file cannot be read.
fn signature(path: &Path) -> Option<u32> {
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}
