//! Couriers on a paused clock, against a server that is a list of answers.

mod bodies;
mod deliveries;
mod servers;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::time::Instant;
use trunkline_call::{
    CallEvent, CallInfo, Counters, DialFault, Ending, Metering, PostSpec, Referral, Said,
};
use trunkline_protocol::Secret;

use super::*;
use crate::calls::CallId;
use crate::telemetry::Meters;

/// The vendor's own example: 2026-02-06T09:31:12.004Z.
const BEGAN_UNIX_MS: u64 = 1_770_370_272_004;

/// What the server does with a request.
#[derive(Clone, Copy, Debug)]
enum Answer {
    Status(u16),
    Fault(DialFault),
    /// Nothing, for ever.
    Silence,
}

/// A request that came in.
#[derive(Debug)]
struct Seen {
    after_s: f64,
    spec: Arc<PostSpec>,
}

impl Seen {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.spec.body).expect("JSON")
    }

    fn event(&self) -> String {
        self.json()["event"].as_str().expect("a name").to_owned()
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.spec.headers.iter();
        let (_, value) = headers.find(|(header, _)| header == name)?;
        Some(value.expose())
    }
}

/// Answers what it is told to, then the last of it again and again, and keeps what it was asked.
#[derive(Clone, Debug)]
struct Server {
    seen: Arc<Mutex<Vec<Seen>>>,
    callbacks: Callbacks,
    meters: Arc<Meters>,
}

impl Server {
    fn answering(answers: &[Answer]) -> Self {
        Self::bounded(10_000, answers)
    }

    fn bounded(pending: usize, answers: &[Answer]) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let book = Arc::clone(&seen);
        let began = Instant::now();
        let mut answers: VecDeque<_> = answers.iter().copied().collect();
        let last = answers.pop_back().expect("at least one");
        let answers = Mutex::new(answers);
        let post = Post::new(move |spec| {
            let after_s = began.elapsed().as_secs_f64();
            locked(&book).push(Seen { after_s, spec });
            let answer = locked(&answers).pop_front().unwrap_or(last);
            Box::pin(async move {
                match answer {
                    Answer::Status(status) => Ok(status),
                    Answer::Fault(fault) => Err(fault),
                    Answer::Silence => std::future::pending().await,
                }
            })
        });
        let meters = Arc::new(Meters::new().expect("meters"));
        let callbacks = Callbacks::with_bound(pending, post, Arc::clone(&meters));
        Self {
            seen,
            callbacks,
            meters,
        }
    }

    fn call(&self, spec: &CallbackSpec) -> Notes {
        let id = CallId::random().expect("randomness");
        let spec = Arc::new(spec.clone());
        self.callbacks.open_at(&id, &spec, BEGAN_UNIX_MS)
    }

    /// What was asked, once nothing more is to be delivered.
    async fn finished(&self) -> Vec<Seen> {
        let hour = std::time::Duration::from_secs(3_600);
        assert_eq!(self.callbacks.finish(hour).await, 0, "something is left");
        std::mem::take(&mut *locked(&self.seen))
    }

    /// Queued, delivered, failed and dropped.
    fn counted(&self) -> [u64; 4] {
        let page = self.meters.render();
        ["queued", "delivered", "failed", "dropped"].map(|what| {
            let series = format!("\ntrunkline_callbacks_{what}_total ");
            let (_, rest) = page.split_once(&series).expect("the series");
            let value = rest.lines().next().expect("a value");
            value.parse().expect("a number")
        })
    }
}

fn locked<T>(what: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

fn events(seen: &[Seen]) -> Vec<String> {
    seen.iter().map(Seen::event).collect()
}

fn status_target() -> StatusTarget {
    StatusTarget {
        url: Secret::new("https://bot.example.com:8443/cb/tok3n?key=s3cret"),
        secret: Some(Secret::new("whsec_status")),
    }
}

fn status_alone() -> CallbackSpec {
    CallbackSpec {
        status: Some(status_target()),
        ended: None,
    }
}

fn ended_target() -> EndedTarget {
    EndedTarget {
        agent_id: "hook".to_owned(),
        url: Secret::new("https://bot.example.com/agentphone"),
        headers: vec![("X-Tenant".to_owned(), Secret::new("7"))],
        secret: Some(Secret::new("whsec_agent")),
    }
}

fn live() -> CallEvent {
    CallEvent::Live {
        info: CallInfo {
            from: "+15550199".to_owned(),
            to: "+15550100".to_owned(),
            parameters: vec![("tenant".to_owned(), "7".to_owned())],
            ..CallInfo::default()
        },
    }
}

fn wanted(referral: Referral) -> CallEvent {
    CallEvent::TransferWanted { referral }
}

fn ended(ending: Ending, said: Vec<Said>) -> CallEvent {
    CallEvent::Ended {
        ending,
        counters: Counters::default(),
        metering: Metering {
            session_ms: 214_999,
            ..Metering::default()
        },
        said,
    }
}
