//! Costs that repeat: allocations and instructions per frame.
//!
//! A [`Scenario`] names a piece of the media path, a [`Rig`] is that piece set up and fed one frame of
//! 20 ms at a time. `tests/allocations.rs` counts what a frame allocates, the binary `instructions` counts
//! with callgrind what it executes, and compares with a [`Baseline`]. Nothing here measures
//! seconds.

mod baseline;
pub mod callgrind;
mod rig;
mod scenario;
mod signal;
pub mod uplink;

pub use baseline::{Baseline, Deviation};
pub use rig::{CallRig, CodecRig, Rig};
pub use scenario::{CallPath, ConvertPath, HearingPath, LevelPath, OpusPath, Scenario, Sound};
