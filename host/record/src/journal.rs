//! How a run is written: entries go to one thread in the order in which they are handed over.
//!
//! What bounds it: a queue of fixed length, in front of which everybody waits, and the thread's one connection. A write
//! that fails ends the journal: whoever waits, and whoever comes later, is told why.

use crate::lock::RunLock;
use crate::row::Row;
use crate::writer::{Message, Writer};
use crate::{RecordError, RunId};
use koderz_core::event::Entry;
use koderz_core::ports::{Boxed, Journal, JournalError};
use rusqlite::Connection;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use tokio::sync::{mpsc, oneshot};

/// Entries that may wait to be written.
const QUEUE: usize = 1024;

/// What the thread lets others see of itself.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    pub(crate) failure: OnceLock<JournalError>,
    pub(crate) transactions: AtomicU64,
}

/// The journal of one run. While it lives, nobody else can write the run.
///
/// Every entry is handed to the disk at once, together with what else waits then; one that nobody waits for takes no
/// longer than the transaction before it and its own. A future of this journal that is dropped has either not handed its
/// entry over or will see it written. Dropping the journal writes what it was given, which blocks for one transaction.
#[derive(Debug)]
pub struct SqliteJournal {
    queue: Option<mpsc::Sender<Message>>,
    writer: Option<JoinHandle<()>>,
    progress: Arc<Progress>,
}

impl SqliteJournal {
    pub(crate) fn start(connection: Connection, path: &Path, run: &RunId, lock: RunLock) -> Result<Self, RecordError> {
        let progress = Arc::new(Progress::default());
        let writer = Writer::new(connection, path, run, lock, progress.clone())?;
        let (queue, entries) = mpsc::channel(QUEUE);
        let writer = thread::Builder::new()
            .name("koderz-record".to_owned())
            .spawn(move || writer.run(entries))
            .map_err(RecordError::file(path))?;
        Ok(SqliteJournal {
            queue: Some(queue),
            writer: Some(writer),
            progress,
        })
    }

    /// How many transactions were committed until now. Fewer than entries, where many were handed over at once.
    pub fn transactions(&self) -> u64 {
        self.progress.transactions.load(Ordering::Relaxed)
    }

    /// Writes what was handed over before and lets go of the run. Whatever comes after is refused.
    ///
    /// # Errors
    /// If anything could not be written.
    pub async fn close(&self) -> Result<(), JournalError> {
        let (closed, ended) = oneshot::channel();
        self.hand_over(Message::Close(closed)).await?;
        ended.await.map_err(|_| self.failure())?
    }

    async fn hand_over(&self, message: Message) -> Result<(), JournalError> {
        if let Some(failure) = self.progress.failure.get() {
            return Err(failure.clone());
        }
        match &self.queue {
            Some(queue) => queue.send(message).await.map_err(|_| self.failure()),
            None => Err(self.failure()),
        }
    }

    fn failure(&self) -> JournalError {
        let closed = || JournalError {
            message: "the journal is closed".to_owned(),
        };
        self.progress.failure.get().cloned().unwrap_or_else(closed)
    }
}

impl Journal for SqliteJournal {
    fn note(&self, entry: Entry) -> Boxed<'_, Result<(), JournalError>> {
        Box::pin(async move { self.hand_over(Message::Write(row(&entry)?, None)).await })
    }

    fn commit(&self, entry: Entry) -> Boxed<'_, Result<(), JournalError>> {
        Box::pin(async move {
            let (written, ended) = oneshot::channel();
            self.hand_over(Message::Write(row(&entry)?, Some(written))).await?;
            ended.await.map_err(|_| self.failure())?
        })
    }
}

impl Drop for SqliteJournal {
    fn drop(&mut self) {
        // Futures borrow the journal, so this was the only sender, and the thread ends when it has emptied the queue.
        self.queue = None;
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the thread that writes the record died");
        }
    }
}

fn row(entry: &Entry) -> Result<Row, JournalError> {
    Row::of(entry).map_err(|message| JournalError { message })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Record, schema};
    use koderz_core::event::Event;
    use std::time::Duration;

    fn entry(number: u64) -> Entry {
        Entry {
            at: Duration::from_nanos(number),
            host: None,
            event: Event::StageBegan {
                stage: format!("{number} {}", "x".repeat(2000)),
                warm_up: false,
                pacing: None,
            },
        }
    }

    #[tokio::test]
    async fn a_full_disk_loses_nothing_that_was_acknowledged_and_is_told_to_everybody_after() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("runs.db");
        let record = Record::open(&path).expect("a new record");
        let run: RunId = "full".parse().expect("an id");
        let connection = schema::open(&path).expect("the record");
        connection
            .execute(
                "INSERT INTO run (id, began, suite, model, manifest) VALUES ('full', '', '', '', '{}')",
                [],
            )
            .expect("a run");
        connection
            .pragma_update_and_check(None, "max_page_count", 40, |_| Ok(()))
            .expect("a small disk");
        let lock = RunLock::take(&path, &run).expect("nobody else writes");
        let journal = SqliteJournal::start(connection, &path, &run, lock).expect("a journal");

        let mut acknowledged = Vec::new();
        let failure = loop {
            let next = entry(acknowledged.len() as u64);
            match journal.commit(next.clone()).await {
                Ok(()) => acknowledged.push(next),
                Err(failure) => break failure,
            }
        };
        assert!(failure.message.contains("full"), "{failure}");
        assert!(acknowledged.len() > 10, "only {} fitted", acknowledged.len());
        assert_eq!(journal.note(entry(0)).await, Err(failure.clone()));
        assert_eq!(journal.commit(entry(0)).await, Err(failure.clone()));
        assert_eq!(journal.close().await, Err(failure));
        let read: Result<Vec<Entry>, _> = record.entries(&run).expect("the run is there").collect();
        assert_eq!(read.expect("every entry can be read"), acknowledged);
    }
}
