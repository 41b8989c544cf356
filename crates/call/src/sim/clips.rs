//! The gateway's own lines as a simulation knows them: each a level of its own, which nothing else reaches, so
//! that the carrier can tell which of them the caller heard, and when.

use std::sync::Arc;

use trunkline_codecs::format::AudioFormat;

use crate::config::{Clip, Lines};
use crate::time::Time;

/// Rate of the clips; other lines get them resampled.
const RATE_HZ: u32 = 8_000;

/// How far a level may be off after coding.
const TOLERANCE: i32 = 400;

/// How finely the carrier looks.
const BLOCK_US: u64 = 1_000;

/// One of the gateway's own lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Own {
    Holding,
    Filler,
    Music,
    Apology,
    TooLong,
    Shutdown,
    Silent,
}

/// A line, or what was played of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sounded {
    pub(super) own: Own,
    pub(super) at: Time,
    pub(super) until: Time,
}

impl Own {
    const ALL: [Self; 7] = [
        Self::Holding,
        Self::Filler,
        Self::Music,
        Self::Apology,
        Self::TooLong,
        Self::Shutdown,
        Self::Silent,
    ];

    const fn level(self) -> i16 {
        match self {
            Self::Holding => 8_000,
            Self::Filler => 9_500,
            Self::Music => 11_000,
            Self::Apology => -8_000,
            Self::TooLong => -9_500,
            Self::Shutdown => -11_000,
            Self::Silent => 12_500,
        }
    }

    /// Puts this line, so long, among those the gateway has to say.
    pub(super) fn put(self, ms: u64, lines: &mut Lines) {
        let samples = vec![self.level(); ms as usize * RATE_HZ as usize / 1_000];
        let clip = Clip {
            text: format!("{self:?}").into(),
            samples: Arc::from(samples),
            rate_hz: RATE_HZ,
        };
        let place = match self {
            Self::Holding => &mut lines.holding,
            Self::Filler => &mut lines.filler,
            Self::Music => &mut lines.hold_music,
            Self::Apology => &mut lines.apology,
            Self::TooLong => &mut lines.too_long,
            Self::Shutdown => &mut lines.shutdown,
            Self::Silent => &mut lines.silent,
        };
        *place = Some(clip);
    }

    fn of_level(level: i16) -> Option<Self> {
        let near = |own: &Self| (i32::from(own.level()) - i32::from(level)).abs() <= TOLERANCE;
        Self::ALL.into_iter().find(near)
    }
}

/// A sentence of the gateway's own, so long: a plain tone, in which neither a stamp nor one of [`Own`] is found.
pub(super) fn tone(ms: u64) -> Clip {
    let sample = |n: u64| {
        if (n / 8).is_multiple_of(2) {
            5_000
        } else {
            -5_000
        }
    };
    Clip {
        text: "a sentence of the gateway's own".into(),
        samples: (0..u64::from(RATE_HZ) * ms / 1_000).map(sample).collect(),
        rate_hz: RATE_HZ,
    }
}

/// Finds lines in a message that sounds from `from` on, and writes them behind those found before.
pub(super) fn find(format: AudioFormat, audio: &[u8], from: Time, found: &mut Vec<Sounded>) {
    let mut samples = Vec::new();
    format.decode(audio, &mut samples).expect("whole samples");
    let block = format.samples_for_us(BLOCK_US) as usize;
    for (index, block) in samples.chunks(block).enumerate() {
        let Some(own) = Own::of_level(block[block.len() / 2]) else {
            continue;
        };
        let at = from.plus_us(index as u64 * BLOCK_US);
        let until = at.plus_us(BLOCK_US);
        match found.last_mut() {
            Some(last) if last.own == own && last.until == at => last.until = until,
            _ => found.push(Sounded { own, at, until }),
        }
    }
}
