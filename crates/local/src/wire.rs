//! What crosses between a call and the local workers. Types only; nothing here runs.

use std::str::FromStr;
use std::sync::Arc;

/// The only sample rate the recogniser takes, in Hz: 16-bit mono.
pub const RECOGNISE_RATE_HZ: u32 = 16_000;

/// How much caller audio a link holds for its worker, in milliseconds. What does not fit is refused.
pub const RECOGNISE_RING_MS: u32 = 3_000;

/// The longest text one [`WorkerSpec::Speak`] takes, in bytes. Sentences go one by one.
pub const MAX_SPEAK_BYTES: usize = 1_000;

/// The confidence from which a grammar's answer is worth believing.
///
/// Measured with flite's voice rms and the booking script: its phrases reach 0.75 in both bands, and phrases
/// outside it stay under 0.35. Single words that sound alike ("elephant" for "hello") may reach more.
pub const ACCEPT_CONFIDENCE: f32 = 0.5;

/// What one link is to do: one utterance, heard or spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkerSpec {
    /// Speech to text, 16 kHz mono.
    Recognise {
        /// A grammar in JSGF, at most 64 KiB, or `None` for the general English language model.
        grammar: Option<Arc<str>>,
        /// What of the voice the line lets through.
        band: Band,
    },
    /// Text to speech.
    Speak {
        /// At most [`MAX_SPEAK_BYTES`].
        text: Arc<str>,
        /// Who speaks.
        voice: Voice,
    },
}

/// How much of a voice a line lets through. The recogniser starts from what it knows of such lines, which
/// decides whether a single short word is understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Band {
    /// A microphone, up to 8 kHz.
    #[default]
    Wide,
    /// A telephone, up to 3.4 kHz.
    Telephone,
}

/// Who speaks: a flite voice (English) or an espeak-ng voice (any other language).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Voice {
    /// A voice of flite, at 16 kHz.
    Flite(FliteVoice),
    /// A language or voice name of espeak-ng (`de`, `en-gb`, `fr+f3`), at 22.05 kHz.
    Espeak(Arc<str>),
}

impl Default for Voice {
    fn default() -> Self {
        Self::Flite(FliteVoice::Rms)
    }
}

impl FromStr for Voice {
    type Err = UnknownVoice;

    /// `rms`, `slt`, `kal16` and `awb` are flite's; anything else that looks like a voice name is
    /// espeak-ng's, which says itself, when speaking, that it does not know one.
    fn from_str(name: &str) -> Result<Self, UnknownVoice> {
        if let Some(voice) = FliteVoice::ALL.iter().find(|voice| voice.name() == name) {
            return Ok(Self::Flite(*voice));
        }
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '_');
        let starts_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        if starts_well && name.len() <= 32 && name.chars().all(legal) {
            return Ok(Self::Espeak(name.into()));
        }
        Err(UnknownVoice)
    }
}

/// The flite voices that Debian ships and that speak at 16 kHz.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FliteVoice {
    /// US English, male: the one the recogniser understands best.
    Rms,
    /// US English, female.
    Slt,
    /// US English, male, diphones: the fastest.
    Kal16,
    /// Scottish English, male.
    Awb,
}

impl FliteVoice {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Rms, Self::Slt, Self::Kal16, Self::Awb];

    /// The name users write, which is also the end of the library's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rms => "rms",
            Self::Slt => "slt",
            Self::Kal16 => "kal16",
            Self::Awb => "awb",
        }
    }

    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

/// Why a link was not opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The engine is not on this machine.
    #[error("{what}; install {install}")]
    Missing {
        /// What was looked for and not found.
        what: String,
        /// The Debian packages that bring it.
        install: &'static str,
    },
    /// Every worker has a job and the queue is full.
    #[error("{waiting} jobs wait already, the bound is {bound}")]
    Busy {
        /// Jobs in the queue.
        waiting: usize,
        /// The most there may be.
        bound: usize,
    },
    /// The text to speak is too long.
    #[error("text of {bytes} bytes, expected at most {max}")]
    TextTooLong {
        /// The length that came.
        bytes: usize,
        /// The most there may be.
        max: usize,
    },
    /// The workers were shut down.
    #[error("the workers were shut down")]
    Stopped,
}

/// The samples were refused: the ring has no room for all of them, or the utterance takes none (any more).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the recogniser takes no more samples now")]
pub struct Full;

/// The name is neither a flite voice nor a possible espeak-ng voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected rms, slt, kal16, awb or an espeak-ng voice name of at most 32 letters, digits, '-', '+' or '_'"
)]
pub struct UnknownVoice;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voice_names() {
        assert_eq!("slt".parse(), Ok(Voice::Flite(FliteVoice::Slt)));
        assert_eq!("fr+f3".parse(), Ok(Voice::Espeak("fr+f3".into())));
        for bad in ["", "-v", "../de", "de de", "+f3", "d\0"] {
            assert_eq!(bad.parse::<Voice>(), Err(UnknownVoice), "{bad:?}");
        }
    }

    #[test]
    fn indices_follow_the_list() {
        for (index, voice) in FliteVoice::ALL.iter().enumerate() {
            assert_eq!(voice.index(), index);
        }
    }
}
