//! Finding touch tones at 8 kHz.
//!
//! A digit needs four blocks in a row, so 40 ms are always enough and 23 ms never are, and a gap
//! of 10 ms does not split it (Q.24). In each block both tones must be strong, alone in their
//! group, of like strength, and together most of all there is; from block to block their phases
//! must run as their frequencies say. Speech and music fail the last two rules.

use super::Digit;
use super::bank::{Bank, HOP, Heard};

/// Blocks in a row that make a digit, or its end.
const BLOCKS: u8 = 4;
/// Blocks in a row that are suspect enough to be silenced; see [`super::Suppressor`].
const SUSPECT_BLOCKS: u8 = 2;
/// How far the frequency may be off on average, as a share: half way from the 1.5 % that must be
/// taken to the 3.5 % that must not (Q.24).
const MAX_ERROR: f32 = 0.025;
/// How far it may be off from one block to the next. What leaks from the other tone disturbs a
/// single measurement by up to 2 % and most of it cancels in the mean.
const MAX_STEP_ERROR: f32 = 0.045;

/// A touch tone that began or ended. Positions are samples of the 8 kHz stream.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum DtmfEvent {
    /// The key went down: reported 32-38 ms later.
    Pressed {
        /// Which key.
        digit: Digit,
        /// The start of the first block that held it whole.
        at_sample: u64,
    },
    /// The key came up: reported 26-35 ms later.
    Released {
        /// Which key.
        digit: Digit,
        /// The end of the last block that held it.
        at_sample: u64,
    },
}

/// Finds touch tones in an 8 kHz mono stream, cut into chunks of any length.
#[derive(Clone, Debug)]
pub struct Detector {
    bank: Bank,
    /// Samples of this hop so far, and where it ends.
    filled: usize,
    hop_end: u64,
    down: Option<Digit>,
    run: Run,
}

/// The last blocks, as long as they agree.
#[derive(Copy, Clone, Debug, Default)]
struct Run {
    heard: Option<Heard>,
    blocks: u8,
    /// Frequency errors of the last steps from block to block.
    errors: [[f32; 2]; BLOCKS as usize - 1],
}

impl Default for Detector {
    fn default() -> Self {
        Self::new()
    }
}

impl Detector {
    /// A detector at position 0, with no key down.
    pub fn new() -> Self {
        Self {
            bank: Bank::new(),
            filled: 0,
            hop_end: HOP as u64,
            down: None,
            run: Run::default(),
        }
    }

    /// The key that is down.
    pub const fn digit(&self) -> Option<Digit> {
        self.down
    }

    /// Takes any number of samples at 8 kHz and reports keys that went down or came up.
    pub fn push(&mut self, samples: &[i16], mut on_event: impl FnMut(DtmfEvent)) {
        let mut rest = samples;
        while !rest.is_empty() {
            let (now, later) = rest
                .split_at_checked(self.samples_to_decision())
                .unwrap_or((rest, &[]));
            self.bank.push(now);
            self.filled += now.len();
            rest = later;
            if self.filled == HOP {
                self.finish_hop(&mut on_event);
            }
        }
    }

    /// Forgets the sound and the position.
    pub fn reset(&mut self) {
        *self = Self::new();
    }

    /// Samples until something can change.
    pub(super) const fn samples_to_decision(&self) -> usize {
        HOP - self.filled
    }

    /// Whether a key is down or very likely so.
    pub(super) fn suspects(&self) -> bool {
        self.down.is_some() || self.run.heard.is_some() && self.run.blocks >= SUSPECT_BLOCKS
    }

    fn finish_hop(&mut self, on_event: &mut impl FnMut(DtmfEvent)) {
        let heard = self.bank.finish_hop();
        self.run.extend(heard);
        if self.run.decides() && self.run.digit() != self.down {
            self.change(on_event);
        }
        self.filled = 0;
        self.hop_end += HOP as u64;
    }

    fn change(&mut self, on_event: &mut impl FnMut(DtmfEvent)) {
        let span = u64::from(BLOCKS) * HOP as u64;
        let before = self.hop_end.saturating_sub(span);
        if let Some(digit) = self.down.take() {
            on_event(DtmfEvent::Released {
                digit,
                at_sample: before,
            });
        }
        self.down = self.run.digit();
        if let Some(digit) = self.down {
            on_event(DtmfEvent::Pressed {
                digit,
                at_sample: before.saturating_sub(HOP as u64),
            });
        }
    }
}

impl Run {
    fn digit(&self) -> Option<Digit> {
        self.heard.map(|heard| heard.digit)
    }

    fn extend(&mut self, heard: Option<Heard>) {
        let goes_on = match (&self.heard, &heard) {
            (None, None) => true,
            (Some(before), Some(now)) if before.digit == now.digit => {
                let error = now.error_since(before);
                self.errors.rotate_left(1);
                let [.., newest] = &mut self.errors;
                *newest = error;
                error.iter().all(|error| error.abs() < MAX_STEP_ERROR)
            }
            _ => false,
        };
        self.heard = heard;
        self.blocks = if goes_on {
            self.blocks.saturating_add(1)
        } else {
            1
        };
    }

    /// Whether it is long enough, and if it is of a digit, on its frequencies.
    fn decides(&self) -> bool {
        self.blocks >= BLOCKS && (self.heard.is_none() || self.is_on_frequency())
    }

    fn is_on_frequency(&self) -> bool {
        let steps = self.errors.len() as f32;
        let [low, high] = self
            .errors
            .iter()
            .fold([0.0; 2], |[low, high], [l, h]| [low + l, high + h]);
        (low / steps).abs() < MAX_ERROR && (high / steps).abs() < MAX_ERROR
    }
}
