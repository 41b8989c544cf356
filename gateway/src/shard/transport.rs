//! The byte stream under a media socket.
//!
//! A socket is born on control, where its handshakes run, and moves to a shard as a plain descriptor plus
//! the bytes already read. TLS will be a second variant here: its handshake stays on control, and the
//! variant carries the `rustls` connection beside the stream.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The kernel's send buffer of a media socket: what is in there can no longer be recalled.
const SEND_BUFFER_BYTES: usize = 16 * 1_024;

/// A socket between its birth on control and its life on a shard. Belongs to no runtime.
#[derive(Debug)]
pub struct Newborn {
    stream: std::net::TcpStream,
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
            // A copy on purpose: the original pins hyper's whole buffer for the length of the call.
            early: early.to_vec(),
        })
    }

    /// Registers the stream with the runtime this runs on.
    pub(super) fn adopt(self) -> io::Result<(Transport, Vec<u8>)> {
        let stream = TcpStream::from_std(self.stream)?;
        Ok((Transport::Plain(stream), self.early))
    }
}

/// A media socket's stream, on its shard.
#[derive(Debug)]
pub(super) enum Transport {
    /// TCP without TLS.
    Plain(TcpStream),
}

/// What a link wants of its stream beside bytes.
pub(super) trait MediaStream: AsyncRead + AsyncWrite + Unpin {
    /// Acknowledge at once what has arrived. Not sticky: the kernel falls back to delayed acknowledgement.
    fn quick_ack(&self) {}
}

impl MediaStream for Transport {
    fn quick_ack(&self) {
        let Self::Plain(stream) = self;
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
        let Self::Plain(stream) = self.get_mut();
        Pin::new(stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Transport {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Self::Plain(stream) = self.get_mut();
        Pin::new(stream).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self::Plain(stream) = self.get_mut();
        Pin::new(stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self::Plain(stream) = self.get_mut();
        Pin::new(stream).poll_shutdown(cx)
    }
}
