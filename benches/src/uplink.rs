//! What callers send, as it comes from the socket.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use trunkline_call::Frame;

/// Messages of a caller, made before anything is measured.
#[derive(Debug)]
pub enum Uplink {
    /// Text messages.
    Text(Vec<String>),
    /// Binary messages.
    Binary(Vec<Vec<u8>>),
}

impl Uplink {
    /// The media messages of a Twilio stream, numbered and timed as Twilio does, one for each 160 bytes
    /// of `mulaw`. Source: Twilio, "Media Streams - WebSocket messages".
    pub fn twilio(mulaw: &[u8]) -> Self {
        let messages = mulaw.chunks_exact(160).enumerate().map(|(index, frame)| {
            let mut text = String::new();
            let written = write!(
                text,
                "{{\"event\":\"media\",\"sequenceNumber\":\"{}\",\"media\":{{\"track\":\"inbound\",\
                 \"chunk\":\"{}\",\"timestamp\":\"{}\",\"payload\":\"{}\"}},\"streamSid\":\"{STREAM_SID}\"}}",
                index + 2,
                index + 1,
                index * 20,
                STANDARD.encode(frame)
            );
            debug_assert!(written.is_ok(), "writing to a string does not fail");
            text
        });
        Self::Text(messages.collect())
    }

    /// What an IVR bot says: a message for each 20 ms of PCM16 at this rate. Source: IVR Solutions, "WSS Telephony
    /// Bridge".
    pub fn ivr_bot(samples: &[i16], rate_hz: u32) -> Self {
        let messages = samples.chunks_exact(rate_hz as usize / 50).map(|frame| {
            let pcm: Vec<u8> = frame.iter().flat_map(|s| s.to_le_bytes()).collect();
            let delta = STANDARD.encode(pcm);
            format!("{{\"type\":\"response.audio.delta\",\"delta\":\"{delta}\"}}")
        });
        Self::Text(messages.collect())
    }

    /// What a Twilio bot says: a message for each 160 bytes of `mulaw`.
    pub fn twilio_bot(mulaw: &[u8]) -> Self {
        let messages = mulaw.chunks_exact(160).map(|frame| {
            let payload = STANDARD.encode(frame);
            format!("{{\"event\":\"media\",\"media\":{{\"payload\":\"{payload}\"}}}}")
        });
        Self::Text(messages.collect())
    }

    /// The audio messages of an Omni session: tag 1 and 20 ms of PCM16, little endian.
    pub fn omni(samples: &[i16], rate_hz: u32) -> Self {
        let frames = samples.chunks_exact(rate_hz as usize / 50).map(|frame| {
            let pcm = frame.iter().flat_map(|sample| sample.to_le_bytes());
            std::iter::once(1).chain(pcm).collect()
        });
        Self::Binary(frames.collect())
    }

    /// The message of this number, from the beginning again when they are used up.
    pub fn frame(&self, index: usize) -> Frame<'_> {
        match self {
            Self::Text(all) => Frame::Text(&all[index % all.len()]),
            Self::Binary(all) => Frame::Binary(&all[index % all.len()]),
        }
    }
}

/// The stream's name in every message of [`Uplink::twilio`].
const STREAM_SID: &str = "MZ0123456789abcdef0123456789abcdef";

/// What Twilio sends before the first media message.
pub const TWILIO_START: [&str; 2] = [
    r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#,
    r#"{"event":"start","sequenceNumber":"1","streamSid":"MZ0123456789abcdef0123456789abcdef","start":{"accountSid":"AC0123456789abcdef0123456789abcdef","streamSid":"MZ0123456789abcdef0123456789abcdef","callSid":"CA0123456789abcdef0123456789abcdef","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},"customParameters":{}}}"#,
];
