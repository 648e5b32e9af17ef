//! Performing one answer on a connection.
//!
//! All that is due is written at once, in frames of a bounded size, and the next frame is made when the connection has
//! room for it. Dropping a performance, which is what a client does that goes away, frees its slot.

use crate::count::{Outcome, Turn};
use crate::course::Times;
use crate::fault::Break;
use crate::gate::Pass;
use crate::line::{self, Form, Stamp};
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
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// When a frame is full. It may be one line longer.
const FRAME: usize = 64 << 10;

/// What lies between the parts of a line that is cut: enough for a client to read the first one by itself. A timer adds up
/// to a millisecond, and no figure of the server's tells of either.
const APART: Duration = Duration::from_micros(100);

/// An answer under way.
pub(crate) struct Play {
    pub(crate) form: Form,
    pub(crate) reply: Arc<Reply>,
    pub(crate) script: Script,
    pub(crate) times: Times,
    pub(crate) arrived: Instant,
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
    /// Tokens that are handed over.
    handed: usize,
    /// What is left of a line that was cut, and how many tokens of the answer are whole with it.
    rest: Option<(Vec<u8>, usize)>,
    sent: bool,
    over: bool,
    crashed: bool,
}

/// A part of the body, or its end by force.
type Frame = Result<Bytes, io::Error>;

impl Play {
    /// Sends it line by line. The head goes out with the first of them, so there is nothing to be seen before.
    pub(crate) async fn stream(mut self) -> Response<Body> {
        self.reads();
        if matches!(self.script.end, End::Fault(Break::Error | Break::Die)) && self.script.tokens == 0 {
            return self.whole().await;
        }
        let mut streamed = Streamed {
            play: self,
            next: 0,
            handed: 0,
            rest: None,
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
        self.reads();
        let due = self.due(self.script.tokens);
        if self.wait(sleep_until(due)).await.is_err() {
            self.settle(Outcome::Died);
            return crashed();
        }
        self.close();
        let said = self.reply.first(self.script.tokens);
        let mut object = Vec::new();
        let (tail, outcome) = match &self.script.end {
            End::Done(tail) => (Some(tail), Outcome::Answered),
            End::Unfinished => (None, Outcome::Unfinished),
            End::Fault(Break::NoDone) => (None, Outcome::Fault),
            End::Fault(way @ (Break::Error | Break::Die)) => {
                self.fail(*way);
                return crashed();
            }
            End::Fault(Break::Reset) => {
                self.settle(Outcome::Fault);
                self.wire.reset();
                return respond::whole(object);
            }
            End::Fault(Break::Silence) => {
                self.turn.settle(Outcome::Fault);
                self.silence().await;
                return crashed();
            }
        };
        self.form.write(&mut object, &Stamp::now(), said, tail);
        let tokens = self.script.tokens;
        self.wire.note(|account| account.hands(tokens));
        self.settle(outcome);
        respond::whole(object)
    }

    fn reads(&mut self) {
        let read = self.due(0);
        self.wire.note(|account| account.reads(read.into_std()));
    }

    fn due(&mut self, token: usize) -> Instant {
        let due = self.times.due(token);
        self.began
            .checked_add(due)
            .unwrap_or_else(|| self.began + Duration::from_secs(u64::from(u32::MAX)))
    }

    /// When the line is due that begins with a token, and where the next one begins.
    fn line(&mut self, token: usize) -> (Instant, usize) {
        let end = (token + self.times.chunk()).min(self.script.tokens).max(token + 1);
        (self.due(end - 1), end)
    }

    /// Has the last object say how long it took, where that is known only now.
    fn close(&mut self) {
        let tokens = self.script.tokens;
        let End::Done(tail) = &mut self.script.end else { return };
        if let Times::Course(course) = &mut self.times {
            let prompt = course.due(0);
            let wrote = course.due(tokens).saturating_sub(prompt);
            *tail = std::mem::take(tail).took(prompt, wrote, self.arrived.elapsed(), course.manner.told);
        }
        self.wire.note(|account| account.tells(tail.clone()));
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
        if let Some((rest, whole)) = self.rest.take() {
            sleep(APART).await;
            return Some(self.hand(rest, whole));
        }
        let mut frame = Vec::new();
        let tokens = self.play.script.tokens;
        while !self.over {
            if self.play.wait(ready(())).await.is_err() {
                self.over = true;
                self.crashed = true;
                self.play.settle(Outcome::Died);
                return self.sent.then(|| Ok(error_line().into()));
            }
            let last = self.fill(&mut frame);
            let waits = self.next < tokens || self.play.due(tokens) > Instant::now();
            if !frame.is_empty() && (waits || self.sent || self.play.script.end.breaks()) {
                self.sent = true;
                return Some(self.cut(frame, last));
            }
            if waits {
                let due = match self.next < tokens {
                    true => self.play.line(self.next).0,
                    false => self.play.due(tokens),
                };
                // Whether the runner has died meanwhile is seen above.
                let _ = self.play.wait(sleep_until(due)).await;
                continue;
            }
            if self.sent {
                // An answer is not over while most of it is still here.
                self.play.wire.flushed().await;
            }
            self.over = true;
            self.play.close();
            self.note(self.next);
            return self.end(frame).await;
        }
        None
    }

    /// Adds the lines that are due; where the last one of them begins, in the frame and in tokens.
    fn fill(&mut self, frame: &mut Vec<u8>) -> (usize, usize) {
        let (now, created_at) = (Instant::now(), Stamp::now());
        let mut last = (0, self.next);
        while self.next < self.play.script.tokens && frame.len() < FRAME {
            let (due, end) = self.play.line(self.next);
            if due > now {
                break;
            }
            let (said, end) = self.play.reply.tokens_from(self.next, end);
            // A token that is part of a character has no text, and no line of its own.
            if said != Said::default() {
                last = (frame.len(), self.next);
                self.play.form.write(frame, &created_at, said, None);
                frame.push(b'\n');
            }
            self.next = end;
        }
        last
    }

    /// Hands over what is due, or all but a part of its last line if writes are cut there.
    fn cut(&mut self, mut frame: Vec<u8>, (line, token): (usize, usize)) -> Frame {
        let cuts = self.play.times.manner().is_some_and(|manner| manner.cut);
        if !cuts {
            return self.hand(frame, self.next);
        }
        let inside = |byte: &u8| byte & 0b1100_0000 == 0b1000_0000;
        let at = frame[line..]
            .iter()
            .position(inside)
            .unwrap_or((frame.len() - line) / 2);
        let rest = frame.split_off(line + at);
        self.rest = Some((rest, self.next));
        self.hand(frame, token)
    }

    /// Hands over bytes with which so many tokens of the answer are whole.
    fn hand(&mut self, bytes: Vec<u8>, whole: usize) -> Frame {
        self.note(whole);
        if whole == self.play.script.tokens && self.play.script.end.breaks() {
            self.play.turn.settle(Outcome::Fault);
        }
        Ok(bytes.into())
    }

    fn note(&mut self, whole: usize) {
        let tokens = whole - std::mem::replace(&mut self.handed, whole);
        self.play.wire.note(|account| account.hands(tokens));
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
                self.play.turn.settle(Outcome::Fault);
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
