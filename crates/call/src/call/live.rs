//! The audio path of a call that has begun.

use trunkline_codecs::resample::UnsupportedRate;

use crate::agent::AgentNeeds;
use crate::caller::CallerLeg;
use crate::config::CallConfig;
use crate::marks::Marks;
use crate::playout::Playout;
use crate::time::Time;
use crate::uplink::{Downlink, Uplink};

/// Both directions of audio, and the marks that say what of it was played.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) uplink: Uplink,
    pub(super) downlink: Downlink,
    pub(super) playout: Playout,
    pub(super) marks: Marks,
}

impl Live {
    pub(super) fn new(
        config: &CallConfig,
        caller: &CallerLeg,
        needs: AgentNeeds,
    ) -> Result<Self, UnsupportedRate> {
        Ok(Self {
            uplink: Uplink::new(caller.sends(), needs)?,
            downlink: Downlink::new(needs.speaks, caller.takes())?,
            playout: Playout::new(caller.takes(), config.lead_ms, config.playout_ms),
            marks: Marks::new(caller.echoes_marks(), config.mark_ms),
        })
    }

    /// Whether agents should be read no further.
    pub(super) fn is_nearly_full(&self) -> bool {
        self.playout.is_nearly_full()
    }

    /// Whether something of the agent's has not been played yet.
    pub(super) fn is_speaking(&self) -> bool {
        self.playout.is_speaking() || self.marks.is_pending()
    }

    /// Silences the agent. Returns how much of the utterance the caller heard, in milliseconds.
    pub(super) fn cut_off(&mut self, now: Time) -> u64 {
        self.marks.cut_off();
        self.downlink.reset();
        self.playout.cut_off(now)
    }
}
