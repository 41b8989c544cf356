//! The gateway's sound: G.711, PCM16, Opus, resampling, voice activity, DTMF, levels, and the files
//! it comes from and goes to.
//!
//! Pure: no I/O, no clock, no locks, no serialisation. Everything is mono unless a name says
//! otherwise, samples are `i16`, positions are counted in samples of the stream. Functions that
//! make audio append to a buffer the caller owns, so nothing is allocated per frame once that
//! buffer has grown to its working size.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

pub mod comfort;
pub mod container;
pub mod dtmf;
pub mod format;
pub mod g711;
pub mod level;
pub mod mix;
pub mod ogg_opus;
pub mod opus;
pub mod pcm;
pub mod resample;
mod simd;
pub mod splice;
pub mod vad;
pub mod wav;

pub use format::{AudioFormat, Encoding};
