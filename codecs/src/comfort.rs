//! What to send when nobody speaks: silence frames of each codec, and comfort noise.
//!
//! Digital silence sounds like a dead line; a little noise says that the call is still there. PCM and
//! G.711 silence is [`AudioFormat::fill_silence`].

use crate::format::AudioFormat;

/// The level most networks use for comfort noise, in dB below full scale.
pub const DEFAULT_LEVEL_DBOV: u8 = 60;

/// An Opus packet that decodes to digital silence of 10, 20, 40 or 60 ms. `None` for other lengths.
///
/// A decoder in discontinuous transmission makes its own comfort noise: nothing is sent to it at all.
pub const fn opus_silence(frame_ms: u32) -> Option<&'static [u8]> {
    // CELT, full band, mono, with the bit set that says "silent" (RFC 6716 sections 3.1 and 4.3).
    match frame_ms {
        10 => Some(&[0xF0, 0xFF, 0xFE]),
        20 => Some(&[0xF8, 0xFF, 0xFE]),
        40 => Some(&[0xF9, 0xFF, 0xFE, 0xFF, 0xFE]),
        60 => Some(&[0xFB, 0x03, 0xFF, 0xFE, 0xFF, 0xFE, 0xFF, 0xFE]),
        _ => None,
    }
}

/// A source of soft noise, falling by 6 dB an octave from 1 kHz at 8 kHz: hiss is tiring. The same
/// seed gives the same noise.
#[derive(Clone, Debug)]
pub struct ComfortNoise {
    state: u32,
    before: f32,
    gain: f32,
}

/// How much of the last value stays in the next.
const SMOOTHING: f32 = 0.5;

impl ComfortNoise {
    /// Noise whose root mean square is `level_dbov` decibels below full scale, as the level byte of
    /// RFC 3389 counts: 0 to 127, larger is quieter. From 97 on, where it would be less than the last bit, it is
    /// digital silence.
    pub fn new(level_dbov: u8, seed: u32) -> Self {
        let audible = if level_dbov < 97 { 32_768.0 } else { 0.0 };
        let rms = audible * 10f32.powf(-f32::from(level_dbov) / 20.0);
        // Uniform noise in -1..1 has a mean square of 1/3, and smoothing leaves (1-a)/(1+a) of it.
        let smoothed = (1.0 - SMOOTHING) / (1.0 + SMOOTHING) / 3.0;
        Self {
            state: seed | 1,
            before: 0.0,
            gain: rms / smoothed.sqrt(),
        }
    }

    /// Overwrites `out` with noise.
    pub fn fill(&mut self, out: &mut [i16]) {
        for sample in out {
            *sample = self.next();
        }
    }

    /// Appends `samples` samples of noise in `format`, which must be mono.
    pub fn write(&mut self, format: AudioFormat, samples: usize, out: &mut Vec<u8>) {
        const BLOCK: usize = 160;
        let mut left = samples;
        while left > 0 {
            let mut block = [0; BLOCK];
            let (now, _) = block.split_at_mut(left.min(BLOCK));
            self.fill(now);
            format.encode(now, out);
            left -= now.len();
        }
    }

    fn next(&mut self) -> i16 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 17;
        self.state ^= self.state << 5;
        let white = f32::from((self.state >> 16) as i16) / 32_768.0;
        self.before = SMOOTHING * self.before + (1.0 - SMOOTHING) * white;
        let value = self.gain * self.before;
        // Rounded; `as` saturates.
        (value + 0.5f32.copysign(value)) as i16
    }
}

impl Default for ComfortNoise {
    fn default() -> Self {
        Self::new(DEFAULT_LEVEL_DBOV, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level::Meter;
    use crate::opus::{Decoder, packet_duration_48k};

    #[test]
    fn the_level_is_the_one_asked_for() {
        for level in [20, 40, 60, 70] {
            let mut noise = vec![0; 80_000];
            ComfortNoise::new(level, 5).fill(&mut noise);
            let mut meter = Meter::new();
            meter.push(&noise);
            let off = meter.take().rms_dbfs + f32::from(level);
            assert!(off.abs() < 0.5, "{level}: {off}");
        }
        for level in [97, 127] {
            let mut noise = [1; 400];
            ComfortNoise::new(level, 5).fill(&mut noise);
            assert_eq!(noise, [0; 400], "{level}");
        }
    }

    #[test]
    fn frames_of_every_encoding_have_their_length_and_their_noise() {
        for format in [
            AudioFormat::MULAW_8K,
            AudioFormat::ALAW_8K,
            AudioFormat::pcm16(24_000),
        ] {
            let samples = format.samples_for_us(20_000) as usize;
            let mut frame = Vec::new();
            ComfortNoise::new(40, 5).write(format, samples, &mut frame);
            assert_eq!(frame.len(), format.bytes_per_frame(), "{format}");
            let mut decoded = Vec::new();
            format.decode(&frame, &mut decoded).unwrap();
            let mut meter = Meter::new();
            meter.push(&decoded);
            let level = meter.take().rms_dbfs;
            assert!((level + 40.0).abs() < 3.0, "{format}: {level}");
        }
    }

    #[test]
    fn opus_silence_is_silent_and_as_long_as_it_says() {
        for frame_ms in [10, 20, 40, 60] {
            let packet = opus_silence(frame_ms).unwrap();
            assert_eq!(packet_duration_48k(packet), Ok(frame_ms * 48));
            let mut samples = Vec::new();
            Decoder::new(16_000)
                .unwrap()
                .decode(packet, &mut samples)
                .unwrap();
            assert_eq!(samples, vec![0; 16 * frame_ms as usize]);
        }
        assert_eq!(opus_silence(30), None);
    }
}
