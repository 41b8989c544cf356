//! What a slot can hold: how it is heard, typed, said back, and written in a grammar.

use super::clock::{self, Clock};
use super::number;

const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// The type of a slot, with its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A whole number within bounds.
    Number { min: u32, max: u32 },
    /// A time of day within opening hours, in minutes since midnight.
    Time { open: u32, close: u32 },
    /// Today, tonight, tomorrow or a weekday.
    Day,
    /// Yes or no.
    YesNo,
}

/// A filled slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    /// For programs: `2`, `19:00`, `tomorrow`, `yes`.
    pub(super) exact: String,
    /// For the caller: "two", "seven o'clock", "tomorrow", "yes".
    pub(super) spoken: String,
}

/// What was heard or typed for a slot, before its bounds are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    Number(u32),
    Time(Clock),
    Day(&'static str),
    YesNo(bool),
}

impl Kind {
    /// The longest run of words that can be one value.
    pub(super) const MOST_WORDS: usize = 7;

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Number { .. } => "number",
            Self::Time { .. } => "time",
            Self::Day => "day",
            Self::YesNo => "yes_no",
        }
    }

    /// What exactly these words say, if it is of this kind.
    pub(super) fn read(self, words: &[&str]) -> Option<Reading> {
        match self {
            Self::Number { .. } => number::read(words).map(Reading::Number),
            Self::Time { .. } => Clock::read(words).map(Reading::Time),
            Self::Day => day(words).map(Reading::Day),
            Self::YesNo => match words {
                ["yes" | "yeah" | "yep" | "sure" | "okay" | "right" | "correct"] => Some(true),
                ["no" | "nope" | "nah" | "wrong"] => Some(false),
                _ => None,
            }
            .map(Reading::YesNo),
        }
    }

    /// What these digits say, if it is of this kind.
    pub(super) fn read_digits(self, digits: &str) -> Option<Reading> {
        match (self, digits) {
            (Self::Number { .. }, _) => digits.parse().ok().map(Reading::Number),
            (Self::Time { .. }, _) => Clock::from_digits(digits).map(Reading::Time),
            (Self::Day, _) => {
                let index = digits.parse::<usize>().ok()?.checked_sub(1)?;
                WEEKDAYS.get(index).copied().map(Reading::Day)
            }
            (Self::YesNo, "1") => Some(Reading::YesNo(true)),
            (Self::YesNo, "2") => Some(Reading::YesNo(false)),
            (Self::YesNo, _) => None,
        }
    }

    /// The value, if it is within bounds.
    pub(super) fn accept(self, reading: Reading) -> Option<Value> {
        let value = |exact: String, spoken: String| Some(Value { exact, spoken });
        match (self, reading) {
            (Self::Number { min, max }, Reading::Number(number))
                if (min..=max).contains(&number) =>
            {
                value(number.to_string(), number::speak(number))
            }
            (Self::Time { open, close }, Reading::Time(time)) => {
                let minutes = time.within(open, close)?;
                value(clock::display(minutes), time.speak())
            }
            (Self::Day, Reading::Day(day)) if WEEKDAYS.contains(&day) => {
                value(day.to_lowercase(), format!("on {day}"))
            }
            (Self::Day, Reading::Day(day)) => value(day.to_owned(), day.to_owned()),
            (Self::YesNo, Reading::YesNo(yes)) => {
                let word = if yes { "yes" } else { "no" };
                value(word.to_owned(), word.to_owned())
            }
            _ => None,
        }
    }

    /// The most digits that make one value.
    pub(super) fn most_digits(self) -> u8 {
        match self {
            Self::Number { max, .. } => max.to_string().len().try_into().unwrap_or(u8::MAX),
            Self::Time { .. } => 4,
            Self::Day | Self::YesNo => 1,
        }
    }

    /// Whether a value can begin with this digit; if not, the digit is a menu key.
    pub(super) fn begins_with(self, digit: char) -> bool {
        match self {
            Self::Number { min, .. } => digit != '0' || min == 0,
            Self::Time { .. } => true,
            Self::Day => ('1'..='7').contains(&digit),
            Self::YesNo => ('1'..='2').contains(&digit),
        }
    }

    /// Whether no further digit can belong to what was typed.
    pub(super) fn is_complete(self, digits: &str) -> bool {
        if digits.len() >= usize::from(self.most_digits()) {
            return true;
        }
        match self {
            Self::Number { max, .. } => digits
                .parse::<u32>()
                .is_ok_and(|number| number.saturating_mul(10) > max),
            _ => false,
        }
    }

    /// The grammar rule's name.
    pub(super) fn rule(self) -> String {
        match self {
            Self::Number { min, max } => format!("number_{min}_{max}"),
            Self::Time { open: 720.., .. } => "time_pm".to_owned(),
            _ => self.name().to_owned(),
        }
    }

    /// The grammar rule's expansion, without other rules.
    pub(super) fn expansion(self) -> String {
        let range = |min: u32, max: u32| {
            let words: Vec<String> = (min..=max).map(number::speak).collect();
            words.join(" | ")
        };
        match self {
            Self::Number {
                min,
                max: max @ 0..=99,
            } => range(min, max),
            Self::Number { .. } => {
                let (units, all) = (range(1, 9), range(1, 99));
                format!("[ ( {units} ) hundred [ and ] ] ( {all} ) | ( {units} ) hundred | zero")
            }
            Self::Time { open, .. } => {
                let hour = range(1, 12);
                // "a m" where no morning fits only costs accuracy; other hours stay, to be refused.
                let (half, ends) = match open {
                    720.. => ("p m", "noon"),
                    _ => ("p m | a m", "noon | midnight"),
                };
                format!(
                    "( {hour} ) [ o'clock | thirty | fifteen | forty five ] [ {half} ] | half past ( {hour} ) \
                     | quarter ( past | to ) ( {hour} ) | {ends}"
                )
            }
            Self::Day => format!(
                "today | tonight | tomorrow | [ on ] ( {} )",
                WEEKDAYS.join(" | ").to_lowercase()
            ),
            Self::YesNo => "yes | yeah | sure | right | correct | no | nope".to_owned(),
        }
    }
}

fn day(words: &[&str]) -> Option<&'static str> {
    match words {
        ["today"] => Some("today"),
        ["tonight"] | ["this", "evening"] => Some("tonight"),
        ["tomorrow"] => Some("tomorrow"),
        ["on" | "this", rest @ ..] => weekday(rest),
        rest => weekday(rest),
    }
}

fn weekday(words: &[&str]) -> Option<&'static str> {
    let [word] = words else { return None };
    WEEKDAYS
        .into_iter()
        .find(|day| day.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTY: Kind = Kind::Number { min: 1, max: 12 };

    fn exact(kind: Kind, text: &str) -> Option<String> {
        let words: Vec<&str> = text.split(' ').collect();
        kind.accept(kind.read(&words)?).map(|value| value.exact)
    }

    #[test]
    fn values_are_read_and_bounded() {
        let open = Kind::Time {
            open: 720,
            close: 1290,
        };
        for (kind, text, value) in [
            (PARTY, "two", Some("2")),
            (PARTY, "thirteen", None),
            (open, "seven o'clock", Some("19:00")),
            (open, "seven am", None),
            (Kind::Day, "on friday", Some("friday")),
            (Kind::Day, "this evening", Some("tonight")),
            (Kind::Day, "yesterday", None),
            (Kind::YesNo, "yeah", Some("yes")),
            (Kind::YesNo, "nope", Some("no")),
            (Kind::YesNo, "maybe", None),
        ] {
            assert_eq!(exact(kind, text).as_deref(), value, "{text}");
        }
    }

    #[test]
    fn a_typed_number_is_complete_when_no_digit_can_follow() {
        assert!(PARTY.is_complete("2"), "20 is beyond 12");
        assert!(!PARTY.is_complete("1"), "10 is not");
        assert!(PARTY.is_complete("12"));
        let time = Kind::Time {
            open: 0,
            close: 1439,
        };
        assert!(!time.is_complete("193") && time.is_complete("1930"));
        assert!(!PARTY.begins_with('0') && time.begins_with('0'));
        assert!(!Kind::YesNo.begins_with('3') && Kind::Day.begins_with('7'));
    }

    #[test]
    fn digits_are_read() {
        let read = |kind: Kind, digits| {
            let reading = kind.read_digits(digits)?;
            kind.accept(reading).map(|value| value.exact)
        };
        assert_eq!(read(PARTY, "4").as_deref(), Some("4"));
        assert_eq!(read(Kind::Day, "1").as_deref(), Some("monday"));
        assert_eq!(read(Kind::YesNo, "2").as_deref(), Some("no"));
        for (kind, digits) in [(Kind::Day, "0"), (Kind::Day, "8"), (Kind::YesNo, "3")] {
            assert_eq!(read(kind, digits), None, "{digits}");
        }
    }
}
