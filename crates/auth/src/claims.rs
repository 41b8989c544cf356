//! What a token says about its bearer, and the questions a gateway asks of it.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{MintError, Origin, OriginHash, Refusal, Scopes, TokenId};

/// The longest `org`, `project` or `limits`, in bytes.
pub const MAX_NAME_BYTES: usize = 64;
/// The longest session label, in bytes (PyAI's bound). Beside other claims so long a label may still not fit a token.
pub const MAX_LABEL_BYTES: usize = 256;
/// The most origins a session token is locked to.
pub const MAX_ORIGINS: usize = 8;

/// What a token says about its bearer. Times are Unix seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// Names this token in logs, records and revocations. Random.
    pub token_id: TokenId,
    /// The organisation: 1 to [`MAX_NAME_BYTES`] of letters, digits, `.`, `_`, `-`.
    pub org: String,
    /// The project within it, in the same alphabet.
    pub project: String,
    /// Sandbox or production.
    pub environment: Environment,
    /// What the bearer may do.
    pub scopes: Scopes,
    /// The name of the limits profile that applies, in the alphabet of `org`. The profile itself is configuration.
    pub limits: String,
    /// When the token was made; it is not good before that, give or take [`crate::CLOCK_SKEW_S`].
    pub issued_at_s: u64,
    /// The first second at which the token is no longer good.
    pub expires_at_s: u64,
    /// Present on tokens that open a session from a browser, absent on keys.
    pub session: Option<SessionClaims>,
}

/// The further restrictions of a token made for one session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionClaims {
    /// The only origins it may be used from, at most [`MAX_ORIGINS`]; none means that it is not tied to any.
    pub origins: Vec<OriginHash>,
    /// Good for one session only. The gateway counts; this crate does not.
    pub single_use: bool,
    /// An opaque tag for the session: 1 to [`MAX_LABEL_BYTES`], no control characters.
    pub label: Option<String>,
    /// The SHA-256 of the session configuration that is stored under the token's id.
    pub config_sha256: Option<[u8; 32]>,
}

impl Claims {
    /// Whether the bearer may do `needed`.
    ///
    /// # Errors
    /// [`Refusal::InsufficientScope`].
    pub fn require(&self, needed: &str) -> Result<(), Refusal> {
        self.require_any(&[needed])
    }

    /// Whether the bearer may do at least one of `needed`; the refusal names the first.
    ///
    /// # Errors
    /// [`Refusal::InsufficientScope`], also for an empty list.
    pub fn require_any(&self, needed: &[&str]) -> Result<(), Refusal> {
        if self.scopes.allows_any(needed) {
            return Ok(());
        }
        let needed = needed.first().copied().unwrap_or_default().to_owned();
        Err(Refusal::InsufficientScope { needed })
    }

    /// Whether the token may be used by a page of `origin`, the value of the `Origin` header.
    ///
    /// A key, or a session token without origins, may be used from anywhere. A token that is tied to origins needs
    /// the header: whoever leaves it out is no browser, and the token was made for one.
    ///
    /// # Errors
    /// [`Refusal::OriginMissing`] or [`Refusal::OriginNotAllowed`].
    pub fn check_origin(&self, origin: Option<&str>) -> Result<(), Refusal> {
        let Some(allowed) = self
            .session
            .as_ref()
            .map(|session| &session.origins)
            .filter(|list| !list.is_empty())
        else {
            return Ok(());
        };
        let origin = origin.ok_or(Refusal::OriginMissing)?;
        match Origin::parse(origin) {
            Ok(origin) if allowed.contains(&origin.hash()) => Ok(()),
            _ => Err(Refusal::OriginNotAllowed),
        }
    }

    /// Whether `config` is the session configuration the token was bound to. A token bound to none accepts any.
    ///
    /// # Errors
    /// [`Refusal::ConfigMismatch`].
    pub fn check_config(&self, config: &[u8]) -> Result<(), Refusal> {
        let Some(expected) = self
            .session
            .as_ref()
            .and_then(|session| session.config_sha256)
        else {
            return Ok(());
        };
        let got: [u8; 32] = Sha256::digest(config).into();
        if expected.ct_eq(&got).into() {
            Ok(())
        } else {
            Err(Refusal::ConfigMismatch)
        }
    }

    /// Whether these claims keep the bounds a token promises.
    pub(crate) fn check(&self) -> Result<(), MintError> {
        let names = [
            ("org", &self.org),
            ("project", &self.project),
            ("limits", &self.limits),
        ];
        for (field, value) in names {
            if !is_name(value) {
                return Err(MintError::Name {
                    field,
                    len: value.len(),
                    max: MAX_NAME_BYTES,
                });
            }
        }
        if self.expires_at_s <= self.issued_at_s {
            return Err(MintError::Lifetime {
                issued_at_s: self.issued_at_s,
                expires_at_s: self.expires_at_s,
            });
        }
        self.session.as_ref().map_or(Ok(()), SessionClaims::check)
    }
}

impl SessionClaims {
    fn check(&self) -> Result<(), MintError> {
        if self.origins.len() > MAX_ORIGINS {
            return Err(MintError::TooManyOrigins {
                got: self.origins.len(),
                max: MAX_ORIGINS,
            });
        }
        match &self.label {
            Some(label)
                if !(1..=MAX_LABEL_BYTES).contains(&label.len())
                    || label.contains(char::is_control) =>
            {
                Err(MintError::Label {
                    len: label.len(),
                    max: MAX_LABEL_BYTES,
                })
            }
            _ => Ok(()),
        }
    }
}

/// Sandbox or production: the second word of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Environment {
    /// Sandbox.
    Test,
    /// Production.
    Live,
}

impl Environment {
    /// `test` or `live`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Live => "live",
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Environment {
    type Err = UnknownEnvironment;

    fn from_str(text: &str) -> Result<Self, UnknownEnvironment> {
        match text {
            "test" => Ok(Self::Test),
            "live" => Ok(Self::Live),
            _ => Err(UnknownEnvironment),
        }
    }
}

/// The text names no environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected `test` or `live`")]
pub struct UnknownEnvironment;

/// Names end up in metrics, file names and database keys, hence the narrow alphabet.
fn is_name(text: &str) -> bool {
    (1..=MAX_NAME_BYTES).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}
