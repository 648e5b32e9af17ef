//! Performing one answer on a connection.
//!
//! All that is due is written at once, in frames of a bounded size, and the next frame is made when the connection has
//! room for it. Dropping a performance, which is what a client does that goes away, frees its slot.

use crate::count::{Outcome, Turn};
use crate::fault::Break;
use crate::gate::Pass;
use crate::line::{self, Form, Stamp};
use crate::pace::Timetable;
use crate::reply::{Reply, Said, Tail};
use crate::respond::{self, CRASHED, Error};
use crate::script::{End, Script};
use crate::wire::Wire;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use bytes::Bytes;
use futures_util::stream;
use std::future::{pending, ready};
use std::io;
use std::sync::Arc;
use tokio::time::{Instant, sleep_until};

/// When a frame is full. It may be one line longer.
const FRAME: usize = 64 << 10;

/// An answer under way.
pub(crate) struct Play {
    pub(crate) form: Form,
    pub(crate) reply: Arc<Reply>,
    pub(crate) script: Script,
    pub(crate) timetable: Timetable,
    pub(crate) began: Instant,
    pub(crate) wire: Wire,
    pub(crate) turn: Turn,
    /// Its slot, until it has ended.
    pub(crate) pass: Option<Pass>,
}

/// The runner of an answer has died.
struct Dead;

/// An answer that is streamed.
struct Streamed {
    play: Play,
    next: usize,
    sent: bool,
    over: bool,
    crashed: bool,
}

/// A part of the body, or its end by force.
type Frame = Result<Bytes, io::Error>;

impl Play {
    /// Sends it line by line. The head goes out with the first of them, so there is nothing to be seen before.
    pub(crate) async fn stream(self) -> Response<Body> {
        if matches!(self.script.end, End::Fault(Break::Error | Break::Die)) && self.script.tokens == 0 {
            return self.whole().await;
        }
        let mut streamed = Streamed {
            play: self,
            next: 0,
            sent: false,
            over: false,
            crashed: false,
        };
        let first = streamed.frame().await;
        if streamed.crashed && !streamed.sent {
            return crashed();
        }
        let frames = stream::unfold((first, streamed), |(ready, mut streamed)| async move {
            let frame = match ready {
                Some(frame) => frame,
                None => streamed.frame().await?,
            };
            Some((frame, (None, streamed)))
        });
        respond::lines(Body::from_stream(frames))
    }

    /// Sends it as one object once all of it is there.
    pub(crate) async fn whole(mut self) -> Response<Body> {
        let due = self.due(self.script.tokens);
        if self.wait(sleep_until(due)).await.is_err() {
            self.settle(Outcome::Died);
            return crashed();
        }
        let said = self.reply.first(self.script.tokens);
        let mut object = Vec::new();
        match &self.script.end {
            End::Done(tail) => {
                self.form.write(&mut object, &Stamp::now(), said, Some(tail));
                self.settle(Outcome::Answered);
            }
            End::Unfinished => {
                self.form.write(&mut object, &Stamp::now(), said, None);
                self.settle(Outcome::Unfinished);
            }
            End::Fault(Break::NoDone) => {
                self.form.write(&mut object, &Stamp::now(), said, None);
                self.settle(Outcome::Fault);
            }
            End::Fault(way @ (Break::Error | Break::Die)) => {
                self.fail(*way);
                return crashed();
            }
            End::Fault(Break::Reset) => {
                self.settle(Outcome::Fault);
                self.wire.reset();
            }
            End::Fault(Break::Silence) => {
                self.turn.settle(Outcome::Fault);
                self.silence().await;
                return crashed();
            }
        }
        respond::whole(object)
    }

    fn due(&self, token: usize) -> Instant {
        let due = self.timetable.due(token);
        self.began
            .checked_add(due)
            .unwrap_or_else(|| self.began + std::time::Duration::from_secs(u64::from(u32::MAX)))
    }

    /// Waits for something, or says that the runner has died first. If nothing is generated any more it waits for ever.
    async fn wait(&mut self, something: impl Future<Output = ()>) -> Result<(), Dead> {
        let pass = self.pass.as_mut().expect("an answer has its slot until it has ended");
        tokio::select! {
            biased;
            () = pass.died() => return Err(Dead),
            () = something => {}
        }
        pass.flows().await;
        Ok(())
    }

    /// Says nothing until the runner dies.
    async fn silence(&mut self) {
        let _ = self.wait(pending()).await;
        self.settle(Outcome::Fault);
    }

    /// Ends in an error, of the runner too if it is to die.
    fn fail(&mut self, way: Break) {
        if let Some(pass) = self.pass.as_ref().filter(|_| way == Break::Die) {
            pass.kill_runner();
        }
        self.settle(Outcome::Fault);
    }

    /// Ends the answer for the server, before the client can see that it has ended: who sees the end and asks again
    /// must find the slot free and the counts right.
    fn settle(&mut self, outcome: Outcome) {
        self.turn.settle(outcome);
        self.turn.leave();
        self.pass = None;
    }
}

impl Streamed {
    /// The next part of the body, once it is due.
    async fn frame(&mut self) -> Option<Frame> {
        let mut frame = Vec::new();
        let tokens = self.play.script.tokens;
        while !self.over {
            if self.play.wait(ready(())).await.is_err() {
                self.over = true;
                self.crashed = true;
                self.play.settle(Outcome::Died);
                return self.sent.then(|| Ok(error_line().into()));
            }
            self.fill(&mut frame);
            let waits = self.next < tokens || self.play.due(tokens) > Instant::now();
            if !frame.is_empty() && (waits || self.sent || self.play.script.end.breaks()) {
                self.sent = true;
                return Some(Ok(frame.into()));
            }
            if waits {
                let due = self.play.due(self.next);
                // Whether the runner has died meanwhile is seen above.
                let _ = self.play.wait(sleep_until(due)).await;
                continue;
            }
            if self.sent {
                // An answer is not over while most of it is still here.
                self.play.wire.flushed().await;
            }
            self.over = true;
            return self.end(frame).await;
        }
        None
    }

    /// Adds the tokens that are due.
    fn fill(&mut self, frame: &mut Vec<u8>) {
        let (now, created_at) = (Instant::now(), Stamp::now());
        while self.next < self.play.script.tokens && frame.len() < FRAME && self.play.due(self.next) <= now {
            let said = self.play.reply.token(self.next);
            // A token that is part of a character has no text, and no line of its own.
            if said != Said::default() {
                self.play.form.write(frame, &created_at, said, None);
                frame.push(b'\n');
            }
            self.next += 1;
        }
        if self.next == self.play.script.tokens && self.play.script.end.breaks() {
            self.play.turn.settle(Outcome::Fault);
        }
    }

    /// What follows the tokens.
    async fn end(&mut self, mut frame: Vec<u8>) -> Option<Frame> {
        match &self.play.script.end {
            End::Done(tail) => {
                last(&self.play.form, &mut frame, tail);
                self.play.settle(Outcome::Answered);
            }
            End::Unfinished => self.play.settle(Outcome::Unfinished),
            End::Fault(Break::NoDone) => self.play.settle(Outcome::Fault),
            End::Fault(way @ (Break::Error | Break::Die)) => {
                self.play.fail(*way);
                frame.extend(error_line());
            }
            End::Fault(Break::Silence) => {
                self.play.silence().await;
                self.crashed = true;
                frame.extend(error_line());
            }
            End::Fault(Break::Reset) => {
                self.play.settle(Outcome::Fault);
                self.play.wire.reset();
                return Some(Err(io::ErrorKind::ConnectionReset.into()));
            }
        }
        (!frame.is_empty()).then(|| Ok(frame.into()))
    }
}

impl End {
    /// Whether what comes before has to be with the client before it happens.
    fn breaks(&self) -> bool {
        matches!(self, End::Fault(Break::Reset | Break::Silence))
    }
}

fn crashed() -> Response<Body> {
    respond::error(StatusCode::INTERNAL_SERVER_ERROR, CRASHED)
}

fn error_line() -> Vec<u8> {
    let mut line = line::json(&Error { error: CRASHED });
    line.push(b'\n');
    line
}

fn last(form: &Form, out: &mut Vec<u8>, tail: &Tail) {
    form.write(out, &Stamp::now(), Said::default(), Some(tail));
    out.push(b'\n');
}
