//! A WebSocket of a call, with the gateway's bounds.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::{Sink, Stream};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async_with_config, client_async_with_config};

/// The longest message that is relayed: what the gateway takes from a carrier.
pub(crate) const MAX_MESSAGE_BYTES: usize = 64 * 1_024;

/// After so much a link is fed no more before it is flushed.
const FEED_BYTES: usize = 4 * 1_024;

/// What frames put before messages of one feed: every message has at least one byte, a head has up to 14.
const HEADS_BYTES: usize = 14 * FEED_BYTES;

/// One socket, in either role.
#[derive(Debug)]
pub(crate) struct Link {
    socket: WebSocketStream<TcpStream>,
    /// What was handed over since the last flush was done.
    fed_bytes: usize,
    /// There is something to flush.
    is_dirty: bool,
    /// The last flush found no room.
    is_stuck: bool,
}

fn bounds() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(4 * 1_024)
        .write_buffer_size(4 * 1_024)
        .max_write_buffer_size(FEED_BYTES + HEADS_BYTES + MAX_MESSAGE_BYTES)
        .max_message_size(Some(MAX_MESSAGE_BYTES))
        .max_frame_size(Some(MAX_MESSAGE_BYTES))
}

/// Takes the first subprotocol that is offered, whatever it is.
#[expect(clippy::result_large_err, reason = "the library's callback type")]
fn upgrade(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let offered = request.headers().get(SEC_WEBSOCKET_PROTOCOL);
    let first = offered
        .and_then(|offered| offered.to_str().ok()?.split(',').next())
        .and_then(|first| HeaderValue::from_str(first.trim()).ok());
    if let Some(first) = first {
        response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, first);
    }
    Ok(response)
}

impl Link {
    /// The server's end, on any path.
    ///
    /// # Errors
    /// Not an upgrade, or the connection broke.
    pub(crate) async fn accept(stream: TcpStream) -> Result<Self, Error> {
        let socket = accept_hdr_async_with_config(stream, upgrade, Some(bounds())).await?;
        Ok(Self::new(socket))
    }

    /// The client's end of a connection to `url`.
    ///
    /// # Errors
    /// The upgrade was refused, or the connection broke.
    pub(crate) async fn dial(stream: TcpStream, url: &str) -> Result<Self, Error> {
        let (socket, _) = client_async_with_config(url, stream, Some(bounds())).await?;
        Ok(Self::new(socket))
    }

    const fn new(socket: WebSocketStream<TcpStream>) -> Self {
        Self {
            socket,
            fed_bytes: 0,
            is_dirty: false,
            is_stuck: false,
        }
    }

    /// The next text, binary or close message. Pings are answered by the library, with the next flush.
    pub(crate) fn poll_message(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Message, Error>>> {
        loop {
            let message = std::task::ready!(Pin::new(&mut self.socket).poll_next(cx));
            match &message {
                Some(Ok(Message::Ping(_))) => self.is_dirty = true,
                Some(Ok(Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Close(_))) => {
                    self.is_dirty = true;
                    return Poll::Ready(message);
                }
                _ => return Poll::Ready(message),
            }
        }
    }

    /// Whether it may be fed.
    pub(crate) const fn has_room(&self) -> bool {
        !self.is_stuck && self.fed_bytes < FEED_BYTES
    }

    /// Hands a message over. It is sent with the next flush.
    ///
    /// # Errors
    /// The connection broke, or is closing.
    pub(crate) fn push(&mut self, message: Message) -> Result<(), Error> {
        self.fed_bytes += message.len().max(1);
        self.is_dirty = true;
        Pin::new(&mut self.socket).start_send(message)
    }

    /// Sends what there is. Ready too where there is nothing.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if !self.is_dirty {
            return Poll::Ready(Ok(()));
        }
        self.is_stuck = true;
        std::task::ready!(Pin::new(&mut self.socket).poll_flush(cx))?;
        self.is_stuck = false;
        self.is_dirty = false;
        self.fed_bytes = 0;
        Poll::Ready(Ok(()))
    }
}
