//! What Twilio says: in order, out of order, and from senders that take liberties.

use std::borrow::Cow;

use bytes::BytesMut;
use trunkline_protocol::carrier::twilio::{CarrierEvent, Fault, NoStream, Start};
use trunkline_protocol::{Frame, Severity};

use crate::{CONNECTED, Peer, START, STOP};

fn media_event(chunk: u64, sequence: u64, timestamp_ms: u64) -> CarrierEvent<'static> {
    CarrierEvent::Media {
        chunk: Some(chunk),
        sequence: Some(sequence),
        timestamp_ms: Some(timestamp_ms),
    }
}

#[test]
fn documented_messages() {
    let start = Peer::start_with("MZ1", "MZ1").unwrap();
    assert_eq!(
        start,
        Start {
            stream_sid: "MZ1".into(),
            call_sid: "CA1".into(),
            account_sid: Some("AC1".into()),
            custom_parameters: vec![
                ("to_number".into(), "+1555".into()),
                ("from_number".into(), "+1556".into()),
                ("n".into(), "7".into()),
            ],
            tracks: vec!["inbound".into()],
        }
    );
    let mut peer = Peer::started();
    let media = r#"{"event":"media","sequenceNumber":"3","streamSid":"MZ1","media":{"track":"inbound","chunk":"1","timestamp":"5","payload":"//9/AA=="}}"#;
    assert_eq!(peer.says(media), Ok(media_event(1, 3, 5)));
    assert_eq!(peer.audio, [0xff, 0xff, 0x7f, 0x00]);
    let dtmf = r#"{"event":"dtmf","sequenceNumber":"5","streamSid":"MZ1","dtmf":{"track":"inbound_track","digit":"1"}}"#;
    assert_eq!(peer.says(dtmf), Ok(CarrierEvent::Dtmf { digit: '1' }));
    assert!(peer.audio.is_empty());
    let mark = r#"{"event":"mark","sequenceNumber":"4","streamSid":"MZ1","mark":{"name":"m1"}}"#;
    let event = peer.says(mark).unwrap();
    assert!(matches!(
        event,
        CarrierEvent::Mark {
            name: Cow::Borrowed("m1")
        }
    ));
    assert_eq!(peer.says(STOP), Ok(CarrierEvent::Stop { reason: None }));
}

#[test]
fn lenient_senders() {
    let mut peer = Peer::started();
    // As pipecat's serializer is fed in its own tests: no ids, no counters.
    let bare = r#"{"event":"media","media":{"payload":"//8="}}"#;
    let none = CarrierEvent::Media {
        chunk: None,
        sequence: None,
        timestamp_ms: None,
    };
    assert_eq!(peer.says(bare), Ok(none));
    assert_eq!(peer.audio, [0xff, 0xff]);
    assert_eq!(
        peer.says(r#"{"event":"dtmf","dtmf":{"digit":"5"}}"#),
        Ok(CarrierEvent::Dtmf { digit: '5' })
    );
    assert_eq!(
        peer.says(r#"{"event":"dtmf","dtmf":{"digit":5}}"#),
        Ok(CarrierEvent::Dtmf { digit: '5' })
    );
    let ints = r#"{"event":"media","sequenceNumber":3,"media":{"chunk":1,"timestamp":5,"payload":"\/\/8=","new":[{}]},"x":null}"#;
    assert_eq!(peer.says(ints), Ok(media_event(1, 3, 5)));
    assert_eq!(peer.audio, [0xff, 0xff]);
    let empty =
        r#"{"event":"media","sequenceNumber":3,"media":{"chunk":1,"timestamp":5,"payload":""}}"#;
    assert_eq!(peer.says(empty), Ok(media_event(1, 3, 5)));
    assert!(peer.audio.is_empty());
    assert_eq!(
        peer.says(r#"{"event":"weather","media":null}"#),
        Ok(CarrierEvent::Ignored)
    );
    let outbound = r#"{"event":"media","media":{"track":"outbound","payload":"//8="}}"#;
    assert_eq!(peer.says(outbound), Ok(CarrierEvent::Ignored));
    assert!(peer.audio.is_empty());
    let stop = r#"{"event":"stop","stop":{"reason":"call \"ended\""}}"#;
    let reason = Some(Cow::from("call \"ended\""));
    assert_eq!(peer.says(stop), Ok(CarrierEvent::Stop { reason }));
}

#[test]
fn lenient_starts() {
    let quoted = Peer::start_with(
        r#""sampleRate":8000,"channels":1"#,
        r#""sampleRate":"8000""#,
    );
    assert!(quoted.is_ok());
    let no_params = Peer::start_with(r#","customParameters""#, r#","other""#).unwrap();
    assert!(no_params.custom_parameters.is_empty());
    let top_sid = Peer::start_with(r#""accountSid":"AC1","streamSid":"MZ1","#, "").unwrap();
    assert_eq!(
        (top_sid.stream_sid.as_str(), top_sid.account_sid),
        ("MZ1", None)
    );
    assert!(Peer::start_with(r#""mediaFormat""#, r#""other""#).is_ok());
}

#[test]
fn bad_starts_end_the_call() {
    for (replace, by, got) in [
        (
            "audio/x-mulaw",
            "audio/x-L16",
            "audio/x-L16 8000 Hz 1 channels",
        ),
        (":8000", ":16000", "audio/x-mulaw 16000 Hz 1 channels"),
        (
            r#""channels":1"#,
            r#""channels":2"#,
            "audio/x-mulaw 8000 Hz 2 channels",
        ),
    ] {
        let fault = Peer::start_with(replace, by).unwrap_err();
        assert_eq!(fault, Fault::BadFormat { got: got.into() });
        assert_eq!(fault.severity(), Severity::Close);
    }
    let long = "M".repeat(129);
    for (replace, by) in [
        (r#""callSid":"CA1","#, ""),
        (
            r#""streamSid":"MZ1","callSid""#,
            r#""streamSid":"","callSid""#,
        ),
        ("MZ1", long.as_str()),
        (r#""start":{"#, r#""other":{"#),
        (r#"["inbound"]"#, "{}"),
    ] {
        let fault = Peer::start_with(replace, by).unwrap_err();
        assert_eq!(
            (fault.code(), fault.severity()),
            ("bad_start", Severity::Close),
            "{replace}"
        );
    }
}

#[test]
fn order_rules() {
    let mut peer = Peer::default();
    let media = r#"{"event":"media","media":{"payload":"//8="}}"#;
    assert_eq!(peer.says(media), Err(Fault::BeforeStart { event: "media" }));
    assert!(peer.audio.is_empty());
    let mark = r#"{"event":"mark","mark":{"name":"m"}}"#;
    assert_eq!(peer.says(mark), Err(Fault::BeforeStart { event: "mark" }));
    let dtmf = r#"{"event":"dtmf","dtmf":{"digit":"1"}}"#;
    assert_eq!(peer.says(dtmf), Err(Fault::BeforeStart { event: "dtmf" }));
    assert!(matches!(peer.says(START), Ok(CarrierEvent::Start(_))));
    assert_eq!(peer.says(START), Err(Fault::SecondStart));
    assert_eq!(Fault::SecondStart.severity(), Severity::Close);
    assert!(peer.says(media).is_ok());
    let other = media.replace("{\"event", r#"{"streamSid":"MZ2","event"#);
    let wrong = Fault::WrongStream {
        expected: "MZ1".into(),
        got: "MZ2".into(),
    };
    assert_eq!(peer.says(&other), Err(wrong.clone()));
    assert_eq!(peer.says(&STOP.replace("MZ1", "MZ2")), Err(wrong));
    assert!(peer.says(STOP).is_ok());
    for text in [CONNECTED, START, media, STOP, r#"{"event":"weather"}"#] {
        assert_eq!(peer.says(text), Err(Fault::AfterStop));
    }
}

#[test]
fn a_stream_may_stop_before_it_starts() {
    let mut peer = Peer::default();
    assert_eq!(peer.says(STOP), Ok(CarrierEvent::Stop { reason: None }));
    assert_eq!(
        peer.twilio.clear(&mut BytesMut::new()),
        Err(NoStream::AfterStop)
    );
}

#[test]
fn bad_messages_are_dropped_and_the_stream_goes_on() {
    let mut peer = Peer::started();
    let scratch = &mut vec![1, 2, 3];
    let fault = peer
        .twilio
        .decode(Frame::Binary(&[1]), scratch)
        .unwrap_err();
    assert_eq!((fault, scratch.len()), (Fault::Binary { len: 1 }, 0));
    for (text, code) in [
        ("", "malformed"),
        ("[]", "malformed"),
        (r#"{"event":"media","media":"x"}"#, "malformed"),
        ("{}", "bad_field"),
        (r#"{"event":"media"}"#, "bad_field"),
        (r#"{"event":"media","media":{}}"#, "bad_field"),
        (r#"{"event":"mark","mark":{}}"#, "bad_field"),
        (r#"{"event":"dtmf","dtmf":{"digit":"12"}}"#, "bad_field"),
        (r#"{"event":"dtmf","dtmf":{"digit":"x"}}"#, "bad_field"),
        (
            r#"{"event":"media","media":{"payload":"//8"}}"#,
            "bad_base64",
        ),
        (
            r#"{"event":"media","media":{"payload":"//8=*"}}"#,
            "bad_base64",
        ),
        (
            r#"{"event":"media","media":{"payload":"AAAAAAAAAAAAAAAA!!!!"}}"#,
            "bad_base64",
        ),
    ] {
        let fault = peer.says(text).unwrap_err();
        assert_eq!(
            (fault.code(), fault.severity()),
            (code, Severity::Drop),
            "{text}"
        );
        assert!(peer.audio.is_empty(), "{text}");
    }
    assert!(peer.says(STOP).is_ok());
}

#[test]
fn messages_of_more_than_64_kib_end_the_call() {
    let mut peer = Peer::started();
    let sized = |len: usize| {
        let frame = r#"{"event":"media","media":{"payload":""}}"#;
        let pad = " ".repeat(len - frame.len());
        format!("{frame}{pad}")
    };
    assert!(peer.says(&sized(65_536)).is_ok());
    let fault = peer.says(&sized(65_537)).unwrap_err();
    assert_eq!(
        (&fault, fault.severity()),
        (&Fault::TooBig { len: 65_537 }, Severity::Close)
    );
}
