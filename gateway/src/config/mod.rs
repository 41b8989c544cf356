//! Configuration: what was typed, then what it means.
//!
//! [`Typed`] is the file as it is written, where an unknown key is an error. [`Config`] is checked and
//! typed, with every default filled in from one place; making it reports all errors at once, before any
//! socket is bound.

#[cfg(test)]
mod documented;
mod resolve;
mod typed;

pub use resolve::{Config, ConfigErrors, TelephonyAuth, default_data_dir};
pub use typed::Typed;
