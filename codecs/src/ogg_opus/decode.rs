//! Whole streams to samples.

use super::{CLOCK_HZ, OggError, OpusHead, Packet, Reader};
use crate::opus::{Decoder, packet_duration_48k};

/// The longest packet, which may be there only to be cut: 120 ms.
const LONGEST_48K: u64 = 5760;

/// All samples of a whole stream at `rate_hz`, mono: without what the codec needed to settle and what
/// the encoder filled up at the end, and with the stream's gain applied. A stereo stream is mixed
/// down. Packets are decoded as they are read; what is held is bounded by `max_ms`.
///
/// # Errors
/// [`OggError`] for a broken stream, for more than `max_ms` of sound, and for a rate that Opus does
/// not have.
pub fn decode(bytes: &[u8], rate_hz: u32, max_ms: u32) -> Result<Vec<i16>, OggError> {
    let mut sound = Sound {
        decoder: Decoder::new(rate_hz)?,
        samples: Vec::new(),
        max_ms,
        played_48k: 0,
        start: None,
    };
    let mut reader = Reader::new();
    reader.try_push(bytes, |head, packet| sound.push(head, &packet))?;
    reader.finish()?;
    let head = reader.head().ok_or(OggError::NoOpus {
        bytes: bytes.len() as u64,
    })?;
    let Sound {
        mut samples, start, ..
    } = sound;
    if let (Some(start), Some(end)) = (start, reader.end_granule()) {
        samples.truncate(to_rate(end.saturating_sub(start), rate_hz));
    }
    let skip = to_rate(u64::from(head.pre_skip), rate_hz);
    samples.drain(..skip.min(samples.len()));
    if samples.len() > to_rate(ms_48k(max_ms), rate_hz) {
        return Err(OggError::TooLong { max_ms });
    }
    amplify(&mut samples, head.gain_q8);
    Ok(samples)
}

/// What was decoded so far.
struct Sound {
    decoder: Decoder,
    samples: Vec<i16>,
    max_ms: u32,
    played_48k: u64,
    /// The granule at the start of the first packet. A recording of something that was going on does
    /// not start at 0.
    start: Option<u64>,
}

impl Sound {
    fn push(&mut self, head: OpusHead, packet: &Packet) -> Result<(), OggError> {
        self.played_48k += u64::from(packet_duration_48k(&packet.data)?);
        if self.played_48k > ms_48k(self.max_ms) + u64::from(head.pre_skip) + LONGEST_48K {
            return Err(OggError::TooLong {
                max_ms: self.max_ms,
            });
        }
        if let (None, Some(granule)) = (self.start, packet.granule) {
            // On a page that is first and last, what is missing was cut at the end.
            self.start = Some(granule.saturating_sub(self.played_48k));
        }
        self.decoder.decode(&packet.data, &mut self.samples)?;
        Ok(())
    }
}

fn ms_48k(ms: u32) -> u64 {
    u64::from(ms) * u64::from(CLOCK_HZ) / 1000
}

fn to_rate(samples_48k: u64, rate_hz: u32) -> usize {
    let samples = u128::from(samples_48k) * u128::from(rate_hz) / u128::from(CLOCK_HZ);
    usize::try_from(samples).unwrap_or(usize::MAX)
}

fn amplify(samples: &mut [i16], gain_q8: i16) {
    if gain_q8 == 0 {
        return;
    }
    let gain = 10f32.powf(f32::from(gain_q8) / (20.0 * 256.0));
    for sample in samples {
        // `as` saturates.
        *sample = (f32::from(*sample) * gain) as i16;
    }
}
