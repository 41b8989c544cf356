//! What the caller said and did, handed to the agent in order: at once, or when it takes it.

use super::Call;
use crate::agent::{Agent, AgentEvent};
use crate::caller::CallerMessage;
use crate::link::LinkSet;
use crate::scratch::Scratch;
use crate::time::Time;
use crate::uplink::{Notice, PIECE_US, Waiting};

impl<A: Agent> Call<A> {
    /// Tells the agent, behind audio it has not taken yet.
    pub(super) fn notify(&mut self, now: Time, notice: Notice) {
        let ready = self.party.is_ready();
        match &mut self.live {
            Some(live) if !ready || !live.backlog.is_empty() => live.backlog.note(notice),
            _ => self.party.agent.handle(now, event(notice)),
        }
    }

    /// Hands audio to the agent, or keeps it.
    pub(super) fn deliver(&mut self, now: Time, audio: &[u8]) {
        let ready = self.party.is_ready() && self.party.agent.takes_audio(self.writable);
        let Some(live) = &mut self.live else { return };
        if let Some(prefix) = live.prefix.as_mut().filter(|_| !live.in_turn) {
            prefix.push(audio);
        } else if ready && live.backlog.is_empty() {
            self.party.agent.handle(now, AgentEvent::Audio(audio));
        } else {
            live.backlog.push(audio);
        }
    }

    /// Hands the agent the next of what waits for it. Returns whether there was something.
    pub(super) fn feed_agent(
        &mut self,
        now: Time,
        writable: LinkSet,
        scratch: &mut Scratch,
    ) -> bool {
        let party = &mut self.party;
        let Some(live) = self.live.as_mut().filter(|live| !live.backlog.is_empty()) else {
            return false;
        };
        if !party.is_ready() || !party.agent.takes_audio(writable) {
            return false;
        }
        scratch.bytes.clear();
        let listens = party.needs.and_then(|needs| needs.listens);
        let most = listens.map_or(0, |listens| listens.bytes_for_us(PIECE_US));
        match live.backlog.pop(most, &mut scratch.bytes) {
            Some(Waiting::Audio) => party.agent.handle(now, AgentEvent::Audio(&scratch.bytes)),
            Some(Waiting::Notice(notice)) => {
                live.unaware &= notice != Notice::TurnResumed;
                party.agent.handle(now, event(notice));
            }
            None => return false,
        }
        if live.backlog.is_empty() {
            live.unaware = false;
            // What was kept while the agent was away has been delivered whole.
            live.backlog.set_bound_ms(self.config.uplink.backlog_ms);
        }
        true
    }

    /// A key, by whichever way it came.
    pub(super) fn key(&mut self, now: Time, key: char) {
        self.talk.caller_acts(now);
        self.tell(CallerMessage::Digit(key));
        self.notify(now, Notice::Digit(key));
    }
}

const fn event(notice: Notice) -> AgentEvent<'static> {
    match notice {
        Notice::SpeechStarted => AgentEvent::SpeechStarted,
        Notice::EagerEndOfTurn => AgentEvent::EagerEndOfTurn,
        Notice::TurnResumed => AgentEvent::TurnResumed,
        Notice::EndOfTurn => AgentEvent::EndOfTurn,
        Notice::Backchannel => AgentEvent::Backchannel,
        Notice::Digit(digit) => AgentEvent::Digit(digit),
    }
}
