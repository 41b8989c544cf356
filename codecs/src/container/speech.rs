//! Speech as Ogg-Opus.

use crate::ogg_opus::{CLOCK_HZ, OpusHead, OpusTags, Writer};
use crate::opus::{Encoder, EncoderConfig};

use super::ContainerError;

/// Pages this long: a listener starts after the first, and they cost 3 % of 24 kbit/s.
const PAGE_MS: u32 = 100;
/// For speech files one serial is as good as another.
const SERIAL: u32 = 1;

/// An encoder and the pages its packets go to.
#[derive(Debug)]
pub(super) struct OggSpeech {
    encoder: Encoder,
    pages: Writer,
    rate_hz: u32,
    pre_skip: u64,
    /// Samples that do not fill a frame yet.
    waiting: Vec<i16>,
    /// Samples taken so far.
    taken: u64,
    packet: Vec<u8>,
}

impl OggSpeech {
    pub(super) fn new(rate_hz: u32, out: &mut Vec<u8>) -> Result<Self, ContainerError> {
        let encoder = Encoder::new(EncoderConfig::speech(rate_hz))?;
        let pre_skip = encoder.lookahead_samples() as u64 * u64::from(CLOCK_HZ / rate_hz);
        let head = OpusHead {
            channels: 1,
            pre_skip: u16::try_from(pre_skip).unwrap_or(u16::MAX),
            input_rate_hz: rate_hz,
            gain_q8: 0,
        };
        let tags = OpusTags {
            vendor: "trunkline".into(),
            comments: Vec::new(),
        };
        let mut pages = Writer::new(head, &tags, SERIAL, out);
        pages.set_page_ms(PAGE_MS);
        Ok(Self {
            waiting: Vec::with_capacity(encoder.frame_samples()),
            encoder,
            pages,
            rate_hz,
            pre_skip,
            taken: 0,
            packet: Vec::new(),
        })
    }

    pub(super) fn push(
        &mut self,
        mut samples: &[i16],
        out: &mut Vec<u8>,
    ) -> Result<(), ContainerError> {
        self.taken += samples.len() as u64;
        let frame = self.encoder.frame_samples();
        while let Some((now, later)) = samples.split_at_checked(frame - self.waiting.len()) {
            self.waiting.extend_from_slice(now);
            samples = later;
            self.encode(out)?;
        }
        self.waiting.extend_from_slice(samples);
        Ok(())
    }

    /// Pads with silence until the codec's delay has carried the last sample out, and says how much
    /// of that is no sound.
    pub(super) fn finish(mut self, out: &mut Vec<u8>) -> Result<(), ContainerError> {
        let scale = u64::from(CLOCK_HZ / self.rate_hz);
        let end_48k = self.pre_skip + self.taken * scale;
        let frame = self.encoder.frame_samples() as u64;
        let frames = (self.pre_skip / scale + self.taken).div_ceil(frame);
        for _ in self.taken / frame..frames {
            self.waiting.resize(frame as usize, 0);
            self.encode(out)?;
        }
        self.pages.finish(Some(end_48k), out);
        Ok(())
    }

    fn encode(&mut self, out: &mut Vec<u8>) -> Result<(), ContainerError> {
        self.packet.clear();
        self.encoder.encode(&self.waiting, &mut self.packet)?;
        self.waiting.clear();
        Ok(self.pages.push(&self.packet, out)?)
    }
}
