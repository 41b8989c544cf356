//! Web origins, compared exactly: scheme, host and port, normalised as RFC 6454 section 4 says.
//!
//! There are no patterns: `https://acme.com` is neither `http://acme.com` nor `https://www.acme.com`.
//! Hosts are brought to their ASCII form, and the default port of `http` and `https` is left out, so that what an
//! operator types equals what a browser sends.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use crate::hex;

/// The longest origin that is looked at, in bytes: a host name is at most 253.
pub const MAX_ORIGIN_BYTES: usize = 320;

/// An origin in its normal form, such as `https://acme.com` or `http://localhost:5173`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// Reads `scheme://host[:port]`; one trailing slash is forgiven.
    ///
    /// # Errors
    /// [`OriginError`] for anything else: a path, a user name, a wildcard, the opaque origin `null`.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        if text.len() > MAX_ORIGIN_BYTES {
            return Err(OriginError::TooLong {
                len: text.len(),
                max: MAX_ORIGIN_BYTES,
            });
        }
        if text == "null" {
            return Err(OriginError::Opaque);
        }
        if text.contains('*') {
            return Err(OriginError::Wildcard);
        }
        normalise(text).map(Self).ok_or(OriginError::Shape)
    }

    /// The normal form as browsers send it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What a token carries in place of this origin.
    pub fn hash(&self) -> OriginHash {
        let digest: [u8; 32] = Sha256::digest(self.0.as_bytes()).into();
        let mut hash = [0; 16];
        hash.iter_mut()
            .zip(digest)
            .for_each(|(to, from)| *to = from);
        OriginHash(hash)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        Self::parse(text)
    }
}

/// The first 16 bytes of the SHA-256 of an origin's normal form: short enough to carry eight in a token.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OriginHash(pub [u8; 16]);

impl fmt::Debug for OriginHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OriginHash(")?;
        hex::write(f, &self.0)?;
        f.write_str(")")
    }
}

/// Why a text is not an origin that can be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// More bytes than [`MAX_ORIGIN_BYTES`].
    #[error("expected an origin of at most {max} bytes, got {len}")]
    TooLong {
        /// Bytes given.
        len: usize,
        /// [`MAX_ORIGIN_BYTES`].
        max: usize,
    },
    /// `null`, which sandboxed frames and local files send and which equals no other origin.
    #[error("expected an origin with a host, got the opaque origin `null`")]
    Opaque,
    /// Contains `*`.
    #[error("expected one exact origin, got a wildcard: list each origin")]
    Wildcard,
    /// Not `scheme://host[:port]`.
    #[error("expected `scheme://host` or `scheme://host:port` and nothing after it")]
    Shape,
}

fn normalise(text: &str) -> Option<String> {
    // The URL parser forgives white space, backslashes, missing slashes and user names; an origin has none of them.
    let (scheme, authority) = text.split_once("://")?;
    let authority = authority.strip_suffix('/').unwrap_or(authority);
    let foreign = |c: char| c.is_whitespace() || c.is_control() || "/\\?#@".contains(c);
    if authority.is_empty() || scheme.contains(foreign) || authority.contains(foreign) {
        return None;
    }
    let url = Url::parse(text).ok()?;
    let host = url
        .host_str()
        .filter(|host| !host.is_empty())?
        .to_ascii_lowercase();
    let scheme = url.scheme();
    Some(match url.port() {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_forms() {
        let table = [
            ("https://acme.com", "https://acme.com"),
            ("HTTPS://ACME.com:443/", "https://acme.com"),
            ("http://acme.com:80", "http://acme.com"),
            ("http://acme.com:443", "http://acme.com:443"),
            ("http://localhost:5173", "http://localhost:5173"),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
            ("capacitor://LOCALHOST", "capacitor://localhost"),
            ("chrome-extension://abcdefgh", "chrome-extension://abcdefgh"),
        ];
        for (text, normal) in table {
            assert_eq!(
                Origin::parse(text).map(|origin| origin.to_string()),
                Ok(normal.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        let shapes = [
            "",
            "acme.com",
            "https:acme.com",
            "https:/acme.com",
            "https://",
            "https:///acme.com",
            "file:///",
            "://acme.com",
            "https://acme.com/path",
            "https://acme.com//",
            "https://acme.com?q",
            "https://acme.com#f",
            "https://a@acme.com",
            "https://acme.com\\x",
            " https://acme.com",
            "https://ac me.com",
            "https://acme.com\n",
            "https://acme.com:99999",
            "ht\ntps://acme.com",
            "https://acme.com https://evil.com",
        ];
        for text in shapes {
            assert_eq!(Origin::parse(text), Err(OriginError::Shape), "{text:?}");
        }
        assert_eq!(Origin::parse("null"), Err(OriginError::Opaque));
        assert_eq!(Origin::parse("*"), Err(OriginError::Wildcard));
        assert_eq!(
            Origin::parse("https://*.acme.com"),
            Err(OriginError::Wildcard)
        );
        let long = format!("https://{}", "a".repeat(400));
        assert_eq!(
            Origin::parse(&long),
            Err(OriginError::TooLong { len: 408, max: 320 })
        );
    }

    #[test]
    fn scheme_host_and_port_all_count() {
        let hash = |text| Origin::parse(text).unwrap().hash();
        for other in [
            "http://acme.com",
            "https://www.acme.com",
            "https://acme.com:8443",
            "https://acme.com.",
        ] {
            assert_ne!(hash("https://acme.com"), hash(other), "{other}");
        }
        // printf %s https://acme.com | sha256sum | cut -c1-32
        assert_eq!(
            format!("{:?}", hash("https://acme.com")),
            "OriginHash(3c6df37a47e390eadabc1e5173eac054)"
        );
    }
}
