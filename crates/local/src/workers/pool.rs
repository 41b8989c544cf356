//! A queue and the threads that serve it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use super::channel::Reply;
use super::queue::{Job, Queue};
use crate::wire::OpenError;

/// How much lower the workers' priority is than the gateway's own threads.
const NICE: i32 = 10;

/// Threads and the queue they take their jobs from.
#[derive(Debug)]
pub(crate) struct Pool<J> {
    queue: Arc<Queue<J>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl<J: Job> Pool<J> {
    pub(crate) fn new(bound: usize) -> Self {
        Self {
            queue: Arc::new(Queue::new(bound)),
            threads: Mutex::default(),
        }
    }

    /// Starts `count` threads, at least one. The error is the system's when not even one came up.
    pub(crate) fn spawn<F>(&self, name: &str, count: usize, work: F) -> Result<(), String>
    where
        F: Fn(&Queue<J>) + Clone + Send + 'static,
    {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        for index in 0..count.max(1) {
            let (queue, work) = (Arc::clone(&self.queue), work.clone());
            let spawned = Builder::new()
                .name(format!("{name}-{index}"))
                .spawn(move || {
                    // A container may forbid it; the thread works all the same.
                    if let Err(error) = rustix::process::nice(NICE) {
                        tracing::debug!(%error, "a local worker keeps its priority");
                    }
                    work(&queue);
                });
            match spawned {
                Ok(thread) => threads.push(thread),
                Err(error) if threads.is_empty() => return Err(error.to_string()),
                Err(error) => tracing::warn!(%error, started = index, "fewer local workers"),
            }
        }
        Ok(())
    }

    pub(crate) fn push(&self, job: J) -> Result<(), OpenError> {
        self.queue.push(job)
    }

    /// Closes the queue and waits for the threads.
    pub(crate) fn close(&self) {
        self.queue.close();
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in &threads {
            thread.thread().unpark();
        }
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a local worker thread had panicked");
            }
        }
    }
}

/// Serves one job so that neither an error nor a panic leaves its caller waiting. True when it panicked,
/// and what it worked with must not be used again.
pub(crate) fn guard(
    reply: &mut Reply,
    serve: impl FnOnce(&mut Reply) -> Result<(), String>,
) -> bool {
    match catch_unwind(AssertUnwindSafe(|| serve(reply))) {
        Ok(Ok(())) => false,
        Ok(Err(text)) => {
            reply.fail(&text);
            false
        }
        Err(_) => {
            reply.fail("the worker panicked");
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workers::channel::Message;

    #[test]
    fn a_panic_is_a_failure_of_that_job_only() {
        let (mut reply, mut replies) = Reply::ring();
        assert!(guard(&mut reply, |_| panic!("as a test")));
        assert!(matches!(replies.pop(), Ok(Message::Failed(text)) if text.contains("panicked")));

        let (mut reply, mut replies) = Reply::ring();
        assert!(!guard(&mut reply, |reply| {
            reply.started();
            Err("no such voice".to_owned())
        }));
        assert!(matches!(replies.pop(), Ok(Message::Started)));
        assert!(matches!(replies.pop(), Ok(Message::Failed(text)) if &*text == "no such voice"));
    }
}
