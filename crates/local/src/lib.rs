//! The embedded engines: pocketsphinx, flite, espeak-ng and the script engine.
//!
//! Three of them are somebody else's software and are found at run time: pocketsphinx and flite are
//! opened with `dlopen`, espeak-ng (GPL) is only ever run as a process of its own. The crate builds
//! without any of them, and [`Workers::report`] names the Debian package to install for what is
//! missing.
//!
//! [`Workers`] are the threads they run on. A call holds a [`WorkerLink`] for one utterance and polls
//! it; nothing a caller of this crate does on a link blocks. The general English model hears close
//! talk in wide band only: whatever comes from a telephone wants a grammar.
//!
//! `unsafe` lives in the private module `ffi` and nowhere else.
//!
//! Cancel safety: [`WorkerLink::poll_frame`] holds no state of its own between polls, so a task may be
//! dropped at any of them; dropping the link is what cancels the utterance.

mod ffi;
pub mod script;
mod wire;
mod workers;

pub use trunkline_call::WorkerFrame;
pub use wire::{
    ACCEPT_CONFIDENCE, Band, FliteVoice, Full, MAX_SPEAK_BYTES, OpenError, RECOGNISE_RATE_HZ,
    RECOGNISE_RING_MS, UnknownVoice, Voice, WorkerSpec,
};
pub use workers::{Availability, PushCounts, Report, WorkerLink, Workers, WorkersConfig};
