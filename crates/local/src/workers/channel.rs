//! What a link and its worker share: a ring of samples, a ring of messages, flags, and how each side
//! wakes the other. Nothing here waits but [`Sounds::wait`], which is the worker's.

use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::{Arc, OnceLock};
use std::thread::Thread;

use atomic_waker::AtomicWaker;
use rtrb::{Consumer, Producer, RingBuffer};

use crate::wire::{RECOGNISE_RATE_HZ, RECOGNISE_RING_MS};

/// The worker is woken when this many samples wait: 100 ms.
pub(crate) const BLOCK_SAMPLES: usize = RECOGNISE_RATE_HZ as usize / 10;

/// Messages of a worker that wait for its link to be polled. Partials leave room for the last one.
const MESSAGES: usize = 8;

/// From a worker to its link.
#[derive(Debug)]
pub(crate) enum Message {
    Started,
    Partial(Box<str>),
    Final {
        text: Box<str>,
        confidence: Option<f32>,
    },
    Speech {
        rate_hz: u32,
        samples: Vec<i16>,
    },
    Failed(Box<str>),
}

/// Flags, and whom to wake.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    pub(crate) waker: AtomicWaker,
    cancelled: AtomicBool,
    ended: AtomicBool,
    worker: OnceLock<Thread>,
}

impl Signal {
    /// The caller has stopped speaking.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        self.wake_worker();
    }

    /// The caller wants nothing more.
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        self.wake_worker();
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    /// After the caller's store: either the worker is seen here, or it sees the store before it parks.
    pub(crate) fn wake_worker(&self) {
        fence(Ordering::SeqCst);
        if let Some(worker) = self.worker.get() {
            worker.unpark();
        }
    }

    /// Makes the calling thread the one to wake.
    fn attach(&self) {
        self.worker.get_or_init(std::thread::current);
        fence(Ordering::SeqCst);
    }
}

/// The worker's end of the messages. Whatever becomes of the worker, the link gets a last message.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) signal: Arc<Signal>,
    messages: Producer<Message>,
    answered: bool,
}

impl Reply {
    pub(crate) fn ring() -> (Self, Consumer<Message>) {
        let (messages, replies) = RingBuffer::new(MESSAGES);
        (
            Self {
                signal: Arc::default(),
                messages,
                answered: false,
            },
            replies,
        )
    }

    /// The job has its worker.
    pub(crate) fn started(&mut self) {
        self.post(Message::Started);
    }

    /// What has been heard so far. Dropped when the link is slow: the next one says it all again.
    pub(crate) fn partial(&mut self, text: &str) {
        if self.messages.slots() > 2 {
            self.post(Message::Partial(text.into()));
        }
    }

    /// The last message of a job that came to something.
    pub(crate) fn answer(&mut self, message: Message) {
        if !std::mem::replace(&mut self.answered, true) {
            self.post(message);
        }
    }

    /// The last message of one that did not.
    pub(crate) fn fail(&mut self, text: &str) {
        self.answer(Message::Failed(text.into()));
    }

    fn post(&mut self, message: Message) {
        // There is room: one `Started`, partials that leave two slots, one last message.
        if self.messages.push(message).is_err() {
            tracing::error!("a local worker's message was lost");
        }
        self.signal.waker.wake();
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        self.fail("the worker stopped before it answered");
    }
}

/// The worker's end of the samples.
#[derive(Debug)]
pub(crate) struct Sounds {
    samples: Consumer<i16>,
    block: Box<[i16; BLOCK_SAMPLES]>,
}

/// What a worker that waited for samples got.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard<'a> {
    /// At most 100 ms.
    Block(&'a [i16]),
    /// The caller has stopped speaking and everything was handed over.
    End,
    /// The caller is gone, or the pool is closing.
    Abandoned,
}

impl Sounds {
    /// The ring of [`RECOGNISE_RING_MS`], the caller's end first.
    pub(crate) fn ring() -> (Producer<i16>, Self) {
        let capacity = RECOGNISE_RATE_HZ as usize / 1_000 * RECOGNISE_RING_MS as usize;
        let (producer, samples) = RingBuffer::new(capacity);
        (
            producer,
            Self {
                samples,
                block: Box::new([0; BLOCK_SAMPLES]),
            },
        )
    }

    /// Waits for the next block: a whole one, or what is left at the end.
    pub(crate) fn wait(&mut self, signal: &Signal, stopping: impl Fn() -> bool) -> Heard<'_> {
        signal.attach();
        loop {
            if signal.is_cancelled() || stopping() {
                return Heard::Abandoned;
            }
            // In this order: what was pushed before the end is seen once the end is.
            let ended = signal.is_ended();
            let waiting = self.samples.slots();
            if waiting >= BLOCK_SAMPLES || (ended && waiting > 0) {
                let (block, _) = self.samples.pop_partial_slice(&mut *self.block);
                return Heard::Block(block);
            }
            if ended {
                return Heard::End;
            }
            std::thread::park();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_then_the_rest_then_the_end() {
        let (mut producer, mut sounds) = Sounds::ring();
        let signal = Signal::default();
        assert!(
            producer
                .push_entire_slice(&vec![7; BLOCK_SAMPLES * 2 + 5])
                .is_ok()
        );
        signal.end();
        for expected in [BLOCK_SAMPLES, BLOCK_SAMPLES, 5] {
            let heard = sounds.wait(&signal, || false);
            assert_eq!(heard, Heard::Block(&vec![7; expected]));
        }
        assert_eq!(sounds.wait(&signal, || false), Heard::End);
        signal.cancel();
        assert_eq!(sounds.wait(&signal, || false), Heard::Abandoned);
    }

    #[test]
    fn partials_never_take_the_last_place() {
        let (mut reply, mut replies) = Reply::ring();
        reply.started();
        for _ in 0..3 * MESSAGES {
            reply.partial("so far");
        }
        reply.fail("the end");
        reply.fail("once only");
        drop(reply);
        let mut last = None;
        while let Ok(message) = replies.pop() {
            last = Some(message);
        }
        assert!(matches!(last, Some(Message::Failed(text)) if &*text == "the end"));
    }

    #[test]
    fn a_lost_worker_is_told() {
        let (reply, mut replies) = Reply::ring();
        drop(reply);
        assert!(matches!(replies.pop(), Ok(Message::Failed(_))));
    }
}
