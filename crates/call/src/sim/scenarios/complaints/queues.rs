//! Slow and stalled peers: what waits for them is bounded, and nobody else waits with them.

use crate::agent::Action;
use crate::ending::Ending;
use crate::link::LinkId;
use crate::sim::acts::Act;
use crate::sim::person::Background;
use crate::sim::script::Do;
use crate::sim::world::World;

/// Theme 6: a slow peer (qwen-audio #406: drop stale audio). An engine that stalls is not to get ten seconds of
/// old speech afterwards, and answer what nobody waits for any more.
#[test]
fn theme_06_an_agent_that_stalled_gets_the_newest_three_seconds() {
    let mut w = World::twilio().background(Background::Stamps).build();
    w.agent_takes_audio(false);
    w.run_for(9_990);
    assert_eq!(w.agent_heard_stamps(), [0], "what came with the start");
    w.agent_takes_audio(true);
    assert_eq!(w.agent_heard_stamps()[1..], (350..500).collect::<Vec<_>>());
    assert_eq!(w.counters().backlog_dropped_ms, 349 * 20);
    w.run_for(100);
    assert_eq!(
        w.agent_heard_stamps().last(),
        Some(&504),
        "and is up to date"
    );
}

/// Theme 6: unbounded buffers before the peer is there (openclaw #116224: cap the buffers before the socket is
/// open).
#[test]
fn theme_06_what_waits_for_an_agent_being_connected_is_bounded() {
    let mut w = World::twilio()
        .agent_connects_first()
        .background(Background::Stamps)
        .config(|c| {
            c.uplink.preroll_ms = 2_000;
            c.failover.holding_ms = 60_000;
        })
        .build();
    w.later(4_990, Act::Agent(Do::Act(Action::Ready)));
    w.run_for(4_989);
    assert_eq!(w.agent_heard_ms(), 0);
    w.run_for(1);
    assert_eq!(w.agent_heard_stamps(), (150..250).collect::<Vec<_>>());
}

/// Theme 6: unbounded queues and memory (agent-framework #3821). An engine makes speech faster than the caller
/// takes it.
#[test]
fn theme_06_a_flood_of_speech_is_bounded_and_the_agent_is_held_back() {
    let mut w = World::twilio()
        .config(|c| c.playout.bound_ms = 10_000)
        .build();
    let agent = LinkId::new(1, 0);
    assert!(w.readable().contains(agent));
    w.agent_says(9_200);
    assert!(!w.readable().contains(agent), "nine tenths full");
    assert!(
        w.readable().contains(LinkId::CALLER),
        "the caller is heard all the same"
    );
    w.run_for(400);
    assert!(w.readable().contains(agent), "there is room again");
    w.agent_says(60_000);
    let refused_ms = w.counters().overflow_bytes / 8;
    assert_eq!(
        refused_ms,
        60_000 - (10_000 - (9_200 - 520)),
        "what is beyond the bound"
    );
    w.run_for(11_000);
    w.assert_silent();
}

/// Theme 6: locks held while a peer is slow. Asterisk #2140: the peer stops reading, the buffers fill, the next
/// write blocks with the channel locked, and even hanging up waits for it.
#[test]
fn theme_06_a_caller_that_does_not_read_is_still_heard_until_given_up() {
    let mut w = World::vonage()
        .background(Background::Stamps)
        .agent_says_on_begin(60_000)
        .build();
    w.run_for(1_000);
    w.caller_link_blocks(60_000);
    // From when something is due that cannot be sent: a frame, and what a timer may be late.
    w.run_for(10_000);
    w.assert_still_on();
    w.run_for(45);
    assert!(w.is_ending());
    let heard = w.agent_heard_stamps();
    // It is not told why before the time of a closing is over.
    w.run_for(4_000);
    w.assert_over(Ending::CallerStalled, 4410);
    assert_eq!(heard, (0..heard.len() as u64).collect::<Vec<_>>());
    assert!(heard.len() >= 550, "{} frames", heard.len());
}
