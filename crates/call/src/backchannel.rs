//! Backchannels: what listeners say to show that they listen ("uh-huh"), which must not interrupt.
//!
//! A small closed list for English, German, French, Spanish, Italian and romanised Hindi. It refuses to
//! guess: what is not on the list is a turn. English "yes", which answers a question, and "no", "stop" and
//! "wait" in any language are not on it. The others' "yes" is, because their listeners say it all the time;
//! whoever has just asked a question does not ask here.

/// The most words a backchannel has: "yeah, yeah, okay".
const MOST_WORDS: usize = 3;

/// In lower case, without punctuation and hyphens.
const PHRASES: [&[&str]; 7] = [
    &[
        "mm", "mmm", "mhm", "mhmm", "mmhm", "mmhmm", "hm", "hmm", "aha", "ah", "oh", "ok", "okay",
    ],
    &[
        "uhhuh",
        "uh huh",
        "yeah",
        "right",
        "alright",
        "all right",
        "sure",
        "i see",
        "got it",
        "gotcha",
    ],
    &[
        "ja", "genau", "klar", "achso", "ach so", "verstehe", "stimmt",
    ],
    &[
        "oui",
        "ouais",
        "mmh",
        "d'accord",
        "je vois",
        "bien sûr",
        "voilà",
    ],
    &[
        "sí",
        "vale",
        "claro",
        "ajá",
        "entiendo",
        "de acuerdo",
        "ya veo",
    ],
    &["sì", "certo", "capisco", "ho capito", "va bene", "esatto"],
    &[
        "haan",
        "haan ji",
        "ji haan",
        "accha",
        "achha",
        "acha",
        "theek hai",
        "thik hai",
    ],
];

/// Whether this is nothing but backchannels: at most three words, all of them on the list.
pub fn is_backchannel(text: &str) -> bool {
    let words: Vec<String> = words(text).take(MOST_WORDS + 1).collect();
    !words.is_empty() && words.len() <= MOST_WORDS && consists_of_phrases(&words)
}

fn consists_of_phrases(words: &[String]) -> bool {
    let mut phrases = PHRASES.into_iter().flatten();
    words.is_empty()
        || phrases.any(|phrase| without_phrase(words, phrase).is_some_and(consists_of_phrases))
}

/// The words behind the phrase, if they begin with it.
fn without_phrase<'a>(words: &'a [String], phrase: &str) -> Option<&'a [String]> {
    phrase.split(' ').try_fold(words, |words, wanted| {
        let (first, rest) = words.split_first()?;
        (first == wanted).then_some(rest)
    })
}

/// The words in lower case: parted by spaces and punctuation, but for hyphens and apostrophes within.
fn words(text: &str) -> impl Iterator<Item = String> {
    let parts = text.split(|c: char| !c.is_alphanumeric() && !is_within(c));
    let words = parts.map(|part| {
        let letters = part.trim_matches(is_within).chars();
        let letters = letters.filter(|c| *c != '-' && *c != '\u{2010}' && *c != '\u{2011}');
        let letters = letters.map(|c| if c == '’' { '\'' } else { c });
        letters.flat_map(char::to_lowercase).collect()
    });
    words.filter(|word: &String| !word.is_empty())
}

/// Hyphens and apostrophes.
const fn is_within(c: char) -> bool {
    matches!(c, '-' | '\u{2010}' | '\u{2011}' | '\'' | '’')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn signs_of_listening_are_backchannels() {
        let signs = [
            "uh-huh",
            "Uh huh.",
            "Mm-hm",
            "mm hmm",
            "mhm",
            "Yeah.",
            "yeah, yeah, yeah",
            "OK",
            "okay!",
            "Right...",
            "I see.",
            "oh, I see",
            "sure",
            "Aha",
            "ah—okay",
            "ja",
            "ja, genau",
            "Ach so!",
            "oui",
            "D’accord.",
            "SÍ",
            "sí, claro",
            "va bene",
            "theek hai",
            " 'right' ",
            "uh\u{2011}huh",
        ];
        for sign in signs {
            assert!(is_backchannel(sign), "{sign:?}");
        }
    }

    #[test]
    fn what_wants_to_be_heard_is_none() {
        let turns = [
            "",
            " ... ",
            "no",
            "stop",
            "wait",
            "yes",
            "Yes.",
            "nope",
            "nein",
            "non",
            "halt",
            "uh-uh",
            "okay stop",
            "right now",
            "sure, wait",
            "I",
            "see",
            "i",
            "huh",
            "got",
            "ok ok ok ok",
            "yeah, what about tomorrow",
            "okayish",
            "si",
            "ya",
            "нет",
            "7",
            "d' accord",
        ];
        for turn in turns {
            assert!(!is_backchannel(turn), "{turn:?}");
        }
    }

    #[test]
    fn every_phrase_is_written_as_it_is_looked_for() {
        for phrase in PHRASES.into_iter().flatten() {
            assert_eq!(words(phrase).collect::<Vec<_>>().join(" "), *phrase);
            assert!(is_backchannel(phrase), "{phrase:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics_and_no_more_than_three_words_pass(text in ".*") {
            let passes = is_backchannel(&text);
            prop_assert!(!passes || words(&text).count() <= MOST_WORDS);
        }
    }
}
