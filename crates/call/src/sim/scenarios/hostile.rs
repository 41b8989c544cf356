//! Networks and timers at their worst.

use crate::agent::Hears;
use crate::ending::Ending;
use crate::sim::acts::Act;
use crate::sim::network::Weather;
use crate::sim::person::Background;
use crate::sim::script::{Do, Told, When};
use crate::sim::world::World;
use crate::time::Time;

#[test]
fn a_half_open_socket_is_given_up_when_it_is_full_and_the_patience_is_over() {
    let mut w = World::twilio()
        .socket_bytes(8_000)
        .agent_says_on_begin(60_000)
        .build();
    w.run_for(5_000);
    w.network_dies();
    // 1 s fits into the socket; the frame after that is the first that is due and cannot be sent.
    w.run_for(1_000 + 10_000);
    w.assert_still_on();
    w.run_for(45);
    assert!(w.is_ending());
    // Nobody reads the goodbye: the time of a closing.
    w.run_for(4_000);
    w.assert_over(Ending::CallerStalled, 4410);
}

#[test]
fn a_half_open_socket_does_not_keep_a_call_that_says_goodbye() {
    let mut w = World::twilio().build();
    w.agent_says(1_000);
    w.agent_hangs_up();
    w.run_for(500);
    w.network_dies();
    // The mark is waited for, and then the clock is believed.
    w.run_for(500 + 1_999);
    assert_eq!(w.driver.closed, None);
    w.run_for(1);
    w.assert_over(Ending::AgentHungUp, 1000);
}

#[test]
fn a_stall_in_the_middle_of_a_barge_in_ends_in_silence_and_not_in_old_speech() {
    let mut w = World::twilio()
        .voice_turns()
        .agent_says_on_begin(20_000)
        .build();
    w.run_for(3_000);
    w.caller_speaks(1_000);
    w.later(100, Act::StallDown(2_000));
    w.run_until(600, |w| !w.interruptions().is_empty());
    // What had arrived before the stall plays out; the clear comes with it, after the stall.
    let heard_ms = {
        w.run_for(100);
        w.heard_ms()
    };
    w.assert_silent();
    w.run_for(3_000);
    w.assert_heard_ms(heard_ms);
    w.agent_says(700);
    w.run_for(701);
    w.assert_heard_ms(heard_ms + 700);
}

#[test]
fn a_link_that_blocks_in_a_barge_in_gets_the_clear_first_and_nothing_old() {
    let mut w = World::plivo()
        .agent_says_on_begin(20_000)
        .when(When::Interrupted, Do::Say(1_000))
        .build();
    w.run_for(3_000);
    w.caller_link_blocks(2_000);
    w.run_for(50);
    w.caller_interrupts();
    w.run_for(1_949);
    assert_eq!(w.sent_at("clear"), None);
    let heard_ms = w.heard_ms();
    w.run_for(1);
    assert_eq!(w.sent_at("clear"), Some(w.now));
    w.run_for(1_001);
    w.assert_heard_ms(heard_ms + 1_000);
    w.assert_spoken(1);
}

#[test]
fn interruptions_that_arrive_in_a_heap_are_one() {
    let mut w = World::vonage().agent_says_on_begin(20_000).build();
    w.run_for(1_000);
    w.uplink_stalls(2_000);
    for _ in 0..5 {
        w.caller_interrupts();
        w.run_for(300);
    }
    w.run_for(500);
    w.assert_interrupted(1, 0);
    assert_eq!(w.interruptions()[0].1, 3_000);
    w.assert_clears(1);
}

#[test]
fn echoes_that_a_stall_held_back_do_not_answer_for_what_came_after_the_clear() {
    let mut w = World::twilio().build();
    w.agent_says(300);
    w.run_for(250);
    w.uplink_stalls(400);
    w.run_for(200);
    // The first has been played, and its echo waits in the network.
    w.agent_cuts_itself_off();
    w.agent_says(2_000);
    w.run_for(1_000);
    w.assert_spoken(0);
    w.run_for(1_000);
    w.assert_spoken(1);
}

#[test]
fn a_stall_in_the_middle_of_a_turn_splits_it_and_loses_nothing() {
    let mut w = World::twilio()
        .voice_turns()
        .background(Background::Nothing)
        .build();
    w.run_for(10);
    w.caller_speaks(3_000);
    w.run_for(1_000);
    w.uplink_stalls(2_000);
    w.run_for(900);
    w.assert_told(&Told::EndOfTurn, 1);
    w.run_for(4_000);
    w.assert_told(&Told::SpeechStarted, 2);
    w.assert_told(&Told::EndOfTurn, 2);
    assert_eq!(w.agent_heard_ms(), 3_000);
}

#[test]
fn a_clump_after_silence_is_heard_whole_and_in_order() {
    let mut w = World::telnyx().background(Background::Stamps).build();
    w.run_for(990);
    w.caller_mutes(true);
    w.run_for(4_000);
    w.caller_mutes(false);
    w.uplink_stalls(1_500);
    w.run_for(2_000);
    let heard = w.agent_heard_stamps();
    assert_eq!(heard, (0..150).collect::<Vec<_>>());
    assert_eq!((w.counters().media_lost, w.counters().media_late), (0, 0));
}

#[test]
fn an_engine_whose_clock_is_the_audio_is_not_driven_ahead_by_a_clump() {
    let mut w = World::twilio().agent_hears(Hears::Continuous).build();
    w.run_for(1_000);
    w.caller_mutes(true);
    w.run_for(3_000);
    w.caller_mutes(false);
    w.run_for(1_000);
    let heard_ms = w.agent_heard_ms();
    assert!((4_980..=5_020).contains(&heard_ms), "{heard_ms} ms in 5 s");
}

#[test]
fn jitter_of_300_ms_costs_a_line_with_exact_frames_its_worst_delay_once() {
    for seed in 0..5 {
        let mut w = World::vonage().jitter_ms(300).seed(seed).build();
        let begun = w.now;
        w.agent_says(20_000);
        w.run_for(22_000);
        w.assert_heard_ms(20_000);
        w.assert_spoken(1);
        assert_eq!(w.watch.tally.messages, 1_000, "all of exactly 20 ms");
        let gaps_ms = w.carrier.gaps_us(w.now, Time::ZERO) / 1_000;
        assert!(gaps_ms <= 300 - 100, "{gaps_ms} ms of gaps");
        let spoken_ms = w.told_at(&Told::Spoken).map(|at| at.ms_since(begun));
        assert!(
            spoken_ms.is_some_and(|ms| ms <= 20_000 + 600),
            "{spoken_ms:?}"
        );
    }
}

#[test]
fn jitter_of_300_ms_with_loss_is_counted_frame_by_frame() {
    let mut w = World::telnyx()
        .background(Background::Stamps)
        .weather(Weather {
            latency_us: 20_000,
            jitter_us: 300_000,
            datagrams: true,
            loss_per_mille: 20,
        })
        .seed(7)
        .build();
    w.run_for(20_000);
    w.caller_mutes(true);
    w.run_for(1_000);
    let (heard, sent) = (w.agent_heard_stamps(), w.person.stamped);
    assert!(
        heard.is_sorted_by(|one, two| one < two),
        "in order, each once"
    );
    let late = w.counters().media_late;
    assert_eq!(heard.len() as u64 + late + w.up.lost, sent);
    assert!(late > 0 && w.up.lost > 0, "{late} late, {} lost", w.up.lost);
}

#[test]
fn both_directions_stalled_lose_neither_side_a_word() {
    let mut w = World::exotel()
        .background(Background::Stamps)
        .latency_ms(30)
        .agent_says_on_begin(8_000)
        .build();
    w.run_for(2_000);
    w.uplink_stalls(2_000);
    w.downlink_stalls(2_000);
    w.run_for(11_000);
    w.assert_heard_ms(8_000);
    w.assert_spoken(1);
    let heard = w.agent_heard_stamps();
    assert_eq!(heard, (0..heard.len() as u64).collect::<Vec<_>>());
    assert!(heard.len() >= 645, "{}", heard.len());
    w.assert_still_on();
}

#[test]
fn a_carrier_that_never_reads_after_start_is_heard_until_it_is_given_up() {
    let mut w = World::twilio()
        .socket_bytes(4_096)
        .background(Background::Stamps)
        .build();
    w.down.die();
    w.run_for(1_000);
    w.agent_says(30_000);
    // 26 frames fit; the lead sends six at once, and the rest each in its time.
    let full_at = w.run_until(2_000, |w| !w.down.is_writable(w.now));
    assert_eq!(full_at, 400);
    w.run_for(10_000);
    w.assert_still_on();
    let heard = w.agent_heard_stamps();
    assert_eq!(heard, (0..heard.len() as u64).collect::<Vec<_>>());
    w.run_for(45);
    assert!(w.is_ending());
    // Nobody reads the goodbye: the time of a closing.
    w.run_for(4_000);
    w.assert_over(Ending::CallerStalled, 4410);
}

#[test]
fn a_blocked_link_does_not_keep_a_closing_call() {
    let mut w = World::twilio().build();
    w.agent_says(1_000);
    w.agent_hangs_up();
    w.run_for(200);
    w.caller_link_blocks(60_000);
    // The last word at 1 s, the patience with a mark, the patience with a closing.
    w.run_for(800 + 2_000 + 1_999);
    assert_eq!(w.driver.closed, None);
    w.run_for(1);
    w.assert_over(Ending::AgentHungUp, 1000);
}

#[test]
fn a_link_that_blocks_for_a_second_while_closing_still_gets_the_last_words() {
    let mut w = World::asterisk().build();
    w.agent_says(2_000);
    w.agent_hangs_up();
    w.run_for(510);
    w.caller_link_blocks(1_000);
    // A frame was lost from the caller's ear, and nothing of what was said.
    w.run_for(2_479);
    assert_eq!(w.driver.closed, None);
    w.run_for(1);
    w.assert_heard_ms(2_000);
    w.assert_over(Ending::AgentHungUp, 1000);
}

#[test]
fn a_reset_behind_a_stall_comes_after_everything_said_before_it() {
    let mut w = World::vonage()
        .background(Background::Stamps)
        .agent_says_on_begin(10_000)
        .build();
    w.run_for(990);
    w.uplink_stalls(2_000);
    w.run_for(1_000);
    w.caller_is_lost();
    w.run_for(999);
    w.assert_still_on();
    w.run_for(1);
    w.assert_over(Ending::CallerLost, 1000);
    assert_eq!(w.agent_heard_stamps(), (0..100).collect::<Vec<_>>());
}

#[test]
fn a_link_that_blocks_again_and_again_loses_nothing_and_says_so_once() {
    let mut w = World::twilio().agent_says_on_begin(20_000).build();
    for _ in 0..20 {
        w.run_for(800);
        w.caller_link_blocks(200);
        w.run_for(200);
    }
    w.run_for(5_000);
    w.assert_heard_ms(20_000);
    w.assert_spoken(1);
    assert_eq!(w.counters().overflow_bytes, 0);
    // Each time what the carrier holds is used up and a little is missing.
    let gaps_ms = w.carrier.gaps_us(w.now, Time::ZERO) / 1_000;
    assert!((20 * 80..=20 * 120).contains(&gaps_ms), "{gaps_ms} ms");
}

#[test]
fn timers_that_fire_late_delay_nothing_but_themselves() {
    let mut w = World::plivo()
        .timers_late_us(80_000)
        .engine_turns()
        .config(|c| {
            c.turns.idle_ms = Some(2_000);
            c.turns.idle_limit = 100;
            c.max_call_ms = 60_000;
        })
        .background(Background::Nothing)
        .build();
    w.run_until(60_200, |w| w.driver.over);
    let ended_ms = w.now.as_us() / 1_000;
    assert!((60_000..=60_080).contains(&ended_ms), "{ended_ms} ms");
    let idle = w.told();
    let idle = idle
        .iter()
        .filter(|(_, told)| matches!(told, Told::Idle { .. }));
    // Up to 80 ms late each, and never two at once.
    let count = idle.count();
    assert!((28..=29).contains(&count), "{count}");
}
