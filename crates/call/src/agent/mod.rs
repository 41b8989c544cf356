//! What a call needs of the party that answers it.

mod action;
mod event;
mod needs;

use trunkline_codecs::format::AudioFormat;
use trunkline_protocol::client::omni::Configure;

use crate::ending::Ending;
use crate::link::LinkSet;
use crate::time::Time;

pub use action::{Action, AgentFailure, Buffers, Signal, Word};
pub use event::{AgentEvent, Answerer, Begin};
pub use needs::{AgentNeeds, Delivery, Hears, TurnMode};

/// The party that answers a call: an echo, a script, a chain of engines, a bot.
///
/// As pure as the call itself: it is handed time and events, and asked what it wants. It never blocks,
/// never spawns, and keeps nothing unbounded.
pub trait Agent {
    /// What it needs, given what the caller sends and takes. Asked before each [`AgentEvent::Begin`].
    fn needs(&mut self, caller_sends: AudioFormat, caller_takes: AudioFormat) -> AgentNeeds;

    /// Takes one event.
    fn handle(&mut self, now: Time, event: AgentEvent<'_>);

    /// Gives the next thing it wants, `None` when there is nothing more now. An [`Action::Send`] is only
    /// given for links in `writable`.
    fn poll(&mut self, now: Time, writable: LinkSet, buffers: Buffers<'_>) -> Option<Action>;

    /// When it wants [`AgentEvent::Tick`] at the latest.
    fn deadline(&self) -> Option<Time>;

    /// Whether it has somewhere to put caller audio now. While it has not, the call keeps the newest for it.
    fn takes_audio(&self, _writable: LinkSet) -> bool {
        true
    }

    /// Asked when the caller has been silent long enough to have finished: whether by what was said the turn
    /// is over. Only in [`TurnMode::Voice`].
    fn judge_turn(&mut self, _now: Time) -> TurnVerdict {
        TurnVerdict::Over
    }

    /// The keys of a configuration that will have their effect; the others are reported to the client as
    /// ignored. Asked before [`AgentEvent::Begin`] hands the configuration over.
    fn honours(&self, _configure: &Configure) -> Vec<&'static str> {
        Vec::new()
    }

    /// Who takes over after [`Action::HandOver`]; `None` leaves the call as it is.
    fn successor(&mut self) -> Option<Self>
    where
        Self: Sized,
    {
        None
    }

    /// The call is over. [`Action::Send`] on links that are open and writable is still carried out, as far as it
    /// can be at once; of all else it wants, nothing. Then its links are closed.
    fn ended(&mut self, _ending: Ending) {}
}

/// Whether a turn is over by what was said in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnVerdict {
    /// It is.
    Over,
    /// It sounds unfinished: it is over if nothing more comes for this long.
    Wait {
        /// Milliseconds.
        ms: u64,
    },
}
