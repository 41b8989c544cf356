//! Twilio Media Streams: the documented messages, the order rules, lenient senders, and no panic on any text.

mod commands;
mod messages;
mod properties;

use trunkline_protocol::Frame;
use trunkline_protocol::carrier::twilio::{CarrierEvent, Fault, Start, Twilio};

const CONNECTED: &str = r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#;
const START: &str = r#"{"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{"accountSid":"AC1","streamSid":"MZ1","callSid":"CA1","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},"customParameters":{"to_number":"+1555","from_number":"+1556","n":7}}}"#;
const STOP: &str = r#"{"event":"stop","sequenceNumber":"5","streamSid":"MZ1","stop":{"accountSid":"AC1","callSid":"CA1"}}"#;

/// A socket and its scratch.
#[derive(Default)]
struct Peer {
    twilio: Twilio,
    audio: Vec<u8>,
}

impl Peer {
    fn started() -> Self {
        let mut peer = Self::default();
        assert_eq!(peer.says(CONNECTED), Ok(CarrierEvent::Connected));
        assert!(matches!(peer.says(START), Ok(CarrierEvent::Start(_))));
        peer
    }

    fn says<'a>(&mut self, text: &'a str) -> Result<CarrierEvent<'a>, Fault> {
        self.twilio.decode(Frame::Text(text), &mut self.audio)
    }

    fn start_with(replace: &str, by: &str) -> Result<Start, Fault> {
        assert!(START.contains(replace));
        match Self::default().says(&START.replace(replace, by))? {
            CarrierEvent::Start(start) => Ok(*start),
            other => panic!("expected start, got {other:?}"),
        }
    }
}
