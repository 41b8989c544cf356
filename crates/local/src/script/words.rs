//! Text as a recogniser, a chat line or a script writes it, brought to one form: lower-case words.

use super::number;

/// More words than a caller says in one utterance; the rest is not looked at.
const MOST_WORDS: usize = 48;

const FILLERS: [&str; 14] = [
    "actually", "ah", "eh", "er", "erm", "hm", "hmm", "just", "kindly", "mm", "please", "uh", "um",
    "well",
];

/// The words of `text`: lower case, numbers as words, "7 p.m." as `seven pm`, "7:30" as
/// `seven thirty`, short forms written out, without fillers and marks.
pub(super) fn normalise(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for token in tokens(text) {
        for word in written_out(&token) {
            let joined = match (words.last().map(String::as_str), word.as_str()) {
                (Some("o"), "clock") => Some("o'clock"),
                (Some("p"), "m") => Some("pm"),
                (Some("a"), "m") => Some("am"),
                _ => None,
            };
            if let Some(joined) = joined {
                words.pop();
                words.push(joined.to_owned());
            } else if !FILLERS.contains(&word.as_str()) {
                words.push(word);
            }
            if words.len() == MOST_WORDS {
                return words;
            }
        }
    }
    words
}

/// Runs of letters and apostrophes, and runs of digits with a `:` or `.` inside.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = vec![String::new()];
    let mut before = ' ';
    let mut characters = text
        .chars()
        .flat_map(char::to_lowercase)
        .take(4096)
        .peekable();
    while let Some(character) = characters.next() {
        let character = if character == '’' { '\'' } else { character };
        let inside_number = matches!(character, ':' | '.')
            && before.is_ascii_digit()
            && characters.peek().is_some_and(char::is_ascii_digit);
        let kind = |character: char| match character {
            '0'..='9' | ':' | '.' => 1,
            _ => 2,
        };
        if character.is_alphanumeric() || character == '\'' || inside_number {
            if kind(before) != kind(character) {
                tokens.push(String::new());
            }
            if let Some(token) = tokens.last_mut() {
                token.push(character);
            }
            before = character;
        } else {
            tokens.push(String::new());
            before = ' ';
        }
    }
    tokens.retain(|token| !token.is_empty());
    tokens
}

fn written_out(token: &str) -> Vec<String> {
    if let Some((hour, minute)) = token.split_once([':', '.']) {
        return match minute {
            "00" => [digits(hour), vec!["o'clock".to_owned()]].concat(),
            minute => match minute.strip_prefix('0') {
                Some(unit) => [digits(hour), vec!["oh".to_owned()], digits(unit)].concat(),
                None => [digits(hour), digits(minute)].concat(),
            },
        };
    }
    if token.starts_with(|character: char| character.is_ascii_digit()) {
        return digits(token);
    }
    let token = token.trim_matches('\'');
    let split = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    match token {
        "" => Vec::new(),
        "oclock" => split(&["o'clock"]),
        "ok" => split(&["okay"]),
        "don't" | "dont" => split(&["do", "not"]),
        "can't" => split(&["can", "not"]),
        "cannot" => split(&["can", "not"]),
        _ => match token.split_once('\'') {
            Some((word, "d")) => split(&[word, "would"]),
            Some((word, "ll")) => split(&[word, "will"]),
            Some((word, "re")) => split(&[word, "are"]),
            Some((word, "ve")) => split(&[word, "have"]),
            Some(("i", "m")) => split(&["i", "am"]),
            Some((word @ ("it" | "that" | "what" | "when" | "where" | "who"), "s")) => {
                split(&[word, "is"])
            }
            _ => split(&[token]),
        },
    }
}

/// The words of a number in digits; one that is too large stays as it is.
fn digits(text: &str) -> Vec<String> {
    match text.parse::<u32>() {
        Ok(number) => number::speak(number)
            .split(' ')
            .map(str::to_owned)
            .collect(),
        Err(_) => vec![text.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_to_one_form() {
        for (text, words) in [
            ("At 7 p.m., please!", "at seven pm"),
            ("at 7pm", "at seven pm"),
            ("7:30", "seven thirty"),
            ("7.05 a m", "seven oh five am"),
            ("19:00", "nineteen o'clock"),
            (
                "Uh, I’d like a table for 12",
                "i would like a table for twelve",
            ),
            ("seven o' clock", "seven o'clock"),
            ("seven OCLOCK", "seven o'clock"),
            ("that's right", "that is right"),
            ("I don't know", "i do not know"),
            ("um uh please", ""),
            ("25", "twenty five"),
            ("99999999999", "99999999999"),
            ("", ""),
        ] {
            assert_eq!(normalise(text).join(" "), words, "{text}");
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(normalise(&"word ".repeat(100_000)).len(), MOST_WORDS);
    }
}
