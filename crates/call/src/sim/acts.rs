//! What may happen to a call from outside: the caller, the network, the agent, the operator.

use super::network::Packet;
use super::person::Background;
use super::script::Do;
use super::world::World;
use crate::io::{Control, Input};
use crate::link::{Down, Frame, LinkId};

/// One thing that happens.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Act {
    /// The caller's side begins the call, and its microphone is on.
    Start,
    /// The microphone is on, but nothing has begun the call.
    Microphone,
    /// The caller speaks, in milliseconds.
    Speak(u64),
    /// What is sent while the caller does not speak.
    Background(Background),
    /// The caller's side sends no audio at all.
    Mute(bool),
    /// A line of the simulated wire.
    Text(String),
    /// The caller's side closes the link, or its connection breaks.
    Close,
    Break,
    /// Nothing of the caller reaches the gateway for so many milliseconds; the other way round; the caller's
    /// link takes nothing.
    StallUp(u64),
    StallDown(u64),
    Block(u64),
    /// Nothing crosses the network any more, and nobody is told.
    Die,
    /// The agent does something.
    Agent(Do),
    /// Whether the agent has somewhere to put caller audio.
    AgentTakes(bool),
    /// One of the agent's own links opens, says something, or falls.
    LinkUp(LinkId),
    LinkSays(LinkId, String),
    LinkDown(LinkId, Down),
    /// Whether one of the agent's own links takes nothing.
    LinkBlocked(LinkId, bool),
    /// An order from outside the call.
    Control(Control),
}

impl World {
    /// Lets something happen now.
    pub(super) fn act(&mut self, act: Act) {
        self.watch.replay.trace(self.now, act.name(), 0);
        match act {
            Act::Start => {
                let word = if self.carrier.line().starts_unasked {
                    "configure"
                } else {
                    "start"
                };
                self.up.send(self.now, Packet::Text(word.to_owned()));
                self.person.begin(self.now);
            }
            Act::Microphone => self.person.begin(self.now),
            Act::Speak(ms) => self.person.speak(self.now, ms),
            Act::Background(background) => self.person.background = background,
            Act::Mute(muted) => self.person.muted = muted,
            Act::Text(text) => self.up.send(self.now, Packet::Text(text)),
            Act::Close => self.hang_up(Packet::Closed),
            Act::Break => self.hang_up(Packet::Lost),
            Act::StallUp(ms) => self.up.stall(self.now, ms),
            Act::StallDown(ms) => self.down.stall(self.now, ms),
            Act::Block(ms) => self.down.block(self.now, ms),
            Act::Die => {
                self.up.die();
                self.down.die();
            }
            Act::Agent(order) => {
                self.agent.desk_mut().carry_out(self.now, order);
                self.input(Input::Tick);
            }
            Act::AgentTakes(takes) => {
                self.agent.desk_mut().takes_audio = takes;
                self.input(Input::Tick);
            }
            Act::LinkUp(id) => self.input(Input::Up(id)),
            Act::LinkSays(id, text) => self.input(Input::Data(id, Frame::Text(&text))),
            Act::LinkDown(id, why) => self.input(Input::Down(id, why)),
            Act::LinkBlocked(id, true) => self.driver.blocked.insert(id.slot()),
            Act::LinkBlocked(id, false) => self.driver.blocked.remove(id.slot()),
            Act::Control(control) => {
                if matches!(control, Control::Transferred(_)) {
                    self.watch.bill.transfer_answered();
                }
                self.input(Input::Control(control));
            }
        }
    }

    fn hang_up(&mut self, how: Packet) {
        self.person.end();
        self.up.send(self.now, how);
    }
}

impl Act {
    /// For the trace of a failing call.
    const fn name(&self) -> &'static str {
        match self {
            Self::Start => "Start",
            Self::Microphone => "Microphone",
            Self::Speak(_) => "Speak",
            Self::Background(_) => "Background",
            Self::Mute(_) => "Mute",
            Self::Text(_) => "Text",
            Self::Close => "Close",
            Self::Break => "Break",
            Self::StallUp(_) => "StallUp",
            Self::StallDown(_) => "StallDown",
            Self::Block(_) => "Block",
            Self::Die => "Die",
            Self::Agent(_) => "Agent",
            Self::AgentTakes(_) => "AgentTakes",
            Self::LinkUp(_) => "LinkUp",
            Self::LinkSays(..) => "LinkSays",
            Self::LinkDown(..) => "LinkDown",
            Self::LinkBlocked(..) => "LinkBlocked",
            Self::Control(_) => "Control",
        }
    }
}
