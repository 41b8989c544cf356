//! One codec by itself, with the buffers its user would own.

use trunkline_codecs::dtmf;
use trunkline_codecs::g711::Law;
use trunkline_codecs::opus::{Decoder, Encoder, OpusError};
use trunkline_codecs::resample::Resampler;
use trunkline_codecs::vad::{Segmenter, VadEvent};

/// A codec and one second of sound for it.
#[derive(Debug)]
pub struct CodecRig {
    codec: Codec,
    sound: Vec<i16>,
    frame_samples: usize,
    at: usize,
    samples: Vec<i16>,
    bytes: Vec<u8>,
    packets: Vec<Vec<u8>>,
    produced: u64,
}

/// What is fed.
#[derive(Debug)]
pub(crate) enum Codec {
    G711(Law),
    Resample(Resampler),
    Vad(Box<Segmenter>),
    Dtmf(Box<dtmf::Detector>),
    OpusEncode(Encoder),
    OpusDecode(Decoder),
}

impl CodecRig {
    /// A codec fed with `sound`, at least one frame of it at `rate_hz`, over and over.
    pub(crate) fn new(codec: Codec, sound: Vec<i16>, rate_hz: u32) -> Self {
        Self {
            codec,
            sound,
            frame_samples: rate_hz as usize / 50,
            at: 0,
            samples: Vec::new(),
            bytes: Vec::new(),
            packets: Vec::new(),
            produced: 0,
        }
    }

    /// A decoder fed with what `encoder` makes of `sound`.
    pub(crate) fn decoding(
        decoder: Decoder,
        encoder: &mut Encoder,
        sound: Vec<i16>,
        rate_hz: u32,
    ) -> Result<Self, OpusError> {
        let mut rig = Self::new(Codec::OpusDecode(decoder), sound, rate_hz);
        for frame in rig.sound.chunks_exact(rig.frame_samples) {
            let mut packet = Vec::new();
            encoder.encode(frame, &mut packet)?;
            rig.packets.push(packet);
        }
        Ok(rig)
    }

    /// Samples, bytes or events that came out so far.
    pub const fn produced(&self) -> u64 {
        self.produced
    }

    /// Codes 20 ms.
    ///
    /// # Panics
    /// libopus failed, which with these frames it has no reason to.
    pub fn frame(&mut self) {
        let frames = self.sound.len() / self.frame_samples;
        let index = self.at % frames;
        self.at += 1;
        let from = index * self.frame_samples;
        let frame = &self.sound[from..from + self.frame_samples];
        self.samples.clear();
        self.bytes.clear();
        let mut events = 0;
        match &mut self.codec {
            Codec::G711(law) => {
                law.encode(frame, &mut self.bytes);
                law.decode(&self.bytes, &mut self.samples);
            }
            Codec::Resample(resampler) => resampler.process(frame, &mut self.samples),
            Codec::Vad(segmenter) => segmenter.push(frame, |_: VadEvent| events += 1),
            Codec::Dtmf(detector) => detector.push(frame, |_| events += 1),
            Codec::OpusEncode(encoder) => {
                let coded = encoder.encode(frame, &mut self.bytes);
                assert!(coded.is_ok(), "{coded:?}");
            }
            Codec::OpusDecode(decoder) => {
                let decoded = decoder.decode(&self.packets[index], &mut self.samples);
                assert!(decoded.is_ok(), "{decoded:?}");
            }
        }
        self.produced += events + self.samples.len() as u64 + self.bytes.len() as u64;
    }
}
