//! The gateway's lines: which there are, in the one order they have everywhere.

use trunkline_call::{Clip, Lines};

/// One of the gateway's lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// While the agent is connected or sought again.
    Holding,
    /// While an agent works on its answer.
    Filler,
    /// While the caller is on hold.
    HoldMusic,
    /// When no agent is left.
    Apology,
    /// When the call has reached its maximum length.
    TooLong,
    /// When the gateway stops.
    Shutdown,
    /// When a silent caller is given up.
    Silent,
}

impl Line {
    /// All of them, in order.
    pub const ALL: [Self; 7] = [
        Self::Holding,
        Self::Filler,
        Self::HoldMusic,
        Self::Apology,
        Self::TooLong,
        Self::Shutdown,
        Self::Silent,
    ];

    /// Its key in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Holding => "holding",
            Self::Filler => "filler",
            Self::HoldMusic => "hold_music",
            Self::Apology => "apology",
            Self::TooLong => "too_long",
            Self::Shutdown => "shutdown",
            Self::Silent => "silent",
        }
    }

    /// What is said unless something else is written; empty for nothing.
    pub const fn default_text(self) -> &'static str {
        match self {
            Self::Holding => "One moment, please.",
            Self::Filler => "Let me see.",
            Self::HoldMusic => "",
            Self::Apology => "I am sorry, something has gone wrong. Please call again later.",
            Self::TooLong => "The time for this call is over. Goodbye.",
            Self::Shutdown => "I am sorry, I have to end this call now. Please call again.",
            Self::Silent => "I can not hear you, so I will hang up now. Goodbye.",
        }
    }

    /// Its sound, if it has one.
    pub const fn of(self, lines: &Lines) -> Option<&Clip> {
        match self {
            Self::Holding => lines.holding.as_ref(),
            Self::Filler => lines.filler.as_ref(),
            Self::HoldMusic => lines.hold_music.as_ref(),
            Self::Apology => lines.apology.as_ref(),
            Self::TooLong => lines.too_long.as_ref(),
            Self::Shutdown => lines.shutdown.as_ref(),
            Self::Silent => lines.silent.as_ref(),
        }
    }

    /// Where its sound belongs.
    pub(super) const fn of_mut(self, lines: &mut Lines) -> &mut Option<Clip> {
        match self {
            Self::Holding => &mut lines.holding,
            Self::Filler => &mut lines.filler,
            Self::HoldMusic => &mut lines.hold_music,
            Self::Apology => &mut lines.apology,
            Self::TooLong => &mut lines.too_long,
            Self::Shutdown => &mut lines.shutdown,
            Self::Silent => &mut lines.silent,
        }
    }
}
