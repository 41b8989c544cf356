//! Changing the sample rate of a stream, one small state a direction.
//!
//! The telephone and speech rates (8, 16, 24, 48 kHz, and 22.05 with 44.1 kHz among themselves)
//! go through a polyphase filter that adds just under 2 ms on an 8 kHz leg and under 1 ms above;
//! between the two families a transform of whole blocks is used, which adds 1.7 to 10 ms. Equal
//! rates are copied. Which samples come out depends only on which went in, never on how they were
//! cut into chunks, and 20 ms in always gives 20 ms out.
//!
//! A 2 ms filter has a price near the edge: a tone in 4.0-4.6 kHz folds back into 3.4-4.0 kHz
//! almost unweakened when going to 8 kHz. From 4.6 kHz on it is below -70 dB.

mod block;
mod polyphase;

use block::Block;
use polyphase::Polyphase;

/// The rates a [`Resampler`] knows, in Hz.
pub const RATES_HZ: [u32; 6] = [8000, 16000, 22050, 24000, 44100, 48000];

/// A rate no resampler was built for.
#[derive(Copy, Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "cannot resample {in_hz} Hz to {out_hz} Hz: expected 8000, 16000, 22050, 24000, 44100 or 48000 on both sides"
)]
pub struct UnsupportedRate {
    /// The input rate that was asked for.
    pub in_hz: u32,
    /// The output rate that was asked for.
    pub out_hz: u32,
}

/// A streaming sample-rate converter for one mono direction. At most 4 KiB for the telephone and
/// speech rates; some tens of KiB between the 44.1 kHz family and the others.
#[derive(Debug)]
pub struct Resampler {
    in_hz: u32,
    out_hz: u32,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    PassThrough,
    Polyphase(Polyphase),
    Block(Box<Block>),
}

impl Resampler {
    /// A converter from `in_hz` to `out_hz`, with silence behind it.
    ///
    /// # Errors
    /// [`UnsupportedRate`] unless both are among [`RATES_HZ`].
    pub fn new(in_hz: u32, out_hz: u32) -> Result<Self, UnsupportedRate> {
        let unsupported = UnsupportedRate { in_hz, out_hz };
        if !RATES_HZ.contains(&in_hz) || !RATES_HZ.contains(&out_hz) {
            return Err(unsupported);
        }
        let divisor = gcd(in_hz, out_hz);
        let (up, down) = ((out_hz / divisor) as usize, (in_hz / divisor) as usize);
        let kind = if up == down {
            Kind::PassThrough
        } else if up.max(down) <= Polyphase::MAX_FACTOR {
            Kind::Polyphase(Polyphase::new(up, down))
        } else {
            Kind::Block(Box::new(Block::new(down, up).ok_or(unsupported)?))
        };
        Ok(Self {
            in_hz,
            out_hz,
            kind,
        })
    }

    /// The rate it takes.
    pub const fn in_hz(&self) -> u32 {
        self.in_hz
    }

    /// The rate it gives.
    pub const fn out_hz(&self) -> u32 {
        self.out_hz
    }

    /// Whether samples are merely copied, so that a caller may skip it.
    pub const fn is_pass_through(&self) -> bool {
        matches!(self.kind, Kind::PassThrough)
    }

    /// How much later a sound leaves than it entered, in microseconds, beside the samples that
    /// wait for a block to fill when chunks are not multiples of 20 ms.
    pub fn delay_us(&self) -> u64 {
        let out_samples = match &self.kind {
            Kind::PassThrough => return 0,
            Kind::Polyphase(filter) => filter.delay_out_samples(),
            Kind::Block(block) => block.delay_out_samples(),
        };
        (out_samples * 1e6 / f64::from(self.out_hz)) as u64
    }

    /// Takes any number of samples and appends what is ready to `out`. Values beyond the range of
    /// `i16`, which a full-scale input can produce, are clipped.
    pub fn process(&mut self, samples: &[i16], out: &mut Vec<i16>) {
        match &mut self.kind {
            Kind::PassThrough => out.extend_from_slice(samples),
            Kind::Polyphase(filter) => filter.process(samples, out),
            Kind::Block(block) => block.process(samples, out),
        }
    }

    /// Ends the stream: appends what is still inside (as many samples as the delay is long, and
    /// what waited for a block to fill), then is as new.
    pub fn flush(&mut self, out: &mut Vec<i16>) {
        match &mut self.kind {
            Kind::PassThrough => {}
            Kind::Polyphase(filter) => filter.flush(out),
            Kind::Block(block) => block.flush(out),
        }
        self.reset();
    }

    /// Forgets everything it heard, as after a barge-in.
    pub fn reset(&mut self) {
        match &mut self.kind {
            Kind::PassThrough => {}
            Kind::Polyphase(filter) => filter.reset(),
            Kind::Block(block) => block.reset(),
        }
    }
}

const fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Rounds a value on the `i16` scale to the nearest sample, ties to even, saturating.
///
/// Adding 1.5 · 2^23 leaves the integer in the low bits of the float; unlike `f32::round` this
/// needs no library call and vectorises on every target.
#[inline]
fn round_to_i16(value: f32) -> i16 {
    (value.clamp(-32768.0, 32767.0) + 12_582_912.0).to_bits() as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding() {
        let cases = [
            (0.0, 0),
            (-0.4, 0),
            (0.6, 1),
            (-0.6, -1),
            (2.5, 2),
            (40_000.0, 32767),
            (-40_000.0, -32768),
            (-32767.6, -32768),
        ];
        for (value, expected) in cases {
            assert_eq!(round_to_i16(value), expected, "{value}");
        }
    }

    #[test]
    fn unknown_rates_are_refused() {
        for (in_hz, out_hz) in [(0, 8000), (8000, 11025), (8000, 0), (96000, 48000)] {
            assert_eq!(
                Resampler::new(in_hz, out_hz).err(),
                Some(UnsupportedRate { in_hz, out_hz })
            );
        }
    }

    #[test]
    fn speech_rates_fit_the_memory_of_a_call() {
        for in_hz in [8000, 16000, 24000, 48000] {
            for out_hz in [8000, 16000, 24000, 48000] {
                let resampler = Resampler::new(in_hz, out_hz).unwrap();
                if let Kind::Polyphase(filter) = resampler.kind {
                    assert!(filter.heap_bytes() <= 4096, "{in_hz} {out_hz}");
                }
            }
        }
    }
}
