//! Why a webhook gave no answer.

use trunkline_call::{AgentFailure, DialFault, Down};

/// Why a webhook gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It answered with this HTTP status, which is none of success.
    Status(u16),
    /// The answer was not complete in time.
    Timeout,
    /// It was not reached, or the connection broke.
    Unreachable,
    /// It is not to be reached: its address may not be used, or there is nothing to reach it with.
    Blocked,
    /// The answer cannot be read.
    Nonsense,
}

impl Fault {
    /// What a link that is gone says of the answer it was to bring.
    pub(super) const fn of(why: Down) -> Self {
        match why {
            Down::Finished | Down::Lost | Down::Busy => Self::Unreachable,
            Down::Unavailable => Self::Blocked,
            Down::NotReached(fault) => match fault {
                DialFault::Blocked | DialFault::BadRequest => Self::Blocked,
                DialFault::TimedOut => Self::Timeout,
                DialFault::Status(status) => Self::Status(status),
                DialFault::TooLong => Self::Nonsense,
                DialFault::UnknownHost
                | DialFault::Refused
                | DialFault::Tls
                | DialFault::Protocol => Self::Unreachable,
            },
        }
    }

    /// Whether asking again is in vain.
    pub(super) const fn is_final(self) -> bool {
        matches!(self, Self::Blocked | Self::Status(401 | 403 | 404))
    }

    /// As the agent is lost with it.
    pub(super) const fn failure(self) -> AgentFailure {
        let reason = match self {
            Self::Status(_) => "webhook_status",
            Self::Timeout => "webhook_timeout",
            Self::Unreachable => "webhook_unreachable",
            Self::Blocked => "webhook_blocked",
            Self::Nonsense => "webhook_nonsense",
        };
        AgentFailure {
            reason,
            retry: false,
        }
    }
}
