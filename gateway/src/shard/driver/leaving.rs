//! Sockets whose call has nothing more to do with them: what was said goes out, then the close frame, and the
//! peer's answer is waited for, all within two seconds.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use super::super::link::SocketLink;
use super::super::transport::MediaStream;
use super::{CLOSE_MS, READS_A_WAKE};

/// Sockets leaving at once; the one that began first makes room for one more.
pub(super) const LEAVING: usize = 8;

/// The sockets of a call that are leaving.
pub(super) struct Leaving<S>(VecDeque<LeavingSocket<S>>);

struct LeavingSocket<S> {
    link: Box<SocketLink<S>>,
    until: Pin<Box<Sleep>>,
}

impl<S: MediaStream> Leaving<S> {
    pub(super) const fn new() -> Self {
        Self(VecDeque::new())
    }

    /// Takes a socket whose close frame is queued, or whose peer's close is to be answered.
    pub(super) fn push(&mut self, link: Box<SocketLink<S>>) {
        if self.0.len() >= LEAVING {
            self.0.pop_front();
        }
        let until = Instant::now() + Duration::from_millis(CLOSE_MS);
        self.0.push_back(LeavingSocket {
            link,
            until: Box::pin(tokio::time::sleep_until(until)),
        });
    }

    /// Sees each of them as far as it goes at once.
    pub(super) fn run(&mut self, cx: &mut Context<'_>) {
        self.0.retain_mut(|socket| socket.poll(cx).is_pending());
    }

    /// Ready when none is left.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.run(cx);
        if self.0.is_empty() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl<S: MediaStream> LeavingSocket<S> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.until.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        if let Poll::Ready(Err(_)) = self.link.poll_finish(cx) {
            return Poll::Ready(());
        }
        for _ in 0..READS_A_WAKE {
            match self.link.poll_frame(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(_)) => {
                    self.link.say_goodbye(cx);
                    return Poll::Ready(());
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
