//! Voice activity: where speech starts and stops in a 16 kHz stream.
//!
//! earshot scores frames of 256 samples (16 ms); the [`Segmenter`] turns scores into events and
//! rejects what scores like speech and is not: steady tones and steady noise. Audio at another rate
//! is resampled first, which [`Vad`] does. It measures activity only: who speaks and whether the turn is over are
//! decided elsewhere. Music, and ringback of 440 and 480 Hz, which beats as fast as a voice moves,
//! can pass for speech.
//!
//! The detector is nearly all of the cost, and is asked about every frame but those quieter than
//! [`min_rms`](VadConfig::min_rms). None can be left out on steady noise, where a guard lets nothing start anyway: it
//! remembers more than 4 s, and would find other starts later.

mod any_rate;
mod swing;

use std::fmt;

use earshot::Detector;

use crate::level::{AutoGain, AutoGainConfig, rms};
use swing::Swing;

pub use any_rate::Vad;

/// The rate the segmenter works at.
pub const RATE_HZ: u32 = 16_000;
/// Samples a score is made of: 16 ms.
pub const FRAME_SAMPLES: usize = 256;

const FRAME: u64 = FRAME_SAMPLES as u64;
const FRAME_US: u32 = 16_000;
/// Silent frames the detector still sees before it is left alone; its memory is three frames.
const SILENT_FRAMES_SCORED: u64 = 4;

/// The thresholds of a [`Segmenter`]. The defaults were measured on synthetic speech, telephone
/// tones and noises: they reject single tones, dial tone, DTMF, and white, pink and brown noise, and
/// place the onset of speech within 0.05-0.15 s, also 5 dB above the noise.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct VadConfig {
    /// Scores (0 to 1) from here on count towards a start. Below 0.65 a dial tone can be speech.
    pub on: f32,
    /// Scores below this count towards an end.
    pub off: f32,
    /// How many of the last `window` frames must count for speech to start: 7 frames are 112 ms.
    pub start_frames: u32,
    /// The frames looked at for a start; at most 32.
    pub window: u32,
    /// Speech ends after this long below `off`, in milliseconds, rounded up to frames of 16 ms.
    pub end_ms: u32,
    /// Frames whose root mean square is below this, on the `i16` scale, are silence unscored.
    pub min_rms: u16,
    /// Frames at the start of a stream that cannot start speech: the detector fires on noise there.
    pub warmup_frames: u32,
    /// How far the level must have moved in the last half second for speech to start, in decibels.
    /// A voice rises out of its background and has syllables; noise and tones stand still. 0 switches
    /// this guard off, and with it the one against steady tones just begun.
    pub min_swing_db: f32,
    /// The gain before the detector, which scores quiet talkers low. Silence and the two guards are
    /// judged before it.
    pub gain: AutoGainConfig,
}

impl Default for VadConfig {
    fn default() -> Self {
        Self {
            on: 0.65,
            off: 0.40,
            start_frames: 7,
            window: 10,
            end_ms: 400,
            min_rms: 12,
            warmup_frames: 12,
            min_swing_db: 4.0,
            gain: AutoGainConfig::default(),
        }
    }
}

/// What a [`Segmenter`] found. Positions are samples of the 16 kHz stream since it began.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum VadEvent {
    /// Speech began; reported 100-200 ms later.
    SpeechStarted {
        /// The estimated onset.
        at_sample: u64,
    },
    /// Speech ended; reported [`VadConfig::end_ms`] later.
    SpeechStopped {
        /// The end of the last frame that sounded like speech.
        at_sample: u64,
    },
}

/// Finds speech in a 16 kHz mono stream. Events depend on the samples alone, not on the chunks
/// they come in. About 9 KiB, most of it on the heap.
pub struct Segmenter {
    config: VadConfig,
    detector: Box<Detector>,
    swing: Swing,
    gain: AutoGain,
    /// The samples of the frame that is being filled.
    frame: Vec<i16>,
    /// Where that frame starts.
    frame_at: u64,
    /// One bit a frame, the latest lowest: whether it counted towards a start.
    recent: u32,
    warmup_left: u32,
    silent_frames: u64,
    speaking: bool,
    voiced_until: u64,
}

impl Segmenter {
    /// A segmenter at position 0. A window outside 1..=32 and a start count outside the window are
    /// brought inside.
    pub fn new(config: VadConfig) -> Self {
        let window = config.window.clamp(1, u32::BITS);
        let config = VadConfig {
            window,
            start_frames: config.start_frames.clamp(1, window),
            ..config
        };
        Self {
            config,
            detector: Detector::default_boxed(),
            swing: Swing::default(),
            gain: AutoGain::new(config.gain, FRAME_US),
            frame: Vec::with_capacity(FRAME_SAMPLES),
            frame_at: 0,
            recent: 0,
            warmup_left: config.warmup_frames,
            silent_frames: 0,
            speaking: false,
            voiced_until: 0,
        }
    }

    /// Whether speech has started and not stopped.
    pub const fn is_speaking(&self) -> bool {
        self.speaking
    }

    /// The end of the last frame of speech that sounded like it; 0 before the first speech.
    pub const fn voiced_until(&self) -> u64 {
        self.voiced_until
    }

    /// Samples heard so far, silence by arithmetic included.
    pub fn position(&self) -> u64 {
        self.frame_at.saturating_add(self.frame.len() as u64)
    }

    /// Takes any number of samples at 16 kHz and reports what they decide.
    pub fn push(&mut self, mut samples: &[i16], mut on_event: impl FnMut(VadEvent)) {
        while let Some((now, later)) = samples.split_at_checked(FRAME_SAMPLES - self.frame.len()) {
            self.frame.extend_from_slice(now);
            self.finish_frame(&mut on_event);
            samples = later;
        }
        self.frame.extend_from_slice(samples);
    }

    /// The same as pushing that many zeros, at a cost that does not grow with them: for callers
    /// whose network sends nothing while they are silent.
    pub fn advance_silence(&mut self, samples: u64, mut on_event: impl FnMut(VadEvent)) {
        let mut left = samples;
        while left > 0 {
            let free = FRAME - self.frame.len() as u64;
            if free == FRAME && self.silent_frames >= SILENT_FRAMES_SCORED {
                let frames = left / FRAME;
                self.skip_silent_frames(frames, &mut on_event);
                left -= frames * FRAME;
                self.frame.resize(left as usize, 0);
                return;
            }
            let now = left.min(free);
            self.frame.resize(self.frame.len() + now as usize, 0);
            left -= now;
            if now == free {
                self.finish_frame(&mut on_event);
            }
        }
    }

    /// Forgets the sound and the state but not the position, as when the caller is another one.
    pub fn reset(&mut self) {
        let position = self.position();
        *self = Self::new(self.config);
        self.frame_at = position;
    }

    fn finish_frame(&mut self, on_event: &mut impl FnMut(VadEvent)) {
        let rms = rms(&self.frame);
        if rms < f32::from(self.config.min_rms) {
            self.finish_silent_frame(on_event);
        } else {
            self.silent_frames = 0;
            self.swing.push(&self.frame);
            self.gain.apply_at(rms, &mut self.frame);
            let score = self.detector.predict_i16(&self.frame);
            self.decide(score, on_event);
        }
        self.frame.clear();
    }

    fn finish_silent_frame(&mut self, on_event: &mut impl FnMut(VadEvent)) {
        if self.silent_frames < SILENT_FRAMES_SCORED {
            self.silent_frames += 1;
            let _unused_score = self.detector.predict_i16(&self.frame);
            self.swing.push_silence();
            self.gain.rest(1);
            self.decide(0.0, on_event);
        } else {
            self.skip_silent_frames(1, on_event);
        }
    }

    /// Frames of silence after [`SILENT_FRAMES_SCORED`] others. Nothing can start in them and the
    /// detector is not asked.
    fn skip_silent_frames(&mut self, frames: u64, on_event: &mut impl FnMut(VadEvent)) {
        self.silent_frames = self.silent_frames.saturating_add(frames);
        self.swing.push_silence();
        self.gain.rest(frames);
        self.recent = match frames {
            0..=31 => self.recent << frames,
            _ => 0,
        };
        self.warmup_left = self
            .warmup_left
            .saturating_sub(u32::try_from(frames).unwrap_or(u32::MAX));
        self.frame_at = self.frame_at.saturating_add(frames * FRAME);
        self.stop_if_over(on_event);
    }

    /// The frame at `frame_at` has `score`; moves past it.
    fn decide(&mut self, score: f32, on_event: &mut impl FnMut(VadEvent)) {
        let frame_end = self.frame_at.saturating_add(FRAME);
        let warm = self.warmup_left == 0;
        self.warmup_left = self.warmup_left.saturating_sub(1);
        self.recent = self.recent << 1 | u32::from(warm && score >= self.config.on);
        self.frame_at = frame_end;
        match self.speaking {
            true if score >= self.config.off => self.voiced_until = frame_end,
            true => self.stop_if_over(on_event),
            false => self.start_if_enough(on_event),
        }
    }

    fn start_if_enough(&mut self, on_event: &mut impl FnMut(VadEvent)) {
        let in_window = self.recent & (u32::MAX >> (u32::BITS - self.config.window));
        let enough = in_window & 1 == 1 && in_window.count_ones() >= self.config.start_frames;
        if !enough || self.stands_still() {
            return;
        }
        let first = u64::from(u32::BITS - in_window.leading_zeros());
        let at_sample = self.frame_at.saturating_sub(first * FRAME);
        self.speaking = true;
        self.voiced_until = self.frame_at;
        on_event(VadEvent::SpeechStarted { at_sample });
    }

    fn stands_still(&self) -> bool {
        let least_db = self.config.min_swing_db;
        least_db > 0.0 && (self.swing.db() < least_db || self.swing.is_tone())
    }

    fn stop_if_over(&mut self, on_event: &mut impl FnMut(VadEvent)) {
        let end_samples = u64::from(self.config.end_ms) * u64::from(RATE_HZ / 1000);
        if self.speaking && self.frame_at - self.voiced_until >= end_samples {
            self.speaking = false;
            self.recent = 0;
            on_event(VadEvent::SpeechStopped {
                at_sample: self.voiced_until,
            });
        }
    }
}

impl fmt::Debug for Segmenter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segmenter")
            .field("config", &self.config)
            .field("position", &self.position())
            .field("speaking", &self.speaking)
            .finish_non_exhaustive()
    }
}
