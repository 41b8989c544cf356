//! Whole conversations along scripts, and what holds for every input.

mod booking;
mod faults;
mod jsgf;
mod properties;
