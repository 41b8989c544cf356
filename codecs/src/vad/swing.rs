//! How much the level has moved lately: the guard against noise that scores like speech.
//!
//! The level is that of the change from one quarter millisecond to the next, which is a band
//! around 1 kHz. In brown noise, a running sum of white noise, the plain level wanders by 10 dB
//! and more; its change is white and stands still to within 2 dB. And a voice is not hidden there
//! by hiss as it would be in the change from sample to sample.

/// Levels it looks back on: half a second.
const FRAMES: usize = 32;
/// Samples summed before the change is taken.
const STEP: usize = 4;
/// Frames averaged into one level, so that noise stands still.
const SMOOTHED: usize = 3;
/// Frames, unsmoothed, in which a tone shows that it does not move at all: 80 ms.
const TONE_FRAMES: usize = 5;
/// What a voice moves at least in that time, in decibels.
const TONE_MOVES_DB: f32 = 2.5;

/// The levels of the last half second. A stream counts as having been all along what it begins
/// with.
#[derive(Debug, Default)]
pub(super) struct Swing {
    /// Energies of the last frames, and the levels made of them.
    energies: [f32; SMOOTHED],
    levels_db: [f32; FRAMES],
    /// The levels of the last frames, unsmoothed, but for the newest: a tone may end within it.
    raw_db: [f32; TONE_FRAMES],
    newest_db: f32,
    /// Frames taken, wrapping; `None` before the first.
    frames: Option<usize>,
    before: i32,
}

impl Swing {
    /// Takes a frame.
    pub(super) fn push(&mut self, frame: &[i16]) {
        let mut energy = 0.0;
        let (steps, _) = frame.as_chunks::<STEP>();
        for step in steps {
            let sum: i32 = step.iter().copied().map(i32::from).sum();
            let change = (sum - self.before) as f32;
            energy += change * change;
            self.before = sum;
        }
        self.push_energy(energy / steps.len().max(1) as f32);
    }

    /// Takes a silent frame.
    pub(super) fn push_silence(&mut self) {
        self.before = 0;
        self.push_energy(0.0);
    }

    /// The distance of the loudest level to the quietest, in decibels.
    pub(super) fn db(&self) -> f32 {
        range(&self.levels_db)
    }

    /// Whether the last frames were equally loud, as those of a steady tone are from its start.
    pub(super) fn is_tone(&self) -> bool {
        range(&self.raw_db) < TONE_MOVES_DB
    }

    fn push_energy(&mut self, energy: f32) {
        let frames = self.frames.unwrap_or_else(|| {
            self.energies.fill(energy);
            self.levels_db.fill(level_db(energy));
            0
        });
        if let Some(oldest) = self.energies.get_mut(frames % SMOOTHED) {
            *oldest = energy;
        }
        if let Some(oldest) = self.raw_db.get_mut(frames % TONE_FRAMES) {
            *oldest = self.newest_db;
        }
        self.newest_db = level_db(energy);
        let mean = self.energies.iter().sum::<f32>() / SMOOTHED as f32;
        if let Some(oldest) = self.levels_db.get_mut(frames % FRAMES) {
            *oldest = level_db(mean);
        }
        self.frames = Some((frames + 1) % (SMOOTHED * TONE_FRAMES * FRAMES));
    }
}

fn level_db(energy: f32) -> f32 {
    10.0 * energy.max(1.0).log10()
}

fn range(levels_db: &[f32]) -> f32 {
    let levels = levels_db.iter().copied();
    levels.clone().fold(f32::MIN, f32::max) - levels.fold(f32::MAX, f32::min)
}
