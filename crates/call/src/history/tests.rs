use super::*;
use proptest::prelude::*;

fn entries(history: &History) -> Vec<(Speaker, &str, bool)> {
    let said = history.as_slice().iter();
    said.map(|said| (said.speaker, said.text.as_str(), said.cut_off))
        .collect()
}

#[test]
fn sentences_of_the_agent_are_one_entry_until_somebody_else_speaks() {
    let mut history = History::default();
    history.agent_said("Good morning.", false);
    history.agent_said(" How can I help? ", false);
    history.caller_said("A table");
    history.caller_said("for two");
    history.agent_said("When would", true);
    history.agent_said("Sorry, go on.", false);
    assert_eq!(
        entries(&history),
        [
            (Speaker::Agent, "Good morning. How can I help?", false),
            (Speaker::Caller, "A table", false),
            (Speaker::Caller, "for two", false),
            (Speaker::Agent, "When would", true),
            (Speaker::Agent, "Sorry, go on.", false),
        ]
    );
    history.clear();
    assert_eq!((entries(&history), history.dropped()), (vec![], 0));
}

#[test]
fn a_sentence_nobody_heard_is_no_entry_but_cuts_off_the_one_before() {
    let mut history = History::default();
    history.agent_said("", true);
    history.caller_said(" \n");
    assert_eq!(entries(&history), []);
    history.agent_said("First.", false);
    history.agent_said(" ", false);
    assert_eq!(entries(&history), [(Speaker::Agent, "First.", false)]);
    history.agent_said("", true);
    assert_eq!(entries(&history), [(Speaker::Agent, "First.", true)]);
    history.caller_said("Wait");
    history.agent_said("", true);
    assert_eq!(history.as_slice().len(), 2);
}

#[test]
fn the_oldest_of_201_goes() {
    let mut history = History::default();
    for n in 0..201 {
        history.caller_said(&n.to_string());
    }
    assert_eq!((history.as_slice().len(), history.dropped()), (200, 1));
    assert_eq!(history.as_slice()[0].text, "1");
}

#[test]
fn a_text_beyond_every_bound_is_shortened_between_characters() {
    let mut history = History::default();
    history.caller_said("before");
    history.caller_said(&format!("x{}", "é".repeat(MOST_BYTES)));
    assert_eq!(history.as_slice().len(), 1);
    assert_eq!(history.as_slice()[0].text.len(), MOST_BYTES - 1);
    assert_eq!(history.dropped(), 2, "one shortened, one gone");
}

#[test]
fn a_monologue_loses_its_beginning_alone() {
    let mut history = History::default();
    for _ in 0..1_000 {
        history.agent_said(&"x".repeat(99), false);
    }
    let kept: usize = history.as_slice().iter().map(|said| said.text.len()).sum();
    assert!(
        (MOST_BYTES - MOST_JOINED_BYTES..=MOST_BYTES).contains(&kept),
        "{kept}"
    );
}

proptest! {
    #[test]
    fn the_bounds_hold_and_the_newest_stays(
        said in prop::collection::vec((any::<bool>(), any::<bool>(), 0..9_000_usize), 0..300),
    ) {
        let mut history = History::default();
        for (caller, cut_off, length) in said {
            let text = "é".repeat(length);
            if caller {
                history.caller_said(&text);
            } else {
                history.agent_said(&text, cut_off);
            }
            let kept: usize = history.said.iter().map(|said| said.text.len()).sum();
            prop_assert_eq!(kept, history.bytes);
            prop_assert!(kept <= MOST_BYTES && history.said.len() <= MOST_ENTRIES);
            prop_assert!(length == 0 || history.said.last().unwrap().text.ends_with(&text));
        }
    }
}
