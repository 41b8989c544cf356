//! Names whose addresses change.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use tokio::sync::Semaphore;

/// Answers of a name server, one for each question; then it knows the name no longer.
#[derive(Clone, Debug, Default)]
pub struct ResolverScript {
    answers: Arc<Mutex<VecDeque<Vec<IpAddr>>>>,
    asked: Arc<Mutex<Vec<String>>>,
    /// Answers that may be given; without it, all.
    released: Option<Arc<Semaphore>>,
}

impl ResolverScript {
    pub(super) fn new(answers: &[&[&str]]) -> Self {
        let parse = |all: &&[&str]| {
            let all = all.iter().map(|one| one.parse().expect("an address"));
            all.collect()
        };
        Self {
            answers: Arc::new(Mutex::new(answers.iter().map(parse).collect())),
            asked: Arc::default(),
            released: None,
        }
    }

    /// A name server that answers nobody until it is [released](Self::release).
    pub(super) fn hanging() -> Self {
        Self {
            released: Some(Arc::new(Semaphore::new(0))),
            ..Self::default()
        }
    }

    /// Lets so many of its answers go.
    pub(super) fn release(&self, answers: usize) {
        let released = self.released.as_ref().expect("one that hangs");
        released.add_permits(answers);
    }

    pub(in crate::dial) async fn next(&self, name: &str) -> Vec<IpAddr> {
        self.asked.lock().expect("no panic").push(name.to_owned());
        if let Some(released) = &self.released {
            released.acquire().await.expect("not closed").forget();
        }
        let answer = self.answers.lock().expect("no panic").pop_front();
        answer.unwrap_or_default()
    }

    /// The names that were looked up.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no panic").clone()
    }
}
