//! The end of a link, and of a call's sockets: the close handshake is seen through as long as that may take.

use std::task::{Context, Poll};

use trunkline_call::{Agent, Down, Input, LinkId, Scratch, Time};

use super::super::link::{Link, Slot};
use super::super::transport::MediaStream;
use super::{CallTask, Stage};

impl<A: Agent + Unpin, S: MediaStream> CallTask<A, S> {
    /// A link has nothing more to give. A peer that has closed and is not yet seen off is so still; the call need not
    /// wait for that.
    pub(super) fn lose(&mut self, now: Time, id: LinkId, why: Down, scratch: &mut Scratch) {
        let is_leaving = self.slot(id).is_some_and(|slot| slot.is_leaving());
        if is_leaving && id != LinkId::CALLER {
            self.close_link(id, 1000);
        } else if !is_leaving && let Some(slot) = self.slots.get_mut(id.slot()) {
            *slot = None;
        }
        self.call.handle_input(now, Input::Down(id, why), scratch);
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

    /// The call has done with a link of its agent's, whose slot is free for another at once.
    pub(super) fn close_link(&mut self, id: LinkId, code: u16) {
        if self.slot(id).is_some()
            && let Some(slot) = self.slots.get_mut(id.slot())
            && let Some(slot) = slot.take()
        {
            self.leave(slot, code);
        }
    }

    /// A socket is closed as [`close_caller`](Self::close_caller) does it, while the call goes on. Everything
    /// else, a dial that has not come to anything among it, is dropped.
    pub(super) fn leave(&mut self, slot: Slot<S>, code: u16) {
        if let Link::Socket(mut link) = slot.link
            && link.close(code).is_ok()
        {
            self.leaving.push(link);
        }
    }

    /// The call is over: what is left of it are sockets that are leaving.
    pub(super) fn start_closing(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.stage = Stage::Closing;
        for index in 1..self.slots.len() {
            if let Some(slot) = self.slots[index].take() {
                self.leave(slot, 1001);
            }
        }
        // Its close frame is queued already.
        if let Some(Slot {
            link: Link::Socket(link),
            ..
        }) = self.slots[0].take()
        {
            self.leaving.push(link);
        }
        self.leaving.poll(cx)
    }
}
