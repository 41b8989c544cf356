//! Two links, and what passes between them.

use std::future::poll_fn;
use std::task::{Context, Poll};

use tokio_tungstenite::tungstenite::{Error, Message};

use crate::link::Link;
use crate::resize::Resize;

/// A call.
#[derive(Debug)]
pub(crate) struct Bridge {
    caller: Link,
    bot: Link,
    up: Resize,
    down: Resize,
}

/// Why no more is taken from a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stopped {
    /// Nothing is there.
    Empty,
    /// The other link has to be flushed first.
    Full,
    /// It has closed.
    Closed,
}

impl Bridge {
    pub(crate) fn new(caller: Link, bot: Link, [up, down]: [Resize; 2]) -> Self {
        Self {
            caller,
            bot,
            up,
            down,
        }
    }

    /// Until both sides have closed.
    ///
    /// # Errors
    /// One of them broke.
    pub(crate) async fn run(mut self) -> Result<(), Error> {
        let ended = poll_fn(|cx| self.poll(cx)).await;
        tokio::join!(part(self.caller), part(self.bot));
        ended
    }

    /// One wake: reads both sides dry, and flushes each once.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        loop {
            let up = forward(&mut self.caller, &mut self.bot, &mut self.up, cx)?;
            let down = forward(&mut self.bot, &mut self.caller, &mut self.down, cx)?;
            let to_bot = self.bot.poll_flush(cx)?;
            let to_caller = self.caller.poll_flush(cx)?;
            if up == Stopped::Closed || down == Stopped::Closed {
                return Poll::Ready(Ok(()));
            }
            let again = (up == Stopped::Full && to_bot.is_ready())
                || (down == Stopped::Full && to_caller.is_ready());
            if !again {
                return Poll::Pending;
            }
        }
    }
}

/// Takes from `from` what `to` has room for.
fn forward(
    from: &mut Link,
    to: &mut Link,
    resize: &mut Resize,
    cx: &mut Context<'_>,
) -> Result<Stopped, Error> {
    while to.has_room() {
        match from.poll_message(cx) {
            Poll::Pending => return Ok(Stopped::Empty),
            Poll::Ready(None) => return Ok(Stopped::Closed),
            Poll::Ready(Some(message)) => match message? {
                Message::Close(close) => {
                    to.push(Message::Close(close))?;
                    return Ok(Stopped::Closed);
                }
                message => to.push(resize.apply(message))?,
            },
        }
    }
    Ok(Stopped::Full)
}

/// Closes a link, unless it is, and reads it to its end. What breaks now is no matter: the call is over.
async fn part(mut link: Link) {
    // Refused where it has closed already: what is left to send is our answer.
    link.push(Message::Close(None)).ok();
    poll_fn(|cx| {
        loop {
            let flushed = link.poll_flush(cx);
            match link.poll_message(cx) {
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(Some(Err(_)) | None) => return Poll::Ready(()),
                Poll::Pending if matches!(flushed, Poll::Ready(Err(_))) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    })
    .await;
}
