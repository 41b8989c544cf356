//! What a run counts and measures.

mod process;
mod sequence;
mod tally;
mod usage;

pub(crate) use process::{Cost, Watch};
pub(crate) use sequence::{Arrival, Sequence};
pub(crate) use tally::{Count, Span, Tally};
pub(crate) use usage::Usage;
