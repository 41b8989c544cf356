//! Any bytes, any text, any audio, any pieces.

use bytes::BytesMut;
use proptest::prelude::*;
use serde_json::{Value, json};
use trunkline_protocol::Frame;
use trunkline_protocol::bot::{BotEvent, Dialect, Encoding, FirstMessage, StopReason, Stream};

use crate::reply::read;
use crate::{Bot, stream};

const DIALECTS: [Dialect; 4] = [
    Dialect::Ivr,
    Dialect::Twilio,
    Dialect::Plivo,
    Dialect::Exotel,
];

fn bots() -> impl Iterator<Item = Bot> {
    DIALECTS
        .map(|dialect| Bot::new(dialect, stream(Encoding::Pcm16, 8000)))
        .into_iter()
}

prop_compose! {
    fn any_stream()(
        texts in prop::array::uniform5(any::<String>()),
        parameters in prop::collection::vec(any::<(String, String)>(), 0..4),
        mulaw in any::<bool>(),
        rate_hz in any::<u32>(),
    ) -> Stream {
        let [stream_id, call_id, account_id, from, to] = texts;
        let encoding = if mulaw { Encoding::Mulaw } else { Encoding::Pcm16 };
        Stream { stream_id, call_id, account_id, from, to, parameters, encoding, rate_hz, binary: false }
    }
}

fn value(text: Option<String>) -> Value {
    serde_json::from_str(&text.unwrap()).unwrap()
}

proptest! {
    #[test]
    fn any_message_gives_an_event_or_a_fault(text in any::<String>(), bytes in any::<Vec<u8>>(), pick in 0..6_usize) {
        let value = [
            json!(text), json!([text]), json!({"payload": text, "name": text, "contentType": text}),
            json!(7), Value::Null, json!(-1.5),
        ][pick].clone();
        for mut bot in bots() {
            bot.says(&text).ok();
            let mut audio = vec![1];
            bot.socket.decode(Frame::Binary(&bytes), &mut audio).ok();
            for name in ["response.audio.delta", "session.dtmf", "session.transfer", "session.transfer_ws",
                "session.flow_transfer", "session.transfer_extension", "media", "mark", "clear", "playAudio",
                "checkpoint", "sendDTMF", "stop"] {
                for key in ["type", "event"] {
                    let message = json!({key: name, "delta": value, "dtmf": value, "destination": value,
                        "strategy": value, "url": value, "flow_id": value, "extension": value, "media": value,
                        "mark": value, "name": value});
                    let message = message.to_string();
                    if let Err(fault) = bot.says(&message) {
                        prop_assert!(bot.audio.is_empty());
                        prop_assert!(fault.to_string().contains("expected"));
                    }
                }
            }
        }
    }

    #[test]
    fn what_a_bot_is_told_is_json_with_what_was_said(
        stream in any_stream(), audio in any::<Vec<u8>>(), name in any::<String>(), first in any::<[String; 2]>(),
    ) {
        let [key, text] = &first;
        let template = json!({key.as_str(): format!("{{{{caller}}}}{text}"), "k": ["{{did}}"]});
        for dialect in DIALECTS {
            let first = FirstMessage::parse(&template).unwrap();
            let mut bot = Bot::with_first(dialect, stream.clone(), Some(first));
            for message in bot.opening() {
                prop_assert!(serde_json::from_str::<Value>(&message).is_ok());
            }
            let media: Value = serde_json::from_str(&bot.media(&audio)).unwrap();
            let id = if dialect == Dialect::Plivo { "streamId" } else { "stream_sid" };
            let id = if dialect == Dialect::Twilio { "streamSid" } else { id };
            prop_assert_eq!(&media[id], &stream.stream_id);
            prop_assert_eq!(&media["event"], "media");
            // Every dialect but Plivo's reads back what it writes as its bots write it.
            let mut echo = media.clone();
            if dialect == Dialect::Plivo {
                echo["event"] = "playAudio".into();
            }
            let echo = echo.to_string();
            prop_assert_eq!(bot.says(&echo), Ok(BotEvent::Audio));
            prop_assert_eq!(&bot.audio, &audio);
            let mark = value(bot.hears(|s, out| s.mark(&name, true, out)));
            let marked = if dialect == Dialect::Plivo { &mark["name"] } else { &mark["mark"]["name"] };
            prop_assert_eq!(marked, &name);
            if let Some(stop) = bot.hears(|s, out| s.stop(StopReason::Stopped, out)) {
                prop_assert!(serde_json::from_str::<Value>(&stop).is_ok());
            }
        }
    }

    #[test]
    fn numbers_run_on_and_time_is_that_of_the_audio(sizes in prop::collection::vec(0..400_usize, 1..40)) {
        for mut bot in bots() {
            let first = u64::from(bot.socket.dialect() != Dialect::Plivo) + 1;
            let mut samples = 0;
            for (size, n) in sizes.iter().zip(0_u64..) {
                let mut out = BytesMut::new();
                bot.socket.media(&vec![0; size * 2], &mut out);
                let message: Value = serde_json::from_slice(&out).unwrap();
                let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok()).unwrap();
                let sequence = ["sequence_number", "sequenceNumber"].iter().find_map(|key| message.get(key)).unwrap();
                prop_assert_eq!(number(sequence), first + n);
                prop_assert_eq!(number(&message["media"]["chunk"]), n + 1);
                prop_assert_eq!(&message["media"]["timestamp"], &(samples / 8).to_string());
                samples += size;
            }
        }
    }

    #[test]
    fn a_reply_reads_the_same_in_any_pieces(
        lines in prop::collection::vec(prop_oneof![
            "[ -~é]{0,12}", Just(String::new()), Just("[]".to_owned()),
            any::<String>().prop_map(|text| json!({"text": text, "interim": true}).to_string()),
            Just("{\"text\":\"end\"}".to_owned()),
            Just(format!("{{\"interim\":true,\"text\":\"{}\"}}", "x".repeat(17_000))),
        ], 0..6),
        crlf in any::<bool>(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let body = lines.join(if crlf { "\r\n" } else { "\n" });
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
        cuts.sort_unstable();
        let mut pieces = Vec::new();
        let mut rest = body.as_bytes();
        for (cut, before) in cuts.iter().zip(std::iter::once(&0).chain(&cuts)) {
            let (piece, tail) = rest.split_at(cut - before);
            pieces.push(piece);
            rest = tail;
        }
        pieces.push(rest);
        for content_type in ["application/x-ndjson", "application/json"] {
            prop_assert_eq!(read(content_type, pieces.iter().copied()), read(content_type, [body.as_bytes()]));
        }
        // As AgentPhone's own code would: each line by itself, up to the one that closes.
        let mut expected = Vec::new();
        for line in body.split('\n').filter(|line| line.len() < 17_000) {
            if let Ok(Value::Object(object)) = serde_json::from_str::<Value>(line) {
                let last = object.get("interim") != Some(&Value::Bool(true));
                let text = object.get("text").and_then(Value::as_str).filter(|text| !text.trim().is_empty());
                expected.push((text.map(str::to_owned), last));
                if last {
                    break;
                }
            }
        }
        let (lines, _) = read("application/x-ndjson", pieces);
        let got: Vec<_> = lines.into_iter().map(|line| (line.text, line.last)).collect();
        prop_assert_eq!(got, expected);
    }

    #[test]
    fn any_bytes_are_a_reply_or_none(content_type in any::<String>(), pieces in any::<Vec<Vec<u8>>>()) {
        read(&content_type, pieces.iter().map(Vec::as_slice));
        read("application/x-ndjson", pieces.iter().map(Vec::as_slice));
    }
}
