//! Links as a call asks for them: opened, dialled, reached.

use std::task::{Context, Poll};

use trunkline_call::{Agent, Down, Input, LinkId, LinkSpec, Scratch, Time};

use super::super::link::{Link, Slot, open_worker};
use super::super::transport::MediaStream;
use super::{CallTask, LINKS};

impl<A: Agent + Unpin, S: MediaStream> CallTask<A, S> {
    /// Opens a link under its name. What has to be dialled is up, or is not, some time later.
    pub(super) fn open(&mut self, now: Time, id: LinkId, spec: LinkSpec, scratch: &mut Scratch) {
        let link = match spec {
            LinkSpec::Dial(spec) => {
                let dialling = self.shard.reach.dial(spec);
                return self.put(id, Link::Dialling(dialling));
            }
            LinkSpec::Post(spec) => Link::Http(Box::new(self.shard.reach.post(spec))),
            spec => match open_worker(&self.shard.workers, spec) {
                Ok(link) => Link::Worker(link),
                Err(why) => return self.call.handle_input(now, Input::Down(id, why), scratch),
            },
        };
        self.put(id, link);
        self.call.handle_input(now, Input::Up(id), scratch);
    }

    /// What was dialled is a socket, or nobody was reached.
    pub(super) fn reach(&mut self, cx: &mut Context<'_>, now: Time, scratch: &mut Scratch) {
        for index in 0..LINKS {
            let Some(Some(slot)) = self.slots.get_mut(index) else {
                continue;
            };
            let Link::Dialling(dialling) = &mut slot.link else {
                continue;
            };
            let Poll::Ready(dialled) = dialling.poll(cx) else {
                continue;
            };
            let id = slot.id;
            match dialled {
                Ok(link) => {
                    slot.link = Link::Socket(link);
                    self.call.handle_input(now, Input::Up(id), scratch);
                }
                Err(fault) => self.drop_link(now, id, Down::NotReached(fault), scratch),
            }
        }
    }

    /// A link that is still in the slot leaves it.
    fn put(&mut self, id: LinkId, link: Link<S>) {
        let Some(slot) = self.slots.get_mut(id.slot()) else {
            return;
        };
        if let Some(before) = slot.replace(Slot::new(id, link)) {
            self.leave(before, 1000);
        }
    }
}
