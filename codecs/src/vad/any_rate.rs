//! Voice activity of a stream at another rate than the detector's.

use crate::resample::{Resampler, UnsupportedRate};

use super::{RATE_HZ, Segmenter, VadConfig, VadEvent};

/// A [`Segmenter`] for a stream at any rate the crate resamples, above all the telephone's 8 kHz.
/// Positions are samples of that stream; the resampler's delay is taken off them.
#[derive(Debug)]
pub struct Vad {
    resampler: Resampler,
    segmenter: Segmenter,
    wideband: Vec<i16>,
    /// Silence too short for a sample of the detector's, in parts of one: below the stream's rate.
    remainder: u64,
}

impl Vad {
    /// Voice activity of a stream at `rate_hz`, from position 0 on.
    ///
    /// # Errors
    /// [`UnsupportedRate`] for a rate that is not among [`crate::resample::RATES_HZ`].
    pub fn new(rate_hz: u32, config: VadConfig) -> Result<Self, UnsupportedRate> {
        Ok(Self {
            resampler: Resampler::new(rate_hz, RATE_HZ)?,
            segmenter: Segmenter::new(config),
            wideband: Vec::new(),
            remainder: 0,
        })
    }

    /// Whether speech has started and not stopped.
    pub const fn is_speaking(&self) -> bool {
        self.segmenter.is_speaking()
    }

    /// Takes any number of samples and reports what they decide.
    pub fn push(&mut self, samples: &[i16], mut on_event: impl FnMut(VadEvent)) {
        self.wideband.clear();
        self.resampler.process(samples, &mut self.wideband);
        let place = Place::of(&self.resampler);
        self.segmenter
            .push(&self.wideband, |event| on_event(place.event(event)));
    }

    /// The same as pushing that many zeros, at a cost that does not grow with them, but for the last
    /// 2 ms of what was pushed before, which are left out.
    pub fn advance_silence(&mut self, samples: u64, mut on_event: impl FnMut(VadEvent)) {
        if samples == 0 {
            return;
        }
        let in_hz = u128::from(self.resampler.in_hz());
        let parts = u128::from(samples) * u128::from(RATE_HZ) + u128::from(self.remainder);
        let wideband = parts / in_hz;
        self.remainder = u64::try_from(parts % in_hz).unwrap_or(0);
        self.resampler.reset();
        let place = Place::of(&self.resampler);
        self.segmenter
            .advance_silence(u64::try_from(wideband).unwrap_or(u64::MAX), |event| {
                on_event(place.event(event));
            });
    }

    /// Forgets the sound and the state but not the position, as when the caller is another one.
    pub fn reset(&mut self) {
        self.resampler.reset();
        self.remainder = 0;
        self.segmenter.reset();
    }
}

/// Where a wideband sample is in the stream.
#[derive(Copy, Clone)]
struct Place {
    in_hz: u32,
    delay: u64,
}

impl Place {
    fn of(resampler: &Resampler) -> Self {
        Self {
            in_hz: resampler.in_hz(),
            delay: resampler.delay_us() * u64::from(RATE_HZ) / 1_000_000,
        }
    }

    fn event(self, event: VadEvent) -> VadEvent {
        let place = |at_sample: u64| {
            let scaled = u128::from(at_sample.saturating_sub(self.delay)) * u128::from(self.in_hz);
            u64::try_from(scaled / u128::from(RATE_HZ)).unwrap_or(u64::MAX)
        };
        match event {
            VadEvent::SpeechStarted { at_sample } => VadEvent::SpeechStarted {
                at_sample: place(at_sample),
            },
            VadEvent::SpeechStopped { at_sample } => VadEvent::SpeechStopped {
                at_sample: place(at_sample),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of 128 samples at 48 kHz are 42 and two thirds of the detector's: a minute of them came out a
    /// second short.
    #[test]
    fn silence_in_odd_pieces_is_as_long_as_in_one() {
        for (rate_hz, piece) in [(48_000, 128), (44_100, 512), (22_050, 1), (48_000, 1)] {
            let mut whole = Vad::new(rate_hz, VadConfig::default()).unwrap();
            let mut pieces = Vad::new(rate_hz, VadConfig::default()).unwrap();
            whole.advance_silence(piece * 6_000, |_| {});
            for _ in 0..6_000 {
                pieces.advance_silence(piece, |_| {});
            }
            assert_eq!(
                pieces.segmenter.position(),
                whole.segmenter.position(),
                "{rate_hz} Hz by {piece}"
            );
        }
    }

    #[test]
    fn silence_without_end_is_survived() {
        let mut vad = Vad::new(8_000, VadConfig::default()).unwrap();
        vad.advance_silence(u64::MAX, |_| {});
        vad.advance_silence(1, |_| {});
        vad.push(&[20_000; 160], |_| {});
    }
}
