//! The few conversions a phone needs, over `trunkline-codecs`.

use std::sync::Arc;

use trunkline_codecs::format::AudioFormat;
use trunkline_codecs::resample::Resampler;
use trunkline_codecs::{pcm, wav};

use super::PhoneError;

/// Reads a WAV file of any channel count and brings it to mono at `rate_hz`.
///
/// # Errors
///
/// [`PhoneError::Wav`] for a file that is not linear PCM, is empty, or has a rate that cannot be converted.
pub fn read_wav(bytes: &[u8], rate_hz: u32) -> Result<Arc<[i16]>, PhoneError> {
    let file = wav::parse(bytes).map_err(|error| PhoneError::Wav {
        reason: error.to_string(),
    })?;
    let mut mono = Vec::new();
    pcm::downmix(&file.samples, file.channels, &mut mono);
    if mono.is_empty() {
        return Err(PhoneError::Wav {
            reason: "no samples".to_owned(),
        });
    }
    resample(&mono, file.rate_hz, rate_hz)
}

/// Brings a whole mono recording from one rate to another.
///
/// # Errors
///
/// [`PhoneError::Wav`] for a rate other than 8000, 16000, 22050, 24000, 44100 or 48000 Hz.
pub fn resample(samples: &[i16], from_hz: u32, to_hz: u32) -> Result<Arc<[i16]>, PhoneError> {
    let mut converter = converter(from_hz, to_hz).map_err(|reason| PhoneError::Wav { reason })?;
    let mut out = Vec::new();
    converter.process(samples, &mut out);
    converter.flush(&mut out);
    Ok(out.into())
}

/// A converter of a stream.
pub(crate) fn converter(from_hz: u32, to_hz: u32) -> Result<Resampler, String> {
    Resampler::new(from_hz, to_hz).map_err(|error| error.to_string())
}

/// Two mono tracks as one stereo WAV file; the shorter one ends in silence.
pub(crate) fn stereo_wav(rate_hz: u32, left: &[i16], right: &[i16]) -> Vec<u8> {
    let mut both = Vec::new();
    pcm::interleave(left, right, &mut both);
    wav::to_bytes(rate_hz, 2, &both)
}

/// μ-law codes of samples.
pub(crate) fn mulaw_from_pcm(samples: &[i16]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(samples.len());
    AudioFormat::MULAW_8K.encode(samples, &mut bytes);
    bytes
}

/// Samples of μ-law codes, or of PCM16 LE where `format` says so; `Err` for half a sample.
pub(crate) fn decoded(format: AudioFormat, bytes: &[u8]) -> Result<Vec<i16>, String> {
    let mut samples = Vec::with_capacity(bytes.len());
    format
        .decode(bytes, &mut samples)
        .map_err(|error| error.to_string())?;
    Ok(samples)
}
