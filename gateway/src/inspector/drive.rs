//! The socket loop: tells the inspection the time and what arrived, sends what it wants sent, and decides nothing.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::Stream as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::CapacityError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};

use crate::feed::Feed;

use super::conversation::Line;
use super::finding::{Code, Found};
use super::inspection::{Inspection, Outcome};
use super::report::Ended;

/// How long the bot may take to answer our close frame, and then, or after its own, to close the connection.
const CLOSE_WAIT: Duration = Duration::from_secs(2);

/// Runs an inspection on an open socket until the call is over. Lines that do not fit into `lines` are only in the
/// outcome.
pub(crate) async fn drive<S>(
    socket: WebSocketStream<S>,
    mut inspection: Inspection,
    lines: &Sender<Line>,
) -> Outcome
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let start = Instant::now();
    let mut wire = Wire(Feed::new(socket));
    inspection.handle_tick(Duration::ZERO);
    let ended = loop {
        publish(&mut inspection, lines);
        if let Some(ended) = inspection.ended() {
            break ended;
        }
        tokio::select! {
            biased;
            () = sleep_until(start + inspection.next_tick()) => inspection.handle_tick(start.elapsed()),
            arrived = poll_fn(|cx| wire.poll(cx, &mut inspection)) => {
                let now = start.elapsed();
                match arrived {
                    Arrived::Message(message) => inspection.handle_message(now, &message),
                    Arrived::Pong(payload) => inspection.handle_pong(now, &payload),
                    Arrived::Closed(code, reason) => inspection.handle_close(now, code, &reason),
                    Arrived::Gone(error) => inspection.handle_lost(now, lost(error)),
                }
            }
        }
    };
    let found = wire.end(ended, &mut inspection).await;
    inspection.handle_closed(start.elapsed(), found);
    publish(&mut inspection, lines);
    inspection.into_outcome(start.elapsed())
}

struct Wire<S>(Feed<S>);

/// What came from the socket.
enum Arrived {
    Message(Message),
    Pong(Bytes),
    /// A close frame: its code, 1005 for none, and its reason.
    Closed(u16, String),
    /// The connection ended without a close frame.
    Gone(Option<Error>),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// Sends what can be sent, then waits for what arrives. Reading never waits for sending.
    fn poll(&mut self, cx: &mut Context<'_>, inspection: &mut Inspection) -> Poll<Arrived> {
        self.0.send(cx, || inspection.poll_message());
        self.poll_arrival(cx)
    }

    fn poll_arrival(&mut self, cx: &mut Context<'_>) -> Poll<Arrived> {
        loop {
            let message = match Pin::new(&mut self.0.socket).poll_next(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(Arrived::Gone(None)),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Arrived::Gone(Some(error))),
                Poll::Ready(Some(Ok(message))) => message,
            };
            return Poll::Ready(match message {
                Message::Text(_) | Message::Binary(_) => Arrived::Message(message),
                Message::Pong(payload) => Arrived::Pong(payload),
                Message::Close(frame) => {
                    let code = frame.as_ref().map_or(1005, |frame| frame.code.into());
                    let reason = frame.map(|frame| frame.reason.as_str().to_owned());
                    Arrived::Closed(code, reason.unwrap_or_default())
                }
                // The library has queued the pong; the next read sends it.
                Message::Ping(_) | Message::Frame(_) => continue,
            });
        }
    }

    /// Ends the connection as the call ended; what was wrong with that.
    async fn end(&mut self, ended: Ended, inspection: &mut Inspection) -> Option<Found> {
        if ended == Ended::ConnectionLost {
            return None;
        }
        if ended != Ended::BotClosed {
            let got = match timeout(CLOSE_WAIT, self.close(inspection)).await {
                Ok(true) => None,
                Ok(false) => Some("the end of the connection"),
                Err(_) => Some("none"),
            };
            if let Some(got) = got {
                let expected = "an answer to the close frame within 2 s";
                return Some(Found::fault(Code::CloseUnanswered, expected, got));
            }
        }
        // The server is the first to close the connection (RFC 6455 section 7.1.1).
        let kept = timeout(CLOSE_WAIT, self.drain()).await.is_err();
        let expected = "the end of the connection within 2 s of the close";
        kept.then(|| Found::warning(Code::ConnectionKept, expected, "an open connection"))
    }

    /// Sends the rest and a close frame, then reads until one comes back; false where the connection ends without.
    async fn close(&mut self, inspection: &mut Inspection) -> bool {
        let rest = || inspection.poll_message();
        self.0.close(CloseCode::Normal.into(), rest).await;
        loop {
            match poll_fn(|cx| self.poll_arrival(cx)).await {
                Arrived::Closed(..) => return true,
                Arrived::Gone(_) => return false,
                Arrived::Message(_) | Arrived::Pong(_) => {}
            }
        }
    }

    /// Reads until the connection ends.
    async fn drain(&mut self) {
        while !matches!(poll_fn(|cx| self.poll_arrival(cx)).await, Arrived::Gone(_)) {}
    }
}

/// What an end without a close frame means.
fn lost(error: Option<Error>) -> Found {
    match error {
        Some(Error::Capacity(CapacityError::MessageTooLong { size, .. })) => Found::fault(
            Code::MessageTooLong,
            "at most 262144 bytes",
            format!("{size} bytes"),
        ),
        Some(error) => Found::fault(Code::ConnectionLost, "a close frame", error.to_string()),
        None => Found::fault(
            Code::ConnectionLost,
            "a close frame",
            "the end of the connection",
        ),
    }
}

/// Hands over the lines there is room for.
fn publish(inspection: &mut Inspection, lines: &Sender<Line>) {
    while let Some(line) = inspection.poll_line() {
        lines.try_send(line).ok();
    }
}

#[cfg(test)]
mod tests;
