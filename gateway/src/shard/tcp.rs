//! Reading and writing a TCP socket without the C library between: its `recv` and `send` are cancellation points of
//! POSIX threads, and in a process of several threads each call pays for that twice.

use std::io;
use std::task::{Context, Poll, ready};

use rustix::net::{RecvFlags, SendFlags, recv, send};
use tokio::io::{Interest, ReadBuf};
use tokio::net::TcpStream;

/// As [`tokio::io::AsyncRead::poll_read`].
pub(super) fn poll_read(
    stream: &TcpStream,
    cx: &mut Context<'_>,
    buffer: &mut ReadBuf<'_>,
) -> Poll<io::Result<()>> {
    loop {
        ready!(stream.poll_read_ready(cx))?;
        let space = buffer.initialize_unfilled();
        let room = space.len();
        let mut read = 0;
        let tried = stream.try_io(Interest::READABLE, || {
            read = recv(stream, &mut *space, RecvFlags::empty())?.0;
            // A read that does not fill its buffer has taken everything. Said so, it saves the read that would find
            // nothing; readiness is edge-triggered (epoll(7), questions and answers, 9).
            if 0 < read && read < room {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            Ok(())
        });
        match tried {
            Err(error) if read == 0 && is_temporary(&error) => {}
            Err(error) if read == 0 => return Poll::Ready(Err(error)),
            _ => {
                buffer.advance(read);
                return Poll::Ready(Ok(()));
            }
        }
    }
}

/// As [`tokio::io::AsyncWrite::poll_write`].
pub(super) fn poll_write(
    stream: &TcpStream,
    cx: &mut Context<'_>,
    bytes: &[u8],
) -> Poll<io::Result<usize>> {
    loop {
        ready!(stream.poll_write_ready(cx))?;
        match stream.try_io(Interest::WRITABLE, || {
            Ok(send(stream, bytes, SendFlags::NOSIGNAL)?)
        }) {
            Err(error) if is_temporary(&error) => {}
            written => return Poll::Ready(written),
        }
    }
}

/// Nothing is there, or a signal came between.
fn is_temporary(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::AsyncWriteExt;
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    async fn pair() -> io::Result<(TcpStream, TcpStream)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let near = TcpStream::connect(listener.local_addr()?).await?;
        Ok((near, listener.accept().await?.0))
    }

    async fn read(stream: &TcpStream, room: usize) -> io::Result<Vec<u8>> {
        let mut space = vec![0; room];
        let mut buffer = ReadBuf::new(&mut space);
        poll_fn(|cx| poll_read(stream, cx, &mut buffer)).await?;
        Ok(buffer.filled().to_vec())
    }

    #[tokio::test]
    async fn what_is_written_is_read_in_pieces_of_any_size_to_the_end() -> io::Result<()> {
        let (near, mut far) = pair().await?;
        let sent: Vec<u8> = (0..100_000_u32).map(|n| n as u8).collect();
        let expected = sent.clone();
        let writing = tokio::spawn(async move {
            // Pauses, so that reads find less than they have room for, and nothing at all.
            for (at, piece) in sent.chunks(997).enumerate() {
                far.write_all(piece).await?;
                if at % 7 == 0 {
                    tokio::task::yield_now().await;
                }
            }
            far.shutdown().await
        });
        let mut got = Vec::new();
        for room in [1, 3, 4_096, 64].into_iter().cycle() {
            match read(&near, room).await?.as_slice() {
                [] => break,
                read => got.extend_from_slice(read),
            }
        }
        assert_eq!(got, expected);
        writing.await??;
        Ok(())
    }

    #[tokio::test]
    async fn a_full_socket_is_waited_for_and_a_gone_one_is_an_error() -> io::Result<()> {
        let (near, far) = pair().await?;
        let block = vec![7; 1_000_000];
        let mut total = 0;
        // The far end reads only once nothing more is taken.
        loop {
            let written = poll_fn(|cx| Poll::Ready(poll_write(&near, cx, &block))).await;
            match written {
                Poll::Ready(written) => total += written?,
                Poll::Pending => break,
            }
        }
        let reading = tokio::spawn(async move {
            let mut left = total;
            while left > 0 {
                left -= read(&far, 65_536).await?.len();
            }
            io::Result::Ok(far)
        });
        let written = poll_fn(|cx| poll_write(&near, cx, &block)).await?;
        assert!(written > 0);
        drop(reading.await??);
        // Unread bytes reset the connection: first the reset is seen, then nothing can be written.
        let failed = loop {
            if let Err(error) = poll_fn(|cx| poll_write(&near, cx, &block)).await {
                break error;
            }
        };
        let kinds = [io::ErrorKind::ConnectionReset, io::ErrorKind::BrokenPipe];
        assert!(kinds.contains(&failed.kind()), "{failed:?}");
        Ok(())
    }
}
