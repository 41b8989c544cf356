//! Which certificates are believed: the system's roots, and those of a file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};
use rustls::{ClientConfig, RootCertStore};

/// Roots that are believed beside the system's.
#[derive(Clone, Debug, Default)]
pub struct Roots(Vec<CertificateDer<'static>>);

/// A file of roots is of no use.
#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    /// It cannot be read, or is not PEM.
    #[error("{}: expected certificates in PEM, got {source}", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// One of them is none.
    #[error("{}: expected certificates, got one that is none: {source}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: rustls::Error,
    },
    /// There is none in it.
    #[error("{}: expected at least one certificate, got none", .0.display())]
    Empty(PathBuf),
}

impl Roots {
    /// Reads a PEM file of one or more certificates. Blocks.
    ///
    /// # Errors
    /// It is missing, not PEM, empty, or holds something that is no certificate.
    pub fn read(path: &Path) -> Result<Self, RootsError> {
        let unreadable = |source| RootsError::Pem {
            path: path.to_owned(),
            source,
        };
        let certificates = CertificateDer::pem_file_iter(path).map_err(unreadable)?;
        let certificates: Vec<_> = certificates.collect::<Result<_, _>>().map_err(unreadable)?;
        if certificates.is_empty() {
            return Err(RootsError::Empty(path.to_owned()));
        }
        let mut store = RootCertStore::empty();
        for certificate in &certificates {
            let added = store.add(certificate.clone());
            added.map_err(|source| RootsError::Certificate {
                path: path.to_owned(),
                source,
            })?;
        }
        Ok(Self(certificates))
    }

    /// The client's side of TLS with these roots and the system's. Verification cannot be turned off.
    ///
    /// # Errors
    /// The cryptography knows none of TLS' versions, which it does.
    pub(super) fn client(&self) -> Result<Arc<ClientConfig>, rustls::Error> {
        let mut store = RootCertStore::empty();
        let native = rustls_native_certs::load_native_certs();
        for error in &native.errors {
            tracing::warn!(%error, "some of the system's root certificates cannot be read");
        }
        store.add_parsable_certificates(native.certs);
        store.add_parsable_certificates(self.0.iter().cloned());
        if store.is_empty() {
            tracing::warn!(
                "no root certificates: nobody is reached by TLS (install ca-certificates)"
            );
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(store)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_named() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("ca.pem");
        let missing = Roots::read(&path).expect_err("missing").to_string();
        assert!(
            missing.contains("ca.pem: expected certificates in PEM"),
            "{missing}"
        );
        std::fs::write(&path, "no PEM").expect("written");
        assert!(matches!(Roots::read(&path), Err(RootsError::Empty(_))));
        let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        std::fs::write(&path, nonsense).expect("written");
        assert!(matches!(
            Roots::read(&path),
            Err(RootsError::Certificate { .. })
        ));
        let key = rcgen::generate_simple_self_signed(["a.example".to_owned()]).expect("a key");
        let good = key.cert.pem();
        std::fs::write(&path, format!("{good}{good}")).expect("written");
        assert_eq!(Roots::read(&path).expect("good").0.len(), 2);
        std::fs::write(&path, format!("{good}{nonsense}")).expect("written");
        assert!(matches!(
            Roots::read(&path),
            Err(RootsError::Certificate { .. })
        ));
    }
}
