//! The keys of one data directory: the signing key, and what was revoked.
//!
//! | file | mode | content |
//! |---|---|---|
//! | `signing.key` | 0600 | the signing key, one line |
//! | `verifying.keys` | 0644 | further public keys whose tokens are good, one a line; optional |
//! | `revoked` | 0644 | revoked token ids, one a line, appended by `keys revoke` |
//! | `sandbox.key` | 0600 | the key the first `serve` made for its owner |

mod files;
mod ring;

use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use trunkline_auth::{
    Claims, Environment, MintError, Revocation, ScopeError, Scopes, SigningKey, TokenId,
};

pub use ring::{KeyRing, watch_revocations};

const SIGNING: &str = "signing.key";
const VERIFYING: &str = "verifying.keys";
const REVOKED: &str = "revoked";
const SANDBOX: &str = "sandbox.key";

/// What the sandbox key may do: everything a developer's first afternoon needs.
const SANDBOX_SCOPES: &str = "omni:session,telephony:stream";

/// How long the sandbox key is good.
const SANDBOX_TTL_S: u64 = 30 * 86_400;

/// Why the data directory is of no use.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{path}: {problem}")]
    Content {
        /// Which.
        path: PathBuf,
        /// Expected and got, without the content.
        problem: String,
    },
    /// The directory is nobody's.
    #[error(
        "{path}: expected a gateway's data directory, found neither {SIGNING} nor {VERIFYING} in it"
    )]
    NoDataDir {
        /// Which.
        path: PathBuf,
    },
    /// Others can read what only its owner may.
    #[error("{path}: expected mode 0600, got {mode:04o}: others can read it")]
    Exposed {
        /// Which.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The system gives no randomness.
    #[error("no randomness: {0}")]
    Randomness(getrandom::Error),
    /// The scopes are none.
    #[error(transparent)]
    Scopes(#[from] ScopeError),
    /// The claims make no key.
    #[error(transparent)]
    Mint(#[from] MintError),
}

/// A directory with keys in it.
#[derive(Clone, Debug)]
pub struct DataDir(PathBuf);

/// What a key is to say.
#[derive(Clone, Debug)]
pub struct KeyRequest {
    /// Whose it is.
    pub org: String,
    /// For what.
    pub project: String,
    /// Sandbox or production.
    pub environment: Environment,
    /// What it may do.
    pub scopes: Scopes,
    /// How long it is good, in seconds.
    pub ttl_s: u64,
    /// First word of the key.
    pub prefix: String,
}

impl DataDir {
    /// The directory at `path`, made with owner-only permissions if it is not there.
    ///
    /// # Errors
    /// It could not be made.
    pub fn open(path: &Path) -> Result<Self, KeysError> {
        files::make_dir(path)?;
        Ok(Self(path.to_owned()))
    }

    /// The directory at `path`, which has to be a gateway's already.
    ///
    /// # Errors
    /// There is neither a signing key nor a list of verifying keys in it.
    pub fn existing(path: &Path) -> Result<Self, KeysError> {
        let dir = Self(path.to_owned());
        if dir.0.join(SIGNING).exists() || dir.verifying_path().exists() {
            Ok(dir)
        } else {
            Err(KeysError::NoDataDir { path: dir.0 })
        }
    }

    /// The signing key, made on first use.
    ///
    /// # Errors
    /// The file cannot be read or written, holds something else, or is readable by others.
    pub fn signing_key(&self) -> Result<SigningKey, KeysError> {
        loop {
            if let Some(key) = self.find_signing_key()? {
                return Ok(key);
            }
            let key = SigningKey::from_seed(&random()?);
            if files::create_private(&self.0.join(SIGNING), key.to_line().expose())? {
                return Ok(key);
            }
            // Somebody else made one at the same moment: theirs counts.
        }
    }

    /// The signing key, if there is one.
    fn find_signing_key(&self) -> Result<Option<SigningKey>, KeysError> {
        let path = self.0.join(SIGNING);
        let Some(line) = files::read_private(&path)? else {
            return Ok(None);
        };
        match SigningKey::from_line(line.trim()) {
            Ok(key) => Ok(Some(key)),
            Err(error) => Err(KeysError::Content {
                path,
                problem: error.to_string(),
            }),
        }
    }

    /// Makes a key.
    ///
    /// # Errors
    /// [`KeysError`].
    pub fn mint(&self, request: KeyRequest) -> Result<String, KeysError> {
        let now_s = now_s();
        let claims = Claims {
            token_id: TokenId(random()?),
            org: request.org,
            project: request.project,
            environment: request.environment,
            scopes: request.scopes,
            limits: "default".to_owned(),
            issued_at_s: now_s,
            expires_at_s: now_s.saturating_add(request.ttl_s),
            session: None,
        };
        let key = self.signing_key()?;
        Ok(trunkline_auth::mint(&key, &claims, &request.prefix)?)
    }

    /// Revokes a key: every gateway on this directory refuses it within a second.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn revoke(&self, revocation: &Revocation) -> Result<(), KeysError> {
        files::append(&self.0.join(REVOKED), &revocation.format_line())
    }

    /// The sandbox key's file, written by whoever comes first. Returns the path and, if the key was made
    /// now, the key.
    ///
    /// # Errors
    /// [`KeysError`].
    pub fn sandbox_key(&self) -> Result<(PathBuf, Option<String>), KeysError> {
        let path = self.0.join(SANDBOX);
        if path.exists() {
            return Ok((path, None));
        }
        let key = self.mint(KeyRequest {
            org: "sandbox".to_owned(),
            project: "default".to_owned(),
            environment: Environment::Test,
            scopes: Scopes::parse(SANDBOX_SCOPES)?,
            ttl_s: SANDBOX_TTL_S,
            prefix: trunkline_auth::DEFAULT_PREFIX.to_owned(),
        })?;
        // Where another process was quicker its key is the sandbox key, and this one is not told to anybody.
        let made = files::create_private(&path, &key)?;
        Ok((path, made.then_some(key)))
    }

    fn verifying_path(&self) -> PathBuf {
        self.0.join(VERIFYING)
    }

    fn revoked_path(&self) -> PathBuf {
        self.0.join(REVOKED)
    }
}

fn random<const N: usize>() -> Result<[u8; N], KeysError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(KeysError::Randomness)?;
    Ok(bytes)
}

/// Unix time in seconds; 0 on a clock before 1970.
pub fn now_s() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests;
