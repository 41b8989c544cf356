//! When the bot fails.

use serde_json::json;
use trunkline_call::{CallConfig, DialFault, Ending, FailoverConfig, Frame, TurnConfig};
use trunkline_engines::bot::Manners;
use trunkline_engines::{AnyAgent, Echo};
use trunkline_protocol::bot::Dialect;

use crate::world::{A, World, spec};

fn with_echo() -> World {
    let config = CallConfig {
        failover: FailoverConfig {
            attempts: 2,
            backoff_ms: 100,
            ..FailoverConfig::default()
        },
        ..CallConfig::default()
    };
    World::with(
        spec(Dialect::Ivr),
        config,
        vec![AnyAgent::Echo(Echo::new())],
    )
}

#[test]
fn a_bot_that_may_come_back_is_dialled_again_and_another_answers_where_it_does_not() {
    let mut world = with_echo();
    world.speaks = true;
    for (attempt, pause_ms) in [(1, 100), (2, 200), (3, 0)] {
        world.refuse(A, DialFault::Refused);
        world.pass(pause_ms);
        assert_eq!(world.bot(A).dialled, 3.min(attempt + 1));
    }
    world.pass(500);
    assert_eq!(world.lost(), ["refused"; 3]);
    assert!(!world.heard().is_empty(), "the echo has the call");
}

#[test]
fn one_that_refuses_for_good_is_not_dialled_again() {
    for (fault, reason) in [
        (DialFault::Status(401), "unauthorized"),
        (DialFault::Blocked, "address_blocked"),
        (DialFault::Tls, "tls"),
        (DialFault::Protocol, "handshake"),
    ] {
        let mut world = with_echo();
        world.speaks = true;
        world.refuse(A, fault);
        world.pass(300);
        assert_eq!(world.lost(), [reason]);
        assert_eq!(world.bot(A).dialled, 1);
        assert!(!world.heard().is_empty());
    }
}

#[test]
fn a_bot_that_closes_is_lost_or_hangs_up_by_its_dialect() {
    for (dialect, code, hangs_up) in [
        (Dialect::Ivr, Some(1000), false),
        (Dialect::Twilio, Some(1000), true),
        (Dialect::Plivo, Some(1005), true),
        (Dialect::Exotel, Some(1011), false),
        (Dialect::Twilio, None, false),
    ] {
        let mut world = World::connected(spec(dialect));
        world.pass(100);
        world.hang_up(A, code);
        world.pass(50);
        let ended = world.ending() == Some(Ending::AgentHungUp);
        assert_eq!(ended, hangs_up, "{dialect:?} {code:?}");
        let lost = if code.is_some() {
            "bot_closed"
        } else {
            "bot_lost"
        };
        let expected: &[&str] = if hangs_up { &[] } else { &[lost] };
        assert_eq!(world.lost(), expected);
    }
}

/// RFC 6455 §7.4.1: too big, broken, bad UTF-8.
#[test]
fn a_bot_that_breaks_the_rules_of_its_socket_is_told_which() {
    for (frame, code, reason) in [
        (Frame::TooBig, 1009, "message_too_big"),
        (
            Frame::Broken { close_code: 1002 },
            1002,
            "protocol_violation",
        ),
        (
            Frame::Broken { close_code: 1007 },
            1007,
            "protocol_violation",
        ),
    ] {
        let mut world = with_echo();
        world.answer(A);
        world.speak(A, 100, 9);
        world.hear_frame(A, frame);
        world.speaks = true;
        world.pass(500);
        assert_eq!(world.bot(A).close_code, Some(code));
        assert_eq!(world.lost(), [reason]);
        let heard = world.heard();
        let said = heard.iter().skip_while(|s| **s != 9);
        let said = said.take_while(|s| **s == 9);
        assert_eq!(said.count(), 800, "what it said is played");
        assert!(heard.len() > 800, "the echo has the call");
    }
    let mut world = World::connected(spec(Dialect::Ivr));
    world.say(A, &json!({"type": "session.hangup"}));
    world.pass(100);
    assert_eq!(world.bot(A).close_code, Some(1000));
}

#[test]
fn a_mute_bot_is_given_up() {
    let mut world = with_echo();
    world.answer(A);
    world.pass(9_990);
    assert!(world.lost().is_empty());
    world.pass(20);
    assert_eq!(world.lost(), ["no_first_audio"]);
    assert!(world.bot(A).closed);
    let mut world = World::connected(spec(Dialect::Ivr));
    world.speak(A, 20, 1);
    world.pass(20_000);
    assert!(world.lost().is_empty(), "it has spoken");
}

#[test]
fn a_bot_that_spoke_before_it_was_told_of_the_call_has_spoken() {
    let mut world = with_echo();
    world.answer_with(A, |world| world.speak(A, 500, 3));
    world.pass(30_000);
    assert!(world.lost().is_empty());
    assert_eq!(world.heard().iter().filter(|s| **s == 3).count(), 4_000);
}

#[test]
fn a_deadline_that_cannot_be_acted_on_is_not_waited_for() {
    let mut spec = spec(Dialect::Ivr);
    spec.manners.first_audio_ms = 500;
    let mut world = World::new(spec);
    world.pass(2_000);
    assert!(
        world.wakes < 200,
        "{} wakes while it is dialled",
        world.wakes
    );
    let mut world = World::connected(self::spec(Dialect::Ivr));
    world.pass(8_000);
    world.say(
        A,
        &json!({"type": "session.transfer_ws", "url": crate::world::B}),
    );
    let before = world.wakes;
    world.pass(4_000);
    assert!(
        world.wakes - before < 400,
        "{} wakes while it moves",
        world.wakes - before
    );
    world.refuse(crate::world::B, DialFault::TimedOut);
    world.pass(5_000);
    assert!(
        world.lost().is_empty(),
        "it has had the call for a moment only"
    );
}

#[test]
fn a_bot_that_does_not_read_is_given_up_and_its_audio_is_kept_for_the_next() {
    let mut world = with_echo();
    world.answer(A);
    world.speak(A, 20, 1);
    world.speaks = true;
    world.pass(500);
    world.bots.get_mut(A).expect("known").stalled = true;
    world.pass(9_900);
    assert!(world.lost().is_empty());
    world.pass(300);
    assert_eq!(world.lost(), ["bot_stalled"]);
}

/// The gateway takes the turns, and the caller asks something.
fn asked() -> World {
    let mut spec = spec(Dialect::Ivr);
    spec.manners = Manners {
        barge_in: true,
        answer_ms: 3_000,
        first_audio_ms: 0,
        ..Manners::default()
    };
    let mut world = World::connected(spec);
    (world.speaks, world.quiet) = (true, true);
    world.speech = trunkline_testkit::recording::speech("vm-intro").into();
    world.speech.truncate(8 * 1_500);
    world
}

#[test]
fn an_answer_that_does_not_come_is_a_lost_bot_where_the_gateway_takes_the_turns() {
    let mut world = asked();
    world.pass(4_000);
    assert!(world.lost().is_empty(), "the turn is over, and 3 s are not");
    world.pass(2_500);
    assert_eq!(world.lost(), ["no_answer"]);
}

#[test]
fn an_answer_before_the_gateway_knows_that_the_turn_is_over_is_one() {
    let mut world = asked();
    let spoken_ms = world.speech.len() as u64 / 8;
    world.pass(spoken_ms + 100);
    world.speak(A, 100, 9);
    world.pass(15_000);
    assert!(world.lost().is_empty());
}

#[test]
fn nothing_a_bot_says_is_held_for_the_end_of_a_turn() {
    let config = CallConfig {
        turns: TurnConfig {
            eager_ms: Some(100),
            ..TurnConfig::default()
        },
        ..CallConfig::default()
    };
    let mut spec = spec(Dialect::Ivr);
    spec.manners.barge_in = true;
    let mut world = World::with(spec, config, Vec::new());
    world.answer(A);
    (world.speaks, world.quiet) = (true, true);
    let phrase = trunkline_testkit::recording::speech("vm-intro");
    let phrase = phrase.get(..8 * 1_500).expect("long enough");
    let pause = [0; 8 * 200];
    world.speech = [phrase, &pause, phrase].concat().into();
    world.pass(1_600);
    world.say(A, &json!({"type": "session.hangup"}));
    world.pass(3_000);
    assert_eq!(world.ending(), Some(Ending::AgentHungUp));
}

#[test]
fn an_answer_in_time_is_one() {
    let mut world = asked();
    world.pass(4_000);
    world.speak(A, 100, 9);
    world.pass(10_000);
    assert!(world.lost().is_empty());
    assert_eq!(world.heard().iter().filter(|s| **s == 9).count(), 800);
}

#[test]
fn a_caller_who_speaks_over_a_bot_silences_it_where_the_gateway_takes_the_turns() {
    let mut world = asked();
    world.speech = std::iter::repeat_n(0, 8 * 500)
        .chain(std::mem::take(&mut world.speech))
        .collect();
    world.speak(A, 5_000, 9);
    world.pass(1_600);
    let last = world.bot(A).told.iter().rfind(|m| m["event"] == "clear");
    assert!(last.is_some(), "it was told");
    let played = world.heard().len();
    world.pass(300);
    assert_eq!(world.heard().len(), played);
}

#[test]
fn a_flood_is_held_within_bounds() {
    let mut world = World::connected(spec(Dialect::Ivr));
    for _ in 0..40 {
        world.speak(A, 4_000, 5);
    }
    world.pass(100);
    assert!(
        world.lost().is_empty(),
        "the call holds what it may and counts the rest"
    );
    world.caller_leaves();
    let overflow = world.events.iter().find_map(|event| match event {
        trunkline_call::CallEvent::Ended { counters, .. } => Some(counters.overflow_bytes),
        _ => None,
    });
    let expected = (40 * 4_000 - 120_000) * 16;
    let overflow = overflow.expect("ended");
    assert!(
        overflow.abs_diff(expected) < 16 * 400,
        "{overflow} of {expected}"
    );
}

#[test]
fn keys_for_a_bot_that_does_not_read_are_bounded() {
    let mut world = World::connected(spec(Dialect::Ivr));
    world.speak(A, 20, 1);
    world.bots.get_mut(A).expect("known").stalled = true;
    for _ in 0..300 {
        world.caller_says(&json!({"type": "dtmf", "digit": "1"}));
    }
    assert_eq!(world.lost(), ["bot_stalled"]);
}
