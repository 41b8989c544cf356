//! Writes what can be heard at one point as a grammar in the Java Speech Grammar Format 1.0
//! (<https://www.w3.org/TR/jsgf/>), in the subset that pocketsphinx reads: words, `[ ]`, `( )`,
//! `|`, rules. No weights, no tags, no imports, no recursion.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::kind::Kind;
use super::slot::Slot;
use super::state::Meaning;

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
