//! The record of one call, as far as its callbacks need it. Pure: the time comes with each note.

use trunkline_call::{CallInfo, Metering, Said};

use super::ended;
use super::hangup::Hangup;
use super::note::{End, Note};
use super::status::{self, StatusEvent};
use super::timestamp::rfc3339;
use super::transfer::Transfers;
use super::{CallbackSpec, EndedTarget};

/// Reasons kept of agents that were lost.
const LOST: usize = 16;

/// What has become of a call so far.
#[derive(Clone, Debug)]
pub struct Record {
    call_id: String,
    began_unix_ms: u64,
    info: CallInfo,
    live_unix_ms: Option<u64>,
    transfers: Transfers,
    lost: Vec<&'static str>,
    over: Option<Over>,
}

#[derive(Clone, Debug)]
struct Over {
    at_unix_ms: u64,
    hangup: Hangup,
    metering: Metering,
    said: Vec<Said>,
}

/// One callback, written when what it tells had happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) event: StatusEvent,
    /// As in the body.
    pub(super) timestamp: String,
    pub(super) body: String,
}

impl Record {
    /// A call that has been admitted.
    pub fn new(call_id: &str, began_unix_ms: u64) -> Self {
        Self {
            call_id: call_id.to_owned(),
            began_unix_ms,
            info: CallInfo::default(),
            live_unix_ms: None,
            transfers: Transfers::default(),
            lost: Vec::new(),
            over: None,
        }
    }

    /// Enters what happened at this time, and gives what is to be told of it. Nothing is told of what comes after
    /// the end.
    pub(super) fn enter(&mut self, at_unix_ms: u64, note: Note) -> Vec<Told> {
        if self.over.is_some() {
            return Vec::new();
        }
        match note {
            Note::Live(info) => {
                self.info = *info;
                // Only now is known who calls whom.
                let initiated = self.told(StatusEvent::Initiated, self.began_unix_ms);
                self.live_unix_ms = Some(at_unix_ms);
                vec![initiated, self.told(StatusEvent::InProgress, at_unix_ms)]
            }
            Note::TransferWanted(referral) => {
                self.transfers.wanted(&referral);
                vec![self.told(StatusEvent::Transferring, at_unix_ms)]
            }
            Note::TransferFailed(fault) => {
                self.transfers.failed(fault);
                Vec::new()
            }
            Note::HandedOver => {
                self.transfers.handed_over();
                Vec::new()
            }
            Note::AgentLost(reason) => {
                if self.lost.len() < LOST {
                    self.lost.push(reason);
                }
                Vec::new()
            }
            Note::Ended(end) => self.end(at_unix_ms, Some(*end)),
        }
    }

    /// The call is gone, whether or not it has said so. Tells its end unless that has been told.
    pub(super) fn gone(&mut self, at_unix_ms: u64) -> Vec<Told> {
        if self.over.is_some() {
            return Vec::new();
        }
        self.end(at_unix_ms, None)
    }

    fn end(&mut self, at_unix_ms: u64, end: Option<End>) -> Vec<Told> {
        let was_live = self.live_unix_ms.is_some();
        let mut told = Vec::new();
        if !was_live {
            told.push(self.told(StatusEvent::Initiated, self.began_unix_ms));
        }
        let hangup = Hangup {
            ending: end.as_ref().map(|end| end.ending),
            was_live,
        };
        self.transfers.over(hangup);
        let (metering, said) = match end {
            Some(end) => (end.metering, end.said),
            None => (Metering::default(), Vec::new()),
        };
        self.over = Some(Over {
            at_unix_ms,
            hangup,
            metering,
            said,
        });
        told.push(self.told(hangup.event(), at_unix_ms));
        told
    }

    fn told(&self, event: StatusEvent, at_unix_ms: u64) -> Told {
        let timestamp = rfc3339(at_unix_ms);
        let body = status::body(self, event, &timestamp);
        Told {
            event,
            timestamp,
            body,
        }
    }

    /// The body of `agent.call_ended`, once the call is over.
    pub(super) fn call_ended(&self, target: &EndedTarget) -> Option<String> {
        let over = self.over.as_ref()?;
        Some(ended::body(self, target, over.hangup, &over.said))
    }

    /// Whether anybody reads what was said.
    pub(super) const fn wants_transcript(spec: &CallbackSpec) -> bool {
        spec.ended.is_some()
    }

    pub(super) fn call_id(&self) -> &str {
        &self.call_id
    }

    pub(super) const fn info(&self) -> &CallInfo {
        &self.info
    }

    pub(super) const fn began_unix_ms(&self) -> u64 {
        self.began_unix_ms
    }

    pub(super) const fn live_unix_ms(&self) -> Option<u64> {
        self.live_unix_ms
    }

    pub(super) fn ended_unix_ms(&self) -> Option<u64> {
        self.over.as_ref().map(|over| over.at_unix_ms)
    }

    /// Whole seconds from live to over; 0 before.
    pub(super) fn duration_s(&self) -> u64 {
        let over = self.over.as_ref();
        over.map_or(0, |over| over.metering.session_ms / 1_000)
    }

    pub(super) fn hangup(&self) -> Option<Hangup> {
        self.over.as_ref().map(|over| over.hangup)
    }

    pub(super) const fn transfers(&self) -> &Transfers {
        &self.transfers
    }

    pub(super) fn lost(&self) -> &[&'static str] {
        &self.lost
    }
}
