//! What the callers of a group counted.

use std::collections::BTreeMap;

use anyhow::Context;
use hdrhistogram::Histogram;

use super::sequence::Arrival;

/// The longest time a histogram tells from a longer one: 60 s.
const LONGEST_US: u64 = 60_000_000;

/// Times, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    /// From when a frame was due to when it was back: what a caller would notice, whoever is to blame. A stall
    /// counts for every frame that was due meanwhile.
    RoundTrip,
    /// From when a frame was due to when it was handed to the socket: this program's own lateness.
    SendLate,
    /// From the hand-over to when it was back.
    Wire,
    /// From one message with audio to the next.
    Gap,
    /// From dialling to the end of the upgrade.
    SetUp,
    /// From dialling to the first frame back.
    FirstFrame,
    /// From the bot's clear to the caller's, behind which nothing older comes.
    Clear,
    /// How much later than its place behind the lead a frame of a burst came.
    AfterDue,
    /// How much later than the latest moment that a late timer allows.
    AfterLatest,
    /// From the end of a stall until the round trip was what it had been.
    Recovery,
}

impl Span {
    pub(crate) const ALL: [Self; 10] = [
        Self::RoundTrip,
        Self::SendLate,
        Self::Wire,
        Self::Gap,
        Self::SetUp,
        Self::FirstFrame,
        Self::Clear,
        Self::AfterDue,
        Self::AfterLatest,
        Self::Recovery,
    ];

    /// For programs.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::RoundTrip => "round_trip",
            Self::SendLate => "send_late",
            Self::Wire => "wire",
            Self::Gap => "gap",
            Self::SetUp => "set_up",
            Self::FirstFrame => "first_frame",
            Self::Clear => "clear",
            Self::AfterDue => "after_due",
            Self::AfterLatest => "after_latest",
            Self::Recovery => "recovery",
        }
    }

    /// For people.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::RoundTrip => "round trip, from when it was due",
            Self::SendLate => "  of that: sent late by this program",
            Self::Wire => "  of that: there and back",
            Self::Gap => "from one message with audio to the next",
            Self::SetUp => "dialling to the end of the upgrade",
            Self::FirstFrame => "dialling to the first frame back",
            Self::Clear => "the bot's clear to the caller's",
            Self::AfterDue => "frame of a burst, after it was due",
            Self::AfterLatest => "  of that: after the latest moment",
            Self::Recovery => "end of a stall to the old round trip",
        }
    }
}

/// Things that are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    /// Calls that were put through.
    Connected,
    /// Calls that went as they should to their end.
    Completed,
    /// Frames handed to sockets.
    Sent,
    /// Frames that came back, each counted once.
    Received,
    /// Frames that did not come back.
    Lost,
    /// Frames that came back more than once.
    Duplicated,
    /// Frames that were overtaken.
    Reordered,
    /// Frames that are not what was sent.
    Damaged,
    /// Frames of what had been cleared, behind the clear.
    Stale,
    /// Clears that came.
    Cleared,
    /// Clears that never came.
    Uncleared,
    /// Calls of callers who read nothing that the server ended, as it should.
    GivenUp,
}

impl Count {
    pub(crate) const ALL: [Self; 12] = [
        Self::Connected,
        Self::Completed,
        Self::Sent,
        Self::Received,
        Self::Lost,
        Self::Duplicated,
        Self::Reordered,
        Self::Damaged,
        Self::Stale,
        Self::Cleared,
        Self::Uncleared,
        Self::GivenUp,
    ];

    /// For programs and people.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Completed => "completed",
            Self::Sent => "sent",
            Self::Received => "received",
            Self::Lost => "lost",
            Self::Duplicated => "duplicated",
            Self::Reordered => "reordered",
            Self::Damaged => "damaged",
            Self::Stale => "stale",
            Self::Cleared => "cleared",
            Self::Uncleared => "uncleared",
            Self::GivenUp => "given_up",
        }
    }

    /// Whether one of them spoils a group. With `may_skip`, frames may have been left out to be rid of a delay.
    pub(crate) const fn is_fault(self, may_skip: bool) -> bool {
        match self {
            Self::Lost | Self::Damaged | Self::Duplicated => !may_skip,
            Self::Reordered | Self::Stale | Self::Uncleared => true,
            _ => false,
        }
    }
}

/// Totals of a group of callers.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    counts: [u64; Count::ALL.len()],
    spans: Vec<Histogram<u64>>,
    /// Calls that were not put through, by reason.
    pub(crate) refused: BTreeMap<String, u64>,
    /// Calls that ended early, and complaints of the server, by what happened.
    pub(crate) broken: BTreeMap<String, u64>,
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
            counts: [0; Count::ALL.len()],
            spans: vec![histogram; Span::ALL.len()],
            refused: BTreeMap::new(),
            broken: BTreeMap::new(),
        })
    }

    pub(crate) fn count(&mut self, what: Count) {
        self.add(what, 1);
    }

    pub(crate) fn add(&mut self, what: Count, number: u64) {
        if let Some(count) = self.counts.get_mut(what as usize) {
            *count += number;
        }
    }

    pub(crate) fn get(&self, what: Count) -> u64 {
        self.counts.get(what as usize).copied().unwrap_or(0)
    }

    pub(crate) fn record(&mut self, span: Span, us: u64) {
        if let Some(histogram) = self.spans.get_mut(span as usize) {
            histogram.saturating_record(us.max(1));
        }
    }

    pub(crate) fn span(&self, span: Span) -> Option<&Histogram<u64>> {
        let histogram = self.spans.get(span as usize)?;
        (!histogram.is_empty()).then_some(histogram)
    }

    /// A call was refused.
    pub(crate) fn refuse(&mut self, why: String) {
        *self.refused.entry(why).or_default() += 1;
    }

    /// A call ended early, or the server complained.
    pub(crate) fn complain(&mut self, what: String) {
        *self.broken.entry(what).or_default() += 1;
    }

    /// A frame came back, that long after it was due and after it was sent.
    pub(crate) fn frame_back(&mut self, arrival: Arrival, round_trip_us: u64, wire_us: u64) {
        match arrival {
            Arrival::InOrder => {}
            Arrival::Reordered => self.count(Count::Reordered),
            Arrival::Duplicate => return self.count(Count::Duplicated),
        }
        self.count(Count::Received);
        self.record(Span::RoundTrip, round_trip_us);
        self.record(Span::Wire, wire_us);
    }

    /// Whether every one of `calls` was put through and ended as it should, and nothing that came was wrong.
    /// With `may_skip`, frames may have been left out to be rid of a delay.
    pub(crate) fn is_clean(&self, calls: u32, may_skip: bool) -> bool {
        let has_faults = Count::ALL
            .into_iter()
            .any(|what| what.is_fault(may_skip) && self.get(what) > 0);
        let is_whole = self.refused.is_empty() && self.broken.is_empty();
        let ended = self.get(Count::Completed) + self.get(Count::GivenUp);
        !has_faults && is_whole && ended == u64::from(calls)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_means_that_calls_completed_and_nothing_was_wrong() -> anyhow::Result<()> {
        let mut clean = Tally::new()?;
        assert!(!clean.is_clean(1, false), "no call completed");
        clean.count(Count::Completed);
        clean.frame_back(Arrival::InOrder, 300, 200);
        assert!(clean.is_clean(1, false));
        assert!(!clean.is_clean(2, false), "one is missing");
        for spoil in [
            |t: &mut Tally| t.frame_back(Arrival::Reordered, 1, 1),
            |t: &mut Tally| t.frame_back(Arrival::Duplicate, 1, 1),
            |t: &mut Tally| t.count(Count::Lost),
            |t: &mut Tally| t.count(Count::Damaged),
            |t: &mut Tally| t.count(Count::Stale),
            |t: &mut Tally| t.refuse("HTTP 429".to_owned()),
            |t: &mut Tally| t.complain("closed".to_owned()),
        ] {
            let mut spoilt = clean.clone();
            spoil(&mut spoilt);
            assert!(!spoilt.is_clean(1, false), "{spoilt:?}");
        }
        clean.count(Count::Lost);
        assert!(clean.is_clean(1, true), "left out");
        Ok(())
    }

    #[test]
    fn a_frame_beyond_the_longest_time_still_counts() -> anyhow::Result<()> {
        let mut tally = Tally::new()?;
        assert!(tally.span(Span::RoundTrip).is_none(), "nothing measured");
        tally.frame_back(Arrival::InOrder, 10 * LONGEST_US, 0);
        let longest = tally.span(Span::RoundTrip).map(Histogram::max);
        assert!(longest >= Some(LONGEST_US), "{longest:?}");
        Ok(())
    }

    #[test]
    fn every_name_has_its_place() {
        for (place, span) in Span::ALL.into_iter().enumerate() {
            assert_eq!(span as usize, place);
        }
        for (place, what) in Count::ALL.into_iter().enumerate() {
            assert_eq!(what as usize, place);
        }
    }
}
