//! The courier of one call: takes down what the call says, and delivers what is to be told of it, in order.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::delivery::{Delivery, Fate};
use super::desk::Away;
use super::note::Note;
use super::record::{Record, Told};
use super::{CallbackSpec, request};
use crate::calls::CallId;
use crate::telemetry::CallbackCount;

/// Callbacks of one call that wait behind the one that is being delivered. The last of a call always finds room.
const WAITING: usize = 16;

/// The time of day from that of the call's beginning, so that times of one call never run backwards.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    began_unix_ms: u64,
    began: Instant,
}

impl Clock {
    pub(super) fn new(began_unix_ms: u64) -> Self {
        Self {
            began_unix_ms,
            began: Instant::now(),
        }
    }

    fn unix_ms(self) -> u64 {
        self.began_unix_ms + self.began.elapsed().as_millis() as u64
    }
}

/// One call's courier.
#[derive(Debug)]
pub(super) struct Courier {
    away: Away,
    spec: Arc<CallbackSpec>,
    call: CallId,
    record: Record,
    clock: Clock,
    waiting: VecDeque<Delivery>,
    /// The server wants nothing more of this call.
    unwanted: bool,
}

impl Courier {
    pub(super) fn new(
        away: Away,
        spec: Arc<CallbackSpec>,
        call: CallId,
        record: Record,
        clock: Clock,
    ) -> Self {
        Self {
            away,
            spec,
            call,
            record,
            clock,
            waiting: VecDeque::new(),
            unwanted: false,
        }
    }

    /// Until the call is over and everything has been delivered or given up. Notes are taken down while a
    /// delivery goes on, so that the call's queue stays empty and times are right.
    pub(super) async fn run(mut self, notes: mpsc::Receiver<Note>) {
        let mut notes = Some(notes);
        let mut under_way: Option<BoxFuture<'static, Fate>> = None;
        loop {
            if under_way.is_none() {
                under_way = self.waiting.pop_front().map(|next| self.deliver(next));
            }
            if notes.is_none() && under_way.is_none() {
                return;
            }
            tokio::select! {
                note = next_note(&mut notes), if notes.is_some() => {
                    if self.take_down(note) {
                        notes = None;
                    }
                }
                fate = fate_of(&mut under_way), if under_way.is_some() => {
                    under_way = None;
                    if fate == Fate::Gone {
                        self.stop_telling();
                    }
                }
            }
        }
    }

    /// Whether the call is over with it.
    fn take_down(&mut self, note: Option<Note>) -> bool {
        let now = self.clock.unix_ms();
        let told = match note {
            Some(note) => self.record.enter(now, note),
            None => self.record.gone(now),
        };
        for told in told {
            self.tell(told);
        }
        let is_over = self.record.hangup().is_some();
        if is_over {
            self.tell_ended();
        }
        is_over
    }

    fn tell(&mut self, told: Told) {
        let Some(target) = self.spec.status.as_ref().filter(|_| !self.unwanted) else {
            return;
        };
        let event = told.event;
        if self.waiting.len() >= WAITING && !event.is_last() {
            self.away.desk().meters.callback(CallbackCount::Dropped);
            return;
        }
        if let Some(place) = self.away.desk().place(&target.url) {
            self.waiting.push_back(Delivery {
                call: self.call.clone(),
                event: event.name(),
                spec: Arc::new(request::status(target, self.call.as_str(), told)),
                place,
            });
        }
    }

    /// To another server than the rest, which is not waited for.
    fn tell_ended(&self) {
        let Some(target) = &self.spec.ended else {
            return;
        };
        let Some(body) = self.record.call_ended(target) else {
            return;
        };
        if let Some(place) = self.away.desk().place(&target.url) {
            let delivery = Delivery {
                call: self.call.clone(),
                event: "agent.call_ended",
                spec: Arc::new(request::ended(target, self.call.as_str(), body)),
                place,
            };
            let away = self.away.desk().away();
            tokio::spawn(async move { delivery.run(away.desk()).await });
        }
    }

    fn stop_telling(&mut self) {
        self.unwanted = true;
        for _ in self.waiting.drain(..) {
            self.away.desk().meters.callback(CallbackCount::Failed);
        }
    }

    fn deliver(&self, delivery: Delivery) -> BoxFuture<'static, Fate> {
        let desk = Arc::clone(self.away.desk());
        Box::pin(async move { delivery.run(&desk).await })
    }
}

async fn next_note(notes: &mut Option<mpsc::Receiver<Note>>) -> Option<Note> {
    match notes {
        Some(notes) => notes.recv().await,
        None => None,
    }
}

/// Not to be asked for where nothing is under way.
async fn fate_of(under_way: &mut Option<BoxFuture<'static, Fate>>) -> Fate {
    match under_way {
        Some(delivery) => delivery.await,
        None => std::future::pending().await,
    }
}
