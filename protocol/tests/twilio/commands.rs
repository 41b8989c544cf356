//! What we say to Twilio, byte for byte.

use bytes::BytesMut;
use trunkline_protocol::FrameKind;
use trunkline_protocol::carrier::twilio::NoStream;

use crate::{Peer, START, STOP};

#[test]
fn commands_are_the_documented_bytes() {
    let peer = Peer::started();
    let mut out = BytesMut::new();
    assert_eq!(
        peer.twilio.media(&[0xff, 0xff], &mut out),
        Ok(FrameKind::Text)
    );
    assert_eq!(
        &out[..],
        br#"{"event":"media","streamSid":"MZ1","media":{"payload":"//8="}}"#
    );
    out.clear();
    assert_eq!(peer.twilio.mark("m\"1", &mut out), Ok(FrameKind::Text));
    assert_eq!(
        &out[..],
        br#"{"event":"mark","streamSid":"MZ1","mark":{"name":"m\"1"}}"#
    );
    out.clear();
    assert_eq!(peer.twilio.clear(&mut out), Ok(FrameKind::Text));
    assert_eq!(&out[..], br#"{"event":"clear","streamSid":"MZ1"}"#);
}

#[test]
fn commands_need_a_running_stream() {
    let mut peer = Peer::default();
    let mut out = BytesMut::new();
    assert_eq!(
        peer.twilio.media(&[0xff], &mut out),
        Err(NoStream::BeforeStart)
    );
    assert_eq!(peer.twilio.mark("m", &mut out), Err(NoStream::BeforeStart));
    peer.says(START).unwrap();
    peer.says(STOP).unwrap();
    assert_eq!(
        peer.twilio.media(&[0xff], &mut out),
        Err(NoStream::AfterStop)
    );
    assert!(out.is_empty());
}

#[test]
fn a_reused_buffer_is_not_reallocated() {
    let peer = Peer::started();
    let mut out = BytesMut::new();
    peer.twilio.media(&[0xff; 160], &mut out).unwrap();
    let before = (out.as_ptr(), out.capacity());
    for _ in 0..50 {
        out.clear();
        peer.twilio.media(&[0xff; 160], &mut out).unwrap();
        assert_eq!((out.as_ptr(), out.capacity()), before);
    }
}
