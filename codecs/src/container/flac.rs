//! FLAC through flacenc, a block at a time, so that it can be streamed: the header says that length
//! and checksum of the whole are not known, which the format allows.

use std::fmt;

use flacenc::bitsink::MemSink;
use flacenc::component::{BitRepr, Stream, StreamInfo};
use flacenc::config;
use flacenc::error::{Verified, Verify};
use flacenc::source::{Fill, FrameBuf};

use super::{Container, ContainerError};

/// Frames of a block: 48 ms at 24 kHz.
const BLOCK: usize = 1152;

/// One FLAC stream.
pub(super) struct FlacStream {
    config: Verified<config::Encoder>,
    info: StreamInfo,
    block: FrameBuf,
    channels: usize,
    /// Interleaved samples that do not fill a block yet.
    waiting: Vec<i32>,
    blocks: usize,
}

impl fmt::Debug for FlacStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlacStream")
            .field("blocks", &self.blocks)
            .finish_non_exhaustive()
    }
}

impl FlacStream {
    pub(super) fn new(
        rate_hz: u32,
        channels: u16,
        out: &mut Vec<u8>,
    ) -> Result<Self, ContainerError> {
        let channels = usize::from(channels);
        let config = config::Encoder::default()
            .into_verified()
            .map_err(|(_, error)| failed(error))?;
        let mut info = StreamInfo::new(rate_hz as usize, channels, 16).map_err(failed)?;
        info.set_block_sizes(BLOCK, BLOCK).map_err(failed)?;
        info.set_frame_sizes(0, 0).map_err(failed)?;
        write(&Stream::with_stream_info(info.clone()), out)?;
        Ok(Self {
            config,
            info,
            block: FrameBuf::with_size(channels, BLOCK).map_err(failed)?,
            channels,
            waiting: Vec::with_capacity(BLOCK * channels),
            blocks: 0,
        })
    }

    pub(super) fn push(
        &mut self,
        samples: &[i16],
        out: &mut Vec<u8>,
    ) -> Result<(), ContainerError> {
        for &sample in samples {
            self.waiting.push(i32::from(sample));
            if self.waiting.len() == BLOCK * self.channels {
                self.write_block(out)?;
            }
        }
        Ok(())
    }

    /// An incomplete last frame is left out.
    pub(super) fn finish(mut self, out: &mut Vec<u8>) -> Result<(), ContainerError> {
        let whole = self.waiting.len() - self.waiting.len() % self.channels;
        self.waiting.truncate(whole);
        if self.waiting.is_empty() {
            return Ok(());
        }
        self.write_block(out)
    }

    fn write_block(&mut self, out: &mut Vec<u8>) -> Result<(), ContainerError> {
        self.block.fill_interleaved(&self.waiting).map_err(failed)?;
        self.waiting.clear();
        let frame =
            flacenc::encode_fixed_size_frame(&self.config, &self.block, self.blocks, &self.info)
                .map_err(failed)?;
        self.blocks += 1;
        write(&frame, out)
    }
}

fn write(part: &impl BitRepr, out: &mut Vec<u8>) -> Result<(), ContainerError> {
    let mut sink = MemSink::<u8>::new();
    part.write(&mut sink).map_err(failed)?;
    out.extend_from_slice(sink.as_slice());
    Ok(())
}

fn failed(error: impl fmt::Display) -> ContainerError {
    ContainerError::Encoder {
        container: Container::Flac,
        reason: error.to_string(),
    }
}
