//! JSON as the dialects need it: borrowed scalars and raw fields on the way in, a template writer on the way out.

mod read;
mod write;

pub(crate) use read::{Count, Object, Text, kind};
pub(crate) use write::{ObjectWriter, escaped_bytes, push_escaped, push_escaped_within, push_int};
