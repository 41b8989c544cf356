//! What a run counted.

use std::collections::BTreeMap;

use anyhow::Context;
use hdrhistogram::Histogram;

use crate::sequence::Arrival;

/// The longest time a histogram tells from a longer one: 60 s.
const LONGEST_US: u64 = 60_000_000;

/// Totals of all callers.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    /// Calls that were put through.
    pub(crate) connected: u64,
    /// Calls that were not, by reason.
    pub(crate) refused: BTreeMap<String, u64>,
    /// Calls that ended early, and complaints of the gateway, by what happened.
    pub(crate) broken: BTreeMap<String, u64>,
    /// Frames handed to sockets.
    pub(crate) sent: u64,
    /// Frames that came back, each counted once.
    pub(crate) received: u64,
    /// Frames that did not come back.
    pub(crate) lost: u64,
    /// Frames that came back more than once.
    pub(crate) duplicated: u64,
    /// Frames that were overtaken.
    pub(crate) reordered: u64,
    /// Frames that are not what this caller sent.
    pub(crate) damaged: u64,
    /// From when a frame was due to when it was back: what a caller would notice, whoever is to blame.
    pub(crate) round_trip_us: Histogram<u64>,
    /// From when a frame was due to when it was handed to the socket: this program's own lateness.
    pub(crate) send_late_us: Histogram<u64>,
    /// From the hand-over to when it was back: the gateway and both ways through the kernel.
    pub(crate) wire_us: Histogram<u64>,
}

impl Tally {
    /// Nothing counted yet.
    ///
    /// # Errors
    /// The histogram refuses its bounds.
    pub(crate) fn new() -> anyhow::Result<Self> {
        // Bounds are given: without them the histogram records wrongly beyond what it has seen.
        let histogram = Histogram::new_with_bounds(1, LONGEST_US, 3).context("histogram")?;
        Ok(Self {
            connected: 0,
            refused: BTreeMap::new(),
            broken: BTreeMap::new(),
            sent: 0,
            received: 0,
            lost: 0,
            duplicated: 0,
            reordered: 0,
            damaged: 0,
            round_trip_us: histogram.clone(),
            send_late_us: histogram.clone(),
            wire_us: histogram,
        })
    }

    /// A call was refused.
    pub(crate) fn refuse(&mut self, why: String) {
        *self.refused.entry(why).or_default() += 1;
    }

    /// A call ended early, or the gateway complained.
    pub(crate) fn complain(&mut self, what: String) {
        *self.broken.entry(what).or_default() += 1;
    }

    /// A frame went out, that much after it was due.
    pub(crate) fn frame_sent(&mut self, late_us: u64) {
        self.sent += 1;
        self.send_late_us.saturating_record(late_us.max(1));
    }

    /// A frame came back, that long after it was due and after it was sent.
    pub(crate) fn frame_back(&mut self, arrival: Arrival, round_trip_us: u64, wire_us: u64) {
        match arrival {
            Arrival::InOrder => {}
            Arrival::Reordered => self.reordered += 1,
            Arrival::Duplicate => {
                self.duplicated += 1;
                return;
            }
        }
        self.received += 1;
        self.round_trip_us.saturating_record(round_trip_us.max(1));
        self.wire_us.saturating_record(wire_us.max(1));
    }

    /// Whether every call was put through and every frame came back once, in order and whole.
    pub(crate) fn is_clean(&self) -> bool {
        let faults = self.lost + self.duplicated + self.reordered + self.damaged;
        faults == 0 && self.refused.is_empty() && self.broken.is_empty() && self.received > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_means_that_something_came_back_and_nothing_was_wrong() -> anyhow::Result<()> {
        let mut clean = Tally::new()?;
        assert!(!clean.is_clean(), "nothing came back");
        clean.frame_back(Arrival::InOrder, 300, 200);
        assert!(clean.is_clean());
        for spoil in [
            |t: &mut Tally| t.frame_back(Arrival::Reordered, 1, 1),
            |t: &mut Tally| t.frame_back(Arrival::Duplicate, 1, 1),
            |t: &mut Tally| t.lost += 1,
            |t: &mut Tally| t.damaged += 1,
            |t: &mut Tally| t.refuse("HTTP 429".to_owned()),
            |t: &mut Tally| t.complain("closed".to_owned()),
        ] {
            let mut spoilt = clean.clone();
            spoil(&mut spoilt);
            assert!(!spoilt.is_clean(), "{spoilt:?}");
        }
        Ok(())
    }

    #[test]
    fn a_frame_beyond_the_longest_time_still_counts() -> anyhow::Result<()> {
        let mut tally = Tally::new()?;
        tally.frame_back(Arrival::InOrder, 10 * LONGEST_US, 0);
        assert_eq!(tally.round_trip_us.len(), 1);
        assert!(tally.round_trip_us.max() >= LONGEST_US);
        Ok(())
    }
}
