//! The one queue of a pool: jobs that wait for a worker. Bounded; a push never waits.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::wire::OpenError;

/// A job that its caller may give up.
pub(crate) trait Job: Send + 'static {
    /// Whether nobody waits for it any more.
    fn is_cancelled(&self) -> bool;
}

/// Jobs in the order they came.
#[derive(Debug)]
pub(crate) struct Queue<J> {
    state: Mutex<State<J>>,
    changed: Condvar,
    bound: usize,
}

#[derive(Debug)]
struct State<J> {
    waiting: VecDeque<J>,
    idle: usize,
    closed: bool,
}

impl<J: Job> Queue<J> {
    pub(crate) fn new(bound: usize) -> Self {
        let state = State {
            waiting: VecDeque::new(),
            idle: 0,
            closed: false,
        };
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
            bound,
        }
    }

    /// Adds a job. Those that idle workers are about to take do not count as waiting; those that were
    /// given up make room.
    pub(crate) fn push(&self, job: J) -> Result<(), OpenError> {
        let mut state = self.lock();
        if state.closed {
            return Err(OpenError::Stopped);
        }
        let room = self.bound.saturating_add(state.idle);
        if state.waiting.len() >= room {
            state.waiting.retain(|job| !job.is_cancelled());
        }
        if state.waiting.len() >= room {
            let waiting = state.waiting.len().saturating_sub(state.idle);
            return Err(OpenError::Busy {
                waiting,
                bound: self.bound,
            });
        }
        state.waiting.push_back(job);
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// The next job, waiting for one. `None` once the queue is closed.
    pub(crate) fn pop(&self) -> Option<J> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(job) = state.waiting.pop_front() {
                if job.is_cancelled() {
                    continue;
                }
                return Some(job);
            }
            state.idle += 1;
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    /// Lets the workers go and drops what waits.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let dropped = std::mem::take(&mut state.waiting);
        drop(state);
        drop(dropped);
        self.changed.notify_all();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    fn lock(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Numbered(u8, bool);

    impl Job for Numbered {
        fn is_cancelled(&self) -> bool {
            self.1
        }
    }

    #[test]
    fn keeps_order_bounds_and_skips_what_was_given_up() {
        let queue = Queue::new(2);
        assert!(queue.push(Numbered(1, true)).is_ok());
        assert!(queue.push(Numbered(2, false)).is_ok());
        assert!(
            queue.push(Numbered(3, false)).is_ok(),
            "the first one makes room"
        );
        assert_eq!(
            queue.push(Numbered(4, false)),
            Err(OpenError::Busy {
                waiting: 2,
                bound: 2
            })
        );
        assert_eq!(queue.pop().map(|job| job.0), Some(2));
        assert_eq!(queue.pop().map(|job| job.0), Some(3));
        queue.close();
        assert!(queue.pop().is_none());
        assert_eq!(queue.push(Numbered(5, false)), Err(OpenError::Stopped));
    }
}
