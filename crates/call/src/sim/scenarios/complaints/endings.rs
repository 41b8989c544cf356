//! Deploys, lost sockets, and goodbyes that are cut.

use std::sync::Arc;

use crate::agent::{Action, AgentFailure};
use crate::config::Lines;
use crate::ending::Ending;
use crate::link::{Down, LinkId, LinkSpec};
use crate::sim::build::Builder;
use crate::sim::clips;
use crate::sim::person::Background;
use crate::sim::script::{Do, Told, When};
use crate::sim::world::World;

const BOT: LinkId = LinkId::new(1, 0);

/// An agent behind a socket of its own, which opens it, and reports its fall.
fn with_socket(builder: Builder) -> Builder {
    let (text, voice) = ("x".into(), "v".into());
    let failure = AgentFailure {
        reason: "socket_lost",
        retry: true,
    };
    builder
        .agent_connects_first()
        .when(
            When::Begin,
            Do::Act(Action::Open(BOT, LinkSpec::Speak { text, voice })),
        )
        .when(When::Up(1), Do::Act(Action::Ready))
        .when(When::Down(1), Do::Act(Action::Failed(failure)))
}

/// Theme 13: calls cut on deploy. dograh #474: the process goes, and every caller hears the line go dead (close
/// code 1012).
#[test]
fn theme_13_a_deploy_says_so_before_it_hangs_up() {
    let mut w = World::twilio()
        .config(|c| {
            c.lines = Arc::new(Lines {
                shutdown: Some(clips::tone(1_500)),
                ..Lines::default()
            });
        })
        .agent_says_on_begin(20_000)
        .build();
    w.run_for(3_000);
    w.gateway_drains();
    w.run_for(1_499);
    w.assert_hears_agent();
    assert_eq!(w.driver.closed, None);
    w.run_for(2);
    w.assert_heard_ms(3_000);
    w.assert_sent("ending shutdown", 1);
    w.assert_over(Ending::Shutdown, 1001);
}

/// Theme 13: the same to a call that is about to end by itself (livekit/sip #668, clairvoyance #339).
#[test]
fn theme_13_a_call_that_is_saying_goodbye_is_not_cut_by_a_deploy() {
    let mut w = World::vonage().build();
    w.agent_says(3_000);
    w.agent_hangs_up();
    w.run_for(1_000);
    w.gateway_drains();
    w.run_for(1_999);
    w.assert_hears_agent();
    w.run_for(2);
    w.assert_heard_ms(3_000);
    w.assert_over(Ending::AgentHungUp, 1000);
}

/// Theme 14: sockets die in the middle of a call and nothing reconnects. agents-js #2366 (thirty sessions a
/// day), phonic #161: the caller talks into nothing.
#[test]
fn theme_14_a_socket_that_dies_is_opened_again_and_nothing_said_meanwhile_is_lost() {
    let mut w = with_socket(World::twilio())
        .background(Background::Stamps)
        .build();
    w.run_for(1_000);
    w.agent_tells(1_000, "good morning");
    w.run_for(2_000);
    let lost_at = w.now;
    w.agent_link_falls(BOT, Down::Lost);
    w.run_for(249);
    assert_eq!(w.record.opened.len(), 1);
    w.run_for(1);
    assert_eq!(w.record.opened.len(), 2, "after the first wait");
    let again = Told::Begin {
        attempt: 1,
        history: 1,
    };
    assert_eq!(w.told_at(&again), Some(lost_at.plus_ms(250)));
    w.run_for(750);
    assert_eq!(w.agent_heard_stamps(), (0..201).collect::<Vec<_>>());
    w.agent_says(500);
    assert_eq!(w.assert_hears_agent_within(1), 0);
}

/// Theme 14: mod_audio_stream #54: it connects again and again without an end, and the call stays up, silent.
#[test]
fn theme_14_a_socket_that_never_lives_ends_in_an_apology_and_not_in_dead_air() {
    let mut w = with_socket(World::twilio())
        .config(|c| {
            c.lines = Arc::new(Lines {
                apology: Some(clips::tone(2_000)),
                ..Lines::default()
            });
        })
        .build();
    for _ in 0..3 {
        w.run_for(1_000);
        w.assert_still_on();
        w.agent_link_falls(BOT, Down::Lost);
    }
    // Twice again, and three quick failures are enough.
    assert_eq!(w.record.opened.len(), 3);
    assert_eq!(w.assert_hears_agent_within(1), 0);
    w.run_for(2_001);
    w.assert_silent();
    w.assert_over(Ending::AgentLost("socket_lost"), 1011);
}

/// Theme 20: hang-up cuts the goodbye (jambonz #1338). The last byte has been sent, and the carrier still plays.
#[test]
fn theme_20_the_goodbye_is_heard_to_its_end_through_a_jitter_buffer() {
    let mut w = World::twilio().latency_ms(100).prebuffer_ms(200).build();
    let begun = w.now;
    w.agent_says(2_000);
    w.agent_hangs_up();
    w.run_until(5_000, |w| w.driver.closed.is_some());
    assert_eq!(w.now.ms_since(begun), 100 + 200 + 2_000 + 100);
    w.assert_heard_ms(2_000);
    w.assert_over(Ending::AgentHungUp, 1000);
}

/// Theme 20 (active-call #49): a tool hangs up while the engine's sentence is still open.
#[test]
fn theme_20_an_open_sentence_is_played_before_the_hang_up() {
    let mut w = World::exotel().build();
    w.agent_starts(1_730);
    w.agent_hangs_up();
    w.run_for(1_730);
    w.assert_still_on_the_line();
    w.run_for(500);
    w.assert_heard_ms(1_740);
    w.assert_over(Ending::AgentHungUp, 1000);
}

/// Theme 20 (vellum #38339, openclaw #137895): the caller says "bye" too, into the goodbye.
#[test]
fn theme_20_a_caller_who_says_goodbye_too_does_not_cut_it_off() {
    let mut w = World::twilio().voice_turns().build();
    w.agent_says(2_000);
    w.agent_hangs_up();
    w.run_for(500);
    w.caller_speaks(1_000);
    w.caller_interrupts();
    w.run_for(1_501);
    w.assert_heard_ms(2_000);
    w.assert_clears(0);
    w.assert_interrupted(0, 0);
    w.assert_over(Ending::AgentHungUp, 1000);
}

impl World {
    fn assert_still_on_the_line(&self) {
        assert_eq!(self.driver.closed, None, "closed by {}", self.now);
    }
}
