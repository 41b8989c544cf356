//! Why a call ended: one code, and everything that is derived from it.

/// The one reason a call ended. Log field, metric label, close code and record field all come from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// The caller said goodbye or closed properly.
    CallerHungUp,
    /// The caller's connection broke without a close.
    CallerLost,
    /// The caller's side stopped answering pings.
    CallerVanished,
    /// The caller's side stopped reading.
    CallerStalled,
    /// The caller's side broke its protocol beyond repair.
    CallerFaulted(&'static str),
    /// The caller's side broke the rules of its transport; with the close code that says how.
    CallerBroke(u16),
    /// A message of the caller's side exceeded the limit.
    CallerTooBig,
    /// The caller's side never started the call.
    NeverStarted,
    /// The agent hung up.
    AgentHungUp,
    /// The agent handed the caller to somebody else.
    Transferred,
    /// The call reached its maximum length.
    TooLong,
    /// An operator hung up.
    Operator,
    /// The gateway is shutting down.
    Shutdown,
}

impl Ending {
    /// Every label there is, in the order of the variants.
    pub const LABELS: [&'static str; 13] = [
        "caller_hung_up",
        "caller_lost",
        "caller_vanished",
        "caller_stalled",
        "caller_faulted",
        "caller_broke",
        "caller_too_big",
        "never_started",
        "agent_hung_up",
        "transferred",
        "too_long",
        "operator",
        "shutdown",
    ];

    /// The metric label and log field: snake case, one of [`Self::LABELS`].
    pub const fn label(self) -> &'static str {
        match self {
            Self::CallerHungUp => "caller_hung_up",
            Self::CallerLost => "caller_lost",
            Self::CallerVanished => "caller_vanished",
            Self::CallerStalled => "caller_stalled",
            Self::CallerFaulted(_) => "caller_faulted",
            Self::CallerBroke(_) => "caller_broke",
            Self::CallerTooBig => "caller_too_big",
            Self::NeverStarted => "never_started",
            Self::AgentHungUp => "agent_hung_up",
            Self::Transferred => "transferred",
            Self::TooLong => "too_long",
            Self::Operator => "operator",
            Self::Shutdown => "shutdown",
        }
    }

    /// The WebSocket close code sent to the caller (RFC 6455 §7.4; 4000 and above are ours).
    pub const fn close_code(self) -> u16 {
        match self {
            Self::CallerHungUp
            | Self::CallerLost
            | Self::AgentHungUp
            | Self::Transferred
            | Self::Operator => 1000,
            Self::Shutdown => 1001,
            Self::CallerFaulted(_) => 1008,
            Self::CallerBroke(code) => code,
            Self::CallerTooBig => 1009,
            Self::NeverStarted => 4408,
            Self::CallerVanished | Self::CallerStalled => 4410,
            Self::TooLong => 4411,
        }
    }

    /// Whether speech already queued is still played to the caller before the link closes.
    pub const fn lets_agent_finish(self) -> bool {
        matches!(self, Self::AgentHungUp | Self::Transferred)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The variant behind this one. A new variant does not compile until it has its place here.
    fn next(ending: Ending) -> Option<Ending> {
        Some(match ending {
            Ending::CallerHungUp => Ending::CallerLost,
            Ending::CallerLost => Ending::CallerVanished,
            Ending::CallerVanished => Ending::CallerStalled,
            Ending::CallerStalled => Ending::CallerFaulted("code"),
            Ending::CallerFaulted(_) => Ending::CallerBroke(1002),
            Ending::CallerBroke(_) => Ending::CallerTooBig,
            Ending::CallerTooBig => Ending::NeverStarted,
            Ending::NeverStarted => Ending::AgentHungUp,
            Ending::AgentHungUp => Ending::Transferred,
            Ending::Transferred => Ending::TooLong,
            Ending::TooLong => Ending::Operator,
            Ending::Operator => Ending::Shutdown,
            Ending::Shutdown => return None,
        })
    }

    #[test]
    fn every_label_is_listed() {
        let endings = std::iter::successors(Some(Ending::CallerHungUp), |ending| next(*ending));
        let labels: Vec<_> = endings.map(Ending::label).collect();
        assert_eq!(labels, Ending::LABELS);
    }
}
