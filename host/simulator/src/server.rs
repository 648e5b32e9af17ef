//! The server: a port on the loopback address and the connections to it.

use crate::cassette::Cassette;
use crate::count::{Counts, Ledger};
use crate::fault::Fault;
use crate::library::Library;
use crate::pace::Pace;
use crate::residency::Residency;
use crate::routes::{Client, Shared, routes};
use crate::wire::Connection;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

/// How long to wait before another connection is taken, after the system could not give one.
const PAUSE: Duration = Duration::from_millis(50);

/// What a server is to be.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The port on 127.0.0.1; 0 for any that is free.
    pub port: u16,
    /// What it answers. Answers of one model may be in several of them.
    pub cassettes: Vec<Cassette>,
    /// How it fails, one after the other.
    pub faults: Vec<Fault>,
    /// How fast it answers.
    pub pace: Pace,
    /// How many questions to one model it answers at the same time, as `OLLAMA_NUM_PARALLEL` says for Ollama. The
    /// others wait in order.
    pub parallel: NonZeroU32,
}

impl Default for Setup {
    /// Any free port, no cassette, no fault, all at once, four questions at the same time.
    fn default() -> Self {
        Setup {
            port: 0,
            cassettes: Vec::new(),
            faults: Vec::new(),
            pace: Pace::Instant,
            parallel: NonZeroU32::new(4).expect("4 is not 0"),
        }
    }
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Somebody else has the port.
    #[error("listen on 127.0.0.1:{port}: somebody else does\nhint: port 0 takes any that is free")]
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
}

/// A server that runs until it is stopped or dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Dropping it ends the server.
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

impl Server {
    /// Starts a server on the runtime of the caller, who can connect to it as soon as this returns.
    ///
    /// # Errors
    /// If the port cannot be had.
    pub async fn start(setup: Setup) -> Result<Server, ServeError> {
        let port = setup.port;
        let listen = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => ServeError::PortTaken { port },
            _ => ServeError::Listen { port, source },
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let shared = Arc::new(Shared {
            library: Library::new(setup.cassettes, setup.parallel),
            faults: setup.faults,
            pace: setup.pace,
            ledger: Ledger::default(),
            residency: Residency::default(),
            since: Timestamp::now(),
        });
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(serve(listener, Arc::clone(&shared), stopped));
        Ok(Server {
            address,
            shared,
            stop,
            served,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as a URL, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it has seen so far.
    pub fn counts(&self) -> Counts {
        self.shared.ledger.counts()
    }

    /// How often each question was asked that was asked at all and has an answer. A question is written as the model's
    /// name with its tag, a blank, and the prompt or the messages as JSON.
    pub fn asked(&self) -> BTreeMap<String, u64> {
        self.shared.library.asked()
    }

    /// Stops it. Connections are closed whatever is under way on them, as when Ollama gets a SIGTERM; it takes no
    /// longer than that.
    pub async fn stop(self) {
        drop(self.stop);
        // It can only have ended otherwise with its runtime.
        let _ = self.served.await;
    }
}

/// Takes connections until the server is stopped, and then closes them all.
async fn serve(listener: TcpListener, shared: Arc<Shared>, mut stopped: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((tcp, _)) => drop(connections.spawn(connection(tcp, Arc::clone(&shared)))),
                // Too many open files: some have to be closed first.
                Err(_) => tokio::time::sleep(PAUSE).await,
            },
        }
    }
    drop(listener);
    connections.shutdown().await;
}

async fn connection(tcp: TcpStream, shared: Arc<Shared>) {
    // A token is sent when it is there. Without this the system may hold it back for the next one.
    let _ = tcp.set_nodelay(true);
    let (connection, wire) = Connection::new(tcp);
    let service = TowerToHyperService::new(routes(Client { shared, wire }));
    // How a connection ends is the client's doing, or a fault.
    let _ = http1::Builder::new()
        .title_case_headers(true)
        .serve_connection(TokioIo::new(connection), service)
        .await;
}
