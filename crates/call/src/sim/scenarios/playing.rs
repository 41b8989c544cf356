//! What the agent says is heard: whole, in order, in time.

use trunkline_codecs::format::AudioFormat;

use crate::sim::world::World;
use crate::time::Time;

#[test]
fn an_echo_comes_back_whole_and_in_order() {
    let mut w = World::twilio().agent_echoes().build();
    w.run_for(1_000);
    let numbers: Vec<_> = (0..51).collect();
    assert_eq!(w.agent_heard_stamps(), numbers);
    // A frame plays the moment it came in: the one that came now has not been heard yet.
    w.assert_heard_ms(1_000);
    w.assert_no_gaps();
}

#[test]
fn a_burst_is_played_without_a_gap() {
    let mut w = World::vonage().agent_says_on_begin(3_000).build();
    w.run_for(2_999);
    w.assert_heard_ms(2_999);
    w.assert_hears_agent();
    w.run_for(1);
    w.assert_silent();
    w.run_for(500);
    w.assert_heard_ms(3_000);
    w.assert_no_gaps();
}

#[test]
fn an_agent_in_real_time_is_played_without_a_gap() {
    let mut w = World::acs()
        .agent_in_real_time()
        .agent_says_on_begin(2_000)
        .timers_late_us(2_000)
        .prebuffer_ms(20)
        .build();
    w.run_for(2_500);
    w.assert_heard_ms(2_000);
    w.assert_no_gaps();
}

#[test]
fn another_rate_in_odd_pieces_is_played_whole() {
    let mut w = World::twilio()
        .agent_speaks(AudioFormat::pcm16(24_000))
        .agent_gives_pieces_of(758)
        .agent_says_on_begin(2_000)
        .build();
    w.run_for(2_500);
    w.assert_heard_ms(2_000);
    w.assert_no_gaps();
    w.run_for(100);
    w.assert_spoken(1);
}

#[test]
fn the_carrier_holds_no_more_than_the_lead() {
    let mut w = World::plivo().agent_says_on_begin(5_000).build();
    let mut most_us = 0;
    for _ in 0..400 {
        w.run_for(10);
        most_us = most_us.max(w.carrier.buffered_us(w.now));
    }
    assert!((80_000..=120_000).contains(&most_us), "{most_us} us");
    w.assert_no_gaps();
}

#[test]
fn a_line_in_real_time_gets_each_frame_when_it_is_played() {
    let mut w = World::asterisk().agent_says_on_begin(2_000).build();
    for ms in 0..1_900 {
        let buffered_us = w.carrier.buffered_us(w.now);
        assert!(buffered_us <= 20_000, "{buffered_us} us after {ms} ms");
        w.run_for(1);
    }
    w.assert_no_gaps();
}

#[test]
fn an_utterance_left_open_goes_on_where_it_stopped() {
    let mut w = World::exotel().build();
    w.agent_starts(1_000);
    w.run_for(1_500);
    w.assert_silent();
    w.assert_heard_ms(1_000);
    w.agent_goes_on(500);
    w.agent_finishes();
    w.assert_hears_agent_within(1);
    w.run_for(600);
    w.assert_heard_ms(1_500);
    w.assert_gaps_ms(Time::ZERO, 500);
    w.assert_spoken(1);
}
