//! A bot that gives everything back.

use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::Socket;
use crate::dialect::Speech;

/// Echoes until the far end closes. What has come together goes together.
pub(super) async fn echo(mut socket: Socket, speech: Speech) -> Result<(), Error> {
    let mut stream = String::new();
    while let Some(message) = socket.next().await {
        let mut next = Some(message?);
        while let Some(message) = next.take() {
            if matches!(message, Message::Close(_)) {
                return socket.flush().await;
            }
            if let Some(reply) = speech.echo(&message, &mut stream) {
                socket.feed(reply).await?;
            }
            next = socket.next().now_or_never().flatten().transpose()?;
        }
        socket.flush().await?;
    }
    Ok(())
}
