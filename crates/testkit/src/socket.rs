//! A WebSocket on the client's side, with every wait bounded.

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};

use crate::PATIENCE;
use crate::dial::Opened;

/// What came.
#[derive(Debug)]
pub(crate) enum Came {
    Text(String),
    Binary(Vec<u8>),
    /// A close frame, with its code if it has one.
    Closed(Option<u16>),
    /// The connection ended without one.
    Lost,
}

#[derive(Debug)]
pub(crate) struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    pub(crate) async fn new(opened: Opened) -> Self {
        let Opened { stream, early, .. } = opened;
        Self(WebSocketStream::from_partially_read(stream, early, Role::Client, None).await)
    }

    pub(crate) async fn send_text(&mut self, text: &str) {
        self.send(Message::Text(text.into())).await;
    }

    pub(crate) async fn send_binary(&mut self, bytes: &[u8]) {
        self.send(Message::Binary(bytes.to_vec().into())).await;
    }

    pub(crate) async fn send_close(&mut self, code: u16) {
        let frame = CloseFrame {
            code: CloseCode::from(code),
            reason: "".into(),
        };
        self.send(Message::Close(Some(frame))).await;
    }

    /// A socket the gateway has closed meanwhile takes nothing more; that is for the test to find by reading.
    async fn send(&mut self, message: Message) {
        let sent = timeout(PATIENCE, self.0.send(message)).await;
        drop(sent.unwrap_or_else(|_| panic!("nothing taken within {PATIENCE:?}")));
    }

    /// The next message. Cancel safe.
    pub(crate) async fn next(&mut self) -> Came {
        // One bound for the whole wait: a gateway that says nothing still pings.
        let next = timeout(PATIENCE, self.next_message()).await;
        next.unwrap_or_else(|_| panic!("no message within {PATIENCE:?}"))
    }

    async fn next_message(&mut self) -> Came {
        loop {
            return match self.0.next().await {
                Some(Ok(Message::Text(text))) => Came::Text(text.as_str().to_owned()),
                Some(Ok(Message::Binary(bytes))) => Came::Binary(bytes.to_vec()),
                Some(Ok(Message::Close(frame))) => {
                    // Sends the answer the library has queued; a gateway that is gone needs none.
                    drop(self.0.flush().await);
                    Came::Closed(frame.map(|f| f.code.into()))
                }
                // The library answers pings by itself.
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => Came::Lost,
            };
        }
    }
}
