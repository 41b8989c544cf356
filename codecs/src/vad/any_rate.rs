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
        let wideband = u128::from(samples) * u128::from(RATE_HZ);
        let wideband = wideband / u128::from(self.resampler.in_hz());
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
