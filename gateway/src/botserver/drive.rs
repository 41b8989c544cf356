//! The socket loop of one call: tells the bot the time and what arrived, sends what it wants sent, decides nothing.

use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::Stream as _;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use crate::feed::Feed;

use super::bot::{Bot, Leaving};

/// How long the platform may take to answer a close frame, or to close the connection after its own.
const CLOSE_WAIT: Duration = Duration::from_secs(2);
/// The longest a stalled bot keeps its connection.
const STALL: Duration = Duration::from_secs(3_600);
/// The close code of a server that stops (RFC 6455 section 7.4.1).
const GOING_AWAY: u16 = 1001;

/// Runs a call until it is over or `stop` says so.
pub(crate) async fn drive(
    socket: WebSocketStream<TcpStream>,
    mut bot: Bot,
    start: Instant,
    mut stop: watch::Receiver<bool>,
) {
    let mut line = Line(Feed::new(socket));
    let ending = loop {
        let wake = bot.next_wake(line.0.is_blocked());
        tokio::select! {
            biased;
            () = stopped(&mut stop) => break Ending::Left(Leaving::Close(GOING_AWAY)),
            arrived = poll_fn(|cx| line.poll(cx, &mut bot, start, wake)) => match arrived {
                Arrived::Message(message) => bot.handle_message(start.elapsed(), &message),
                Arrived::Closed(code) => break Ending::Closed(code),
                Arrived::Gone(reason) => break Ending::Gone(reason),
                Arrived::Nothing => {}
            },
            // After the poll, which does what is due: a time in the past would otherwise go round for ever.
            () = alarm(start, wake) => {}
        }
        if let Some(leaving) = bot.leaving(start.elapsed()) {
            break Ending::Left(leaving);
        }
    };
    let (code, how) = line.end(ending, stop).await;
    bot.handle_end(start.elapsed(), code, &how);
}

/// Completes when the server is to stop, or is gone.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    stop.wait_for(|stop| *stop).await.ok();
}

/// Waits for a time; for ever without one.
async fn alarm(start: Instant, at: Option<Duration>) {
    match at {
        Some(at) => sleep_until(start + at).await,
        None => pending().await,
    }
}

struct Line(Feed<TcpStream>);

enum Arrived {
    Message(Message),
    /// A close frame, with its code: 1005 for none.
    Closed(u16),
    /// The connection ended without a close frame.
    Gone(String),
    /// The bot's next time has changed, or it leaves.
    Nothing,
}

enum Ending {
    Closed(u16),
    Gone(String),
    Left(Leaving),
}

impl Line {
    /// Sends what can be sent, then waits for what arrives. Reading never waits for sending.
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        bot: &mut Bot,
        start: Instant,
        armed: Option<Duration>,
    ) -> Poll<Arrived> {
        self.0.send(cx, || bot.poll_message(start.elapsed()));
        if bot.next_wake(self.0.is_blocked()) != armed {
            return Poll::Ready(Arrived::Nothing);
        }
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
                Message::Text(_) | Message::Binary(_) => Arrived::Message(message),
                Message::Close(frame) => {
                    Arrived::Closed(frame.map_or(1005, |frame| frame.code.into()))
                }
                // The library has queued the pong; the next read sends it.
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => continue,
            });
        }
    }

    /// Ends the connection; yields the platform's close code and how it ended, in words.
    async fn end(
        mut self,
        ending: Ending,
        mut stop: watch::Receiver<bool>,
    ) -> (Option<u16>, String) {
        match ending {
            Ending::Closed(code) => {
                timeout(CLOSE_WAIT, self.drain()).await.ok();
                (Some(code), format!("closed by the platform with {code}"))
            }
            Ending::Gone(reason) => (None, format!("connection lost: {reason}")),
            Ending::Left(Leaving::Close(code)) => {
                let closing = async {
                    self.0.close(code, || None).await;
                    self.drain().await
                };
                let answer = timeout(CLOSE_WAIT, closing).await.ok().flatten();
                (answer, format!("closed by the bot with {code}"))
            }
            Ending::Left(Leaving::Reset) => {
                let reset = self.0.socket.get_ref().set_zero_linger();
                drop(self.0);
                let how = reset.map_or_else(|error| error.to_string(), |()| "reset".to_owned());
                (None, format!("dropped by the bot: {how}"))
            }
            Ending::Left(Leaving::Stall) => {
                timeout(STALL, stopped(&mut stop)).await.ok();
                (None, "stalled by the bot".to_owned())
            }
        }
    }

    /// Reads until the connection ends; yields the code of a close frame.
    async fn drain(&mut self) -> Option<u16> {
        let mut code = None;
        loop {
            match poll_fn(|cx| self.poll_arrival(cx)).await {
                Arrived::Closed(got) => code = Some(got),
                Arrived::Gone(_) => return code,
                Arrived::Message(_) | Arrived::Nothing => {}
            }
        }
    }
}
