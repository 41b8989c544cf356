//! What an agent still sends when the call is over, and what becomes of its links.

use crate::agent::Action;
use crate::ending::Ending;
use crate::history::Speaker;
use crate::io::CallEvent;
use crate::link::{Down, LinkId, LinkSpec};
use crate::sim::build::Builder;
use crate::sim::parts::Crossing;
use crate::sim::script::{Do, When};
use crate::sim::world::World;
use crate::time::Time;

const BOT: LinkId = LinkId::new(1, 0);
const OTHER: LinkId = LinkId::new(2, 0);

fn open(id: LinkId) -> Do {
    let (text, voice) = ("x".into(), "v".into());
    Do::Act(Action::Open(id, LinkSpec::Speak { text, voice }))
}

/// An agent with two links that says goodbye on the first.
fn polite(builder: Builder) -> World {
    let goodbye = Do::Send(BOT, "goodbye".to_owned());
    builder
        .nth(0, open(BOT))
        .nth(0, open(OTHER))
        .when(When::Ended, goodbye)
        .build()
}

/// What happened on its links since both were open.
fn crossings(w: &World) -> &[Crossing] {
    &w.record.crossings[2..]
}

fn said_goodbye() -> [Crossing; 4] {
    let goodbye = Crossing::Sent(BOT, "goodbye".to_owned());
    [
        goodbye,
        Crossing::Closed(BOT),
        Crossing::Closed(OTHER),
        Crossing::Over,
    ]
}

#[test]
fn however_a_call_ends_the_last_message_is_out_before_its_link_is_closed() {
    let ways: [fn(&mut World); 6] = [
        World::operator_hangs_up,
        World::gateway_drains,
        World::caller_hangs_up,
        World::caller_is_lost,
        World::caller_says_goodbye,
        World::agent_hangs_up,
    ];
    for end in ways {
        let mut w = polite(World::twilio());
        w.run_for(500);
        end(&mut w);
        let ended = w.now;
        w.run_for(10_000);
        assert_eq!(crossings(&w), said_goodbye(), "{:?}", w.ending());
        assert_eq!(w.record.closed, [(ended, BOT), (ended, OTHER)]);
    }
}

#[test]
fn the_links_do_not_wait_for_the_last_words() {
    let mut w = polite(World::twilio());
    w.agent_says(2_000);
    w.agent_hangs_up();
    w.run_for(1_000);
    assert_eq!(*crossings(&w), said_goodbye()[..3]);
    w.run_for(2_000);
    w.assert_heard_ms(2_000);
    w.assert_over(Ending::AgentHungUp, 1000);
}

#[test]
fn a_link_that_takes_nothing_is_closed_all_the_same() {
    let mut w = polite(World::twilio());
    w.run_for(500);
    w.agent_link_blocks(BOT, true);
    w.operator_hangs_up();
    assert_eq!(*crossings(&w), said_goodbye()[1..]);
}

#[test]
fn an_agent_that_never_has_enough_is_cut_short() {
    let mut w = polite(World::twilio());
    w.run_for(500);
    for _ in 0..5_000 {
        w.agent
            .desk_mut()
            .carry_out(w.now, Do::Send(BOT, "more".to_owned()));
        w.agent
            .desk_mut()
            .carry_out(w.now, Do::Act(Action::Working(true)));
    }
    w.operator_hangs_up();
    let sent = crossings(&w).len() - 3;
    assert_eq!(sent, 1_024);
    assert_eq!(crossings(&w)[sent..], said_goodbye()[1..]);
}

#[test]
fn of_all_else_it_wants_at_the_end_nothing_is_done() {
    let wants = [
        open(LinkId::new(3, 0)),
        Do::Say(500),
        Do::Act(Action::Mark("late".to_owned())),
        Do::Act(Action::HandOver),
        Do::Act(Action::Close(OTHER)),
        Do::Send(LinkId::new(4, 0), "nowhere".to_owned()),
    ];
    let mut world = World::twilio().heir(|_| {});
    for want in wants {
        world = world.when(When::Ended, want);
    }
    let mut w = polite(world);
    w.run_for(500);
    w.operator_hangs_up();
    w.run_for(5_000);
    assert_eq!(crossings(&w), said_goodbye());
    w.assert_heard_ms(0);
    assert_eq!(w.begun().len(), 1);
}

#[test]
fn an_agent_that_is_lost_has_said_its_last() {
    let mut w = polite(World::twilio().config(|c| c.failover.backoff_ms = 5_000));
    w.run_for(500);
    w.agent_fails("closed", true);
    w.run_for(500);
    w.operator_hangs_up();
    w.run_for(5_000);
    let lost = Time::from_ms(500);
    assert_eq!(w.record.closed, [(lost, BOT), (lost, OTHER)]);
    assert_eq!(*crossings(&w), said_goodbye()[1..]);
}

#[test]
fn a_link_that_fell_before_is_not_closed_again() {
    let mut w = polite(World::twilio());
    w.run_for(500);
    w.agent_link_falls(BOT, Down::Lost);
    w.operator_hangs_up();
    w.run_for(5_000);
    assert_eq!(*crossings(&w), said_goodbye()[2..]);
}

#[test]
fn a_link_in_a_slot_that_is_taken_is_opened_once_the_other_is_closed() {
    let mut w = polite(World::twilio());
    w.agent_wants(Action::Open(
        BOT.next(),
        LinkSpec::Speak {
            text: "x".into(),
            voice: "v".into(),
        },
    ));
    w.agent_sends(BOT.next(), "hello");
    let hello = Crossing::Sent(BOT.next(), "hello".to_owned());
    let expected = [Crossing::Closed(BOT), Crossing::Opened(BOT.next()), hello];
    assert_eq!(crossings(&w), expected);
}

#[test]
fn the_end_tells_what_was_said() {
    let mut w = World::twilio().build();
    w.agent_tells(500, "Good morning.");
    w.run_for(700);
    w.agent_wants(Action::CallerSaid("Hello".to_owned()));
    w.operator_hangs_up();
    w.run_for(5_000);
    let said = w.record.events.iter().find_map(|(_, event)| match event {
        CallEvent::Ended { said, .. } => Some(said.clone()),
        _ => None,
    });
    let said = said.expect("the call is over");
    let said: Vec<_> = said.iter().map(|s| (s.speaker, s.text.as_str())).collect();
    let expected = [
        (Speaker::Agent, "Good morning."),
        (Speaker::Caller, "Hello"),
    ];
    assert_eq!(said, expected);
}
