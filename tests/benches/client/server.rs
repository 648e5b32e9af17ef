//! The embedded server in a process of its own, for as long as its standard input is open.

use koderz_simulator::{Server, Setup, Truth};
use std::io::{BufRead, BufReader, Write};
use std::num::NonZeroU32;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tokio::runtime::Runtime;

/// More slots than any load needs, since it is the client that is measured.
const SLOTS: NonZeroU32 = NonZeroU32::new(64).expect("64 is not 0");

/// A server in a process of its own, which ends when this is dropped.
pub(crate) struct Started {
    process: Child,
    url: String,
}

impl Started {
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // It can only be gone already.
        let _ = self.process.wait();
    }
}

/// Starts this program once more, as the server, which may write down what really happened.
pub(crate) fn start(truth: Option<&Path>) -> Started {
    let mut process = Command::new(std::env::current_exe().expect("this program has a file"))
        .arg(crate::measured::SERVER)
        .args(truth)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the server starts");
    let mut url = String::new();
    BufReader::new(process.stdout.take().expect("a pipe"))
        .read_line(&mut url)
        .expect("the server says where it is");
    Started {
        process,
        url: url.trim_end().to_owned(),
    }
}

/// What that process does.
pub(crate) fn serve(truth: Option<&str>) {
    let runtime = Runtime::new().expect("a runtime");
    let setup = Setup {
        parallel: SLOTS,
        truth: truth.map(|path| Truth::create(Path::new(path)).expect("a file")),
        ..Setup::default()
    };
    let server = runtime.block_on(Server::start(setup)).expect("a server");
    println!("{}", server.url());
    std::io::stdout().flush().expect("somebody reads it");
    // Until whoever started it lets go, or is gone.
    let _ = std::io::stdin().lock().read_line(&mut String::new());
}
