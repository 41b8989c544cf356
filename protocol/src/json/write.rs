//! A writer of JSON objects straight into a buffer. It cannot fail and allocates nothing but the buffer's growth.

use bytes::{BufMut, BytesMut};

/// One object under construction.
#[derive(Debug)]
pub(crate) struct ObjectWriter<'b> {
    out: &'b mut BytesMut,
    /// What stands before the next key: the opening brace, then commas.
    separator: u8,
}

impl<'b> ObjectWriter<'b> {
    /// Starts an object at the end of `out`.
    pub(crate) fn new(out: &'b mut BytesMut) -> Self {
        Self {
            out,
            separator: b'{',
        }
    }

    /// A string.
    pub(crate) fn str(mut self, key: &str, value: &str) -> Self {
        self.key(key);
        push_string(self.out, value);
        self
    }

    /// A string given by its characters.
    pub(crate) fn chars(mut self, key: &str, value: impl Iterator<Item = char>) -> Self {
        self.key(key);
        self.out.put_u8(b'"');
        for c in value {
            push_escaped(self.out, c.encode_utf8(&mut [0; 4]));
        }
        self.out.put_u8(b'"');
        self
    }

    /// A string, or `null`.
    pub(crate) fn str_or_null(mut self, key: &str, value: Option<&str>) -> Self {
        self.key(key);
        match value {
            Some(value) => push_string(self.out, value),
            None => self.out.put_slice(b"null"),
        }
        self
    }

    /// An array of strings.
    pub(crate) fn strs<S: AsRef<str>>(mut self, key: &str, values: &[S]) -> Self {
        self.key(key);
        self.out.put_u8(b'[');
        for (i, value) in values.iter().enumerate() {
            if i > 0 {
                self.out.put_u8(b',');
            }
            push_string(self.out, value.as_ref());
        }
        self.out.put_u8(b']');
        self
    }

    /// A whole number.
    pub(crate) fn int(mut self, key: &str, value: u64) -> Self {
        self.key(key);
        push_int(self.out, value);
        self
    }

    /// A whole number as a string of digits, as some carriers write all their numbers.
    pub(crate) fn digits(mut self, key: &str, value: u64) -> Self {
        self.key(key);
        self.out.put_u8(b'"');
        push_int(self.out, value);
        self.out.put_u8(b'"');
        self
    }

    /// An object of its own, with the fields `fill` writes.
    pub(crate) fn object(
        mut self,
        key: &str,
        fill: impl for<'c> FnOnce(ObjectWriter<'c>) -> ObjectWriter<'c>,
    ) -> Self {
        self.key(key);
        fill(ObjectWriter::new(self.out)).end();
        self
    }

    /// A string whose key is not one of our own literals.
    pub(crate) fn pair(mut self, key: &str, value: &str) -> Self {
        self.separate();
        push_string(self.out, key);
        self.out.put_u8(b':');
        push_string(self.out, value);
        self
    }

    /// A boolean.
    pub(crate) fn bool(mut self, key: &str, value: bool) -> Self {
        self.key(key);
        self.out.put_slice(if value { b"true" } else { b"false" });
        self
    }

    /// A PCM16 format with its rate, as in `"pcm16@24000"`.
    pub(crate) fn pcm16(mut self, key: &str, rate_hz: u32) -> Self {
        self.key(key);
        self.out.put_slice(b"\"pcm16@");
        push_int(self.out, rate_hz.into());
        self.out.put_u8(b'"');
        self
    }

    /// Closes the object.
    pub(crate) fn end(self) {
        if self.separator == b'{' {
            self.out.put_u8(b'{');
        }
        self.out.put_u8(b'}');
    }

    fn separate(&mut self) {
        self.out.put_u8(self.separator);
        self.separator = b',';
    }

    /// Keys are our own literals and need no escape.
    fn key(&mut self, key: &str) {
        self.separate();
        self.out.put_u8(b'"');
        self.out.put_slice(key.as_bytes());
        self.out.put_slice(b"\":");
    }
}

/// Appends `text` as the inside of a JSON string (RFC 8259 section 7), without its quotes.
pub(crate) fn push_escaped(out: &mut BytesMut, text: &str) {
    for run in text.as_bytes().split_inclusive(|b| needs_escape(*b)) {
        match run.split_last() {
            Some((&last, plain)) if needs_escape(last) => {
                out.put_slice(plain);
                push_escape(out, last);
            }
            _ => out.put_slice(run),
        }
    }
}

/// Appends as much of `text` as takes at most `room` bytes of a JSON string, up to a whole character. Gives what it
/// took.
pub(crate) fn push_escaped_within(out: &mut BytesMut, text: &str, room: usize) -> usize {
    let mut taken = 0;
    for c in text.chars() {
        let bytes = escaped_char_bytes(c);
        if taken + bytes > room {
            break;
        }
        taken += bytes;
        push_escaped(out, c.encode_utf8(&mut [0; 4]));
    }
    taken
}

/// How many bytes `text` takes as the inside of a JSON string.
pub(crate) fn escaped_bytes(text: &str) -> usize {
    text.chars().map(escaped_char_bytes).sum()
}

const fn escaped_char_bytes(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' | '\r' | '\t' => 2,
        '\0'..='\u{1f}' => 6,
        _ => c.len_utf8(),
    }
}

fn push_string(out: &mut BytesMut, text: &str) {
    out.put_u8(b'"');
    push_escaped(out, text);
    out.put_u8(b'"');
}

fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

fn push_escape(out: &mut BytesMut, byte: u8) {
    match byte {
        b'"' => out.put_slice(b"\\\""),
        b'\\' => out.put_slice(b"\\\\"),
        b'\n' => out.put_slice(b"\\n"),
        b'\r' => out.put_slice(b"\\r"),
        b'\t' => out.put_slice(b"\\t"),
        _ => {
            out.put_slice(b"\\u00");
            out.put_u8(hex_digit(byte >> 4));
            out.put_u8(hex_digit(byte & 0x0f));
        }
    }
}

fn hex_digit(nibble: u8) -> u8 {
    if nibble < 10 {
        b'0' + nibble
    } else {
        b'a' + nibble - 10
    }
}

/// Appends `value` in decimal.
pub(crate) fn push_int(out: &mut BytesMut, mut value: u64) {
    let mut digits = [0_u8; 20];
    let mut unused = digits.len();
    for slot in digits.iter_mut().rev() {
        // A remainder of ten always fits.
        *slot = b'0' + (value % 10) as u8;
        unused -= 1;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.put_slice(digits.get(unused..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn writes_every_kind_of_field() {
        let mut out = BytesMut::new();
        ObjectWriter::new(&mut out)
            .str("s", "a\"b")
            .str_or_null("n", None)
            .int("i", u64::MAX)
            .int("z", 0)
            .bool("b", true)
            .strs("l", &["x", "y"])
            .pcm16("r", 24_000)
            .chars("c", "\\".chars())
            .digits("d", 10)
            .object("o", |o| o.pair("k\"", "v").int("i", 1))
            .object("e", |o| o)
            .end();
        assert_eq!(
            &out[..],
            br#"{"s":"a\"b","n":null,"i":18446744073709551615,"z":0,"b":true,"l":["x","y"],"r":"pcm16@24000","c":"\\","d":"10","o":{"k\"":"v","i":1},"e":{}}"#
        );
    }

    proptest! {
        #[test]
        fn any_string_is_read_back_by_serde_json(text in any::<String>(), number in any::<u64>()) {
            let mut out = BytesMut::new();
            ObjectWriter::new(&mut out).str("s", &text).chars("c", text.chars()).int("i", number).end();
            let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
            prop_assert_eq!(&value["s"], &text);
            prop_assert_eq!(&value["c"], &text);
            prop_assert_eq!(&value["i"], number);
        }

        #[test]
        fn a_string_is_cut_at_a_character_and_as_long_as_it_is_said_to_be(text in any::<String>(), room in 0_usize..40) {
            let (mut all, mut cut) = (BytesMut::new(), BytesMut::new());
            push_escaped(&mut all, &text);
            prop_assert_eq!(all.len(), escaped_bytes(&text));
            let taken = push_escaped_within(&mut cut, &text, room);
            prop_assert_eq!(taken, cut.len());
            prop_assert!(taken <= room && all.starts_with(&cut));
            // Nothing is left out that would fit: the longest escape is of six bytes.
            prop_assert!(taken == all.len() || taken + 6 > room);
            prop_assert!(std::str::from_utf8(&cut).is_ok());
        }
    }
}
