//! The WSS Telephony Bridge: what a bot is told, and what it may ask for.

use serde_json::{Value, json};
use trunkline_call::{CallEvent, Down, Ending, HttpFrame};
use trunkline_codecs::format::AudioFormat;
use trunkline_engines::bot::{Address, Manners};
use trunkline_protocol::Secret;
use trunkline_protocol::bot::Dialect;

use crate::world::{A, FRAME, World, spec};

#[test]
fn a_bot_is_told_of_the_call_and_hears_every_sample_of_it() {
    let mut world = World::new(spec(Dialect::Ivr));
    assert_eq!(
        world.bot(A).headers,
        [("Authorization".to_owned(), "Bearer a".to_owned())]
    );
    world.speaks = true;
    world.pass(400);
    assert!(world.bot(A).told.is_empty(), "nobody has answered");
    world.answer(A);
    world.pass(600);
    let told = &world.bot(A).told;
    assert_eq!(told[0], json!({"event": "connected"}));
    let id = "call_00112233445566778899aabbccddeeff";
    assert_eq!(
        told[1],
        json!({"event": "start", "sequence_number": 1, "stream_sid": format!("{id}.1"), "start": {
            "stream_sid": format!("{id}.1"), "call_sid": id, "from": "+15550001", "to": "desk",
            "media_format": {"encoding": "raw/slin", "sample_rate": 8000}}})
    );
    assert_eq!(told[2]["sequence_number"], 2);
    assert_eq!(told[2]["media"]["chunk"], 1);
    assert!(told[2]["media"]["timestamp"].is_string());
    let heard = &world.bot(A).heard;
    let all: Vec<i16> = (1..world.next_sample).collect();
    assert_eq!(heard, &all, "the audio from before it answered first");
}

#[test]
fn what_a_bot_says_is_played_whole_however_it_is_cut() {
    let mut world = World::connected(spec(Dialect::Ivr));
    let audio: Vec<u8> = (1..=2_401_i16).flat_map(i16::to_le_bytes).collect();
    for piece in audio.chunks(777) {
        world.say_binary(A, piece);
    }
    world.pass(1_000);
    let heard = world.heard();
    let all: Vec<i16> = (1..=2_401).collect();
    assert_eq!(heard[..all.len()], all);
    assert!(heard[all.len()..].iter().all(|s| *s == 0), "padding");
}

#[test]
fn caller_audio_comes_in_pieces_of_a_tenth_of_a_second_and_binary_where_asked_for() {
    let mut spec = spec(Dialect::Ivr);
    (spec.binary, spec.frame_ms) = (true, 100);
    let mut world = World::connected(spec);
    world.speaks = true;
    world.pass(1_010);
    let bot = world.bot(A);
    assert_eq!(bot.heard.len() / (5 * FRAME), bot.binary_messages);
    assert_eq!(bot.binary_messages, 10);
}

#[test]
fn keys_marks_and_clear() {
    let mut world = World::connected(spec(Dialect::Ivr));
    world.caller_says(&json!({"type": "dtmf", "digit": "5"}));
    assert_eq!(world.bot(A).told[2]["dtmf"]["digit"], "5");
    world.speak(A, 500, 100);
    world.say(A, &json!({"event": "mark", "mark": {"name": "intro"}}));
    world.speak(A, 500, 200);
    world.say(A, &json!({"event": "mark", "mark": {"name": "rest"}}));
    world.pass(450);
    let marks = |world: &World| -> Vec<String> {
        let told = world.bot(A).told.iter();
        let names = told.filter_map(|m| m["mark"]["name"].as_str());
        names.map(str::to_owned).collect()
    };
    assert!(marks(&world).is_empty());
    world.pass(100);
    assert_eq!(marks(&world), ["intro"], "it has been played");
    let before = world.heard().len();
    world.say(A, &json!({"type": "audio.clear"}));
    world.pass(300);
    assert_eq!(world.heard().len(), before, "nothing more is played");
    assert_eq!(marks(&world), ["intro", "rest"]);
    assert!(world.told.iter().any(|m| m["event"] == "flush"));
    world.say(A, &json!({"type": "session.dtmf", "dtmf": "12#"}));
    world.pass(1_000);
    assert!(world.heard().len() > before, "tones");
}

#[test]
fn a_bot_hangs_up_when_it_has_been_heard_out() {
    let mut world = World::connected(spec(Dialect::Ivr));
    world.speak(A, 500, 100);
    world.say(A, &json!({"type": "session.hangup"}));
    assert!(!world.ended);
    let stop = world.bot(A).told.last().expect("told");
    assert_eq!(stop["stop"]["reason"], "stopped");
    assert!(world.bot(A).closed);
    world.pass(700);
    assert_eq!(world.ending(), Some(Ending::AgentHungUp));
    assert_eq!(world.heard().len(), 500 * 8);
    assert!(world.ended);
}

#[test]
fn a_bot_is_told_that_the_caller_has_gone() {
    let mut world = World::connected(spec(Dialect::Ivr));
    world.caller_leaves();
    let stop = world.bot(A).told.last().expect("told");
    assert_eq!(stop["event"], "stop");
    assert_eq!(stop["stop"]["reason"], "callended");
    assert!(world.bot(A).closed && world.ended);
}

#[test]
fn transfers_go_to_who_can_make_them() {
    for (message, target) in [
        (
            json!({"type": "session.transfer", "destination": "098"}),
            "098",
        ),
        (
            json!({"type": "session.transfer", "destination": ["1", "2"], "strategy": "sequential"}),
            "1,2",
        ),
        (
            json!({"type": "session.transfer_extension", "extension": "101"}),
            "101",
        ),
    ] {
        let mut world = World::connected(spec(Dialect::Ivr));
        world.speak(A, 100, 100);
        world.say(A, &message);
        world.pass(500);
        assert_eq!(world.ending(), Some(Ending::Transferred), "{message}");
        let told = world
            .told
            .iter()
            .find(|m| m["event"] == "transfer_to_human");
        assert!(
            told.is_some_and(|m| m.to_string().contains(target)),
            "{told:?}"
        );
    }
}

#[test]
fn an_interrupted_bot_is_told_to_forget_what_it_sent() {
    let mut spec = spec(Dialect::Ivr);
    spec.manners = Manners {
        barge_in: true,
        ..Manners::default()
    };
    let mut world = World::connected(spec);
    world.speak(A, 2_000, 100);
    world.pass(300);
    world.caller_says(&json!({"type": "interrupt"}));
    world.pass(100);
    let last = world.bot(A).told.last().expect("told");
    assert_eq!(last["event"], "clear");
    assert_eq!(last.get("sequence_number"), None);
}

fn asked() -> World {
    let mut spec = spec(Dialect::Ivr);
    spec.address = Address::Asked {
        url: Secret::new("https://config.example/"),
        headers: Vec::new(),
        timeout_ms: 2_000,
    };
    World::new(spec)
}

#[test]
fn somebody_else_knows_where_the_bot_is() {
    let mut world = asked();
    let (_, post) = world.posts.front().expect("a request");
    let body: Value = serde_json::from_slice(&post.body).expect("JSON");
    assert_eq!(
        body,
        json!({"From": "+15550001", "To": "desk", "Direction": "inbound", "FlowId": "desk",
            "SessionId": "call_00112233445566778899aabbccddeeff.1", "ServerId": "trunkline"})
    );
    assert_eq!(post.timeout_ms, 2_000);
    let reply = json!({"url": A, "wsHeaders": {"X-Key": "k"}, "audioFormat": {"encoding": "pcm", "sampleRate": 16_000}});
    let head = HttpFrame::Head {
        status: 200,
        content_type: "application/json",
    };
    let reply = reply.to_string();
    let (one, two) = reply.split_at(20);
    let frames = [
        head,
        HttpFrame::Body(one.as_bytes()),
        HttpFrame::Body(two.as_bytes()),
    ];
    world.http(&frames, Down::Finished);
    assert_eq!(world.bot(A).headers, [("X-Key".to_owned(), "k".to_owned())]);
    world.speaks = true;
    world.pass(1_200);
    world.answer(A);
    let start = &world.bot(A).told[1];
    let session_id = "call_00112233445566778899aabbccddeeff.1";
    assert_eq!(start["stream_sid"], session_id, "as the answerer was told");
    assert_eq!(start["start"]["media_format"]["sample_rate"], 16_000);
    let heard = world.bot(A).heard.len();
    let said = 2 * (usize::try_from(world.next_sample).expect("positive") - 1);
    assert!(
        heard.abs_diff(said) <= 2 * FRAME,
        "{heard} of {said} samples from before it answered"
    );
    world.pass(200);
    let heard = world.bot(A).heard.len() - heard;
    assert!(
        (9 * 2 * FRAME..=11 * 2 * FRAME).contains(&heard),
        "{heard} at 16 kHz"
    );
    assert_eq!(AudioFormat::pcm16(16_000).bytes_for_us(20_000), 4 * FRAME);
}

#[test]
fn an_unusable_answer_is_a_lost_bot() {
    let head = |status| HttpFrame::Head {
        status,
        content_type: "application/json",
    };
    let cases: [(&[HttpFrame<'_>], Down, &str); 4] = [
        (&[head(500)], Down::Finished, "config_api_status"),
        (
            &[head(200), HttpFrame::Body(b"[]")],
            Down::Finished,
            "config_api_nonsense",
        ),
        (
            &[
                head(200),
                HttpFrame::Body(br#"{"url":"wss://x","audioFormat":{"encoding":"opus"}}"#),
            ],
            Down::Finished,
            "config_api_format",
        ),
        (
            &[],
            Down::NotReached(trunkline_call::DialFault::TimedOut),
            "config_api_timeout",
        ),
    ];
    for (frames, why, reason) in cases {
        let mut world = asked();
        world.http(frames, why);
        world.pass(100);
        assert_eq!(world.lost(), [reason]);
        assert_eq!(world.ending(), Some(Ending::AgentLost(reason)));
    }
}

#[test]
fn nonsense_is_dropped_and_the_call_goes_on() {
    let mut world = World::connected(spec(Dialect::Ivr));
    for bad in [
        "",
        "{",
        "[]",
        r#"{"type":"response.audio.delta","delta":"%%"}"#,
    ] {
        world.say_text(A, bad);
    }
    world.speak(A, 100, 7);
    world.pass(300);
    assert_eq!(world.heard(), vec![7; 800]);
    let told = |event: &&CallEvent| matches!(event, CallEvent::AgentDropped { .. });
    assert_eq!(world.events.iter().filter(told).count(), 4);
    for _ in 0..97 {
        world.say_text(A, "{");
    }
    assert_eq!(world.lost(), ["nonsense"]);
}
