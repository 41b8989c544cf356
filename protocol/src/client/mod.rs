//! Dialects of the people who talk: browsers and applications that open a socket of ours.

pub mod omni;
