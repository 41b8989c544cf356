//! Why a request is not let in, and what it is answered.
//!
//! The body is the envelope PyAI and OpenAI clients read, `{"error":{"message","type","code","param"}}`, and the code
//! is one of PyAI's published `ErrorCode` list. PyAI's prose speaks of `insufficient_scope`, which that list does not
//! have: the code is `forbidden`, and the message and the challenge header say `insufficient_scope`.

use serde_json::Value;

use crate::PresentError;

/// Why a request is not let in. Its `Display` is the message for the caller; it never contains a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No key anywhere in the request.
    #[error(
        "No API key was given. Send it as `Authorization: Bearer`, `x-api-key` or a WebSocket subprotocol."
    )]
    Missing,
    /// The only key was in the query string, where it is not accepted.
    #[error(
        "An API key in the query string is not accepted here. Send it in a header or a WebSocket subprotocol."
    )]
    QueryNotAllowed,
    /// Two different keys.
    #[error("The request carries several different API keys. Send one.")]
    Conflicting,
    /// Not a key of ours by its shape.
    #[error("The API key is malformed.")]
    Malformed,
    /// Longer than a key can be.
    #[error("The API key is malformed: expected at most {max} characters, got {len}.")]
    TooLong {
        /// Bytes given.
        len: usize,
        /// [`crate::MAX_TOKEN_BYTES`].
        max: usize,
    },
    /// Signed by a key that is not accepted here.
    #[error("The API key was not issued for this gateway.")]
    UnknownSigner,
    /// The signature does not belong to the rest.
    #[error("The API key is not valid.")]
    BadSignature,
    /// Past its expiry.
    #[error("The API key expired at {expired_at_s} (Unix seconds).")]
    Expired {
        /// When.
        expired_at_s: u64,
    },
    /// Issued in the future.
    #[error("The API key is not valid before {issued_at_s} (Unix seconds).")]
    NotYetValid {
        /// From when.
        issued_at_s: u64,
    },
    /// Withdrawn by its owner.
    #[error("The API key was revoked.")]
    Revoked,
    /// A token for one session that has had it.
    #[error("The session token was already used.")]
    AlreadyUsed,
    /// The key is good and may not do this.
    #[error("The API key lacks the scope `{needed}` (insufficient_scope).")]
    InsufficientScope {
        /// The scope that was needed.
        needed: String,
    },
    /// The token is tied to origins and the request names none.
    #[error(
        "The token may only be used from its own origins, and the request has no `Origin` header."
    )]
    OriginMissing,
    /// The token is tied to other origins.
    #[error("The token may not be used from this origin.")]
    OriginNotAllowed,
    /// The stored session configuration is not the one the token was made for.
    #[error("The session configuration is not the one this token was made for.")]
    ConfigMismatch,
    /// The token is restricted in a way that is not enforced here, so that it would open more than it should.
    #[error(
        "The token is {restriction}, which this gateway does not enforce yet. Use a token without that restriction."
    )]
    Unenforced {
        /// What the token is, such as `good for one session only`.
        restriction: &'static str,
    },
}

impl Refusal {
    /// The HTTP status: 403 when we know who asks and they may not, otherwise 401.
    pub const fn status(&self) -> u16 {
        match self {
            Self::InsufficientScope { .. }
            | Self::OriginMissing
            | Self::OriginNotAllowed
            | Self::ConfigMismatch
            | Self::Unenforced { .. } => 403,
            _ => 401,
        }
    }

    /// The machine-readable code, one of PyAI's `ErrorCode` list.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InsufficientScope { .. } | Self::ConfigMismatch | Self::Unenforced { .. } => {
                "forbidden"
            }
            Self::OriginMissing | Self::OriginNotAllowed => "origin_not_allowed",
            _ => "unauthorized",
        }
    }

    /// The reason as a word, for a metric's label or a log line: tells apart what [`Self::code`] does not.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::QueryNotAllowed => "query_not_allowed",
            Self::Conflicting => "conflicting",
            Self::Malformed => "malformed",
            Self::TooLong { .. } => "too_long",
            Self::UnknownSigner => "unknown_signer",
            Self::BadSignature => "bad_signature",
            Self::Expired { .. } => "expired",
            Self::NotYetValid { .. } => "not_yet_valid",
            Self::Revoked => "revoked",
            Self::AlreadyUsed => "already_used",
            Self::InsufficientScope { .. } => "insufficient_scope",
            Self::OriginMissing => "origin_missing",
            Self::OriginNotAllowed => "origin_not_allowed",
            Self::ConfigMismatch => "config_mismatch",
            Self::Unenforced { .. } => "unenforced",
        }
    }

    /// The sentence for the caller. Never contains a key.
    pub fn message(&self) -> String {
        self.to_string()
    }

    /// The JSON body to answer with.
    pub fn envelope(&self) -> String {
        let kind = if self.status() == 401 {
            "authentication_error"
        } else {
            "permission_error"
        };
        let message = Value::from(self.message());
        let code = self.code();
        format!(
            r#"{{"error":{{"message":{message},"type":"{kind}","code":"{code}","param":null}}}}"#
        )
    }

    /// The value of the `WWW-Authenticate` header, where one is due (RFC 6750 section 3).
    pub const fn challenge(&self) -> Option<&'static str> {
        match self {
            Self::Missing | Self::QueryNotAllowed => Some("Bearer"),
            Self::Conflicting => Some(r#"Bearer error="invalid_request""#),
            Self::InsufficientScope { .. } => Some(r#"Bearer error="insufficient_scope""#),
            Self::OriginMissing
            | Self::OriginNotAllowed
            | Self::ConfigMismatch
            | Self::Unenforced { .. } => None,
            _ => Some(r#"Bearer error="invalid_token""#),
        }
    }
}

impl From<PresentError> for Refusal {
    fn from(error: PresentError) -> Self {
        match error {
            PresentError::Missing => Self::Missing,
            PresentError::QueryNotAllowed => Self::QueryNotAllowed,
            PresentError::Conflicting => Self::Conflicting,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_envelope_is_what_clients_read() {
        assert_eq!(
            Refusal::Revoked.envelope(),
            r#"{"error":{"message":"The API key was revoked.","type":"authentication_error","code":"unauthorized","param":null}}"#
        );
        let refusal = Refusal::InsufficientScope {
            needed: "a\"\\\u{1}".into(),
        };
        let body: Value = serde_json::from_str(&refusal.envelope()).unwrap();
        assert_eq!(body["error"]["message"], refusal.message());
        assert_eq!(body["error"]["type"], "permission_error");
        assert_eq!(body["error"]["code"], "forbidden");
        assert_eq!(body["error"]["param"], Value::Null);
    }

    #[test]
    fn status_and_code_agree() {
        let scope = Refusal::InsufficientScope {
            needed: "omni:session".into(),
        };
        let table = [
            (Refusal::Missing, 401, "unauthorized", Some("Bearer")),
            (
                Refusal::Conflicting,
                401,
                "unauthorized",
                Some("Bearer error=\"invalid_request\""),
            ),
            (
                Refusal::Expired { expired_at_s: 5 },
                401,
                "unauthorized",
                Some("Bearer error=\"invalid_token\""),
            ),
            (
                scope,
                403,
                "forbidden",
                Some("Bearer error=\"insufficient_scope\""),
            ),
            (Refusal::OriginMissing, 403, "origin_not_allowed", None),
            (Refusal::OriginNotAllowed, 403, "origin_not_allowed", None),
            (Refusal::ConfigMismatch, 403, "forbidden", None),
            (
                Refusal::Unenforced {
                    restriction: "good for one session only",
                },
                403,
                "forbidden",
                None,
            ),
        ];
        for (refusal, status, code, challenge) in table {
            assert_eq!(
                (refusal.status(), refusal.code(), refusal.challenge()),
                (status, code, challenge),
                "{refusal:?}"
            );
        }
    }
}
