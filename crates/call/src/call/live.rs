//! The audio path of a call that has begun.

use std::collections::VecDeque;

use trunkline_codecs::resample::UnsupportedRate;

use crate::agent::{AgentNeeds, Hears};
use crate::caller::Line;
use crate::config::CallConfig;
use crate::downlink::Downlink;
use crate::marks::Marks;
use crate::playout::Playout;
use crate::referral::Referral;
use crate::sayings::Sayings;
use crate::time::Time;
use crate::turns::Playing;
use crate::uplink::{Backlog, Prefix, Uplink};

use super::names::Names;
use super::sounds::Sound;

/// Both directions of audio, and the marks that say what of it was played.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) line: Line,
    pub(super) stage: Stage,
    pub(super) uplink: Uplink,
    /// Caller audio the agent has not taken yet.
    pub(super) backlog: Backlog,
    /// Caller audio before a turn, for agents that hear turns alone.
    pub(super) prefix: Option<Prefix>,
    /// The agent hears turns alone, and the caller has one.
    pub(super) in_turn: bool,
    pub(super) downlink: Downlink,
    pub(super) playout: Playout,
    pub(super) marks: Marks,
    pub(super) names: Names,
    pub(super) sayings: Sayings,
    /// What the gateway itself is about to play.
    pub(super) sounds: VecDeque<Sound>,
    /// The agent has said something while the caller was on hold, and not been told that it is void.
    pub(super) said_on_hold: bool,
    /// The first utterance of an answer that is held.
    pub(super) held_from: Option<u32>,
    /// The agent's last utterance, and the last of the agents that were lost.
    pub(super) begun_last: Option<u32>,
    pub(super) lost_last: Option<u32>,
    /// The caller's turn goes on, and the agent, which answers it already, has not been told yet.
    pub(super) unaware: bool,
}

/// Whether caller and agent hear each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// They do.
    Talking,
    /// The caller is to be put on hold once what the agent says has been played.
    Parking,
    /// The caller is on hold.
    OnHold,
    /// The agent has asked for a transfer, and its last words are being played.
    Leaving {
        /// To whom.
        referral: Referral,
    },
    /// Somebody outside the call is connecting the caller elsewhere.
    Transferring,
}

impl Live {
    pub(super) fn new(
        config: &CallConfig,
        line: Line,
        needs: AgentNeeds,
    ) -> Result<Self, UnsupportedRate> {
        let preroll_ms = config.uplink.preroll_ms;
        Ok(Self {
            line,
            stage: Stage::Talking,
            uplink: Uplink::new(&line, &config.uplink, &config.turns, needs)?,
            backlog: Backlog::new(needs.listens.unwrap_or(line.sends), preroll_ms),
            prefix: prefix(config, needs),
            in_turn: false,
            downlink: Downlink::new(needs.speaks, line.takes)?,
            playout: Playout::new(&line, &config.playout, needs.delivery),
            marks: Marks::new(line.marks, config.playout.mark_ms),
            names: Names::default(),
            sayings: Sayings::default(),
            sounds: VecDeque::new(),
            said_on_hold: false,
            held_from: None,
            begun_last: None,
            lost_last: None,
            unaware: false,
        })
    }

    /// Another agent, or the same once more, takes over: what it needs may differ. What is queued for the
    /// caller stays, and what the caller said meanwhile waits for it.
    pub(super) fn attach(
        &mut self,
        config: &CallConfig,
        needs: AgentNeeds,
        before: AgentNeeds,
        mid_turn: bool,
    ) -> Result<(), UnsupportedRate> {
        self.unaware = false;
        self.in_turn = mid_turn;
        if needs == before {
            return Ok(());
        }
        let downlink = Downlink::new(needs.speaks, self.line.takes)?;
        self.uplink.serve(&config.turns, needs)?;
        self.prefix = prefix(config, needs);
        if needs.listens != before.listens {
            let format = needs.listens.unwrap_or(self.line.sends);
            self.backlog.change_format(format, config.uplink.preroll_ms);
        }
        self.downlink = downlink;
        self.playout.set_delivery(needs.delivery);
        Ok(())
    }

    /// Queues audio in the caller's format behind what is said. Returns how many bytes were refused. Where some
    /// of the queue is cut out to make up for a stall, names keep their places in what is said.
    pub(super) fn queue(&mut self, now: Time, audio: &[u8]) -> usize {
        let refused = self.playout.push(now, audio);
        for (place, bytes) in self.playout.cut_out() {
            self.names.cut_out(place, bytes);
        }
        refused
    }

    /// Whether agents should be read no further.
    pub(super) fn is_nearly_full(&self) -> bool {
        self.playout.is_nearly_full()
    }

    /// Whether something has not been played yet.
    pub(super) fn is_speaking(&self) -> bool {
        self.playout.is_speaking() || self.marks.is_pending() || !self.sounds.is_empty()
    }

    /// Whether the caller hears something, or will without anything more being said.
    pub(super) fn is_audible(&self, now: Time) -> bool {
        let playing = self.playout.heard_until(now) > now;
        playing || self.marks.is_pending() || !self.sounds.is_empty()
    }

    /// When the last words before a hold or a transfer will have been heard.
    pub(super) fn stage_ends_at(&self, now: Time) -> Option<Time> {
        let waits = matches!(self.stage, Stage::Parking | Stage::Leaving { .. });
        let heard_at = waits.then(|| self.playout.heard_until(now));
        heard_at.filter(|at| *at > now)
    }

    /// Whether the utterance is of an agent that was lost.
    pub(super) fn is_of_lost(&self, number: u32) -> bool {
        self.lost_last.is_some_and(|last| number <= last)
    }

    /// How long the gateway's own sounds that wait will last.
    pub(super) fn sounds_ms(&self) -> u64 {
        self.sounds.iter().map(Sound::length_ms).sum()
    }

    /// Whether a sound of the gateway's own waits for nothing but its turn.
    pub(super) fn can_start_sounds(&self) -> bool {
        match self.sounds.front() {
            Some(Sound::Clip(_)) => !self.playout.is_open(),
            Some(Sound::Keys(_)) => true,
            None => false,
        }
    }

    /// Whether something of the agent's has not been played yet.
    pub(super) fn is_agent_speaking(&self) -> bool {
        self.playout.is_agent_speaking()
    }

    /// What the caller hears now.
    pub(super) fn playing(&self, now: Time) -> Playing {
        let progress = self.playout.playing(now);
        Playing {
            audible: self.playout.is_playing(now),
            interruptible: self.playout.is_interruptible(now),
            heard_us: progress.map_or(0, |p| p.heard_ms * 1_000),
        }
    }
}

fn prefix(config: &CallConfig, needs: AgentNeeds) -> Option<Prefix> {
    let format = needs.listens.filter(|_| needs.hears == Hears::Turns)?;
    Some(Prefix::new(format, config.turns.prefix_ms))
}
