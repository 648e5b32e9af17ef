//! Reading a line by the one before it.
//!
//! The objects of an answer differ in their time and in their piece of it; all else is the same to the byte. So once one
//! of them has been parsed, those like it need only be compared with it. That is a fifth of the work, and for an answer
//! that comes at once the lines are most of it. Whatever is not like it is parsed: what is taken here is only what a
//! parser would read the same way.

use super::{Line, Piece, Text, text};
use std::borrow::Cow;
use std::ops::Range;

/// A line that was parsed, and where the two texts in it are in which others differ.
#[derive(Default)]
pub(super) struct Shape {
    line: Vec<u8>,
    time: Range<usize>,
    piece: Range<usize>,
    thought: bool,
}

impl Shape {
    /// Takes a line that was parsed for the shape of those to come, if it can be one.
    pub(super) fn learn(&mut self, line: &[u8], read: &Line<'_>) {
        if let Some((time, piece, thought)) = holes(line, read) {
            self.line.clear();
            self.line.extend_from_slice(line);
            (self.time, self.piece, self.thought) = (time, piece, thought);
        }
    }

    /// The piece in the line that these bytes begin with, and the bytes after that line; none unless it has this shape
    /// and is there to its end.
    pub(super) fn cut<'a>(&self, bytes: &'a [u8]) -> Option<(Piece<'a>, &'a [u8])> {
        if self.line.is_empty() {
            return None;
        }
        let rest = bytes.strip_prefix(&self.line[..self.time.start])?;
        let (time, rest) = plain(rest)?;
        let rest = rest.strip_prefix(&self.line[self.time.end..self.piece.start])?;
        let (piece, rest) = plain(rest)?;
        let rest = rest.strip_prefix(&self.line[self.piece.end..])?.strip_prefix(b"\n")?;
        if !time.is_ascii() {
            return None;
        }
        let piece = str::from_utf8(piece).ok()?;
        let piece = match self.thought {
            true => Piece {
                content: "",
                thinking: piece,
            },
            false => Piece {
                content: piece,
                thinking: "",
            },
        };
        Some((piece, rest))
    }
}

/// What stands before a quote, if it stands for itself. A parser reads such bytes as they are or, where they are no
/// text, not at all.
fn plain(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))?;
    (bytes[end] == b'"').then(|| bytes.split_at(end))
}

/// Where the time and the one piece are in a line, and whether that piece was thought; none if the line says anything
/// else, or says it with escapes.
fn holes(line: &[u8], read: &Line<'_>) -> Option<(Range<usize>, Range<usize>, bool)> {
    if read.done {
        return None;
    }
    let (content, thinking) = read.texts();
    let thought = !text(thinking).is_empty();
    let (piece, other) = if thought {
        (thinking, content)
    } else {
        (content, thinking)
    };
    let Some(Text(Cow::Borrowed(piece))) = piece else {
        return None;
    };
    if !text(other).is_empty() {
        return None;
    }
    let time = read.created_at?.get().strip_prefix('"')?.strip_suffix('"')?;
    let (time, piece) = (within(line, time)?, within(line, piece)?);
    (time.end < piece.start && !line[time.clone()].contains(&b'\\')).then_some((time, piece, thought))
}

/// Where a text is in the line that it was borrowed from.
fn within(line: &[u8], text: &str) -> Option<Range<usize>> {
    let start = text.as_ptr().addr().checked_sub(line.as_ptr().addr())?;
    let end = start.checked_add(text.len())?;
    (end <= line.len()).then_some(start..end)
}
