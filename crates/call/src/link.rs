//! Links: the sockets and workers a call holds, by name and without their I/O.

use std::sync::Arc;

use trunkline_protocol::Secret;

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
    /// A WebSocket to somebody's server.
    Dial(Arc<DialSpec>),
    /// One HTTP request, whose answer is read as it comes.
    Post(Arc<PostSpec>),
}

/// A WebSocket to be dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialSpec {
    /// `ws:` or `wss:`. May hold credentials.
    pub url: Secret,
    /// Headers of the upgrade beside the WebSocket's own.
    pub headers: Vec<(String, Secret)>,
    /// How long it may take from name resolution to the 101, in milliseconds.
    pub connect_ms: u64,
    /// A larger message ends the link.
    pub max_message_bytes: usize,
    /// Signs the upgrade as a carrier would.
    pub signing: Option<Signing>,
}

/// One HTTP POST.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostSpec {
    /// `http:` or `https:`. May hold credentials.
    pub url: Secret,
    /// Headers beside the content's.
    pub headers: Vec<(String, Secret)>,
    /// JSON.
    pub body: bytes::Bytes,
    /// How long the whole answer may take, in milliseconds.
    pub timeout_ms: u64,
    /// A longer answer ends the link.
    pub max_response_bytes: usize,
    /// Signs the request.
    pub signing: Option<Signing>,
}

/// How a request proves who sends it. Done where the clock is, when it goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signing {
    /// `X-Twilio-Signature` over the URL, with the account's auth token.
    Twilio(Secret),
    /// `X-Plivo-Signature-V3` over the URL and a nonce, with the account's auth token.
    Plivo(Secret),
    /// `X-Webhook-Signature`, `-Timestamp` and `-ID` over the body, as AgentPhone signs.
    AgentPhone(Secret),
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
    /// The peer closes, and this is the last that comes of it.
    Closing {
        /// Its WebSocket close code (RFC 6455 §7.4); 1005 where it gave none.
        code: u16,
    },
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
    /// From an HTTP answer.
    Http(HttpFrame<'a>),
}

/// What comes of an HTTP request, in this order. [`Down::Finished`] follows the last of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpFrame<'a> {
    /// The answer began.
    Head {
        /// The status code.
        status: u16,
        /// The media type without its parameters, in lower case; empty where none is given.
        content_type: &'a str,
    },
    /// The next of its content.
    Body(&'a [u8]),
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
    /// Nobody was reached.
    NotReached(DialFault),
}

/// Why a server was not reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialFault {
    /// The address is none that may be dialled.
    Blocked,
    /// The URL or a header cannot be used.
    BadRequest,
    /// The name has no address.
    UnknownHost,
    /// Nobody listens, or the way there is broken.
    Refused,
    /// It took too long.
    TimedOut,
    /// The certificate is not good, or TLS failed in another way.
    Tls,
    /// The server answered with this HTTP status.
    Status(u16),
    /// The server does not speak the protocol.
    Protocol,
    /// The answer is longer than may be.
    TooLong,
}

impl DialFault {
    /// Snake case, a closed set: log field, metric label, and the reason an agent was lost.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Blocked => "address_blocked",
            Self::BadRequest => "bad_address",
            Self::UnknownHost => "unknown_host",
            Self::Refused => "refused",
            Self::TimedOut => "connect_timeout",
            Self::Tls => "tls",
            Self::Status(401 | 403) => "unauthorized",
            Self::Status(429) => "too_many_requests",
            Self::Status(500..) => "server_error",
            Self::Status(_) => "unexpected_status",
            Self::Protocol => "handshake",
            Self::TooLong => "answer_too_long",
        }
    }

    /// Whether the same may succeed a moment later.
    pub const fn is_temporary(self) -> bool {
        match self {
            Self::UnknownHost
            | Self::Refused
            | Self::TimedOut
            | Self::Status(408 | 429 | 500..) => true,
            Self::Blocked
            | Self::BadRequest
            | Self::Tls
            | Self::Status(_)
            | Self::Protocol
            | Self::TooLong => false,
        }
    }
}
