//! Networks that send nothing while the caller is silent: time runs on (`docs/complaints.md`, theme 23).

use crate::agent::Hears;
use crate::caller::Place;
use crate::ending::Ending;
use crate::sim::person::Background;
use crate::sim::script::{Do, Told, When};
use crate::sim::world::World;
use crate::time::Time;

#[test]
fn a_turn_ends_although_nothing_comes() {
    let mut w = World::asterisk()
        .background(Background::Nothing)
        .voice_turns()
        .build();
    w.run_for(1_000);
    w.caller_speaks(600);
    w.run_for(600 - 20 + 499);
    w.assert_told(&Told::SpeechStarted, 1);
    w.assert_told(&Told::EndOfTurn, 0);
    // The network counts as silent 500 ms after its last frame; the turn is over for 100 ms by then.
    w.run_for(1);
    w.assert_told(&Told::EndOfTurn, 1);
}

#[test]
fn a_turn_ends_at_its_time_also_where_the_network_counts_as_silent_before() {
    let mut w = World::asterisk()
        .background(Background::Nothing)
        .voice_turns()
        .config(|c| c.uplink.silent_after_ms = 100)
        .config(|c| c.turns.silence_ms = 1_000)
        .build();
    w.run_for(1_000);
    w.caller_speaks(600);
    let spoken_until = w.now.plus_ms(600);
    w.run_for(3_000);
    let over = w.told_at(&Told::EndOfTurn).expect("the turn is over");
    // Looked at every 100 ms; voice activity knows the end of speech to 50.
    let after_ms = over.ms_since(spoken_until);
    assert!((950..=1_150).contains(&after_ms), "{after_ms} ms");
}

#[test]
fn the_next_turn_begins_on_a_silent_network_like_the_first() {
    let mut w = World::asterisk()
        .background(Background::Nothing)
        .voice_turns()
        .build();
    for turn in 1..=4 {
        w.run_for(2_000);
        w.caller_speaks(600);
        let spoke = w.now;
        w.run_for(3_000);
        w.assert_told(&Told::SpeechStarted, turn);
        w.assert_told(&Told::EndOfTurn, turn);
        let started = w.told_at(&Told::SpeechStarted).expect("told");
        // The first word of a call is trusted later.
        let least_ms = if turn == 1 { 400 } else { 150 };
        assert!(started.ms_since(spoke) <= least_ms, "{started}");
        let over = w.told_at(&Told::EndOfTurn).expect("told");
        assert_eq!(over.ms_since(spoke), 600 - 20 + 500);
    }
}

#[test]
fn a_sound_over_the_agents_speech_does_not_stay_in_doubt_on_a_silent_network() {
    let mut w = World::asterisk()
        .background(Background::Nothing)
        .voice_turns()
        .config(|c| c.turns.sensitivity = crate::config::Sensitivity::Low)
        .agent_says_on_begin(5_000)
        .build();
    w.run_for(1_000);
    w.caller_speaks(400);
    w.run_for(400 - 20 + 499);
    w.assert_told(&Told::SpeechStarted, 1);
    w.assert_told(&Told::Backchannel, 0);
    w.run_for(1);
    w.assert_told(&Told::Backchannel, 1);
    w.assert_interrupted(0, 0);
    w.assert_hears_agent();
}

#[test]
fn an_answer_prepared_early_is_released_on_a_silent_network() {
    let mut w = World::asterisk()
        .background(Background::Nothing)
        .voice_turns()
        .config(|c| c.turns.silence_ms = 1_000)
        .config(|c| c.turns.eager_ms = Some(200))
        .when(When::EagerEndOfTurn, Do::Say(500))
        .build();
    w.run_for(1_000);
    w.caller_speaks(600);
    w.run_for(600 - 20 + 500);
    w.assert_told(&Told::EagerEndOfTurn, 1);
    w.assert_told(&Told::EndOfTurn, 0);
    w.assert_silent();
    w.run_for(600);
    w.assert_told(&Told::EndOfTurn, 1);
    w.assert_hears_agent();
    w.run_for(600);
    w.assert_heard_ms(500);
}

#[test]
fn an_engine_whose_clock_is_the_audio_gets_silence_in_time() {
    let mut w = World::asterisk()
        .agent_hears(Hears::Continuous)
        .background(Background::Nothing)
        .build();
    w.run_for(499);
    assert_eq!(w.agent_heard_ms(), 0);
    w.run_for(1);
    assert_eq!(w.agent_heard_ms(), 500, "from the beginning of the call");
    for _ in 0..100 {
        w.run_for(50);
        let behind_ms = w.now.as_ms() - w.agent_heard_ms();
        assert!(behind_ms < 100, "{behind_ms} ms behind at {}", w.now);
    }
    assert_eq!(w.metering().caller_audio_ms, 0);
}

#[test]
fn other_agents_get_nothing_where_nothing_comes() {
    for hears in [Hears::AsItComes, Hears::Turns] {
        let mut w = World::asterisk()
            .agent_hears(hears)
            .voice_turns()
            .background(Background::Nothing)
            .build();
        w.run_for(5_000);
        assert_eq!(w.agent_heard_ms(), 0);
    }
}

#[test]
fn lost_frames_on_a_silent_network_are_not_filled_twice() {
    // Two seconds lost: the clock runs on, and then the numbers, or the timestamps, say the same.
    for chunkless in [false, true] {
        let mut w = World::asterisk()
            .agent_hears(Hears::Continuous)
            .background(Background::Stamps)
            .build();
        w.person.chunkless = chunkless;
        w.run_for(1_000);
        w.network_loses(100);
        w.run_for(2_000);
        w.run_for(1_000);
        assert_eq!(w.agent_heard_ms(), 4_020, "chunkless: {chunkless}");
    }
}

#[test]
fn timestamps_that_run_on_over_a_pause_of_the_caller_are_not_filled_twice() {
    let mut w = World::asterisk()
        .agent_hears(Hears::Continuous)
        .background(Background::Stamps)
        .build();
    w.person.chunkless = true;
    w.run_for(1_000);
    w.caller_mutes(true);
    w.run_for(1_700);
    w.caller_mutes(false);
    w.run_for(1_300);
    assert_eq!(w.agent_heard_ms(), 4_020);
}

#[test]
fn a_pause_too_short_to_be_silence_is_known_by_its_numbers_alone() {
    let heard_ms = |numbered: bool| {
        let mut w = World::asterisk()
            .agent_hears(Hears::Continuous)
            .background(Background::Stamps)
            .build();
        w.run_for(990);
        if numbered {
            w.network_loses(20);
            w.run_for(400);
        } else {
            w.caller_mutes(true);
            w.run_for(400);
            w.caller_mutes(false);
        }
        w.run_for(610);
        w.agent_heard_ms()
    };
    assert_eq!(heard_ms(true), 2_020);
    assert_eq!(heard_ms(false), 2_020 - 400, "it may be jitter");
}

#[test]
fn many_pauses_do_not_make_the_engines_clock_run_ahead() {
    let mut w = World::asterisk()
        .agent_hears(Hears::Continuous)
        .build_by_hand();
    for n in 0..100 {
        // The frame holds the last 20 of the 505 ms since the one before.
        w.run_for(505);
        let place = Place {
            chunk: Some(n),
            timestamp_ms: None,
        };
        w.caller_sends_stamp(place, n);
        w.run_for(0);
        let ahead_ms = w.agent_heard_ms().saturating_sub(w.now.as_ms());
        assert!(ahead_ms <= 20, "{ahead_ms} ms ahead after {n} pauses");
    }
    let behind_ms = w.now.as_ms().saturating_sub(w.agent_heard_ms());
    assert!(behind_ms <= 20, "{behind_ms} ms behind");
}

#[test]
fn what_a_stall_delays_is_heard_whole_behind_the_silence() {
    let mut w = World::asterisk()
        .agent_hears(Hears::Continuous)
        .background(Background::Stamps)
        .build();
    w.run_for(1_000);
    w.uplink_stalls(2_000);
    w.run_for(1_999);
    w.assert_agent_heard(0..51);
    w.run_for(1);
    w.assert_agent_heard(0..151);
    w.run_for(1_000);
    w.assert_agent_heard(0..201);
    assert_eq!((w.counters().media_late, w.counters().media_lost), (0, 0));
}

#[test]
fn missing_audio_alone_does_not_end_a_call() {
    let mut w = World::asterisk().background(Background::Nothing).build();
    w.run_for(600_000);
    w.assert_still_on();
}

#[test]
fn nobody_is_woken_for_silence_nobody_waits_for() {
    let mut w = World::asterisk().background(Background::Nothing).build();
    w.run_for(5_000);
    // The next ping.
    assert_eq!(w.driver.wake, Some(Time::from_ms(20_000)));
}

#[test]
fn a_caller_whose_network_is_silent_is_asked_again_and_given_up() {
    let mut w = World::asterisk()
        .background(Background::Nothing)
        .voice_turns()
        .config(|c| (c.turns.idle_ms, c.turns.idle_limit) = (Some(3_000), 2))
        .agent_says_on_begin(1_000)
        .build();
    w.run_for(3_999);
    w.assert_told(&Told::Idle { times: 1 }, 0);
    w.run_for(1);
    w.assert_told(&Told::Idle { times: 1 }, 1);
    w.run_for(3_000);
    w.assert_told(&Told::Idle { times: 2 }, 1);
    w.run_for(2_999);
    w.assert_still_on();
    w.run_for(1);
    assert_eq!(w.ending(), Some(Ending::CallerSilent));
}
