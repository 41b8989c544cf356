//! Exotel: what its platform says to a bot, and what bots of its own samples and of Pipecat's serializer say.

use trunkline_protocol::bot::{BotEvent, Dialect, Encoding, StopReason, Stream};

use crate::{Bot, pairs, stream};

fn exotel(encoding: Encoding, rate_hz: u32) -> Stream {
    Stream {
        stream_id: "s".into(),
        call_id: "c".into(),
        account_id: "a".into(),
        from: "+91".into(),
        to: "+92".into(),
        parameters: pairs(&[("k", "v")]),
        ..stream(encoding, rate_hz)
    }
}

#[test]
fn the_documented_messages_in_order() {
    let mut bot = Bot::new(Dialect::Exotel, exotel(Encoding::Pcm16, 8000));
    assert_eq!(
        bot.opening(),
        [
            r#"{"event":"connected"}"#,
            r#"{"event":"start","sequence_number":"1","stream_sid":"s","start":{"stream_sid":"s","call_sid":"c","account_sid":"a","from":"+91","to":"+92","custom_parameters":{"k":"v"},"media_format":{"encoding":"raw/slin","sample_rate":"8000","bit_rate":"16"}}}"#,
        ]
    );
    bot.media(&[0; 3200]);
    assert_eq!(
        bot.media(&[0, 0, 0]),
        r#"{"event":"media","sequence_number":"3","stream_sid":"s","media":{"chunk":"2","timestamp":"200","payload":"AAAA"}}"#
    );
    assert_eq!(
        bot.hears(|s, out| s.dtmf('5', 100, out)).unwrap(),
        r#"{"event":"dtmf","sequence_number":"4","stream_sid":"s","dtmf":{"digit":"5","duration":"100"}}"#
    );
    assert_eq!(
        bot.hears(|s, out| s.mark("m1", false, out)).unwrap(),
        r#"{"event":"mark","sequence_number":"5","stream_sid":"s","mark":{"name":"m1"}}"#
    );
    assert_eq!(bot.hears(|s, out| s.flushed(out)), None);
    assert_eq!(bot.hears(|s, out| s.cleared(out)), None);
    assert_eq!(
        bot.hears(|s, out| s.stop(StopReason::Stopped, out))
            .unwrap(),
        r#"{"event":"stop","sequence_number":"6","stream_sid":"s","stop":{"call_sid":"c","account_sid":"a","reason":"stopped"}}"#
    );
}

#[test]
fn the_format_is_the_streams() {
    let mulaw = Stream {
        parameters: Vec::new(),
        ..exotel(Encoding::Mulaw, 8000)
    };
    let start = Bot::new(Dialect::Exotel, mulaw).opening().remove(1);
    assert!(start.contains(r#""custom_parameters":{},"media_format":{"encoding":"audio/x-mulaw","sample_rate":"8000","bit_rate":"8"}"#), "{start}");
}

#[test]
fn both_spellings_of_the_stream_are_read() {
    let mut bot = Bot::new(Dialect::Exotel, exotel(Encoding::Pcm16, 8000));
    // The shapes of the vendor's samples and of Pipecat's serializer.
    let media = r#"{"event":"media","streamSid":"s","media":{"payload":"AAAA","timestamp":"100","sequenceNumber":"3"}}"#;
    assert_eq!(bot.says(media), Ok(BotEvent::Audio));
    assert_eq!(bot.audio, [0, 0, 0]);
    let mark = r#"{"event":"mark","sequence_number":7,"stream_sid":"s","mark":{"name":"intro"}}"#;
    assert_eq!(bot.says(mark), Ok(BotEvent::Mark("intro".into())));
    let clear = r#"{"event":"clear","streamSid":"s"}"#;
    assert_eq!(bot.says(clear), Ok(BotEvent::Clear));
    bot.drops(&[
        (r#"{"event":"clear","stream_sid":"t"}"#, "wrong_stream"),
        (r#"{"event":"clear","streamSid":"t"}"#, "wrong_stream"),
    ]);
}
