//! The inspector over TLS, with a root of its own.

use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tempfile::TempDir;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use trunkline::botserver::{self, Dialect, Server};
use trunkline::inspector::{InspectError, Options, Report, inspect};
use trunkline::softphone::Step;
use trunkline_protocol::Secret;
use trunkline_testkit::PATIENCE;

/// An authority of this test's own, the certificate it gave `localhost`, and where its own is written.
struct Authority {
    folder: TempDir,
    acceptor: TlsAcceptor,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let authority = CertifiedIssuer::self_signed(params, key).expect("an authority");
        let folder = TempDir::new().expect("a folder");
        let key = KeyPair::generate().expect("a key");
        for (name, pem) in [
            ("root.pem", authority.pem()),
            ("key.pem", key.serialize_pem()),
        ] {
            std::fs::write(folder.path().join(name), pem).expect("written");
        }
        let params = CertificateParams::new(["localhost".to_owned()]).expect("names");
        let certificate = params.signed_by(&key, &authority).expect("signed");
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("a certificate with its key");
        Self {
            folder,
            acceptor: TlsAcceptor::from(Arc::new(config)),
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Calls an echo behind a TLS front on `localhost`.
async fn call(authority: &Authority, ca: Option<PathBuf>) -> Result<Report, InspectError> {
    let bot = Server::start(botserver::Options::default())
        .await
        .expect("a free port");
    let front = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = front.local_addr().expect("bound").port();
    let serving = async {
        let (stream, _) = front.accept().await.expect("a connection");
        if let Ok(mut stream) = authority.acceptor.accept(stream).await {
            let mut behind = TcpStream::connect(bot.address()).await.expect("the bot");
            copy_bidirectional(&mut stream, &mut behind).await.ok();
        }
    };
    let mut options = Options::new(format!("wss://localhost:{port}/voice"), Dialect::Ivr);
    options.ca = ca;
    let (lines, _unread) = mpsc::channel(10);
    let script = vec![Step::Silence { ms: 200 }];
    let calling = timeout(PATIENCE, inspect(&options, script, lines));
    let (report, ()) = tokio::join!(Box::pin(calling), serving);
    bot.stop().await;
    report.expect("in time")
}

#[tokio::test]
async fn a_bot_behind_a_root_that_is_given() {
    let authority = Authority::new();
    let root = authority.file("root.pem");
    let report = call(&authority, Some(root)).await.expect("reached");
    assert!(report.passes(false), "{report}");
}

#[tokio::test]
async fn a_bot_behind_an_unknown_root_is_not_called() {
    let error = call(&Authority::new(), None)
        .await
        .expect_err("not trusted");
    assert!(matches!(error, InspectError::Tls { .. }), "{error:?}");
}

#[tokio::test]
async fn a_file_without_roots_is_told() {
    let authority = Authority::new();
    for name in ["key.pem", "missing.pem"] {
        let mut options = Options::new("wss://localhost:1/", Dialect::Ivr);
        let front = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = front.local_addr().expect("bound").port();
        options.url = Secret::new(format!("wss://localhost:{port}/"));
        options.ca = Some(authority.file(name));
        let (lines, _unread) = mpsc::channel(1);
        let error = inspect(&options, Vec::new(), lines).await;
        assert!(
            matches!(error, Err(InspectError::Roots { .. })),
            "{name}: {error:?}"
        );
    }
}
