//! What a gateway checks keys against.

use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use trunkline_auth::{Claims, Refusal, Revocations, VerifyingKeys};

use super::{DataDir, KeysError, now_s};

/// How often the revocations are read.
const EVERY: Duration = Duration::from_millis(500);

/// Revocations are read this often before those of expired keys are forgotten: once a minute.
const READS_A_PRUNE: u64 = 120;

/// The keys that are good and the tokens that are not. Read when a socket opens, never on the media path.
#[derive(Debug)]
pub struct KeyRing {
    keys: VerifyingKeys,
    revoked: RwLock<Revocations>,
    path: PathBuf,
    /// How much of the file was understood.
    read_bytes: AtomicU64,
    /// The file was there and could not be read, the last time.
    unreadable: AtomicBool,
}

impl KeyRing {
    /// Loads the data directory, making the signing key if there is none.
    ///
    /// # Errors
    /// [`KeysError`].
    pub fn load(dir: &DataDir) -> Result<Arc<Self>, KeysError> {
        dir.signing_key()?;
        Self::read(dir).map(Arc::new)
    }

    /// Loads the data directory as it is.
    ///
    /// # Errors
    /// [`KeysError`]; a file of revocations that is there and cannot be read is one.
    pub fn read(dir: &DataDir) -> Result<Self, KeysError> {
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
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(KeysError::File { path, source }),
        }
        if let Some(own) = dir.find_signing_key()? {
            keys.add(own.verifying_key());
        }
        let ring = Self {
            keys,
            revoked: RwLock::new(Revocations::new()),
            path: dir.revoked_path(),
            read_bytes: AtomicU64::new(0),
            unreadable: AtomicBool::new(false),
        };
        match ring.read_further() {
            Ok(()) => Ok(ring),
            Err(source) => Err(KeysError::File {
                path: ring.path,
                source,
            }),
        }
    }

    /// What the token says, if it is good now.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn verify(&self, token: &str) -> Result<Claims, Refusal> {
        let revoked = self.revoked.read().unwrap_or_else(PoisonError::into_inner);
        self.keys.verify(token, now_s(), &revoked)
    }

    /// Whether every revocation that was made is in force. It is not once there were more than can be held,
    /// and while their file cannot be read.
    pub fn is_complete(&self) -> bool {
        let revoked = self.revoked.read().unwrap_or_else(PoisonError::into_inner);
        revoked.refused() == 0 && !self.unreadable.load(Ordering::Relaxed)
    }

    /// Reads what was appended to the revocations since the last time.
    fn read_further(&self) -> io::Result<()> {
        let offset = self.read_bytes.load(Ordering::Relaxed);
        let mut appended = Vec::new();
        let mut file = match std::fs::File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.read_bytes.store(0, Ordering::Relaxed);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        // A shorter file was written anew: it counts from its beginning.
        let from = if file.metadata()?.len() < offset {
            0
        } else {
            offset
        };
        file.seek(SeekFrom::Start(from))?;
        file.read_to_end(&mut appended)?;
        if appended.is_empty() {
            self.read_bytes.store(from, Ordering::Relaxed);
            return Ok(());
        }
        let mut revoked = self.revoked.write().unwrap_or_else(PoisonError::into_inner);
        let report = revoked.read(&appended);
        drop(revoked);
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
        let read_bytes = from + report.consumed_bytes as u64;
        self.read_bytes.store(read_bytes, Ordering::Relaxed);
        Ok(())
    }

    /// Takes over what is new, and says once when that begins to fail and once when it works again.
    fn refresh(&self) {
        let read = self.read_further();
        let failed_before = self.unreadable.swap(read.is_err(), Ordering::Relaxed);
        match read {
            Err(error) if !failed_before => {
                tracing::error!(%error, path = %self.path.display(), "revocations unreadable");
            }
            Ok(()) if failed_before => {
                tracing::info!(path = %self.path.display(), "revocations readable again");
            }
            _ => {}
        }
    }

    /// Forgets the revocations of keys that have expired.
    fn prune(&self) {
        let mut revoked = self.revoked.write().unwrap_or_else(PoisonError::into_inner);
        revoked.prune(now_s());
    }
}

/// Takes over revocations as they are made, and forgets those that time has made needless. Never ends.
pub async fn watch_revocations(ring: Arc<KeyRing>) {
    let mut ticks = tokio::time::interval(EVERY);
    for read in 1_u64.. {
        ticks.tick().await;
        let reader = Arc::clone(&ring);
        let refreshed = tokio::task::spawn_blocking(move || {
            reader.refresh();
            if read % READS_A_PRUNE == 0 {
                reader.prune();
            }
        });
        if let Err(error) = refreshed.await {
            tracing::error!(%error, "revocations not read");
        }
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const LINE: &str = "000000000000000000000001 100\n";

    fn dir() -> (TempDir, DataDir) {
        let home = TempDir::new().expect("a directory");
        let dir = DataDir::open(home.path()).expect("a data directory");
        (home, dir)
    }

    #[test]
    fn revocations_that_cannot_be_read_are_no_empty_list() {
        let (_home, dir) = dir();
        // Unreadable for everybody, root included.
        std::fs::create_dir(dir.revoked_path()).expect("a directory");
        let error = KeyRing::load(&dir).expect_err("keys that were revoked would be good");
        assert!(error.to_string().contains("revoked"), "{error}");
    }

    #[test]
    fn a_list_that_is_not_complete_says_so() {
        let (_home, dir) = dir();
        let mut ring = KeyRing::read(&dir).expect("a ring");
        ring.revoked = RwLock::new(Revocations::with_max(1));
        std::fs::write(dir.revoked_path(), LINE).expect("written");
        ring.refresh();
        assert!(ring.is_complete());
        std::fs::remove_file(dir.revoked_path()).expect("removed");
        std::fs::create_dir(dir.revoked_path()).expect("a directory");
        ring.refresh();
        assert!(!ring.is_complete());
        std::fs::remove_dir(dir.revoked_path()).expect("removed");
        ring.refresh();
        assert!(ring.is_complete());
        std::fs::write(dir.revoked_path(), "000000000000000000000002\n").expect("written");
        ring.refresh();
        assert!(!ring.is_complete());
    }

    #[test]
    fn what_was_read_is_not_read_again_and_what_has_expired_is_forgotten() {
        let (_home, dir) = dir();
        std::fs::write(dir.revoked_path(), LINE).expect("written");
        let ring = KeyRing::read(&dir).expect("a ring");
        assert_eq!(ring.read_bytes.load(Ordering::Relaxed), LINE.len() as u64);
        let held = |ring: &KeyRing| ring.revoked.read().expect("no panic").len();
        assert_eq!(held(&ring), 1);
        ring.prune();
        ring.refresh();
        assert_eq!(held(&ring), 0);
    }
}
