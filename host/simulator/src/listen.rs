//! The port and the connections to it, until the server is stopped.
//!
//! A restart closes the port and all connections, whatever is under way on them, and opens it again later. In between
//! the port is held without anybody listening, so that connecting is refused and nobody else can have it.

use crate::routes::{Client, Shared, routes};
use crate::wire::Connection;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use std::io;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// How long to wait before something is tried again that the system could not give.
const PAUSE: Duration = Duration::from_millis(50);

/// How many connections may wait to be taken.
const BACKLOG: u32 = 1024;

/// What the server is told.
#[derive(Debug)]
pub(crate) struct Restart {
    pub(crate) down_for: Duration,
    /// Told once nobody listens any more.
    pub(crate) down: oneshot::Sender<()>,
}

/// Serves until the other end of the orders is dropped, and then closes all connections.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>, mut orders: mpsc::Receiver<Restart>) {
    let gate = Arc::clone(&shared.gate);
    let until_stopped = async {
        let mut listener = listener;
        while let Some(restart) = take(&listener, &shared, &mut orders).await {
            match reopen(listener, &shared, restart, &mut orders).await {
                ControlFlow::Continue(reopened) => listener = reopened,
                ControlFlow::Break(()) => return,
            }
        }
    };
    tokio::select! {
        () = until_stopped => {}
        never = gate.run() => match never {},
    }
}

/// Takes connections until there is an order, or none can come any more. All connections are closed then.
async fn take(listener: &TcpListener, shared: &Arc<Shared>, orders: &mut mpsc::Receiver<Restart>) -> Option<Restart> {
    let mut connections = JoinSet::new();
    let order = loop {
        tokio::select! {
            order = orders.recv() => break order,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((tcp, _)) => drop(connections.spawn(connection(tcp, Arc::clone(shared)))),
                // Too many open files: some have to be closed first.
                Err(_) => sleep(PAUSE).await,
            },
        }
    };
    // What is closed one by one must not make room for one another.
    shared.gate.close();
    connections.shutdown().await;
    order
}

/// Closes the port for a while. Broken off if the server is stopped meanwhile.
async fn reopen(
    listener: TcpListener,
    shared: &Shared,
    restart: Restart,
    orders: &mut mpsc::Receiver<Restart>,
) -> ControlFlow<(), TcpListener> {
    let address = listener.local_addr();
    drop(listener);
    let mut reopened = pin!(async {
        let held = hold(address?).await;
        // Whoever told it may have stopped listening.
        let _ = restart.down.send(());
        sleep(restart.down_for).await;
        shared.gate.open();
        held.listen(BACKLOG)
    });
    loop {
        tokio::select! {
            reopened = &mut reopened => break reopened.map_or(ControlFlow::Break(()), ControlFlow::Continue),
            order = orders.recv() => match order {
                None => break ControlFlow::Break(()),
                // It is down already, and comes back when it was going to.
                Some(again) => drop(again.down.send(())),
            },
        }
    }
}

/// Has the port without listening on it.
async fn hold(address: SocketAddr) -> TcpSocket {
    loop {
        match bound(address) {
            Ok(socket) => return socket,
            // A connection of somebody else that was given the number in between.
            Err(_) => sleep(PAUSE).await,
        }
    }
}

fn bound(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // The connections that were just closed still have the port for a while.
    socket.set_reuseaddr(cfg!(unix))?;
    socket.bind(address)?;
    Ok(socket)
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
