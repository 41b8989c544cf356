//! How a call ends: last words, close, the end.

use std::sync::Arc;

use super::{Call, Phase};
use crate::agent::Agent;
use crate::caller::CallerMessage;
use crate::config::Clip;
use crate::ending::Ending;
use crate::io::CallEvent;
use crate::time::Time;
use crate::timers::Timer;

impl<A: Agent> Call<A> {
    /// The call shall end for this reason; the first reason stands.
    pub(super) fn end(&mut self, now: Time, ending: Ending) {
        match self.phase {
            Phase::Closing(_) | Phase::Closed(_) | Phase::Ended => return,
            Phase::Connecting => {
                self.phase = Phase::Closed(ending);
                return;
            }
            Phase::Starting | Phase::Live => {}
        }
        self.phase = Phase::Closing(ending);
        if !ending.lets_agent_finish() {
            // What the gateway itself says now is not billed.
            self.tally.meter.over(now);
        }
        self.cut_speech_short(now);
        self.part_for_good(ending);
        for timer in Timer::OF_A_LIVE_CALL {
            self.timers.stop(timer);
        }
        self.drop_answers(now);
        let lines = Arc::clone(&self.config.lines);
        let last_line = self.live.as_ref().and_then(|_| ending.line(&lines));
        let mut last_word_at = now;
        if ending.lets_agent_finish() {
            if let Some(live) = &mut self.live {
                live.playout.complete();
                last_word_at = live.playout.drained_at(now).plus_ms(live.sounds_ms());
            }
        } else if last_line.is_some() {
            self.cut_off(now);
        } else {
            // Nothing follows that the caller's side would have to be ready for.
            self.silence(now);
        }
        self.say_line(last_line);
        let line_ms = last_line.map_or(0, Clip::length_ms);
        // However the caller's side behaves, the call is over by then.
        self.timers.set(
            Timer::Close,
            last_word_at.plus_ms(line_ms + self.config.playout.mark_ms + self.config.close_ms),
        );
        self.outbox.goodbye = ending.lets_agent_finish() || last_line.is_some();
        if !self.outbox.goodbye {
            self.tell(CallerMessage::Ending(ending.label()));
        }
    }

    /// The agent's last words have been played: say goodbye and close.
    pub(super) fn finish_if_said(&mut self, now: Time) {
        let Phase::Closing(ending) = self.phase else {
            return;
        };
        let speaking = self.live.as_ref().is_some_and(|l| l.is_speaking());
        if speaking || !self.outbox.messages.is_empty() {
            return;
        }
        if std::mem::take(&mut self.outbox.goodbye) {
            if let Some(referral) = self.outbox.transfer.take() {
                self.tell(CallerMessage::Transfer(referral));
            }
            self.tell(CallerMessage::Ending(ending.label()));
            return;
        }
        self.close(now, ending);
    }

    /// Nothing more is sent: the caller's link is closed.
    pub(super) fn close(&mut self, now: Time, ending: Ending) {
        self.tally.meter.over(now);
        self.phase = Phase::Closed(ending);
        self.outbox.messages.clear();
        if let Some(live) = self.live.take() {
            self.tally.settle(&live);
        }
    }

    /// The last event of a call.
    pub(super) fn epitaph(&self, now: Time, ending: Ending) -> CallEvent {
        CallEvent::Ended {
            ending,
            counters: self.tally.counters,
            metering: self.tally.meter.metering(now),
            said: self.talk.history.as_slice().to_vec(),
        }
    }
}
