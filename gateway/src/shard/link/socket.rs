//! A WebSocket link: the one place that knows the WebSocket library.
//!
//! Three calls (poll a frame as a borrowed slice, push, poll_flush), so that another framing can take its
//! place.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_util::{Sink, Stream};
use tokio::io::ReadBuf;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{Error, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use trunkline_call::{Down, Frame, SendKind};

use crate::shard::transport::MediaStream;

/// How many wakes the peer is acknowledged at once: a caller without `TCP_NODELAY` otherwise clumps its
/// first frames behind our delayed acknowledgement, and the schedule keeps that delay.
const QUICK_WAKES: u8 = 20;

/// What the library takes before it has been flushed: 4 KiB after which a link is fed no more, the largest message
/// of 16 KiB, and what frames put before each.
const SERVER_BUFFER_BYTES: usize = 21 * 1_024;

/// The same towards a bot, whose frames have longer heads.
const CLIENT_BUFFER_BYTES: usize = 24 * 1_024;

/// One WebSocket, in either role.
#[derive(Debug)]
pub(in crate::shard) struct SocketLink<S> {
    socket: WebSocketStream<S>,
    /// The message whose content the last frame borrows.
    current: Option<Message>,
    quick_wakes: u8,
    /// Nothing more can be understood. What still comes is read and thrown away: closing over unread
    /// bytes would reset the connection, and take the close frame with it.
    broken: bool,
    close: PeerClose,
}

/// How far the peer's close has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PeerClose {
    Awaited,
    /// It is there. The library's answer goes out with the next read, where it finds room.
    Come,
    /// It is there and has been told, but its answer found no room.
    Unanswered,
}

/// The library is a queue too: with its defaults a stalled peer takes seconds of audio that can no longer
/// be recalled, and every read clears 128 KiB.
fn bounds(max_message_bytes: usize, buffer_bytes: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(4 * 1_024)
        .write_buffer_size(4 * 1_024)
        .max_write_buffer_size(buffer_bytes)
        .max_message_size(Some(max_message_bytes))
        .max_frame_size(Some(max_message_bytes))
}

impl<S: MediaStream> SocketLink<S> {
    /// The server's end of a socket whose upgrade is done. `early` was read behind it.
    pub(in crate::shard) async fn new(stream: S, early: Vec<u8>, max_message_bytes: usize) -> Self {
        let config = Some(bounds(max_message_bytes, SERVER_BUFFER_BYTES));
        Self {
            socket: WebSocketStream::from_partially_read(stream, early, Role::Server, config).await,
            current: None,
            quick_wakes: QUICK_WAKES,
            broken: false,
            close: PeerClose::Awaited,
        }
    }

    /// The client's end of a socket that was dialled. `early` was read behind the upgrade.
    pub(in crate::shard) async fn client(
        stream: S,
        early: Vec<u8>,
        max_message_bytes: usize,
    ) -> Self {
        let config = Some(bounds(max_message_bytes, CLIENT_BUFFER_BYTES));
        Self {
            socket: WebSocketStream::from_partially_read(stream, early, Role::Client, config).await,
            current: None,
            // What a bot sends is not paced by its clock.
            quick_wakes: 0,
            broken: false,
            close: PeerClose::Awaited,
        }
    }

    /// To be called once a wake.
    pub(in crate::shard) fn woken(&mut self) {
        if self.quick_wakes > 0 {
            self.quick_wakes -= 1;
            self.socket.get_ref().quick_ack();
        }
    }

    /// The next frame. It borrows the link's buffer and is gone with the next call.
    pub(in crate::shard) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Frame<'_>, Down>> {
        // Dropped before the next read, so that its buffer is used again.
        self.current = None;
        if self.broken {
            return self.poll_discard(cx);
        }
        let message = match Pin::new(&mut self.socket).poll_next(cx) {
            Poll::Ready(message) => message,
            // Nothing more comes: a peer that closed and does not read must not keep the call.
            Poll::Pending if self.close == PeerClose::Come => {
                self.close = PeerClose::Unanswered;
                return Poll::Ready(Err(Down::Finished));
            }
            Poll::Pending => return Poll::Pending,
        };
        let message = match message {
            Some(Ok(message)) => message,
            Some(Err(Error::Capacity(_))) => {
                self.broken = true;
                return Poll::Ready(Ok(Frame::TooBig));
            }
            Some(Err(Error::Utf8(_))) => return Poll::Ready(Ok(self.broke(CloseCode::Invalid))),
            Some(Err(Error::ConnectionClosed)) | None => return Poll::Ready(Err(Down::Finished)),
            Some(Err(
                Error::Io(_) | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake),
            )) => {
                return Poll::Ready(Err(self.gone()));
            }
            Some(Err(error)) => {
                tracing::debug!(%error, "WebSocket broken by the peer");
                return Poll::Ready(Ok(self.broke(CloseCode::Protocol)));
            }
        };
        Poll::Ready(Ok(match self.current.insert(message) {
            Message::Text(text) => Frame::Text(text.as_str()),
            Message::Binary(bytes) => Frame::Binary(bytes),
            // The library answers pings and the close by itself, with the next flush.
            Message::Close(close) => {
                self.close = PeerClose::Come;
                let code = close.as_ref().map_or(CloseCode::Status, |close| close.code);
                Frame::Closing { code: code.into() }
            }
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Frame::Alive,
        }))
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

    fn broke(&mut self, how: CloseCode) -> Frame<'static> {
        self.broken = true;
        Frame::Broken {
            close_code: how.into(),
        }
    }

    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<Result<Frame<'_>, Down>> {
        let mut space = [0; 4 * 1_024];
        let mut buffer = ReadBuf::new(&mut space);
        let read = Pin::new(self.socket.get_mut()).poll_read(cx, &mut buffer);
        match std::task::ready!(read) {
            Ok(()) if buffer.filled().is_empty() => Poll::Ready(Err(Down::Finished)),
            Ok(()) => Poll::Ready(Ok(Frame::Alive)),
            Err(_) => Poll::Ready(Err(Down::Lost)),
        }
    }

    pub(in crate::shard) fn push(
        &mut self,
        kind: SendKind,
        message: &mut BytesMut,
    ) -> Result<(), Down> {
        let content = message.split().freeze();
        let message = match kind {
            SendKind::Text => {
                let Ok(text) = Utf8Bytes::try_from(content) else {
                    debug_assert!(false, "a text message that is not UTF-8");
                    return Ok(());
                };
                Message::Text(text)
            }
            SendKind::Binary => Message::Binary(content),
            SendKind::Ping => Message::Ping(Bytes::new()),
            SendKind::Samples | SendKind::End => return Ok(()),
        };
        self.start_send(message)
    }

    /// Whether the peer has closed and our answer found no room yet.
    pub(super) const fn owes_close(&self) -> bool {
        matches!(self.close, PeerClose::Unanswered)
    }

    /// Begins the close handshake, unless the peer has. Its answer ends [`poll_frame`](Self::poll_frame).
    pub(in crate::shard) fn close(&mut self, code: u16) -> Result<(), Down> {
        if self.close != PeerClose::Awaited {
            return Ok(());
        }
        self.start_send(Message::Close(Some(CloseFrame {
            code: CloseCode::from(code),
            reason: Utf8Bytes::default(),
        })))
    }

    pub(in crate::shard) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Down>> {
        let flushed = std::task::ready!(Pin::new(&mut self.socket).poll_flush(cx));
        Poll::Ready(flushed.map_err(|_| self.gone()))
    }

    /// Sends what is left. A socket from which nothing more is understood is then closed for writing, so
    /// that the peer need not wait for us to read its answer.
    pub(in crate::shard) fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Down>> {
        std::task::ready!(self.poll_flush(cx))?;
        if self.broken {
            let closed = Pin::new(self.socket.get_mut()).poll_shutdown(cx);
            return closed.map_err(|_| Down::Lost);
        }
        Poll::Ready(Ok(()))
    }

    /// Ends the stream in the way of its transport, as far as that goes at once.
    pub(in crate::shard) fn say_goodbye(&mut self, cx: &mut Context<'_>) {
        let stream = Pin::new(self.socket.get_mut());
        if let Poll::Ready(Err(error)) = stream.poll_shutdown(cx) {
            tracing::trace!(%error, "gone before the end of its stream");
        }
    }

    fn start_send(&mut self, message: Message) -> Result<(), Down> {
        match Pin::new(&mut self.socket).start_send(message) {
            Ok(()) => Ok(()),
            Err(Error::ConnectionClosed | Error::AlreadyClosed | Error::Protocol(_)) => {
                Err(Down::Finished)
            }
            Err(error) => {
                debug_assert!(
                    !matches!(error, Error::WriteBufferFull(_)),
                    "more was handed over than a flush can hold"
                );
                Err(self.gone())
            }
        }
    }
}

#[cfg(test)]
mod tests;
