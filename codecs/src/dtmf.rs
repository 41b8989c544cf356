//! Touch tones in band: making them, finding them, taking them out (ITU-T Q.23 and Q.24, Bellcore TR-TSY-000181).
//!
//! Digits that a carrier sends as events never come here; the call treats both alike.

mod bank;
mod detector;
mod suppress;
mod tone;

use std::fmt;

pub use detector::{Detector, DtmfEvent};
pub use suppress::Suppressor;
pub use tone::Tone;

/// The low group, one row of keys each, in Hz.
const ROWS_HZ: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
/// The high group, one column of keys each, in Hz.
const COLUMNS_HZ: [f32; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
/// The keys, row by row.
const KEYS: [[char; 4]; 4] = [
    ['1', '2', '3', 'A'],
    ['4', '5', '6', 'B'],
    ['7', '8', '9', 'C'],
    ['*', '0', '#', 'D'],
];

/// One key of the sixteen: `0`-`9`, `*`, `#`, `A`-`D`.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Digit {
    row: u8,
    column: u8,
}

impl Digit {
    /// The key with that sign; letters in either case. `None` for any other sign.
    pub fn from_char(sign: char) -> Option<Self> {
        let sign = sign.to_ascii_uppercase();
        KEYS.iter().zip(0u8..).find_map(|(keys, row)| {
            let column = keys.iter().position(|&key| key == sign)?;
            Some(Self {
                row,
                column: column as u8,
            })
        })
    }

    /// The sign on the key, letters in upper case.
    pub fn as_char(self) -> char {
        pick(&KEYS, self.row)
            .and_then(|keys| pick(keys, self.column))
            .copied()
            .unwrap_or('?')
    }

    /// The event code of RFC 4733 section 3.2: 0-9 for themselves, `*` 10, `#` 11, `A`-`D` 12-15.
    pub fn event_code(self) -> u8 {
        match self.as_char() {
            '*' => 10,
            '#' => 11,
            sign => sign.to_digit(16).map_or(0, |value| match value {
                0..=9 => value as u8,
                _ => value as u8 + 2,
            }),
        }
    }

    /// The low and the high frequency, in Hz.
    pub fn frequencies_hz(self) -> (f32, f32) {
        let of = |group, at| pick(group, at).copied().unwrap_or(0.0);
        (of(&ROWS_HZ, self.row), of(&COLUMNS_HZ, self.column))
    }
}

impl fmt::Display for Digit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_char())
    }
}

fn pick<T>(group: &[T; 4], at: u8) -> Option<&T> {
    group.get(usize::from(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_and_codes() {
        for (code, sign) in "0123456789*#ABCD".chars().enumerate() {
            let digit = Digit::from_char(sign).unwrap();
            assert_eq!(digit.as_char(), sign);
            assert_eq!(usize::from(digit.event_code()), code);
        }
        assert_eq!(Digit::from_char('d'), Digit::from_char('D'));
        assert_eq!(Digit::from_char('E'), None);
        assert_eq!(
            Digit::from_char('6').unwrap().frequencies_hz(),
            (770.0, 1477.0)
        );
    }
}
