//! Writes what can be heard at one point as a grammar in the Java Speech Grammar Format 1.0
//! (<https://www.w3.org/TR/jsgf/>), in the subset that pocketsphinx reads: words, `[ ]`, `( )`,
//! `|`, rules. No weights, no tags, no imports, no recursion.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::kind::Kind;
use super::slot::Slot;
use super::state::Meaning;
use super::words;

/// The longest list of phrases, in bytes: of the 20,000 words a recogniser takes none has less than two with its
/// space.
const MOST_PHRASES_BYTES: usize = 40_000;

/// A grammar of whole phrases as people write them, in the form of
/// [`Expectation::grammar`](super::Expectation::grammar): numbers become words, and marks are left out. `None` where
/// no phrase has words a recogniser could know, which are of a to z and `'`. Phrases beyond 40,000 bytes are left
/// out.
pub fn phrase_grammar(phrases: &[String]) -> Option<Arc<str>> {
    let mut utterances = String::new();
    for phrase in phrases {
        let words = words::normalise(phrase).join(" ");
        let can_be_known = |byte| matches!(byte, b'a'..=b'z' | b'\'' | b' ');
        let fits = utterances.len() + words.len() < MOST_PHRASES_BYTES;
        if words.is_empty() || !words.bytes().all(can_be_known) || !fits {
            continue;
        }
        if !utterances.is_empty() {
            utterances.push_str(" | ");
        }
        utterances.push_str(&words);
    }
    (!utterances.is_empty()).then(|| {
        Arc::from(format!(
            "#JSGF V1.0;\ngrammar phrases;\npublic <utterance> = ( {utterances} ) [ please ];\n"
        ))
    })
}

/// The grammar of `meanings`. The public rule is `<utterance>`; a meaning is a rule of its own, and
/// each kind of slot that occurs is one.
pub(super) fn write(name: &str, meanings: &[Meaning], slots: &[Slot]) -> Arc<str> {
    let mut rules = String::new();
    let mut names = Vec::new();
    for (index, meaning) in meanings.iter().enumerate() {
        let phrases: Vec<&str> = meaning
            .phrases
            .iter()
            .map(|phrase| phrase.grammar.as_str())
            .collect();
        if phrases.is_empty() {
            continue;
        }
        // Numbered, for an intent and a slot may have one name; and never the name of a kind.
        let rule = format!("<say_{index}_{}>", meaning.name);
        push_rule(&mut rules, &rule, &phrases.join(" | "));
        names.push(rule);
    }
    let kinds: BTreeMap<String, Kind> = slots
        .iter()
        .map(|slot| (slot.kind.rule(), slot.kind))
        .filter(|(rule, _)| rules.contains(&format!("<{rule}>")))
        .collect();
    for (rule, kind) in kinds {
        push_rule(&mut rules, &format!("<{rule}>"), &kind.expansion());
    }
    let utterance = if names.is_empty() {
        "<VOID>".to_owned()
    } else {
        format!("( {} ) [ please ]", names.join(" | "))
    };
    Arc::from(format!(
        "#JSGF V1.0;\ngrammar {name};\npublic <utterance> = {utterance};\n{rules}"
    ))
}

fn push_rule(rules: &mut String, name: &str, expansion: &str) {
    rules.push_str(name);
    rules.push_str(" = ");
    rules.push_str(expansion);
    rules.push_str(";\n");
}
