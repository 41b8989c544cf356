//! The call given to another bot, or to a script.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use trunkline_call::{CallEvent, DialFault, Ending};
use trunkline_local::script::Script;
use trunkline_protocol::bot::Dialect;

use crate::world::{A, B, FRAME, World, spec};

fn to_b() -> serde_json::Value {
    json!({"type": "session.transfer_ws", "url": B})
}

#[test]
fn mid_sentence_each_frame_goes_to_one_bot_and_the_first_is_heard_out() {
    for connect_ms in [0, 35, 250, 2_000] {
        let mut world = World::connected(spec(Dialect::Ivr));
        world.speaks = true;
        world.pass(500);
        world.speak(A, 600, 100);
        world.pass(200);
        world.say(A, &to_b());
        world.pass(connect_ms);
        assert!(
            !world.bot(A).closed,
            "the old socket stays until the new one answers"
        );
        world.answer(B);
        assert!(world.bot(A).closed);
        assert_eq!(world.names(A).last(), Some(&"stop"));
        world.speak(B, 300, 200);
        world.pass(1_000);
        let told = [world.bot(A).heard.clone(), world.bot(B).heard.clone()].concat();
        let all: Vec<i16> = (1..world.next_sample).collect();
        assert!(told == all, "in order, each sample once");
        assert!(!world.bot(B).heard.is_empty());
        let heard: Vec<i16> = world.heard().into_iter().filter(|s| *s != 0).collect();
        let expected = [vec![100; 600 * 8], vec![200; 300 * 8]].concat();
        assert_eq!(heard, expected, "connected after {connect_ms} ms");
        assert!(world.lost().is_empty());
    }
}

#[test]
fn the_second_follows_the_first_without_a_gap() {
    let mut world = World::connected(spec(Dialect::Ivr));
    world.speak(A, 600, 100);
    world.pass(200);
    world.say(A, &to_b());
    world.pass(100);
    world.answer(B);
    world.speak(B, 300, 200);
    world.pass(1_500);
    // In what the caller is played, silence counts by its samples.
    let heard = world.heard();
    let first_of_b = heard.iter().position(|s| *s == 200).expect("played");
    let last_of_a = heard.iter().rposition(|s| *s == 100).expect("played");
    assert!(first_of_b - last_of_a <= 40 * 8, "{last_of_a} {first_of_b}");
    // And on the clock: what was played was always there in time.
    let mut due = world.played[0].0;
    for (at, frame) in &world.played {
        assert!(*at <= due, "{} ms late", at.ms_since(due));
        due = due.plus_us(frame.len() as u64 * 125);
    }
}

#[test]
fn what_the_first_cleared_is_not_played() {
    let mut world = World::connected(spec(Dialect::Ivr));
    world.speak(A, 600, 100);
    world.pass(200);
    world.say(A, &json!({"type": "audio.clear"}));
    world.say(A, &to_b());
    world.answer(B);
    world.speak(B, 100, 200);
    world.pass(500);
    let heard = world.heard();
    // 200 ms had passed, and 100 ms are sent ahead of time, which the caller's side has been told to drop.
    let of_a = heard.iter().filter(|s| **s == 100).count();
    assert!(of_a <= 340 * 8, "{of_a} samples of the first were sent");
    assert!(world.told.iter().any(|m| m["event"] == "flush"));
    assert_eq!(heard.iter().filter(|s| **s == 200).count(), 800);
}

#[test]
fn the_credentials_of_one_server_are_not_given_to_another() {
    let mut world = World::connected(spec(Dialect::Ivr));
    world.say(A, &to_b());
    assert!(world.bot(B).headers.is_empty());
    let same = "wss://a.example/other";
    let mut world = World::connected(spec(Dialect::Ivr));
    world.say(A, &json!({"type": "session.transfer_ws", "url": same}));
    assert_eq!(world.bot(same).headers.len(), 1);
}

#[test]
fn where_the_second_is_not_reached_the_first_has_the_call_again() {
    let mut world = World::connected(spec(Dialect::Ivr));
    world.speaks = true;
    world.pass(100);
    world.say(A, &to_b());
    world.pass(400);
    world.refuse(B, DialFault::Refused);
    world.pass(200);
    let failed = world.bot(A).told.iter().find(|m| m["event"] == "transfer");
    let failed = failed.expect("told");
    assert_eq!(failed["transfer"]["transfer_status"], "failed");
    assert_eq!(failed["transfer"]["reason"], "refused");
    assert_eq!(failed["transfer"]["transfer_to"], "wss://b.example");
    let all: Vec<i16> = (1..world.next_sample).collect();
    assert_eq!(world.bot(A).heard, all);
    assert!(world.lost().is_empty());
}

#[test]
fn a_bot_that_leaves_at_once_is_not_lost() {
    let mut world = World::connected(spec(Dialect::Ivr));
    world.speaks = true;
    world.pass(100);
    world.say(A, &to_b());
    world.hang_up(A, Some(1000));
    world.pass(100);
    world.answer(B);
    world.pass(100);
    assert!(world.lost().is_empty());
    let told = [world.bot(A).heard.clone(), world.bot(B).heard.clone()].concat();
    assert_eq!(
        told.len(),
        usize::try_from(world.next_sample - 1).expect("small")
    );
    assert_eq!(told.len() % FRAME, 0);
}

#[test]
fn what_the_first_had_not_been_sent_goes_to_the_second() {
    let mut spec = spec(Dialect::Ivr);
    spec.frame_ms = 100;
    let mut world = World::connected(spec);
    world.speaks = true;
    world.pass(550);
    world.caller_says(&json!({"type": "dtmf", "digit": "7"}));
    world.say(A, &to_b());
    world.hang_up(A, Some(1000));
    world.pass(110);
    world.answer(B);
    world.pass(500);
    let told = [world.bot(A).heard.clone(), world.bot(B).heard.clone()].concat();
    let all: Vec<i16> = (1..world.next_sample).collect();
    assert!(all.starts_with(&told), "in order, each sample once");
    assert!(all.len() - told.len() < 5 * FRAME);
}

#[test]
fn a_mark_of_the_first_is_not_told_to_the_second() {
    let mut world = World::connected(spec(Dialect::Ivr));
    world.speak(A, 500, 100);
    world.say(A, &json!({"event": "mark", "mark": {"name": "mine"}}));
    world.say(A, &to_b());
    world.answer(B);
    world.pass(1_000);
    assert_eq!(world.names(A), ["connected", "start", "stop"]);
    assert_eq!(
        world
            .names(B)
            .iter()
            .filter(|name| **name == "mark")
            .count(),
        0
    );
    let handed = |event: &CallEvent| matches!(event, CallEvent::HandedOver);
    assert!(world.events.iter().any(handed));
}

#[test]
fn the_first_is_told_of_the_end_while_the_second_is_dialled() {
    let mut world = World::connected(spec(Dialect::Ivr));
    world.say(A, &to_b());
    world.caller_leaves();
    let stop = world.bot(A).told.last().expect("told");
    assert_eq!(stop["stop"]["reason"], "callended");
}

#[test]
fn when_both_are_gone_the_agent_is_lost() {
    let mut world = World::connected(spec(Dialect::Ivr));
    world.say(A, &to_b());
    world.hang_up(A, Some(1000));
    world.refuse(B, DialFault::Status(404));
    assert_eq!(world.lost(), ["unexpected_status"]);
}

#[test]
fn two_that_give_the_call_to_each_other_come_to_an_end() {
    let mut world = World::connected(spec(Dialect::Ivr));
    let (mut from, mut to) = (A, B);
    for _ in 0..32 {
        world.say(from, &json!({"type": "session.transfer_ws", "url": to}));
        world.answer(to);
        world.pass(50);
        std::mem::swap(&mut from, &mut to);
    }
    world.say(from, &json!({"type": "session.transfer_ws", "url": to}));
    world.pass(50);
    let last = world.bot(from).told.last().expect("told");
    assert_eq!(last["transfer"]["reason"], "too_many_transfers");
    assert!(world.lost().is_empty());
}

#[test]
fn a_flow_takes_over() {
    let mut spec = spec(Dialect::Ivr);
    spec.flows = Arc::new(BTreeMap::from([("sales".to_owned(), Script::booking())]));
    let mut world = World::connected(spec);
    world.say(
        A,
        &json!({"type": "session.flow_transfer", "flow_id": "support"}),
    );
    let last = world.bot(A).told.last().expect("told");
    assert_eq!(last["transfer"]["reason"], "unknown_flow");
    world.speak(A, 300, 100);
    world.say(
        A,
        &json!({"type": "session.flow_transfer", "flow_id": "sales"}),
    );
    assert_eq!(world.names(A).last(), Some(&"stop"));
    assert!(world.bot(A).closed);
    world.pass(2_000);
    let handed = |event: &CallEvent| matches!(event, CallEvent::HandedOver);
    assert!(world.events.iter().any(handed));
    assert_eq!(world.heard().iter().filter(|s| **s == 100).count(), 2_400);
    let said = world
        .told
        .iter()
        .filter(|m| m["event"] == "transcript")
        .count();
    assert!(said > 0, "the script speaks: {:?}", world.told);
    assert_ne!(world.ending(), Some(Ending::AgentHungUp));
}
