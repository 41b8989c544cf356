//! A WebSocket link: one socket, its framing, and the close handshake.
//!
//! The framing is [`trunkline_protocol::websocket`]; here are the bytes' way to and from the stream, the answers to pings
//! and to the peer's close, and what an end of the stream means.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use tokio::io::ReadBuf;
use trunkline_call::{Down, Frame, SendKind};
use trunkline_protocol::websocket::{Event, Fault, Full, Kind, Reader, Role, Writer};

use crate::shard::transport::MediaStream;

/// How many wakes the peer is acknowledged at once: a caller without `TCP_NODELAY` otherwise clumps its
/// first frames behind our delayed acknowledgement, and the schedule keeps that delay.
const QUICK_WAKES: u8 = 20;

/// What is taken before it has been flushed: 4 KiB after which a link is fed no more, the largest message of 16 KiB,
/// and what frames put before each. What waits here can no longer be recalled.
const SERVER_BUFFER_BYTES: usize = 21 * 1_024;

/// The same towards a bot, whose frames have longer heads.
const CLIENT_BUFFER_BYTES: usize = 24 * 1_024;

/// What is read at once of a socket from which nothing more is understood.
const DISCARD_BYTES: usize = 4 * 1_024;

/// Reads for one frame in one wake: a message in endless parts must not keep other calls from having their turn.
const READS_A_FRAME: u32 = 8;

/// One WebSocket, in either role.
#[derive(Debug)]
pub(in crate::shard) struct SocketLink<S> {
    stream: S,
    role: Role,
    reader: Reader,
    writer: Writer,
    /// The content of the peer's last ping, while that is not answered.
    ping: Option<Vec<u8>>,
    /// An answer of the link's own has not been flushed.
    answers: bool,
    quick_wakes: u8,
    /// Nothing more can be understood. What still comes is read and thrown away: closing over unread
    /// bytes would reset the connection, and take the close frame with it.
    broken: bool,
    close: PeerClose,
    /// Our close frame is queued: nothing may follow it.
    closed: bool,
}

/// How far the peer's close has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PeerClose {
    Awaited,
    /// It is there. Our answer goes out with the next read, where it finds room.
    Come,
    /// It is there and has been told, and the socket is still to be seen off.
    Told,
}

impl<S: MediaStream> SocketLink<S> {
    /// The server's end of a socket whose upgrade is done. `early` was read behind it.
    pub(in crate::shard) fn new(stream: S, early: Vec<u8>, max_message_bytes: usize) -> Self {
        Self::of(stream, Role::Server, &early, max_message_bytes)
    }

    /// The client's end of a socket that was dialled. `early` was read behind the upgrade.
    pub(in crate::shard) fn client(stream: S, early: Vec<u8>, max_message_bytes: usize) -> Self {
        Self::of(stream, Role::Client, &early, max_message_bytes)
    }

    fn of(stream: S, role: Role, early: &[u8], max_message_bytes: usize) -> Self {
        // What a bot sends is not paced by its clock.
        let (buffer_bytes, quick_wakes) = match role {
            Role::Server => (SERVER_BUFFER_BYTES, QUICK_WAKES),
            Role::Client => (CLIENT_BUFFER_BYTES, 0),
        };
        Self {
            stream,
            role,
            reader: Reader::new(role, max_message_bytes, early),
            writer: Writer::new(role, buffer_bytes),
            ping: None,
            answers: false,
            quick_wakes,
            broken: false,
            close: PeerClose::Awaited,
            closed: false,
        }
    }

    /// To be called once a wake.
    pub(in crate::shard) fn woken(&mut self) {
        if self.quick_wakes > 0 {
            self.quick_wakes -= 1;
            self.stream.quick_ack();
        }
    }

    /// The next frame. It borrows the link's buffer and is gone with the next call.
    pub(in crate::shard) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Frame<'_>, Down>> {
        if self.broken {
            return self.poll_discard(cx).map_ok(|()| Frame::Alive);
        }
        // Answers do not wait for the call to have something to say. One that cannot be sent any more is no reason not to
        // hear what has come: the read says how it ends.
        if self.answers && matches!(self.poll_flush(cx), Poll::Ready(Err(_))) {
            self.answers = false;
            self.ping = None;
        }
        if self.close != PeerClose::Awaited {
            return self.poll_end(cx).map_ok(|()| Frame::Alive);
        }
        let mut reads = 0;
        let event = loop {
            match self.reader.advance() {
                Ok(Some(event)) => break event,
                Ok(None) if reads == READS_A_FRAME => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Ok(None) => {
                    reads += 1;
                    ready!(self.poll_read(cx))?;
                }
                Err(fault) => return Poll::Ready(Ok(self.broke(fault))),
            }
        };
        Poll::Ready(Ok(match event {
            Event::Text => match self.reader.text() {
                Ok(text) => Frame::Text(text),
                Err(fault) => {
                    self.broken = true;
                    broken(fault)
                }
            },
            Event::Binary => Frame::Binary(self.reader.content()),
            Event::Ping => {
                self.keep_ping();
                Frame::Alive
            }
            Event::Pong => Frame::Alive,
            Event::Close(code) => {
                self.answer_close(code);
                Frame::Closing {
                    code: code.unwrap_or(1005),
                }
            }
        }))
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Down>> {
        let mut buffer = ReadBuf::new(self.reader.space());
        let read = ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer));
        let bytes = buffer.filled().len();
        if read.is_err() || bytes == 0 {
            return Poll::Ready(Err(self.gone()));
        }
        self.reader.filled(bytes);
        Poll::Ready(Ok(()))
    }

    /// The peer has closed: our answer is to go out, and a server's peer to end the stream.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Down>> {
        if self.role == Role::Server && !self.answers {
            // Its port is the one to rest, RFC 6455 §7.1.1: the stream is closed from here.
            self.say_goodbye(cx);
            return Poll::Ready(Err(Down::Finished));
        }
        match self.poll_discard(cx) {
            Poll::Ready(Err(_)) => Poll::Ready(Err(Down::Finished)),
            // Nothing more comes: a peer that closed and does not read must not keep the call.
            _ if self.close == PeerClose::Come => {
                self.close = PeerClose::Told;
                Poll::Ready(Err(Down::Finished))
            }
            other => other,
        }
    }

    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Down>> {
        let mut space = [0; DISCARD_BYTES];
        let mut buffer = ReadBuf::new(&mut space);
        Poll::Ready(
            match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer)) {
                Ok(()) if buffer.filled().is_empty() => Err(Down::Finished),
                Ok(()) => Ok(()),
                Err(_) => Err(Down::Lost),
            },
        )
    }

    /// The last ping alone is answered, and nothing behind a close (RFC 6455 §5.5.2, §5.5.3).
    fn keep_ping(&mut self) {
        if !self.closed {
            self.ping = Some(self.reader.content().to_vec());
            self.answers = true;
        }
    }

    fn answer_close(&mut self, code: Option<u16>) {
        self.close = PeerClose::Come;
        self.ping = None;
        self.answers = true;
        if !self.closed {
            self.closed = true;
            let answer = self.writer.close(code, rand::random);
            debug_assert!(answer.is_ok(), "a close frame finds room");
        }
    }

    fn broke(&mut self, fault: Fault) -> Frame<'static> {
        self.broken = true;
        broken(fault)
    }

    /// What it means that the transport is no more: many end the stream under TLS without `close_notify`, or reset
    /// it, once they have closed.
    fn gone(&self) -> Down {
        if self.close == PeerClose::Awaited {
            Down::Lost
        } else {
            Down::Finished
        }
    }

    /// Takes a message, which is emptied; its buffer stays with it.
    pub(in crate::shard) fn push(
        &mut self,
        kind: SendKind,
        message: &mut BytesMut,
    ) -> Result<(), Down> {
        let kind = match kind {
            SendKind::Text => Kind::Text,
            SendKind::Binary => Kind::Binary,
            SendKind::Ping => Kind::Ping,
            SendKind::Samples | SendKind::End => {
                message.clear();
                return Ok(());
            }
        };
        if self.closed {
            message.clear();
            // Where the peer has closed the next read says so, and to drop the link now would drop our answer.
            return match self.close {
                PeerClose::Awaited => Err(Down::Finished),
                PeerClose::Come | PeerClose::Told => Ok(()),
            };
        }
        debug_assert!(
            kind != Kind::Text || str::from_utf8(message).is_ok(),
            "a text message that is not UTF-8"
        );
        let taken = self.writer.push(kind, message, rand::random);
        message.clear();
        self.taken(taken)
    }

    /// Whether the peer has closed and its socket is still to be seen off: our answer may wait, or its end of the stream.
    pub(super) const fn is_leaving(&self) -> bool {
        matches!(self.close, PeerClose::Told)
    }

    /// Begins the close handshake, unless the peer has. Its answer ends [`poll_frame`](Self::poll_frame).
    pub(in crate::shard) fn close(&mut self, code: u16) -> Result<(), Down> {
        if self.close != PeerClose::Awaited {
            return Ok(());
        }
        if std::mem::replace(&mut self.closed, true) {
            return Err(Down::Finished);
        }
        self.ping = None;
        let taken = self.writer.close(Some(code), rand::random);
        self.taken(taken)
    }

    fn taken(&self, taken: Result<(), Full>) -> Result<(), Down> {
        debug_assert!(
            taken.is_ok(),
            "more was handed over than a flush can hold: {taken:?}"
        );
        taken.map_err(|_| self.gone())
    }

    pub(in crate::shard) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Down>> {
        loop {
            while !self.writer.is_empty() {
                let stream = Pin::new(&mut self.stream);
                match ready!(stream.poll_write(cx, self.writer.pending())) {
                    Ok(bytes @ 1..) => self.writer.sent(bytes),
                    Ok(0) | Err(_) => return Poll::Ready(Err(self.gone())),
                }
            }
            // Behind what is on its way, so that no more than one answer waits.
            let Some(ping) = self.ping.take() else { break };
            let taken = self.writer.push(Kind::Pong, &ping, rand::random);
            self.taken(taken)?;
        }
        if ready!(Pin::new(&mut self.stream).poll_flush(cx)).is_err() {
            return Poll::Ready(Err(self.gone()));
        }
        self.answers = false;
        Poll::Ready(Ok(()))
    }

    /// Sends what is left. A socket from which nothing more is understood is then closed for writing, so
    /// that the peer need not wait for us to read its answer.
    pub(in crate::shard) fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Down>> {
        ready!(self.poll_flush(cx))?;
        if self.broken {
            let closed = Pin::new(&mut self.stream).poll_shutdown(cx);
            return closed.map_err(|_| Down::Lost);
        }
        Poll::Ready(Ok(()))
    }

    /// Ends the stream in the way of its transport, as far as that goes at once.
    pub(in crate::shard) fn say_goodbye(&mut self, cx: &mut Context<'_>) {
        if let Poll::Ready(Err(error)) = Pin::new(&mut self.stream).poll_shutdown(cx) {
            tracing::trace!(%error, "gone before the end of its stream");
        }
    }
}

fn broken(fault: Fault) -> Frame<'static> {
    tracing::debug!(error = %fault, "WebSocket broken by the peer");
    match fault {
        Fault::TooBig { .. } => Frame::TooBig,
        fault => Frame::Broken {
            close_code: fault.close_code(),
        },
    }
}

#[cfg(test)]
mod tests;
