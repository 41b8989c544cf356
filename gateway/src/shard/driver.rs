//! The driver of one call: touches the world, and decides nothing.
//!
//! One future owns the call, its links and its timer. Each time it is woken it reads what has come, asks
//! the call what is to be done, hands all of that over, and flushes each link once. No send is awaited: a
//! link that does not take more is simply not writable, and the call keeps what it has for it.

mod closing;
mod leaving;
mod mailbox;
mod opening;

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep};
use trunkline_call::{
    Agent, Call, CallEvent, Control, Down, Input, LinkId, LinkSet, Output, Scratch, Time,
};

use super::ShardState;
use super::link::{Link, Slot, SocketLink};
use super::transport::MediaStream;
use leaving::Leaving;
use mailbox::Mailbox;

const LINKS: usize = 8;

/// Frames read of one link in one wake; then the others have their turn.
const READS_A_WAKE: usize = 8;

/// Outputs in one wake; then other calls have their turn.
const OUTPUTS_A_WAKE: usize = 8;

/// How long a peer may take to answer a close.
const CLOSE_MS: u64 = 2_000;

/// One call on its shard. Completes when the call is over and its sockets are closed.
pub(super) struct CallTask<A, S> {
    call: Call<A>,
    slots: [Option<Slot<S>>; LINKS],
    mailbox: Mailbox,
    timer: Pin<Box<Sleep>>,
    timer_armed: bool,
    stage: Stage,
    shard: Rc<ShardState<S>>,
    events: EventSink,
    leaving: Leaving<S>,
}

/// Where a call's events go. Never blocks: what does not fit is counted there.
pub(super) type EventSink = Box<dyn FnMut(CallEvent)>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The call is told that its caller is there.
    Fresh,
    Running,
    /// The call is over; its sockets are being closed.
    Closing,
}

impl<A: Agent + Unpin, S: MediaStream> CallTask<A, S> {
    pub(super) fn new(
        call: Call<A>,
        caller: SocketLink<S>,
        mailbox: mpsc::Receiver<Control>,
        shard: Rc<ShardState<S>>,
        events: EventSink,
    ) -> Self {
        let mut slots = [const { None }; LINKS];
        slots[0] = Some(Slot::new(LinkId::CALLER, Link::Socket(Box::new(caller))));
        Self {
            call,
            slots,
            mailbox: Mailbox::new(mailbox),
            timer: Box::pin(tokio::time::sleep_until(Instant::now())),
            timer_armed: false,
            stage: Stage::Fresh,
            shard,
            events,
            leaving: Leaving::new(),
        }
    }

    fn run(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let shard = Rc::clone(&self.shard);
        let scratch = &mut *shard.scratch.borrow_mut();
        let now = shard.now();
        if self.stage == Stage::Fresh {
            self.stage = Stage::Running;
            self.call
                .handle_input(now, Input::Up(LinkId::CALLER), scratch);
        }
        self.take_orders(cx, now, scratch);
        self.reach(cx, now, scratch);
        let more_to_read = self.read(cx, now, scratch);
        if self.timer_armed && self.timer.as_mut().poll(cx).is_ready() {
            self.timer_armed = false;
            self.call.handle_input(now, Input::Tick, scratch);
        }
        // Read again: what came in took its time, and how long is measured.
        let rest = self.write(cx, shard.now(), scratch);
        if more_to_read || rest == Rest::More {
            cx.waker().wake_by_ref();
        }
        match rest {
            Rest::Ended => self.start_closing(cx),
            Rest::Until(at) => self.arm(cx, at),
            Rest::More => Poll::Pending,
        }
    }

    fn take_orders(&mut self, cx: &Context<'_>, now: Time, scratch: &mut Scratch) {
        while let Some(order) = self.mailbox.next(cx) {
            self.call.handle_input(now, Input::Control(order), scratch);
        }
    }

    /// Reads every link the call can take more from. Returns whether there may be more.
    fn read(&mut self, cx: &mut Context<'_>, now: Time, scratch: &mut Scratch) -> bool {
        let mut more = false;
        for index in 0..LINKS {
            if let Some(Some(Slot {
                link: Link::Socket(link),
                ..
            })) = self.slots.get_mut(index)
            {
                link.woken();
            }
            let mut reads = 0;
            while self.call.readable().has_slot(index) {
                let Some(Some(slot)) = self.slots.get_mut(index) else {
                    break;
                };
                if reads == READS_A_WAKE {
                    more = true;
                    break;
                }
                reads += 1;
                let id = slot.id;
                match slot.poll_frame(cx) {
                    Poll::Pending => break,
                    Poll::Ready(Ok(frame)) => {
                        self.call.handle_input(now, Input::Data(id, frame), scratch);
                    }
                    Poll::Ready(Err(why)) => {
                        self.lose(now, id, why, scratch);
                        break;
                    }
                }
            }
        }
        more
    }

    /// Carries out what the call wants, and flushes each link once.
    fn write(&mut self, cx: &mut Context<'_>, now: Time, scratch: &mut Scratch) -> Rest {
        let mut rest = Rest::More;
        let mut opened = false;
        for _ in 0..OUTPUTS_A_WAKE {
            match self.call.poll_output(now, self.writable(), scratch) {
                Output::Send(id, kind) => {
                    let Some(slot) = self.slot(id) else { continue };
                    let sent = slot.push(kind, &mut scratch.out, &scratch.samples);
                    if let Err(why) = sent {
                        self.drop_link(now, id, why, scratch);
                    }
                }
                Output::Open(id, spec) => {
                    opened = true;
                    self.open(now, id, spec, scratch);
                }
                Output::Close(LinkId::CALLER, code) => self.close_caller(code),
                Output::Close(id, code) => self.close_link(id, code),
                Output::Event(event) => (self.events)(event),
                Output::Timeout(at) => {
                    rest = Rest::Until(at);
                    break;
                }
                Output::Ended => {
                    rest = Rest::Ended;
                    break;
                }
            }
        }
        let again = self.flush(cx, now, scratch);
        // They leave beside the call, which does not wait for them.
        self.leaving.run(cx);
        if (again || opened) && rest != Rest::Ended {
            // A link broke, or took everything and may take more: the call has a say. A new one has to be
            // polled once, or nobody is woken when it delivers.
            return Rest::More;
        }
        rest
    }

    /// Flushes every link that was fed. Returns whether the call should be asked again.
    fn flush(&mut self, cx: &mut Context<'_>, now: Time, scratch: &mut Scratch) -> bool {
        let mut again = false;
        for index in 0..LINKS {
            let Some(Some(slot)) = self.slots.get_mut(index) else {
                continue;
            };
            let was_writable = slot.is_writable();
            let id = slot.id;
            match slot.poll_flush(cx) {
                Ok(()) => again |= !was_writable && slot.is_writable(),
                Err(why) => {
                    self.drop_link(now, id, why, scratch);
                    again = true;
                }
            }
        }
        again
    }

    fn drop_link(&mut self, now: Time, id: LinkId, why: Down, scratch: &mut Scratch) {
        if let Some(slot) = self.slots.get_mut(id.slot()) {
            *slot = None;
        }
        self.call.handle_input(now, Input::Down(id, why), scratch);
    }

    fn slot(&mut self, id: LinkId) -> Option<&mut Slot<S>> {
        let slot = self.slots.get_mut(id.slot())?.as_mut();
        slot.filter(|slot| slot.id == id)
    }

    fn writable(&self) -> LinkSet {
        let mut set = LinkSet::EMPTY;
        for (index, slot) in self.slots.iter().enumerate() {
            if slot.as_ref().is_some_and(Slot::is_writable) {
                set.insert(index);
            }
        }
        set
    }

    fn arm(&mut self, cx: &mut Context<'_>, at: Time) -> Poll<()> {
        let deadline = self.shard.instant(at);
        if !self.timer_armed || self.timer.deadline() != deadline {
            self.timer.as_mut().reset(deadline);
            self.timer_armed = true;
        }
        if self.timer.as_mut().poll(cx).is_ready() {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

/// What comes after a round of outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// There is more to do at once.
    More,
    Until(Time),
    Ended,
}

impl<A: Agent + Unpin, S: MediaStream> Future for CallTask<A, S> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let task = self.get_mut();
        match task.stage {
            Stage::Fresh | Stage::Running => task.run(cx),
            Stage::Closing => task.leaving.poll(cx),
        }
    }
}

#[cfg(test)]
mod tests;
