//! Formats of audio, in 20 ms frames.

use serde::Deserialize;

/// How samples lie in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Law {
    /// G.711 μ-law, a byte a sample.
    Mulaw,
    /// 16 bits, little-endian.
    Pcm16,
}

/// An audio format, mono.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    pub(crate) law: Law,
    pub(crate) rate_hz: u32,
}

impl Format {
    pub(crate) const MULAW_8K: Self = Self {
        law: Law::Mulaw,
        rate_hz: 8_000,
    };

    pub(crate) const fn pcm16(rate_hz: u32) -> Self {
        Self {
            law: Law::Pcm16,
            rate_hz,
        }
    }

    pub(crate) const fn bytes_per_sample(self) -> usize {
        match self.law {
            Law::Mulaw => 1,
            Law::Pcm16 => 2,
        }
    }

    /// A byte of silence.
    pub(crate) const fn silence(self) -> u8 {
        match self.law {
            Law::Mulaw => 0xFF,
            Law::Pcm16 => 0,
        }
    }

    /// Samples in 20 ms.
    pub(crate) const fn frame_samples(self) -> usize {
        self.rate_hz as usize / 50
    }

    /// Bytes in 20 ms.
    pub(crate) const fn frame_bytes(self) -> usize {
        self.frame_samples() * self.bytes_per_sample()
    }
}

/// A μ-law code as a sample (ITU-T G.711, table 2a).
pub(crate) const fn mulaw_to_linear(code: u8) -> i16 {
    let code = !code;
    let segment = (code >> 4) & 7;
    let magnitude = ((((code & 15) as i16) << 3) + 132) << segment;
    if code & 0x80 == 0 {
        magnitude - 132
    } else {
        132 - magnitude
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_20_ms() {
        assert_eq!(Format::MULAW_8K.frame_bytes(), 160);
        assert_eq!(Format::pcm16(8_000).frame_bytes(), 320);
        assert_eq!(Format::pcm16(24_000).frame_bytes(), 960);
    }

    #[test]
    fn mulaw_has_the_values_of_the_standard() {
        for (code, sample) in [
            (0xFF, 0),
            (0x7F, 0),
            (0x80, 32_124),
            (0x00, -32_124),
            (0xFE, 8),
            (0x7E, -8),
            (0xEF, 132),
        ] {
            assert_eq!(mulaw_to_linear(code), sample, "{code:#x}");
        }
    }
}
