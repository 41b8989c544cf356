//! TLS over a socket whose handshake is done: the stream of a media socket on its shard.
//!
//! The handshake runs on control and hands over the `rustls` connection beside the TCP stream. What the
//! connection holds is a queue like any other: at most 16 KiB are taken before they are on their way, and nothing
//! more while anything waits. An end of the stream without `close_notify` is an error, so that a cut connection is
//! not mistaken for one that was closed (RFC 8446 §6.1).

use std::io::{self, IoSlice, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use rustls::Connection;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What a connection may hold that is not on its way.
const BUFFER_BYTES: usize = 16 * 1_024;

/// A stream under TLS, in either role.
#[derive(Debug)]
pub struct TlsStream<S> {
    io: S,
    connection: Connection,
    /// Our `close_notify` is queued.
    is_closing: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream<S> {
    /// The stream of a connection that is no longer handshaking. What the connection has read already comes
    /// first.
    pub fn new(io: S, mut connection: Connection) -> Self {
        connection.set_buffer_limit(Some(BUFFER_BYTES));
        Self {
            io,
            connection,
            is_closing: false,
        }
    }

    /// The stream underneath.
    pub const fn get_ref(&self) -> &S {
        &self.io
    }

    /// Puts everything encrypted on its way.
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.connection.wants_write() {
            let mut io = Blocking {
                io: &mut self.io,
                cx,
            };
            match self.connection.write_tls(&mut io) {
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Poll::Pending,
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Takes in what has come, once; the end of the stream as well.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut io = Blocking {
            io: &mut self.io,
            cx,
        };
        match self.connection.read_tls(&mut io) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Poll::Pending,
            Err(error) => return Poll::Ready(Err(error)),
        }
        let processed = self.connection.process_new_packets();
        // An alert, or the answer to a key update: as far as it goes at once, and with the next write else.
        let drained = self.poll_drain(cx);
        processed.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        match drained {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Ready(Ok(())),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for TlsStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let stream = self.get_mut();
        loop {
            // Gives `WouldBlock` where more has to come first, and `UnexpectedEof` where it cannot.
            match stream.connection.reader().read(buf.initialize_unfilled()) {
                Ok(count) => {
                    buf.advance(count);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
            std::task::ready!(stream.poll_fill(cx))?;
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for TlsStream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let stream = self.get_mut();
        std::task::ready!(stream.poll_drain(cx))?;
        let count = stream.connection.writer().write(buf)?;
        match stream.poll_drain(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            // What did not go out is the queue: nothing more is taken before it has.
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Ready(Ok(count)),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream = self.get_mut();
        std::task::ready!(stream.poll_drain(cx))?;
        Pin::new(&mut stream.io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream = self.get_mut();
        if !stream.is_closing {
            stream.is_closing = true;
            stream.connection.send_close_notify();
        }
        std::task::ready!(stream.poll_drain(cx))?;
        Pin::new(&mut stream.io).poll_shutdown(cx)
    }
}

/// What `rustls` reads from and writes to: says `WouldBlock` where the stream is pending, which then wakes the
/// task of `cx`.
struct Blocking<'a, 'b, S> {
    io: &'a mut S,
    cx: &'a mut Context<'b>,
}

fn or_would_block<T>(polled: Poll<io::Result<T>>) -> io::Result<T> {
    match polled {
        Poll::Ready(done) => done,
        Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
    }
}

impl<S: AsyncRead + Unpin> Read for Blocking<'_, '_, S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut buf = ReadBuf::new(buf);
        or_would_block(Pin::new(&mut *self.io).poll_read(self.cx, &mut buf))?;
        Ok(buf.filled().len())
    }
}

impl<S: AsyncWrite + Unpin> Write for Blocking<'_, '_, S> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        or_would_block(Pin::new(&mut *self.io).poll_write(self.cx, buf))
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        or_would_block(Pin::new(&mut *self.io).poll_write_vectored(self.cx, bufs))
    }

    fn flush(&mut self) -> io::Result<()> {
        or_would_block(Pin::new(&mut *self.io).poll_flush(self.cx))
    }
}

#[cfg(test)]
mod tests;
