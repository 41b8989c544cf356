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

/// Bad messages of an agent's far end that are reported one by one.
const DROPS_TOLD: u64 = 16;

impl<A: Agent> Call<A> {
    /// Something of one of the agent's own links, if it is still the one that sits in its slot.
    pub(super) fn agent_link(&mut self, now: Time, id: LinkId, input: Input<'_>) {
        if !self.party.links.is_open(id) {
            self.tally.counters.stale += 1;
            return;
        }
        let event = match input {
            Input::Up(id) => AgentEvent::Up(id),
            Input::Data(id, frame) => AgentEvent::Data(id, frame),
            Input::Down(id, why) => {
                self.party.links.close(id);
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
        if let Some(output) = self.party.links.poll() {
            return Some(output);
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
                self.party.links.open(id, spec);
                return self.party.links.poll();
            }
            Action::Send(id, kind) => {
                return self
                    .party
                    .links
                    .is_open(id)
                    .then_some(Output::Send(id, kind));
            }
            Action::Close(id) => return self.close_link(id, 1000),
            Action::CloseWith(id, code) => return self.close_link(id, code),
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
            Action::Away => self.agent_away(now),
            Action::Moved => self.report(CallEvent::HandedOver),
            Action::NeedsChanged => self.needs_changed(now),
            Action::Dropped { code } => self.agent_dropped(code),
            Action::Failed(failure) => self.agent_failed(now, failure, scratch),
            Action::Turn(signal) if self.talk.turns.are_by_engine() => {
                let effects = self.talk.turns.signal(now, &signal, self.playing(now));
                self.engine_turn(now, &signal);
                self.apply(now, effects);
            }
            Action::Turn(_) => {}
            Action::Working(at_work) => self.talk.waiting.working(at_work, now),
            Action::CallerSaid(text) => self.caller_said(text),
            Action::Mark(name) => self.name_place(now, name),
            Action::Press(_)
            | Action::Hold(_)
            | Action::HangUp
            | Action::Transfer(_)
            | Action::HandOver => {
                // What an answer leads to waits with it, or is void with it.
                let void = self.live.as_ref().is_some_and(|live| live.unaware);
                if void {
                    self.tally.counters.stale += 1;
                } else if let Some(action) = self.outbox.keep(action) {
                    if self.ends_speech(&action) {
                        self.complete(now, scratch);
                    }
                    let pressed = matches!(action, Action::Press(_));
                    self.act_now(now, action);
                    if pressed {
                        // Keys sound before what is said after them.
                        self.start_sounds(now, scratch);
                    }
                }
            }
        }
        None
    }

    fn close_link(&mut self, id: LinkId, code: u16) -> Option<Output> {
        let closed = self.party.links.close(id);
        closed.then_some(Output::Close(id, code))
    }

    fn ends_speech(&self, action: &Action) -> bool {
        match action {
            Action::HangUp | Action::HandOver => true,
            Action::Transfer(_) => self.caller.line().transfer == Transfer::Message,
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
                    self.void_names(now);
                }
                self.end(now, Ending::AgentHungUp);
            }
            Action::Transfer(referral) => self.transfer(now, referral),
            Action::HandOver => self.hand_over(now),
            _ => {}
        }
    }

    /// One who sends nothing but nonsense does not fill the log.
    fn agent_dropped(&mut self, code: &'static str) {
        self.tally.counters.agent_dropped += 1;
        if self.tally.counters.agent_dropped <= DROPS_TOLD {
            self.report(CallEvent::AgentDropped { code });
        }
    }

    fn caller_said(&mut self, text: String) {
        self.talk.history.caller_said(&text);
        self.tell(CallerMessage::CallerSaid(text.clone()));
        self.report(CallEvent::CallerSaid { text });
    }
}
