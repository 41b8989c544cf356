//! The agent's speech: into the playout, cut off, held, played.

use super::Call;
use super::party::Reach;
use crate::agent::{Action, Agent, AgentEvent};
use crate::caller::CallerMessage;
use crate::io::CallEvent;
use crate::marks::{Completion, Marked};
use crate::playout::Owner;
use crate::scratch::Scratch;
use crate::time::Time;

/// Speech that was cut off.
#[derive(Debug)]
pub(super) struct CutOff {
    pub(super) heard_ms: u64,
    /// What of its text the caller heard.
    pub(super) heard: String,
    /// The caller's side has some of it left.
    pub(super) outstanding: bool,
    /// It was an agent's that has been lost.
    pub(super) lost: bool,
}

impl<A: Agent> Call<A> {
    /// The agent begins an utterance.
    pub(super) fn begin_utterance(&mut self, interruptible: bool) {
        let Some(live) = self.live.as_mut().filter(|live| !live.unaware) else {
            return;
        };
        live.downlink.reset();
        let Some(number) = live.playout.begin(Owner::Agent, interruptible) else {
            return;
        };
        live.sayings.begin(number);
        live.begun_last = Some(number);
        if self.outbox.is_holding() {
            live.held_from.get_or_insert(number);
            self.outbox.keep(Action::BeginUtterance { interruptible });
        } else {
            self.turn_begins();
        }
    }

    /// The caller is told of an utterance.
    pub(super) fn turn_begins(&mut self) {
        let turn = self.talk.latency.agent_begins();
        self.tally.counters.turns = turn;
        self.tell(CallerMessage::TurnBegin(turn));
    }

    /// Queues the agent's audio in `scratch.bytes` for the caller.
    pub(super) fn speak(&mut self, now: Time, scratch: &mut Scratch) {
        let Some(live) = self.live.as_mut().filter(|l| l.playout.is_open()) else {
            self.tally.counters.stale += 1;
            return;
        };
        if live.playout.is_dry(now) {
            self.tally.counters.underruns += 1;
        }
        let audio = live.downlink.convert(
            &scratch.bytes,
            &mut scratch.pcm,
            &mut scratch.resampled,
            &mut scratch.wire,
        );
        self.tally.counters.overflow_bytes += live.queue(now, audio) as u64;
    }

    /// Nothing more comes of the open utterance.
    pub(super) fn complete(&mut self, now: Time, scratch: &mut Scratch) {
        let Some(live) = self.live.as_mut().filter(|l| l.playout.is_open()) else {
            return;
        };
        live.downlink
            .finish(&mut scratch.resampled, &mut scratch.wire);
        self.tally.counters.overflow_bytes += live.queue(now, &scratch.wire) as u64;
        live.playout.complete();
    }

    /// A sentence of the agent's.
    pub(super) fn says(&mut self, text: String) {
        let Some(live) = self.live.as_mut().filter(|live| !live.unaware) else {
            return;
        };
        live.sayings.say(&text, live.playout.open_ms());
        if let Some(Action::AgentSays(text)) = self.outbox.keep(Action::AgentSays(text)) {
            self.announce(text);
        }
    }

    /// The caller and whoever watches are told what the agent says.
    pub(super) fn announce(&mut self, text: String) {
        self.tell(CallerMessage::AgentSays(text.clone()));
        self.report(CallEvent::AgentSays { text });
    }

    /// The caller interrupts the agent. Nothing happens when nothing is being said, so that a greeting which
    /// has not begun is not wiped.
    pub(super) fn interrupt(&mut self, now: Time) {
        let Some(heard_ms) = self.stop_agent(now) else {
            return;
        };
        self.tally.counters.barge_ins += 1;
        self.talk.latency.cut_off(now, heard_ms);
        let clears = self.live.as_ref().is_some_and(|live| live.line.clears);
        if !clears {
            // Nothing to be written: what has been sent plays out.
            self.report_cleared(now);
        }
    }

    /// Silences the agent, in this order: generation, playout, the caller's buffer, the agent. Returns how much
    /// of the agent's speech was heard, in milliseconds; `None` where it was not speaking.
    pub(super) fn stop_agent(&mut self, now: Time) -> Option<u64> {
        for _ in 0..self.settle_heard(now) {
            self.party.agent.handle(now, AgentEvent::Spoken);
        }
        let agent_speaks = self
            .live
            .as_ref()
            .is_some_and(|live| live.is_agent_speaking());
        let cut_off = self.cut_off(now)?;
        if !agent_speaks {
            // It was the gateway's own sentence.
            return None;
        }
        let heard_ms = cut_off.heard_ms;
        let own = self
            .live
            .as_ref()
            .is_some_and(|live| live.begun_last > live.lost_last);
        if own {
            let heard = &cut_off.heard;
            let heard_ms = if cut_off.lost { 0 } else { heard_ms };
            let interrupted = AgentEvent::Interrupted { heard_ms, heard };
            self.party.agent.handle(now, interrupted);
        }
        Some(heard_ms)
    }

    /// Empties the playout and the caller's buffer. Returns what was heard, `None` if nothing is being said.
    pub(super) fn cut_off(&mut self, now: Time) -> Option<CutOff> {
        let cut_off = self.silence(now)?;
        if self.live.as_ref().is_some_and(|live| live.line.clears) {
            let outstanding = cut_off.outstanding;
            self.tell(CallerMessage::Clear { outstanding });
        }
        Some(cut_off)
    }

    /// Empties the playout alone.
    pub(super) fn silence(&mut self, now: Time) -> Option<CutOff> {
        self.settle_heard(now);
        let live = self.live.as_mut().filter(|live| live.is_speaking())?;
        let progress = live.playout.playing(now);
        let mut cut_off = CutOff {
            heard_ms: 0,
            heard: String::new(),
            outstanding: live.playout.has_released() || live.marks.is_pending(),
            lost: progress.is_some_and(|p| live.is_of_lost(p.number)),
        };
        let agents_own = progress.is_some_and(|p| p.owner == Owner::Agent);
        if let Some(progress) = progress.filter(|_| agents_own) {
            // In the agent's own audio, of which some may have been cut out to make up for a stall, and to
            // which a resampler adds its delay: agents refuse a place behind the end of what they said.
            let delay_ms = live.downlink.delay_us().div_ceil(1_000);
            let own_ms = |ms: u64| (ms + progress.cut_out_ms).saturating_sub(delay_ms);
            let total_ms = progress.total_ms.map(own_ms);
            cut_off.heard_ms = own_ms(progress.heard_ms);
            cut_off.heard = live
                .sayings
                .heard(progress.number, cut_off.heard_ms, total_ms);
        }
        live.marks.cut_off(now);
        live.downlink.reset();
        live.playout.cut_off(now);
        live.sayings.clear();
        live.sounds.clear();
        live.held_from = None;
        let holding = self.outbox.is_holding();
        self.outbox.let_go();
        self.complete_marks(now);
        self.void_names(now);
        if holding {
            // The caller's turn is no more over than before: what is said instead waits for it as well.
            self.hold_answers();
        }
        if agents_own {
            self.talk.history.agent_said(&cut_off.heard, true);
        }
        Some(cut_off)
    }

    pub(super) fn report_cleared(&mut self, now: Time) {
        if let Some(cut_off) = self.talk.latency.cleared() {
            self.report(CallEvent::BargeIn {
                heard_ms: cut_off.heard_ms,
                cleared_after_us: now.us_since(cut_off.decided_at),
            });
        }
    }

    /// Answers begun from now on wait until the caller's turn is really over.
    pub(super) fn hold_answers(&mut self) {
        if let Some(live) = &mut self.live {
            live.playout.hold();
            self.outbox.hold();
        }
    }

    /// The caller's turn is over: answers prepared for it are played.
    pub(super) fn release_answers(&mut self, now: Time) {
        if !self.outbox.is_holding() {
            return;
        }
        if let Some(live) = &mut self.live {
            live.playout.release_held();
            live.held_from = None;
        }
        for action in self.outbox.let_go() {
            if self.party.reach == Reach::Away {
                // The agent has given the call away: it has no say in what follows.
                return;
            }
            match action {
                Action::BeginUtterance { .. } => self.turn_begins(),
                Action::AgentSays(text) => self.announce(text),
                other => self.act_now(now, other),
            }
        }
    }

    /// The caller's turn goes on: answers prepared for it are void.
    pub(super) fn drop_answers(&mut self, now: Time) {
        if !self.outbox.is_holding() {
            return;
        }
        self.outbox.let_go();
        let mut void = Vec::new();
        if let Some(live) = &mut self.live {
            live.playout.drop_held();
            void = live.names.take_behind(live.playout.end());
            if let Some(number) = live.held_from.take() {
                live.sayings.forget_from(number);
                live.downlink.reset();
            }
            self.tally.counters.answers_dropped += 1;
        }
        self.tell_void(now, &void);
    }

    /// The clock answers marks nobody else has.
    pub(super) fn expire_marks(&mut self, now: Time) {
        if let Some(live) = &mut self.live {
            live.marks.expire(now);
        }
        self.complete_marks(now);
    }

    /// Utterances known to have been played.
    pub(super) fn complete_marks(&mut self, now: Time) {
        while let Some(done) = self.live.as_mut().and_then(|l| l.marks.poll_completed()) {
            match done {
                (Marked::Utterance(number), Completion::Played) => self.played(now, number),
                (Marked::Named(name), completion) => self.tell_marked(now, &name, completion),
                (Marked::Utterance(_), Completion::Cleared) | (Marked::Nobody, _) => {}
            }
        }
    }

    /// By the clock that says what was heard of the utterance being played, those before it were heard whole,
    /// confirmed or not. Returns how many of the agent's.
    fn settle_heard(&mut self, now: Time) -> usize {
        let playout = self.live.as_ref().map(|live| &live.playout);
        let before = playout.and_then(|playout| playout.heard_before(now));
        before.map_or(0, |number| self.settle(number))
    }

    fn played(&mut self, now: Time, number: u32) {
        for _ in 0..self.settle(number) {
            self.party.agent.handle(now, AgentEvent::Spoken);
        }
    }

    /// Enters what was played to its end into the history. Returns how many utterances of the agent's.
    fn settle(&mut self, number: u32) -> usize {
        let Some(live) = &mut self.live else { return 0 };
        let lost_last = live.lost_last;
        let mut count = 0;
        for (number, owner) in live.playout.settle(number) {
            if owner == Owner::Agent {
                let text = live.sayings.played(number);
                self.talk.history.agent_said(&text, false);
                if lost_last.is_none_or(|last| number > last) {
                    count += 1;
                }
            }
        }
        count
    }
}
