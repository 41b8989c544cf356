//! What an operator sees: metrics, and the log.

mod descriptions;
mod log;
mod meters;
mod reasons;
mod totals;

pub use log::{LogFormat, init_log, write_reports};
pub use meters::{CallbackCount, Meters, Refused, keep_up};
