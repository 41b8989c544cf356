//! The end of a call, in the words of its callbacks.

use trunkline_call::Ending;

use super::status::StatusEvent;

/// How a call is over. Without an ending it is gone and has not said why: its socket was lost before it
/// began, or its shard died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hangup {
    pub(super) ending: Option<Ending>,
    /// Whether caller and agent ever talked.
    pub(super) was_live: bool,
}

impl Hangup {
    /// The one callback that says so. Of calls that were live, those have failed that lost their last agent or
    /// whose caller's side broke its protocol, or that are gone; a connection that breaks ends a call as hanging
    /// up does, with another cause. Of the others, those were canceled that the caller or an operator gave up.
    pub(super) const fn event(self) -> StatusEvent {
        match self.ending {
            Some(
                Ending::AgentLost(_)
                | Ending::CallerFaulted(_)
                | Ending::CallerBroke(_)
                | Ending::CallerTooBig
                | Ending::NeverStarted,
            ) => StatusEvent::Failed,
            Some(Ending::Shutdown) if !self.was_live => StatusEvent::Failed,
            None if self.was_live => StatusEvent::Failed,
            _ if self.was_live => StatusEvent::Completed,
            _ => StatusEvent::Canceled,
        }
    }

    /// ITU-T Q.850.
    pub(super) fn cause(self) -> u8 {
        const TEMPORARY_FAILURE: u8 = 41;
        self.ending.map_or(TEMPORARY_FAILURE, Ending::hangup_cause)
    }

    /// The name of the cause, as Q.850 has it.
    pub(super) fn cause_text(self) -> &'static str {
        match self.cause() {
            16 => "Normal call clearing",
            31 => "Normal, unspecified",
            38 => "Network out of order",
            41 => "Temporary failure",
            102 => "Recovery on timer expiry",
            111 => "Protocol error, unspecified",
            _ => "Interworking, unspecified",
        }
    }

    /// `caller`, `agent` or `platform`.
    pub(super) const fn disconnected_by(self) -> &'static str {
        match self.ending {
            Some(
                Ending::CallerHungUp
                | Ending::CallerLost
                | Ending::CallerVanished
                | Ending::CallerStalled
                | Ending::CallerFaulted(_)
                | Ending::CallerBroke(_)
                | Ending::CallerTooBig
                | Ending::NeverStarted,
            ) => "caller",
            Some(Ending::AgentHungUp | Ending::AgentLost(_) | Ending::Transferred) => "agent",
            Some(
                Ending::CallerSilent
                | Ending::Machine
                | Ending::TooLong
                | Ending::Operator
                | Ending::Shutdown,
            )
            | None => "platform",
        }
    }

    /// Whether the caller's side went away, by its own will or not.
    pub(super) const fn by_caller(self) -> bool {
        matches!(
            self.ending,
            Some(
                Ending::CallerHungUp
                    | Ending::CallerLost
                    | Ending::CallerVanished
                    | Ending::CallerStalled
            )
        )
    }

    /// The gateway's own name of the reason: [`Ending::label`], or `lost`.
    pub(super) fn label(self) -> &'static str {
        self.ending.map_or("lost", Ending::label)
    }

    /// AgentPhone's `disconnectionReason`. It documents `user_hangup` alone; `agent_hangup` and the next four are
    /// named as its engine names them, and the rest is ours.
    pub(super) fn disconnection_reason(self) -> &'static str {
        match self.ending {
            Some(Ending::AgentHungUp) => "agent_hangup",
            Some(Ending::Transferred) => "call_transfer",
            Some(Ending::CallerSilent) => "inactivity",
            Some(Ending::Machine) => "machine_detected",
            Some(Ending::TooLong) => "max_duration_reached",
            _ if self.by_caller() => "user_hangup",
            _ => self.label(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hangup(ending: Ending, was_live: bool) -> Hangup {
        Hangup {
            ending: Some(ending),
            was_live,
        }
    }

    #[test]
    fn a_call_is_completed_failed_or_canceled() {
        use StatusEvent::{Canceled, Completed, Failed};
        for (ending, live, never_live) in [
            (Ending::CallerHungUp, Completed, Canceled),
            (Ending::CallerLost, Completed, Canceled),
            (Ending::AgentHungUp, Completed, Canceled),
            (Ending::Transferred, Completed, Canceled),
            (Ending::Operator, Completed, Canceled),
            (Ending::Shutdown, Completed, Failed),
            (Ending::TooLong, Completed, Canceled),
            (Ending::AgentLost("refused"), Failed, Failed),
            (Ending::CallerFaulted("bad_json"), Failed, Failed),
            (Ending::NeverStarted, Failed, Failed),
        ] {
            assert_eq!(hangup(ending, true).event(), live, "{ending:?}");
            assert_eq!(hangup(ending, false).event(), never_live, "{ending:?}");
        }
        let gone = |was_live| Hangup {
            ending: None,
            was_live,
        };
        assert_eq!(gone(true).event(), Failed);
        assert_eq!(gone(false).event(), Canceled);
        assert_eq!((gone(true).cause(), gone(true).label()), (41, "lost"));
    }

    #[test]
    fn every_cause_has_its_name() {
        for ending in [
            Ending::CallerHungUp,
            Ending::CallerLost,
            Ending::CallerVanished,
            Ending::CallerFaulted("x"),
            Ending::AgentLost("x"),
            Ending::CallerSilent,
        ] {
            let text = hangup(ending, true).cause_text();
            assert_ne!(text, "Interworking, unspecified", "{ending:?}");
        }
    }
}
