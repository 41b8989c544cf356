//! Opus (RFC 6716), mono: one packet in, one frame of samples out, and the reverse.
//!
//! libopus does the work, behind audiopus; no type of it leaves this file, so that another binding
//! can take its place here. Both states are a few ten kilobytes, allocated once; coding a frame
//! allocates nothing.

mod complexity;
mod duration;

use audiopus::coder::{Decoder as RawDecoder, Encoder as RawEncoder, GenericCtl};
use audiopus::packet::Packet;
use audiopus::{Application, Bitrate, Channels, ErrorCode, MutSignals, SampleRate, Signal};

pub use complexity::Complexity;
pub use duration::packet_duration_48k;

/// The largest packet an [`Encoder`] makes, in bytes: three full frames (60 ms) and their framing.
pub const MAX_PACKET_BYTES: usize = 3 * 1275 + 7;

/// The longest packet a [`Decoder`] takes, in milliseconds (RFC 6716 section 3.2.5).
const MAX_PACKET_MS: usize = 120;

/// Why a frame or packet was not coded.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpusError {
    /// A rate Opus does not have.
    #[error("Opus at {got} Hz: expected 8000, 12000, 16000, 24000 or 48000")]
    Rate {
        /// The rate that was asked for.
        got: u32,
    },
    /// A packet-time not offered here.
    #[error("Opus frames of {got} ms: expected 10, 20, 40 or 60")]
    FrameMs {
        /// The length that was asked for.
        got: u32,
    },
    /// A frame of the wrong length.
    #[error("Opus frame of {got} samples: expected {expected}")]
    FrameSize {
        /// Samples a frame has.
        expected: usize,
        /// Samples that came.
        got: usize,
    },
    /// A packet that is empty, or of no valid structure.
    #[error("Opus packet of {bytes} bytes is malformed")]
    Packet {
        /// Its length.
        bytes: usize,
    },
    /// libopus refused a setting or failed within.
    #[error("libopus")]
    Library(#[source] LibraryError),
}

/// What libopus said.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LibraryError(audiopus::Error);

impl From<audiopus::Error> for OpusError {
    fn from(error: audiopus::Error) -> Self {
        Self::Library(LibraryError(error))
    }
}

/// How an [`Encoder`] works.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct EncoderConfig {
    /// Sample rate of the input: 8000, 12000, 16000, 24000 or 48000.
    pub rate_hz: u32,
    /// Packet-time in milliseconds: 10, 20, 40 or 60.
    pub frame_ms: u32,
    /// Target, in bits a second.
    pub bitrate_bps: u32,
    /// 0 (cheapest) to 10. At 24 kHz, 5 costs 2.4 times and 10 costs 4.5 times as much as 0.
    pub complexity: u8,
    /// Carry a coarse copy of the last frame in each packet. Below 32 kbit/s this costs bandwidth:
    /// at 24 kbit/s the sound is cut to 8 kHz.
    pub fec: bool,
    /// Send almost nothing while it is silent; see [`is_dtx`].
    pub dtx: bool,
    /// The loss to expect, in percent: how much room `fec` takes.
    pub loss_percent: u8,
}

impl EncoderConfig {
    /// Speech at `rate_hz` in 20 ms packets: 24 kbit/s (16 at 8 kHz), complexity 5, no FEC, no DTX.
    pub const fn speech(rate_hz: u32) -> Self {
        Self {
            rate_hz,
            frame_ms: 20,
            bitrate_bps: if rate_hz <= 8000 { 16_000 } else { 24_000 },
            complexity: 5,
            fec: false,
            dtx: false,
            loss_percent: 0,
        }
    }
}

/// Makes Opus packets of a mono stream.
#[derive(Debug)]
pub struct Encoder {
    raw: RawEncoder,
    frame_samples: usize,
}

impl Encoder {
    /// An encoder for speech.
    ///
    /// # Errors
    /// [`OpusError::Rate`], [`OpusError::FrameMs`], or [`OpusError::Library`] for a complexity or
    /// loss out of range.
    pub fn new(config: EncoderConfig) -> Result<Self, OpusError> {
        if !matches!(config.frame_ms, 10 | 20 | 40 | 60) {
            return Err(OpusError::FrameMs {
                got: config.frame_ms,
            });
        }
        let raw = RawEncoder::new(
            sample_rate(config.rate_hz)?,
            Channels::Mono,
            Application::Voip,
        );
        let mut encoder = Self {
            raw: raw.map_err(OpusError::from)?,
            frame_samples: (config.rate_hz / 1000 * config.frame_ms) as usize,
        };
        encoder.configure(config).map_err(OpusError::from)?;
        Ok(encoder)
    }

    /// Samples a frame must have.
    pub const fn frame_samples(&self) -> usize {
        self.frame_samples
    }

    /// Samples by which the decoded sound lags, beside the frame itself: 6.5 ms.
    pub fn lookahead_samples(&self) -> usize {
        self.raw.lookahead().unwrap_or(0) as usize
    }

    /// Appends the packet of one frame to `packet` and gives its length in bytes.
    ///
    /// # Errors
    /// [`OpusError::FrameSize`] if `frame` is not [`Encoder::frame_samples`] long; nothing is
    /// appended on any error.
    pub fn encode(&mut self, frame: &[i16], packet: &mut Vec<u8>) -> Result<usize, OpusError> {
        if frame.len() != self.frame_samples {
            return Err(OpusError::FrameSize {
                expected: self.frame_samples,
                got: frame.len(),
            });
        }
        let start = packet.len();
        packet.resize(start + MAX_PACKET_BYTES, 0);
        let room = packet.get_mut(start..).unwrap_or_default();
        let result = self.raw.encode(frame, room).map_err(OpusError::from);
        packet.truncate(start + result.as_ref().map_or(0, |&len| len));
        result
    }

    /// Sets the complexity, 0 to 10, from the next frame on: what a loaded machine turns down.
    ///
    /// # Errors
    /// [`OpusError::Library`] above 10.
    pub fn set_complexity(&mut self, complexity: u8) -> Result<(), OpusError> {
        self.raw.set_complexity(complexity).map_err(OpusError::from)
    }

    /// Sets the target in bits a second from the next frame on.
    ///
    /// # Errors
    /// [`OpusError::Library`] if libopus refuses it.
    pub fn set_bitrate(&mut self, bitrate_bps: u32) -> Result<(), OpusError> {
        let bitrate = i32::try_from(bitrate_bps).unwrap_or(i32::MAX);
        self.raw
            .set_bitrate(Bitrate::BitsPerSecond(bitrate))
            .map_err(OpusError::from)
    }

    /// Forgets the sound so far.
    pub fn reset(&mut self) {
        let done = self.raw.reset_state();
        debug_assert!(done.is_ok(), "libopus documents no failure of a reset");
    }

    fn configure(&mut self, config: EncoderConfig) -> audiopus::Result<()> {
        let bitrate = i32::try_from(config.bitrate_bps).unwrap_or(i32::MAX);
        self.raw.set_bitrate(Bitrate::BitsPerSecond(bitrate))?;
        // Without the hint libopus takes some voices for music and changes codec and cost.
        self.raw.set_signal(Signal::Voice)?;
        self.raw.set_complexity(config.complexity)?;
        self.raw.set_inband_fec(config.fec)?;
        self.raw.set_packet_loss_perc(config.loss_percent)?;
        self.raw.set_dtx(config.dtx)
    }
}

/// Whether a packet is one of silence that need not be sent (discontinuous transmission). The
/// receiver then conceals the gap.
pub const fn is_dtx(packet: &[u8]) -> bool {
    packet.len() <= 2
}

/// Turns Opus packets into a mono stream; packets of stereo are mixed down.
#[derive(Debug)]
pub struct Decoder {
    raw: RawDecoder,
    rate_hz: u32,
}

impl Decoder {
    /// A decoder that gives samples at `rate_hz`, whatever rate the packets were made at.
    ///
    /// # Errors
    /// [`OpusError::Rate`].
    pub fn new(rate_hz: u32) -> Result<Self, OpusError> {
        let raw = RawDecoder::new(sample_rate(rate_hz)?, Channels::Mono);
        Ok(Self {
            raw: raw.map_err(OpusError::from)?,
            rate_hz,
        })
    }

    /// Appends the samples of one packet, at most 120 ms, to `out` and gives their number.
    ///
    /// # Errors
    /// [`OpusError::Packet`] if it is empty or malformed; nothing is appended on any error.
    pub fn decode(&mut self, packet: &[u8], out: &mut Vec<i16>) -> Result<usize, OpusError> {
        let samples = self.rate_hz as usize / 1000 * MAX_PACKET_MS;
        self.run(Some(packet), samples, false, out)
    }

    /// Appends `samples` samples that conceal a lost packet, to `out`: a multiple of 2.5 ms up to
    /// 120 ms, normally one packet-time. More than 120 ms is cut to that: the number tells.
    ///
    /// # Errors
    /// [`OpusError::Library`] for another length.
    pub fn decode_lost(&mut self, samples: usize, out: &mut Vec<i16>) -> Result<usize, OpusError> {
        self.run(None, samples, false, out)
    }

    /// Appends the `samples` samples of the lost packet *before* `next`, from the copy `next`
    /// carries, or concealed if it carries none. `next` itself is to be decoded afterwards.
    ///
    /// # Errors
    /// As [`Decoder::decode`] and [`Decoder::decode_lost`].
    pub fn decode_fec(
        &mut self,
        next: &[u8],
        samples: usize,
        out: &mut Vec<i16>,
    ) -> Result<usize, OpusError> {
        self.run(Some(next), samples, true, out)
    }

    /// Forgets the sound so far.
    pub fn reset(&mut self) {
        let done = self.raw.reset_state();
        debug_assert!(done.is_ok(), "libopus documents no failure of a reset");
    }

    fn run(
        &mut self,
        bytes: Option<&[u8]>,
        samples: usize,
        fec: bool,
        out: &mut Vec<i16>,
    ) -> Result<usize, OpusError> {
        let malformed = OpusError::Packet {
            bytes: bytes.map_or(0, <[u8]>::len),
        };
        let Ok(packet) = bytes.map(Packet::try_from).transpose() else {
            return Err(malformed);
        };
        let start = out.len();
        let most = self.rate_hz as usize / 1000 * MAX_PACKET_MS;
        out.resize(start + samples.min(most), 0);
        let room = out.get_mut(start..).unwrap_or_default();
        let result = MutSignals::try_from(room)
            .and_then(|room| self.raw.decode(packet, room, fec))
            .map_err(|error| match error {
                audiopus::Error::Opus(ErrorCode::InvalidPacket) => malformed,
                other => other.into(),
            });
        out.truncate(start + result.as_ref().map_or(0, |&len| len));
        result
    }
}

fn sample_rate(rate_hz: u32) -> Result<SampleRate, OpusError> {
    match rate_hz {
        8000 => Ok(SampleRate::Hz8000),
        12000 => Ok(SampleRate::Hz12000),
        16000 => Ok(SampleRate::Hz16000),
        24000 => Ok(SampleRate::Hz24000),
        48000 => Ok(SampleRate::Hz48000),
        got => Err(OpusError::Rate { got }),
    }
}
