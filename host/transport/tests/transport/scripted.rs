//! A server that says what it was told to, byte for byte, and remembers what it was asked.

use koderz_api::chat::{Capture, Format, Prompt, Request, Sampling};
use koderz_api::transport::Failure;
use koderz_core::ports::{AttemptError, Question, Refusal};
use koderz_transport::{Address, Ollama, Options, Timeouts};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// What the server does on a connection once it has read a request.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Writes these bytes.
    Write(Vec<u8>),
    /// Closes the connection in order.
    Close,
    /// Closes it with a reset.
    Reset,
    /// Says nothing more until the client has gone.
    Hold,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Method and path.
    pub(crate) line: String,
    /// The headers, in lower case.
    pub(crate) headers: String,
    /// The body, null where there was none.
    pub(crate) body: Value,
}

/// The server. Requests are answered by the scripts in turn, the last one again and again.
pub(crate) struct Scripted {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    connections: Arc<AtomicUsize>,
    events: mpsc::UnboundedReceiver<Event>,
}

/// What a test may wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A request has been read.
    Asked,
    /// A client has closed a connection that is held.
    Gone,
}

impl Scripted {
    pub(crate) async fn new(scripts: Vec<Vec<Act>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
        let address = listener.local_addr().expect("its address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(AtomicUsize::new(0));
        let (told, events) = mpsc::unbounded_channel();
        let (notes, count) = (Arc::clone(&asked), Arc::clone(&connections));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(stream, scripts.clone(), Arc::clone(&notes), told.clone()));
            }
        });
        Scripted {
            address,
            asked,
            connections,
            events,
        }
    }

    /// A client of it.
    pub(crate) fn client(&self) -> Ollama {
        self.patient(Duration::from_secs(60))
    }

    /// A client of it that bears this much silence.
    pub(crate) fn patient(&self, silence: Duration) -> Ollama {
        client(&self.address.to_string(), silence)
    }

    /// A client of it that bears this much silence before the first byte, and this much between two.
    pub(crate) fn waiting(&self, first_byte: Duration, silence: Duration) -> Ollama {
        let timeouts = Timeouts {
            connect: first_byte,
            first_byte: Some(first_byte),
            silence,
        };
        self.with(timeouts, Options::default())
    }

    /// A client of it with these headers.
    pub(crate) fn with(&self, timeouts: Timeouts, options: Options) -> Ollama {
        let address = Address::parse(&self.address.to_string()).expect("an address");
        Ollama::with(address, timeouts, options).expect("a client")
    }

    /// What has been asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no panic while noting").clone()
    }

    /// Connections that were made to it.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Ends when this has happened.
    pub(crate) async fn saw(&mut self, event: Event) {
        while self.events.recv().await.expect("the server runs") != event {}
    }
}

/// An address where nobody listens any more.
pub(crate) async fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
    listener.local_addr().expect("its address").to_string()
}

/// A client that waits as long for a connection as it bears silence.
pub(crate) fn client(address: &str, silence: Duration) -> Ollama {
    let timeouts = Timeouts {
        connect: silence,
        silence,
        ..Timeouts::default()
    };
    Ollama::new(Address::parse(address).expect("an address"), timeouts).expect("a client")
}

async fn serve(
    mut stream: TcpStream,
    scripts: Vec<Vec<Act>>,
    asked: Arc<Mutex<Vec<Asked>>>,
    told: mpsc::UnboundedSender<Event>,
) {
    while let Some(request) = request(&mut stream).await {
        let turn = {
            let mut asked = asked.lock().expect("no panic while noting");
            asked.push(request);
            asked.len() - 1
        };
        // Nobody may be waiting for it, here and below.
        let _ = told.send(Event::Asked);
        let script = scripts.get(turn).or_else(|| scripts.last()).expect("a script");
        for act in script {
            match act {
                Act::Write(bytes) => {
                    if stream.write_all(bytes).await.is_err() {
                        return;
                    }
                }
                Act::Close => return,
                Act::Reset => {
                    stream.set_zero_linger().expect("a reset");
                    return;
                }
                Act::Hold => {
                    while stream.read(&mut [0; 64]).await.is_ok_and(|read| read > 0) {}
                    let _ = told.send(Event::Gone);
                    return;
                }
            }
        }
    }
}

/// Reads one request, or nothing if the client has gone.
async fn request(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
    let length: usize = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .map_or(0, |length| length.trim().parse().expect("a length"));
    while bytes.len() < head + 4 + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let line = String::from_utf8_lossy(&bytes[..head]);
    let line = line.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1");
    Some(Asked {
        line: line.to_owned(),
        headers: text,
        body: serde_json::from_slice(&bytes[head + 4..]).unwrap_or_default(),
    })
}

/// The head of a streamed answer.
pub(crate) fn streaming() -> Act {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n";
    Act::Write(head.into())
}

/// A chunk of it.
pub(crate) fn chunk(text: &str) -> Act {
    Act::Write(format!("{:x}\r\n{text}\r\n", text.len()).into_bytes())
}

/// Its clean end.
pub(crate) fn end() -> Act {
    Act::Write(b"0\r\n\r\n".to_vec())
}

/// A whole response.
pub(crate) fn whole(status: u16, headers: &str, body: &str) -> Vec<Act> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} Said\r\n{headers}content-length: {length}\r\n\r\n{body}");
    vec![Act::Write(head.into_bytes())]
}

/// A line of an answer with a piece of text.
pub(crate) fn piece(text: &str) -> String {
    format!(
        "{{\"model\":\"m\",\"response\":{},\"done\":false}}\n",
        Value::from(text)
    )
}

/// The last line of an answer.
pub(crate) const DONE: &str = concat!(
    r#"{"model":"m","response":"","done":true,"done_reason":"stop","total_duration":9,"load_duration":2,"#,
    r#""prompt_eval_count":3,"prompt_eval_duration":1,"eval_count":2,"eval_duration":4}"#,
    "\n"
);

pub(crate) fn question(prompt: Prompt) -> Question {
    let request = Request {
        slot: "subject".to_owned(),
        prompt,
        format: Format::Text,
        sampling: Sampling::default(),
        capture: Capture::default(),
        extra: None,
    };
    Question {
        model: "m".to_owned(),
        request,
        context_tokens: Some(2048),
    }
}

pub(crate) fn completion() -> Question {
    question(Prompt::Completion("one two".to_owned()))
}

pub(crate) fn failed<T: std::fmt::Debug>(result: Result<T, AttemptError>) -> Failure {
    match result {
        Err(AttemptError::Failed(failure)) => failure,
        other => panic!("no failure: {other:?}"),
    }
}

pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T, AttemptError>) -> Refusal {
    match result {
        Err(AttemptError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}
