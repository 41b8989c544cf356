//! The socket loop: tells the phone the time and what arrived, sends what it wants sent, and decides nothing.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::Stream as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::feed::Feed;

use super::dialect::Packet;
use super::event::PhoneEvent;
use super::phone::Phone;
use super::report::{CallReport, Ended};

/// How long the far end may take to answer our close frame, or to close the connection after its own.
const CLOSE_WAIT: Duration = Duration::from_secs(2);

/// Runs a call on an open socket until it is over.
pub(crate) async fn drive<S>(
    socket: WebSocketStream<S>,
    mut phone: Phone,
    events: &Sender<PhoneEvent>,
) -> CallReport
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let start = Instant::now();
    let mut line = Line(Feed::new(socket));
    let mut missed = 0;
    phone.handle_tick(Duration::ZERO);
    loop {
        missed += publish(&mut phone, events);
        if phone.has_ended() {
            break;
        }
        tokio::select! {
            biased;
            () = sleep_until(start + phone.next_tick()) => phone.handle_tick(start.elapsed()),
            arrived = poll_fn(|cx| line.poll(cx, &mut phone)) => {
                arrived.tell(&mut phone, start.elapsed());
            }
        }
    }
    let closing = timeout(CLOSE_WAIT, line.close(&mut phone)).await;
    if let Ok(Some(last)) = closing {
        last.tell(&mut phone, start.elapsed());
    } else if closing.is_err() {
        Arrived::Gone("the far end did not answer the close frame".to_owned())
            .tell(&mut phone, start.elapsed());
    }
    phone.handle_end();
    missed += publish(&mut phone, events);
    phone.into_report(missed)
}

struct Line<S>(Feed<S>);

/// What came from the socket.
enum Arrived {
    Packet(Packet),
    Closed(Option<CloseFrame>),
    /// The connection ended without a close frame.
    Gone(String),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Line<S> {
    /// Sends what can be sent, then waits for what arrives. Reading never waits for sending.
    fn poll(&mut self, cx: &mut Context<'_>, phone: &mut Phone) -> Poll<Arrived> {
        self.0.send(cx, || phone.poll_packet().map(message));
        self.poll_arrival(cx)
    }

    fn poll_arrival(&mut self, cx: &mut Context<'_>) -> Poll<Arrived> {
        loop {
            let message = match Pin::new(&mut self.0.socket).poll_next(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => {
                    return Poll::Ready(Arrived::Gone("end of connection".to_owned()));
                }
                Poll::Ready(Some(Err(error))) => {
                    return Poll::Ready(Arrived::Gone(error.to_string()));
                }
                Poll::Ready(Some(Ok(message))) => message,
            };
            return Poll::Ready(match message {
                Message::Text(text) => Arrived::Packet(Packet::Text(text.as_str().to_owned())),
                Message::Binary(bytes) => Arrived::Packet(Packet::Binary(bytes.to_vec())),
                Message::Close(frame) => Arrived::Closed(frame),
                // The library has queued the pong; the next read sends it.
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => continue,
            });
        }
    }

    /// Sends the rest and a close frame, then reads until the connection ends; yields the far end's close frame.
    async fn close(&mut self, phone: &mut Phone) -> Option<Arrived> {
        let by_us = !phone.is_closed();
        if by_us {
            let rest = || phone.poll_packet().map(message);
            self.0.close(CloseCode::Normal.into(), rest).await;
        }
        let mut last = None;
        loop {
            match poll_fn(|cx| self.poll_arrival(cx)).await {
                Arrived::Packet(_) => {}
                closed @ Arrived::Closed(_) => last = by_us.then_some(closed),
                gone @ Arrived::Gone(_) => return last.or_else(|| by_us.then_some(gone)),
            }
        }
    }
}

impl Arrived {
    fn tell(self, phone: &mut Phone, now: Duration) {
        match self {
            Self::Packet(packet) => phone.handle_packet(now, &packet),
            Self::Closed(frame) => {
                let code = frame.as_ref().map(|frame| u16::from(frame.code));
                let reason = frame
                    .map(|frame| frame.reason.as_str().to_owned())
                    .unwrap_or_default();
                phone.handle_closed(now, Ended::AgentClosed, code, reason);
            }
            Self::Gone(reason) => phone.handle_closed(now, Ended::ConnectionLost, None, reason),
        }
    }
}

/// Hands over the events there is room for; returns how many there was none for.
fn publish(phone: &mut Phone, events: &Sender<PhoneEvent>) -> u64 {
    let mut missed = 0;
    while let Some(event) = phone.poll_event() {
        missed += u64::from(events.try_send(event).is_err());
    }
    missed
}

fn message(packet: Packet) -> Message {
    match packet {
        Packet::Text(text) => Message::Text(text.into()),
        Packet::Binary(bytes) => Message::Binary(bytes.into()),
    }
}

#[cfg(test)]
mod tests;
