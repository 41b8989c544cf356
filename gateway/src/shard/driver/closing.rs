//! The end of a call's sockets: the close handshake, seen through as long as that may take.

use std::task::{Context, Poll};

use tokio::time::Instant;
use trunkline_call::{Agent, Down, Input, LinkId, Scratch, Time};

use super::super::link::Link;
use super::super::transport::MediaStream;
use super::{CLOSE_MS, CallTask, READS_A_WAKE, Stage};

impl<A: Agent + Unpin, S: MediaStream> CallTask<A, S> {
    /// A link has nothing more to give. A caller whose close could not be answered yet keeps its socket until
    /// it is; the call need not wait for that.
    pub(super) fn lose(&mut self, now: Time, id: LinkId, why: Down, scratch: &mut Scratch) {
        if self.slot(id).is_some_and(|slot| slot.owes_close()) {
            self.call.handle_input(now, Input::Down(id, why), scratch);
        } else {
            self.drop_link(now, id, why, scratch);
        }
    }

    /// Queues the close frame behind what was sent. A socket too stalled to take even that is dropped.
    pub(super) fn close_caller(&mut self, code: u16) {
        let Some(Some(slot)) = self.slots.first_mut() else {
            return;
        };
        if let Link::Socket(link) = &mut slot.link
            && link.close(code).is_err()
        {
            self.slots[0] = None;
        }
    }

    pub(super) fn start_closing(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.stage = Stage::Closing;
        for slot in self.slots.iter_mut().skip(1) {
            *slot = None;
        }
        let deadline = Instant::now() + std::time::Duration::from_millis(CLOSE_MS);
        self.timer.as_mut().reset(deadline);
        self.close(cx)
    }

    /// Sees the close handshake through, as long as that may take.
    pub(super) fn close(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(Some(slot)) = self.slots.first_mut() else {
            return Poll::Ready(());
        };
        if self.timer.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        if let Link::Socket(link) = &mut slot.link
            && let Poll::Ready(Err(_)) = link.poll_finish(cx)
        {
            return Poll::Ready(());
        }
        for _ in 0..READS_A_WAKE {
            match slot.poll_frame(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(()),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
