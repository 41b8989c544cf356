//! The byte stream under a media socket.
//!
//! A socket is born on control, where its handshakes run, and moves to a shard as a plain descriptor plus
//! the bytes already read and, under TLS, the `rustls` connection.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use rustls::Connection;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::shard::tcp;
use crate::tls::TlsStream;

/// The kernel's send buffer of a media socket: what is in there can no longer be recalled.
const SEND_BUFFER_BYTES: usize = 16 * 1_024;

/// A socket between its birth on control and its life on a shard. Belongs to no runtime.
#[derive(Debug)]
pub struct Newborn {
    stream: std::net::TcpStream,
    /// What encrypts it, handshake done.
    tls: Option<Box<Connection>>,
    /// Read from the stream behind the upgrade, and not yet understood.
    early: Vec<u8>,
}

impl Newborn {
    /// Takes a stream out of its runtime, with what was read too early from it.
    ///
    /// # Errors
    /// The kernel refused a socket option or the runtime to let go.
    pub fn take(stream: TcpStream, early: &Bytes) -> io::Result<Self> {
        let stream = stream.into_std()?;
        let socket = SockRef::from(&stream);
        socket.set_tcp_nodelay(true)?;
        socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
        Ok(Self {
            stream,
            tls: None,
            // A copy on purpose: the original pins hyper's whole buffer for the length of the call.
            early: early.to_vec(),
        })
    }

    /// The same for a stream under TLS. `early` was decrypted already; what the connection has decrypted beyond
    /// that stays with it.
    ///
    /// # Errors
    /// As of [`take`](Self::take).
    pub fn take_tls(stream: TcpStream, tls: Connection, early: &Bytes) -> io::Result<Self> {
        Ok(Self {
            tls: Some(Box::new(tls)),
            ..Self::take(stream, early)?
        })
    }

    /// Registers the stream with the runtime this runs on.
    pub(crate) fn adopt(self) -> io::Result<(Transport, Vec<u8>)> {
        let stream = TcpStream::from_std(self.stream)?;
        let transport = match self.tls {
            Some(tls) => Transport::Tls(Box::new(TlsStream::new(stream, *tls))),
            None => Transport::Plain(stream),
        };
        Ok((transport, self.early))
    }
}

/// A media socket's stream, on its shard.
#[derive(Debug)]
pub(crate) enum Transport {
    /// TCP without TLS.
    Plain(TcpStream),
    /// TCP with TLS.
    Tls(Box<TlsStream<TcpStream>>),
}

/// What a link wants of its stream beside bytes.
pub(super) trait MediaStream: AsyncRead + AsyncWrite + Unpin {
    /// Acknowledge at once what has arrived. Not sticky: the kernel falls back to delayed acknowledgement.
    fn quick_ack(&self) {}
}

impl MediaStream for Transport {
    fn quick_ack(&self) {
        let stream = match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.get_ref(),
        };
        // Without it the call is as correct, and up to 40 ms later.
        if let Err(error) = SockRef::from(stream).set_tcp_quickack(true) {
            tracing::trace!(%error, "TCP_QUICKACK refused");
        }
    }
}

impl MediaStream for tokio::io::DuplexStream {}

impl AsyncRead for Transport {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => tcp::poll_read(stream, cx, buf),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => tcp::poll_write(stream, cx, buf),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
        }
    }
}
