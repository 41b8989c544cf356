//! The webhook's agent: voice activity → recogniser → somebody's HTTP server → synthesiser.
//!
//! **Who connects.** The gateway posts `agent.message` to the bot for each of the caller's turns, as AgentPhone does
//! ([`trunkline_protocol::bot::webhook`] has the wire format); the bot answers with text, which is spoken. Audio never
//! reaches it: it is lent the ears and the mouth of the embedded agent.
//!
//! **Turns.** What the caller says in one turn, what the caller types, and keys up to a pause of 3 s or `#` are a
//! request each: keys go as the transcript, as they were pressed, and are no part of what the call notes the caller
//! to have said. `recentHistory` holds what the caller was understood to say and what the caller heard of the agent.
//!
//! **Answers.** Each line is spoken as it comes, but not into the caller's turn: what comes then waits until the turn
//! has turned out to be none. `hangup` and `transfer` on any line take effect once all has been spoken; with both, the
//! caller is transferred. A transfer that is refused, or leads nowhere, is told to the caller, and the call goes on. While
//! nothing has come, the agent is at work: the call says its filler.
//!
//! **Barge-in.** A caller who interrupts, presses a key, types, or has been understood to say something more aborts
//! the request; a backchannel does not.
//!
//! **Failures.** No answer in time, none at all, a status other than 2xx, or none that can be read: the caller is asked
//! to say it again. The third in a row loses the agent, and so do at once 401, 403, 404 and an address that may not be
//! used. Reasons: `webhook_status`, `webhook_timeout`, `webhook_unreachable`, `webhook_blocked`, `webhook_nonsense`,
//! and `no_voice` as with the embedded agent.
//!
//! **Limits.** Ours: an answer of 256 KiB; 64 lines before the last; 8 KiB a turn of the history; 64 sentences waiting
//! to be spoken of one line, what is beyond is left out.

mod exchange;
mod fault;
mod keys;
mod record;
mod spec;
mod talk;

use std::collections::VecDeque;
use std::sync::Arc;

use trunkline_call::{
    Action, Agent, AgentEvent, AgentNeeds, Buffers, CallInfo, Frame, LinkId, LinkSet, Time,
};
use trunkline_codecs::format::AudioFormat;
use trunkline_local::script::phrase_grammar;
use trunkline_protocol::client::omni::Configure;

use crate::front_end::FrontEnd;
use exchange::Exchange;
use keys::Keys;
use record::Record;
pub use spec::WebhookSpec;

/// The slot of the request's link; those before are the front end's.
const SLOT: u8 = 5;

/// An agent that asks a webhook what to say.
#[derive(Debug)]
pub struct WebhookAgent {
    spec: Arc<WebhookSpec>,
    /// What callers are expected to say.
    grammar: Option<Arc<str>>,
    front_end: FrontEnd,
    info: CallInfo,
    record: Record,
    keys: Keys,
    asking: Asking,
    /// Things to do that need no buffer, in order.
    todo: VecDeque<Action>,
    /// Done once the answer is complete and has been played.
    afterwards: Afterwards,
    /// Between the beginning and the end of the caller's turn.
    caller_speaks: bool,
    /// The caller cut the agent off and has not been understood yet.
    interrupted: bool,
}

/// What is known of requests.
#[derive(Debug)]
struct Asking {
    /// The last link of the slot.
    link: LinkId,
    /// It is open.
    connected: bool,
    /// The one under way, until its answer has been said.
    exchange: Option<Exchange>,
    /// How many have failed in a row.
    failed: u32,
    /// The call has been told that an answer is awaited.
    working: bool,
}

/// What a bot wants done after it has spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Afterwards {
    #[default]
    Nothing,
    HangUp,
    Transfer,
}

impl WebhookAgent {
    /// An agent that has not been asked anything.
    pub fn new(spec: Arc<WebhookSpec>) -> Self {
        Self {
            grammar: phrase_grammar(&spec.phrases),
            front_end: FrontEnd::new(&spec.voice),
            info: CallInfo::default(),
            record: Record::new(spec.context_limit),
            keys: Keys::default(),
            asking: Asking {
                link: LinkId::new(SLOT, 0),
                connected: false,
                exchange: None,
                failed: 0,
                working: false,
            },
            todo: VecDeque::new(),
            afterwards: Afterwards::Nothing,
            caller_speaks: false,
            interrupted: false,
            spec,
        }
    }

    /// The same, where another agent can take over: with no synthesiser to be heard by, it fails (`no_voice`),
    /// in place of going on by keys and text.
    #[must_use]
    pub const fn replaceable(mut self) -> Self {
        self.front_end.set_replaceable();
        self
    }

    /// Whether the call is to be told that an answer is awaited: while nothing of it is being spoken.
    fn is_working(&self) -> bool {
        let exchange = self.asking.exchange.as_ref();
        exchange.is_some_and(Exchange::is_awaited) && !self.front_end.mouth.is_making()
    }
}

impl Agent for WebhookAgent {
    fn needs(&mut self, caller_sends: AudioFormat, _caller_takes: AudioFormat) -> AgentNeeds {
        self.front_end.needs(caller_sends)
    }

    fn handle(&mut self, now: Time, event: AgentEvent<'_>) {
        match event {
            AgentEvent::Begin(begin) => self.begin(now, begin),
            AgentEvent::Audio(audio) => self.front_end.ears.hear(now, audio),
            AgentEvent::SpeechStarted => {
                self.caller_speaks = true;
                self.front_end.listen(now, self.grammar.clone());
            }
            AgentEvent::EndOfTurn => {
                self.caller_speaks = false;
                self.front_end.ears.end(now);
            }
            AgentEvent::Backchannel => {
                self.caller_speaks = false;
                self.front_end.ears.forget();
            }
            AgentEvent::Digit(digit) => self.digit(now, digit),
            AgentEvent::EagerEndOfTurn => {
                self.front_end.mouth.mark();
                self.record.doubt();
            }
            AgentEvent::TurnResumed => self.turn_resumed(),
            AgentEvent::Text(text) => self.text(now, text),
            AgentEvent::Interrupted { heard, .. } => self.interrupted(now, heard),
            AgentEvent::Spoken => {
                self.front_end.mouth.played();
                self.record.played(now);
            }
            AgentEvent::Idle { .. } => self.idle(),
            AgentEvent::Hold(on_hold) => self.hold(on_hold),
            AgentEvent::TransferRefused(_) => self.transfer_refused(),
            AgentEvent::Data(id, Frame::Http(frame)) => self.http(id, frame),
            AgentEvent::Data(id, frame) => self.worker(now, id, frame),
            AgentEvent::Down(id, why) => self.down(id, why),
            AgentEvent::Tick => self.tick(now),
            // The bot has no event for a machine that answers. Links are used once they are writable.
            AgentEvent::AnsweredBy(_) | AgentEvent::Up(_) | AgentEvent::Marked { .. } => {}
        }
        self.go_on();
    }

    fn poll(&mut self, now: Time, writable: LinkSet, buffers: Buffers<'_>) -> Option<Action> {
        if let Some(action) = self.todo.pop_front() {
            return Some(action);
        }
        let working = self.is_working();
        if working != self.asking.working {
            self.asking.working = working;
            return Some(Action::Working(working));
        }
        let action = self.front_end.poll(now, writable, buffers)?;
        self.record.given(now, &action);
        Some(action)
    }

    fn deadline(&self) -> Option<Time> {
        let exchange = self.asking.exchange.as_ref();
        let answer_at = exchange.and_then(Exchange::deadline);
        let ears_at = self.front_end.ears.deadline();
        [self.keys.deadline(), answer_at, ears_at]
            .into_iter()
            .flatten()
            .min()
    }

    fn takes_audio(&self, _writable: LinkSet) -> bool {
        self.front_end.ears.takes_audio()
    }

    fn honours(&self, configure: &Configure) -> Vec<&'static str> {
        FrontEnd::honours(configure)
    }
}

#[cfg(test)]
mod tests;
