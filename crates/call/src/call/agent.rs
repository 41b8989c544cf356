//! What the agent's links bring in, and what the agent wants done.

use super::live::Stage;
use super::party::Reach;
use super::{Call, Phase};
use crate::agent::{Action, Agent, AgentEvent, Buffers};
use crate::caller::{CallerMessage, Transfer};
use crate::ending::Ending;
use crate::io::{CallEvent, Input, Output};
use crate::link::{LinkId, LinkSet};
use crate::scratch::Scratch;
use crate::time::Time;

/// Wishes of an agent that concern no link, carried out at a stretch; then other calls have their turn.
const ACTIONS_A_POLL: usize = 1_024;

impl<A: Agent> Call<A> {
    /// Something of one of the agent's own links, if it is still the one that sits in its slot.
    pub(super) fn agent_link(&mut self, now: Time, id: LinkId, input: Input<'_>) {
        if !self.party.is_open(id) {
            self.tally.counters.stale += 1;
            return;
        }
        let event = match input {
            Input::Up(id) => AgentEvent::Up(id),
            Input::Data(id, frame) => AgentEvent::Data(id, frame),
            Input::Down(id, why) => {
                self.party.close(id);
                AgentEvent::Down(id, why)
            }
            Input::Tick | Input::Control(_) => return,
        };
        self.party.agent.handle(now, event);
    }

    /// The agent's wishes, carried out until one concerns a link.
    pub(super) fn poll_agent(
        &mut self,
        now: Time,
        writable: LinkSet,
        scratch: &mut Scratch,
    ) -> Option<Output> {
        if let Some(id) = self.party.next_closing() {
            return Some(Output::Close(id, 1000));
        }
        self.party.has_more = false;
        for _ in 0..ACTIONS_A_POLL {
            if !matches!(self.phase, Phase::Live) || self.party.reach == Reach::Away {
                return None;
            }
            scratch.bytes.clear();
            scratch.out.clear();
            scratch.samples.clear();
            let buffers = Buffers {
                audio: &mut scratch.bytes,
                message: &mut scratch.out,
                samples: &mut scratch.samples,
            };
            let Some(action) = self.party.agent.poll(now, writable, buffers) else {
                if self.feed_agent(now, writable, scratch) {
                    continue;
                }
                return None;
            };
            if let Some(output) = self.carry_out(now, action, scratch) {
                return Some(output);
            }
        }
        self.party.has_more = true;
        None
    }

    fn carry_out(&mut self, now: Time, action: Action, scratch: &mut Scratch) -> Option<Output> {
        match action {
            Action::Open(id, spec) => {
                return self.party.open(id).then_some(Output::Open(id, spec));
            }
            Action::Send(id, kind) => {
                return self.party.is_open(id).then_some(Output::Send(id, kind));
            }
            Action::Close(id) => {
                return self.party.close(id).then_some(Output::Close(id, 1000));
            }
            Action::Audio => self.speak(now, scratch),
            Action::BeginUtterance { interruptible } => {
                self.complete(now, scratch);
                if !self.is_on_hold() {
                    self.begin_utterance(interruptible);
                } else if let Some(live) = &mut self.live {
                    // Nobody will hear it. An agent told so now might answer with the next, for ever.
                    live.said_on_hold = true;
                }
            }
            Action::Words(words) => {
                if let Some(live) = self.live.as_mut().filter(|l| l.stage != Stage::OnHold) {
                    live.sayings.words(words);
                }
            }
            Action::EndUtterance => self.complete(now, scratch),
            Action::AgentSays(_) if self.is_on_hold() => {}
            Action::AgentSays(text) => self.says(text),
            Action::CutOff => {
                self.cut_off(now);
            }
            Action::Ready => self.agent_ready(now),
            Action::Failed(failure) => self.agent_failed(now, failure, scratch),
            Action::Turn(signal) if self.talk.turns.are_by_engine() => {
                let effects = self.talk.turns.signal(now, &signal, self.playing(now));
                self.engine_turn(now, &signal);
                self.apply(now, effects);
            }
            Action::Turn(_) => {}
            Action::Working(at_work) => self.talk.waiting.working(at_work, now),
            Action::CallerSaid(text) => self.caller_said(text),
            Action::Press(_) | Action::Hold(_) | Action::HangUp | Action::Transfer { .. } => {
                // What an answer leads to waits with it, or is void with it.
                let void = self.live.as_ref().is_some_and(|live| live.unaware);
                if void {
                    self.tally.counters.stale += 1;
                } else if let Some(action) = self.outbox.keep(action) {
                    if self.ends_call(&action) {
                        self.complete(now, scratch);
                    }
                    self.act_now(now, action);
                }
            }
        }
        None
    }

    fn ends_call(&self, action: &Action) -> bool {
        match action {
            Action::HangUp => true,
            Action::Transfer { .. } => self.caller.line().transfer == Transfer::Message,
            _ => false,
        }
    }

    /// What changes the call's course.
    pub(super) fn act_now(&mut self, now: Time, action: Action) {
        match action {
            Action::Press(keys) => self.press(keys),
            Action::Hold(hold) => self.park(now, hold),
            Action::HangUp => {
                if self.is_on_hold() {
                    // The music is not to be heard out.
                    self.cut_off(now);
                }
                self.end(now, Ending::AgentHungUp);
            }
            Action::Transfer { destination } => self.transfer(now, destination),
            _ => {}
        }
    }

    fn caller_said(&mut self, text: String) {
        self.talk.history.caller_said(&text);
        self.tell(CallerMessage::CallerSaid(text.clone()));
        self.report(CallEvent::CallerSaid { text });
    }
}
