//! The server: what it is to be, what it has seen, and what can be done to it.

use crate::about::VERSION;
use crate::cassette::Cassette;
use crate::count::{Counts, Ledger};
use crate::fault::Fault;
use crate::gate::Gate;
use crate::library::Library;
use crate::listen::{Restart, serve};
use crate::manner::Manner;
use crate::name;
use crate::pace::{Loads, Pace};
use crate::routes::Shared;
use crate::scheduler::Limits;
use crate::truth::Truth;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

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
    /// How long a load takes. If it takes any time, what answers say of their load and of their total is what it came
    /// to here; otherwise it is what was recorded.
    pub load: Duration,
    /// How many requests may wait behind the one whose model is loaded, or is made room for, as `OLLAMA_MAX_QUEUE` says.
    /// The others get a 503.
    pub max_queue: usize,
    /// How many models are in memory at the same time, as `OLLAMA_MAX_LOADED_MODELS` says; 0 if there is no bound.
    pub max_loaded: usize,
    /// What it says of its version. Another than [`VERSION`] makes clients take it for an Ollama.
    pub version: &'static str,
    /// How the models behave that answer anything.
    pub lorem: Manner,
    /// Where is written what really happened.
    pub truth: Option<Truth>,
}

impl Default for Setup {
    /// Any free port, no cassette, no fault, all at once, four questions at the same time. Loads take no time, any
    /// number of models is in memory, and 512 requests may wait for one.
    fn default() -> Self {
        Setup {
            port: 0,
            cassettes: Vec::new(),
            faults: Vec::new(),
            pace: Pace::Instant,
            parallel: NonZeroU32::new(4).expect("4 is not 0"),
            load: Duration::ZERO,
            max_queue: 512,
            max_loaded: 0,
            version: VERSION,
            lorem: Manner::default(),
            truth: None,
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

/// A model is not in memory, so nothing can be done to its runner.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("model `{model}` is not in memory\nhint: a question brings it there, and so does a load")]
pub struct NotLoaded {
    /// The model, as it was named.
    pub model: String,
}

/// A server that runs until it is stopped or dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Dropping it ends the server.
    orders: mpsc::Sender<Restart>,
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
        let limits = Limits {
            slots: usize::try_from(setup.parallel.get()).unwrap_or(usize::MAX),
            queue: setup.max_queue,
            models: Some(setup.max_loaded).filter(|most| *most > 0),
            load: setup.load,
        };
        let shared = Arc::new(Shared {
            library: Library::new(setup.cassettes, setup.faults, setup.lorem),
            pace: setup.pace,
            loads: match setup.load {
                Duration::ZERO => Loads::Recorded,
                _ => Loads::Simulated,
            },
            ledger: Ledger::default(),
            gate: Gate::new(limits),
            truth: setup.truth,
            since: Timestamp::now(),
            version: setup.version,
        });
        let (orders, ordered) = mpsc::channel(1);
        let served = tokio::spawn(serve(listener, Arc::clone(&shared), ordered));
        Ok(Server {
            address,
            shared,
            orders,
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
        let tally = self.shared.gate.tally();
        Counts {
            load_starts: tally.loads,
            aborted_loads: tally.aborted,
            evictions: tally.evicted,
            ..self.shared.ledger.counts()
        }
    }

    /// Waits until so many questions have come, whatever became of them.
    pub async fn have_come(&self, questions: u64) {
        self.shared.ledger.have_come(questions).await;
    }

    /// How often each question was asked that was asked at all and has an answer, if that is a recorded one. A question
    /// is written as the model's name with its tag, a blank, and the prompt or the messages as JSON.
    pub fn asked(&self) -> BTreeMap<String, u64> {
        self.shared.library.asked()
    }

    /// Stops serving for a while, as if the server had been killed and started again: all connections are closed
    /// whatever is under way on them, new ones are refused, and after that no model is in memory. What it has counted
    /// stays, and so does the turn of each answer.
    ///
    /// Returns once it is down. It comes up by itself.
    pub async fn restart(&self, down_for: Duration) {
        let (down, is_down) = oneshot::channel();
        if self.orders.send(Restart { down_for, down }).await.is_ok() {
            // It can only fail to say so if it has ended with its runtime.
            let _ = is_down.await;
        }
    }

    /// From now on nothing is generated: questions and loads are taken and never answered, and answers under way go no
    /// further. All else is answered as ever. A restart ends it.
    pub fn hang(&self) {
        self.shared.gate.stall();
    }

    /// For so long nothing is generated, and afterwards all goes on from where it was, unless its client has gone away.
    pub fn pause(&self, time: Duration) {
        self.shared.gate.pause(time);
    }

    /// For so long every question and every load is turned away with a 503, as if the requests of others had filled the
    /// queue. What is under way goes on. A restart ends it, and so does no time at all.
    pub fn turn_away(&self, time: Duration) {
        self.shared.gate.turn_away(time);
    }

    /// Loses one of a model's slots, as Ollama can when a client goes away at the wrong moment. With one slot the model
    /// answers nothing any more, and nothing else shows it. The slot comes back when the model is loaded anew, and it is
    /// not unloaded for as long as anybody waits for it.
    ///
    /// # Errors
    /// If the model is not in memory.
    pub fn wedge(&self, model: &str) -> Result<(), NotLoaded> {
        found(model, self.shared.gate.leak(&name::key(model)))
    }

    /// Ends a model's runner. What it answers ends in an error, and so does what waits for its slots. `/api/ps` shows it
    /// until the next request for it, which finds it dead and loads the model anew.
    ///
    /// # Errors
    /// If the model is not in memory, which it is not yet while it is being loaded.
    pub fn kill_runner(&self, model: &str) -> Result<(), NotLoaded> {
        found(model, self.shared.gate.kill(&name::key(model)))
    }

    /// Stops it. Connections are closed whatever is under way on them, as when Ollama gets a SIGTERM; it takes no
    /// longer than that.
    pub async fn stop(self) {
        drop(self.orders);
        // It can only have ended otherwise with its runtime.
        let _ = self.served.await;
    }
}

fn found(model: &str, is_there: bool) -> Result<(), NotLoaded> {
    let model = model.to_owned();
    if is_there { Ok(()) } else { Err(NotLoaded { model }) }
}
