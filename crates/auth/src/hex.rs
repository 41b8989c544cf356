//! Lower-case hexadecimal for identifiers that people copy between a log, a file and a command line, and for the
//! signatures that are written so.

use std::fmt;

use subtle::ConstantTimeEq;

/// Writes `bytes` as lower-case hexadecimal.
pub(crate) fn write(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// `bytes` as lower-case hexadecimal.
pub(crate) fn encode(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0x0f])
        .filter_map(|nibble| char::from_digit(nibble.into(), 16))
        .collect()
}

/// Whether `text` is `bytes` in hexadecimal of either case, in a time that depends on the shape of `text` alone.
pub(crate) fn matches(bytes: &[u8; 32], text: &str) -> bool {
    parse::<32>(text).is_some_and(|presented| bytes.ct_eq(&presented).into())
}

/// Reads exactly `N` bytes of hexadecimal in either case; anything else is `None`.
pub(crate) fn parse<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *byte = nibble(*high)? << 4 | nibble(*low)?;
    }
    Some(bytes)
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}
