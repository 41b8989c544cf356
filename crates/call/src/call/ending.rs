//! How a call ends: last words, close, the end.

use super::{Call, Phase};
use crate::agent::Agent;
use crate::caller::CallerMessage;
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
        self.agent.ended(ending);
        for timer in [Timer::Start, Timer::MaxCall, Timer::Agent] {
            self.timers.stop(timer);
        }
        let mut last_word_at = now;
        if let Some(live) = &mut self.live {
            if ending.lets_agent_finish() {
                live.playout.complete();
                last_word_at = live.playout.drained_at(now);
            } else {
                live.cut_off(now);
            }
        }
        // However the caller's side behaves, the call is over by then.
        self.timers.set(
            Timer::Close,
            last_word_at.plus_ms(self.config.mark_ms + self.config.close_ms),
        );
        if !ending.lets_agent_finish() {
            self.tell(CallerMessage::Ending(ending.label()));
        }
    }

    /// The agent's last words have been played: say goodbye and close.
    pub(super) fn finish_if_said(&mut self) {
        let Phase::Closing(ending) = self.phase else {
            return;
        };
        let speaking = self.live.as_ref().is_some_and(|l| l.is_speaking());
        if speaking || !self.outbox.messages.is_empty() {
            return;
        }
        if ending.lets_agent_finish() && self.live.take().is_some() {
            if let Some(destination) = self.outbox.transfer.take() {
                self.tell(CallerMessage::Transfer(destination));
            }
            self.tell(CallerMessage::Ending(ending.label()));
            return;
        }
        self.close(ending);
    }

    /// Nothing more is sent: the caller's link is closed.
    pub(super) fn close(&mut self, ending: Ending) {
        self.phase = Phase::Closed(ending);
        self.outbox.messages.clear();
        self.live = None;
    }

    /// The last event of a call.
    pub(super) fn epitaph(&self, ending: Ending) -> CallEvent {
        CallEvent::Ended {
            ending,
            counters: self.counters,
        }
    }
}
