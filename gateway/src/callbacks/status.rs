//! The body of a status callback.
//!
//! Its fields and their order are those of IVR Solutions' published example, with the empty string, null or 0 for
//! what the gateway does not learn; `recording_url` and `full_recording_url` are left out. Behind them come ours:
//! `transfer_legs`, `started_at`, `answered_at`, `ended_at`, `ending` (the gateway's own name of the reason) and
//! `agent_lost` (why agents were lost, in order).

use std::collections::BTreeMap;

use serde::Serialize;

use super::record::Record;
use super::timestamp::rfc3339;
use super::transfer::Leg;

/// What a status callback tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusEvent {
    /// The call was admitted.
    Initiated,
    /// Caller and agent talk.
    InProgress,
    /// The agent asked for a transfer.
    Transferring,
    /// The call is over, as calls are.
    Completed,
    /// The call is over because something failed.
    Failed,
    /// The call was given up before it began.
    Canceled,
}

impl StatusEvent {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Initiated => "call.initiated",
            Self::InProgress => "call.in-progress",
            Self::Transferring => "call.transferring",
            Self::Completed => "call.completed",
            Self::Failed => "call.failed",
            Self::Canceled => "call.canceled",
        }
    }

    /// The call's status from now on.
    pub const fn status(self) -> &'static str {
        match self {
            Self::Initiated => "initiated",
            Self::InProgress => "in-progress",
            Self::Transferring => "transferring",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    /// Whether nothing follows.
    pub const fn is_last(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Canceled)
    }
}

#[derive(Serialize)]
struct Body<'a> {
    event: &'static str,
    call_id: &'a str,
    from: &'a str,
    to: &'a str,
    status: &'static str,
    direction: &'static str,
    duration: u64,
    timestamp: &'a str,
    custom_params: BTreeMap<&'a str, &'a str>,
    #[serde(flatten)]
    hangup: HangupFields,
    #[serde(flatten)]
    transfer: TransferFields<'a>,
    #[serde(flatten)]
    ours: Ours<'a>,
}

#[derive(Default, Serialize)]
struct HangupFields {
    hangup_cause: String,
    hangup_reason: &'static str,
    hangup_cause_txt: &'static str,
    disconnected_by: &'static str,
}

#[derive(Serialize)]
struct TransferFields<'a> {
    transfer_to: &'a str,
    customer_no: &'a str,
    transfer_status: &'static str,
    transfer_answered_by: &'static str,
    transfer_answered_at: Option<&'static str>,
    transfer_duration: Option<u64>,
    transfer_legs: &'a [Leg],
}

#[derive(Serialize)]
struct Ours<'a> {
    started_at: String,
    answered_at: Option<String>,
    ended_at: Option<String>,
    ending: &'static str,
    agent_lost: &'a [&'static str],
}

/// The callback of `event`, which happened at `timestamp` and is the last that `record` has seen.
pub(super) fn body(record: &Record, event: StatusEvent, timestamp: &str) -> String {
    let over = record.hangup();
    let hangup = over.map_or_else(HangupFields::default, |hangup| HangupFields {
        hangup_cause: hangup.cause().to_string(),
        hangup_reason: hangup.cause_text(),
        hangup_cause_txt: hangup.cause_text(),
        disconnected_by: hangup.disconnected_by(),
    });
    let info = record.info();
    let parameters = info.parameters.iter();
    let transfers = record.transfers();
    let body = Body {
        event: event.name(),
        call_id: record.call_id(),
        from: &info.from,
        to: &info.to,
        status: event.status(),
        direction: "inbound",
        duration: record.duration_s(),
        timestamp,
        custom_params: parameters.map(|(k, v)| (k.as_str(), v.as_str())).collect(),
        hangup,
        transfer: TransferFields {
            transfer_to: transfers.to(),
            // The party outside: of an inbound call, who calls.
            customer_no: &info.from,
            transfer_status: transfers.status(),
            transfer_answered_by: "",
            transfer_answered_at: None,
            transfer_duration: None,
            transfer_legs: transfers.legs(),
        },
        ours: Ours {
            started_at: rfc3339(record.began_unix_ms()),
            answered_at: record.live_unix_ms().map(rfc3339),
            ended_at: record.ended_unix_ms().map(rfc3339),
            ending: over.map_or("", |hangup| hangup.label()),
            agent_lost: record.lost(),
        },
    };
    // Texts and numbers under names of our own: nothing in it can fail to be JSON.
    serde_json::to_string(&body).unwrap_or_default()
}
