//! Each message of the vendors' pages, and each way to get it wrong.

use super::*;

fn reader(dialect: Dialect) -> Reader<'static> {
    Reader {
        dialect,
        format: match dialect {
            Dialect::Twilio | Dialect::Plivo => AudioFormat::MULAW_8K,
            Dialect::Ivr | Dialect::Exotel => AudioFormat::pcm16(8_000),
        },
        stream_id: "s",
    }
}

fn wish(dialect: Dialect, text: &str) -> Wish {
    let reading = reader(dialect).read(&Message::text(text));
    assert_eq!(reading.found, [], "{text}");
    reading.wish.expect(text)
}

fn codes(dialect: Dialect, text: &str) -> Vec<Code> {
    let reading = reader(dialect).read(&Message::text(text));
    reading.found.iter().map(|found| found.code).collect()
}

#[test]
fn the_bridges_bots() {
    let hand_over = |text: &str| Wish::HandOver(text.to_owned());
    let cases = [
        (
            r#"{"type":"response.audio.delta","delta":"AQI="}"#,
            Wish::Audio(vec![1, 2]),
        ),
        (r#"{"type":"session.hangup"}"#, Wish::HangUp),
        (
            r#"{"type":"session.dtmf","dtmf":"123#"}"#,
            Wish::Dtmf("123#".to_owned()),
        ),
        (r#"{"type":"audio.clear"}"#, Wish::Clear),
        (
            r#"{"type":"session.transfer","destination":"09876543210"}"#,
            hand_over("transfer 09876543210"),
        ),
        (
            r#"{"type":"session.transfer","destination":["1","2"],"strategy":"sequential"}"#,
            hand_over("transfer 1,2 sequential"),
        ),
        (
            r#"{"type":"session.transfer_ws","url":"wss://new-bot.example.com/voice?key=planted"}"#,
            hand_over("transfer_ws wss://new-bot.example.com/…"),
        ),
        (
            r#"{"type":"session.flow_transfer","flow_id":"sales_flow"}"#,
            hand_over("flow_transfer \"sales_flow\""),
        ),
        (
            r#"{"type":"session.transfer_extension","extension":"101"}"#,
            hand_over("transfer_extension \"101\""),
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(wish(Dialect::Ivr, text), expected);
    }
    let binary = reader(Dialect::Ivr).read(&Message::binary(vec![1, 2]));
    assert_eq!(binary.wish, Some(Wish::Audio(vec![1, 2])));
    let sibling = reader(Dialect::Ivr).read(&Message::text(
        r#"{"event":"mark","stream_sid":"s","mark":{"name":"m"}}"#,
    ));
    assert_eq!(sibling.wish, Some(Wish::Mark("m".to_owned())));
    assert_eq!(
        sibling.found,
        [Found::warning(
            Code::Undocumented,
            "a message with type",
            "mark"
        )]
    );
}

#[test]
fn twilios_bots() {
    let cases = [
        (
            r#"{"event":"media","streamSid":"s","media":{"payload":"//8="}}"#,
            Wish::Audio(vec![0xff, 0xff]),
        ),
        (
            r#"{"event":"mark","streamSid":"s","mark":{"name":"m1"}}"#,
            Wish::Mark("m1".to_owned()),
        ),
        (r#"{"event":"clear","streamSid":"s"}"#, Wish::Clear),
    ];
    for (text, expected) in cases {
        assert_eq!(wish(Dialect::Twilio, text), expected);
    }
}

#[test]
fn plivos_bots() {
    let cases = [
        (
            r#"{"event":"playAudio","media":{"contentType":"audio/x-mulaw;rate=8000","sampleRate":"8000","payload":"//8="}}"#,
            Wish::Audio(vec![0xff, 0xff]),
        ),
        (
            r#"{"event":"checkpoint","streamId":"s","name":"m1"}"#,
            Wish::Mark("m1".to_owned()),
        ),
        (r#"{"event":"clearAudio","streamId":"s"}"#, Wish::Clear),
        (
            r#"{"event":"sendDTMF","dtmf":"1234#"}"#,
            Wish::Dtmf("1234#".to_owned()),
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(wish(Dialect::Plivo, text), expected);
    }
}

#[test]
fn exotels_bots() {
    let audio = BASE64_STANDARD.encode([0; 3_200]);
    let media = format!(
        r#"{{"event":"media","stream_sid":"s","media":{{"payload":"{audio}","chunk":"1","timestamp":"0"}}}}"#
    );
    assert_eq!(wish(Dialect::Exotel, &media), Wish::Audio(vec![0; 3_200]));
}

#[test]
fn what_the_bridge_refuses() {
    let cases = [
        ("{", Code::NotJson),
        ("[]", Code::NotJson),
        ("{}", Code::BadField),
        (r#"{"type":"session.jump"}"#, Code::UnknownMessage),
        (r#"{"type":"response.audio.delta"}"#, Code::BadField),
        (
            r#"{"type":"response.audio.delta","delta":"???"}"#,
            Code::BadBase64,
        ),
        (
            r#"{"type":"response.audio.delta","delta":""}"#,
            Code::EmptyAudio,
        ),
        (
            r#"{"type":"response.audio.delta","delta":"AAAA"}"#,
            Code::OddLength,
        ),
        (
            r#"{"type":"audio.clear","stream_sid":"other"}"#,
            Code::WrongStream,
        ),
        (r#"{"type":"session.dtmf","dtmf":"12x"}"#, Code::BadField),
        (
            r#"{"type":"session.transfer","destination":[]}"#,
            Code::BadField,
        ),
        (
            r#"{"type":"session.transfer","destination":"1","strategy":"random"}"#,
            Code::BadField,
        ),
        (r#"{"event":"start"}"#, Code::WrongRole),
    ];
    for (text, expected) in cases {
        assert_eq!(codes(Dialect::Ivr, text), [expected], "{text}");
    }
    let long = "x".repeat(Reader::MESSAGE_BYTES + 1);
    assert_eq!(
        codes(Dialect::Ivr, &long),
        [Code::MessageTooLong, Code::NotJson]
    );
}

#[test]
fn what_twilio_refuses() {
    let long_mark = format!(
        r#"{{"event":"mark","streamSid":"s","mark":{{"name":"{}"}}}}"#,
        "m".repeat(129)
    );
    let cases = [
        (r#"{"event":"connected"}"#, Code::WrongRole),
        (r#"{"event":"clear"}"#, Code::WrongStream),
        (
            r#"{"event":"clear","streamSid":"other"}"#,
            Code::WrongStream,
        ),
        (
            r#"{"event":"clear","streamSid":"s","more":1}"#,
            Code::UnknownField,
        ),
        (
            r#"{"event":"mark","streamSid":"s","mark":{"name":""}}"#,
            Code::MarkName,
        ),
        (long_mark.as_str(), Code::MarkName),
        (
            r#"{"event":"hangup","streamSid":"s"}"#,
            Code::UnknownMessage,
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(codes(Dialect::Twilio, text), [expected], "{text}");
    }
    let binary = reader(Dialect::Twilio).read(&Message::binary(vec![0xff]));
    assert_eq!(
        binary.found.first().map(|found| found.code),
        Some(Code::BinaryFrame)
    );
}

#[test]
fn what_plivo_and_exotel_refuse() {
    let cases = [
        (
            Dialect::Plivo,
            r#"{"event":"playAudio","media":{"contentType":"audio/x-l16","sampleRate":8000,"payload":"//8="}}"#,
            Code::WrongFormat,
        ),
        (
            Dialect::Plivo,
            r#"{"event":"playAudio","media":{"contentType":"audio/x-mulaw","sampleRate":16000,"payload":"//8="}}"#,
            Code::WrongFormat,
        ),
        (
            Dialect::Plivo,
            r#"{"event":"checkpoint","name":"m"}"#,
            Code::WrongStream,
        ),
        (
            Dialect::Plivo,
            r#"{"event":"playedStream","name":"m"}"#,
            Code::WrongRole,
        ),
        (
            Dialect::Exotel,
            r#"{"event":"media","stream_sid":"s","media":{"payload":"AAAA"}}"#,
            Code::ChunkSize,
        ),
        (Dialect::Exotel, r#"{"event":"clear"}"#, Code::WrongStream),
    ];
    for (dialect, text, expected) in cases {
        assert_eq!(codes(dialect, text), [expected], "{text}");
    }
}
