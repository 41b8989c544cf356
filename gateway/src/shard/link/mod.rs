//! Links of a call, as the driver drives them.

mod socket;
mod worker;

use std::task::{Context, Poll};

use bytes::BytesMut;
use trunkline_call::{Down, Frame, LinkId, SendKind};
use trunkline_local::WorkerLink;

use super::reach::Dialling;
use super::transport::MediaStream;
use crate::dial::Answer;
pub(super) use socket::SocketLink;
pub(super) use worker::{has_room, open_worker, read_worker};

/// One link of a call. A closed set: what carries media is never behind a pointer.
#[derive(Debug)]
pub(super) enum Link<S> {
    /// A WebSocket.
    Socket(Box<SocketLink<S>>),
    /// A local engine.
    Worker(WorkerLink),
    /// A WebSocket that is being dialled.
    Dialling(Dialling<S>),
    /// The answer to a request.
    Http(Box<Answer>),
}

/// A link in its slot, and how far it is with what it was given.
#[derive(Debug)]
pub(super) struct Slot<S> {
    pub(super) id: LinkId,
    pub(super) link: Link<S>,
    /// A flush has not finished: nothing more is handed over, so that it can still be recalled.
    pub(super) flushing: bool,
    /// Something was handed over since the last flush.
    pub(super) fed: bool,
    fed_bytes: usize,
}

/// From how much on nothing more is handed to a link before its next flush. With the largest message, the
/// 16 KiB of a transcript or of a bot's own opening, it stays within a socket's own bound.
const FEED_BYTES: usize = 4 * 1_024;

impl<S: MediaStream> Slot<S> {
    pub(super) fn new(id: LinkId, link: Link<S>) -> Self {
        Self {
            id,
            link,
            flushing: false,
            fed: false,
            fed_bytes: 0,
        }
    }

    pub(super) fn is_writable(&self) -> bool {
        match &self.link {
            Link::Socket(_) => !self.flushing && self.fed_bytes < FEED_BYTES,
            Link::Worker(link) => has_room(link),
            Link::Dialling(_) | Link::Http(_) => false,
        }
    }

    /// Whether the peer has closed and its socket is still to be seen off.
    pub(super) fn is_leaving(&self) -> bool {
        matches!(&self.link, Link::Socket(link) if link.is_leaving())
    }

    /// The next frame. It borrows the link's buffer and is gone with the next call.
    pub(super) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Result<Frame<'_>, Down>> {
        match &mut self.link {
            Link::Socket(link) => link.poll_frame(cx),
            Link::Worker(link) => read_worker(link, cx),
            Link::Dialling(_) => Poll::Pending,
            Link::Http(answer) => answer.poll_frame(cx),
        }
    }

    /// Hands over one message; it is on its way after [`poll_flush`](Self::poll_flush).
    pub(super) fn push(
        &mut self,
        kind: SendKind,
        message: &mut BytesMut,
        samples: &[i16],
    ) -> Result<(), Down> {
        self.fed = true;
        match &mut self.link {
            Link::Socket(link) => {
                self.fed_bytes += message.len();
                link.push(kind, message)
            }
            Link::Worker(link) => {
                match kind {
                    // Only for an agent that sends more at once than it may; the utterance is understood in part.
                    SendKind::Samples => link.push_samples(samples).unwrap_or_else(|full| {
                        tracing::debug!(%full, "recogniser behind, audio dropped");
                    }),
                    SendKind::End => link.end(),
                    SendKind::Text | SendKind::Binary | SendKind::Ping => {}
                }
                Ok(())
            }
            // Never writable.
            Link::Dialling(_) | Link::Http(_) => Ok(()),
        }
    }

    /// Flushes what was handed over, once.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Result<(), Down> {
        let Link::Socket(link) = &mut self.link else {
            self.fed = false;
            return Ok(());
        };
        if !self.fed && !self.flushing {
            return Ok(());
        }
        match link.poll_flush(cx) {
            Poll::Ready(done) => {
                self.flushing = false;
                self.fed = false;
                self.fed_bytes = 0;
                done
            }
            Poll::Pending => {
                self.flushing = true;
                Ok(())
            }
        }
    }
}
