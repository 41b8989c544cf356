//! Scenarios by theme, each test one call. The words they are written in: [`super`].

mod away;
mod backchannels;
mod barge_in;
mod complaints;
mod connecting;
mod eager;
mod endings;
mod every_ending;
mod failover;
mod farewell;
mod framing;
mod giving_up;
mod hand_over;
mod heard;
mod hold_and_transfer;
mod hostile;
mod keys;
mod left_behind;
mod marks;
mod metering;
mod names;
mod network;
mod pacing;
mod playing;
mod push_to_talk;
mod slip;
mod speculation;
mod turns_engine;
mod turns_voice;
mod uplink;
mod uplink_order;
mod uplink_silence;
mod uplink_sound;
mod uplink_waiting;
mod waiting;

use std::sync::Arc;

use crate::config::{CallConfig, Clip, Lines};
use crate::sim::clips;

/// Gives the gateway half a second to say.
fn set_lines(config: &mut CallConfig, set: impl FnOnce(&mut Lines, Clip)) {
    set(Arc::make_mut(&mut config.lines), clips::tone(500));
}
