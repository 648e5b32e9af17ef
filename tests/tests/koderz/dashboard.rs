//! `koderz dashboard`: what a browser gets of the record, and who gets it.

use koderz_tests::Koderz;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

mod browser;
mod door;
mod live;
mod pages;

/// Longer than any answer takes on a busy machine.
const LONGEST: Duration = Duration::from_secs(120);

/// A dashboard over the record of a user; it is killed when it is dropped.
struct Dashboard {
    process: Child,
    /// Such as `127.0.0.1:40279`.
    address: String,
    token: String,
}

/// What came back.
struct Answer {
    status: u16,
    /// In lower case.
    head: String,
    body: String,
}

impl Dashboard {
    fn of(koderz: &Koderz) -> Self {
        let mut process = koderz
            .command("dashboard")
            .stderr(Stdio::null())
            .spawn()
            .expect("koderz starts");
        let mut line = String::new();
        let stdout = process.stdout.as_mut().expect("its output");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let (address, token) = line
            .trim()
            .strip_prefix("http://")
            .and_then(|rest| rest.trim_end_matches('/').split_once('/'))
            .expect("an address");
        Dashboard {
            address: address.to_owned(),
            token: token.to_owned(),
            process,
        }
    }

    /// The address of a page.
    fn url(&self, page: &str) -> String {
        format!("http://{}/{}/{page}", self.address, self.token)
    }

    /// Sends a request and gives the connection.
    fn send(&self, method: &str, path: &str, host: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(LONGEST)).expect("a bound");
        // Of version 1.0, so that bodies come as they are and end with the connection.
        write!(stream, "{method} {path} HTTP/1.0\r\nHost: {host}\r\n\r\n").expect("it takes a request");
        stream
    }

    fn ask(&self, method: &str, path: &str, host: &str) -> Answer {
        let mut text = String::new();
        let mut stream = self.send(method, path, host);
        stream.read_to_string(&mut text).expect("an answer");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Answer {
            status: status.expect("a status"),
            head: head.to_lowercase(),
            body: body.to_owned(),
        }
    }

    /// A page, for whoever has the token.
    fn page(&self, page: &str) -> Answer {
        self.ask("GET", &format!("/{}/{page}", self.token), &self.address)
    }
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
