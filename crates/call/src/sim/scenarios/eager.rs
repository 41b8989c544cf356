//! Answers prepared before the caller's turn is over, and a caller put on hold meanwhile.

use std::sync::Arc;

use crate::agent::{Action, Signal, TurnMode};
use crate::config::{Clip, Lines};
use crate::io::Control;
use crate::sim::acts::Act;
use crate::sim::lines;
use crate::sim::person::Background;
use crate::sim::world::World;

/// A second of music on hold.
fn music() -> Arc<Lines> {
    let clip = Clip {
        text: "la la".into(),
        samples: vec![500; 8_000].into(),
        rate_hz: 8_000,
    };
    Arc::new(Lines {
        hold_music: Some(clip),
        ..Lines::default()
    })
}

#[test]
fn an_answer_begun_anew_waits_for_the_end_of_the_turn_as_the_first_did() {
    let mut w = World::twilio().turns(TurnMode::Engine).build();
    w.agent_wants(Action::Turn(Signal::Started));
    w.agent_wants(Action::Turn(Signal::Eager));
    w.agent_says(1_000);
    w.run_for(100);
    // The agent thinks better of it, and then the caller's side silences it.
    w.agent_cuts_itself_off();
    w.agent_says(700);
    w.run_for(100);
    w.assert_silent();
    w.caller_interrupts();
    w.run_for(0);
    w.agent_says(500);
    w.run_for(100);
    w.assert_silent();
    w.agent_wants(Action::Turn(Signal::Ended("and now".to_owned())));
    assert_eq!(w.assert_hears_agent_within(0), 0);
    w.run_for(2_000);
    w.assert_heard_ms(500);
    w.assert_spoken(1);
}

#[test]
fn a_caller_put_on_hold_while_an_answer_is_held_hears_the_music() {
    let mut w = World::twilio()
        .turns(TurnMode::Engine)
        .config(|c| c.lines = music())
        .build();
    w.agent_wants(Action::Turn(Signal::Started));
    w.agent_wants(Action::Turn(Signal::Eager));
    w.run_for(100);
    w.act(Act::Control(Control::Hold(true)));
    assert_eq!(w.assert_hears_agent_within(0), 0, "the music");
    w.run_for(500);
    w.assert_hears_agent();
}

#[test]
fn music_on_hold_goes_on_where_nothing_comes_from_the_caller() {
    for line in [lines::ACS, lines::ASTERISK, lines::AUDIO_SOCKET] {
        let mut w = World::on(line)
            .background(Background::Nothing)
            .config(|c| c.lines = music())
            .build();
        w.run_for(1_000);
        w.act(Act::Control(Control::Hold(true)));
        for _ in 0..500 {
            w.run_for(10);
            w.assert_hears_agent();
        }
    }
}
