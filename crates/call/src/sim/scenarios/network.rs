//! Networks that stall, block, and die.

use crate::agent::Action;
use crate::ending::Ending;
use crate::link::LinkId;
use crate::link::LinkSpec;
use crate::sim::person::Background;
use crate::sim::world::World;

#[test]
fn a_stalled_carrier_does_not_stop_the_uplink() {
    let mut w = World::twilio()
        .background(Background::Stamps)
        .agent_says_on_begin(10_000)
        .build();
    w.caller_link_blocks(3_000);
    w.run_for(2_999);
    assert_eq!(w.agent_heard_stamps(), (0..150).collect::<Vec<_>>());
    w.assert_still_on();
}

#[test]
fn after_a_stall_the_rest_is_played_without_a_gap() {
    let mut w = World::plivo().agent_says_on_begin(3_000).build();
    w.run_for(1_000);
    w.caller_link_blocks(500);
    w.run_for(499);
    w.assert_silent();
    let resumed = w.now;
    w.run_for(3_000);
    w.assert_heard_ms(3_000);
    w.assert_gaps_ms(resumed, 0);
}

#[test]
fn what_a_stalled_network_holds_back_is_not_lost() {
    let mut w = World::vonage()
        .jitter_ms(10)
        .agent_says_on_begin(3_000)
        .build();
    w.run_for(1_000);
    w.downlink_stalls(700);
    w.run_for(4_000);
    w.assert_heard_ms(3_000);
    w.assert_spoken(1);
}

#[test]
fn a_caller_that_takes_nothing_is_given_up() {
    let mut w = World::twilio().agent_says_on_begin(3_000).build();
    w.caller_link_blocks(60_000);
    w.run_for(9_000);
    w.assert_still_on();
    w.run_for(6_000);
    w.assert_over(Ending::CallerStalled, 4410);
}

#[test]
fn a_dead_network_is_noticed() {
    let mut w = World::twilio().build();
    w.run_for(1_000);
    w.network_dies();
    w.run_for(49_900);
    w.assert_still_on();
    w.run_for(5_000);
    w.assert_over(Ending::CallerVanished, 4410);
}

#[test]
fn a_link_of_the_agents_is_sent_nothing_until_it_takes_it() {
    let bot = LinkId::new(1, 0);
    let mut w = World::twilio().agent_says_on_begin(1_000).build();
    w.agent_link_blocks(bot, true);
    let (text, voice) = ("x".into(), "v".into());
    w.agent_wants(Action::Open(bot, LinkSpec::Speak { text, voice }));
    w.agent_sends(bot, "hello");
    w.run_for(500);
    assert!(w.record.link_texts.is_empty());
    w.agent_link_blocks(bot, false);
    w.run_for(1);
    assert_eq!(w.record.link_texts, [(bot, "hello".to_owned())]);
    w.run_for(500);
    w.assert_heard_ms(1_000);
}
