//! From bytes to messages.

use std::ops::Range;

use super::head::{Head, Opcode};
use super::{Fault, KEPT_BYTES, Role, SMALL_IN_A_ROW, mask, may_be_sent};

/// What a buffer begins with: a few frames of audio in any dialect. A read that fills it makes it [`KEPT_BYTES`].
const FIRST_BYTES: usize = 2 * 1_024;

/// What came. The content of it is the reader's [`content`](Reader::content).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A message of text, which is checked when it is [asked for](Reader::text).
    Text,
    /// A message of bytes.
    Binary,
    /// To be answered with a pong of the same content.
    Ping,
    /// An answer, or a sign of life.
    Pong,
    /// The peer's last frame, with its code; 1002 in place of one that may not be sent.
    Close(Option<u16>),
}

/// What a connection's bytes come to. Fill [`space`](Self::space), say how much with [`filled`](Self::filled), and
/// [`advance`](Self::advance) until there is nothing more.
#[derive(Debug)]
pub struct Reader {
    role: Role,
    max_message_bytes: usize,
    /// All of it initialised; what lies in `unread` has come and has not been understood.
    buffer: Vec<u8>,
    unread: Range<usize>,
    /// Frames since the last larger than [`KEPT_BYTES`]; at most [`SMALL_IN_A_ROW`].
    small_frames: u8,
    /// The frame whose payload comes next.
    head: Option<Head>,
    /// A message in parts: its first opcode, until it is whole.
    in_parts: Option<Opcode>,
    /// Its parts.
    parts: Vec<u8>,
    content: Content,
}

/// Where the content of the last event lies.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Content {
    /// In the buffer.
    Here(Range<usize>),
    /// It is all of the parts, which are forgotten next.
    Parts,
}

impl Reader {
    /// The reading end of a connection on which `early` has been read behind the upgrade. A message may hold
    /// `max_message_bytes`.
    pub fn new(role: Role, max_message_bytes: usize, early: &[u8]) -> Self {
        let mut buffer = early.to_vec();
        buffer.resize(early.len().max(FIRST_BYTES), 0);
        Self {
            role,
            max_message_bytes,
            buffer,
            unread: 0..early.len(),
            small_frames: 0,
            head: None,
            in_parts: None,
            parts: Vec::new(),
            content: Content::Here(0..0),
        }
    }

    /// Where to put what is read next: at least one byte. The content of the last event is gone.
    pub fn space(&mut self) -> &mut [u8] {
        self.forget_parts();
        self.content = Content::Here(0..0);
        if self.unread.start > 0 {
            self.buffer.copy_within(self.unread.clone(), 0);
            self.unread = 0..self.unread.len();
        }
        if self.has_outgrown() {
            self.buffer.truncate(KEPT_BYTES);
            self.buffer.shrink_to_fit();
        }
        if self.unread.end == self.buffer.len() {
            // By what has come, not by what a head promises.
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        self.buffer.get_mut(self.unread.end..).unwrap_or_default()
    }

    /// Whether the buffer is larger than what comes has needed for long, and needs now. `unread` begins at 0.
    fn has_outgrown(&self) -> bool {
        let due = self.head.map_or(0, |head| head.bytes);
        self.buffer.len() > KEPT_BYTES
            && self.small_frames == SMALL_IN_A_ROW
            && self.unread.end < KEPT_BYTES
            && due <= KEPT_BYTES as u64
    }

    /// So many bytes have been put into [`space`](Self::space).
    pub fn filled(&mut self, bytes: usize) {
        self.unread.end = (self.unread.end + bytes).min(self.buffer.len());
        if self.unread.end == self.buffer.len() && self.buffer.len() < KEPT_BYTES {
            self.buffer.resize(KEPT_BYTES, 0);
        }
    }

    /// The next event; `None` where more has to be read first.
    ///
    /// # Errors
    /// The peer broke the rules. Nothing of the connection can be understood any more.
    pub fn advance(&mut self) -> Result<Option<Event>, Fault> {
        self.forget_parts();
        loop {
            let Some(head) = self.next_head()? else {
                return Ok(None);
            };
            let Some(payload) = self.payload(head) else {
                return Ok(None);
            };
            self.head = None;
            let event = match head.opcode {
                Opcode::Ping => Some(Event::Ping),
                Opcode::Pong => Some(Event::Pong),
                Opcode::Close => Some(self.close(payload.clone())?),
                Opcode::Text if head.fin => Some(Event::Text),
                Opcode::Binary if head.fin => Some(Event::Binary),
                Opcode::Text | Opcode::Binary | Opcode::Continuation => {
                    if let Some(event) = self.part(head, payload.clone()) {
                        self.content = Content::Parts;
                        return Ok(Some(event));
                    }
                    None
                }
            };
            if event.is_some() {
                self.content = Content::Here(payload);
                return Ok(event);
            }
        }
    }

    /// What the last event holds, until the next is asked for or [`space`](Self::space) is.
    pub fn content(&self) -> &[u8] {
        match &self.content {
            Content::Here(range) => self.buffer.get(range.clone()).unwrap_or_default(),
            Content::Parts => &self.parts,
        }
    }

    /// The content of [`Event::Text`].
    ///
    /// # Errors
    /// It is not UTF-8.
    pub fn text(&self) -> Result<&str, Fault> {
        str::from_utf8(self.content()).map_err(|_| Fault::NotUtf8)
    }

    /// The frame whose payload comes next.
    fn next_head(&mut self) -> Result<Option<Head>, Fault> {
        if self.head.is_some() {
            return Ok(self.head);
        }
        let unread = self.buffer.get(self.unread.clone()).unwrap_or_default();
        let Some((head, bytes)) = Head::read(unread, self.role)? else {
            return Ok(None);
        };
        self.check(head)?;
        self.unread.start += bytes;
        self.head = Some(head);
        Ok(self.head)
    }

    /// Whether the frame may come now, and is not too long.
    fn check(&self, head: Head) -> Result<(), Fault> {
        match (head.opcode, self.in_parts) {
            (Opcode::Continuation, None) => {
                return Err(Fault::Protocol {
                    expected: "the first part of a message",
                    got: "a later one",
                });
            }
            (Opcode::Text | Opcode::Binary, Some(_)) => {
                return Err(Fault::Protocol {
                    expected: "the next part of a message",
                    got: "the first of another",
                });
            }
            (Opcode::Close | Opcode::Ping | Opcode::Pong, _) => return Ok(()),
            _ => {}
        }
        let bytes = head.bytes.saturating_add(self.parts.len() as u64);
        if bytes > self.max_message_bytes as u64 {
            return Err(Fault::TooBig {
                bytes,
                max_bytes: self.max_message_bytes,
            });
        }
        Ok(())
    }

    /// Takes the payload once all of it has come, and unmasks it.
    fn payload(&mut self, head: Head) -> Option<Range<usize>> {
        let bytes = usize::try_from(head.bytes).ok()?;
        if self.unread.len() < bytes {
            return None;
        }
        let range = self.unread.start..self.unread.start + bytes;
        self.unread.start = range.end;
        self.small_frames = if bytes > KEPT_BYTES {
            0
        } else {
            (self.small_frames + 1).min(SMALL_IN_A_ROW)
        };
        if let Some(key) = head.key {
            mask::apply(self.buffer.get_mut(range.clone())?, key);
        }
        Some(range)
    }

    fn close(&self, payload: Range<usize>) -> Result<Event, Fault> {
        let content = self.buffer.get(payload).unwrap_or_default();
        let Some((code, reason)) = content.split_first_chunk() else {
            return match content {
                [] => Ok(Event::Close(None)),
                _ => Err(Fault::Protocol {
                    expected: "a close code of two bytes",
                    got: "half of one",
                }),
            };
        };
        str::from_utf8(reason).map_err(|_| Fault::NotUtf8)?;
        let code = Some(u16::from_be_bytes(*code)).filter(|code| may_be_sent(*code));
        Ok(Event::Close(code.or(Some(1002))))
    }

    /// Keeps a part of a message. Gives the message with the last.
    fn part(&mut self, head: Head, payload: Range<usize>) -> Option<Event> {
        let content = self.buffer.get(payload).unwrap_or_default();
        self.parts.extend_from_slice(content);
        let opcode = self.in_parts.unwrap_or(head.opcode);
        self.in_parts = (!head.fin).then_some(opcode);
        head.fin.then_some(match opcode {
            Opcode::Text => Event::Text,
            _ => Event::Binary,
        })
    }

    fn forget_parts(&mut self) {
        if self.content == Content::Parts {
            self.content = Content::Here(0..0);
            self.parts = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests;
