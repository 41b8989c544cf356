//! The WSS Telephony Bridge: its seven events in the order of its README, and the nine messages of its bots.

use bytes::BytesMut;
use serde_json::json;
use trunkline_protocol::bot::{
    BotEvent, BotFault, Dialect, Encoding, FirstMessage, FirstMessageError, StopReason, Stream,
};
use trunkline_protocol::{Frame, FrameKind};

use crate::{Bot, stream};

fn slin() -> Stream {
    stream(Encoding::Pcm16, 8000)
}

fn bot() -> Bot {
    Bot::new(Dialect::Ivr, slin())
}

#[test]
fn the_published_messages_in_order() {
    let mut bot = bot();
    assert_eq!(
        bot.opening(),
        [
            r#"{"event":"connected"}"#,
            r#"{"event":"start","sequence_number":1,"stream_sid":"1707204900.123","start":{"stream_sid":"1707204900.123","call_sid":"call_1707204900000_a1b2c3","from":"9876543210","to":"18001234567","media_format":{"encoding":"raw/slin","sample_rate":8000}}}"#,
        ]
    );
    assert_eq!(
        bot.media(&[0; 160]),
        format!(
            r#"{{"event":"media","sequence_number":2,"stream_sid":"1707204900.123","media":{{"chunk":1,"timestamp":"0","payload":"{}A=="}}}}"#,
            "A".repeat(213)
        )
    );
    assert_eq!(
        bot.media(&[0, 0, 0]),
        r#"{"event":"media","sequence_number":3,"stream_sid":"1707204900.123","media":{"chunk":2,"timestamp":"10","payload":"AAAA"}}"#
    );
    bot.media(&[0; 320]);
    assert_eq!(
        bot.hears(|socket, out| socket.dtmf('1', 120, out)).unwrap(),
        r#"{"event":"dtmf","sequence_number":5,"stream_sid":"1707204900.123","dtmf":{"digit":"1","duration":"120"}}"#
    );
    (6..15).for_each(|_| drop(bot.media(&[0; 320])));
    assert_eq!(
        bot.hears(|socket, out| socket.mark("intro_complete", true, out))
            .unwrap(),
        r#"{"event":"mark","sequence_number":15,"stream_sid":"1707204900.123","mark":{"name":"intro_complete"}}"#
    );
    assert_eq!(
        bot.hears(|socket, out| socket.flushed(out)).unwrap(),
        r#"{"event":"clear","stream_sid":"1707204900.123"}"#
    );
    (16..42).for_each(|_| drop(bot.media(&[0; 320])));
    assert_eq!(
        bot.hears(|socket, out| socket.stop(StopReason::CallEnded, out))
            .unwrap(),
        r#"{"event":"stop","sequence_number":42,"stream_sid":"1707204900.123","stop":{"call_sid":"call_1707204900000_a1b2c3","reason":"callended"}}"#
    );
}

#[test]
fn what_the_vendor_leaves_open() {
    let mut bot = bot();
    assert_eq!(
        bot.hears(|s, out| s.mark("a\"b", false, out)).unwrap(),
        r#"{"event":"mark","sequence_number":2,"stream_sid":"1707204900.123","mark":{"name":"a\"b"}}"#
    );
    assert_eq!(
        bot.hears(|s, out| s.transfer_status("failed", "no_carrier_control", "+1", out))
            .unwrap(),
        r#"{"event":"transfer","sequence_number":3,"stream_sid":"1707204900.123","transfer":{"transfer_status":"failed","reason":"no_carrier_control","transfer_to":"+1"}}"#
    );
    assert_eq!(bot.hears(|s, out| s.cleared(out)), None);
    assert_eq!(bot.hears(|s, out| s.dtmf('x', 1, out)), None);
    assert!(
        bot.hears(|s, out| s.stop(StopReason::Stopped, out))
            .unwrap()
            .contains(r#""sequence_number":4,"#)
    );
}

#[test]
fn binary_audio_goes_both_ways_bare() {
    let mut bot = Bot::new(
        Dialect::Ivr,
        Stream {
            binary: true,
            ..slin()
        },
    );
    let mut out = BytesMut::new();
    assert_eq!(bot.socket.media(&[1, 2, 3, 4], &mut out), FrameKind::Binary);
    assert_eq!(&out[..], [1, 2, 3, 4]);
    // A message without a number takes none.
    let dtmf = bot.hears(|s, out| s.dtmf('#', 80, out)).unwrap();
    assert!(dtmf.contains(r#""sequence_number":2,"#), "{dtmf}");
    // Bots may send it whatever they are sent.
    for mut bot in [bot, self::bot()] {
        let event = bot.socket.decode(Frame::Binary(&[9, 8, 7]), &mut bot.audio);
        assert_eq!(
            (event, &bot.audio[..]),
            (Ok(BotEvent::Audio), &[9, 8, 7][..])
        );
        let big = vec![0; 262_145];
        let event = bot.socket.decode(Frame::Binary(&big), &mut bot.audio);
        assert_eq!(event, Err(BotFault::TooBig { len: 262_145 }));
    }
}

#[test]
fn the_published_messages_of_bots() {
    let mut bot = bot();
    let audio = r#"{"type":"response.audio.delta","delta":"AAAA"}"#;
    assert_eq!(bot.says(audio), Ok(BotEvent::Audio));
    assert_eq!(bot.audio, [0, 0, 0]);
    let hangup = r#"{"type":"session.hangup"}"#;
    assert_eq!(bot.says(hangup), Ok(BotEvent::HangUp));
    let dtmf = r##"{"type":"session.dtmf","dtmf":"123#"}"##;
    assert_eq!(bot.says(dtmf), Ok(BotEvent::Press("123#".into())));
    let clear = r#"{"type":"audio.clear"}"#;
    assert_eq!(bot.says(clear), Ok(BotEvent::Clear));
    let transfer = |destinations: &[&str], sequential| {
        let destinations = destinations.iter().map(|&to| to.into()).collect();
        Ok(BotEvent::Transfer {
            destinations,
            sequential,
        })
    };
    assert_eq!(
        bot.says(r#"{"type":"session.transfer","destination":"09876543210"}"#),
        transfer(&["09876543210"], false)
    );
    assert_eq!(
        bot.says(r#"{"type":"session.transfer","destination":["09876543210","09876543211","09876543212"],"strategy":"sequential"}"#),
        transfer(&["09876543210", "09876543211", "09876543212"], true)
    );
    assert_eq!(
        bot.says(r#"{"type":"session.transfer","destination":["1",2],"strategy":"simultaneous"}"#),
        transfer(&["1", "2"], false)
    );
    let event = bot
        .says(r#"{"type":"session.transfer_ws","url":"wss://new-bot.example.com/voice"}"#)
        .unwrap();
    assert!(!format!("{event:?}").contains("example"));
    let BotEvent::TransferBot { url } = event else {
        panic!("{event:?}");
    };
    assert_eq!(url.expose(), "wss://new-bot.example.com/voice");
    let flow_id = "sales_flow".into();
    assert_eq!(
        bot.says(r#"{"type":"session.flow_transfer","flow_id":"sales_flow"}"#),
        Ok(BotEvent::TransferFlow { flow_id })
    );
    let extension = "101".into();
    assert_eq!(
        bot.says(r#"{"type":"session.transfer_extension","extension":"101"}"#),
        Ok(BotEvent::TransferExtension { extension })
    );
}

#[test]
fn bots_that_take_liberties() {
    let mut bot = bot();
    let escaped = r#"{"x":[{}],"delta":"\/\/8=","event_id":7,"type":"response.audio.delta"}"#;
    assert_eq!(bot.says(escaped), Ok(BotEvent::Audio));
    assert_eq!(bot.audio, [0xff, 0xff]);
    let exotel = r#"{"event":"media","stream_sid":"other","streamSid":"s","media":{"payload":"AAAA","timestamp":"100","sequenceNumber":3}}"#;
    assert_eq!(bot.says(exotel), Ok(BotEvent::Audio));
    assert_eq!(bot.audio, [0, 0, 0]);
    assert_eq!(
        bot.says(r#"{"event":"mark","mark":{"name":"m1"}}"#),
        Ok(BotEvent::Mark("m1".into()))
    );
    assert_eq!(
        bot.says(r#"{"event":"mark","mark":{"name":7}}"#),
        Ok(BotEvent::Mark("7".into()))
    );
    let clear = r#"{"event":"clear","stream_sid":"s"}"#;
    assert_eq!(bot.says(clear), Ok(BotEvent::Clear));
    for (digits, expected) in [(r#""a*D""#, "A*D"), ("15", "15")] {
        let dtmf = format!(r#"{{"type":"session.dtmf","dtmf":{digits}}}"#);
        assert_eq!(bot.says(&dtmf), Ok(BotEvent::Press(expected.into())));
    }
    for ignored in [
        r#"{"type":"session.update","session":{}}"#,
        r#"{"type":"response.audio_transcript.delta","delta":"hello"}"#,
        r#"{"event":"start","start":{}}"#,
        r#"{"type":"x","event":"y"}"#,
    ] {
        assert_eq!(bot.says(ignored), Ok(BotEvent::Ignored), "{ignored}");
    }
}

#[test]
fn bad_messages_are_dropped() {
    let mut bot = bot();
    let transfer = |rest: &str| format!(r#"{{"type":"session.transfer",{rest}}}"#);
    let long = "1".repeat(129);
    let many = vec!["\"1\""; 17].join(",");
    bot.drops(&[
        ("", "malformed"),
        ("null", "malformed"),
        (r#"{"event":"media","media":"x"}"#, "malformed"),
        ("{}", "bad_field"),
        (r#"{"type":"response.audio.delta"}"#, "bad_field"),
        (
            r#"{"type":"response.audio.delta","delta":"AAA"}"#,
            "bad_base64",
        ),
        (
            r#"{"event":"media","media":{"payload":"A*=="}}"#,
            "bad_base64",
        ),
        (r#"{"event":"mark","mark":{}}"#, "bad_field"),
        (
            &format!(r#"{{"event":"mark","mark":{{"name":"{long}"}}}}"#),
            "bad_field",
        ),
        (r#"{"type":"session.dtmf"}"#, "bad_field"),
        (r#"{"type":"session.dtmf","dtmf":""}"#, "bad_field"),
        (r#"{"type":"session.dtmf","dtmf":"12x"}"#, "bad_field"),
        (
            &format!(r#"{{"type":"session.dtmf","dtmf":"{}"}}"#, "1".repeat(65)),
            "bad_field",
        ),
        (&transfer(r#""strategy":"sequential""#), "bad_field"),
        (&transfer(r#""destination":"""#), "bad_field"),
        (&transfer(r#""destination":[]"#), "bad_field"),
        (&transfer(r#""destination":["1",""]"#), "bad_field"),
        (&transfer(r#""destination":"1\n2""#), "bad_field"),
        (&transfer(r#""destination":{"to":"1"}"#), "bad_field"),
        (
            &transfer(&format!(r#""destination":"{long}""#)),
            "bad_field",
        ),
        (
            &transfer(&format!(r#""destination":[{many}]"#)),
            "bad_field",
        ),
        (
            &transfer(r#""destination":"1","strategy":"random""#),
            "bad_field",
        ),
        (r#"{"type":"session.transfer_ws"}"#, "bad_field"),
        (
            &format!(
                r#"{{"type":"session.transfer_ws","url":"{}"}}"#,
                "w".repeat(2049)
            ),
            "bad_field",
        ),
        (
            r#"{"type":"session.flow_transfer","flow_id":""}"#,
            "bad_field",
        ),
        (
            r#"{"type":"session.transfer_extension","extension":["1"]}"#,
            "bad_field",
        ),
    ]);
    let fault = bot
        .says(r#"{"type":"session.dtmf","dtmf":"4111x"}"#)
        .unwrap_err();
    assert_eq!(
        fault.to_string(),
        "`dtmf`: expected 1 to 64 of 0-9 * # A-D, got another text"
    );
}

#[test]
fn audio_that_cannot_be_read_leaves_what_was_there() {
    let mut bot = bot();
    bot.audio.extend([1, 2]);
    let bad = r#"{"type":"response.audio.delta","delta":"AAAAAAAAAAAAAAAA!!!!"}"#;
    let event = bot.socket.decode(Frame::Text(bad), &mut bot.audio);
    assert!(event.is_err());
    assert_eq!(bot.audio, [1, 2]);
}

#[test]
fn a_first_message_takes_the_place_of_start() {
    let template = json!({
        "type": "session.start", "from": "{{caller}}", "to": "{{did}}", "sessionId": "{{sessionId}}",
    });
    let first = FirstMessage::parse(&template).unwrap();
    let mut bot = Bot::with_first(Dialect::Ivr, slin(), Some(first.clone()));
    let [connected, start] = &bot.opening()[..] else {
        panic!("expected two messages");
    };
    assert_eq!(connected, r#"{"event":"connected"}"#);
    let start: serde_json::Value = serde_json::from_str(start).unwrap();
    assert_eq!(
        start,
        json!({"type": "session.start", "from": "9876543210", "to": "18001234567", "sessionId": "1707204900.123"})
    );
    assert!(bot.media(&[]).contains(r#""sequence_number":2,"#));
    // The other dialects have none.
    let mut bot = Bot::with_first(Dialect::Exotel, slin(), Some(first));
    assert!(bot.opening()[1].contains(r#""event":"start""#));
}

#[test]
fn variables_are_escaped_and_replaced_once() {
    let template = json!({
        "a": "{{{caller}}} {{did}}{{did}} {{ caller }} {{other}} {{caller", "n": [{"{{did}}": {}}], "{{": 1,
    });
    let stream = Stream {
        from: "\"{{did}}\\".into(),
        to: "é\n".into(),
        ..slin()
    };
    let first = FirstMessage::parse(&template).unwrap();
    let mut bot = Bot::with_first(Dialect::Ivr, stream, Some(first));
    let message: serde_json::Value = serde_json::from_str(&bot.opening()[1]).unwrap();
    let expected = json!({
        "a": "{\"{{did}}\\} é\né\n {{ caller }} {{other}} {{caller", "n": [{"é\n": {}}], "{{": 1,
    });
    assert_eq!(message, expected);
}

#[test]
fn a_first_message_is_an_object_of_at_most_12_kib() {
    let got = "an array";
    assert_eq!(
        FirstMessage::parse(&json!([])),
        Err(FirstMessageError::NotAnObject { got })
    );
    let sized = |len: usize| FirstMessage::parse(&json!({"k": "x".repeat(len - 8)}));
    assert!(sized(12_288).is_ok());
    assert_eq!(
        sized(12_289),
        Err(FirstMessageError::TooBig { len: 12_289 })
    );
}

#[test]
fn what_becomes_of_a_first_message_has_at_most_12_kib() {
    let stream = Stream {
        // Each character is six in JSON.
        from: "\u{1}".repeat(1_000),
        to: "é".repeat(100),
        ..slin()
    };
    for variables in [1, 2, 3, 400] {
        let text = "{{caller}}{{did}}".repeat(variables);
        let template = json!({"a": text, "b": "kept"});
        let first = FirstMessage::parse(&template).unwrap();
        let mut bot = Bot::with_first(Dialect::Ivr, stream.clone(), Some(first));
        let message = &bot.opening()[1];
        assert!(message.len() <= 12_288, "{}", message.len());
        let read: serde_json::Value = serde_json::from_str(message).unwrap();
        let whole = format!("{}{}", stream.from, stream.to).repeat(variables);
        let text = read["a"].as_str().unwrap();
        if variables == 1 {
            assert_eq!(text, whole);
        } else {
            assert!(text.starts_with(&stream.from));
            assert!(
                message.len() > 12_288 - 6,
                "as much as fits: {}",
                message.len()
            );
        }
        assert_eq!(read["b"], "kept");
    }
}
