//! How the agent is reached, lost and sought again, and what the caller hears meanwhile.

use super::live::Stage;
use super::party::Reach;
use super::{Call, Phase};
use crate::agent::{Agent, AgentEvent, AgentFailure, AgentNeeds, Answerer, Begin, Signal};
use crate::caller::Transfer;
use crate::config::OnMachine;
use crate::ending::Ending;
use crate::failover::Plan;
use crate::io::CallEvent;
use crate::meter::Length;
use crate::referral::Referral;
use crate::scratch::Scratch;
use crate::time::Time;
use crate::uplink::Notice;
use crate::waiting::Due;

impl<A: Agent> Call<A> {
    /// The agent has the call from now on.
    pub(super) fn attach(&mut self, now: Time, needs: AgentNeeds) {
        self.talk.attach(now, &self.config, needs);
        self.party.needs = Some(needs);
        self.party.failover.began(now);
        self.party.reach = Reach::Connecting;
        if needs.connects {
            self.talk.waiting.agent_away(true, now);
        }
        let attempt = self.party.failover.attempt();
        let begin = Begin {
            info: &self.info,
            configure: self.party.configure.as_deref(),
            history: self.talk.history.as_slice(),
            attempt,
        };
        self.party.agent.handle(now, AgentEvent::Begin(begin));
        if self.is_on_hold() {
            self.party.agent.handle(now, AgentEvent::Hold(true));
        }
        if !needs.connects {
            self.agent_ready(now);
        }
    }

    /// Tells the agent, if one has the call.
    pub(super) fn tell_agent(&mut self, now: Time, event: AgentEvent<'_>) {
        if self.party.reach != Reach::Away {
            self.party.agent.handle(now, event);
        }
    }

    pub(super) fn agent_ready(&mut self, now: Time) {
        if self.party.reach != Reach::Connecting {
            return;
        }
        self.party.reach = Reach::Ready;
        self.party.failover.ready(now);
        self.talk.waiting.agent_away(false, now);
        if let Some(live) = self.live.as_mut().filter(|live| live.backlog.is_empty()) {
            live.backlog.set_bound_ms(self.config.uplink.backlog_ms);
        }
        if std::mem::take(&mut self.party.lost) {
            self.report(CallEvent::AgentBack);
        }
        for text in std::mem::take(&mut self.party.texts) {
            self.party.agent.handle(now, AgentEvent::Text(&text));
        }
    }

    /// The agent says it is lost.
    pub(super) fn agent_failed(&mut self, now: Time, failure: AgentFailure, scratch: &mut Scratch) {
        self.complete(now, scratch);
        let plan = self.party.failover.failed(now, failure);
        self.agent_lost(now, failure.reason, plan);
    }

    fn agent_lost(&mut self, now: Time, reason: &'static str, plan: Plan) {
        self.report(CallEvent::AgentLost { reason });
        self.tally.counters.agents_lost += 1;
        self.party.lost = true;
        self.part(now);
        self.seek(now, plan);
    }

    /// The agent gives the call to another, which begins at once.
    pub(super) fn hand_over(&mut self, now: Time) {
        let Some(successor) = self.party.agent.successor() else {
            return;
        };
        self.report(CallEvent::HandedOver);
        self.part(now);
        self.party.agent = successor;
        if let Some(configure) = &mut self.party.configure {
            // The caller has been greeted: whoever takes over begins with words of its own.
            configure.greeting = None;
        }
        self.party.failover.handed_over(now);
    }

    /// The agent has the call no longer. What it said is played, and what the caller says is kept.
    fn part(&mut self, now: Time) {
        self.party.leave();
        self.drop_answers(now);
        let mid_turn = self.talk.turns.is_callers() && !self.talk.turns.are_by_engine();
        self.talk.waiting.agent_away(true, now);
        if let Some(live) = &mut self.live {
            live.playout.complete();
            live.names.clear();
            live.marks.forget_names();
            live.lost_last = live.begun_last;
            // They will be heard: whoever begins next is to know of them.
            let last_words = live.sayings.take();
            self.talk.history.agent_said(&last_words, false);
            if mid_turn && live.backlog.is_empty() {
                // Whoever begins next hears the rest of a turn whose beginning another was told.
                live.backlog.note(Notice::SpeechStarted);
            }
            live.backlog.set_bound_ms(self.config.uplink.preroll_ms);
        }
    }

    /// The next attempt, at its time.
    fn seek(&mut self, now: Time, plan: Plan) {
        match plan {
            Plan::Again { .. } => {}
            Plan::Next { .. } => self.party.replace(),
            Plan::GiveUp => self.give_up(now),
        }
    }

    fn give_up(&mut self, now: Time) {
        let stage = self.live.as_ref().map(|live| &live.stage);
        if matches!(stage, Some(Stage::Leaving { .. } | Stage::Transferring)) {
            // The caller is on the way to somebody else already.
            return;
        }
        let can_transfer = self.caller.line().transfer != Transfer::Nobody;
        match self.config.failover.destination.clone() {
            Some(destination) if can_transfer => {
                self.cut_off(now);
                let lines = std::sync::Arc::clone(&self.config.lines);
                self.say_line(lines.apology.as_ref());
                self.transfer(now, Referral::to(destination));
            }
            _ => self.end(now, Ending::AgentLost(self.party.failover.reason())),
        }
    }

    /// The agent reaches for somebody once more.
    pub(super) fn agent_away(&mut self, now: Time) {
        if !self.party.is_ready() {
            return;
        }
        self.party.reach = Reach::Connecting;
        self.party.failover.away(now);
        self.talk.waiting.agent_away(true, now);
        if let Some(live) = &mut self.live {
            live.backlog.set_bound_ms(self.config.uplink.preroll_ms);
        }
    }

    /// What the agent needs has changed before it was ready.
    pub(super) fn needs_changed(&mut self, now: Time) {
        if !self.party.failover.is_connecting() {
            return;
        }
        if let Some(needs) = self.adopt(now) {
            self.talk.attach(now, &self.config, needs);
            self.party.needs = Some(needs);
        }
    }

    /// An attempt is due.
    fn attempt(&mut self, now: Time) {
        if let Some(needs) = self.adopt(now) {
            self.attach(now, needs);
        }
    }

    /// Gives the agent's side of the audio path the shape the agent needs; `None` where that cannot be, and the
    /// agent is lost.
    fn adopt(&mut self, now: Time) -> Option<AgentNeeds> {
        let line = self.caller.line();
        let needs = self.party.agent.needs(line.sends, line.takes);
        let before = self.party.needs.unwrap_or(needs);
        let anew = self.talk.is_anew(needs);
        if anew {
            // Whoever decides next knows nothing of the speech going on.
            self.cut_speech_short(now);
        }
        let mid_turn = self.talk.turns.is_callers() && !anew;
        if let Some(live) = self.live.as_mut().filter(|_| before.hears != needs.hears) {
            // The silence of a network, however long ago it began, is not made up for at once.
            live.uplink.advance(now);
        }
        let attached = self
            .live
            .as_mut()
            .map(|live| live.attach(&self.config, needs, before, mid_turn));
        if matches!(attached, Some(Err(_))) {
            self.party.failover.began(now);
            let failure = AgentFailure {
                reason: "unsupported_rate",
                retry: false,
            };
            let plan = self.party.failover.failed(now, failure);
            self.agent_lost(now, failure.reason, plan);
            return None;
        }
        Some(needs)
    }

    /// An attempt is due, or an agent does not get ready, or is away for too long.
    pub(super) fn run_failover(&mut self, now: Time) {
        if !matches!(self.phase, Phase::Live) {
            return;
        }
        if let Some(plan) = self.party.failover.tick(now) {
            let reason = self.party.failover.reason();
            self.agent_lost(now, reason, plan);
        } else if self.party.failover.is_due(now) {
            self.attempt(now);
        }
    }

    /// Nobody has said anything for too long.
    pub(super) fn run_waiting(&mut self, now: Time) {
        if !matches!(self.phase, Phase::Live) {
            return;
        }
        // What comes due while the caller hears music has been said with that.
        let due = self.talk.waiting.due(now).filter(|_| self.is_talking());
        let lines = std::sync::Arc::clone(&self.config.lines);
        match due {
            Some(Due::Holding) => self.say_line(lines.holding.as_ref()),
            Some(Due::Filler) => self.say_line(lines.filler.as_ref()),
            Some(Due::Idle { times }) => {
                self.party.agent.handle(now, AgentEvent::Idle { times });
            }
            Some(Due::GiveUpIdle) => self.end(now, Ending::CallerSilent),
            None => {}
        }
    }

    /// An engine that owns turns has said where the caller's stands.
    pub(super) fn engine_turn(&mut self, now: Time, signal: &Signal) {
        match signal {
            Signal::Started | Signal::Partial(_) | Signal::Resumed => {
                if !self.talk.is_speaking() {
                    self.talk.speech_started(now, 0);
                }
                self.talk.caller_speaks();
            }
            Signal::Ended(_) => {
                if self.talk.is_speaking() {
                    let spoken_us = self.talk.speech_stopped(now);
                    self.tally.meter.speech(Length::of_us(spoken_us));
                    self.answered_by_sound(now, spoken_us, true);
                }
                self.talk.caller_done(now);
            }
            Signal::Eager => {}
        }
    }

    /// The caller's first speech may be an answering machine's.
    pub(super) fn answered_by_sound(&mut self, now: Time, spoken_us: u64, over: bool) {
        let machine = &mut self.talk.machine;
        let answerer = if over {
            machine.ended(spoken_us)
        } else {
            machine.goes_on(spoken_us)
        };
        if let Some(answerer) = answerer {
            self.answered_by(now, answerer);
        }
    }

    /// Who picked up.
    pub(super) fn answered_by(&mut self, now: Time, answerer: Answerer) {
        self.report(CallEvent::AnsweredBy { answerer });
        self.tell_agent(now, AgentEvent::AnsweredBy(answerer));
        let hang_up = self.config.turns.on_machine == OnMachine::HangUp;
        if answerer == Answerer::Machine && hang_up {
            self.end(now, Ending::Machine);
        }
    }
}
