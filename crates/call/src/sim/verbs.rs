//! What a scenario lets happen. Nothing here moves the clock.

use super::acts::Act;
use super::person::Background;
use super::script::Do;
use super::world::World;
use crate::agent::{Action, Signal, TurnVerdict, Word};
use crate::io::Control;
use crate::link::{Down, LinkId};
use crate::referral::Referral;

/// The caller.
impl World {
    /// Speaks for so long from now on.
    pub(super) fn caller_speaks(&mut self, ms: u64) {
        self.act(Act::Speak(ms));
    }

    /// From now on nothing is sent while the caller does not speak.
    pub(super) fn caller_network_suppresses_silence(&mut self) {
        self.act(Act::Background(Background::Nothing));
    }

    /// No audio is sent at all, or again.
    pub(super) fn caller_mutes(&mut self, muted: bool) {
        self.act(Act::Mute(muted));
    }

    pub(super) fn caller_presses(&mut self, digit: char) {
        self.act(Act::Text(format!("digit {digit}")));
    }

    /// Silences the agent by a message.
    pub(super) fn caller_interrupts(&mut self) {
        self.act(Act::Text("interrupt".to_owned()));
    }

    /// Push to talk: down or up.
    pub(super) fn caller_talks(&mut self, down: bool) {
        self.act(Act::Text(format!("talk {}", u8::from(down))));
    }

    pub(super) fn caller_types(&mut self, text: &str) {
        self.act(Act::Text(format!("text {text}")));
    }

    pub(super) fn caller_says_goodbye(&mut self) {
        self.act(Act::Text("bye".to_owned()));
    }

    /// Closes the link properly.
    pub(super) fn caller_hangs_up(&mut self) {
        self.act(Act::Close);
    }

    /// The connection breaks.
    pub(super) fn caller_is_lost(&mut self) {
        self.act(Act::Break);
    }

    /// Any line of the simulated wire (see `caller/sim.rs`).
    pub(super) fn caller_sends(&mut self, line: &str) {
        self.act(Act::Text(line.to_owned()));
    }
}

/// The network.
impl World {
    /// Nothing reaches the caller for so long; the gateway may go on writing until the sockets are full.
    pub(super) fn downlink_stalls(&mut self, ms: u64) {
        self.act(Act::StallDown(ms));
    }

    /// Nothing of the caller reaches the gateway for so long.
    pub(super) fn uplink_stalls(&mut self, ms: u64) {
        self.act(Act::StallUp(ms));
    }

    /// The caller's link takes nothing for so long.
    pub(super) fn caller_link_blocks(&mut self, ms: u64) {
        self.act(Act::Block(ms));
    }

    /// Half open: nothing crosses any more, and nobody is told.
    pub(super) fn network_dies(&mut self) {
        self.act(Act::Die);
    }
}

/// The agent.
impl World {
    pub(super) fn agent_says(&mut self, ms: u64) {
        self.act(Act::Agent(Do::Say(ms)));
    }

    /// Says what the caller may not interrupt.
    pub(super) fn agent_insists(&mut self, ms: u64) {
        self.act(Act::Agent(Do::Insist(ms)));
    }

    /// Says it with its text.
    pub(super) fn agent_tells(&mut self, ms: u64, text: &str) {
        self.act(Act::Agent(Do::Tell(ms, text.to_owned())));
    }

    /// Begins an utterance and leaves it open.
    pub(super) fn agent_starts(&mut self, ms: u64) {
        self.act(Act::Agent(Do::Start(ms)));
    }

    /// More of the utterance left open.
    pub(super) fn agent_goes_on(&mut self, ms: u64) {
        self.act(Act::Agent(Do::More(ms)));
    }

    /// The end of it.
    pub(super) fn agent_finishes(&mut self) {
        self.act(Act::Agent(Do::Finish));
    }

    pub(super) fn agent_cuts_itself_off(&mut self) {
        self.act(Act::Agent(Do::CutOff));
    }

    pub(super) fn agent_hangs_up(&mut self) {
        self.agent_wants(Action::HangUp);
    }

    pub(super) fn agent_transfers(&mut self, destination: &str) {
        self.agent_wants(Action::Transfer(Referral::to(destination)));
    }

    /// Anything the call can be asked for.
    pub(super) fn agent_wants(&mut self, action: Action) {
        self.act(Act::Agent(Do::Act(action)));
    }

    /// Whether the agent has somewhere to put caller audio.
    pub(super) fn agent_takes_audio(&mut self, takes: bool) {
        self.act(Act::AgentTakes(takes));
    }

    pub(super) fn agent_sends(&mut self, id: LinkId, text: &str) {
        self.act(Act::Agent(Do::Send(id, text.to_owned())));
    }

    pub(super) fn agent_link_blocks(&mut self, id: LinkId, blocked: bool) {
        self.act(Act::LinkBlocked(id, blocked));
    }

    pub(super) fn agent_link_says(&mut self, id: LinkId, text: &str) {
        self.act(Act::LinkSays(id, text.to_owned()));
    }

    pub(super) fn agent_link_falls(&mut self, id: LinkId, why: Down) {
        self.act(Act::LinkDown(id, why));
    }
}

/// Whoever is above the call.
impl World {
    pub(super) fn operator_hangs_up(&mut self) {
        self.act(Act::Control(Control::HangUp));
    }

    pub(super) fn gateway_drains(&mut self) {
        self.act(Act::Control(Control::Drain));
    }

    /// Lets something happen later.
    pub(super) fn later(&mut self, ms: u64, act: Act) {
        self.acts.push((self.now.plus_ms(ms), act));
    }
}

/// More of the agent.
impl World {
    /// An agent in real time gives nothing for so long, and then what has become due.
    pub(super) fn agent_stalls(&self, ms: u64) {
        self.agent.desk_mut().stall(self.now, ms);
    }
}

/// Turns.
impl World {
    /// Speaks so much louder than usual, for so long from now on.
    pub(super) fn caller_speaks_louder(&mut self, gain_db: f64, ms: u64) {
        self.person.gain_db = gain_db;
        self.caller_speaks(ms);
    }

    /// What the agent's engine reports of the caller's turn.
    pub(super) fn engine_reports(&mut self, signal: Signal) {
        self.agent_wants(Action::Turn(signal));
    }

    /// How the agent will judge the next turns.
    pub(super) fn agent_will_judge(&self, verdicts: &[TurnVerdict]) {
        self.agent.desk_mut().verdicts.extend(verdicts);
    }

    /// Says this with the utterance that is open, or with the next.
    pub(super) fn agent_announces(&mut self, text: &str) {
        self.agent_wants(Action::AgentSays(text.to_owned()));
    }

    /// The words of the utterance that is open, each with its beginning and end.
    pub(super) fn agent_times_words(&mut self, words: &[(&str, u64, u64)]) {
        let word = |&(text, start_ms, end_ms): &(&str, u64, u64)| Word {
            text: text.to_owned(),
            start_ms,
            end_ms,
        };
        self.agent_wants(Action::Words(words.iter().map(word).collect()));
    }
}
