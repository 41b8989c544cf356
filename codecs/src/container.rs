//! The containers of speech output: samples in, the bytes of a file or a stream out.
//!
//! One [`Muxer`] for all of them, writing to a buffer that the caller owns and may send at any time,
//! so that the first bytes of a sentence leave before its last is spoken. Nothing is ever patched:
//! headers that want a length say that it is not known. It never changes the rate (see
//! [`crate::resample`]).
//!
//! FLAC and MP3 are the features `flac` and `mp3`; without them they are refused with a typed error.
//! MP3 is LAME, whose licence is the LGPL-3.0: who ships a binary with it must let others relink it.
//! Raw and WAV allocate nothing per push; the others do.

#[cfg(feature = "flac")]
mod flac;
#[cfg(feature = "mp3")]
mod mp3;
mod speech;

use std::fmt;

use crate::format::{AudioFormat, Encoding};
use crate::ogg_opus::OggError;
use crate::opus::OpusError;
use crate::wav;

use speech::OggSpeech;

/// A kind of file or stream.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Container {
    /// No container: samples in that encoding, one after the other.
    Raw(Encoding),
    /// WAV of PCM16 with a header for a stream: its length is not known.
    Wav,
    /// Opus in Ogg at 24 kbit/s, at 8 kHz 16; mono, at the rates Opus has.
    OggOpus,
    /// FLAC of 16 bits; feature `flac`.
    Flac,
    /// MP3 at a constant 64 kbit/s a channel; feature `mp3`.
    Mp3,
}

impl Container {
    /// The media type for an HTTP header, without parameters.
    pub const fn content_type(self) -> &'static str {
        match self {
            // RFC 2586 wants big-endian samples for audio/L16; ours are not.
            Self::Raw(Encoding::Pcm16Le) => "audio/pcm",
            Self::Raw(Encoding::Mulaw) => "audio/basic",
            Self::Raw(Encoding::Alaw) => "audio/x-alaw-basic",
            Self::Wav => "audio/wav",
            Self::OggOpus => "audio/ogg",
            Self::Flac => "audio/flac",
            Self::Mp3 => "audio/mpeg",
        }
    }

    /// Whether this build can write it.
    pub const fn is_built(self) -> bool {
        match self {
            Self::Raw(_) | Self::Wav | Self::OggOpus => true,
            Self::Flac => cfg!(feature = "flac"),
            Self::Mp3 => cfg!(feature = "mp3"),
        }
    }
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raw(encoding) => write!(f, "raw {encoding}"),
            Self::Wav => f.write_str("WAV"),
            Self::OggOpus => f.write_str("Ogg-Opus"),
            Self::Flac => f.write_str("FLAC"),
            Self::Mp3 => f.write_str("MP3"),
        }
    }
}

/// Why something was not put into a container.
#[derive(Debug, thiserror::Error)]
pub enum ContainerError {
    /// The feature for it is off in this build.
    #[error("{container} is not part of this build")]
    NotBuilt {
        /// What was asked for.
        container: Container,
    },
    /// It does not take that rate or number of channels.
    #[error("{container} at {rate_hz} Hz with {channels} channels: expected {expected}")]
    Format {
        /// What was asked for.
        container: Container,
        /// The rate that was asked for.
        rate_hz: u32,
        /// The number of channels that was asked for.
        channels: u16,
        /// What it takes.
        expected: &'static str,
    },
    /// Opus in Ogg failed.
    #[error("Ogg-Opus")]
    Ogg(#[from] OggError),
    /// The library that encodes refused or failed within.
    #[error("{container} encoder: {reason}")]
    Encoder {
        /// What was written.
        container: Container,
        /// What the library said.
        reason: String,
    },
}

impl From<OpusError> for ContainerError {
    fn from(error: OpusError) -> Self {
        Self::Ogg(error.into())
    }
}

/// Puts one stream of sound into a container, piece by piece.
#[derive(Debug)]
pub struct Muxer {
    container: Container,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Raw(AudioFormat),
    OggOpus(Box<OggSpeech>),
    #[cfg(feature = "flac")]
    Flac(Box<flac::FlacStream>),
    #[cfg(feature = "mp3")]
    Mp3(Box<mp3::Mp3Stream>),
}

impl Muxer {
    /// Starts a stream at `rate_hz` of `channels` interleaved channels and appends its header, if
    /// there is one, to `out`.
    ///
    /// # Errors
    /// [`ContainerError::NotBuilt`] and [`ContainerError::Format`]; Ogg-Opus at a rate without Opus
    /// is [`ContainerError::Ogg`].
    pub fn new(
        container: Container,
        rate_hz: u32,
        channels: u16,
        out: &mut Vec<u8>,
    ) -> Result<Self, ContainerError> {
        let refuse = |expected| ContainerError::Format {
            container,
            rate_hz,
            channels,
            expected,
        };
        let pcm = AudioFormat::pcm16(rate_hz);
        if rate_hz == 0 || !matches!(channels, 1 | 2) {
            return Err(refuse("a rate, and 1 or 2 channels"));
        }
        let kind = match container {
            Container::Raw(encoding) => Kind::Raw(AudioFormat { encoding, rate_hz }),
            Container::Wav => {
                out.extend_from_slice(&wav::header(rate_hz, channels, u32::MAX));
                Kind::Raw(pcm)
            }
            Container::OggOpus if channels != 1 => return Err(refuse("1 channel")),
            Container::OggOpus => Kind::OggOpus(Box::new(OggSpeech::new(rate_hz, out)?)),
            #[cfg(feature = "flac")]
            Container::Flac => Kind::Flac(Box::new(flac::FlacStream::new(rate_hz, channels, out)?)),
            #[cfg(feature = "mp3")]
            Container::Mp3 => Kind::Mp3(Box::new(mp3::Mp3Stream::new(rate_hz, channels)?)),
            #[cfg(not(all(feature = "flac", feature = "mp3")))]
            container => return Err(ContainerError::NotBuilt { container }),
        };
        Ok(Self { container, kind })
    }

    /// What it writes.
    pub const fn container(&self) -> Container {
        self.container
    }

    /// Takes any number of interleaved samples and appends what is ready to `out`. What does not fill
    /// a block or a page yet waits: up to 120 ms in Ogg Opus, 1,152 samples in FLAC and MP3, nothing in the
    /// others.
    ///
    /// # Errors
    /// [`ContainerError`] if the encoder fails; the stream cannot be continued then.
    pub fn push(&mut self, samples: &[i16], out: &mut Vec<u8>) -> Result<(), ContainerError> {
        match &mut self.kind {
            Kind::Raw(format) => {
                format.encode(samples, out);
                Ok(())
            }
            Kind::OggOpus(stream) => stream.push(samples, out),
            #[cfg(feature = "flac")]
            Kind::Flac(stream) => stream.push(samples, out),
            #[cfg(feature = "mp3")]
            Kind::Mp3(stream) => stream.push(samples, out),
        }
    }

    /// Ends the stream and appends what was waiting.
    ///
    /// # Errors
    /// As [`Muxer::push`].
    pub fn finish(self, out: &mut Vec<u8>) -> Result<(), ContainerError> {
        match self.kind {
            Kind::Raw(_) => Ok(()),
            Kind::OggOpus(stream) => stream.finish(out),
            #[cfg(feature = "flac")]
            Kind::Flac(stream) => stream.finish(out),
            #[cfg(feature = "mp3")]
            Kind::Mp3(stream) => stream.finish(out),
        }
    }
}
