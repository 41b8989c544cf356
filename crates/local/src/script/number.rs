//! Whole numbers from 0 to 999 as English words, both ways.

const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];

const TENS: [(&str, u32); 8] = [
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("seventy", 70),
    ("eighty", 80),
    ("ninety", 90),
];

/// The number that exactly these words say.
pub(super) fn read(words: &[&str]) -> Option<u32> {
    match words {
        [one] => small(one).or_else(|| tens(one)),
        [hundreds, "hundred"] => digit(hundreds).map(|digit| digit * 100),
        [hundreds, "hundred", "and", rest @ ..] | [hundreds, "hundred", rest @ ..] => {
            let rest = read(rest).filter(|rest| (1..100).contains(rest))?;
            digit(hundreds).map(|digit| digit * 100 + rest)
        }
        [ten, one] => Some(tens(ten)? + digit(one)?),
        _ => None,
    }
}

/// The words of a number; digits where the number has no words here.
pub(super) fn speak(number: u32) -> String {
    let below_hundred = |number: u32| {
        let ten = TENS.iter().find(|(_, value)| *value == number / 10 * 10);
        match (SMALL.get(number as usize), ten) {
            (Some(word), _) => (*word).to_owned(),
            (None, Some((ten, _))) if number.is_multiple_of(10) => (*ten).to_owned(),
            (None, Some((ten, _))) => {
                format!("{ten} {}", SMALL.get(number as usize % 10).unwrap_or(&""))
            }
            (None, None) => number.to_string(),
        }
    };
    match (number / 100, number % 100) {
        (0, rest) => below_hundred(rest),
        (hundreds @ 1..=9, 0) => format!("{} hundred", below_hundred(hundreds)),
        (hundreds @ 1..=9, rest) => {
            format!(
                "{} hundred {}",
                below_hundred(hundreds),
                below_hundred(rest)
            )
        }
        _ => number.to_string(),
    }
}

/// A word that sounds like a number, where a recogniser without a grammar wrote another one.
pub(super) fn homophone(word: &str) -> Option<u32> {
    match word {
        "won" => Some(1),
        "to" | "too" => Some(2),
        "for" => Some(4),
        "ate" => Some(8),
        _ => None,
    }
}

fn small(word: &str) -> Option<u32> {
    let index = SMALL.iter().position(|small| *small == word)?;
    u32::try_from(index).ok()
}

fn digit(word: &str) -> Option<u32> {
    small(word).filter(|number| (1..10).contains(number))
}

fn tens(word: &str) -> Option<u32> {
    TENS.iter()
        .find(|(ten, _)| *ten == word)
        .map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_reads_back_from_its_words() {
        for number in 0..=999 {
            let words = speak(number);
            let words: Vec<&str> = words.split(' ').collect();
            assert_eq!(read(&words), Some(number), "{words:?}");
        }
    }

    #[test]
    fn words_that_are_no_number_are_refused() {
        for words in [
            &["table"][..],
            &[],
            &["two", "three"],
            &["twenty", "twelve"],
            &["hundred"],
            &["two", "hundred", "and"],
            &["two", "hundred", "zero"],
        ] {
            assert_eq!(read(words), None, "{words:?}");
        }
        assert_eq!(read(&["two", "hundred", "and", "five"]), Some(205));
        assert_eq!(speak(1000), "1000");
    }
}
