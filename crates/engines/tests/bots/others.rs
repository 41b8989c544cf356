//! Bots written for somebody else's platform.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use trunkline_protocol::Secret;
use trunkline_protocol::bot::Dialect;

use crate::world::{A, World, spec};

#[test]
fn a_twilio_bot_is_told_what_twilio_tells() {
    let mut spec = spec(Dialect::Twilio);
    spec.parameters = vec![("who".to_owned(), Secret::new("{{caller}} to {{did}}"))];
    let mut world = World::connected(spec);
    let told = &world.bot(A).told;
    assert_eq!(
        told[0],
        json!({"event": "connected", "protocol": "Call", "version": "1.0.0"})
    );
    let start = &told[1]["start"];
    assert_eq!(start["callSid"], "CA00112233445566778899aabbccddeeff");
    assert_eq!(start["customParameters"]["who"], "+15550001 to desk");
    assert_eq!(start["customParameters"]["from"], "+15550001");
    let stream = told[1]["streamSid"].as_str().expect("text").to_owned();
    assert_eq!(stream.len(), 34);
    // μ-law 0x80 is the loudest.
    let payload = STANDARD.encode([0x80; 1_600]);
    world.say(
        A,
        &json!({"event": "media", "streamSid": stream, "media": {"payload": payload}}),
    );
    world.say(
        A,
        &json!({"event": "mark", "streamSid": stream, "mark": {"name": "m"}}),
    );
    world.pass(300);
    assert_eq!(world.heard().len(), 1_600);
    assert!(world.heard().iter().all(|s| *s == 32_124));
    assert_eq!(world.bot(A).told.last().expect("told")["mark"]["name"], "m");
    world.say(
        A,
        &json!({"event": "media", "streamSid": stream, "media": {"payload": payload}}),
    );
    world.say(
        A,
        &json!({"event": "mark", "streamSid": stream, "mark": {"name": "n"}}),
    );
    world.pass(50);
    world.say(A, &json!({"event": "clear", "streamSid": stream}));
    world.pass(10);
    let last = world.bot(A).told.last().expect("told");
    assert_eq!(last["mark"]["name"], "n", "a clear gives back every mark");
}

#[test]
fn a_plivo_bot_hears_only_of_what_was_played() {
    let mut world = World::connected(spec(Dialect::Plivo));
    let start = &world.bot(A).told[0];
    assert_eq!(start["event"], "start");
    let stream = start["start"]["streamId"]
        .as_str()
        .expect("text")
        .to_owned();
    let payload = STANDARD.encode([1; 3_200]);
    let media = json!({"contentType": "audio/x-l16", "sampleRate": 8000, "payload": payload});
    world.say(A, &json!({"event": "playAudio", "media": media}));
    world.say(
        A,
        &json!({"event": "checkpoint", "streamId": stream, "name": "one"}),
    );
    world.pass(300);
    assert_eq!(world.names(A), ["start", "playedStream"]);
    world.say(A, &json!({"event": "playAudio", "media": media}));
    world.say(
        A,
        &json!({"event": "checkpoint", "streamId": stream, "name": "two"}),
    );
    world.say(A, &json!({"event": "clearAudio", "streamId": stream}));
    world.pass(50);
    assert_eq!(world.names(A), ["start", "playedStream", "clearedAudio"]);
    let before = world.heard().len();
    world.say(A, &json!({"event": "sendDTMF", "dtmf": "12"}));
    world.pass(600);
    assert!(world.heard().len() > before);
}

#[test]
fn an_exotel_bot_is_told_in_strings() {
    let world = World::connected(spec(Dialect::Exotel));
    let told = &world.bot(A).told;
    assert_eq!(told[0]["event"], "connected");
    assert_eq!(told[1]["start"]["media_format"]["sample_rate"], "8000");
    assert_eq!(told[1]["start"]["from"], "+15550001");
}
