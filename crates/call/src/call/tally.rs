//! What is counted and billed of a call.

use super::live::Live;
use crate::counters::Counters;
use crate::meter::{Length, Meter, Metering};
use crate::time::Time;

/// Counters and meter of one call.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) counters: Counters,
    pub(super) meter: Meter,
}

impl Tally {
    /// Takes over what the audio path has counted itself, before it is gone.
    pub(super) fn settle(&mut self, live: &Live) {
        self.counters = self.counters(Some(live));
        self.meter.agent_audio(agent_audio(live));
    }

    /// What was counted so far.
    pub(super) fn counters(&self, live: Option<&Live>) -> Counters {
        let Some(live) = live else {
            return self.counters;
        };
        let (twice, late) = live.uplink.dropped_frames();
        Counters {
            slipped_ms: live.playout.slipped().total_us() / 1_000,
            backlog_dropped_ms: live.backlog.dropped_ms(),
            media_late: twice + late,
            ..self.counters
        }
    }

    /// What is billed so far.
    pub(super) fn metering(&self, live: Option<&Live>, now: Time) -> Metering {
        let mut meter = self.meter;
        if let Some(live) = live {
            meter.agent_audio(agent_audio(live));
        }
        meter.metering(now)
    }
}

const fn agent_audio(live: &Live) -> Length {
    Length::of_us(live.playout.agent_released_us())
}
