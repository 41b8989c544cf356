//! Marks, clear and turns against a reference: a call that is polled every millisecond does what a few lists
//! and plain milliseconds say.
//!
//! The reference knows no bytes, no queue and no schedule. It keeps each utterance with the time at which the
//! caller hears it, each mark with the time at which it runs out, and the caller's turn by the rules of
//! `docs/calls.md`.

mod real;
mod reference;

use proptest::prelude::*;

use real::Real;
use reference::Reference;

/// What an engine understands of an interjection.
const HARMLESS: &str = "uh-huh";

/// What happens in a call.
#[derive(Clone, Debug)]
enum Op {
    /// The agent says a whole utterance of so many frames.
    Say {
        frames: u64,
        interruptible: bool,
    },
    /// The agent gives so many places where it is a name.
    Name(u64),
    /// The agent silences itself.
    CutOff,
    /// The caller silences the agent by a message.
    Interrupt,
    /// The carrier echoes one of the marks it was ever sent, in any order and as often as it likes.
    Echo(prop::sample::Index),
    Wait(u64),
    /// The engine hears speech begin, understands something, thinks the turn over, or not, or knows it.
    Started,
    Partial(&'static str),
    Eager,
    Resumed,
    Ended(&'static str),
}

/// What can be seen from outside, with its time.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Mark(String),
    Clear,
    Spoken,
    Interrupted(u64),
    Backchannel,
    /// A name, and whether what is before it was played.
    Named(u64, bool),
}

fn words() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", HARMLESS, "stop it"])
}

fn op() -> impl Strategy<Value = Op> {
    let say = (0..40_u64, prop::bool::weighted(0.8));
    prop_oneof![
        5 => say.prop_map(|(frames, interruptible)| Op::Say { frames, interruptible }),
        4 => prop_oneof![9 => 1..4_u64, 1 => 1_000..1_030_u64].prop_map(Op::Name),
        1 => Just(Op::CutOff),
        1 => Just(Op::Interrupt),
        4 => any::<prop::sample::Index>().prop_map(Op::Echo),
        6 => (0..700_u64).prop_map(Op::Wait),
        1 => (1_900..2_200_u64).prop_map(Op::Wait),
        2 => Just(Op::Started),
        1 => words().prop_map(Op::Partial),
        2 => Just(Op::Eager),
        1 => Just(Op::Resumed),
        2 => words().prop_map(Op::Ended),
    ]
}

/// What the agent was told, and what the carrier was: each in its own order.
fn sides(seen: &[(u64, Seen)]) -> [Vec<(u64, Seen)>; 2] {
    let to_carrier = |seen: &Seen| matches!(seen, Seen::Clear | Seen::Mark(_));
    let (carrier, agent) = seen.iter().cloned().partition(|(_, seen)| to_carrier(seen));
    [agent, carrier]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn marks_clears_and_turns_are_those_of_the_reference(ops in prop::collection::vec(op(), 0..50)) {
        let (mut real, mut reference) = (Real::new(), Reference::new());
        let end = [Op::Ended("bye now"), Op::Wait(20_000)];
        for (index, op) in ops.iter().chain(&end).enumerate() {
            let sent = real.sent.clone();
            real.op(op);
            reference.op(op, &sent);
            prop_assert_eq!(
                sides(&real.seen()), sides(&reference.seen),
                "after {} {:?} at {} ms", index, op, reference.now
            );
        }
    }
}
