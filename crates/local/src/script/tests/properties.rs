//! What holds for any input at all.

use proptest::prelude::*;

use super::super::{Action, Dialogue, Script};
use super::jsgf;

#[derive(Debug, Clone)]
enum Input {
    Heard(String),
    Digit(char),
    DigitsEnded,
    Silence,
    TransferFailed,
}

fn input() -> impl Strategy<Value = Input> {
    const PHRASES: &[&str] = &[
        "i would like to book a table for two",
        "at seven o'clock",
        "tomorrow",
        "yes",
        "no",
        "stop",
        "what time is it",
        "repeat that",
        "goodbye",
        "operator",
        "help",
        "fifty",
    ];
    prop_oneof![
        4 => prop::sample::select(PHRASES).prop_map(|text| Input::Heard(text.to_owned())),
        1 => any::<String>().prop_map(Input::Heard),
        1 => "[a-z0-9 :.']{0,200}".prop_map(Input::Heard),
        4 => prop::sample::select("0123456789*#A".chars().collect::<Vec<_>>()).prop_map(Input::Digit),
        1 => any::<char>().prop_map(Input::Digit),
        1 => Just(Input::DigitsEnded),
        1 => Just(Input::Silence),
        1 => Just(Input::TransferFailed),
    ]
}

proptest! {
    #[test]
    fn every_reply_speaks_or_acts(inputs in prop::collection::vec(input(), 0..40), begin: bool) {
        let mut dialogue = Dialogue::new(Script::booking());
        if begin {
            dialogue.begin();
        }
        for input in inputs {
            let reply = match &input {
                Input::Heard(text) => Some(dialogue.heard(text)),
                Input::Digit(digit) => dialogue.digit(*digit),
                Input::DigitsEnded => dialogue.digits_ended(),
                Input::Silence => Some(dialogue.silence()),
                Input::TransferFailed => Some(dialogue.transfer_failed()),
            };
            if let Some(reply) = reply {
                prop_assert!(!reply.say.is_empty() || reply.action != Action::None, "{input:?}");
                prop_assert!(!reply.say.contains(['{', '}']), "{}", reply.say);
                prop_assert!(reply.say.len() < 1000, "{}", reply.say);
            }
            prop_assert_eq!(jsgf::check(&dialogue.expects().grammar), Ok(()));
        }
    }

    #[test]
    fn the_same_inputs_give_the_same_replies(texts in prop::collection::vec("[a-z ]{0,30}", 0..10)) {
        let run = || {
            let mut dialogue = Dialogue::new(Script::booking());
            let mut replies = vec![dialogue.begin()];
            replies.extend(texts.iter().map(|text| dialogue.heard(text)));
            replies
        };
        prop_assert_eq!(run(), run());
    }

    #[test]
    fn any_text_is_a_script_or_has_faults(text in any::<String>(), at in 0usize..4000, cut in 0usize..40) {
        if let Err(faults) = Script::parse(&text) {
            prop_assert!(faults.iter().next().is_some());
        }
        let mut booking = include_str!("../booking.toml").to_owned();
        if booking.is_char_boundary(at) && booking.is_char_boundary(at + cut) {
            booking.replace_range(at..at + cut, &text);
        }
        if let Err(faults) = Script::parse(&booking) {
            prop_assert!(faults.iter().next().is_some());
        }
    }
}
