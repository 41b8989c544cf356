//! What is in a frame: whose it is and its number, so that what comes back can be told apart.
//!
//! Two ways. *Exact* frames are bytes that an echo has to give back as they were; any damage shows. *Coded* frames
//! are a slow square wave, which survives resampling and another law: the number is still there, damage below the
//! threshold of a bit is not seen.

mod coded;
mod exact;
mod framer;

pub(crate) use framer::{Framed, Framer};

use serde::Deserialize;

use crate::audio::Format;

/// How frames are marked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Payload {
    /// Bytes that come back as they were, on paths without loss.
    #[default]
    Exact,
    /// A signal in the telephone band, on paths that resample.
    Coded,
}

impl Payload {
    /// Fills a frame of `format`.
    pub(crate) fn fill(self, format: Format, caller: u32, number: u32, frame: &mut [u8]) {
        match self {
            Self::Exact => exact::fill(caller, number, frame),
            Self::Coded => coded::fill(format, caller, number, frame),
        }
    }

    /// The number of a frame of this caller's, near `next`; `None` if it is none.
    fn read(self, format: Format, caller: u32, next: u32, frame: &[u8]) -> Option<u32> {
        match self {
            Self::Exact => exact::read(caller, frame),
            Self::Coded => coded::read(format, caller, next, frame),
        }
    }
}

/// The caller who sent this exact frame, whoever it is.
pub(crate) fn whose(frame: &[u8]) -> Option<u32> {
    let caller = exact::caller(frame)?;
    exact::read(caller, frame).map(|_| caller)
}
