//! The port: where the dashboard listens, for how many at the same time, and until when.

use crate::routes::{Shared, routes};
use crate::shelf::Shelf;
use crate::token::Token;
use axum::serve::Listener;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, Sleep, sleep};

/// Connections at the same time; who comes beyond waits. A browser opens six.
const CONNECTIONS: usize = 64;

/// How long nothing may come or go on a connection: who says nothing keeps no place. Events have something every 15
/// seconds.
const IDLE: Duration = Duration::from_secs(60);

/// How long what is under way at the end is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// A dashboard that listens and does not answer yet.
#[derive(Debug)]
pub struct Dashboard {
    listener: TcpListener,
    address: SocketAddr,
    token: Token,
}

/// Why there is no dashboard.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DashboardError {
    /// Somebody else has the port.
    #[error("listen on 127.0.0.1:{port}: somebody else does\nhint: --port 0 takes any that is free")]
    PortTaken {
        /// The port.
        port: u16,
    },
    /// The system does not give the port for another reason.
    #[error("listen on 127.0.0.1:{port}")]
    Listen {
        /// The port.
        port: u16,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The system gives no random bits for the token.
    #[error("make a token")]
    Token(#[source] io::Error),
    /// No connections can be taken any more.
    #[error("serve the dashboard")]
    Serve(#[source] io::Error),
}

impl Dashboard {
    /// Listens on a port of 127.0.0.1; 0 for any that is free.
    ///
    /// # Errors
    /// If the port cannot be had.
    pub async fn bind(port: u16) -> Result<Self, DashboardError> {
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => DashboardError::PortTaken { port },
            _ => DashboardError::Listen { port, source },
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(failed)?;
        Ok(Dashboard {
            address: listener.local_addr().map_err(failed)?,
            listener,
            token: Token::new().map_err(|error| DashboardError::Token(io::Error::other(error)))?,
        })
    }

    /// Where it is, with the token without which it answers nobody.
    pub fn url(&self) -> String {
        format!("http://{}/{}/", self.address, self.token.as_str())
    }

    /// Shows a shelf until a future resolves. After that nothing of it is left, at most a second later.
    ///
    /// # Errors
    /// If connections cannot be taken any more.
    pub async fn serve(self, shelf: impl Shelf, until: impl Future<Output = ()>) -> Result<(), DashboardError> {
        let (stop, stopped) = watch::channel(());
        let shared = Shared::new(Arc::new(shelf), self.token, self.address.port(), stopped.clone());
        let bounded = Bounded {
            listener: self.listener,
            places: Arc::new(Semaphore::new(CONNECTIONS)),
        };
        let serve = axum::serve(bounded, routes(shared)).with_graceful_shutdown(gone(stopped));
        let mut serve = std::pin::pin!(serve.into_future());
        tokio::select! {
            served = &mut serve => return served.map_err(DashboardError::Serve),
            () = until => drop(stop),
        }
        match tokio::time::timeout(PATIENCE, serve).await {
            Ok(served) => served.map_err(DashboardError::Serve),
            // A browser that does not read what it has asked for.
            Err(_) => Ok(()),
        }
    }
}

/// Resolves when the dashboard is to end.
pub(crate) async fn gone(mut stopped: watch::Receiver<()>) {
    while stopped.changed().await.is_ok() {}
}

/// Takes connections as far as there are places.
struct Bounded {
    listener: TcpListener,
    places: Arc<Semaphore>,
}

impl Listener for Bounded {
    type Io = Placed;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Placed, SocketAddr) {
        let place = self.places.clone().acquire_owned().await.expect("it is never closed");
        let (stream, address) = Listener::accept(&mut self.listener).await;
        (Placed::new(stream, place), address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that has a place until it is closed, or has been idle for too long.
struct Placed {
    stream: TcpStream,
    idle: Pin<Box<Sleep>>,
    _place: OwnedSemaphorePermit,
}

impl Placed {
    fn new(stream: TcpStream, place: OwnedSemaphorePermit) -> Self {
        Placed {
            stream,
            idle: Box::pin(sleep(IDLE)),
            _place: place,
        }
    }

    /// What became of a read or a write, with the time that it takes in view.
    fn timed<T>(&mut self, context: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.idle.as_mut().reset(Instant::now() + IDLE);
            return polled;
        }
        self.idle
            .as_mut()
            .poll(context)
            .map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Placed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.timed(context, polled)
    }
}

impl AsyncWrite for Placed {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.timed(context, polled)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_keeps_no_place() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let places = Arc::new(Semaphore::new(1));
        let mut bounded = Bounded {
            listener,
            places: places.clone(),
        };
        let _silent = TcpStream::connect(address).await.expect("it listens");
        let (mut placed, _) = bounded.accept().await;
        assert_eq!(places.available_permits(), 0);
        let began = Instant::now();
        let error = placed.read_u8().await.expect_err("nothing comes");
        assert_eq!((error.kind(), began.elapsed() >= IDLE), (io::ErrorKind::TimedOut, true));
        drop(placed);
        assert_eq!(places.available_permits(), 1);
    }
}
