//! A reader of JSGF 1.0 written from the W3C note, to check the grammars, and the words in them.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Dialogue, Script, phrase_grammar};

/// Words of the booking script's grammars that are in `cmudict-en-us.dict` as pocketsphinx ships it.
const DICTIONARY: &str = "a again am anything are at book bye can correct day eight eighteen eleven else \
    enough fifteen five for forty four friday good goodbye half help hours i is it like m \
    monday nine no noon nothing o'clock of on one open opening operator p park parking past people \
    person please quarter repeat right saturday say seven six speak stop sunday table ten thank that \
    the there thirty three thursday time to today tomorrow tonight tuesday twelve two us want \
    wednesday what when where would wrong yeah yes you your";

/// Whether the text is a grammar: header, rules of words, brackets and references that exist, one
/// public rule, no recursion.
pub(super) fn check(text: &str) -> Result<(), String> {
    rules(text).map(|_| ())
}

fn rules(text: &str) -> Result<BTreeMap<String, Vec<String>>, String> {
    let body = text
        .strip_prefix("#JSGF V1.0;\n")
        .ok_or("no header at the very start")?;
    let mut statements = body.split_terminator(";\n");
    let name = statements
        .next()
        .and_then(|line| line.strip_prefix("grammar "));
    if name.is_none_or(|name| name.contains(' ')) {
        return Err("no grammar name".to_owned());
    }
    let mut rules = BTreeMap::new();
    let mut public = 0;
    for statement in statements {
        let rule = statement.strip_prefix("public ");
        public += usize::from(rule.is_some());
        let (name, expansion) = rule
            .unwrap_or(statement)
            .split_once(" = ")
            .ok_or(format!("no rule: {statement}"))?;
        let tokens: Vec<String> = expansion.split_whitespace().map(str::to_owned).collect();
        let mut at = 0;
        alternatives(&tokens, &mut at).map_err(|fault| format!("{fault} in {statement}"))?;
        if at != tokens.len() {
            return Err(format!("\"{}\" closes nothing in {statement}", tokens[at]));
        }
        if rules.insert(name.to_owned(), tokens).is_some() {
            return Err(format!("{name} twice"));
        }
    }
    if public != 1 {
        return Err(format!("{public} public rules"));
    }
    for name in rules.keys() {
        resolve(name, &rules, 0)?;
    }
    Ok(rules)
}

fn alternatives(tokens: &[String], at: &mut usize) -> Result<(), String> {
    let mut empty = true;
    while let Some(token) = tokens.get(*at) {
        match token.as_str() {
            "]" | ")" => break,
            "|" if empty => return Err("an empty alternative".to_owned()),
            "|" => empty = true,
            open @ ("[" | "(") => {
                *at += 1;
                alternatives(tokens, at)?;
                let close = if open == "[" { "]" } else { ")" };
                if tokens.get(*at).map(String::as_str) != Some(close) {
                    return Err(format!("no {close}"));
                }
                empty = false;
            }
            word => {
                let plain = word
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'\'');
                let rule = word.starts_with('<') && word.ends_with('>');
                if !plain && !rule {
                    return Err(format!("the token {word}"));
                }
                empty = false;
            }
        }
        *at += 1;
    }
    if empty {
        return Err("an empty alternative".to_owned());
    }
    Ok(())
}

fn resolve(name: &str, rules: &BTreeMap<String, Vec<String>>, depth: usize) -> Result<(), String> {
    if depth > 10 {
        return Err(format!("{name} leads to itself"));
    }
    if name == "<VOID>" {
        return Ok(());
    }
    let tokens = rules.get(name).ok_or(format!("{name} is not defined"))?;
    tokens
        .iter()
        .filter(|token| token.starts_with('<'))
        .try_for_each(|token| resolve(token, rules, depth + 1))
}

/// The grammars of a walk through all questions of the booking desk.
fn grammars() -> Vec<String> {
    let mut dialogue = Dialogue::new(Script::booking());
    dialogue.begin();
    let mut grammars = vec![dialogue.expects().grammar.to_string()];
    for text in [
        "book a table",
        "two",
        "seven",
        "yes",
        "yes",
        "help",
        "operator",
    ] {
        dialogue.heard(text);
        grammars.push(dialogue.expects().grammar.to_string());
    }
    grammars
}

#[test]
fn every_word_of_the_booking_grammars_is_in_the_dictionary() {
    let known: BTreeSet<&str> = DICTIONARY.split_whitespace().collect();
    for grammar in grammars() {
        let rules = rules(&grammar).expect("a grammar");
        for word in rules.values().flatten() {
            let is_word = word.starts_with(|first: char| first.is_ascii_lowercase());
            assert!(!is_word || known.contains(word.as_str()), "{word}");
        }
    }
}

#[test]
fn phrases_as_people_write_them_become_a_grammar() {
    let phrases = |texts: &[&str]| {
        let texts: Vec<_> = texts.iter().map(|text| (*text).to_owned()).collect();
        phrase_grammar(&texts)
    };
    let grammar = phrases(&["Where is my order?", "Room 12, please!", "Straße", "¿?"]);
    let grammar = grammar.expect("two of them");
    assert_eq!(check(&grammar), Ok(()));
    assert!(
        grammar.contains("( where is my order | room twelve ) [ please ]"),
        "{grammar}"
    );
    assert_eq!(phrases(&["Straße", " "]), None);
    assert_eq!(phrases(&[]), None);
    let many = phrases(&["a b c d e f g h"; 5_000]).expect("some of them");
    assert!(check(&many).is_ok() && many.split(' ').count() < 25_000);
}

#[test]
fn the_checker_refuses_what_is_no_grammar() {
    let head = "#JSGF V1.0;\ngrammar x;\n";
    assert_eq!(
        check(&format!("{head}public <a> = b [ c | <d> ];\n<d> = e;\n")),
        Ok(())
    );
    for body in [
        "",
        "<a> = b;\n",
        "public <a> = [ b;\n",
        "public <a> = b ];\n",
        "public <a> = ( b ];\n",
        "public <a> = b | ;\n",
        "public <a> = [ ];\n",
        "public <a> = <b>;\n",
        "public <a> = b <a>;\n",
        "public <a> = B;\n",
        "public <a> = b;\npublic <c> = d;\n",
        "public <a> = b;\n<a> = d;\n",
    ] {
        assert!(check(&format!("{head}{body}")).is_err(), "{body}");
    }
    assert!(check("grammar x;\npublic <a> = b;\n").is_err());
}

#[test]
fn large_numbers_are_built_of_parts() {
    let script = r#"
        name = "parts"
        voice = "rms"
        greeting = "Hello."
        start = "ask"
        [slots.count]
        type = "number"
        max = 500
        ask = "How many?"
        [states.ask]
        collect = ["count"]
        next = "done"
        [states.done]
        say = "{count} it is."
        hang_up = true
    "#;
    let mut dialogue = Dialogue::new(Script::parse(script).expect("a script").into());
    dialogue.begin();
    let grammar = dialogue.expects().grammar;
    assert_eq!(check(&grammar), Ok(()));
    assert!(grammar.len() < 4000, "{}", grammar.len());
    assert_eq!(
        dialogue.heard("three hundred and five").say,
        "three hundred five it is."
    );
}
