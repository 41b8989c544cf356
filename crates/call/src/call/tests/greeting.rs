//! The greeting a client asks for is its first agent's.

use super::rig::{Rig, Scripted};
use super::*;
use crate::agent::Action;

#[test]
fn who_takes_over_is_not_asked_to_greet_a_caller_who_was_greeted() {
    let mut rig = Rig::omni("rate=16000", vec![]);
    rig.agent().heir = Some(Box::default());
    rig.up();
    rig.control(&json!({"type": "configure", "greeting": "Welcome!", "persona": "p"}));
    assert_eq!(rig.agent().greetings, [Some("Welcome!".to_owned())]);
    rig.agent().wants.push_back(Action::HandOver);
    rig.input(Input::Tick);
    rig.advance_ms(100);
    let heir: &mut Scripted = rig.agent();
    assert_eq!(heir.greetings, [None]);
    assert!(heir.heir.is_none());
}
