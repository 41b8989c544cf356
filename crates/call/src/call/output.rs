//! What a call wants done, one thing at a time.

use super::{Call, Phase};
use crate::agent::{Action, Agent, AgentEvent, Buffers};
use crate::caller::CallerMessage;
use crate::ending::Ending;
use crate::io::{CallEvent, Output};
use crate::link::{LinkId, LinkSet, LinkSpec, SendKind};
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
        loop {
            if let Some(event) = self.outbox.events.pop_front() {
                return Output::Event(event);
            }
            if self.phase == Phase::Live
                && let Some(output) = self.poll_agent(now, writable, scratch)
            {
                return output;
            }
            if writable.contains(LinkId::CALLER) {
                self.timers.stop(Timer::Stall);
                let kind = self
                    .poll_message(now, scratch)
                    .or_else(|| self.poll_media(now, scratch));
                if let Some(kind) = kind {
                    return Output::Send(LinkId::CALLER, kind);
                }
                self.finish_if_said();
            } else if self.is_something_due(now) && !self.timers.is_running(Timer::Stall) {
                self.timers
                    .set(Timer::Stall, now.plus_ms(self.config.stall_ms));
            }
            match self.phase {
                Phase::Closed(ending) => {
                    self.phase = Phase::Ended;
                    self.report(self.epitaph(ending));
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
        !self.outbox.events.is_empty() || (messages && writable.contains(LinkId::CALLER))
    }

    fn rest(&mut self, now: Time, writable: LinkSet) -> Output {
        if let Some(live) = &self.live {
            let paced = writable
                .contains(LinkId::CALLER)
                .then(|| live.playout.wake_at());
            self.timers.set_or_stop(Timer::Playout, paced.flatten());
            self.timers
                .set_or_stop(Timer::Mark, live.marks.next_expiry());
        }
        if self.phase == Phase::Live {
            self.timers.set_or_stop(Timer::Agent, self.agent.deadline());
        }
        let next = self.timers.next();
        Output::Timeout(next.unwrap_or(now.plus_ms(LONG_REST_MS)))
    }

    /// The agent's wishes, carried out until one concerns a link.
    fn poll_agent(
        &mut self,
        now: Time,
        writable: LinkSet,
        scratch: &mut Scratch,
    ) -> Option<Output> {
        while self.phase == Phase::Live {
            scratch.bytes.clear();
            scratch.out.clear();
            scratch.samples.clear();
            let buffers = Buffers {
                audio: &mut scratch.bytes,
                message: &mut scratch.out,
                samples: &mut scratch.samples,
            };
            let output = match self.agent.poll(now, writable, buffers)? {
                Action::Open(id, spec) => self.open(id, spec),
                Action::Send(id, kind) => self.is_open(id).then_some(Output::Send(id, kind)),
                Action::Close(id) => self.close_link(id),
                Action::Audio => {
                    self.speak(now, scratch);
                    None
                }
                other => {
                    self.act(now, other, scratch);
                    None
                }
            };
            if output.is_some() {
                return output;
            }
        }
        None
    }

    fn act(&mut self, now: Time, action: Action, scratch: &mut Scratch) {
        match action {
            Action::BeginUtterance { interruptible } => {
                if let Some(live) = &mut self.live {
                    live.downlink.reset();
                    live.playout.begin(interruptible);
                }
                let turn = self.turns.agent_begins();
                self.counters.turns = turn;
                self.tell(CallerMessage::TurnBegin(turn));
            }
            Action::EndUtterance => self.complete(scratch),
            Action::CutOff => {
                self.cut_off(now);
            }
            Action::CallerSaid(text) => {
                self.tell(CallerMessage::CallerSaid(text.clone()));
                self.report(CallEvent::CallerSaid { text });
            }
            Action::AgentSays(text) => {
                self.tell(CallerMessage::AgentSays(text.clone()));
                self.report(CallEvent::AgentSays { text });
            }
            Action::HangUp => self.end(now, Ending::AgentHungUp),
            Action::Transfer { destination } => self.transfer(now, destination),
            Action::Open(..) | Action::Send(..) | Action::Close(_) | Action::Audio => {}
        }
    }

    fn open(&mut self, id: LinkId, spec: LinkSpec) -> Option<Output> {
        if id.slot() == LinkId::CALLER.slot() {
            return None;
        }
        *self.links.get_mut(id.slot())? = Some(id);
        Some(Output::Open(id, spec))
    }

    fn close_link(&mut self, id: LinkId) -> Option<Output> {
        let slot = self.links.get_mut(id.slot())?;
        slot.take_if(|open| *open == id)
            .map(|id| Output::Close(id, 1000))
    }

    fn is_open(&self, id: LinkId) -> bool {
        self.links.get(id.slot()).is_some_and(|l| *l == Some(id))
    }

    /// Queues the agent's audio in `scratch.bytes` for the caller.
    fn speak(&mut self, now: Time, scratch: &mut Scratch) {
        let Some(live) = self.live.as_mut().filter(|l| l.playout.is_open()) else {
            self.counters.stale += 1;
            return;
        };
        if live.playout.is_dry(now) {
            self.counters.underruns += 1;
        }
        let audio = live.downlink.convert(
            &scratch.bytes,
            &mut scratch.pcm,
            &mut scratch.resampled,
            &mut scratch.wire,
        );
        self.counters.overflow_bytes += live.playout.push(audio) as u64;
    }

    fn complete(&mut self, scratch: &mut Scratch) {
        let Some(live) = self.live.as_mut().filter(|l| l.playout.is_open()) else {
            return;
        };
        live.downlink
            .finish(&mut scratch.resampled, &mut scratch.wire);
        self.counters.overflow_bytes += live.playout.push(&scratch.wire) as u64;
        live.playout.complete();
    }

    /// A transfer needs control of the caller's side. Without, it is refused and the call goes on.
    fn transfer(&mut self, now: Time, destination: String) {
        self.report(CallEvent::TransferWanted {
            destination: destination.clone(),
        });
        if self.caller.can_transfer() {
            self.outbox.transfer = Some(destination);
            self.end(now, Ending::Transferred);
        } else {
            self.agent.handle(now, AgentEvent::TransferRefused);
        }
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
                if *message == CallerMessage::Clear
                    && let Some(cut_off) = self.turns.cleared()
                {
                    self.report(CallEvent::BargeIn {
                        heard_ms: cut_off.heard_ms,
                        cleared_after_us: now.us_since(cut_off.decided_at),
                    });
                }
                return kind;
            }
            self.outbox.messages.pop_front();
            self.outbox.step = 0;
        }
        None
    }

    /// Writes the next frame of audio that is due.
    fn poll_media(&mut self, now: Time, scratch: &mut Scratch) -> Option<SendKind> {
        let live = self.live.as_mut()?;
        loop {
            scratch.bytes.clear();
            match live.playout.release(now, &mut scratch.bytes) {
                Release::Frame => {
                    self.counters.media_out += 1;
                    if let Some(after_us) = self.turns.frame_sent(now) {
                        self.outbox
                            .events
                            .push_back(CallEvent::Answered { after_us });
                    }
                    return self.caller.encode_audio(&scratch.bytes, &mut scratch.out);
                }
                Release::UtteranceEnd(utterance) => {
                    let plays_until = live.playout.plays_until();
                    if let Some(mark) = live.marks.set(utterance, plays_until) {
                        self.outbox.messages.push_back(CallerMessage::Mark(mark));
                        return self.poll_message(now, scratch);
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
