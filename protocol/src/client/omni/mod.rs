//! Omni, the native voice-agent socket, wire protocol 2, in the role of the server.
//!
//! **Who connects.** A browser or application opens
//! `wss …/v1/omni?format=pcm16&rate=24000[&session_label=…]` ([`Open`]); the key travels as a subprotocol.
//!
//! **Framing.** Every message is binary; its first byte is a tag:
//!
//! | tag | client to server | server to client |
//! |---|---|---|
//! | `0x01` | caller audio, PCM16 LE mono at the URL's `rate` | agent audio, PCM16 LE mono at the rate of `hello.audio_out` |
//! | `0x02` | - | what the caller said: a UTF-8 text delta, not JSON |
//! | `0x03` | control JSON keyed on `type` | event JSON keyed on `event`; `audio_position` alone is keyed on `type` |
//!
//! Text messages and untagged audio are faults. JSON never travels on `0x01`.
//!
//! **Client controls.** `configure`, `dtmf`, `tool_result`, `input_text`, `interrupt`, `session_ending`. There is no
//! commit: a client keeps streaming silence.
//!
//! **`type` and `event`.** Controls are keyed on `type`. Older clients wrote `event`; it is accepted on every control
//! where `type` is absent, and `type` wins where both are present. The vendor acknowledged an `event`-keyed
//! `configure` and then dropped it; we honour it and mark it ([`Configure::keyed_on_event`]) so that the gateway can warn.
//!
//! **Sequence.** upgrade, `hello`, `session_started`, client `configure`, `configured`, greeting audio, turns,
//! `session_ending`, close.
//!
//! **Clear.** `flush` or `barge_in`: the client drops queued and playing agent audio. There are no marks;
//! `audio_position` tells the client what was sent.
//!
//! **Limits.** `session_label` 256 characters, `0x02` text 4,000 characters and 16,384 bytes without control
//! characters, `assistant_interrupted.reply` 500 code points, an object 128 keys.
//!
//! Source: the vendor's SDK, examples and OpenAPI document. Close codes and some event fields are not published;
//! what we chose ourselves says "ours".

mod close;
mod configure;
mod decode;
mod encode;
mod event;
mod fault;
mod fields;
mod query;

pub use close::CloseCode;
pub use configure::{Configure, Grounding, SideEffect, Tool};
pub use decode::{ClientEvent, decode};
pub use encode::{encode, encode_audio, split_caller_text};
pub use event::ServerEvent;
pub use fault::Fault;
pub use query::{Open, OpenError};

const TAG_AUDIO: u8 = 0x01;
const TAG_CALLER_TEXT: u8 = 0x02;
const TAG_CONTROL: u8 = 0x03;
