//! Anything in any order: a call never panics, always rests, and never sends to a link that is not writable.

use proptest::prelude::*;

use super::super::*;
use super::rig::{Rig, one_utterance, start_message};
use crate::agent::Action;

#[derive(Clone, Debug)]
enum Step {
    Text(String),
    Binary(Vec<u8>),
    Media(u8, u64),
    Start,
    Wait(u64),
    Writable(bool),
    Link(u8, u8),
    Down(bool),
    TooBig,
    Order(bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        ".{0,40}".prop_map(Step::Text),
        prop::collection::vec(any::<u8>(), 0..2_000).prop_map(Step::Binary),
        (any::<u8>(), any::<u64>()).prop_map(|(byte, chunk)| Step::Media(byte, chunk)),
        Just(Step::Start),
        (0..30_000_u64).prop_map(Step::Wait),
        any::<bool>().prop_map(Step::Writable),
        (any::<u8>(), any::<u8>()).prop_map(|(slot, generation)| Step::Link(slot, generation)),
        any::<bool>().prop_map(Step::Down),
        Just(Step::TooBig),
        any::<bool>().prop_map(Step::Order),
    ]
}

fn play(mut rig: Rig, steps: Vec<Step>) {
    rig.agent().audio = vec![7; 9_999];
    rig.agent().hears = true;
    rig.up();
    rig.take();
    for step in steps {
        match step {
            Step::Text(text) => rig.data(Frame::Text(&text)),
            Step::Binary(bytes) => rig.data(Frame::Binary(&bytes)),
            Step::Media(byte, chunk) => rig.media(&[byte; 160], chunk),
            Step::Start => rig.text(&start_message()),
            Step::Wait(ms) => rig.advance_ms(ms),
            Step::Writable(yes) => rig.writable = if yes { LinkSet::ALL } else { LinkSet::EMPTY },
            Step::Link(slot, generation) => {
                let id = LinkId::new(slot, generation);
                rig.input(Input::Up(id));
                rig.input(Input::Data(id, Frame::Text("x")));
                rig.input(Input::Down(id, Down::Lost));
            }
            Step::Down(lost) => {
                let why = if lost { Down::Lost } else { Down::Finished };
                rig.input(Input::Down(LinkId::CALLER, why));
            }
            Step::TooBig => rig.data(Frame::TooBig),
            Step::Order(hang_up) => rig.input(Input::Control(if hang_up {
                Control::HangUp
            } else {
                Control::Drain
            })),
        }
        if rig.writable == LinkSet::EMPTY {
            assert!(rig.take().is_empty(), "nothing is forced on a link");
        }
        rig.take();
    }
    // Whatever happened, the end comes within the longest call, whether anybody reads or not.
    rig.advance_ms(3_700_000);
    assert!(rig.is_over(), "{:?}", rig.ending());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_twilio_call_survives_anything(steps in prop::collection::vec(step(), 0..60)) {
        let mut rig = Rig::twilio(one_utterance());
        rig.agent().wants.extend([Action::HangUp]);
        play(rig, steps);
    }

    #[test]
    fn an_omni_call_survives_anything(steps in prop::collection::vec(step(), 0..60)) {
        play(Rig::omni("rate=16000", one_utterance()), steps);
    }
}
