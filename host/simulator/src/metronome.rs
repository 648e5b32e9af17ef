//! A server whose answers leave at known times, for a client that wants to know its own error.
//!
//! Each answer has so many pieces at equal distances, and just before one is written its time is noted. It has a thread of its
//! own, so that a client whose tasks are late is not late together with it. It speaks as much HTTP as one client needs.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The longest request that is read.
const REQUEST: usize = 64 << 10;

/// Connections that are taken in all. A client that has not seen an answer's end yet makes another one for its next question.
const CONNECTIONS: usize = 16;

/// The longest that a client is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n";
const PIECE: &str = r#"{"model":"m","created_at":"T","message":{"role":"assistant","content":" x"},"done":false}"#;
const DONE: &str =
    r#"{"model":"m","created_at":"T","message":{"role":"assistant","content":""},"done":true,"done_reason":"length"}"#;

/// When a question had come, and when each piece of its answer went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beats {
    /// When all of the question was read.
    pub heard: Instant,
    /// Just before each piece was written.
    pub written: Vec<Instant>,
}

/// Such a server.
#[derive(Debug)]
pub struct Metronome {
    address: SocketAddr,
    beats: Arc<Mutex<Vec<Beats>>>,
    clients: Arc<Mutex<Clients>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Clients {
    streams: Vec<TcpStream>,
    /// Nobody is served any more.
    unwanted: bool,
}

impl Metronome {
    /// Listens on a free port of this machine, for one client. Answers have so many pieces, at such a distance.
    ///
    /// # Errors
    /// If there is no port to listen on.
    pub fn start(pieces: u32, distance: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let beats = Arc::new(Mutex::new(Vec::new()));
        let clients = Arc::new(Mutex::new(Clients::default()));
        let (kept, awaited) = (beats.clone(), clients.clone());
        let accept = move || {
            let mut serving = Vec::new();
            while let Ok((stream, _)) = listener.accept() {
                if !greet(&awaited, &stream).unwrap_or(false) {
                    break;
                }
                let kept = kept.clone();
                // Whatever goes wrong here goes wrong for the client too, which says it.
                let serve = move || drop(serve(stream, pieces, distance, &kept));
                serving.extend(thread::Builder::new().name("metronome".to_owned()).spawn(serve));
            }
            for thread in serving {
                let _ = thread.join();
            }
        };
        Ok(Metronome {
            address,
            beats,
            clients,
            thread: Some(thread::Builder::new().name("metronome".to_owned()).spawn(accept)?),
        })
    }

    /// Where it listens, as a URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The times of all answers so far, in their order.
    pub fn beats(&self) -> Vec<Beats> {
        lock(&self.beats).clone()
    }
}

impl Drop for Metronome {
    fn drop(&mut self) {
        let mut clients = lock(&self.clients);
        clients.unwanted = true;
        for stream in clients.streams.drain(..) {
            // Who holds on to the connection is not waited for.
            let _ = stream.shutdown(Shutdown::Both);
        }
        drop(clients);
        // This is the one that is awaited.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Whether a client that has come is served.
fn greet(clients: &Mutex<Clients>, stream: &TcpStream) -> io::Result<bool> {
    let mut clients = lock(clients);
    let is_wanted = !clients.unwanted && clients.streams.len() < CONNECTIONS;
    if is_wanted {
        clients.streams.push(stream.try_clone()?);
    }
    Ok(is_wanted)
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers one question after the other until the client leaves.
fn serve(mut stream: TcpStream, pieces: u32, distance: Duration, beats: &Mutex<Vec<Beats>>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    while hear(&mut stream)? {
        let heard = Instant::now();
        let mut written = Vec::with_capacity(pieces as usize);
        for piece in 1..=pieces {
            let due = heard + distance * piece;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let bytes = match piece {
                1 => HEAD.to_owned() + &chunk(PIECE),
                _ => chunk(PIECE),
            };
            written.push(Instant::now());
            stream.write_all(bytes.as_bytes())?;
        }
        // Before the end is sent, so that a client that has it finds the times.
        lock(beats).push(Beats { heard, written });
        stream.write_all((chunk(DONE) + "0\r\n\r\n").as_bytes())?;
    }
    Ok(())
}

fn chunk(line: &str) -> String {
    format!("{:x}\r\n{line}\n\r\n", line.len() + 1)
}

/// Reads a request to its end; false where the client has left.
fn hear(stream: &mut TcpStream) -> io::Result<bool> {
    let mut request = Vec::new();
    let mut bytes = [0; 4096];
    loop {
        let read = stream.read(&mut bytes)?;
        request.extend_from_slice(&bytes[..read]);
        if read == 0 || request.len() > REQUEST {
            return Ok(false);
        }
        if is_whole(&request) {
            return Ok(true);
        }
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().ok())?
    });
    body.len() >= length.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_comes_in_pieces_whose_times_are_known() {
        let metronome = Metronome::start(3, Duration::from_millis(2)).expect("a port");
        let mut client = TcpStream::connect(metronome.address).expect("it listens");
        for number in 1..=2 {
            client
                .write_all(b"POST /api/chat HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}")
                .expect("it reads");
            let mut answer = String::new();
            let mut bytes = [0; 1024];
            while !answer.ends_with("0\r\n\r\n") {
                let read = client.read(&mut bytes).expect("it answers");
                answer += std::str::from_utf8(&bytes[..read]).expect("text");
            }
            assert_eq!(answer.matches(PIECE).count(), 3, "{answer}");
            let beats = metronome.beats();
            assert_eq!((beats.len(), beats[number - 1].written.len()), (number, 3));
            let first = beats[number - 1].written[0] - beats[number - 1].heard;
            assert!(first >= Duration::from_millis(2), "{first:?}");
        }
    }

    #[test]
    fn a_client_that_asks_over_another_connection_is_answered_there() {
        let metronome = Metronome::start(1, Duration::from_millis(1)).expect("a port");
        let mut clients = [(), ()].map(|()| TcpStream::connect(metronome.address).expect("it listens"));
        for client in clients.iter_mut().rev() {
            client
                .write_all(b"POST /api/chat HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}")
                .expect("it reads");
            client
                .read_exact(&mut [0; 100])
                .expect("it answers, though the other one is there");
        }
    }

    #[test]
    fn one_whose_client_holds_on_to_it_ends_in_the_middle_of_an_answer() {
        let hours = Duration::from_secs(10_000);
        let metronome = Metronome::start(1_000_000, Duration::from_millis(2)).expect("a port");
        let mut client = TcpStream::connect(metronome.address).expect("it listens");
        client
            .write_all(b"POST /api/chat HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}")
            .expect("it reads");
        client.set_read_timeout(Some(hours)).expect("a time");
        client.read_exact(&mut [0; 100]).expect("it answers");
        // Its thread has ended when this has, or it would answer for half an hour.
        drop(metronome);
        let mut rest = Vec::new();
        // What has come is read to its end, which may be a reset.
        let _ = client.read_to_end(&mut rest);
        assert!(rest.len() < 1_000_000, "{}", rest.len());
    }

    #[test]
    fn one_that_nobody_asks_ends() {
        drop(Metronome::start(1, Duration::from_millis(1)).expect("a port"));
    }
}
