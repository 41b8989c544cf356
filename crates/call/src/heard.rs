//! What of an utterance's text the caller heard: what enters history, transcript and record.
//!
//! Where the engine said when its words are spoken, they decide. Where it did not, the share of the
//! utterance that was played does, and where its length is not known, the pace of speech. It never claims
//! more than the text and never cuts inside a word; it refuses to guess what was understood.

use crate::agent::Word;

/// A word whose last milliseconds were cut off has been heard: its end is the engine's guess.
const TOLERANCE_MS: u64 = 60;

/// The pace of speech where nothing else is known.
const CHARS_PER_SECOND: u64 = 15;

/// How much text may be passed over to find the next spoken word again.
const LOOK_AHEAD_CHARS: usize = 48;

/// How much punctuation is looked past for the first letter of a word.
const MOST_PUNCTUATION_BYTES: usize = 16;

/// The beginning of `text` that `heard_ms` milliseconds of its utterance carry.
///
/// `words` are the utterance's, in order, as far as they are known; `total_ms` is its length, if known: from
/// there on the whole text has been heard, and at 0 nothing has. Never shorter for a longer `heard_ms`.
pub fn heard_text<'a>(
    text: &'a str,
    words: &[Word],
    heard_ms: u64,
    total_ms: Option<u64>,
) -> &'a str {
    if heard_ms == 0 {
        return "";
    }
    if total_ms.is_some_and(|total_ms| heard_ms >= total_ms) {
        return text;
    }
    let bytes = match (words, total_ms) {
        ([_, ..], _) => bytes_by_words(text, words, heard_ms),
        ([], Some(total_ms)) => bytes_of_share(text, heard_ms, total_ms),
        ([], None) => bytes_at_pace(text, heard_ms),
    };
    cut_at_word(text, bytes)
}

/// The end of the last heard word in the text. Spoken words that are not in it ("twenty" for "20") take their
/// share of what lies between their neighbours that are.
fn bytes_by_words(text: &str, words: &[Word], heard_ms: u64) -> usize {
    let mut heard = true;
    let (mut from, mut from_ms) = (0, 0);
    let (mut strangers, mut heard_strangers) = (0_u64, 0_u64);
    for word in words {
        heard &= word.end_ms <= heard_ms.saturating_add(TOLERANCE_MS);
        if !word.text.contains(char::is_alphanumeric) {
            continue;
        }
        let Some((start, end)) = find_word(text, from, &word.text) else {
            strangers += 1;
            heard_strangers += u64::from(heard);
            continue;
        };
        if !heard {
            let between = text.get(from..start).unwrap_or_default();
            return from + bytes_of_share(between, heard_strangers, strangers);
        }
        (from, from_ms, strangers, heard_strangers) = (end, word.end_ms, 0, 0);
    }
    // The text may go on behind the words known so far: strangers are not given more of it than can be said.
    let rest = text.get(from..).unwrap_or_default();
    let share = bytes_of_share(rest, heard_strangers, strangers);
    from + share.min(bytes_at_pace(rest, heard_ms.saturating_sub(from_ms)))
}

/// Where `word` begins and ends in `text`: at `from`, or as a word of its own a little behind.
fn find_word(text: &str, from: usize, word: &str) -> Option<(usize, usize)> {
    let rest = text.get(from..)?;
    if let Some(length) = match_word(rest, word) {
        return Some((from, from + length));
    }
    let mut before = ' ';
    let mut starts = rest.char_indices().take(LOOK_AHEAD_CHARS).filter(|(_, c)| {
        let starts = before.is_whitespace() && !c.is_whitespace();
        before = *c;
        starts
    });
    starts.find_map(|(start, _)| {
        let end = start + match_word(rest.get(start..)?, word)?;
        let goes_on = rest.get(end..)?.starts_with(char::is_alphanumeric);
        (!goes_on).then_some((from + start, from + end))
    })
}

/// How many bytes `word` takes at the beginning of `text`, with the punctuation behind it. Letters and digits
/// count alone, in either case.
fn match_word(text: &str, word: &str) -> Option<usize> {
    let mut letters = word.chars().filter(|c| c.is_alphanumeric());
    let mut wanted = letters.next();
    let mut end = 0;
    for (at, c) in text.char_indices() {
        match wanted {
            None if c.is_whitespace() || c.is_alphanumeric() => break,
            None => end = at + c.len_utf8(),
            Some(_) if !c.is_alphanumeric() && at - end < MOST_PUNCTUATION_BYTES => {}
            Some(letter) if c.to_lowercase().eq(letter.to_lowercase()) => {
                end = at + c.len_utf8();
                wanted = letters.next();
            }
            Some(_) => return None,
        }
    }
    wanted.is_none().then_some(end)
}

/// The bytes of `part` / `whole` of the characters.
fn bytes_of_share(text: &str, part: u64, whole: u64) -> usize {
    let chars = text.chars().count() as u128 * u128::from(part);
    bytes_of_chars(text, chars.checked_div(u128::from(whole)).unwrap_or(0))
}

/// The bytes of what can be said in `ms`.
fn bytes_at_pace(text: &str, ms: u64) -> usize {
    bytes_of_chars(text, u128::from(ms) * u128::from(CHARS_PER_SECOND) / 1_000)
}

fn bytes_of_chars(text: &str, chars: u128) -> usize {
    let behind = usize::try_from(chars).ok();
    let behind = behind.and_then(|chars| text.char_indices().nth(chars));
    behind.map_or(text.len(), |(at, _)| at)
}

/// The longest beginning of `text` of at most `bytes` bytes that ends where a word does.
fn cut_at_word(text: &str, bytes: usize) -> &str {
    let Some((head, tail)) = text.split_at_checked(bytes) else {
        return "";
    };
    let Some(mut after) = tail.chars().next() else {
        return text;
    };
    for (at, before) in head.char_indices().rev() {
        if parts(before, after) {
            let end = at + before.len_utf8();
            return text.get(..end).unwrap_or_default().trim_end();
        }
        after = before;
    }
    ""
}

/// Whether a text may be cut between these two.
fn parts(before: char, after: char) -> bool {
    let dash = matches!(before, '\u{2010}'..='\u{2015}' | '…');
    dash || [before, after]
        .into_iter()
        .any(|c| c.is_whitespace() || is_unspaced(c))
}

/// Whether this belongs to a script that puts no spaces between words: Thai, Lao, Tibetan, Burmese, Khmer,
/// Chinese and Japanese, with their punctuation.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0fff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3000}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests;
