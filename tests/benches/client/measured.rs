//! Clients that take turns with one load.

use crate::arrivals::{self, Errors};
use crate::asker;
use crate::figures::Figures;
use crate::load::Load;
use crate::{peer, server};
use std::path::Path;
use std::process::Command;

/// Clients, by the word that this program is started with.
const ASKER: &str = "asker";
pub(crate) const SERVER: &str = "server";

/// Our client among the others.
const OURS: &str = "koderz";

/// What came of a load with one client.
pub(crate) struct Measured {
    pub(crate) client: &'static str,
    pub(crate) figures: Vec<Figures>,
    pub(crate) errors: Errors,
}

/// Whether this program was started to be one of the others, and has been.
#[expect(clippy::print_stdout, reason = "it is how a client says its figures")]
pub(crate) fn is_started(words: &[&str]) -> bool {
    match words {
        [SERVER] => server::serve(None),
        [SERVER, truth] => server::serve(Some(truth)),
        [ASKER, url, load @ ..] => println!("{}", asker::ask(url, &Load::of_words(load)).line()),
        _ => return false,
    }
    true
}

/// Has all clients take turns; ours comes first in what is answered.
pub(crate) fn measure(python: &Path, peers: &[&'static str], load: &Load, rounds: usize) -> Vec<Measured> {
    let truth = load.stamped.then(|| tempfile::NamedTempFile::new().expect("a file"));
    let server = server::start(truth.as_ref().map(|file| file.path()));
    let clients = [OURS].into_iter().chain(peers.iter().copied());
    let measured = clients.map(|client| Measured {
        client,
        figures: Vec::new(),
        errors: Errors::default(),
    });
    let mut measured: Vec<Measured> = measured.collect();
    let mut known = 0;
    for round in 0..rounds {
        for turn in 0..measured.len() {
            // Each goes first as often as the others.
            let turn = (round + turn) % measured.len();
            let one = &mut measured[turn];
            let figures = match one.client {
                OURS => {
                    let mut asker = Command::new(std::env::current_exe().expect("this program has a file"));
                    Figures::measured(asker.arg(ASKER).arg(server.url()).args(load.words()))
                }
                peer => Figures::measured(&mut peer::asker(python, peer, server.url(), load)),
            };
            if let Some(truth) = &truth {
                // The first short question is one of them.
                let written = arrivals::happened(truth.path(), known, load.questions as usize + 1);
                known += written.len();
                one.errors = std::mem::take(&mut one.errors).and(Errors::of(&figures, &written));
            }
            one.figures.push(figures);
        }
    }
    measured
}
