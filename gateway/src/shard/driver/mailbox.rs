//! Orders for one call. They are rare and the call wakes at each frame: a look at a bell says whether one has come,
//! where a look into the channel would touch memory that nothing else of the frame does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};

use tokio::sync::mpsc;
use trunkline_call::Control;

/// The receiving end of a call's mailbox.
#[derive(Debug)]
pub(super) struct Mailbox {
    orders: mpsc::Receiver<Control>,
    bell: Arc<Bell>,
    ringer: Waker,
}

#[derive(Debug)]
struct Bell {
    has_rung: AtomicBool,
    /// The call's task: one for its whole life. Never taken out: a ringer that comes late must not leave the next without
    /// anybody to wake.
    task: OnceLock<Waker>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.has_rung.store(true, Ordering::Release);
        if let Some(task) = self.task.get() {
            task.wake_by_ref();
        }
    }
}

impl Mailbox {
    pub(super) fn new(orders: mpsc::Receiver<Control>) -> Self {
        let bell = Arc::new(Bell {
            // The first look registers the waker.
            has_rung: AtomicBool::new(true),
            task: OnceLock::new(),
        });
        Self {
            orders,
            ringer: Waker::from(Arc::clone(&bell)),
            bell,
        }
    }

    /// The next order. `None` means that there is none now, and that the task is woken when one comes.
    pub(super) fn next(&mut self, cx: &Context<'_>) -> Option<Control> {
        if !self.bell.has_rung.load(Ordering::Acquire) {
            return None;
        }
        self.bell.task.get_or_init(|| cx.waker().clone());
        // Before the look: what comes behind it rings again.
        self.bell.has_rung.store(false, Ordering::Release);
        let order = self
            .orders
            .poll_recv(&mut Context::from_waker(&self.ringer));
        match order {
            Poll::Ready(Some(order)) => {
                self.bell.has_rung.store(true, Ordering::Release);
                Some(order)
            }
            Poll::Ready(None) | Poll::Pending => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[tokio::test]
    async fn every_order_comes_once_and_wakes_the_task() {
        let (orders, received) = mpsc::channel(16);
        let mut mailbox = Mailbox::new(received);
        let waiting = tokio::spawn(async move {
            let mut count = 0;
            poll_fn(|cx| {
                while mailbox.next(cx).is_some() {
                    count += 1;
                }
                if count == 40 {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            })
            .await;
        });
        for at in 0..40 {
            assert!(orders.send(Control::HangUp).await.is_ok());
            if at % 3 == 0 {
                tokio::task::yield_now().await;
            }
        }
        assert!(waiting.await.is_ok());
    }

    #[test]
    fn a_ringer_that_comes_late_leaves_the_next_one_somebody_to_wake() {
        #[derive(Default)]
        struct Task(AtomicBool);
        impl Wake for Task {
            fn wake(self: Arc<Self>) {
                self.0.store(true, Ordering::Release);
            }
        }
        let task = Arc::new(Task::default());
        let waker = Waker::from(Arc::clone(&task));
        let cx = Context::from_waker(&waker);
        let (orders, received) = mpsc::channel(16);
        let mut mailbox = Mailbox::new(received);
        let look = |mailbox: &mut Mailbox| std::iter::from_fn(|| mailbox.next(&cx)).count();
        assert_eq!(look(&mut mailbox), 0);
        assert!(orders.try_send(Control::HangUp).is_ok());
        assert_eq!(look(&mut mailbox), 1);
        // Held up between the bell and the task, it wakes the task only now.
        if let Some(task) = mailbox.bell.task.get() {
            task.wake_by_ref();
        }
        assert_eq!(look(&mut mailbox), 0);
        task.0.store(false, Ordering::Release);
        assert!(orders.try_send(Control::HangUp).is_ok());
        assert!(task.0.load(Ordering::Acquire), "woken");
        assert_eq!(look(&mut mailbox), 1);
    }

    #[tokio::test]
    async fn nothing_more_comes_of_a_closed_mailbox() {
        let (orders, received) = mpsc::channel(16);
        let mut mailbox = Mailbox::new(received);
        assert!(orders.send(Control::HangUp).await.is_ok());
        drop(orders);
        let got =
            poll_fn(|cx| Poll::Ready([mailbox.next(cx), mailbox.next(cx), mailbox.next(cx)])).await;
        assert_eq!(got.iter().flatten().count(), 1);
    }
}
