//! The thread that writes one run.
//!
//! It takes the first entry that waits and all that wait behind it, writes them in one transaction, and acknowledges
//! them when the disk has them: the slower the disk, the more entries share a commit. After a failure it writes nothing
//! more, because an entry without the ones before it is no record.

use crate::journal::Progress;
use crate::lock::RunLock;
use crate::row::Row;
use crate::{RecordError, RunId};
use koderz_core::ports::JournalError;
use rusqlite::{Connection, TransactionBehavior, params};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::{mpsc, oneshot};

/// Entries of one transaction, so that the first of them does not wait for ever.
const MOST: usize = 512;

pub(crate) type Acknowledge = oneshot::Sender<Result<(), JournalError>>;

/// What the thread is told.
#[derive(Debug)]
pub(crate) enum Message {
    /// Write this, and say so.
    Write(Row, Option<Acknowledge>),
    /// Write what came before, end, and say so.
    Close(Acknowledge),
}

pub(crate) struct Writer {
    connection: Connection,
    place: Place,
    run: RunId,
    /// Of the entry written last; 0 before the first.
    seq: i64,
    progress: Arc<Progress>,
    _lock: RunLock,
}

#[derive(Default)]
struct Batch {
    rows: Vec<Row>,
    waiting: Vec<Acknowledge>,
    closing: Option<Acknowledge>,
}

impl Batch {
    fn add(&mut self, message: Message) {
        match message {
            Message::Write(row, waiting) => {
                self.rows.push(row);
                self.waiting.extend(waiting);
            }
            Message::Close(closing) => self.closing = Some(closing),
        }
    }

    fn is_complete(&self) -> bool {
        self.closing.is_some() || self.rows.len() >= MOST
    }
}

impl Writer {
    pub(crate) fn new(
        connection: Connection,
        path: &Path,
        run: &RunId,
        lock: RunLock,
        progress: Arc<Progress>,
    ) -> Result<Self, RecordError> {
        let seq = connection
            .query_row(
                "SELECT coalesce(max(seq), 0) FROM event WHERE run = ?1",
                [run.as_str()],
                |row| row.get(0),
            )
            .map_err(RecordError::database(path, "find the run's last event"))?;
        Ok(Writer {
            connection,
            place: Place::of(path)?,
            run: run.clone(),
            seq,
            progress,
            _lock: lock,
        })
    }

    /// Writes what comes until everybody is gone, it is told to close, or writing fails.
    pub(crate) fn run(mut self, mut entries: mpsc::Receiver<Message>) {
        while let Some(first) = entries.blocking_recv() {
            let mut batch = Batch::default();
            batch.add(first);
            while !batch.is_complete()
                && let Ok(next) = entries.try_recv()
            {
                batch.add(next);
            }
            let written = self.write(&batch.rows);
            if let Err(failure) = &written {
                tracing::error!("{failure}");
                // Before anybody hears of it: whoever finds the queue closed looks here for the reason.
                self.progress.failure.get_or_init(|| failure.clone());
            }
            for waiting in batch.waiting {
                // Whoever waited may have lost interest.
                let _ = waiting.send(written.clone());
            }
            if let Some(closing) = batch.closing {
                // The queue is refused and the run is free before the one who closes goes on.
                drop(entries);
                drop(self);
                let _ = closing.send(written);
                return;
            }
            if written.is_err() {
                return;
            }
        }
    }

    fn write(&mut self, rows: &[Row]) -> Result<(), JournalError> {
        if rows.is_empty() {
            return Ok(());
        }
        self.insert(rows).map_err(|error| self.place.failure(error))?;
        // A file that was deleted takes writes without complaint, and they are gone with this process.
        self.place.check()?;
        self.seq += rows.len() as i64;
        self.progress.transactions.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn insert(&mut self, rows: &[Row]) -> rusqlite::Result<()> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut insert = transaction.prepare(
            "INSERT INTO event (run, seq, at_ns, name, task, sample, go, body, host)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        for (row, seq) in rows.iter().zip(self.seq + 1..) {
            let trial = row.trial.as_ref();
            insert.execute(params![
                self.run.as_str(),
                seq,
                row.at_ns,
                row.name,
                trial.map(|trial| &trial.task),
                trial.map(|trial| trial.sample),
                trial.map(|trial| trial.go),
                row.body,
                row.host,
            ])?;
        }
        drop(insert);
        transaction.commit()
    }
}

/// The file as it was when the run was opened for writing.
struct Place {
    path: PathBuf,
    file: FileId,
}

impl Place {
    fn of(path: &Path) -> Result<Self, RecordError> {
        Ok(Place {
            path: path.to_owned(),
            file: FileId::of(path).map_err(RecordError::file(path))?,
        })
    }

    fn check(&self) -> Result<(), JournalError> {
        match FileId::of(&self.path) {
            Ok(file) if file == self.file => Ok(()),
            Ok(_) => Err(self.failure("it was replaced by another file")),
            Err(error) => Err(self.failure(error)),
        }
    }

    fn failure(&self, why: impl std::fmt::Display) -> JournalError {
        JournalError {
            message: format!("{}: {why}", self.path.display()),
        }
    }
}

/// What tells a file from another of the same name.
#[derive(Debug, PartialEq, Eq)]
struct FileId {
    #[cfg(unix)]
    device: u64,
    #[cfg(unix)]
    node: u64,
}

impl FileId {
    #[cfg(unix)]
    fn of(path: &Path) -> std::io::Result<Self> {
        use std::os::unix::fs::MetadataExt;
        let metadata = std::fs::metadata(path)?;
        Ok(FileId {
            device: metadata.dev(),
            node: metadata.ino(),
        })
    }

    /// Elsewhere a file that is open can neither be deleted nor replaced.
    #[cfg(not(unix))]
    fn of(path: &Path) -> std::io::Result<Self> {
        std::fs::metadata(path).map(|_| FileId {})
    }
}
