//! Transfers of one call: what was asked for, and what became of it.
//!
//! The words of `transfer_status` and of a leg's `status` are IVR Solutions', but for a leg's `handed_off`: the
//! gateway tells the caller's side whom to connect, and does not learn who answers.

use serde::Serialize;
use trunkline_call::{Ending, Referral, Strategy, TransferFault};

use super::hangup::Hangup;

/// Legs told; those beyond are left out.
const LEGS: usize = 64;

/// All transfers of a call.
#[derive(Clone, Debug, Default)]
pub(super) struct Transfers {
    count: u32,
    to: String,
    status: &'static str,
    legs: Vec<Leg>,
}

/// One destination of one transfer, with the fields of `GET /calls/{call_id}/transfer-legs`. What the gateway does
/// not learn is empty, 0 or null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Leg {
    #[serde(flatten)]
    place: Place,
    destination: String,
    answered: bool,
    status: &'static str,
    /// Why it failed; ours.
    reason: &'static str,
    #[serde(flatten)]
    outcome: Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Place {
    transfer_seq: u32,
    strategy: &'static str,
    leg_no: usize,
    legs_total: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
struct Unknown {
    hangup_cause: &'static str,
    hangup_cause_txt: &'static str,
    ring_seconds: u64,
    talk_seconds: u64,
    answered_at: Option<&'static str>,
    telephony_call_id: &'static str,
}

impl Transfers {
    /// The agent asked for one.
    pub(super) fn wanted(&mut self, referral: &Referral) {
        self.count += 1;
        self.to = referral.joined();
        self.status = "initiating";
        let transfer_seq = self.count;
        let place = |index: usize| Place {
            transfer_seq,
            strategy: match referral.strategy {
                Strategy::Simultaneous => "simultaneous",
                Strategy::Sequential => "sequential",
            },
            leg_no: index + 1,
            legs_total: referral.destinations.len(),
        };
        let legs = referral.destinations.iter().enumerate();
        let legs = legs.map(|(index, destination)| Leg {
            place: place(index),
            destination: destination.clone(),
            answered: false,
            status: "ringing",
            reason: "",
            outcome: Unknown::default(),
        });
        let room = LEGS.saturating_sub(self.legs.len());
        self.legs.extend(legs.take(room));
    }

    /// The last one came to nothing.
    pub(super) fn failed(&mut self, fault: TransferFault) {
        let leg = match fault {
            TransferFault::TimedOut => "timeout",
            TransferFault::NoControl | TransferFault::Failed => "failed",
        };
        self.settle("failed", leg, fault.label());
    }

    /// Another agent has the call: a transfer without a destination outside.
    pub(super) fn handed_over(&mut self) {
        self.to.clear();
        self.status = "handed_off";
    }

    /// The call is over, and with it what was left open.
    pub(super) fn over(&mut self, hangup: Hangup) {
        if hangup.ending == Some(Ending::Transferred) {
            self.settle("handed_off", "handed_off", "");
        } else if self.status == "initiating" {
            if hangup.by_caller() {
                self.settle("caller_abandoned", "canceled", "");
            } else {
                self.settle("failed", "failed", hangup.label());
            }
        }
    }

    /// Destinations of the last, separated by commas.
    pub(super) fn to(&self) -> &str {
        &self.to
    }

    /// Where the last one stands; empty where there was none.
    pub(super) const fn status(&self) -> &'static str {
        self.status
    }

    pub(super) fn legs(&self) -> &[Leg] {
        &self.legs
    }

    fn settle(&mut self, status: &'static str, leg_status: &'static str, reason: &'static str) {
        self.status = status;
        let last = self.count;
        let legs = self.legs.iter_mut();
        for leg in legs.filter(|leg| leg.place.transfer_seq == last) {
            leg.status = leg_status;
            leg.reason = reason;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(transfers: &mut Transfers, ending: Ending) {
        transfers.over(Hangup {
            ending: Some(ending),
            was_live: true,
        });
    }

    fn statuses(transfers: &Transfers) -> Vec<(u32, &'static str, &'static str)> {
        let legs = transfers.legs().iter();
        legs.map(|leg| (leg.place.transfer_seq, leg.status, leg.reason))
            .collect()
    }

    #[test]
    fn the_last_transfer_is_the_one_that_is_settled() {
        let mut transfers = Transfers::default();
        transfers.wanted(&Referral::to("+15550100"));
        transfers.failed(TransferFault::NoControl);
        assert_eq!(transfers.status(), "failed");
        transfers.wanted(&Referral {
            destinations: vec!["1".to_owned(), "2".to_owned()],
            strategy: Strategy::Sequential,
        });
        assert_eq!((transfers.status(), transfers.to()), ("initiating", "1,2"));
        over(&mut transfers, Ending::Transferred);
        assert_eq!(transfers.status(), "handed_off");
        let first = (1, "failed", "no_carrier_control");
        let second = (2, "handed_off", "");
        assert_eq!(statuses(&transfers), [first, second, second]);
    }

    #[test]
    fn what_is_open_at_the_end_is_settled_by_the_end() {
        for (ending, status, leg) in [
            (
                Ending::CallerHungUp,
                "caller_abandoned",
                (1, "canceled", ""),
            ),
            (Ending::Shutdown, "failed", (1, "failed", "shutdown")),
        ] {
            let mut transfers = Transfers::default();
            transfers.wanted(&Referral::to("1"));
            over(&mut transfers, ending);
            assert_eq!(transfers.status(), status);
            assert_eq!(statuses(&transfers), [leg]);
        }
        let mut none = Transfers::default();
        over(&mut none, Ending::CallerHungUp);
        assert_eq!((none.status(), none.to()), ("", ""));
    }

    #[test]
    fn legs_are_bounded() {
        let mut transfers = Transfers::default();
        let crowd = Referral {
            destinations: vec!["1".to_owned(); Referral::MOST],
            strategy: Strategy::Simultaneous,
        };
        for _ in 0..1_000 {
            transfers.wanted(&crowd);
        }
        assert_eq!(transfers.legs().len(), LEGS);
    }
}
