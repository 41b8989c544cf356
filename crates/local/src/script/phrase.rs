//! A phrase of a script: words, `{slot}`, `[optional]`, `(one | other)`. Read from text, expanded
//! into plain patterns for matching, and written as a grammar expansion.

use super::pattern::{Item, Pattern};
use super::slot::Slot;
use super::words;

/// More patterns than one phrase may stand for.
const MOST_PATTERNS: usize = 256;
/// Deepest nesting of brackets.
const MOST_DEPTH: usize = 8;

/// One phrase, checked.
#[derive(Debug)]
pub(super) struct Phrase {
    /// The expansion as a grammar writes it; slots are rules.
    pub(super) grammar: String,
    /// Every way to say it, normalised.
    pub(super) patterns: Vec<Pattern>,
}

/// What was wrong with a phrase: expected, got.
pub(super) type PhraseFault = (String, String);

#[derive(Debug, Clone)]
enum Node {
    Word(String),
    Slot(usize),
    Optional(Vec<Vec<Self>>),
    Choice(Vec<Vec<Self>>),
}

impl Phrase {
    /// Reads a phrase whose slots are among `slots`.
    pub(super) fn parse(text: &str, slots: &[Slot]) -> Result<Self, PhraseFault> {
        let mut parser = Parser {
            tokens: tokens(text).into_iter(),
            slots,
            depth: 0,
        };
        let root = Node::Choice(parser.alternatives(None)?);
        let expanded = expand(&root).ok_or_else(|| {
            (
                format!("at most {MOST_PATTERNS} ways to say a phrase"),
                "more".to_owned(),
            )
        })?;
        let patterns: Vec<Pattern> = expanded.into_iter().map(pattern).collect();
        if patterns.iter().any(Pattern::is_empty) {
            return Err((
                "a word that is neither optional nor a filler".to_owned(),
                format!("\"{text}\""),
            ));
        }
        let mut grammar = String::new();
        if let Node::Choice(alternatives) = &root {
            write_alternatives(alternatives, slots, &mut grammar);
        }
        Ok(Self { grammar, patterns })
    }
}

struct Parser<'a> {
    tokens: std::vec::IntoIter<String>,
    slots: &'a [Slot],
    depth: usize,
}

impl Parser<'_> {
    fn alternatives(&mut self, close: Option<&str>) -> Result<Vec<Vec<Node>>, PhraseFault> {
        let mut done = Vec::new();
        let mut sequence = Vec::new();
        loop {
            let token = self.tokens.next();
            match token.as_deref() {
                token if token == close || token == Some("|") => {
                    if sequence.is_empty() {
                        let got =
                            token.map_or("the end".to_owned(), |token| format!("\"{token}\""));
                        return Err(("a word".to_owned(), got));
                    }
                    done.push(std::mem::take(&mut sequence));
                    if token == close {
                        return Ok(done);
                    }
                }
                Some("[") => sequence.push(Node::Optional(self.nested("]")?)),
                Some("(") => sequence.push(Node::Choice(self.nested(")")?)),
                Some(token) => sequence.push(self.word_or_slot(token)?),
                None => {
                    let close = close.unwrap_or("the end");
                    return Err((format!("\"{close}\""), "the end".to_owned()));
                }
            }
        }
    }

    fn nested(&mut self, close: &str) -> Result<Vec<Vec<Node>>, PhraseFault> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            let expected = format!("brackets at most {MOST_DEPTH} deep");
            return Err((expected, "deeper ones".to_owned()));
        }
        let alternatives = self.alternatives(Some(close))?;
        self.depth -= 1;
        Ok(alternatives)
    }

    fn word_or_slot(&self, token: &str) -> Result<Node, PhraseFault> {
        let got = || format!("\"{token}\"");
        if let Some(slot) = token.strip_prefix('{') {
            let slot = slot.strip_suffix('}').ok_or(("\"}\"".to_owned(), got()))?;
            return self.slot(slot);
        }
        let is_word = token
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'\'')
            && token.bytes().any(|byte| byte.is_ascii_lowercase());
        if is_word {
            Ok(Node::Word(token.to_owned()))
        } else {
            let expected = "words of a to z in lower case, {slot}, [optional] or (one | other)";
            Err((expected.to_owned(), got()))
        }
    }

    fn slot(&self, text: &str) -> Result<Node, PhraseFault> {
        let (name, kind) = match text.split_once(':') {
            Some((name, kind)) => (name, Some(kind)),
            None => (text, None),
        };
        let found = self
            .slots
            .iter()
            .enumerate()
            .find(|(_, slot)| slot.name == name);
        let Some((index, slot)) = found else {
            let names: Vec<&str> = self.slots.iter().map(|slot| slot.name.as_str()).collect();
            let expected = format!("a slot ({})", names.join(", "));
            return Err((expected, format!("\"{name}\"")));
        };
        match kind {
            Some(kind) if kind != slot.kind.name() => Err((
                format!("{{{name}:{}}}", slot.kind.name()),
                format!("{{{text}}}"),
            )),
            _ => Ok(Node::Slot(index)),
        }
    }
}

/// Brackets and bars alone, everything in braces as one, other runs without blanks as one.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = vec![String::new()];
    let mut braces = false;
    for character in text.chars() {
        let alone = !braces && matches!(character, '[' | ']' | '(' | ')' | '|');
        let blank = !braces && character.is_whitespace();
        if alone || blank || character == '{' {
            tokens.push(String::new());
        }
        if let Some(token) = tokens.last_mut().filter(|_| !blank) {
            token.push(character);
        }
        if alone || character == '}' {
            tokens.push(String::new());
        }
        braces = (braces || character == '{') && character != '}';
    }
    tokens.retain(|token| !token.is_empty());
    tokens
}

/// Every sequence of words and slots the node stands for; `None` if there are too many.
fn expand(node: &Node) -> Option<Vec<Vec<Node>>> {
    let (alternatives, mut all) = match node {
        Node::Word(_) | Node::Slot(_) => return Some(vec![vec![node.clone()]]),
        Node::Optional(alternatives) => (alternatives, vec![Vec::new()]),
        Node::Choice(alternatives) => (alternatives, Vec::new()),
    };
    for alternative in alternatives {
        let mut sequences = vec![Vec::new()];
        for node in alternative {
            let ends = expand(node)?;
            if sequences.len() * ends.len() > MOST_PATTERNS {
                return None;
            }
            sequences = sequences
                .iter()
                .flat_map(|start: &Vec<Node>| ends.iter().map(|end| [&start[..], end].concat()))
                .collect();
        }
        all.extend(sequences);
    }
    (all.len() <= MOST_PATTERNS).then_some(all)
}

/// Runs of words are normalised together, so that "p m" and "o clock" are what a caller's words become.
fn pattern(nodes: Vec<Node>) -> Pattern {
    let mut items = Vec::new();
    let mut run = String::new();
    for node in nodes {
        match node {
            Node::Word(word) => {
                run.push_str(&word);
                run.push(' ');
            }
            Node::Slot(slot) => {
                items.extend(words::normalise(&run).into_iter().map(Item::Word));
                run.clear();
                items.push(Item::Slot(slot));
            }
            Node::Optional(_) | Node::Choice(_) => {}
        }
    }
    items.extend(words::normalise(&run).into_iter().map(Item::Word));
    Pattern::new(items)
}

fn write_alternatives(alternatives: &[Vec<Node>], slots: &[Slot], out: &mut String) {
    for (index, alternative) in alternatives.iter().enumerate() {
        if index > 0 {
            out.push_str(" | ");
        }
        for (index, node) in alternative.iter().enumerate() {
            if index > 0 {
                out.push(' ');
            }
            write_node(node, slots, out);
        }
    }
}

fn write_node(node: &Node, slots: &[Slot], out: &mut String) {
    let (open, alternatives, close) = match node {
        Node::Word(word) => return out.push_str(word),
        Node::Slot(slot) => {
            let rule = slots.get(*slot).map(|slot| slot.kind.rule());
            return out.push_str(&format!("<{}>", rule.unwrap_or_default()));
        }
        Node::Optional(alternatives) => ("[ ", alternatives, " ]"),
        Node::Choice(alternatives) => ("( ", alternatives, " )"),
    };
    out.push_str(open);
    write_alternatives(alternatives, slots, out);
    out.push_str(close);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Phrase, PhraseFault> {
        let slots = [Slot::new(
            "party",
            super::super::kind::Kind::Number { min: 1, max: 3 },
        )];
        Phrase::parse(text, &slots)
    }

    #[test]
    fn brackets_expand_and_stay_in_the_grammar() {
        let phrase =
            parse("[i (want | would like) to] book a table for {party:number}").expect("a phrase");
        assert_eq!(phrase.patterns.len(), 3);
        assert_eq!(
            phrase.grammar,
            "[ i ( want | would like ) to ] book a table for <number_1_3>"
        );
    }

    #[test]
    fn faults_say_what_was_expected() {
        for (text, expected) in [
            ("", "a word"),
            ("book |", "a word"),
            ("[]", "a word"),
            ("[book", "\"]\""),
            ("book ]", "words of"),
            ("Book", "words of"),
            ("press 1", "words of"),
            ("'", "words of"),
            ("{party", "\"}\""),
            ("{guests}", "a slot (party)"),
            ("{party:time}", "{party:number}"),
            ("[please]", "neither optional"),
            ("uh please", "neither optional"),
            ("[a] [b] [c] [d] [e] [f] [g] [h] [i] x", "at most 256"),
            ("(((((((((x)))))))))", "8 deep"),
        ] {
            let (got, _) = parse(text).expect_err(text);
            assert!(got.contains(expected), "{text}: {got}");
        }
    }
}
