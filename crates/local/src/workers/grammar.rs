//! A look at a JSGF grammar before pocketsphinx gets it.
//!
//! The library is not safe with every grammar: it ends the process on a weight above one, writes text
//! it does not expect to standard output, opens files on `import`, takes an undefined or
//! recursive rule for an empty one without a word, and expands rules without a bound. So only a
//! plain subset passes: a header, one `grammar` line, rules that refer to each other without cycles,
//! words without quotes, weights up to one. JSGF is described at
//! <https://www.w3.org/TR/2000/NOTE-jsgf-20000605/>.

use std::collections::{BTreeSet, HashMap};

/// The longest grammar, in bytes.
const MAX_BYTES: usize = 64 * 1024;
/// The most words the grammar may have once every reference is replaced by its rule.
const MAX_EXPANDED: usize = 20_000;
/// The deepest nesting of rules and of brackets.
const MAX_DEPTH: usize = 64;

/// Why a grammar is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GrammarError {
    #[error("grammar of {0} bytes, expected at most {MAX_BYTES}")]
    TooLong(usize),
    #[error("grammar: expected {expected}, got {got:?}")]
    Syntax { expected: &'static str, got: String },
    #[error("grammar: rule {0} is not defined")]
    Undefined(String),
    #[error("grammar: rule {0} refers to itself; use * or + to repeat")]
    Recursive(String),
    #[error("grammar: rules are nested deeper than {MAX_DEPTH}")]
    TooDeep,
    #[error("grammar: more than {MAX_EXPANDED} words once its rules are expanded")]
    TooLarge,
    #[error("grammar: words that are not in the dictionary: {0}")]
    UnknownWords(String),
    #[error("grammar: pocketsphinx does not accept it")]
    Refused,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Token<'a> {
    Word(&'a str),
    Rule(&'a str),
    Weight(&'a str),
    Tag,
    Mark(char),
}

#[derive(Debug, Default)]
struct Rule<'a> {
    words: usize,
    references: Vec<&'a str>,
}

/// The words of a grammar that the library can be given.
pub(crate) fn check(text: &str) -> Result<BTreeSet<&str>, GrammarError> {
    if text.len() > MAX_BYTES {
        return Err(GrammarError::TooLong(text.len()));
    }
    if !text.starts_with("#JSGF") {
        let got = text.chars().take(16).collect();
        return Err(GrammarError::Syntax {
            expected: "#JSGF at the start",
            got,
        });
    }
    let mut words = BTreeSet::new();
    let mut rules = HashMap::new();
    let mut public = None;
    let tokens = tokens(text)?;
    let mut statements = tokens.split(|token| *token == Token::Mark(';'));
    let header = statements.next().unwrap_or_default();
    let name = statements.next().unwrap_or_default();
    if !header.iter().all(|token| matches!(token, Token::Word(_))) {
        return Err(syntax("#JSGF V1.0; at the start", header));
    }
    if !matches!(name, [Token::Word("grammar"), Token::Word(_)]) {
        return Err(syntax("grammar NAME;", name));
    }
    for statement in statements.filter(|statement| !statement.is_empty()) {
        let (rule, body) = match statement {
            [
                Token::Word("public"),
                Token::Rule(rule),
                Token::Mark('='),
                body @ ..,
            ] => {
                public.get_or_insert(*rule);
                (*rule, body)
            }
            [Token::Rule(rule), Token::Mark('='), body @ ..] => (*rule, body),
            other => return Err(syntax("[public] <rule> = …;", other)),
        };
        if rules.insert(rule, read_rule(body, &mut words)?).is_some() {
            return Err(syntax("a rule to be defined once", statement));
        }
    }
    if tokens.last() != Some(&Token::Mark(';')) {
        return Err(syntax(
            "; at the end",
            tokens.last().map_or(&[][..], std::slice::from_ref),
        ));
    }
    if public.is_none() {
        return Err(syntax("a public rule", &[]));
    }
    let mut sizes = HashMap::new();
    for rule in rules.keys() {
        expanded(rule, &rules, &mut sizes, 0)?;
    }
    Ok(words)
}

fn read_rule<'a>(
    body: &[Token<'a>],
    words: &mut BTreeSet<&'a str>,
) -> Result<Rule<'a>, GrammarError> {
    let mut rule = Rule::default();
    let mut open = Vec::new();
    for (index, token) in body.iter().enumerate() {
        match token {
            Token::Word(word) => {
                words.insert(*word);
                rule.words += 1;
            }
            Token::Rule("<NULL>" | "<VOID>") | Token::Tag | Token::Mark('|' | '*' | '+') => {}
            Token::Rule(name) => rule.references.push(name),
            Token::Weight(weight) if weight.parse().is_ok_and(|weight: f64| weight <= 1.0) => {}
            Token::Mark(mark @ ('(' | '[')) if open.len() < MAX_DEPTH => open.push(*mark),
            Token::Mark(')') if open.pop() == Some('(') => {}
            Token::Mark(']') if open.pop() == Some('[') => {}
            _ => {
                return Err(syntax(
                    "words, rules, weights up to 1 and paired brackets",
                    &body[index..],
                ));
            }
        }
    }
    if body.is_empty() || !open.is_empty() {
        return Err(syntax("a rule with all its brackets closed", body));
    }
    Ok(rule)
}

/// The number of words a rule has when its references are replaced.
fn expanded<'a>(
    name: &'a str,
    rules: &HashMap<&'a str, Rule<'a>>,
    sizes: &mut HashMap<&'a str, Option<usize>>,
    depth: usize,
) -> Result<usize, GrammarError> {
    match sizes.get(name) {
        Some(Some(size)) => return Ok(*size),
        Some(None) => return Err(GrammarError::Recursive(name.to_owned())),
        None => {}
    }
    if depth > MAX_DEPTH {
        return Err(GrammarError::TooDeep);
    }
    let rule = rules
        .get(name)
        .ok_or_else(|| GrammarError::Undefined(name.to_owned()))?;
    sizes.insert(name, None);
    let mut size = rule.words;
    for reference in &rule.references {
        // One more for the reference itself, which costs a state even when its rule is empty.
        size += 1 + expanded(reference, rules, sizes, depth + 1)?;
        if size > MAX_EXPANDED {
            return Err(GrammarError::TooLarge);
        }
    }
    sizes.insert(name, Some(size));
    Ok(size)
}

fn tokens(text: &str) -> Result<Vec<Token<'_>>, GrammarError> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let Some(first) = rest.chars().next() else {
            return Ok(tokens);
        };
        let (token, length) = match first {
            '/' if rest.starts_with("//") => (None, rest.find('\n').unwrap_or(rest.len())),
            '/' if rest.starts_with("/*") => (None, enclosed(rest, 2, "*/")?),
            '/' => {
                let length = enclosed(rest, 1, "/")?;
                (rest.get(1..length - 1).map(Token::Weight), length)
            }
            '<' => {
                let length = enclosed(rest, 1, ">")?;
                (rest.get(..length).map(Token::Rule), length)
            }
            '{' => (Some(Token::Tag), enclosed(rest, 1, "}")?),
            ';' | '=' | '|' | '*' | '+' | '(' | ')' | '[' | ']' => (Some(Token::Mark(first)), 1),
            _ => {
                let end = |c: char| " \t\r\n=;|*+<>()[]{}/".contains(c);
                let length = rest.find(end).unwrap_or(rest.len());
                let word = rest.get(..length).unwrap_or_default();
                if length == 0 || word.contains(['"', '\\']) || word.contains(char::is_control) {
                    let got = rest.chars().take(16).collect();
                    return Err(GrammarError::Syntax {
                        expected: "plain words",
                        got,
                    });
                }
                (Some(Token::Word(word)), length)
            }
        };
        tokens.extend(token);
        rest = rest.get(length..).unwrap_or_default();
    }
}

/// The length of what starts here and ends with `close`, which is not in its first `skip` bytes.
fn enclosed(text: &str, skip: usize, close: &'static str) -> Result<usize, GrammarError> {
    let inside = text.get(skip..).and_then(|text| text.find(close));
    let inside = inside.ok_or_else(|| GrammarError::Syntax {
        expected: close,
        got: text.chars().take(16).collect(),
    })?;
    Ok(skip + inside + close.len())
}

fn syntax(expected: &'static str, got: &[Token<'_>]) -> GrammarError {
    let words = got.iter().take(6).map(|token| match token {
        Token::Word(text) | Token::Rule(text) | Token::Weight(text) => (*text).to_owned(),
        Token::Tag => "{…}".to_owned(),
        Token::Mark(mark) => mark.to_string(),
    });
    GrammarError::Syntax {
        expected,
        got: words.collect::<Vec<_>>().join(" "),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wrapped(rules: &str) -> String {
        format!("#JSGF V1.0;\ngrammar g;\n{rules}")
    }

    #[test]
    fn words_of_a_good_grammar() {
        let text = wrapped(
            "// a table\npublic <cmd> = /0.9/ book {tag} [a] table for <num> | /0.1/ (stop | no)+ ;\n<num> = one | two; /* end */",
        );
        let words: Vec<_> = check(&text).unwrap().into_iter().collect();
        assert_eq!(
            words,
            ["a", "book", "for", "no", "one", "stop", "table", "two"]
        );
    }

    #[test]
    fn what_the_library_would_not_survive_or_not_notice() {
        let error = |rules: &str| check(&wrapped(rules)).unwrap_err();
        assert!(matches!(
            error("public <a> = /10/ <b>; <b> = x;"),
            GrammarError::Syntax { .. }
        ));
        assert!(matches!(
            error("import <file.rule>; public <a> = x;"),
            GrammarError::Syntax { .. }
        ));
        assert!(matches!(
            error("public <a> = \"x y\";"),
            GrammarError::Syntax { .. }
        ));
        assert!(matches!(error("<a> = x;"), GrammarError::Syntax { .. }));
        assert!(matches!(
            error("public <a> = (x;"),
            GrammarError::Syntax { .. }
        ));
        assert!(matches!(
            error("public <a> = x"),
            GrammarError::Syntax { .. }
        ));
        assert_eq!(
            error("public <a> = <b>;"),
            GrammarError::Undefined("<b>".into())
        );
        let recursive = error("public <a> = x <b>; <b> = <a> y;");
        assert!(
            matches!(recursive, GrammarError::Recursive(_)),
            "{recursive}"
        );
        assert!(matches!(
            check("public <a> = x;"),
            Err(GrammarError::Syntax { .. })
        ));
    }

    #[test]
    fn expansion_is_bounded() {
        let mut rules = "public <r0> = x x;".to_owned();
        for level in 1..40 {
            rules.push_str(&format!("<r{level}> = <r{0}> <r{0}>;", level - 1));
        }
        assert_eq!(check(&wrapped(&rules)), Err(GrammarError::TooLarge));
        let long = " x".repeat(MAX_BYTES);
        assert!(matches!(check(&long), Err(GrammarError::TooLong(_))));
    }

    proptest! {
        #[test]
        fn any_text_is_an_answer(text in "#JSGF[ -~\n]{0,200}") {
            drop(check(&text));
        }

        #[test]
        fn any_soup_of_tokens_is_an_answer(parts in prop::collection::vec(
            prop::sample::select(vec!["<a>", "=", ";", "(", ")", "|", "x", "public ", "/0.5/", "*", "{", "}", "é"]), 0..40)
        ) {
            drop(check(&wrapped(&parts.concat())));
        }
    }
}
