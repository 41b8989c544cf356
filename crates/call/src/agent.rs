//! What a call needs of the party that answers it.

use trunkline_codecs::format::AudioFormat;
use trunkline_protocol::client::omni::Configure;

use crate::ending::Ending;
use crate::link::{Down, Frame, LinkId, LinkSet, LinkSpec, SendKind};
use crate::time::Time;

/// What an agent wants of the call's audio path, fixed when the call goes live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentNeeds {
    /// Format in which it takes the caller's audio; `None` takes none.
    pub listens: Option<AudioFormat>,
    /// Format in which it gives its own.
    pub speaks: AudioFormat,
    /// Whether the gateway's voice activity detection runs for it. Without, there are no
    /// [`AgentEvent::SpeechStarted`] and no barge-in by voice.
    pub voice_activity: bool,
}

/// What an agent is told of the call it answers.
#[derive(Clone, Copy, Debug)]
pub struct Begin<'a> {
    /// The session configuration the client sent, if its dialect has one and it came.
    pub configure: Option<&'a Configure>,
}

/// What an agent is told.
#[derive(Clone, Copy, Debug)]
pub enum AgentEvent<'a> {
    /// The call is live: speak or listen.
    Begin(Begin<'a>),
    /// Caller audio, in the format of [`AgentNeeds::listens`].
    Audio(&'a [u8]),
    /// The caller began to speak.
    SpeechStarted,
    /// The caller stopped speaking.
    SpeechStopped,
    /// The caller pressed a key: `0-9 * # A-D`.
    Digit(char),
    /// The caller's side sent text in place of speech.
    Text(&'a str),
    /// The agent's utterance was cut off; the caller had been played this much of it. What the agent
    /// still had queued is gone, and [`Action::Audio`] is dropped until the next [`Action::BeginUtterance`].
    Interrupted {
        /// Milliseconds of the utterance played.
        heard_ms: u64,
    },
    /// The utterance has been played to its end.
    Spoken,
    /// The caller's side cannot be told to connect the caller elsewhere: the call goes on.
    TransferRefused,
    /// One of the agent's own links opened.
    Up(LinkId),
    /// One of the agent's own links delivered.
    Data(LinkId, Frame<'a>),
    /// One of the agent's own links is gone.
    Down(LinkId, Down),
    /// The time asked for with [`Agent::deadline`] has come.
    Tick,
}

/// What an agent wants done. Audio and messages lie in the buffers handed to [`Agent::poll`].
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Open one of slots 1 to 7.
    Open(LinkId, LinkSpec),
    /// Send what was put into [`Buffers`] on a link; only to a writable one.
    Send(LinkId, SendKind),
    /// Close a link. Its frames are dropped from here on.
    Close(LinkId),
    /// Speech begins behind what is queued: a turn the caller sees as one. At most 64 wait to be played; one
    /// more is joined to the last.
    BeginUtterance {
        /// Whether the caller may cut it off by speaking.
        interruptible: bool,
    },
    /// `buffers.audio` holds speech in the format of [`AgentNeeds::speaks`].
    Audio,
    /// The utterance is complete; [`AgentEvent::Spoken`] follows when it has been played.
    EndUtterance,
    /// Silence what is being played now, if anything is. As when the caller interrupts, but no
    /// [`AgentEvent::Interrupted`] follows: the agent knows.
    CutOff,
    /// What the caller was understood to say.
    CallerSaid(String),
    /// A sentence about to be spoken.
    AgentSays(String),
    /// End the call once everything said has been played.
    HangUp,
    /// Hand the caller to somebody else once everything said has been played.
    Transfer {
        /// A telephone number, SIP address or name the caller's side understands.
        destination: String,
    },
}

/// Where an agent puts what goes with an [`Action`]. Empty when [`Agent::poll`] is called.
#[derive(Debug)]
pub struct Buffers<'a> {
    /// Speech, for [`Action::Audio`].
    pub audio: &'a mut Vec<u8>,
    /// A text or binary message, for [`Action::Send`].
    pub message: &'a mut bytes::BytesMut,
    /// Samples for a local recogniser, for [`Action::Send`] with [`SendKind::Samples`].
    pub samples: &'a mut Vec<i16>,
}

/// The party that answers a call: an echo, a script, a chain of engines, a bot.
///
/// As pure as the call itself: it is handed time and events, and asked what it wants. It never blocks,
/// never spawns, and keeps nothing unbounded.
pub trait Agent {
    /// What it needs of the audio path, given what the caller sends and takes. Asked once, before
    /// [`AgentEvent::Begin`].
    fn needs(&mut self, caller_sends: AudioFormat, caller_takes: AudioFormat) -> AgentNeeds;

    /// Takes one event.
    fn handle(&mut self, now: Time, event: AgentEvent<'_>);

    /// Gives the next thing it wants, `None` when there is nothing more now. An [`Action::Send`] is only
    /// given for links in `writable`.
    fn poll(&mut self, now: Time, writable: LinkSet, buffers: Buffers<'_>) -> Option<Action>;

    /// When it wants [`AgentEvent::Tick`] at the latest.
    fn deadline(&self) -> Option<Time>;

    /// The keys of a configuration that will have their effect; the others are reported to the client as
    /// ignored. Asked before [`AgentEvent::Begin`] hands the configuration over.
    fn honours(&self, _configure: &Configure) -> Vec<&'static str> {
        Vec::new()
    }

    /// The call is ending; nothing it still wants will be done.
    fn ended(&mut self, _ending: Ending) {}
}
