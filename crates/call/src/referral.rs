//! To whom a caller is to be handed.

/// Whom to connect the caller to, and in what order to try them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referral {
    /// Telephone numbers, SIP addresses, extensions or names that the caller's side understands; at least one,
    /// at most [`MOST`](Self::MOST).
    pub destinations: Vec<String>,
    /// What to do with more than one.
    pub strategy: Strategy,
}

/// In what order several are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// All at once; the first that answers has the caller.
    Simultaneous,
    /// One after the other.
    Sequential,
}

impl Referral {
    /// The most destinations of one referral.
    pub const MOST: usize = 16;

    /// To one.
    pub fn to(destination: impl Into<String>) -> Self {
        Self {
            destinations: vec![destination.into()],
            strategy: Strategy::Simultaneous,
        }
    }

    /// All of them, separated by commas, for dialects that have one field for it.
    pub fn joined(&self) -> String {
        self.destinations.join(",")
    }
}

/// Why a transfer came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferFault {
    /// Nobody in reach can connect the caller elsewhere.
    NoControl,
    /// Whoever can has failed to.
    Failed,
    /// Whoever can did not say in time what became of it.
    TimedOut,
}

impl TransferFault {
    /// Snake case, a closed set: log field, and the reason told to bots.
    pub const fn label(self) -> &'static str {
        match self {
            Self::NoControl => "no_carrier_control",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
        }
    }
}
