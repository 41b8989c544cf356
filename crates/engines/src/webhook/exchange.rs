//! One request to the bot, and its answer as it comes.
//!
//! It keeps the lines of the answer until they are taken: at most 65, and 256 KiB. It refuses to judge when that is.

use std::collections::VecDeque;

use trunkline_call::{Down, HttpFrame, LinkId, Time};
use trunkline_protocol::bot::webhook::{ReplyLine, ReplyReader};

use super::fault::Fault;

/// The longest answer, in bytes. A longer one cannot be read.
pub(super) const MAX_ANSWER_BYTES: usize = 256 * 1_024;

/// The most lines of an answer that are not its last. What follows is not read.
const MAX_INTERIM: usize = 64;

/// A request under way, or answered and not yet said.
#[derive(Debug)]
pub(super) struct Exchange {
    id: LinkId,
    /// When the answer has to be complete.
    timeout_at: Time,
    /// Reads the answer, once it has begun.
    reader: Option<ReplyReader>,
    received: usize,
    interim: usize,
    /// Read, and not taken.
    lines: VecDeque<ReplyLine>,
    /// How the answer ended, once it has.
    end: Option<Result<(), Fault>>,
}

/// The next of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Line(ReplyLine),
    /// Nothing follows.
    End(Result<(), Fault>),
}

impl Exchange {
    /// A request that goes out on a link, and has to be answered by then.
    pub(super) const fn new(id: LinkId, timeout_at: Time) -> Self {
        Self {
            id,
            timeout_at,
            reader: None,
            received: 0,
            interim: 0,
            lines: VecDeque::new(),
            end: None,
        }
    }

    pub(super) const fn id(&self) -> LinkId {
        self.id
    }

    /// Whether more of the answer is to come.
    pub(super) const fn is_awaited(&self) -> bool {
        self.end.is_none()
    }

    /// When the answer has to be complete; `None` when it is.
    pub(super) fn deadline(&self) -> Option<Time> {
        self.is_awaited().then_some(self.timeout_at)
    }

    /// Something of the answer. Returns how it ended, if it did with this.
    pub(super) fn frame(&mut self, frame: HttpFrame<'_>) -> Option<Result<(), Fault>> {
        if !self.is_awaited() {
            return None;
        }
        match frame {
            HttpFrame::Head { status, .. } if !(200..300).contains(&status) => {
                self.end(Err(Fault::Status(status)))
            }
            HttpFrame::Head { content_type, .. } => {
                self.reader = Some(ReplyReader::new(content_type));
                None
            }
            HttpFrame::Body(bytes) => {
                self.received = self.received.saturating_add(bytes.len());
                if self.received > MAX_ANSWER_BYTES {
                    return self.end(Err(Fault::Nonsense));
                }
                self.reader.as_mut()?.push(bytes);
                self.read()
            }
        }
    }

    /// The link is gone. Returns how the answer ended, if it did with this.
    pub(super) fn down(&mut self, why: Down) -> Option<Result<(), Fault>> {
        if !self.is_awaited() {
            return None;
        }
        match &mut self.reader {
            Some(reader) if why == Down::Finished => reader.finish(),
            _ => return self.end(Err(Fault::of(why))),
        }
        if let Some(end) = self.read() {
            return Some(end);
        }
        let broken = self.reader.as_ref().is_some_and(|r| r.broken() > 0);
        let understood = self.interim > 0;
        self.end(if broken && !understood {
            Err(Fault::Nonsense)
        } else {
            Ok(())
        })
    }

    /// Time has passed. Returns how the answer ended, if it did with this.
    pub(super) fn tick(&mut self, now: Time) -> Option<Result<(), Fault>> {
        let late = self.deadline().is_some_and(|at| at <= now);
        if late {
            self.end(Err(Fault::Timeout))
        } else {
            None
        }
    }

    /// The next of the answer, each once.
    pub(super) fn poll(&mut self) -> Option<Step> {
        let line = self.lines.pop_front().map(Step::Line);
        line.or_else(|| self.end.map(Step::End))
    }

    /// Takes the lines that are complete.
    fn read(&mut self) -> Option<Result<(), Fault>> {
        while let Some(line) = self.reader.as_mut()?.poll() {
            let last = line.last;
            self.lines.push_back(line);
            self.interim += usize::from(!last);
            if last || self.interim == MAX_INTERIM {
                return self.end(Ok(()));
            }
        }
        None
    }

    fn end(&mut self, end: Result<(), Fault>) -> Option<Result<(), Fault>> {
        self.reader = None;
        self.end = Some(end);
        self.end
    }
}
