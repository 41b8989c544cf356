//! A line from a WAV file.

use trunkline_call::Clip;
use trunkline_codecs::resample::UnsupportedRate;
use trunkline_codecs::{pcm, wav};

use super::LINE_HZ;
use super::speech::resample;

/// The longest recording, in seconds.
const LONGEST_S: usize = 30;

/// Why a file is no line.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// Not a WAV file that is read here.
    #[error(transparent)]
    Wav(#[from] wav::WavError),
    /// At a rate that cannot be converted.
    #[error(transparent)]
    Rate(#[from] UnsupportedRate),
    /// Too long.
    #[error("expected at most {LONGEST_S} s, got {got_s:.1} s")]
    TooLong {
        /// Its length in seconds.
        got_s: f64,
    },
    /// Without a sample.
    #[error("expected samples, got none")]
    Empty,
}

/// The line in a WAV file, mixed to mono.
///
/// # Errors
/// The file is of another kind, has nothing in it, or is longer than 30 s.
pub fn clip_of_wav(text: &str, bytes: &[u8]) -> Result<Clip, RecordingError> {
    let file = wav::parse(bytes)?;
    let mut mono = Vec::new();
    pcm::downmix(&file.samples, file.channels, &mut mono);
    if mono.is_empty() {
        return Err(RecordingError::Empty);
    }
    if mono.len() > LONGEST_S * file.rate_hz as usize {
        return Err(RecordingError::TooLong {
            got_s: mono.len() as f64 / f64::from(file.rate_hz.max(1)),
        });
    }
    Ok(Clip {
        text: text.into(),
        samples: resample(&mono, file.rate_hz, LINE_HZ)?,
        rate_hz: LINE_HZ,
    })
}
