use super::*;
use proptest::prelude::*;

/// Words that each take 100 ms, one behind the other.
fn words(texts: &[&str]) -> Vec<Word> {
    (0_u64..)
        .zip(texts)
        .map(|(n, text)| Word {
            text: (*text).to_owned(),
            start_ms: n * 100,
            end_ms: n * 100 + 100,
        })
        .collect()
}

/// What is heard after each of these times.
fn heard_at<'a>(text: &'a str, words: &[Word], times_ms: &[u64]) -> Vec<&'a str> {
    let at = |heard_ms: &u64| heard_text(text, words, *heard_ms, None);
    times_ms.iter().map(at).collect()
}

#[test]
fn words_that_ended_were_heard_with_their_punctuation() {
    let text = "Hello, dear (old) friend—how are you?";
    let words = words(&["hello", "Dear", "old", "friend", "how", "are", "you"]);
    assert_eq!(
        heard_at(text, &words, &[39, 40, 199, 339, 340, 440, 640, 9_999]),
        [
            "",
            "Hello,",
            "Hello, dear",
            "Hello, dear (old)",
            "Hello, dear (old) friend—",
            "Hello, dear (old) friend—how",
            text,
            text,
        ]
    );
}

#[test]
fn nothing_is_heard_at_0_and_everything_at_the_end() {
    let text = "One two. ";
    let early = words(&["One"]);
    assert_eq!(heard_text(text, &early, 0, Some(0)), "");
    assert_eq!(heard_text(text, &early, 999, Some(1_000)), "One");
    assert_eq!(heard_text(text, &early, 1_000, Some(1_000)), text);
    assert_eq!(heard_text("", &early, 500, None), "");
}

#[test]
fn spoken_numbers_take_their_share_of_the_written_one() {
    let text = "It costs $25 99 today, all in.";
    let spoken = [
        "It", "costs", "twenty", "five", "dollars", "and", "ninety", "nine", "today", "all", "in",
    ];
    let heard = heard_at(
        text,
        &words(&spoken),
        &[200, 300, 600, 800, 900, 1_000, 1_100],
    );
    assert_eq!(
        heard,
        [
            "It costs",
            "It costs",
            "It costs $25",
            "It costs $25 99",
            "It costs $25 99 today,",
            "It costs $25 99 today, all",
            text,
        ]
    );
}

#[test]
fn each_number_has_the_share_of_its_own_words() {
    let spoken = words(&["nine", "and", "ten", "end"]);
    assert_eq!(
        heard_at("9 and 10 end", &spoken, &[100, 200, 300, 400]),
        ["9", "9 and", "9 and 10", "9 and 10 end"]
    );
}

#[test]
fn unknown_words_at_the_end_claim_no_more_than_can_be_said() {
    let text = "We open at 9 and close late in the evening, every day of the week";
    let so_far = words(&["We", "open", "at", "nine"]);
    assert_eq!(heard_text(text, &so_far, 300, None), "We open at");
    // 100 ms are one character and a half.
    assert_eq!(heard_text(text, &so_far, 400, None), "We open at");
    assert_eq!(heard_text(text, &so_far, 500, None), "We open at 9");
}

#[test]
fn a_word_is_not_heard_before_those_in_front_of_it() {
    let mut spoken = words(&["nine", "and"]);
    spoken[0].end_ms = 300;
    assert_eq!(heard_at("9 and 10", &spoken, &[200, 300]), ["", "9 and"]);
}

#[test]
fn a_word_inside_another_is_none() {
    let spoken = words(&["A", "four", "in", "art"]);
    assert_eq!(
        heard_at("A4 interest in art", &spoken, &[100, 200, 300, 400]),
        ["", "A4 interest", "A4 interest in", "A4 interest in art"]
    );
}

#[test]
fn without_words_the_share_played_decides() {
    let text = "Good morning, how are you?";
    let heard = |ms| heard_text(text, &[], ms, Some(2_600));
    assert_eq!(heard(399), "");
    assert_eq!(heard(400), "Good");
    assert_eq!(heard(1_299), "Good");
    assert_eq!(heard(1_300), "Good morning,");
    assert_eq!(heard(2_599), "Good morning, how are");
    assert_eq!(heard(2_600), text);
}

#[test]
fn without_a_length_the_pace_of_speech_decides() {
    let text = "Good morning";
    assert_eq!(heard_text(text, &[], 266, None), "");
    assert_eq!(heard_text(text, &[], 267, None), "Good");
    assert_eq!(heard_text(text, &[], 799, None), "Good");
    assert_eq!(heard_text(text, &[], 800, None), text);
    assert_eq!(heard_text(text, &[], u64::MAX, None), text);
}

#[test]
fn scripts_without_spaces_are_cut_between_characters() {
    assert_eq!(
        heard_text("こんにちは、元気", &[], 500, Some(1_000)),
        "こんにち"
    );
    assert_eq!(
        heard_text("สวัสดีครับ", &[], 500, Some(1_000)),
        "สวัสดี".get(..15).unwrap()
    );
    assert_eq!(
        heard_text("안녕하세요 여러분", &[], 800, Some(1_000)),
        "안녕하세요"
    );
    assert_eq!(heard_text("नमस्ते दुनिया", &[], 400, Some(1_000)), "");
    let spoken = words(&["你好", "，", "世", "界"]);
    assert_eq!(
        heard_at("你好，世界。", &spoken, &[100, 300, 400]),
        ["你好，", "你好，世", "你好，世界。"]
    );
}

proptest! {
    #[test]
    fn more_playing_never_takes_back_a_word(
        text in "([a-cß2é你ค्A—,.\u{301}]{0,4}[ \u{3000}]?){0,12}",
        spoken in prop::collection::vec(("[a-cß2你—A]{0,3}", 0..2_000_u64), 0..12),
        sorted in any::<bool>(),
        total_ms in prop::option::of(0..2_000_u64),
    ) {
        let mut words: Vec<_> = spoken
            .into_iter()
            .map(|(text, end_ms)| Word { text, start_ms: 0, end_ms })
            .collect();
        if sorted {
            words.sort_by_key(|word| word.end_ms);
        }
        let mut longest = 0;
        for heard_ms in (0..2_100).step_by(30).chain([u64::MAX]) {
            let heard = heard_text(&text, &words, heard_ms, total_ms);
            prop_assert!(text.starts_with(heard));
            prop_assert!(heard.len() >= longest, "{heard:?} at {heard_ms} ms");
            longest = heard.len();
        }
        if total_ms.is_some() {
            prop_assert_eq!(longest, text.len());
        }
    }

    #[test]
    fn the_words_of_a_text_are_heard_one_by_one(
        text in prop::collection::vec("[A-Za-zé]{1,6}[,.!]?", 1..20),
    ) {
        let spoken: Vec<_> = text.iter().map(String::as_str).collect();
        let timed = words(&spoken);
        let whole = text.join(" ");
        for n in 0..text.len() {
            let heard = heard_text(&whole, &timed, n as u64 * 100 + 1, None);
            prop_assert_eq!(heard, text[..n].join(" "));
        }
    }
}
