//! Any text, any damage, any audio.

use bytes::BytesMut;
use proptest::prelude::*;
use serde_json::{Value, json};
use trunkline_protocol::Frame;
use trunkline_protocol::carrier::twilio::CarrierEvent;

use crate::{Peer, START};

proptest! {
    #[test]
    fn any_text_gives_an_event_or_a_fault(text in any::<String>(), bytes in any::<Vec<u8>>()) {
        let mut peer = Peer::started();
        peer.says(&text).ok();
        prop_assert!(peer.twilio.decode(Frame::Binary(&bytes), &mut Vec::new()).is_err());
        let value = Value::from(text);
        for event in ["connected", "start", "media", "dtmf", "mark", "stop"] {
            let nested = json!({"payload": value, "digit": value, "name": value, "chunk": value});
            let message = json!({"event": event, "sequenceNumber": value, event: nested}).to_string();
            Peer::started().says(&message).ok();
            Peer::default().says(&message).ok();
        }
    }

    #[test]
    fn a_damaged_message_gives_an_event_or_a_fault(at in 0..START.len(), c in any::<char>()) {
        let damaged: String =
            START.chars().enumerate().map(|(i, old)| if i == at { c } else { old }).collect();
        Peer::default().says(&damaged).ok();
        let cut: String = START.chars().take(at).collect();
        Peer::default().says(&cut).ok();
    }

    #[test]
    fn what_we_send_is_read_by_serde_json_and_by_us(
        mulaw in any::<Vec<u8>>(),
        name in any::<String>(),
        sid in "\\PC{1,40}",
    ) {
        let mut start: Value = serde_json::from_str(START).unwrap();
        start["start"]["streamSid"] = sid.clone().into();
        let mut peer = Peer::default();
        peer.says(&start.to_string()).unwrap();

        let mut out = BytesMut::new();
        peer.twilio.media(&mulaw, &mut out).unwrap();
        let value: Value = serde_json::from_slice(&out).unwrap();
        prop_assert_eq!(&value["streamSid"], &sid);
        let text = String::from_utf8(out.to_vec()).unwrap();
        let is_media = matches!(peer.says(&text), Ok(CarrierEvent::Media { .. }));
        prop_assert!(is_media);
        prop_assert_eq!(&peer.audio, &mulaw);

        out.clear();
        peer.twilio.mark(&name, &mut out).unwrap();
        let value: Value = serde_json::from_slice(&out).unwrap();
        prop_assert_eq!(value, json!({"event":"mark","streamSid":sid,"mark":{"name":name}}));
        out.clear();
        peer.twilio.clear(&mut out).unwrap();
        let value: Value = serde_json::from_slice(&out).unwrap();
        prop_assert_eq!(value, json!({"event":"clear","streamSid":sid}));
    }
}
