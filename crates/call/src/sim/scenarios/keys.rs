//! Keys the caller presses, in the audio and beside it (`docs/complaints.md`, theme 17).

use crate::sim::build::Builder;
use crate::sim::script::Told;
use crate::sim::uplink::loud;
use crate::sim::world::World;

fn listening(builder: Builder) -> Builder {
    builder.config(|c| c.uplink.touch_tones = true)
}

/// Lines with every encoding and rate there is.
fn lines() -> [Builder; 5] {
    [
        World::twilio(),
        World::plivo(),
        World::exotel(),
        World::vonage(),
        World::acs(),
    ]
}

#[test]
fn a_key_the_carrier_reports_is_told_at_once() {
    let mut w = World::twilio().build();
    w.run_for(990);
    w.caller_presses('#');
    w.run_for(0);
    assert_eq!(w.keys_told(), "#");
    w.assert_sent("digit #", 1);
    assert_eq!(w.sent_at("digit #"), Some(w.now));
}

#[test]
fn a_key_in_the_audio_is_told_within_its_first_40_ms() {
    for builder in lines() {
        let mut w = listening(builder).build();
        w.run_for(999);
        w.caller_plays_keys("5", 100);
        // The tone begins with the frame of 1,000 ms, which holds 20 of it.
        w.run_for(1);
        assert_eq!(w.keys_told(), "");
        w.run_for(40);
        assert_eq!(w.keys_told(), "5", "{:?}", w.carrier.line());
        w.run_for(1_000);
        assert_eq!(w.keys_told(), "5");
        w.assert_sent("digit 5", 1);
    }
}

#[test]
fn every_key_is_found_in_order_at_every_rate() {
    for builder in lines() {
        let mut w = listening(builder).build();
        w.caller_plays_keys("123A456B789C*0#D", 50);
        w.run_for(3_000);
        assert_eq!(
            w.keys_told(),
            "123A456B789C*0#D",
            "{:?}",
            w.carrier.line().sends
        );
    }
}

#[test]
fn a_tone_does_not_reach_the_agent_as_sound() {
    for builder in lines() {
        let mut w = listening(builder).build();
        let per_ms = w.carrier.line().sends.rate_hz as usize / 1_000;
        w.run_for(999);
        w.agent_records();
        w.caller_plays_keys("5", 200);
        w.run_for(1_001);
        let (first, last, _) = loud(&w.recording()).expect("its beginning");
        // 30 ms until it is suspected, blocks of 5 at rates other than 8 kHz, a fade of 2.
        let ms = (last - first) / per_ms;
        assert!(ms <= 37, "{ms} ms of it in {:?}", w.carrier.line().sends);
        assert_eq!(w.recording().len() / per_ms, 1_020);
    }
}

#[test]
fn where_nobody_looks_for_tones_they_are_sound() {
    let mut w = World::exotel().build();
    w.run_for(999);
    w.agent_records();
    w.caller_plays_keys("5", 200);
    w.run_for(1_001);
    let (first, last, _) = loud(&w.recording()).expect("the tone");
    assert!((last - first) / 8 >= 198);
    assert_eq!(w.keys_told(), "");
}

#[test]
fn a_key_heard_and_reported_is_one_key_in_either_order() {
    for (heard_ms, reported_ms) in [(100, 100), (100, 400), (300, 100), (100, 560), (500, 100)] {
        let mut w = listening(World::twilio()).build();
        let from = w.now;
        let steps = if heard_ms <= reported_ms {
            [(heard_ms, true), (reported_ms, false)]
        } else {
            [(reported_ms, false), (heard_ms, true)]
        };
        for (ms, heard) in steps {
            w.run_to(from.plus_ms(ms - 1));
            if heard {
                w.caller_plays_keys("5", 100);
            } else {
                w.caller_presses('5');
            }
        }
        w.run_for(2_000);
        assert_eq!(w.keys_told(), "5", "{heard_ms} {reported_ms}");
        w.assert_sent("digit 5", 1);
    }
}

#[test]
fn a_key_reported_long_after_one_heard_is_another() {
    let mut w = listening(World::twilio()).build();
    w.run_for(999);
    w.caller_plays_keys("5", 100);
    w.run_for(41 + 501);
    w.caller_presses('5');
    w.run_for(0);
    assert_eq!(w.keys_told(), "55");
}

#[test]
fn a_key_pressed_twice_is_two_whichever_way_it_comes() {
    // Both presses heard; both reported; both heard and reported, each in its turn and in a heap.
    let mut w = listening(World::twilio()).build();
    w.caller_plays_keys("55", 60);
    w.run_for(1_000);
    assert_eq!(w.keys_told(), "55");
    w.caller_presses('6');
    w.run_for(100);
    w.caller_presses('6');
    w.run_for(1_000);
    assert_eq!(w.keys_told(), "5566");
    w.caller_plays_keys("7", 60);
    w.run_for(80);
    w.caller_presses('7');
    w.run_for(40);
    w.caller_plays_keys("7", 60);
    w.run_for(80);
    w.caller_presses('7');
    w.run_for(1_000);
    assert_eq!(w.keys_told(), "556677");
    w.caller_plays_keys("88", 60);
    w.run_for(260);
    w.caller_presses('8');
    w.caller_presses('8');
    w.run_for(1_000);
    assert_eq!(w.keys_told(), "55667788");
}

#[test]
fn a_heard_key_and_another_reported_are_two() {
    let mut w = listening(World::twilio()).build();
    w.caller_plays_keys("1", 100);
    w.run_for(100);
    w.caller_presses('2');
    w.run_for(1_000);
    assert_eq!(w.keys_told(), "12");
}

#[test]
fn a_key_held_down_is_one_key() {
    let mut w = listening(World::vonage()).build();
    w.caller_plays_keys("9", 3_000);
    w.run_for(7_000);
    assert_eq!(w.keys_told(), "9");
}

#[test]
fn a_voice_presses_no_keys() {
    for builder in lines() {
        let mut w = listening(builder).build();
        w.caller_speaks(30_000);
        w.run_for(31_000);
        assert_eq!(w.keys_told(), "");
    }
}

#[test]
fn a_muted_callers_keys_count() {
    let mut w = listening(World::twilio()).build();
    w.operator_mutes(true);
    w.run_for(500);
    w.agent_records();
    w.caller_plays_keys("4", 100);
    w.run_for(500);
    assert_eq!(w.keys_told(), "4");
    assert_eq!(loud(&w.recording()), None);
}

#[test]
fn a_network_that_falls_silent_lets_go_of_the_key() {
    let mut w = listening(World::asterisk())
        .background(crate::sim::person::Background::Nothing)
        .build();
    w.caller_plays_keys("2", 60);
    w.run_for(60);
    w.person.sound.clear();
    w.run_for(3_000);
    assert_eq!(w.keys_told(), "2");
    w.caller_plays_keys("2", 60);
    w.run_for(1_000);
    assert_eq!(w.keys_told(), "22");
}

#[test]
fn a_key_is_no_turn_and_cuts_nobody_off() {
    let mut w = listening(World::twilio())
        .voice_turns()
        .agent_says_on_begin(3_000)
        .build();
    w.run_for(500);
    w.caller_plays_keys("5", 400);
    w.run_for(1_000);
    w.caller_presses('6');
    w.run_for(1_600);
    assert_eq!(w.keys_told(), "56");
    w.assert_told(&Told::SpeechStarted, 0);
    w.assert_interrupted(0, 0);
    w.assert_heard_ms(3_000);
}

#[test]
fn a_caller_who_presses_keys_is_not_idle() {
    let mut w = World::twilio()
        .voice_turns()
        .config(|c| c.turns.idle_ms = Some(2_000))
        .build();
    w.run_for(1_500);
    w.caller_presses('1');
    w.run_for(1_999);
    w.assert_told(&Told::Idle { times: 1 }, 0);
    w.run_for(1);
    w.assert_told(&Told::Idle { times: 1 }, 1);
}
