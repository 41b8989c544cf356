//! What users of other gateways complain of, done here to a call: one file for a few themes, and in the name
//! of each test the number of its theme. In plain words: `docs/complaints.md`.

mod barge_in;
mod endings;
mod pacing;
mod queues;
mod sound;
mod telephone;
mod waiting;
