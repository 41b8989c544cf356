//! The C libraries, opened at run time and wrapped so that no caller needs `unsafe`.
//!
//! Libraries are opened once in a process and never closed: they hold static tables, and function
//! pointers into them are copied out.
#![expect(
    unsafe_code,
    reason = "pocketsphinx and flite are C libraries; this module is their only door"
)]

mod decoder;
mod flite;
mod sphinx;

pub(crate) use decoder::{Decoder, ModelPaths};
pub(crate) use flite::{Flite, Wave};
pub(crate) use sphinx::Sphinx;

/// What the dynamic loader said, which the error's own text leaves to its source.
fn explain(error: &libloading::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => source.to_string(),
        None => error.to_string(),
    }
}
