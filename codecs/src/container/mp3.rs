//! MP3 through LAME.

use std::fmt;

use mp3lame_encoder::{
    Bitrate, Builder, Encoder, FlushGap, InterleavedPcm, MonoPcm, Quality, max_required_buffer_size,
};

use super::{Container, ContainerError};

/// What LAME asks for in its documentation to write its last frames.
const FLUSH_BYTES: usize = 7200;
/// Samples handed over at once, which bounds the buffer that is needed.
const PIECE: usize = 4608;

/// One MP3 stream.
pub(super) struct Mp3Stream {
    encoder: Encoder,
    channels: u16,
    /// The first half of a frame whose second has not come.
    odd: Option<i16>,
}

impl fmt::Debug for Mp3Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mp3Stream")
            .field("channels", &self.channels)
            .finish_non_exhaustive()
    }
}

impl Mp3Stream {
    pub(super) fn new(rate_hz: u32, channels: u16) -> Result<Self, ContainerError> {
        let expected = ContainerError::Format {
            container: Container::Mp3,
            rate_hz,
            channels,
            expected: "8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100 or 48000 Hz",
        };
        if !matches!(
            rate_hz,
            8000 | 11_025 | 12_000 | 16_000 | 22_050 | 24_000 | 32_000 | 44_100 | 48_000
        ) {
            return Err(expected);
        }
        let mut builder = Builder::new().ok_or_else(|| failed("out of memory"))?;
        let bitrate = if channels == 1 {
            Bitrate::Kbps64
        } else {
            Bitrate::Kbps128
        };
        builder
            .set_num_channels(if channels == 1 { 1 } else { 2 })
            .map_err(failed)?;
        builder.set_sample_rate(rate_hz).map_err(failed)?;
        builder
            .set_output_sample_rate(std::num::NonZeroU32::new(rate_hz))
            .map_err(failed)?;
        builder.set_brate(bitrate).map_err(failed)?;
        builder.set_quality(Quality::Good).map_err(failed)?;
        // The tag would have to be patched into the first frame at the end.
        builder.set_to_write_vbr_tag(false).map_err(failed)?;
        Ok(Self {
            encoder: builder.build().map_err(failed)?,
            channels,
            odd: None,
        })
    }

    pub(super) fn push(
        &mut self,
        samples: &[i16],
        out: &mut Vec<u8>,
    ) -> Result<(), ContainerError> {
        if self.channels == 1 {
            return samples
                .chunks(PIECE)
                .try_for_each(|piece| self.encode(piece, out));
        }
        let mut rest = samples;
        if let (Some(left), Some((&right, after))) = (self.odd, samples.split_first()) {
            self.odd = None;
            self.encode(&[left, right], out)?;
            rest = after;
        }
        let (pairs, odd) = rest.as_chunks::<2>();
        if let [left] = odd {
            self.odd = Some(*left);
        }
        pairs
            .as_flattened()
            .chunks(PIECE)
            .try_for_each(|piece| self.encode(piece, out))
    }

    pub(super) fn finish(mut self, out: &mut Vec<u8>) -> Result<(), ContainerError> {
        out.reserve(FLUSH_BYTES);
        self.encoder.flush_to_vec::<FlushGap>(out).map_err(failed)?;
        Ok(())
    }

    fn encode(&mut self, samples: &[i16], out: &mut Vec<u8>) -> Result<(), ContainerError> {
        out.reserve(max_required_buffer_size(samples.len()));
        let written = if self.channels == 1 {
            self.encoder.encode_to_vec(MonoPcm(samples), out)
        } else {
            self.encoder.encode_to_vec(InterleavedPcm(samples), out)
        };
        written.map(|_| ()).map_err(failed)
    }
}

fn failed(error: impl fmt::Display) -> ContainerError {
    ContainerError::Encoder {
        container: Container::Mp3,
        reason: error.to_string(),
    }
}
