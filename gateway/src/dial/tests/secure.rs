//! Certificates, good and bad.

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::Message;

use super::websocket::adopt;
use super::*;

/// Who signs certificates, and whom a dialler believes.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("an authority"))
    }

    /// Read from a file, as the configuration has it.
    pub(crate) fn roots(&self) -> Roots {
        let dir = TempDir::new().expect("a directory");
        let path = dir.path().join("ca.pem");
        std::fs::write(&path, self.0.pem()).expect("written");
        Roots::read(&path).expect("a root")
    }

    pub(crate) fn server(&self, name: &str, valid: bool) -> TlsAcceptor {
        let mut params = CertificateParams::new([name.to_owned()]).expect("names");
        if !valid {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2020, 2, 1);
        }
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("signed");
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("a certificate");
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }
}

/// A server that greets and gives everything back.
pub(crate) async fn echo(acceptor: TlsAcceptor) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(stream) = acceptor.accept(stream).await else {
                continue;
            };
            assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
            let mut socket = tokio_tungstenite::accept_async(stream)
                .await
                .expect("upgraded");
            socket.send(Message::text("hello")).await.expect("sent");
            while let Some(Ok(message)) = socket.next().await {
                if !message.is_close() {
                    socket.send(message).await.expect("sent");
                }
            }
        }
    });
    port
}

/// A dialler for which every name is loopback.
pub(crate) fn believing(roots: Roots) -> Dialer {
    let script = ResolverScript::new(&[["127.0.0.1"].as_slice(); 8]);
    start(&["127.0.0.1"], Resolver::Scripted(script), roots)
}

#[tokio::test]
async fn a_certificate_of_a_root_in_the_file_is_believed() {
    let authority = Authority::new();
    let port = echo(authority.server("bot.test", true)).await;
    let dialer = believing(authority.roots());
    let spec = dial_spec(&format!("wss://BOT.test.:{port}/"));
    let newborn = dial(&dialer, spec).await.expect("reached");
    let mut socket = adopt(newborn).await;
    let hello = in_time(socket.next()).await;
    let hello = hello.expect("a message").expect("a message");
    assert_eq!(hello, Message::text("hello"));
    let long = "x".repeat(200_000);
    let (mut to, mut from) = socket.split();
    let said = to.send(Message::text(long.clone()));
    let (sent, heard) = in_time(async { tokio::join!(said, from.next()) }).await;
    sent.expect("sent");
    let heard = heard.expect("an echo").expect("an echo");
    assert!(heard == Message::text(long), "the echo is what was sent");
}

#[tokio::test]
async fn every_other_certificate_is_refused() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    for (acceptor, roots, host) in [
        (
            stranger.server("bot.test", true),
            authority.roots(),
            "bot.test",
        ),
        (
            authority.server("bot.test", true),
            Roots::default(),
            "bot.test",
        ),
        (
            authority.server("bot.test", true),
            authority.roots(),
            "other.test",
        ),
        (
            authority.server("bot.test", true),
            authority.roots(),
            "a.bot.test",
        ),
        (
            authority.server("bot.test", true),
            authority.roots(),
            "127.0.0.1",
        ),
        (
            authority.server("bot.test", false),
            authority.roots(),
            "bot.test",
        ),
    ] {
        let port = echo(acceptor).await;
        let spec = dial_spec(&format!("wss://{host}:{port}/"));
        assert_eq!(
            fault(&believing(roots), spec).await,
            DialFault::Tls,
            "{host}"
        );
    }
    let port = echo(authority.server("127.0.0.1", true)).await;
    let spec = dial_spec(&format!("wss://127.0.0.1:{port}/"));
    dial(&believing(authority.roots()), spec)
        .await
        .expect("an address can have one");
}

#[tokio::test]
async fn a_server_without_tls_is_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .expect("written");
        while stream.read(&mut [0; 1_024]).await.is_ok_and(|n| n > 0) {}
    });
    let spec = dial_spec(&format!("wss://bot.test:{port}/"));
    let told = fault(&believing(Roots::default()), spec).await;
    assert_eq!(told, DialFault::Tls);
}
