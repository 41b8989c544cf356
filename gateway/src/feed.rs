//! A WebSocket fed by whoever is asked what to send next: the sending half of the softphone, of the inspector and
//! of the reference bot.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::{Sink, SinkExt as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

/// A socket with what is known of its sending half.
pub(crate) struct Feed<S> {
    /// To be read from by its owner.
    pub(crate) socket: WebSocketStream<S>,
    unflushed: bool,
    blocked: bool,
    broken: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Feed<S> {
    /// A socket whose handshake is done.
    pub(crate) const fn new(socket: WebSocketStream<S>) -> Self {
        Self {
            socket,
            unflushed: false,
            blocked: false,
            broken: false,
        }
    }

    /// Whether the socket took no more when it was last fed, so that nothing was asked for.
    pub(crate) const fn is_blocked(&self) -> bool {
        self.blocked
    }

    /// Sends what `next` gives, as far as it goes at once. Nothing more is sent once that has failed: the reading
    /// half may still hold the close frame that explains it.
    pub(crate) fn send(&mut self, cx: &mut Context<'_>, next: impl FnMut() -> Option<Message>) {
        if !self.broken && self.try_send(cx, next).is_err() {
            self.broken = true;
            self.blocked = true;
        }
    }

    fn try_send(
        &mut self,
        cx: &mut Context<'_>,
        mut next: impl FnMut() -> Option<Message>,
    ) -> Result<(), ()> {
        self.blocked = true;
        while let Poll::Ready(ready) = Pin::new(&mut self.socket).poll_ready(cx) {
            ready.map_err(drop)?;
            let Some(message) = next() else {
                self.blocked = false;
                break;
            };
            Pin::new(&mut self.socket)
                .start_send(message)
                .map_err(drop)?;
            self.unflushed = true;
        }
        if self.unflushed
            && let Poll::Ready(flushed) = Pin::new(&mut self.socket).poll_flush(cx)
        {
            flushed.map_err(drop)?;
            self.unflushed = false;
        }
        Ok(())
    }

    /// Sends what `next` still gives, and a close frame behind it.
    ///
    /// Not cancel safe: what was asked for and not sent is lost.
    pub(crate) async fn close(&mut self, code: u16, mut next: impl FnMut() -> Option<Message>) {
        while !self.broken
            && let Some(message) = next()
        {
            self.broken = self.socket.feed(message).await.is_err();
        }
        if !self.broken {
            let frame = CloseFrame {
                code: code.into(),
                reason: "".into(),
            };
            let close = Message::Close(Some(frame));
            self.broken = self.socket.send(close).await.is_err();
        }
    }
}
