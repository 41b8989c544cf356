//! Links: the sockets and workers a call holds, by name and without their I/O.

use std::sync::Arc;

/// The most links one call may hold: the caller and seven others.
pub(crate) const MAX_LINKS: usize = 8;

/// Names one link of a call: a small slot and the generation of what sits in it, so that what arrives
/// late from a link already replaced is recognised and dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinkId {
    slot: u8,
    generation: u8,
}

impl LinkId {
    /// The caller's link: slot 0, never replaced.
    pub const CALLER: Self = Self {
        slot: 0,
        generation: 0,
    };

    /// The link in `slot` (taken modulo 8) of the given generation.
    pub const fn new(slot: u8, generation: u8) -> Self {
        Self {
            slot: slot % MAX_LINKS as u8,
            generation,
        }
    }

    /// The slot, `0..MAX_LINKS`.
    pub const fn slot(self) -> usize {
        self.slot as usize
    }

    /// The same slot, next generation.
    #[must_use]
    pub const fn next(self) -> Self {
        Self {
            slot: self.slot,
            generation: self.generation.wrapping_add(1),
        }
    }
}

/// A set of slots, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkSet(u8);

impl LinkSet {
    /// No link.
    pub const EMPTY: Self = Self(0);
    /// Every slot.
    pub const ALL: Self = Self(u8::MAX);

    /// Whether the link's slot is in the set.
    pub const fn contains(self, id: LinkId) -> bool {
        self.0 & (1 << id.slot) != 0
    }

    /// Adds the slot.
    pub fn insert(&mut self, slot: usize) {
        self.0 |= 1 << (slot % MAX_LINKS);
    }

    /// Removes the slot.
    pub fn remove(&mut self, slot: usize) {
        self.0 &= !(1 << (slot % MAX_LINKS));
    }

    /// Whether the slot is in the set.
    pub const fn has_slot(self, slot: usize) -> bool {
        self.0 & (1 << (slot % MAX_LINKS)) != 0
    }
}

/// What to open for an agent. The driver knows how; the core knows only what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkSpec {
    /// One utterance of the caller to a local recogniser: PCM16 at 16 kHz in, text out.
    Recognise {
        /// JSGF of what may be said; `None` is general speech.
        grammar: Option<Arc<str>>,
        /// The voice came through a telephone: nothing above 4 kHz is in it.
        telephone: bool,
    },
    /// One sentence to a local synthesiser.
    Speak {
        /// At most 1,000 bytes.
        text: Arc<str>,
        /// A voice the worker knows, by name.
        voice: Arc<str>,
    },
}

/// What a local worker says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WorkerFrame<'a> {
    /// A worker has taken the job: a decoder has been checked out, or a sentence is next. Until then it
    /// waited for one.
    Started,
    /// The whole utterance as heard so far; it may still change.
    Partial(&'a str),
    /// The whole utterance. The last frame of a recognition.
    Final {
        /// Words in lower case with single spaces; empty when nothing was heard.
        text: &'a str,
        /// How well the sound fits the words, 0 to 1, from recognisers that can tell: a grammar forces
        /// strangers' words into its own. `None` for a language model, whose scores say nothing of the kind.
        confidence: Option<f32>,
    },
    /// Synthesised speech, in blocks of at most 100 ms.
    Audio {
        /// Samples per second.
        rate_hz: u32,
        /// Mono.
        samples: &'a [i16],
    },
    /// The utterance came to nothing, in words for the operator. The last frame.
    Failed(&'a str),
}

/// One frame as it came from a link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Frame<'a> {
    /// A text message.
    Text(&'a str),
    /// A binary message.
    Binary(&'a [u8]),
    /// The peer's answer to [`SendKind::Ping`], or a ping of its own: it is alive.
    Alive,
    /// A message larger than the limit, which was not read.
    TooBig,
    /// The transport's own rules were broken; nothing more can be understood.
    Broken {
        /// The WebSocket close code that says how (RFC 6455 §7.4.1: 1002 or 1007).
        close_code: u16,
    },
    /// From a local worker.
    Worker(WorkerFrame<'a>),
}

/// What lies in [`Scratch`](crate::Scratch) after [`Output::Send`](crate::Output::Send).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendKind {
    /// `scratch.out` is UTF-8 and goes as a text message.
    Text,
    /// `scratch.out` goes as a binary message.
    Binary,
    /// A transport ping, without content.
    Ping,
    /// `scratch.samples` are PCM16 at 16 kHz for a local recogniser.
    Samples,
    /// Nothing follows: the recogniser shall finish.
    End,
}

/// Why a link is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Down {
    /// It ended as its protocol provides: a close frame, a finished job.
    Finished,
    /// The transport broke without a close.
    Lost,
    /// It could not be opened: what it needs is not there.
    Unavailable,
    /// It could not be opened: too many are waiting.
    Busy,
}
