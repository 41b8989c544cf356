//! Times of day as English words: reading them, saying them. No clock is looked at.

use super::number;

/// A time of day as it was said: twelve-hour times may leave morning or afternoon open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    /// 0 to 23.
    hour: u32,
    /// 0 to 59.
    minute: u32,
    /// True for afternoon, false for morning, `None` if not said.
    afternoon: Option<bool>,
}

impl Clock {
    /// The time that exactly these words say: "seven o'clock", "half past seven", "seven pm",
    /// "nineteen thirty", "quarter to eight in the evening", "noon".
    pub(super) fn read(words: &[&str]) -> Option<Self> {
        let (words, afternoon) = match words {
            [rest @ .., "pm"]
            | [rest @ .., "in", "the", "afternoon" | "evening"]
            | [rest @ .., "at", "night"] => (rest, Some(true)),
            [rest @ .., "am"] | [rest @ .., "in", "the", "morning"] => (rest, Some(false)),
            _ => (words, None),
        };
        let (hour, minute) = hour_and_minute(words)?;
        if afternoon.is_some() && !(1..=12).contains(&hour) {
            return None;
        }
        Some(Self {
            hour,
            minute,
            afternoon,
        })
    }

    /// A time typed on a keypad: one or two digits are the hour, three or four hour and minute.
    pub(super) fn from_digits(digits: &str) -> Option<Self> {
        let number: u32 = digits.parse().ok()?;
        let (hour, minute) = match digits.len() {
            1 | 2 => (number, 0),
            3 | 4 => (number / 100, number % 100),
            _ => return None,
        };
        (hour < 24 && minute < 60).then_some(Self {
            hour,
            minute,
            afternoon: None,
        })
    }

    /// Minutes since midnight within `open..=close`; a time that leaves morning or afternoon open
    /// is the first of the two that fits.
    pub(super) fn within(self, open: u32, close: u32) -> Option<u32> {
        let half = self.hour % 12 * 60 + self.minute;
        let exact = self.hour * 60 + self.minute;
        let fits = |minutes: &u32| (open..=close).contains(minutes);
        match self.afternoon {
            Some(afternoon) => Some(half + if afternoon { 720 } else { 0 }).filter(fits),
            None if (1..=12).contains(&self.hour) => {
                [exact, half, half + 720].into_iter().find(fits)
            }
            None => Some(exact).filter(fits),
        }
    }

    /// The time as it is said back: what was left open stays open.
    pub(super) fn speak(self) -> String {
        let hour = number::speak((self.hour + 11) % 12 + 1);
        let half = match self.afternoon {
            Some(true) => " pm",
            Some(false) => " in the morning",
            None if self.hour > 12 => " pm",
            None => "",
        };
        match self.minute {
            0 if self.hour == 0 => "midnight".to_owned(),
            0 if half.is_empty() => format!("{hour} o'clock"),
            0 => format!("{hour}{half}"),
            15 => format!("quarter past {hour}{half}"),
            30 => format!("half past {hour}{half}"),
            minute @ 1..10 => format!("{hour} oh {}{half}", number::speak(minute)),
            minute => format!("{hour} {}{half}", number::speak(minute)),
        }
    }
}

/// `HH:MM` of minutes since midnight.
pub(super) fn display(minutes: u32) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Minutes since midnight of `HH:MM`.
pub(super) fn parse(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    if hour.len() != 2 || minute.len() != 2 || !text.is_ascii() {
        return None;
    }
    let (hour, minute) = (hour.parse::<u32>().ok()?, minute.parse::<u32>().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

fn hour_and_minute(words: &[&str]) -> Option<(u32, u32)> {
    let hour = |words: &[&str]| number::read(words).filter(|hour| *hour < 24);
    match words {
        ["noon" | "midday"] => Some((12, 0)),
        ["midnight"] => Some((0, 0)),
        [rest @ .., "o'clock"] => Some((hour(rest)?, 0)),
        ["half", "past", rest @ ..] | ["half", rest @ ..] => Some((hour(rest)?, 30)),
        ["quarter", "past" | "after", rest @ ..]
        | ["a", "quarter", "past" | "after", rest @ ..] => Some((hour(rest)?, 15)),
        ["quarter", "to" | "before", rest @ ..] | ["a", "quarter", "to" | "before", rest @ ..] => {
            Some(((hour(rest)? + 23) % 24, 45))
        }
        [minutes, "past", rest @ ..] => Some((hour(rest)?, beside_the_hour(minutes)?)),
        [minutes, "to", rest @ ..] => {
            Some(((hour(rest)? + 23) % 24, 60 - beside_the_hour(minutes)?))
        }
        _ => hour(words).map(|hour| (hour, 0)).or_else(|| {
            (1..words.len()).find_map(|at| {
                let (hours, minutes) = words.split_at_checked(at)?;
                Some((hour(hours)?, minute_of(minutes)?))
            })
        }),
    }
}

/// The minutes of "five past seven" and "ten to eight".
fn beside_the_hour(word: &str) -> Option<u32> {
    number::read(&[word]).filter(|minute| (1..30).contains(minute))
}

/// Minutes as they follow the hour; below ten they take "oh", so that "seven five" is no time.
fn minute_of(words: &[&str]) -> Option<u32> {
    match words {
        ["oh" | "zero", rest @ ..] => number::read(rest).filter(|minute| (1..10).contains(minute)),
        _ => number::read(words).filter(|minute| (10..60).contains(minute)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(text: &str) -> Option<(String, String)> {
        let words: Vec<&str> = text.split(' ').collect();
        let clock = Clock::read(&words)?;
        Some((display(clock.within(0, 1439)?), clock.speak()))
    }

    #[test]
    fn times_read_as_people_say_them() {
        for (text, value, spoken) in [
            ("seven o'clock", "07:00", "seven o'clock"),
            ("seven", "07:00", "seven o'clock"),
            ("half past seven", "07:30", "half past seven"),
            ("half seven", "07:30", "half past seven"),
            ("seven pm", "19:00", "seven pm"),
            ("seven o'clock in the evening", "19:00", "seven pm"),
            ("seven in the morning", "07:00", "seven in the morning"),
            ("twelve am", "00:00", "twelve in the morning"),
            ("twelve pm", "12:00", "twelve pm"),
            ("seven thirty", "07:30", "half past seven"),
            ("seven forty five pm", "19:45", "seven forty five pm"),
            ("nineteen thirty", "19:30", "half past seven pm"),
            ("twenty twenty", "20:20", "eight twenty pm"),
            ("seven oh five", "07:05", "seven oh five"),
            ("quarter past seven", "07:15", "quarter past seven"),
            ("a quarter to eight", "07:45", "seven forty five"),
            ("ten to eight", "07:50", "seven fifty"),
            ("twenty past eight", "08:20", "eight twenty"),
            ("noon", "12:00", "twelve o'clock"),
            ("midnight", "00:00", "midnight"),
        ] {
            let expected = Some((value.to_owned(), spoken.to_owned()));
            assert_eq!(heard(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "stop",
            "twenty five",
            "nineteen pm",
            "half",
            "half past",
            "seven eighty",
            "pm",
            "o'clock",
        ] {
            assert_eq!(heard(text), None, "{text}");
        }
    }

    #[test]
    fn an_open_time_is_the_one_within_the_hours() {
        let seven = Clock::read(&["seven"]).expect("a time");
        assert_eq!(seven.within(12 * 60, 22 * 60), Some(19 * 60));
        assert_eq!(seven.within(6 * 60, 22 * 60), Some(7 * 60));
        assert_eq!(seven.within(12 * 60, 13 * 60), None);
        let twelve = Clock::read(&["twelve"]).expect("a time");
        assert_eq!(twelve.within(12 * 60, 22 * 60), Some(12 * 60));
    }

    #[test]
    fn digits_are_an_hour_or_hour_and_minute() {
        let typed = |digits| Clock::from_digits(digits).map(Clock::speak);
        assert_eq!(typed("7").as_deref(), Some("seven o'clock"));
        assert_eq!(typed("19").as_deref(), Some("seven pm"));
        assert_eq!(typed("730").as_deref(), Some("half past seven"));
        assert_eq!(typed("0730").as_deref(), Some("half past seven"));
        assert_eq!(typed("1930").as_deref(), Some("half past seven pm"));
        for digits in ["", "24", "770", "2460", "12345", "x"] {
            assert_eq!(typed(digits), None, "{digits}");
        }
    }
}
