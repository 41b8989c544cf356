//! Whether the caller speaks: voice activity over the caller's samples at any rate.
//!
//! It measures only. Whether speech is a turn, an interruption or a cough is decided elsewhere, from the
//! [`Activity`] it reports.

use trunkline_codecs::level::SILENCE_DBFS;
use trunkline_codecs::resample::{Resampler, UnsupportedRate};
use trunkline_codecs::vad::{RATE_HZ, Segmenter, VadConfig, VadEvent};

use super::loudness::Loudness;
use super::sample_count::SampleCount;
use crate::config::{Sensitivity, TurnConfig};

/// By how much a score may fall below the threshold before speech counts as over.
const HYSTERESIS: f32 = 0.25;
/// Frames of 16 ms that are a start of speech at the highest sensitivity.
const HIGH_START_FRAMES: u32 = 4;
/// The share of the threshold it falls to at most.
const LEAST_OFF: f32 = 0.6;
/// Speech ends after no less: a piece of 200 ms then holds at most one start and one end.
const MIN_END_MS: u64 = 100;

/// What was found in a piece of the caller's audio. One of at most 200 ms holds at most one start and one
/// end, and so does silence of any length. Where both are there, the earlier has the larger `ago`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Activity {
    /// How long before the end of the piece the speech began that is reported now, in microseconds.
    pub(crate) started_ago_us: Option<u64>,
    /// How long before the end of the piece the speech ended that is reported over now, in microseconds.
    pub(crate) stopped_ago_us: Option<u64>,
    /// Length of the speech going on, or else of the one just over, from its onset to the last voiced
    /// frame, in microseconds; 0 where there is none.
    pub(crate) voiced_us: u64,
    /// The loudest 100 ms of that speech, in dBFS.
    pub(crate) level_dbfs: f32,
    /// A key heard in the audio. More than one are reported piece by piece.
    pub(crate) key: Option<char>,
}

impl Default for Activity {
    fn default() -> Self {
        Self {
            started_ago_us: None,
            stopped_ago_us: None,
            voiced_us: 0,
            level_dbfs: SILENCE_DBFS,
            key: None,
        }
    }
}

/// Voice activity of one caller.
#[derive(Debug)]
pub(crate) struct Voice {
    wideband: Option<Resampler>,
    segmenter: Segmenter,
    loudness: Loudness,
    /// Where the speech going on began.
    onset: u64,
    silence: SampleCount,
}

impl Voice {
    /// The rate it works at, and leaves samples at.
    pub(crate) const RATE_HZ: u32 = RATE_HZ;

    /// Of samples at `rate_hz`.
    ///
    /// # Errors
    /// A rate the resampler does not know.
    pub(crate) fn new(rate_hz: u32, turns: &TurnConfig) -> Result<Self, UnsupportedRate> {
        let end_ms = turns.silence_ms.max(MIN_END_MS);
        let config = VadConfig {
            on: turns.threshold,
            // At a low threshold it stays above what noise scores.
            off: (turns.threshold - HYSTERESIS).max(turns.threshold * LEAST_OFF),
            end_ms: u32::try_from(end_ms).unwrap_or(u32::MAX),
            ..start(turns.sensitivity)
        };
        let wideband = (rate_hz != RATE_HZ)
            .then(|| Resampler::new(rate_hz, RATE_HZ))
            .transpose()?;
        Ok(Self {
            wideband,
            segmenter: Segmenter::new(config),
            loudness: Loudness::default(),
            onset: 0,
            silence: SampleCount::new(RATE_HZ),
        })
    }

    /// Takes samples. Leaves them at 16 kHz in `resampled`, unless they are so already.
    pub(crate) fn push(&mut self, samples: &[i16], resampled: &mut Vec<i16>) -> Activity {
        resampled.clear();
        let samples = match &mut self.wideband {
            Some(resampler) => {
                resampler.process(samples, resampled);
                resampled.as_slice()
            }
            None => samples,
        };
        self.loudness.push(samples);
        let count = samples.len() as u64;
        self.listen(count, |segmenter, on_event| {
            segmenter.push(samples, on_event);
        })
    }

    /// That much silence has passed.
    pub(crate) fn advance(&mut self, us: u64) -> Activity {
        let count = self.silence.take(us);
        self.loudness.rest(count);
        self.listen(count, |segmenter, on_event| {
            segmenter.advance_silence(count, on_event);
        })
    }

    /// Whether speech has begun and is not over.
    pub(crate) const fn is_speaking(&self) -> bool {
        self.segmenter.is_speaking()
    }

    /// How long the caller has not been voiced, in microseconds.
    pub(crate) fn silent_us(&self) -> u64 {
        let position = self.segmenter.position();
        us(position.saturating_sub(self.segmenter.voiced_until()))
    }

    /// Length of the speech going on, from its onset to the last voiced frame, in microseconds; 0 where there
    /// is none.
    pub(crate) fn spoken_us(&self) -> u64 {
        if !self.is_speaking() {
            return 0;
        }
        let voiced_until = self.segmenter.voiced_until();
        us(voiced_until.saturating_sub(self.onset))
    }

    /// Lets the segmenter hear `count` samples and says what it found.
    fn listen(
        &mut self,
        count: u64,
        hear: impl FnOnce(&mut Segmenter, &mut dyn FnMut(VadEvent)),
    ) -> Activity {
        let end = self.segmenter.position().saturating_add(count);
        let mut activity = Activity::default();
        let (onset, loudness) = (&mut self.onset, &mut self.loudness);
        hear(&mut self.segmenter, &mut |event| match event {
            VadEvent::SpeechStarted { at_sample } => {
                *onset = at_sample;
                loudness.start();
                activity.started_ago_us = Some(us(end.saturating_sub(at_sample)));
            }
            VadEvent::SpeechStopped { at_sample } => {
                activity.stopped_ago_us = Some(us(end.saturating_sub(at_sample)));
                activity.voiced_us = us(at_sample.saturating_sub(*onset));
                activity.level_dbfs = loudness.dbfs();
            }
        });
        if self.is_speaking() {
            activity.voiced_us = self.spoken_us();
            activity.level_dbfs = self.loudness.dbfs();
        }
        activity
    }
}

/// How much speech it takes to be noticed.
fn start(sensitivity: Sensitivity) -> VadConfig {
    let default = VadConfig::default();
    match sensitivity {
        Sensitivity::High => VadConfig {
            start_frames: HIGH_START_FRAMES,
            ..default
        },
        Sensitivity::Low | Sensitivity::Normal | Sensitivity::Level(_) => default,
    }
}

/// Microseconds of so many samples at 16 kHz.
const fn us(samples: u64) -> u64 {
    samples.saturating_mul(125) / 2
}
