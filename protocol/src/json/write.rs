//! A writer of flat JSON objects straight into a buffer. It cannot fail and allocates nothing but the buffer's growth.

use bytes::{BufMut, BytesMut};

/// One object under construction. At least one field must be written before [`ObjectWriter::end`].
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
        self.out.put_u8(b'}');
    }

    /// Keys are our own literals and need no escape.
    fn key(&mut self, key: &str) {
        self.out.put_u8(self.separator);
        self.separator = b',';
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

fn push_int(out: &mut BytesMut, mut value: u64) {
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
            .end();
        assert_eq!(
            &out[..],
            br#"{"s":"a\"b","n":null,"i":18446744073709551615,"z":0,"b":true,"l":["x","y"],"r":"pcm16@24000","c":"\\"}"#
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
    }
}
