//! What a program writes: kept up to a bound for both streams together, and an end to the program beyond it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::AsyncWrite;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

use super::budget::Overrun;

#[derive(Default)]
struct Kept {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    overrun: bool,
}

/// What was written so far. Clones share it.
#[derive(Clone)]
pub(crate) struct Captured {
    most: usize,
    kept: Arc<Mutex<Kept>>,
}

/// One of the two streams.
#[derive(Clone)]
pub(crate) struct Stream {
    captured: Captured,
    stderr: bool,
}

impl Captured {
    pub(crate) fn at_most(bytes: u64) -> Self {
        let most = usize::try_from(bytes).unwrap_or(usize::MAX);
        Captured {
            most,
            kept: Arc::default(),
        }
    }

    pub(crate) fn stdout(&self) -> Stream {
        Stream {
            captured: self.clone(),
            stderr: false,
        }
    }

    pub(crate) fn stderr(&self) -> Stream {
        Stream {
            captured: self.clone(),
            stderr: true,
        }
    }

    /// Keeps what fits; false where not all of it does.
    pub(crate) fn write(&self, stderr: bool, bytes: &[u8]) -> bool {
        let mut kept = self.lock();
        let room = self.most.saturating_sub(kept.stdout.len() + kept.stderr.len());
        let taken = &bytes[..bytes.len().min(room)];
        match stderr {
            true => kept.stderr.extend_from_slice(taken),
            false => kept.stdout.extend_from_slice(taken),
        }
        kept.overrun |= taken.len() < bytes.len();
        taken.len() == bytes.len()
    }

    /// Whether more was written than may be.
    pub(crate) fn overrun(&self) -> bool {
        self.lock().overrun
    }

    /// Both streams.
    pub(crate) fn take(&self) -> (Vec<u8>, Vec<u8>) {
        let mut kept = self.lock();
        (std::mem::take(&mut kept.stdout), std::mem::take(&mut kept.stderr))
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Pollable for Stream {
    async fn ready(&mut self) {}
}

impl OutputStream for Stream {
    fn write(&mut self, bytes: bytes::Bytes) -> StreamResult<()> {
        match self.captured.write(self.stderr, &bytes) {
            true => Ok(()),
            false => Err(StreamError::Trap(Overrun::Output.into())),
        }
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        // More than fits, so that the write that goes too far is seen as one.
        Ok(64 << 10)
    }
}

impl IsTerminal for Stream {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Stream {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        // Only later versions of WASI ask for this, and they are not linked.
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_streams_share_one_bound_and_what_fits_is_kept() {
        let captured = Captured::at_most(10);
        assert!(captured.stdout().write("123456".into()).is_ok());
        assert!(!captured.overrun());
        assert!(captured.stderr().write("abcdef".into()).is_err());
        assert!(captured.overrun());
        assert_eq!(captured.take(), (b"123456".to_vec(), b"abcd".to_vec()));
    }
}
