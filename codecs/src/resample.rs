//! Changing the sample rate of a stream, one small state a direction, at most 2.0 ms of delay.
//!
//! | rates | by | delay | to 0.85 of the lower Nyquist frequency | from 1.15 of it |
//! |---|---|---|---|---|
//! | 1:2, 1:3, 1:6, 2:3 and back | polyphase filter | 1.94-1.98 ms at 8 kHz, 0.65-0.99 ms above | 0.1 dB | -80 dB |
//! | 8 kHz to 22.05 and 44.1 kHz | the same filter, more phases | 2.0 ms | 0.1 dB | -80 dB |
//! | the rest of 22.05 and 44.1 kHz | rubato's sinc | 0.39-1.97 ms | 0.5 dB | -70 dB |
//!
//! The delay is that of the lower rate's leg, 8 kHz being the slowest. For an 8 kHz side the corners are 3.4
//! and 4.6 kHz, for 16 kHz 6.8 and 9.2 kHz. Between them a filter of 2 ms cannot be steep: going to 8 kHz, a
//! tone at 4.1 kHz is folded to 3.9 kHz at -13 dB. Curves beside those of other resamplers: `docs/audio-quality.md`.
//!
//! Equal rates are copied. Which samples come out depends only on which went in, never on how they were
//! cut into chunks; nothing waits for a block to fill; 20 ms in always give 20 ms out.

mod design;
mod polyphase;
mod rational;
mod sinc;

use polyphase::Polyphase;
pub(crate) use polyphase::{Outputs, Step, convolve};
use rational::Rational;
use sinc::Sinc;

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
/// speech rates; 25 to 70 KiB between the 44.1 kHz family and the others.
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
    Rational(Box<Rational>),
    Sinc(Box<Sinc>),
}

impl Resampler {
    /// A converter from `in_hz` to `out_hz`, with silence behind it.
    ///
    /// # Errors
    /// [`UnsupportedRate`] unless both are among [`RATES_HZ`].
    pub fn new(in_hz: u32, out_hz: u32) -> Result<Self, UnsupportedRate> {
        if !RATES_HZ.contains(&in_hz) || !RATES_HZ.contains(&out_hz) {
            return Err(UnsupportedRate { in_hz, out_hz });
        }
        let divisor = gcd(in_hz, out_hz);
        let (up, down) = ((out_hz / divisor) as usize, (in_hz / divisor) as usize);
        let kind = if up == down {
            Kind::PassThrough
        } else if up.max(down) <= Polyphase::MAX_FACTOR {
            Kind::Polyphase(Polyphase::new(up, down))
        } else if let Some(sinc) = Sinc::new(up, down, in_hz) {
            Kind::Sinc(Box::new(sinc))
        } else {
            Kind::Rational(Box::new(Rational::new(up, down)))
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

    /// How much later a sound leaves than it entered, in microseconds, rounded: at most 2,000.
    pub fn delay_us(&self) -> u64 {
        let in_samples = match &self.kind {
            Kind::PassThrough => return 0,
            Kind::Polyphase(filter) => filter.delay_in_samples(),
            Kind::Rational(filter) => filter.delay_in_samples(),
            Kind::Sinc(filter) => filter.delay_in_samples(),
        };
        (in_samples * 1e6 / f64::from(self.in_hz)).round() as u64
    }

    /// Takes any number of samples and appends what is ready to `out`. Values beyond the range of
    /// `i16`, which a full-scale input can produce, are clipped.
    pub fn process(&mut self, samples: &[i16], out: &mut Vec<i16>) {
        match &mut self.kind {
            Kind::PassThrough => out.extend_from_slice(samples),
            Kind::Polyphase(filter) => filter.process(samples, out),
            Kind::Rational(filter) => filter.process(samples, out),
            Kind::Sinc(filter) => filter.process(samples, out),
        }
    }

    /// Ends the stream: appends what is still inside, as many samples as the delay is long, then is as
    /// new.
    pub fn flush(&mut self, out: &mut Vec<i16>) {
        const SILENCE: [i16; 96] = [0; 96];
        let tail = self.delay_us() * u64::from(self.in_hz);
        let tail = tail.div_ceil(1_000_000) as usize;
        self.process(SILENCE.get(..tail).unwrap_or(&SILENCE), out);
        self.reset();
    }

    /// Forgets everything it heard, as after a barge-in.
    pub fn reset(&mut self) {
        match &mut self.kind {
            Kind::PassThrough => {}
            Kind::Polyphase(filter) => filter.reset(),
            Kind::Rational(filter) => filter.reset(),
            Kind::Sinc(filter) => filter.reset(),
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
#[inline(always)]
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
        for (in_hz, out_hz) in [
            (0, 8000),
            (8000, 11025),
            (8000, 0),
            (96000, 48000),
            (1_000_000_000, 8000),
            (8000, u32::MAX),
            (0, 0),
        ] {
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
