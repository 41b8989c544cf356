//! Headers that a configuration may add to what is dialled.
//!
//! Nothing that frames the message, names the connection, or speaks for a proxy: those would let a header say
//! something else than what is sent.

use http::{HeaderMap, HeaderName, HeaderValue};
use trunkline_protocol::Secret;

/// The most headers that are added to one request.
pub const MAX_HEADERS: usize = 32;

/// The longest value.
pub const MAX_VALUE_BYTES: usize = 4_096;

/// Refused by name, in lower case.
const REFUSED: [&str; 9] = [
    "host",
    "connection",
    "upgrade",
    "content-length",
    "transfer-encoding",
    "te",
    "trailer",
    "keep-alive",
    "forwarded",
];

/// Refused by the beginning of their name.
const REFUSED_PREFIXES: [&str; 3] = ["sec-websocket-", "proxy-", "x-forwarded-"];

/// Subprotocols are a matter of who dials.
const ACCEPTED: &str = "sec-websocket-protocol";

/// Whether a header may be added.
///
/// # Errors
/// What is wrong, without the value.
pub fn check_header(name: &str, value: &str) -> Result<(), String> {
    let Ok(token) = HeaderName::from_bytes(name.as_bytes()) else {
        return Err(
            "expected the name of a header, which is letters, digits and hyphens".to_owned(),
        );
    };
    let lower = token.as_str();
    let refused = REFUSED.contains(&lower)
        || REFUSED_PREFIXES.iter().any(|p| lower.starts_with(p)) && lower != ACCEPTED;
    if refused {
        return Err(format!(
            "{name}: the gateway sets this header itself, or never"
        ));
    }
    if value.len() > MAX_VALUE_BYTES {
        let length = value.len();
        return Err(format!(
            "{name}: expected a value of at most {MAX_VALUE_BYTES} bytes, got {length}"
        ));
    }
    let visible = |byte: u8| matches!(byte, b'\t' | b' '..=b'~');
    if !value.bytes().all(visible) {
        return Err(format!(
            "{name}: expected a value of visible ASCII characters, spaces and tabs"
        ));
    }
    Ok(())
}

/// Headers of a request, each checked; a name given twice is sent twice.
///
/// # Errors
/// What is wrong, without any value.
pub(super) fn headers(given: &[(String, Secret)]) -> Result<HeaderMap, String> {
    if given.len() > MAX_HEADERS {
        return Err(format!(
            "expected at most {MAX_HEADERS} headers, got {}",
            given.len()
        ));
    }
    let mut headers = HeaderMap::with_capacity(given.len());
    for (name, value) in given {
        check_header(name, value.expose())?;
        // Spaces around a value are no part of it (RFC 9110 §5.5).
        let value = value.expose().trim_matches([' ', '\t']);
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|e| e.to_string())?;
        headers.append(name, secret(value).ok_or("a value that cannot be sent")?);
    }
    Ok(headers)
}

/// A value that its `Debug` hides.
pub(super) fn secret(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_the_message_itself_are_refused() {
        for name in [
            "Host",
            "host",
            "CONNECTION",
            "Upgrade",
            "Sec-WebSocket-Key",
            "sec-websocket-extensions",
            "Sec-WebSocket-Version",
            "Sec-WebSocket-Protocol-X",
            "Content-Length",
            "Transfer-Encoding",
            "TE",
            "Trailer",
            "Keep-Alive",
            "Proxy-Authorization",
            "Proxy-",
            "X-Forwarded-For",
            "x-forwarded-proto",
            "Forwarded",
        ] {
            let error = check_header(name, "s3cret").expect_err(name);
            assert!(
                error.starts_with(name) && !error.contains("s3cret"),
                "{error}"
            );
        }
        for name in ["", "a b", "a:b", "a\r\nb", "é", "(x)"] {
            let error = check_header(name, "s3cret").expect_err(name);
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn values_stay_on_their_line() {
        for value in [
            "a\rb",
            "a\nb",
            "a\r\nX: y",
            "a\0b",
            "é",
            "\u{7f}",
            "\u{1b}[0m",
        ] {
            let error = check_header("X-A", value).expect_err(value);
            assert!(!error.contains(value), "{error}");
        }
        let long = "a".repeat(MAX_VALUE_BYTES);
        assert_eq!(check_header("X-A", &long), Ok(()));
        assert!(check_header("X-A", &format!("{long}a")).is_err());
    }

    #[test]
    fn everything_else_may_be_said() {
        for (name, value) in [
            ("Authorization", "Bearer abc.def"),
            ("Cookie", "a=b; c=d"),
            ("Sec-WebSocket-Protocol", "ivr.v1, other"),
            ("X-Api-Key", ""),
            ("X_under.score!", "a\tb ~"),
            ("Origin", "https://example.com"),
            ("User-Agent", "x"),
        ] {
            assert_eq!(check_header(name, value), Ok(()), "{name}");
        }
    }

    #[test]
    fn at_most_so_many_are_taken_and_their_values_are_hidden() {
        let one = ("X-A".to_owned(), Secret::new(" s3cret\t"));
        let all = headers(&vec![one.clone(); MAX_HEADERS]).expect("good");
        assert_eq!(all.len(), MAX_HEADERS);
        assert_eq!(all["x-a"], "s3cret");
        assert!(!format!("{all:?}").contains("s3cret"), "{all:?}");
        assert!(headers(&vec![one; MAX_HEADERS + 1]).is_err());
    }
}
