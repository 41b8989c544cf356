//! Whole calls.

use std::fmt;

use trunkline_codecs::g711::Law;
use trunkline_protocol::bot::Dialect;

use super::{Sound, khz};
use crate::rig::CallRig;

/// A kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallPath {
    /// A call from Twilio, echoed.
    TwilioEcho,
    /// An Omni session whose caller sends at this rate, echoed.
    OmniEcho(u32),
    /// A call from Twilio to a bot of this dialect that takes and gives audio at this rate.
    TwilioBot(Dialect, u32),
    /// A call from Twilio to the script agent while nobody says anything.
    ScriptListens(Sound),
}

impl CallPath {
    /// Those whose instructions are counted.
    pub const ALL: [Self; 8] = [
        Self::TwilioEcho,
        Self::OmniEcho(24_000),
        Self::OmniEcho(16_000),
        Self::TwilioBot(Dialect::Twilio, 8_000),
        Self::TwilioBot(Dialect::Ivr, 8_000),
        Self::TwilioBot(Dialect::Ivr, 24_000),
        Self::ScriptListens(Sound::Silence),
        Self::ScriptListens(Sound::Hiss),
    ];

    pub(super) fn rig(self) -> CallRig {
        match self {
            Self::TwilioEcho => CallRig::twilio_echo(&mulaw(Sound::Voice)),
            Self::OmniEcho(rate_hz) => CallRig::omni_echo(&Sound::Voice.second(rate_hz), rate_hz),
            Self::TwilioBot(dialect, rate_hz) => {
                let samples = Sound::Voice.second(rate_hz);
                CallRig::twilio_bot(&mulaw(Sound::Voice), &samples, dialect, rate_hz)
            }
            Self::ScriptListens(sound) => CallRig::twilio_script(&mulaw(sound)),
        }
    }
}

impl fmt::Display for CallPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TwilioEcho => write!(f, "twilio echo"),
            Self::OmniEcho(24_000) => write!(f, "omni echo 24k"),
            Self::OmniEcho(hz) => write!(f, "omni echo {} in", khz(hz)),
            Self::TwilioBot(dialect, hz) => {
                write!(f, "twilio to {} bot {}", dialect.as_str(), khz(hz))
            }
            Self::ScriptListens(sound) => write!(f, "script listens, {sound}"),
        }
    }
}

/// So many seconds for a caller that messages are numbered without a break until the last is measured.
fn mulaw(sound: Sound) -> Vec<u8> {
    const SECONDS: usize = 24;
    let mut codes = Vec::new();
    Law::Mu.encode(&sound.second(8_000), &mut codes);
    codes.repeat(SECONDS)
}
