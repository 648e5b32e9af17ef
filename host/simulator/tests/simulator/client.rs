//! A client that shows what came over the wire, and how it ended.

use crate::PATIENCE;
use koderz_simulator::Server;
use serde_json::Value;
use std::io::{self, ErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub(crate) struct Client {
    tcp: TcpStream,
    read: Vec<u8>,
}

/// What came.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
    /// Whether the body came to its own end, or how it was cut off.
    pub(crate) end: Result<(), ErrorKind>,
}

impl Client {
    pub(crate) async fn connect(server: &Server) -> Self {
        let tcp = TcpStream::connect(server.address()).await.expect("a connection");
        Client { tcp, read: Vec::new() }
    }

    pub(crate) async fn ask(&mut self, method: &str, path: &str, body: &str) -> Reply {
        self.send(method, path, body).await;
        self.reply(method).await.expect("an answer")
    }

    pub(crate) async fn send(&mut self, method: &str, path: &str, body: &str) {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        self.write(&head).await;
        self.write(body).await;
    }

    pub(crate) async fn write(&mut self, text: &str) {
        timeout(PATIENCE, self.tcp.write_all(text.as_bytes()))
            .await
            .expect("a write in time")
            .expect("a connection");
    }

    /// Reads an answer; an error if not even its head comes.
    pub(crate) async fn reply(&mut self, method: &str) -> Result<Reply, ErrorKind> {
        let head = self.until(b"\r\n\r\n").await?;
        let mut lines = head.lines();
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1)?.parse().ok())
            .expect("a status");
        let headers: Vec<String> = lines.filter(|line| !line.is_empty()).map(str::to_owned).collect();
        let header = |name: &str| headers.iter().find_map(|header| header.strip_prefix(name));
        let mut body = Vec::new();
        let end = if method == "HEAD" {
            Ok(())
        } else if let Some(length) = header("Content-Length: ") {
            self.exactly(length.parse().expect("a length"), &mut body).await
        } else {
            assert_eq!(header("Transfer-Encoding: "), Some("chunked"), "{headers:?}");
            self.chunks(&mut body).await
        };
        Ok(Reply {
            status,
            headers,
            // A chunk may end inside of a character, the body does not.
            body: String::from_utf8(body).expect("text"),
            end,
        })
    }

    /// Reads up to where a text has come, for looking at an answer that does not end.
    pub(crate) async fn until(&mut self, end: &[u8]) -> Result<String, ErrorKind> {
        loop {
            let at = self.read.windows(end.len()).position(|window| window == end);
            if let Some(at) = at {
                let taken = self.read.drain(..at + end.len()).collect();
                return Ok(String::from_utf8(taken).expect("text"));
            }
            self.more().await?;
        }
    }

    async fn chunks(&mut self, body: &mut Vec<u8>) -> Result<(), ErrorKind> {
        loop {
            let size = self.until(b"\r\n").await?;
            let size = usize::from_str_radix(size.trim(), 16).expect("a size");
            self.exactly(size, body).await?;
            self.until(b"\r\n").await?;
            if size == 0 {
                return Ok(());
            }
        }
    }

    async fn exactly(&mut self, size: usize, body: &mut Vec<u8>) -> Result<(), ErrorKind> {
        while self.read.len() < size {
            self.more().await?;
        }
        body.extend(self.read.drain(..size));
        Ok(())
    }

    async fn more(&mut self) -> Result<(), ErrorKind> {
        let read = timeout(PATIENCE, self.tcp.read_buf(&mut self.read))
            .await
            .expect("a read in time");
        match read.map_err(|error: io::Error| error.kind())? {
            0 => Err(ErrorKind::UnexpectedEof),
            _ => Ok(()),
        }
    }
}

impl Reply {
    /// The body with `T` for every time.
    pub(crate) fn masked(&self) -> String {
        masked(&self.body)
    }

    pub(crate) fn lines(&self) -> Vec<Value> {
        let lines = self.body.lines();
        lines.map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    /// All that the lines of an answer to `/api/generate` say.
    pub(crate) fn text(&self) -> String {
        let said = |line: &Value| line["response"].as_str().map(str::to_owned);
        self.lines().iter().filter_map(said).collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let headers = self.headers.iter().filter_map(|header| header.split_once(": "));
        headers
            .into_iter()
            .find_map(|(key, value)| (key == name).then_some(value))
    }

    /// Status, kind and text of a refusal.
    pub(crate) fn told(&self) -> (u16, &str, &str) {
        (self.status, self.header("Content-Type").unwrap_or(""), &self.body)
    }
}

/// A text with `T` for every time that looks like Ollama's.
pub(crate) fn masked(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("_at\":\"") {
        let (before, from) = rest.split_at(at + "_at\":\"".len());
        let (time, after) = from.split_once('"').expect("an end");
        assert!(is_time(time), "{time}");
        out = out + before + "T\"";
        rest = after;
    }
    out + rest
}

/// `2026-11-24T07:00:36.264281688Z`, with up to nine digits of a second.
fn is_time(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let fraction = shape
        .strip_prefix("0000-00-00T00:00:00")
        .and_then(|rest| rest.strip_suffix('Z'));
    fraction.is_some_and(|fraction| fraction.len() <= 10 && fraction.trim_start_matches('.').chars().all(|c| c == '0'))
}
