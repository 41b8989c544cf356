//! The machine itself: inputs in, outputs out, nothing else.

mod agent;
mod caller;
mod deliver;
mod ending;
mod farewell;
mod hear;
mod links;
mod live;
mod names;
mod outbox;
mod output;
mod party;
mod reach;
mod sounds;
mod speak;
mod stage;
mod talk;
mod tally;

use std::sync::Arc;

use crate::agent::{Agent, AgentEvent};
use crate::caller::{CallerLeg, CallerMessage};
use crate::config::CallConfig;
use crate::counters::Counters;
use crate::ending::Ending;
use crate::info::CallInfo;
use crate::io::{CallEvent, Control, Input};
use crate::link::{Down, Frame, LinkId, LinkSet};
use crate::meter::Metering;
use crate::referral::TransferFault;
use crate::scratch::Scratch;
use crate::time::Time;
use crate::timers::{Timer, Timers};
use live::Live;
use outbox::Outbox;
use party::Party;
use talk::Talk;
use tally::Tally;

/// One conversation between the caller on link 0 and the agent `A`.
///
/// The driver hands in everything that happens ([`handle_input`](Self::handle_input)) and then asks for
/// what is to be done ([`poll_output`](Self::poll_output)) until it gets [`Output::Timeout`](crate::Output::Timeout) or
/// [`Output::Ended`](crate::Output::Ended). Both take the time, which never runs backwards, and the driver's [`Scratch`].
#[derive(Debug)]
pub struct Call<A> {
    config: Arc<CallConfig>,
    caller: CallerLeg,
    info: CallInfo,
    party: Party<A>,
    phase: Phase,
    live: Option<Live>,
    talk: Talk,
    timers: Timers,
    outbox: Outbox,
    tally: Tally,
    /// Links that took more when the driver last asked.
    writable: LinkSet,
}

/// How far the call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The caller's link is not up yet.
    Connecting,
    /// The caller is connected; the call has not begun.
    Starting,
    /// Caller and agent talk.
    Live,
    /// The last words are on their way.
    Closing(Ending),
    /// The caller's link is closed; the ending is still to be told.
    Closed(Ending),
    /// Nothing is left to do.
    Ended,
}

impl<A: Agent> Call<A> {
    /// A call whose caller's link will be [`LinkId::CALLER`].
    pub fn new(config: Arc<CallConfig>, caller: CallerLeg, agent: A) -> Self {
        Self::with_fallbacks(config, caller, agent, Vec::new())
    }

    /// The same, with agents that take over, one after the other, when the one before is lost.
    pub fn with_fallbacks(
        config: Arc<CallConfig>,
        caller: CallerLeg,
        agent: A,
        fallbacks: Vec<A>,
    ) -> Self {
        Self {
            party: Party::new(agent, fallbacks, &config.failover),
            talk: Talk::new(&config),
            config,
            caller,
            info: CallInfo::default(),
            phase: Phase::Connecting,
            live: None,
            timers: Timers::default(),
            outbox: Outbox::default(),
            tally: Tally::default(),
            writable: LinkSet::EMPTY,
        }
    }

    /// The same, of this name and with what is known of it before the caller's side says anything.
    #[must_use]
    pub fn known_as(mut self, info: CallInfo) -> Self {
        self.info = info;
        self
    }

    /// Takes in what happened.
    pub fn handle_input(&mut self, now: Time, input: Input<'_>, scratch: &mut Scratch) {
        match input {
            Input::Tick => {}
            Input::Up(LinkId::CALLER) => self.caller_up(now),
            Input::Data(LinkId::CALLER, frame) => self.caller_data(now, frame, scratch),
            Input::Down(LinkId::CALLER, why) => self.caller_down(now, why),
            Input::Up(id) | Input::Data(id, _) | Input::Down(id, _) => {
                self.agent_link(now, id, input);
            }
            Input::Control(control) => self.control(now, control),
        }
        self.run_timers(now, scratch);
    }

    fn control(&mut self, now: Time, control: Control) {
        match control {
            Control::HangUp => self.end(now, Ending::Operator),
            Control::Drain => self.end(now, Ending::Shutdown),
            Control::Hold(hold) => self.hold(now, hold),
            Control::Mute(muted) => {
                if let Some(live) = &mut self.live {
                    live.uplink.set_muted(muted);
                }
            }
            Control::Transferred(done) => {
                let done = if done {
                    Ok(())
                } else {
                    Err(TransferFault::Failed)
                };
                self.transfer_done(now, done);
            }
            Control::AnsweredBy(answerer) => {
                if matches!(self.phase, Phase::Live) {
                    self.talk.machine.decided(answerer);
                    self.answered_by(now, answerer);
                }
            }
        }
    }

    /// Links the driver may read from now. A link left out is to be left alone until the next input: what
    /// comes from it would have nowhere to wait.
    pub fn readable(&self) -> LinkSet {
        let mut set = LinkSet::ALL;
        if self.live.as_ref().is_some_and(Live::is_nearly_full) {
            set = LinkSet::EMPTY;
            set.insert(LinkId::CALLER.slot());
        }
        set
    }

    /// What was counted so far.
    pub fn counters(&self) -> Counters {
        self.tally.counters(self.live.as_ref())
    }

    /// What is billed of the call so far.
    pub fn metering(&self, now: Time) -> Metering {
        self.tally.metering(self.live.as_ref(), now)
    }

    fn caller_up(&mut self, now: Time) {
        if !matches!(self.phase, Phase::Connecting) {
            return;
        }
        self.phase = Phase::Starting;
        self.alive(now);
        let patience = if self.caller.line().starts_unasked {
            self.config.configure_ms
        } else {
            self.config.start_ms
        };
        self.timers.set(Timer::Start, now.plus_ms(patience));
        self.timers
            .set(Timer::MaxCall, now.plus_ms(self.config.max_call_ms));
        self.tell(CallerMessage::Hello);
    }

    fn caller_data(&mut self, now: Time, frame: Frame<'_>, scratch: &mut Scratch) {
        self.alive(now);
        if matches!(self.phase, Phase::Closed(_) | Phase::Ended) {
            return;
        }
        let message = match frame {
            Frame::Text(text) => trunkline_protocol::Frame::Text(text),
            Frame::Binary(bytes) => trunkline_protocol::Frame::Binary(bytes),
            Frame::TooBig => return self.end(now, Ending::CallerTooBig),
            Frame::Broken { close_code } => {
                return self.end(now, Ending::CallerBroke(close_code));
            }
            Frame::Alive | Frame::Closing { .. } | Frame::Worker(_) | Frame::Http(_) => return,
        };
        // Lent apart from the other buffers: audio unpacked into it is read while those are written.
        let mut wire = std::mem::take(&mut scratch.wire);
        match self.caller.decode(message, &mut wire) {
            Ok(event) => self.caller_event(now, event, scratch),
            Err(fault) => self.caller_fault(now, fault),
        }
        scratch.wire = wire;
    }

    fn caller_down(&mut self, now: Time, why: Down) {
        let ending = match (self.phase, why) {
            (Phase::Closing(ending), _) => ending,
            (Phase::Closed(_) | Phase::Ended, _) => return,
            (_, Down::Finished) => Ending::CallerHungUp,
            (_, _) => Ending::CallerLost,
        };
        self.end(now, ending);
        self.close(now, ending);
    }

    /// The caller's side gave a sign of life.
    fn alive(&mut self, now: Time) {
        self.timers
            .set(Timer::Ping, now.plus_ms(self.config.ping_ms));
        self.timers
            .set(Timer::Alive, now.plus_ms(self.config.alive_ms));
    }

    fn run_timers(&mut self, now: Time, scratch: &mut Scratch) {
        while !matches!(self.phase, Phase::Closed(_) | Phase::Ended)
            && let Some(timer) = self.timers.next_fired(now)
        {
            self.run_timer(now, timer, scratch);
        }
        if self.outbox.is_overfull() {
            self.end(now, Ending::CallerStalled);
        }
    }

    fn run_timer(&mut self, now: Time, timer: Timer, scratch: &mut Scratch) {
        match timer {
            Timer::Start if self.caller.line().starts_unasked => self.begin(now, None),
            Timer::Start => self.end(now, Ending::NeverStarted),
            Timer::MaxCall => self.end(now, Ending::TooLong),
            Timer::Alive => self.end(now, Ending::CallerVanished),
            Timer::Ping => {
                self.outbox.ping = true;
                self.timers
                    .set(Timer::Ping, now.plus_ms(self.config.ping_ms));
            }
            Timer::Stall => self.end(now, Ending::CallerStalled),
            Timer::Agent => self.party.agent.handle(now, AgentEvent::Tick),
            Timer::Mark => self.expire_marks(now),
            Timer::Uplink => self.run_uplink_clock(now, scratch),
            Timer::Turn => {
                let effects = self.talk.turns.tick(now, self.playing(now));
                self.apply(now, effects);
            }
            Timer::Waiting => self.run_waiting(now),
            Timer::Failover => self.run_failover(now),
            Timer::Transfer => self.transfer_expired(now),
            Timer::Playout => {}
            Timer::Close => {
                if let Phase::Closing(ending) = self.phase {
                    self.close(now, ending);
                }
            }
        }
    }

    fn tell(&mut self, message: CallerMessage) {
        self.outbox.messages.push_back(message);
    }

    fn report(&mut self, event: CallEvent) {
        self.outbox.events.push_back(event);
    }
}

#[cfg(test)]
mod tests;
