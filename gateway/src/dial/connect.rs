//! A connection to a target: name, addresses, guard, TCP, TLS.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use trunkline_call::DialFault;
use url::Host;

use super::guard::{Guard, Target};
use super::resolve::Lookups;
use super::roots::Roots;
use crate::shard::Newborn;

/// Makes connections.
pub(super) struct Connector {
    pub(super) guard: Guard,
    lookups: Lookups,
    tls: Arc<ClientConfig>,
}

impl Connector {
    pub(super) fn new(
        guard: Guard,
        lookups: Lookups,
        roots: &Roots,
    ) -> Result<Self, rustls::Error> {
        Ok(Self {
            guard,
            lookups,
            tls: roots.client()?,
        })
    }

    /// The addresses the target may be reached at. Its name is looked up once, and what is connected to is what
    /// was judged.
    ///
    /// # Errors
    /// It has none, or none that may be dialled.
    pub(super) async fn addresses(
        &self,
        target: &Target,
        deadline: Instant,
    ) -> Result<Vec<IpAddr>, DialFault> {
        let resolved = timeout_at(deadline, self.lookups.resolve(&target.host));
        self.judge(target, resolved.await.map_err(timed_out)??)
    }

    /// Connects to the target at one of these addresses, tried in turn, each with its share of the time that is
    /// left. Gives the one it was.
    ///
    /// Cancel safe: a connection half made is closed.
    ///
    /// # Errors
    /// What the last of the addresses failed with.
    pub(super) async fn connect(
        &self,
        target: &Target,
        addresses: &[IpAddr],
        deadline: Instant,
    ) -> Result<(Stream, IpAddr), DialFault> {
        let mut left = addresses.len() as u32;
        let mut last = DialFault::Refused;
        for &address in addresses {
            let now = Instant::now();
            let until = now + deadline.saturating_duration_since(now) / left.max(1);
            left -= 1;
            let connecting = TcpStream::connect(SocketAddr::new(address, target.port));
            match timeout_at(until, connecting).await {
                Ok(Ok(stream)) => {
                    let secured = timeout_at(deadline, self.secure(target, stream)).await;
                    return Ok((secured.map_err(timed_out)??, address));
                }
                Ok(Err(error)) => last = fault_of(&error),
                Err(_) => last = DialFault::TimedOut,
            }
        }
        Err(last)
    }

    /// Those of the addresses that may be connected to.
    fn judge(&self, target: &Target, mut found: Vec<IpAddr>) -> Result<Vec<IpAddr>, DialFault> {
        let mut refused = DialFault::UnknownHost;
        found.retain(|address| match self.guard.check_address(target, *address) {
            Ok(()) => true,
            Err(blocked) => {
                tracing::debug!(%target, %blocked, "address not dialled");
                refused = DialFault::from(&blocked);
                false
            }
        });
        if found.is_empty() {
            return Err(refused);
        }
        Ok(found)
    }

    async fn secure(&self, target: &Target, stream: TcpStream) -> Result<Stream, DialFault> {
        if !target.scheme.is_tls() {
            return Ok(Stream::Plain(stream));
        }
        let name = server_name(&target.host).ok_or(DialFault::BadRequest)?;
        let connector = TlsConnector::from(Arc::clone(&self.tls));
        match connector.connect(name, stream).await {
            Ok(stream) => Ok(Stream::Tls(Box::new(stream))),
            Err(error) => {
                tracing::debug!(%target, %error, "TLS failed");
                Err(fault_of(&error))
            }
        }
    }
}

/// The name a certificate must be for.
fn server_name(host: &Host<String>) -> Option<ServerName<'static>> {
    match host {
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            ServerName::try_from(name.to_owned()).ok()
        }
        Host::Ipv4(v4) => Some(ServerName::from(IpAddr::V4(*v4))),
        Host::Ipv6(v6) => Some(ServerName::from(IpAddr::V6(*v6))),
    }
}

pub(super) fn timed_out(_: tokio::time::error::Elapsed) -> DialFault {
    DialFault::TimedOut
}

/// What a failure of the transport means to whoever dialled.
pub(super) fn fault_of(error: &io::Error) -> DialFault {
    let inner = error.get_ref();
    if inner.is_some_and(|inner| inner.is::<rustls::Error>()) {
        return DialFault::Tls;
    }
    match error.kind() {
        io::ErrorKind::TimedOut => DialFault::TimedOut,
        _ => DialFault::Refused,
    }
}

/// A connection, with TLS or without.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// Ready to move to a shard, with what was read too early.
    pub(super) fn into_newborn(self, early: &bytes::Bytes) -> io::Result<Newborn> {
        match self {
            Self::Plain(stream) => Newborn::take(stream, early),
            Self::Tls(stream) => {
                let (stream, connection) = stream.into_inner();
                Newborn::take_tls(stream, connection.into(), early)
            }
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
