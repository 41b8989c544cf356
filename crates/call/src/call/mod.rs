//! The machine itself: inputs in, outputs out, nothing else.

mod ending;
mod events;
mod live;
mod output;

use std::collections::VecDeque;

use crate::agent::Agent;
use crate::caller::{CallerLeg, CallerMessage};
use crate::config::CallConfig;
use crate::counters::Counters;
use crate::ending::Ending;
use crate::io::{CallEvent, Control, Input};
use crate::link::{Down, Frame, LinkId, LinkSet, MAX_LINKS};
use crate::scratch::Scratch;
use crate::time::Time;
use crate::timers::{Timer, Timers};
use crate::turns::Turns;
use live::Live;

/// Messages and events waiting at once; a caller that lets more pile up has stalled.
const OUTBOX: usize = 256;

/// One conversation between the caller on link 0 and the agent `A`.
///
/// The driver hands in everything that happens ([`handle_input`](Self::handle_input)) and then asks for
/// what is to be done ([`poll_output`](Self::poll_output)) until it gets [`Output::Timeout`](crate::Output::Timeout) or
/// [`Output::Ended`](crate::Output::Ended). Both take the time, which never runs backwards, and the driver's [`Scratch`].
#[derive(Debug)]
pub struct Call<A> {
    config: CallConfig,
    caller: CallerLeg,
    agent: A,
    phase: Phase,
    live: Option<Live>,
    turns: Turns,
    timers: Timers,
    outbox: Outbox,
    counters: Counters,
    /// Generation of what sits in each slot; `None` where nothing is open.
    links: [Option<LinkId>; MAX_LINKS],
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

/// What waits for the caller's link and for the watcher.
#[derive(Debug, Default)]
struct Outbox {
    messages: VecDeque<CallerMessage>,
    /// Wire messages of the first one already written.
    step: u8,
    events: VecDeque<CallEvent>,
    ping: bool,
    /// Where the caller goes once the last words have been played.
    transfer: Option<String>,
}

impl<A: Agent> Call<A> {
    /// A call whose caller's link will be [`LinkId::CALLER`].
    pub fn new(config: CallConfig, caller: CallerLeg, agent: A) -> Self {
        Self {
            config,
            caller,
            agent,
            phase: Phase::Connecting,
            live: None,
            turns: Turns::default(),
            timers: Timers::default(),
            outbox: Outbox::default(),
            counters: Counters::default(),
            links: [None; MAX_LINKS],
        }
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
            Input::Control(Control::HangUp) => self.end(now, Ending::Operator),
            Input::Control(Control::Drain) => self.end(now, Ending::Shutdown),
        }
        self.run_timers(now);
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
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    fn caller_up(&mut self, now: Time) {
        if self.phase != Phase::Connecting {
            return;
        }
        self.phase = Phase::Starting;
        self.alive(now);
        let patience = if self.caller.starts_unasked() {
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
            Frame::Alive | Frame::Worker(_) => return,
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
        self.close(ending);
    }

    /// The caller's side gave a sign of life.
    fn alive(&mut self, now: Time) {
        self.timers
            .set(Timer::Ping, now.plus_ms(self.config.ping_ms));
        self.timers
            .set(Timer::Alive, now.plus_ms(self.config.alive_ms));
    }

    fn run_timers(&mut self, now: Time) {
        if matches!(self.phase, Phase::Closed(_) | Phase::Ended) {
            return;
        }
        if self.timers.fired(Timer::Start, now) {
            if self.caller.starts_unasked() {
                self.begin(now, None);
            } else {
                self.end(now, Ending::NeverStarted);
            }
        }
        if self.timers.fired(Timer::MaxCall, now) {
            self.end(now, Ending::TooLong);
        }
        if self.timers.fired(Timer::Alive, now) {
            self.end(now, Ending::CallerVanished);
        }
        if self.timers.fired(Timer::Ping, now) {
            self.outbox.ping = true;
            self.timers
                .set(Timer::Ping, now.plus_ms(self.config.ping_ms));
        }
        if self.timers.fired(Timer::Stall, now) {
            self.end(now, Ending::CallerStalled);
        }
        if self.timers.fired(Timer::Agent, now) {
            self.agent.handle(now, crate::agent::AgentEvent::Tick);
        }
        if self.timers.fired(Timer::Mark, now) {
            self.expire_marks(now);
        }
        self.timers.fired(Timer::Playout, now);
        if self.outbox.messages.len() > OUTBOX {
            self.end(now, Ending::CallerStalled);
        }
        if self.timers.fired(Timer::Close, now)
            && let Phase::Closing(ending) = self.phase
        {
            self.close(ending);
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
