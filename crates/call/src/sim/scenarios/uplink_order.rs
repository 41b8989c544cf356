//! Frames that overtake each other, come twice or come late.

use crate::agent::Hears;
use crate::caller::Place;
use crate::sim::network::Weather;
use crate::sim::person::Background;
use crate::sim::world::World;

/// Frame number `n` of the caller's: numbers begin at 1, stamps at 0.
fn send(w: &mut World, n: u64) {
    let place = Place {
        chunk: Some(n + 1),
        timestamp_ms: Some(20 * n),
    };
    w.caller_sends_stamp(place, n);
    w.run_for(0);
}

fn send_each_20_ms(w: &mut World, frames: &[u64]) {
    for n in frames {
        send(w, *n);
        w.run_for(20);
    }
}

#[test]
fn a_frame_that_was_overtaken_is_heard_in_its_place() {
    let mut w = World::telnyx().build_by_hand();
    send_each_20_ms(&mut w, &[0, 2]);
    w.assert_agent_heard(0..1);
    send(&mut w, 1);
    w.assert_agent_heard(0..3);
    w.run_for(20);
    send_each_20_ms(&mut w, &[5, 4, 3, 6]);
    w.assert_agent_heard(0..7);
    assert_eq!((w.counters().media_late, w.counters().media_lost), (0, 0));
    assert_eq!(w.agent_heard_ms(), 140);
}

#[test]
fn a_frame_that_never_comes_is_waited_for_no_longer_than_the_window() {
    let mut w = World::telnyx()
        .agent_hears(Hears::Continuous)
        .build_by_hand();
    send_each_20_ms(&mut w, &[0, 2, 3]);
    send(&mut w, 4);
    w.run_for(19);
    w.assert_agent_heard(0..1);
    // 60 ms after frame 2, all that waited for frame 1, behind silence in its place.
    w.run_for(1);
    w.assert_agent_heard([0, 2, 3, 4]);
    assert_eq!(w.agent_heard_ms(), 100);
    assert_eq!(w.counters().media_lost, 1);
}

#[test]
fn the_window_ends_by_itself() {
    let mut w = World::telnyx().build_by_hand();
    send_each_20_ms(&mut w, &[0, 2]);
    // Nothing comes any more.
    w.run_for(39);
    w.assert_agent_heard(0..1);
    w.run_for(1);
    w.assert_agent_heard([0, 2]);
}

#[test]
fn a_frame_that_comes_after_the_window_is_dropped_and_counted() {
    let mut w = World::telnyx().build_by_hand();
    send_each_20_ms(&mut w, &[0, 2, 3, 4, 5, 1, 6]);
    w.assert_agent_heard([0, 2, 3, 4, 5, 6]);
    assert_eq!((w.counters().media_late, w.counters().media_lost), (1, 1));
}

#[test]
fn what_comes_twice_is_heard_once() {
    for builder in [World::telnyx(), World::twilio()] {
        let mut w = builder.build_by_hand();
        send_each_20_ms(&mut w, &[0, 1, 1, 2, 0, 3]);
        w.assert_agent_heard(0..4);
        assert_eq!(w.agent_heard_ms(), 80);
        assert_eq!((w.counters().media_late, w.counters().media_lost), (2, 0));
    }
}

#[test]
fn what_waits_comes_twice_and_is_heard_once() {
    let mut w = World::telnyx().build_by_hand();
    send_each_20_ms(&mut w, &[0, 2, 2]);
    send(&mut w, 1);
    w.assert_agent_heard(0..3);
    assert_eq!(w.counters().media_late, 1);
}

#[test]
fn a_line_in_order_waits_for_nobody() {
    let mut w = World::twilio().build_by_hand();
    send_each_20_ms(&mut w, &[0]);
    send(&mut w, 2);
    w.assert_agent_heard([0, 2]);
    w.run_for(20);
    send_each_20_ms(&mut w, &[1, 3]);
    w.assert_agent_heard([0, 2, 3]);
    assert_eq!((w.counters().media_late, w.counters().media_lost), (1, 1));
}

#[test]
fn a_burst_behind_a_lost_frame_does_not_wait_for_the_window() {
    let mut w = World::telnyx().build_by_hand();
    send(&mut w, 0);
    for n in 2..17 {
        send(&mut w, n);
    }
    w.assert_agent_heard(0..1);
    send(&mut w, 17);
    w.assert_agent_heard((0..1).chain(2..18));
    assert_eq!(w.now.as_ms(), 0);
}

#[test]
fn jitter_within_the_window_is_put_right_without_loss() {
    let weather = Weather {
        latency_us: 20_000,
        jitter_us: 50_000,
        datagrams: true,
        loss_per_mille: 0,
    };
    for seed in 0..20 {
        let mut w = World::telnyx()
            .background(Background::Stamps)
            .weather(weather)
            .seed(seed)
            .build();
        w.run_for(10_000);
        w.person.end();
        w.run_for(200);
        // The numbering begins with the first frame that comes; what it overtook is late.
        let first = w.agent_heard_stamps()[0];
        assert!(first <= 2, "{first}");
        w.assert_agent_heard(first..w.person.stamped);
        assert_eq!(w.counters().media_late, first);
        assert_eq!(w.counters().media_lost, 0);
    }
}

#[test]
fn no_frame_is_delayed_by_more_than_the_window() {
    let weather = Weather {
        jitter_us: 50_000,
        datagrams: true,
        loss_per_mille: 100,
        ..Weather::default()
    };
    let mut w = World::telnyx()
        .background(Background::Stamps)
        .weather(weather)
        .seed(7)
        .build();
    let begun = w.now;
    for _ in 0..1_000 {
        w.run_for(10);
        // What was sent 50 ms of jitter and 60 of window ago, and was not lost, has been heard.
        let due = w.now.ms_since(begun).saturating_sub(110) / 20;
        let heard = w.agent_heard_stamps();
        let missing = (0..due).filter(|n| !heard.contains(n)).count() as u64;
        assert!(
            missing <= w.up.lost + w.counters().media_late,
            "{missing} missing at {}",
            w.now
        );
    }
    assert!(w.up.lost > 20 && w.counters().media_lost > 20);
    assert!(w.counters().media_late <= 2, "only at the beginning");
}

#[test]
fn audio_before_the_start_is_heard() {
    let mut w = World::asterisk()
        .background(Background::Stamps)
        .agent_says_on_begin(500)
        .build_connected();
    w.act(crate::sim::acts::Act::Microphone);
    w.run_for(60);
    w.caller_sends("start");
    w.run_for(40);
    w.assert_agent_heard(0..6);
    w.run_for(1_000);
    w.assert_heard_ms(500);
    w.assert_told(
        &crate::sim::script::Told::Begin {
            attempt: 0,
            history: 0,
        },
        1,
    );
}
