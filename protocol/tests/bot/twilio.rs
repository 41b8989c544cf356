//! Twilio Media Streams: what Twilio says to a bot, and what its bots say.

use trunkline_protocol::Frame;
use trunkline_protocol::bot::{BotEvent, BotFault, Dialect, Encoding, StopReason, Stream};

use crate::{Bot, pairs, stream};

fn twilio() -> Stream {
    Stream {
        stream_id: "MZ1".into(),
        call_id: "CA1".into(),
        ..stream(Encoding::Mulaw, 8000)
    }
}

fn bot() -> Bot {
    Bot::new(Dialect::Twilio, twilio())
}

#[test]
fn the_documented_messages_in_order() {
    let mut bot = bot();
    assert_eq!(
        bot.opening(),
        [
            r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#,
            r#"{"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{"accountSid":"AC1","streamSid":"MZ1","callSid":"CA1","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},"customParameters":{"from":"9876543210","to":"18001234567","from_number":"9876543210","to_number":"18001234567"}}}"#,
        ]
    );
    assert_eq!(
        bot.media(&[0xff; 2]),
        r#"{"event":"media","sequenceNumber":"2","streamSid":"MZ1","media":{"track":"inbound","chunk":"1","timestamp":"0","payload":"//8="}}"#
    );
    bot.media(&[0xff; 158]);
    assert_eq!(
        bot.media(&[]),
        r#"{"event":"media","sequenceNumber":"4","streamSid":"MZ1","media":{"track":"inbound","chunk":"3","timestamp":"20","payload":""}}"#
    );
    assert_eq!(
        bot.hears(|s, out| s.dtmf('1', 100, out)).unwrap(),
        r#"{"event":"dtmf","sequenceNumber":"5","streamSid":"MZ1","dtmf":{"track":"inbound_track","digit":"1"}}"#
    );
    for (played, sequence) in [(true, 6), (false, 7)] {
        assert_eq!(
            bot.hears(|s, out| s.mark("m1", played, out)).unwrap(),
            format!(
                r#"{{"event":"mark","sequenceNumber":"{sequence}","streamSid":"MZ1","mark":{{"name":"m1"}}}}"#
            )
        );
    }
    assert_eq!(bot.hears(|s, out| s.flushed(out)), None);
    assert_eq!(bot.hears(|s, out| s.cleared(out)), None);
    let status = bot.hears(|s, out| s.transfer_status("failed", "r", "1", out));
    assert_eq!(status, None);
    assert_eq!(
        bot.hears(|s, out| s.stop(StopReason::CallEnded, out))
            .unwrap(),
        r#"{"event":"stop","sequenceNumber":"8","streamSid":"MZ1","stop":{"accountSid":"AC1","callSid":"CA1"}}"#
    );
}

#[test]
fn configured_parameters_win_over_the_numbers() {
    let parameters = pairs(&[("from", "me"), ("k\"", "v\n")]);
    let mut bot = Bot::new(
        Dialect::Twilio,
        Stream {
            parameters,
            ..twilio()
        },
    );
    let start: serde_json::Value = serde_json::from_str(&bot.opening()[1]).unwrap();
    assert_eq!(
        start["start"]["customParameters"],
        serde_json::json!({"from": "me", "k\"": "v\n", "to": "18001234567", "from_number": "9876543210", "to_number": "18001234567"})
    );
}

#[test]
fn the_documented_messages_of_bots() {
    let mut bot = bot();
    let media = r#"{"event":"media","streamSid":"MZ1","media":{"payload":"//8="}}"#;
    assert_eq!(bot.says(media), Ok(BotEvent::Audio));
    assert_eq!(bot.audio, [0xff, 0xff]);
    let mark = r#"{"event":"mark","streamSid":"MZ1","mark":{"name":"m1"}}"#;
    assert_eq!(bot.says(mark), Ok(BotEvent::Mark("m1".into())));
    let clear = r#"{"event":"clear","streamSid":"MZ1"}"#;
    assert_eq!(bot.says(clear), Ok(BotEvent::Clear));
    assert_eq!(bot.says(r#"{"event":"clear"}"#), Ok(BotEvent::Clear));
    let other = r#"{"event":"custom","streamSid":"MZ2"}"#;
    assert_eq!(bot.says(other), Ok(BotEvent::Ignored));
}

#[test]
fn a_message_about_another_stream_is_dropped() {
    let mut bot = bot();
    for message in [
        r#"{"event":"media","streamSid":"MZ2","media":{"payload":"//8="}}"#,
        r#"{"event":"mark","stream_sid":"MZ2","mark":{"name":"m1"}}"#,
        r#"{"event":"clear","streamSid":"MZ1","stream_sid":"MZ2"}"#,
    ] {
        let fault = bot.says(message).unwrap_err();
        assert_eq!(fault.to_string(), r#"expected stream "MZ1", got "MZ2""#);
        assert!(bot.audio.is_empty());
    }
}

#[test]
fn bad_messages_are_dropped() {
    let mut bot = bot();
    let binary = bot.socket.decode(Frame::Binary(&[1]), &mut bot.audio);
    assert_eq!(binary, Err(BotFault::Binary { len: 1 }));
    bot.drops(&[
        ("[]", "malformed"),
        ("{}", "bad_field"),
        (r#"{"event":"media"}"#, "bad_field"),
        (
            r#"{"event":"media","media":{"payload":"//8"}}"#,
            "bad_base64",
        ),
        (r#"{"event":"mark","mark":{"name":""}}"#, "bad_field"),
    ]);
}
