//! What a fault may quote of a peer's text: a short, printable piece of it.

/// The longest quotation, in characters.
pub(crate) const MAX_CHARS: usize = 64;

/// The first 64 characters of `text`, control characters replaced by `?`.
pub(crate) fn excerpt(text: &str) -> String {
    text.chars()
        .take(MAX_CHARS)
        .map(|c| if c.is_control() { '?' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn cuts_at_64_characters_not_bytes() {
        assert_eq!(excerpt(&"é".repeat(70)), "é".repeat(64));
    }

    #[test]
    fn control_characters_cannot_forge_a_log_line() {
        assert_eq!(excerpt("a\r\nb"), "a??b");
    }
}
