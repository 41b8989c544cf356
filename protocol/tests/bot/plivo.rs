//! Plivo: what its platform says to a bot, and what Plivo's and Vobiz's bots say.

use trunkline_protocol::bot::{BotEvent, Dialect, Encoding, StopReason, Stream};

use crate::{Bot, pairs, stream};

fn plivo(encoding: Encoding, rate_hz: u32) -> Stream {
    Stream {
        stream_id: "s".into(),
        call_id: "u".into(),
        account_id: "a".into(),
        parameters: pairs(&[("k", "v")]),
        ..stream(encoding, rate_hz)
    }
}

#[test]
fn the_documented_messages_in_order() {
    let mut bot = Bot::new(Dialect::Plivo, plivo(Encoding::Mulaw, 8000));
    assert_eq!(
        bot.opening(),
        [
            r#"{"event":"start","sequenceNumber":0,"start":{"callId":"u","streamId":"s","accountId":"a","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000}},"extra_headers":"k=v"}"#,
        ]
    );
    assert_eq!(
        bot.media(&[0xff; 2]),
        r#"{"event":"media","sequenceNumber":1,"streamId":"s","media":{"track":"inbound","timestamp":"0","chunk":1,"payload":"//8="},"extra_headers":"k=v"}"#
    );
    bot.media(&[0xff; 158]);
    assert_eq!(
        bot.hears(|s, out| s.dtmf('2', 100, out)).unwrap(),
        r#"{"event":"dtmf","sequenceNumber":3,"streamId":"s","dtmf":{"track":"inbound","digit":"2","timestamp":"20"},"extra_headers":"k=v"}"#
    );
    assert_eq!(
        bot.hears(|s, out| s.mark("m1", true, out)).unwrap(),
        r#"{"event":"playedStream","sequenceNumber":4,"streamId":"s","name":"m1"}"#
    );
    // Not played: not told, and no number is taken.
    assert_eq!(bot.hears(|s, out| s.mark("m2", false, out)), None);
    assert_eq!(
        bot.hears(|s, out| s.cleared(out)).unwrap(),
        r#"{"event":"clearedAudio","sequenceNumber":5,"streamId":"s"}"#
    );
    assert_eq!(bot.hears(|s, out| s.flushed(out)), None);
    let stop = bot.hears(|s, out| s.stop(StopReason::CallEnded, out));
    assert_eq!(stop, None);
}

#[test]
fn a_parameter_cannot_pass_for_another() {
    let extra = |parameters: &[(&str, &str)]| {
        let parameters = pairs(parameters);
        let stream = Stream {
            parameters,
            ..plivo(Encoding::Pcm16, 16_000)
        };
        let start = Bot::new(Dialect::Plivo, stream).opening().remove(0);
        let start: serde_json::Value = serde_json::from_str(&start).unwrap();
        start["extra_headers"].as_str().unwrap().to_owned()
    };
    assert_eq!(extra(&[]), "");
    assert_eq!(extra(&[("k", "v"), ("k2", "v2")]), "k=v,k2=v2");
    assert_eq!(
        extra(&[("a;b", "x,role=admin\n"), ("c", "\"é\"")]),
        "a_b=x_role_admin_,c=\"é\""
    );
    let long = "x".repeat(509);
    assert_eq!(
        extra(&[("a", &long), ("b", "c"), ("d", "e")]),
        format!("a={long}")
    );
    assert_eq!(extra(&[("ab", &long), ("", "")]), format!("ab={long}"));
    assert_eq!(extra(&[("abc", &long), ("d", "e")]), "d=e");
}

#[test]
fn the_documented_messages_of_bots() {
    let mut bot = Bot::new(Dialect::Plivo, plivo(Encoding::Mulaw, 8000));
    let audio = r#"{"event":"playAudio","media":{"contentType":"audio/x-mulaw","sampleRate":8000,"payload":"//8="},"streamId":"s"}"#;
    assert_eq!(bot.says(audio), Ok(BotEvent::Audio));
    assert_eq!(bot.audio, [0xff, 0xff]);
    let checkpoint = r#"{"event":"checkpoint","streamId":"s","name":"m1"}"#;
    assert_eq!(bot.says(checkpoint), Ok(BotEvent::Mark("m1".into())));
    let clear = r#"{"event":"clearAudio","streamId":"s"}"#;
    assert_eq!(bot.says(clear), Ok(BotEvent::Clear));
    let dtmf = r##"{"event":"sendDTMF","dtmf":"1234#"}"##;
    assert_eq!(bot.says(dtmf), Ok(BotEvent::Press("1234#".into())));
    for stop in [r#"{"event":"stop","streamId":"s"}"#, r#"{"event":"stop"}"#] {
        assert_eq!(bot.says(stop), Ok(BotEvent::HangUp));
    }
    assert_eq!(bot.says(r#"{"event":"media"}"#), Ok(BotEvent::Ignored));
}

#[test]
fn a_format_must_mean_the_streams() {
    let play = |content_type: &str, rate: &str| {
        format!(r#"{{"event":"playAudio","media":{{{content_type}{rate}"payload":"//8="}}}}"#)
    };
    let table = [
        ("", "", true, true),
        ("", r#""sampleRate":16000,"#, true, false),
        ("", r#""sampleRate":"16000","#, true, false),
        ("", r#""sampleRate":8000,"#, false, true),
        (r#""contentType":"audio/x-l16","#, "", true, false),
        (
            r#""contentType":"Audio\/X-L16; Rate=16000","#,
            "",
            true,
            false,
        ),
        (
            r#""contentType":"audio/x-l16;rate=8000","#,
            "",
            false,
            false,
        ),
        (
            r#""contentType":"audio/x-mulaw;rate=8000","#,
            r#""sampleRate":"8000","#,
            false,
            true,
        ),
        (
            r#""contentType":"audio/x-mulaw;rate=8000","#,
            r#""sampleRate":16000,"#,
            false,
            false,
        ),
        (r#""contentType":"audio/mp3","#, "", false, false),
        (r#""contentType":"","#, "", false, false),
    ];
    let mut l16 = Bot::new(Dialect::Plivo, plivo(Encoding::Pcm16, 16_000));
    let mut mulaw = Bot::new(Dialect::Plivo, plivo(Encoding::Mulaw, 8000));
    for (content_type, rate, fits_l16, fits_mulaw) in table {
        let message = play(content_type, rate);
        for (bot, fits) in [(&mut l16, fits_l16), (&mut mulaw, fits_mulaw)] {
            let code = bot.says(&message).map_err(|fault| fault.code());
            let expected = if fits {
                Ok(BotEvent::Audio)
            } else {
                Err("wrong_format")
            };
            assert_eq!(code, expected, "{message}");
            assert_eq!(bot.audio.is_empty(), !fits);
        }
    }
    let wrong = play(r#""contentType":"audio/x-mulaw","#, r#""sampleRate":8000,"#);
    let fault = l16.says(&wrong).unwrap_err();
    assert_eq!(
        fault.to_string(),
        r#"`media`: expected audio/x-l16 16000 Hz, got "audio/x-mulaw 8000 Hz""#
    );
}

#[test]
fn bad_messages_are_dropped() {
    let mut bot = Bot::new(Dialect::Plivo, plivo(Encoding::Mulaw, 8000));
    bot.drops(&[
        ("{", "malformed"),
        ("{}", "bad_field"),
        (r#"{"event":"playAudio"}"#, "bad_field"),
        (
            r#"{"event":"playAudio","media":{"payload":"A"}}"#,
            "bad_base64",
        ),
        (
            r#"{"event":"playAudio","streamId":"t","media":{"payload":""}}"#,
            "wrong_stream",
        ),
        (r#"{"event":"checkpoint","streamId":"s"}"#, "bad_field"),
        (r#"{"event":"clearAudio","streamId":"t"}"#, "wrong_stream"),
        (r#"{"event":"sendDTMF","dtmf":"w"}"#, "bad_field"),
        (r#"{"event":"stop","streamId":"t"}"#, "wrong_stream"),
    ]);
}
