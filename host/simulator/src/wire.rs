//! One client's connection, which can be cut as a crash would cut it.

use crate::truth::Account;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, ready};
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// What an answer can do with the connection that it is written to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wire(Arc<State>);

#[derive(Debug, Default)]
struct State {
    reset: AtomicBool,
    flushed: Notify,
    book: Mutex<Book>,
}

/// What is kept of the connection for whoever wants to know the truth.
#[derive(Debug, Default)]
struct Book {
    /// When something was last read.
    heard: Option<Instant>,
    account: Option<Account>,
}

impl Wire {
    /// From now on nothing is written, and the client sees a reset as soon as the connection is dropped.
    pub(crate) fn reset(&self) {
        self.0.reset.store(true, Ordering::Relaxed);
    }

    /// Ends once all that was handed to the connection is written to it. Whoever waits has to be what the connection
    /// waits for: it flushes when there is nothing more to write.
    pub(crate) async fn flushed(&self) {
        self.0.flushed.notified().await;
    }

    /// When the last of the request came.
    pub(crate) fn heard(&self) -> Instant {
        self.book().heard.unwrap_or_else(Instant::now)
    }

    /// Keeps account of the question that is answered next.
    pub(crate) fn keep(&self, account: Account) {
        self.book().account = Some(account);
    }

    /// Adds to the account, if one is kept.
    pub(crate) fn note(&self, what: impl FnOnce(&mut Account)) {
        if let Some(account) = &mut self.book().account {
            what(account);
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.book.lock().expect("nobody panics while keeping account")
    }

    fn is_reset(&self) -> bool {
        self.0.reset.load(Ordering::Relaxed)
    }
}

/// The connection itself.
#[derive(Debug)]
pub(crate) struct Connection {
    tcp: TcpStream,
    wire: Wire,
}

impl Connection {
    pub(crate) fn new(tcp: TcpStream) -> (Self, Wire) {
        let wire = Wire::default();
        let connection = Connection {
            tcp,
            wire: wire.clone(),
        };
        (connection, wire)
    }

    fn open(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        if self.wire.is_reset() {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(Pin::new(&mut self.tcp))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.wire.is_reset() {
            // A close without lingering is a reset. Should the system refuse, the client still sees a bare end.
            let _ = self.tcp.set_zero_linger();
        }
        self.wire.book().account = None;
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(self.open()?.poll_read(cx, buf))?;
        if buf.filled().len() > before {
            self.wire.book().heard = Some(Instant::now());
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let wrote = ready!(self.open()?.poll_write(cx, buf))?;
        self.wire.note(|account| account.writes(Instant::now()));
        Poll::Ready(Ok(wrote))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wrote = ready!(self.open()?.poll_write_vectored(cx, bufs))?;
        self.wire.note(|account| account.writes(Instant::now()));
        Poll::Ready(Ok(wrote))
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = self.open()?.poll_flush(cx);
        if let Poll::Ready(written) = &flushed {
            let mut book = self.wire.book();
            // Where it failed nothing has come of what was handed over.
            if written.is_ok() && book.account.as_mut().is_some_and(Account::flushed) {
                book.account = None;
            }
            drop(book);
            self.wire.0.flushed.notify_waiters();
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.open()?.poll_shutdown(cx)
    }
}
