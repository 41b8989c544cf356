//! The embedded booking desk, by voice, by keys, and with callers who err.

use super::super::{Action, Dialogue, DigitsExpected, Reply, Script};

const GREETING: &str = "Hello, this is the Trunkline booking desk. How can I help you?";

fn begun() -> Dialogue {
    let mut dialogue = Dialogue::new(Script::booking());
    assert_eq!(dialogue.begin().say, GREETING);
    dialogue
}

fn goes_on(reply: Reply) -> String {
    assert_eq!(reply.action, Action::None, "{}", reply.say);
    reply.say
}

fn transfer() -> Action {
    Action::Transfer {
        destination: "+15550100".to_owned(),
    }
}

fn slots(dialogue: &Dialogue) -> String {
    let slots: Vec<String> = dialogue
        .slots()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    slots.join(" ")
}

/// Each line heard and the answer to it.
fn talk(dialogue: &mut Dialogue, lines: &[(&str, &str)]) {
    for (heard, answer) in lines {
        assert_eq!(goes_on(dialogue.heard(heard)), *answer, "{heard}");
    }
}

#[test]
fn a_table_is_booked_by_voice() {
    let mut dialogue = begun();
    let reply = dialogue.heard("I would like to book a table for two");
    assert_eq!(reply.say, "A table for two. At what time?");
    let understood = reply.understood.expect("understood");
    assert_eq!(understood.intent, "book");
    assert_eq!(understood.slots, [("party".to_owned(), "2".to_owned())]);
    let reply = dialogue.heard("at seven o'clock");
    assert_eq!(
        reply.say,
        "A table for two at seven o'clock. Is that right?"
    );
    let understood = reply.understood.expect("understood");
    assert_eq!(understood.intent, "time");
    assert_eq!(understood.slots, [("time".to_owned(), "19:00".to_owned())]);
    let rules = goes_on(dialogue.heard("yes"));
    // Speech runs at about three words a second: at least six seconds, so that it can be interrupted.
    assert!(rules.split(' ').count() > 30, "{rules}");
    assert!(rules.contains("Parking") && rules.ends_with("Anything else?"));
    assert_eq!(goes_on(dialogue.heard("stop")), "All right. Anything else?");
    assert_eq!(slots(&dialogue), "party=2 time=19:00");
    let reply = dialogue.heard("goodbye");
    assert_eq!(
        (reply.say.as_str(), &reply.action),
        ("Goodbye.", &Action::HangUp)
    );
    let after = dialogue.heard("hello");
    assert_eq!((after.say.as_str(), after.action), ("", Action::HangUp));
}

#[test]
fn a_table_is_booked_by_keys() {
    let mut dialogue = begun();
    assert_eq!(dialogue.expects().digits, DigitsExpected::Key);
    let reply = dialogue.digit('1').expect("a reply");
    assert_eq!(reply.understood.expect("understood").intent, "book");
    assert_eq!(reply.say, "For how many people?");
    assert_eq!(
        dialogue.expects().digits,
        DigitsExpected::Sequence { most: 2 }
    );
    assert_eq!(dialogue.digit('1'), None, "10, 11 or 12 may follow");
    let reply = dialogue.digits_ended().expect("a reply");
    assert_eq!(reply.say, "A table for one. At what time?");
    for digit in ['7', '3', '0'] {
        assert_eq!(dialogue.digit(digit), None);
    }
    let reply = dialogue.digit('#').expect("a reply");
    assert_eq!(
        reply.say,
        "A table for one at half past seven. Is that right?"
    );
    assert_eq!(slots(&dialogue), "party=1 time=19:30");
    let reply = dialogue.digit('1').expect("a reply");
    assert!(reply.say.starts_with("Thank you."), "{}", reply.say);
    let reply = dialogue.digit('2').expect("a reply");
    assert_eq!(
        (reply.say.as_str(), reply.action),
        ("Goodbye.", Action::HangUp)
    );
}

#[test]
fn a_number_that_can_grow_no_more_is_taken_at_once() {
    let mut dialogue = begun();
    dialogue.digit('1');
    let reply = dialogue.digit('2').expect("a reply");
    assert_eq!(reply.say, "A table for two. At what time?");
    for digit in ['1', '9', '3'] {
        assert_eq!(dialogue.digit(digit), None);
    }
    let reply = dialogue.digit('0').expect("four digits are a time");
    assert!(reply.say.contains("half past seven pm"), "{}", reply.say);
}

#[test]
fn star_erases_what_was_typed() {
    let mut dialogue = begun();
    dialogue.digit('1');
    assert_eq!(dialogue.digit('1'), None);
    assert_eq!(dialogue.digit('*'), None);
    assert_eq!(dialogue.digits_ended(), None);
    let reply = dialogue.digit('4').expect("a reply");
    assert_eq!(reply.say, "A table for four. At what time?");
}

#[test]
fn zero_transfers_and_nine_repeats() {
    let mut dialogue = begun();
    assert_eq!(dialogue.digit('9').map(goes_on).as_deref(), Some(GREETING));
    assert_eq!(dialogue.digit('9').map(goes_on).as_deref(), Some(GREETING));
    let reply = dialogue.digit('0').expect("a reply");
    assert_eq!(reply.say, "I will put you through.");
    assert_eq!(reply.action, transfer());
    assert_eq!(dialogue.expects().digits, DigitsExpected::None);
    let reply = dialogue.transfer_failed();
    assert_eq!(goes_on(reply), "The operator is busy. How can I help you?");
    assert!(dialogue.heard("book a table").say.contains("how many"));
}

#[test]
fn zero_reaches_the_operator_while_a_number_is_asked_for() {
    let mut dialogue = begun();
    dialogue.digit('1');
    assert_eq!(
        dialogue.digit('0').map(|reply| reply.action),
        Some(transfer())
    );
}

#[test]
fn a_change_of_mind_asks_again() {
    let mut dialogue = begun();
    talk(
        &mut dialogue,
        &[
            ("a table for two", "A table for two. At what time?"),
            (
                "half past eight",
                "A table for two at half past eight. Is that right?",
            ),
            ("no", "Let us start again. For how many people?"),
            ("four", "A table for four. At what time?"),
            ("7 pm", "A table for four at seven pm. Is that right?"),
        ],
    );
    assert_eq!(slots(&dialogue), "party=4 time=19:00");
}

#[test]
fn one_sentence_may_say_everything() {
    let mut dialogue = begun();
    talk(
        &mut dialogue,
        &[
            (
                "Uh, I'd like to book a table for 4 people tomorrow at 7:30 p.m., please",
                "A table for four tomorrow at half past seven pm. Is that right?",
            ),
            (
                "friday",
                "A table for four on Friday at half past seven pm. Is that right?",
            ),
        ],
    );
    assert_eq!(slots(&dialogue), "day=friday party=4 time=19:30");
}

#[test]
fn questions_in_between_come_back_to_the_question() {
    let mut dialogue = begun();
    talk(
        &mut dialogue,
        &[
            ("book a table", "For how many people?"),
            (
                "what are your opening hours",
                "We are open every day from noon to ten. For how many people?",
            ),
            ("tomorrow", "All right, tomorrow. For how many people?"),
            ("two of us", "A table for two tomorrow. At what time?"),
            (
                "what time is it",
                "I have no clock here. We open at noon. At what time?",
            ),
            (
                "repeat that",
                "I have no clock here. We open at noon. At what time?",
            ),
        ],
    );
}

#[test]
fn values_out_of_bounds_are_refused_with_the_reason() {
    let mut dialogue = begun();
    talk(
        &mut dialogue,
        &[
            (
                "i want to book a table for fifty people",
                "We can seat up to twelve people at one table. For how many people?",
            ),
            ("two", "A table for two. At what time?"),
            (
                "at seven in the morning",
                "We seat guests from noon to half past nine. At what time?",
            ),
        ],
    );
    assert_eq!(slots(&dialogue), "party=2");
    for digit in ['2', '5'] {
        assert_eq!(dialogue.digit(digit), None);
    }
    let reply = dialogue.digit('#').expect("a reply");
    assert!(reply.say.starts_with("We seat guests"), "{}", reply.say);
    assert_eq!(reply.understood, None);
}

#[test]
fn a_caller_not_understood_is_asked_offered_keys_and_transferred() {
    let mut dialogue = begun();
    talk(
        &mut dialogue,
        &[
            (
                "the weather is nice",
                "Sorry, I did not understand. Would you like to book a table?",
            ),
            (
                "",
                "I did not get that. Press one to book, two for opening hours, or zero for the operator.",
            ),
            (
                "mumble",
                "Sorry, I did not understand. Press one to book, two for opening hours, or zero for the operator.",
            ),
        ],
    );
    let reply = dialogue.heard("blah");
    assert_eq!(
        reply.say,
        "Let me find somebody who can help. I will put you through."
    );
    assert_eq!(reply.action, transfer());
}

#[test]
fn being_understood_starts_the_count_of_misses_again() {
    let mut dialogue = begun();
    for _ in 0..10 {
        goes_on(dialogue.heard("mumble"));
        goes_on(dialogue.digit('5').expect("a reply"));
        goes_on(dialogue.heard("opening hours"));
    }
}

#[test]
fn a_silent_caller_is_asked_and_given_up() {
    let mut dialogue = begun();
    assert_eq!(
        goes_on(dialogue.silence()),
        "Are you still there? Would you like to book a table?"
    );
    assert!(goes_on(dialogue.silence()).starts_with("I cannot hear you. Press one"));
    goes_on(dialogue.silence());
    let reply = dialogue.silence();
    assert_eq!(
        (reply.say.as_str(), reply.action),
        ("I hear nobody. Goodbye.", Action::HangUp)
    );
}

#[test]
fn silence_ends_a_run_of_digits() {
    let mut dialogue = begun();
    dialogue.digit('1');
    dialogue.digit('1');
    assert_eq!(
        goes_on(dialogue.silence()),
        "A table for one. At what time?"
    );
}

#[test]
fn begin_starts_afresh() {
    let mut dialogue = begun();
    dialogue.heard("book a table for two");
    assert_eq!(dialogue.begin().say, GREETING);
    assert_eq!(slots(&dialogue), "");
}

#[test]
fn clauses_are_short() {
    for line in Script::booking().lines() {
        for clause in line.split(['.', ',', '?', '!', ';', ':']) {
            assert!(clause.split_whitespace().count() <= 12, "{clause}");
        }
    }
    assert_eq!(Script::booking().voice(), "rms");
    assert!(
        Script::booking()
            .lines()
            .any(|line| line == "At what time?")
    );
}

#[test]
fn what_is_expected_is_shared_and_follows_the_question() {
    let mut dialogue = begun();
    let first = dialogue.expects();
    assert!(std::sync::Arc::ptr_eq(
        &first.grammar,
        &dialogue.expects().grammar
    ));
    assert!(first.grammar.contains("book a table for <number_1_12>"));
    assert_eq!((first.silence_ms, first.barge_in), (8000, true));
    dialogue.heard("book a table for two");
    let second = dialogue.expects();
    assert!(
        second.grammar.contains("[ at ] <time_pm>"),
        "{}",
        second.grammar
    );
    assert!(
        !second.grammar.contains("number_1_12"),
        "{}",
        second.grammar
    );
}
