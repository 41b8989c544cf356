//! Which frames came back, and whether in order.

use std::collections::BTreeSet;

/// What the arrival of a frame means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// The next one, or one after a gap.
    InOrder,
    /// It had been overtaken.
    Reordered,
    /// It had been here before.
    Duplicate,
}

/// The numbers seen of one call, counted from 0.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sequence {
    next: u32,
    /// Numbers below `next` that have not come.
    missing: BTreeSet<u32>,
}

impl Sequence {
    /// A frame arrived.
    pub(crate) fn arrived(&mut self, number: u32) -> Arrival {
        if number >= self.next {
            self.missing.extend(self.next..number);
            self.next = number + 1;
            Arrival::InOrder
        } else if self.missing.remove(&number) {
            Arrival::Reordered
        } else {
            Arrival::Duplicate
        }
    }

    /// How many of the `sent` have not come.
    pub(crate) fn lost(&self, sent: u32) -> u64 {
        self.missing.len() as u64 + u64::from(sent.saturating_sub(self.next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_lost_until_filled_and_nothing_counts_twice() {
        let mut sequence = Sequence::default();
        let arrivals = [0, 1, 4, 3, 3, 1, 5].map(|number| sequence.arrived(number));
        use Arrival::{Duplicate, InOrder, Reordered};
        assert_eq!(
            arrivals,
            [
                InOrder, InOrder, InOrder, Reordered, Duplicate, Duplicate, InOrder
            ]
        );
        assert_eq!(sequence.lost(6), 1, "number 2");
        assert_eq!(sequence.lost(9), 4, "and 6 to 8");
        assert_eq!(Sequence::default().lost(3), 3);
    }
}
