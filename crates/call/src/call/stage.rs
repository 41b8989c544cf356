//! Hold and transfer: whether caller and agent hear each other, and what the caller hears instead.

use super::live::{Live, Stage};
use super::{Call, Phase};
use crate::agent::{Agent, AgentEvent};
use crate::caller::Transfer;
use crate::ending::Ending;
use crate::io::CallEvent;
use crate::referral::{Referral, TransferFault};
use crate::time::Time;
use crate::timers::Timer;

impl<A: Agent> Call<A> {
    /// The agent puts the caller on hold once it has been heard out, or takes them back.
    pub(super) fn park(&mut self, now: Time, hold: bool) {
        match self.live.as_mut() {
            Some(live) if hold && live.is_audible(now) => {
                if live.stage == Stage::Talking {
                    live.stage = Stage::Parking;
                }
            }
            _ => self.hold(now, hold),
        }
    }

    /// The caller is put on hold, or taken back, now.
    pub(super) fn hold(&mut self, now: Time, hold: bool) {
        let stage = if hold { Stage::OnHold } else { Stage::Talking };
        let Some(live) = self
            .live
            .as_mut()
            .filter(|_| matches!(self.phase, Phase::Live))
        else {
            return;
        };
        if live.stage == stage || matches!(live.stage, Stage::Leaving { .. } | Stage::Transferring)
        {
            return;
        }
        let parking = std::mem::replace(&mut live.stage, stage) == Stage::Parking;
        if parking && !hold {
            // Never put on hold: what the agent says goes on.
            return;
        }
        live.uplink.advance(now);
        self.stop_speech_clock(now);
        // On hold what the agent was saying, and afterwards the music, is not played to its end.
        self.stop_agent(now);
        self.void_names(now);
        if let Some(live) = &mut self.live
            && std::mem::take(&mut live.said_on_hold)
        {
            let heard = "";
            self.tell_agent(now, AgentEvent::Interrupted { heard_ms: 0, heard });
        }
        // Nor does the music wait for the end of a turn.
        self.drop_answers(now);
        self.talk.waiting.on_hold(hold, now);
        self.tell_agent(now, AgentEvent::Hold(hold));
        self.report(CallEvent::OnHold { hold });
    }

    /// Music for a caller on hold, over and over; a transfer once the agent's last words have been played.
    pub(super) fn run_stage(&mut self, now: Time) {
        let talks = matches!(self.phase, Phase::Live);
        let silent = |live: &&mut Live| talks && !live.is_audible(now);
        let Some(live) = self.live.as_mut().filter(silent) else {
            return;
        };
        match &live.stage {
            Stage::Talking => {}
            Stage::Parking => self.hold(now, true),
            Stage::OnHold | Stage::Transferring => {
                let lines = std::sync::Arc::clone(&self.config.lines);
                self.say_line(lines.hold_music.as_ref());
            }
            Stage::Leaving { referral } => {
                let referral = referral.clone();
                live.stage = Stage::Transferring;
                let until = now.plus_ms(self.config.transfer_ms);
                self.timers.set(Timer::Transfer, until);
                self.report(CallEvent::TransferWanted { referral });
            }
        }
    }

    /// A transfer has come to nothing in time.
    pub(super) fn transfer_expired(&mut self, now: Time) {
        if let Some(live) = &mut self.live
            && matches!(live.stage, Stage::Leaving { .. })
        {
            live.stage = Stage::Transferring;
        }
        self.transfer_done(now, Err(TransferFault::TimedOut));
    }

    /// What became of a transfer.
    pub(super) fn transfer_done(&mut self, now: Time, done: Result<(), TransferFault>) {
        let Some(live) = self
            .live
            .as_mut()
            .filter(|_| matches!(self.phase, Phase::Live))
        else {
            return;
        };
        if live.stage != Stage::Transferring {
            return;
        }
        live.stage = Stage::Talking;
        live.uplink.advance(now);
        self.talk.waiting.on_hold(false, now);
        self.timers.stop(Timer::Transfer);
        // The music ends with it, whichever way.
        let Err(fault) = done else {
            self.cut_off(now);
            return self.end(now, Ending::Transferred);
        };
        self.report(CallEvent::TransferFailed { fault });
        self.stop_agent(now);
        if self.party.is_ready() {
            let refused = AgentEvent::TransferRefused(fault);
            self.party.agent.handle(now, refused);
        } else if self.party.failover.has_given_up() {
            self.end(now, Ending::AgentLost(self.party.failover.reason()));
        }
    }

    /// A transfer needs control of the caller's side. Without, it is refused and the call goes on.
    pub(super) fn transfer(&mut self, now: Time, referral: Referral) {
        if self.is_on_hold() {
            // The music is not to be heard out.
            self.cut_off(now);
            self.void_names(now);
        }
        let by = self.caller.line().transfer;
        if by != Transfer::Outside {
            self.report(CallEvent::TransferWanted {
                referral: referral.clone(),
            });
        }
        match by {
            Transfer::Nobody => {
                let fault = TransferFault::NoControl;
                self.report(CallEvent::TransferFailed { fault });
                let refused = AgentEvent::TransferRefused(fault);
                self.party.agent.handle(now, refused);
            }
            Transfer::Message => {
                self.outbox.transfer = Some(referral);
                self.end(now, Ending::Transferred);
            }
            Transfer::Outside => {
                self.stop_speech_clock(now);
                if let Some(live) = &mut self.live {
                    live.stage = Stage::Leaving { referral };
                    self.talk.waiting.on_hold(true, now);
                    // An agent that never stops speaking does not hold it up for ever.
                    let said_at = live.playout.drained_at(now);
                    let until = said_at.plus_ms(self.config.transfer_ms);
                    self.timers.set(Timer::Transfer, until);
                }
            }
        }
    }

    pub(super) fn is_on_hold(&self) -> bool {
        let stage = self.live.as_ref().map(|live| &live.stage);
        stage.is_some_and(|stage| *stage == Stage::OnHold)
    }

    /// Whether caller and agent are put through to each other.
    pub(super) fn is_talking(&self) -> bool {
        let stage = self.live.as_ref().map(|live| &live.stage);
        stage.is_some_and(|stage| *stage == Stage::Talking)
    }
}
