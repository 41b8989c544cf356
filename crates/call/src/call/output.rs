//! What a call wants done, one thing at a time.

use super::live::Live;
use super::party::Reach;
use super::{Call, Phase};
use crate::agent::Agent;
use crate::caller::CallerMessage;
use crate::io::{CallEvent, Output};
use crate::link::{LinkId, LinkSet, SendKind};
use crate::playout::Release;
use crate::scratch::Scratch;
use crate::time::Time;
use crate::timers::Timer;

/// How long a call with no timer at all rests, in milliseconds.
const LONG_REST_MS: u64 = 3_600_000;

impl<A: Agent> Call<A> {
    /// The next thing to do. [`Output::Send`] is only given for links in `writable`; a message for a link
    /// that is not waits in the call, where it can still be recalled.
    pub fn poll_output(&mut self, now: Time, writable: LinkSet, scratch: &mut Scratch) -> Output {
        self.writable = writable;
        loop {
            if let Some(event) = self.outbox.events.pop_front() {
                return Output::Event(event);
            }
            if matches!(self.phase, Phase::Live)
                && let Some(output) = self.poll_agent(now, writable, scratch)
            {
                return output;
            }
            if let Some(output) = self.poll_farewell(now, writable, scratch) {
                return output;
            }
            self.start_sounds(now, scratch);
            if writable.contains(LinkId::CALLER) {
                self.timers.stop(Timer::Stall);
                let kind = self
                    .poll_message(now, scratch)
                    .or_else(|| self.poll_media(now, scratch));
                if let Some(kind) = kind {
                    return Output::Send(LinkId::CALLER, kind);
                }
                self.finish_if_said(now);
                self.run_stage(now);
            } else if self.is_something_due(now) && !self.timers.is_running(Timer::Stall) {
                self.timers
                    .set(Timer::Stall, now.plus_ms(self.config.stall_ms));
            }
            match self.phase {
                Phase::Closed(ending) => {
                    self.phase = Phase::Ended;
                    self.report(self.epitaph(now, ending));
                    return Output::Close(LinkId::CALLER, ending.close_code());
                }
                Phase::Ended if self.outbox.events.is_empty() => return Output::Ended,
                _ => {}
            }
            if !self.is_something_new(writable) {
                return self.rest(now, writable);
            }
        }
    }

    /// Whether looking again would find something that came up while looking.
    fn is_something_new(&self, writable: LinkSet) -> bool {
        let messages = !self.outbox.messages.is_empty() || self.outbox.ping;
        let sounds = self.live.as_ref().is_some_and(Live::can_start_sounds);
        !self.outbox.events.is_empty() || sounds || (messages && writable.contains(LinkId::CALLER))
    }

    fn rest(&mut self, now: Time, writable: LinkSet) -> Output {
        if let Some(live) = &self.live {
            // A caller that takes nothing is woken for as well, once: from then on it has stalled.
            let takes = writable.contains(LinkId::CALLER);
            let paced = live.playout.wake_at().filter(|at| takes || *at > now);
            let paced = paced.or_else(|| live.stage_ends_at(now));
            self.timers.set_or_stop(Timer::Playout, paced);
            self.timers
                .set_or_stop(Timer::Mark, live.marks.next_expiry());
            if self.talk.waiting.is_watching() {
                let until = live.playout.heard_until(now);
                self.talk.waiting.heard_until(until);
            }
        }
        if matches!(self.phase, Phase::Live) {
            self.arm_uplink();
            let here = self.party.reach != Reach::Away;
            let asked = here.then(|| self.party.agent.deadline()).flatten();
            self.timers.set_or_stop(Timer::Agent, asked);
            self.timers
                .set_or_stop(Timer::Turn, self.talk.turns.deadline());
            // On hold or being transferred the caller hears something else.
            let talking = self.is_talking();
            let waiting = talking.then(|| self.talk.waiting.deadline()).flatten();
            self.timers.set_or_stop(Timer::Waiting, waiting);
            let away = !self.party.is_ready();
            let failover = away.then(|| self.party.failover.deadline()).flatten();
            self.timers.set_or_stop(Timer::Failover, failover);
        }
        if self.party.has_more && matches!(self.phase, Phase::Live) {
            // An agent that never has enough does not keep the other calls of its shard from their turn.
            return Output::Timeout(now);
        }
        let next = self.timers.next();
        Output::Timeout(next.unwrap_or(now.plus_ms(LONG_REST_MS)))
    }

    /// Writes the next message that is not audio.
    fn poll_message(&mut self, now: Time, scratch: &mut Scratch) -> Option<SendKind> {
        if std::mem::take(&mut self.outbox.ping) {
            scratch.out.clear();
            return Some(SendKind::Ping);
        }
        while let Some(message) = self.outbox.messages.front() {
            let step = self.outbox.step;
            let kind = self.caller.encode(message, step, &mut scratch.out);
            if kind.is_some() {
                self.outbox.step += 1;
                if matches!(message, CallerMessage::Clear { .. }) {
                    self.report_cleared(now);
                }
                return kind;
            }
            if self.outbox.step == 0 && matches!(message, CallerMessage::Clear { .. }) {
                self.report_cleared(now);
            }
            self.outbox.messages.pop_front();
            self.outbox.step = 0;
        }
        None
    }

    /// Writes the next frame of audio that is due.
    fn poll_media(&mut self, now: Time, scratch: &mut Scratch) -> Option<SendKind> {
        loop {
            let live = self.live.as_mut()?;
            scratch.bytes.clear();
            match live.playout.release(now, &mut scratch.bytes) {
                Release::Frame => {
                    self.tally.counters.media_out += 1;
                    if let Some(after_us) = self.talk.latency.frame_sent(now) {
                        self.outbox
                            .events
                            .push_back(CallEvent::Answered { after_us });
                    }
                    let kind = self.caller.encode_audio(&scratch.bytes, &mut scratch.out);
                    self.set_names(now);
                    return kind;
                }
                Release::UtteranceEnd(utterance) => {
                    let place = live.playout.taken();
                    let plays_until = live.playout.plays_until();
                    let mark = live.marks.set(utterance, place, plays_until);
                    if let Some(mark) = mark {
                        self.outbox.messages.push_back(CallerMessage::Mark(mark));
                    }
                    // At the bound the oldest is taken as played.
                    self.complete_marks(now);
                    self.set_names(now);
                    if let Some(kind) = self.poll_message(now, scratch) {
                        return Some(kind);
                    }
                }
                Release::Wait(_) | Release::Idle => return None,
            }
        }
    }

    fn is_something_due(&self, now: Time) -> bool {
        let playout = self.live.as_ref().and_then(|l| l.playout.wake_at());
        self.outbox.ping || !self.outbox.messages.is_empty() || playout.is_some_and(|at| at <= now)
    }
}
