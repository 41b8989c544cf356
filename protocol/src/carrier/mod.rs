//! Dialects of telephony carriers: each opens a media-stream socket of ours and speaks its own wire format.

pub mod twilio;
