//! Performing one answer on a connection.
//!
//! All that is due is written at once, in frames of a bounded size, and the next frame is made when the connection has
//! room for it. Dropping a performance, which is what a client does that goes away, frees its slot.

use crate::count::{Outcome, Turn};
use crate::fault::Break;
use crate::line::{self, Form, Stamp};
use crate::pace::Timetable;
use crate::reply::{Reply, Said, Tail};
use crate::residency::Stay;
use crate::respond::{self, CRASHED, Error};
use crate::script::{End, Script};
use crate::wire::Wire;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use bytes::Bytes;
use futures_util::stream;
use std::future::pending;
use std::io;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;
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
    /// What it holds on to: its slot, and its model in memory.
    pub(crate) held: Option<(OwnedSemaphorePermit, Stay)>,
}

/// An answer that is streamed.
struct Streamed {
    play: Play,
    next: usize,
    sent: bool,
    over: bool,
}

/// A part of the body, or its end by force.
type Frame = Result<Bytes, io::Error>;

impl Play {
    /// Sends it line by line. The head goes out with the first of them, so there is nothing to be seen before.
    pub(crate) async fn stream(self) -> Response<Body> {
        if matches!(self.script.end, End::Fault(Break::Error)) && self.script.tokens == 0 {
            return self.whole().await;
        }
        let mut streamed = Streamed {
            play: self,
            next: 0,
            sent: false,
            over: false,
        };
        let first = streamed.frame().await;
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
        sleep_until(self.due(self.script.tokens)).await;
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
            End::Fault(Break::Error) => {
                self.settle(Outcome::Fault);
                return respond::error(StatusCode::INTERNAL_SERVER_ERROR, CRASHED);
            }
            End::Fault(Break::Reset) => {
                self.settle(Outcome::Fault);
                self.wire.reset();
            }
            End::Fault(Break::Silence) => {
                self.turn.settle(Outcome::Fault);
                pending().await
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

    /// Ends the answer for the server, before the client can see that it has ended: who sees the end and asks again
    /// must find the slot free and the counts right.
    fn settle(&mut self, outcome: Outcome) {
        self.turn.settle(outcome);
        self.turn.leave();
        self.held = None;
    }
}

impl Streamed {
    /// The next part of the body, once it is due.
    async fn frame(&mut self) -> Option<Frame> {
        let mut frame = Vec::new();
        let tokens = self.play.script.tokens;
        while !self.over {
            self.fill(&mut frame);
            let waits = self.next < tokens || self.play.due(tokens) > Instant::now();
            if !frame.is_empty() && (waits || self.sent || self.play.script.end.breaks()) {
                self.sent = true;
                return Some(Ok(frame.into()));
            }
            if waits {
                sleep_until(self.play.due(self.next)).await;
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
            End::Fault(Break::Error) => {
                frame.extend(line::json(&Error { error: CRASHED }));
                frame.push(b'\n');
                self.play.settle(Outcome::Fault);
            }
            End::Fault(Break::Silence) => pending().await,
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

fn last(form: &Form, out: &mut Vec<u8>, tail: &Tail) {
    form.write(out, &Stamp::now(), Said::default(), Some(tail));
    out.push(b'\n');
}
