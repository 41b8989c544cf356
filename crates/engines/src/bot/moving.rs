//! The call given away: to another bot, or to a script.
//!
//! From the moment a bot asks for another, the caller's audio is kept for that one. What the first has sent is
//! played, and its socket stays until the second has answered: where that cannot be reached, the
//! first has the call again, and all of the audio that was kept.

use std::collections::VecDeque;
use std::sync::Arc;

use trunkline_call::{Action, Down, Time};
use trunkline_local::script::Script;
use trunkline_protocol::Secret;
use trunkline_protocol::bot::StopReason;
use url::Url;

use super::seat::Note;
use super::{BotAgent, Target};

/// How often one call may be moved to another bot: two that give it to each other end in this.
const MOST_BOTS: u32 = 32;

/// How long a bot that is left may take to read its last messages.
const LEAVE_MS: u64 = 2_000;

/// What a bot wants of the call's way.
#[derive(Debug, Default)]
pub(super) struct Moves {
    /// The script that takes over.
    pub(super) flow: Option<Arc<Script>>,
    /// Where the transfers asked for were to lead, in order, for the bot to be told.
    pub(super) referred: VecDeque<String>,
    /// The same of the other bot.
    wanted: String,
    /// How often another bot was asked for.
    bots: u32,
}

impl BotAgent {
    /// Another bot is to have the call.
    pub(super) fn move_to(&mut self, url: Secret) {
        if self.seats.next.is_some() {
            return self.refuse("transfer_under_way", shown(&url));
        }
        if self.moves.bots >= MOST_BOTS {
            return self.refuse("too_many_transfers", shown(&url));
        }
        self.moves.wanted = shown(&url);
        self.moves.bots += 1;
        let target = self.target_of(url);
        self.speech.push(Action::Away);
        self.is_ready = false;
        let seat = self.dial(target);
        self.seats.next = Some(seat);
    }

    /// The credentials of a server are for that server.
    fn target_of(&self, url: Secret) -> Target {
        let ours = self.seats.current.as_ref().map(|seat| &seat.target);
        let same =
            ours.filter(|ours| origin(&ours.url).is_some() && origin(&ours.url) == origin(&url));
        Target {
            headers: same.map_or_else(Vec::new, |target| target.headers.clone()),
            signing: same.and_then(|target| target.signing.clone()),
            url,
        }
    }

    /// The next bot has answered, and has the call from now on.
    pub(super) fn take_seat(&mut self, now: Time) {
        let Some(mut next) = self.seats.next.take() else {
            return;
        };
        self.speech.end_utterance();
        if let Some(mut left) = self.seats.current.take() {
            next.inherit(&mut left);
            left.note(Note::Stop(StopReason::Stopped));
            left.leaves_at = now.plus_ms(LEAVE_MS);
            self.seats.left = Some(left);
        }
        self.speech.push(Action::Moved);
        self.seats.current = Some(next);
        self.seats.close_code = None;
    }

    /// The next bot was not reached.
    pub(super) fn not_moved(&mut self, now: Time, why: Down) {
        self.seats.next = None;
        let reason = match why {
            Down::NotReached(fault) => fault.label(),
            _ => "bot_lost",
        };
        if self.seats.current.is_some() {
            let to = std::mem::take(&mut self.moves.wanted);
            self.refuse(reason, to);
            self.patience.began(now);
            self.patience.spoke();
            self.speech.push(Action::Ready);
            self.is_ready = true;
        } else {
            self.fail(reason, false);
        }
    }

    /// A script is to have the call.
    pub(super) fn flow_to(&mut self, flow_id: String) {
        let Some(script) = self.spec.flows.get(&flow_id) else {
            return self.refuse("unknown_flow", flow_id);
        };
        self.moves.flow = Some(Arc::clone(script));
        self.note(Note::Stop(StopReason::Stopped));
        self.speech.push(Action::HandOver);
    }

    fn refuse(&mut self, reason: &'static str, to: String) {
        self.note(Note::TransferFailed { reason, to });
    }
}

/// Scheme, host and port.
fn origin(url: &Secret) -> Option<url::Origin> {
    let origin = Url::parse(url.expose()).ok()?.origin();
    origin.is_tuple().then_some(origin)
}

/// A URL without what may be a credential.
fn shown(url: &Secret) -> String {
    let parsed = Url::parse(url.expose()).ok();
    let host = parsed
        .as_ref()
        .and_then(|url| Some((url.scheme(), url.host_str()?)));
    host.map_or_else(String::new, |(scheme, host)| format!("{scheme}://{host}"))
}
