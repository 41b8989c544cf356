//! What a gateway checks keys against.

use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use trunkline_auth::{Claims, Refusal, Revocations, VerifyingKeys};

use super::{DataDir, KeysError, now_s};

/// How often the revocations are read.
const EVERY: Duration = Duration::from_millis(500);

/// The keys that are good and the tokens that are not. Read when a socket opens, never on the media path.
#[derive(Debug)]
pub struct KeyRing {
    keys: VerifyingKeys,
    revoked: RwLock<Revocations>,
    path: PathBuf,
}

impl KeyRing {
    /// Loads the data directory, making the signing key if there is none.
    ///
    /// # Errors
    /// [`KeysError`].
    pub fn load(dir: &DataDir) -> Result<Arc<Self>, KeysError> {
        let mut keys = VerifyingKeys::default();
        let path = dir.verifying_path();
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                keys = VerifyingKeys::from_lines(&text).map_err(|(line, error)| {
                    KeysError::Content {
                        path,
                        problem: format!("line {line}: {error}"),
                    }
                })?;
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => return Err(KeysError::File { path, source }),
        }
        keys.add(dir.signing_key()?.verifying_key());
        let ring = Self {
            keys,
            revoked: RwLock::new(Revocations::new()),
            path: dir.revoked_path(),
        };
        ring.read_from(0);
        Ok(Arc::new(ring))
    }

    /// What the token says, if it is good now.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn verify(&self, token: &str) -> Result<Claims, Refusal> {
        let revoked = self.revoked.read().unwrap_or_else(PoisonError::into_inner);
        self.keys.verify(token, now_s(), &revoked)
    }

    /// Reads what was appended to the revocations since `offset`; where to go on.
    fn read_from(&self, offset: u64) -> u64 {
        let mut appended = Vec::new();
        let read = std::fs::File::open(&self.path).and_then(|mut file| {
            // A shorter file was written anew: it counts from its beginning.
            let from = if file.metadata()?.len() < offset {
                0
            } else {
                offset
            };
            file.seek(SeekFrom::Start(from))?;
            file.read_to_end(&mut appended).map(|_| from)
        });
        let from = match read {
            Ok(from) => from,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return 0,
            Err(error) => {
                tracing::error!(%error, path = %self.path.display(), "revocations unreadable");
                return offset;
            }
        };
        let report = self
            .revoked
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .read(&appended);
        if report.added > 0 {
            tracing::info!(revoked = report.added, "keys revoked");
        }
        if report.bad_lines > 0 || report.refused > 0 {
            tracing::error!(
                bad_lines = report.bad_lines,
                refused = report.refused,
                "some revocations have no effect"
            );
        }
        from + report.consumed_bytes as u64
    }
}

/// Takes over revocations as they are made. Never ends.
pub async fn watch_revocations(ring: Arc<KeyRing>) {
    let mut ticks = tokio::time::interval(EVERY);
    let mut offset = 0;
    loop {
        ticks.tick().await;
        let reader = Arc::clone(&ring);
        let read = tokio::task::spawn_blocking(move || reader.read_from(offset));
        offset = read.await.unwrap_or(offset);
    }
}
