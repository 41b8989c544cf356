//! Why a call ended: one code, and everything that is derived from it.

use crate::config::{Clip, Lines};

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
    /// The agent was lost and none is left to take its place; with why the last one was lost.
    AgentLost(&'static str),
    /// The agent handed the caller to somebody else.
    Transferred,
    /// The caller said nothing, however often it was asked to.
    CallerSilent,
    /// An answering machine picked up, and such calls are ended.
    Machine,
    /// The call reached its maximum length.
    TooLong,
    /// An operator hung up.
    Operator,
    /// The gateway is shutting down.
    Shutdown,
}

impl Ending {
    /// Every label there is, in the order of the variants.
    pub const LABELS: [&'static str; 16] = [
        "caller_hung_up",
        "caller_lost",
        "caller_vanished",
        "caller_stalled",
        "caller_faulted",
        "caller_broke",
        "caller_too_big",
        "never_started",
        "agent_hung_up",
        "agent_lost",
        "transferred",
        "caller_silent",
        "machine",
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
            Self::AgentLost(_) => "agent_lost",
            Self::Transferred => "transferred",
            Self::CallerSilent => "caller_silent",
            Self::Machine => "machine",
            Self::TooLong => "too_long",
            Self::Operator => "operator",
            Self::Shutdown => "shutdown",
        }
    }

    /// The WebSocket close code sent to the caller (RFC 6455 §7.4; 4000 and above are ours). Clients connect
    /// again after any but 1000 and 1008: a caller given up for its silence is closed with 1000, or a
    /// forgotten browser tab would call for ever.
    pub const fn close_code(self) -> u16 {
        match self {
            Self::CallerHungUp
            | Self::CallerLost
            | Self::AgentHungUp
            | Self::Transferred
            | Self::CallerSilent
            | Self::Machine
            | Self::Operator => 1000,
            Self::Shutdown => 1001,
            Self::CallerFaulted(_) => 1008,
            Self::CallerBroke(code) => code,
            Self::CallerTooBig => 1009,
            Self::AgentLost(_) => 1011,
            Self::NeverStarted => 4408,
            Self::CallerVanished | Self::CallerStalled => 4410,
            Self::TooLong => 4411,
        }
    }

    /// The cause a telephone network is told (ITU-T Q.850 §2.2.7):
    ///
    /// | cause | here |
    /// |---|---|
    /// | 16 normal call clearing | a party of the call ended it |
    /// | 31 normal, unspecified | the gateway ended it, as configured or told |
    /// | 38 network out of order | no agent is left: calling again at once is of little use |
    /// | 41 temporary failure | a connection broke, or this node stops: calling again may succeed |
    /// | 102 recovery on timer expiry | the caller's side was waited for in vain |
    /// | 111 protocol error, unspecified | the caller's side broke its protocol |
    pub const fn hangup_cause(self) -> u8 {
        match self {
            Self::CallerHungUp | Self::AgentHungUp | Self::Transferred => 16,
            Self::CallerSilent | Self::Machine | Self::TooLong | Self::Operator => 31,
            Self::AgentLost(_) => 38,
            Self::CallerLost | Self::Shutdown => 41,
            Self::CallerVanished | Self::CallerStalled | Self::NeverStarted => 102,
            Self::CallerFaulted(_) | Self::CallerBroke(_) | Self::CallerTooBig => 111,
        }
    }

    /// The gateway's last sentence to the caller; `None` where it has none or needs none.
    pub fn line(self, lines: &Lines) -> Option<&Clip> {
        match self {
            Self::AgentLost(_) => lines.apology.as_ref(),
            Self::CallerSilent => lines.silent.as_ref(),
            Self::TooLong => lines.too_long.as_ref(),
            Self::Shutdown => lines.shutdown.as_ref(),
            _ => None,
        }
    }

    /// Whether speech already queued is still played to the caller before the link closes.
    pub const fn lets_agent_finish(self) -> bool {
        matches!(self, Self::AgentHungUp | Self::Transferred)
    }
}

#[cfg(test)]
mod tests;
