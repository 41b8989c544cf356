//! What a webhook answers, piece by piece as the body comes in.

use serde::de::IgnoredAny;

use crate::json::Object;

/// The largest reply that is one object, in bytes.
pub const MAX_OBJECT_BYTES: usize = 64 * 1024;
/// The largest line of an NDJSON reply, in bytes without its end.
pub const MAX_LINE_BYTES: usize = 16 * 1024;
/// The largest NDJSON reply, in bytes. What comes after is not read.
pub const MAX_STREAM_BYTES: usize = 1024 * 1024;

/// One object of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyLine {
    /// What to say; `None` where there is none or it is blank.
    pub text: Option<String>,
    /// End the call after it.
    pub hangup: bool,
    /// Connect the caller with the agent's transfer number.
    pub transfer: bool,
    /// The turn is over: nothing follows.
    pub last: bool,
}

/// Reads the body of one reply. Feed it with [`push`](Self::push), and call [`poll`](Self::poll) until it has nothing
/// after each piece and after [`finish`](Self::finish): it then holds a line's beginning at most.
#[derive(Debug)]
pub struct ReplyReader {
    shape: Shape,
    body: Vec<u8>,
    /// How much of `body` was read.
    read: usize,
    /// How much of `body` is known to have no further end of line.
    scanned: usize,
    /// The line `body` begins with is too long: it is dropped up to its end.
    skipping: bool,
    /// Bytes the body may still have.
    room: usize,
    finished: bool,
    /// The last line was given, or will never come.
    closed: bool,
    ignored: u32,
    broken: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Object,
    Lines,
}

impl ReplyReader {
    /// A reader for a body of this `Content-Type`: `application/x-ndjson` (or `application/ndjson`) has an object a
    /// line, anything else is one object.
    pub fn new(content_type: &str) -> Self {
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        let is_lines = ["application/x-ndjson", "application/ndjson"]
            .iter()
            .any(|name| name.eq_ignore_ascii_case(media_type));
        let (shape, room) = if is_lines {
            (Shape::Lines, MAX_STREAM_BYTES)
        } else {
            (Shape::Object, MAX_OBJECT_BYTES)
        };
        Self {
            shape,
            body: Vec::new(),
            read: 0,
            scanned: 0,
            skipping: false,
            room,
            finished: false,
            closed: false,
            ignored: 0,
            broken: 0,
        }
    }

    /// The next piece of the body, of any size.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.closed || self.finished {
            return;
        }
        self.body.drain(..self.read.min(self.body.len()));
        self.scanned = self.scanned.saturating_sub(self.read);
        self.read = 0;
        let taken = bytes.get(..self.room).unwrap_or(bytes);
        self.body.extend_from_slice(taken);
        self.room -= taken.len();
        if taken.len() < bytes.len() {
            self.finished = true;
            self.pass_over(true);
            self.drop_cut_line();
        }
    }

    /// The body has ended.
    pub const fn finish(&mut self) {
        self.finished = true;
    }

    /// The next object, if it is there.
    pub fn poll(&mut self) -> Option<ReplyLine> {
        while !self.closed {
            match self.next_line()? {
                Line::Blank => {}
                Line::Foreign => self.pass_over(false),
                Line::Broken => self.pass_over(true),
                Line::Reply(mut reply) => {
                    reply.last |= self.shape == Shape::Object;
                    if reply.last {
                        self.close();
                    }
                    return Some(reply);
                }
            }
        }
        None
    }

    /// Whether no further line can come: the turn was closed, or the body has ended and was read. A body of interim
    /// lines alone, or of nothing, is closed without a line that is the last.
    pub const fn is_closed(&self) -> bool {
        self.closed
    }

    /// How much was passed over: lines and bodies that are no objects, or too large.
    pub const fn ignored(&self) -> u32 {
        self.ignored
    }

    /// How much of that is no JSON, or too large.
    pub const fn broken(&self) -> u32 {
        self.broken
    }

    fn pass_over(&mut self, broken: bool) {
        self.ignored = self.ignored.saturating_add(1);
        self.broken = self.broken.saturating_add(u32::from(broken));
    }

    /// Takes a line off the body, or all of it once it has ended; `None` while neither is there.
    fn next_line(&mut self) -> Option<Line> {
        let end = match self.shape {
            Shape::Object => None,
            Shape::Lines => self.line_end(),
        };
        if end.is_none() && !self.finished {
            self.skip_if_too_long();
            return None;
        }
        let rest = self.body.get(self.read..end.unwrap_or(self.body.len()));
        let line = if std::mem::take(&mut self.skipping) {
            Line::Broken
        } else {
            Line::read(rest.unwrap_or_default(), self.max_len())
        };
        match end {
            Some(end) => self.read = end + 1,
            None => self.close(),
        }
        Some(line)
    }

    /// Where the line at `read` ends.
    fn line_end(&mut self) -> Option<usize> {
        let from = self.scanned.max(self.read);
        let unseen = self.body.get(from..).unwrap_or_default();
        let end = unseen.iter().position(|b| *b == b'\n').map(|at| from + at);
        self.scanned = end.unwrap_or(self.body.len());
        end
    }

    /// Forgets the beginning of a line that has no end yet and cannot be a good one any more.
    fn skip_if_too_long(&mut self) {
        let held = self.body.len().saturating_sub(self.read);
        // The last byte may be the carriage return of its end.
        if self.shape == Shape::Lines && (self.skipping || held > MAX_LINE_BYTES + 1) {
            self.skipping = true;
            self.body.clear();
            (self.read, self.scanned) = (0, 0);
        }
    }

    /// Forgets what has no end and was cut where the room was.
    fn drop_cut_line(&mut self) {
        let last_end = self.body.iter().rposition(|b| *b == b'\n');
        match (self.shape, last_end) {
            (Shape::Lines, Some(end)) => self.body.truncate(end + 1),
            _ => self.close(),
        }
    }

    const fn max_len(&self) -> usize {
        match self.shape {
            Shape::Object => MAX_OBJECT_BYTES,
            Shape::Lines => MAX_LINE_BYTES,
        }
    }

    fn close(&mut self) {
        self.closed = true;
        self.body = Vec::new();
    }
}

enum Line {
    Blank,
    /// JSON, but not an object.
    Foreign,
    /// No JSON, or too long.
    Broken,
    Reply(ReplyLine),
}

impl Line {
    fn read(bytes: &[u8], max_len: usize) -> Self {
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        if bytes.len() > max_len {
            return Self::Broken;
        }
        if bytes.trim_ascii().is_empty() {
            return Self::Blank;
        }
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Self::Broken;
        };
        let Ok(object) = Object::parse(text) else {
            let json = serde_json::from_str::<IgnoredAny>(text);
            return json.map_or(Self::Broken, |_| Self::Foreign);
        };
        let word = |key| {
            let raw = object.get(key)?.get();
            serde_json::from_str::<String>(raw).ok()
        };
        let is_true = |key| object.get(key).is_some_and(|raw| raw.get() == "true");
        Self::Reply(ReplyLine {
            text: word("text").filter(|text| !text.trim().is_empty()),
            hangup: is_true("hangup"),
            transfer: word("action").is_some_and(|action| action == "transfer"),
            last: !is_true("interim"),
        })
    }
}
