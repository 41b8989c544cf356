//! The call itself, polled every millisecond, with an agent whose wishes come from outside.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use trunkline_codecs::format::AudioFormat;

use super::super::super::*;
use super::{Op, Seen};
use crate::agent::{Action, AgentNeeds, Buffers, Signal, TurnMode};
use crate::caller::SimLeg;
use crate::io::Output;
use crate::sim::lines::TWILIO;

/// An agent whose wishes come from outside.
#[derive(Clone, Debug, Default)]
struct Puppet(Rc<RefCell<Strings>>);

#[derive(Debug, Default)]
struct Strings {
    wants: VecDeque<(Action, Vec<u8>)>,
    seen: Vec<(u64, Seen)>,
}

impl Puppet {
    fn want(&self, action: Action, audio: Vec<u8>) {
        self.0.borrow_mut().wants.push_back((action, audio));
    }

    fn see(&self, now: Time, seen: Seen) {
        self.0.borrow_mut().seen.push((now.as_ms(), seen));
    }
}

impl Agent for Puppet {
    fn needs(&mut self, sends: AudioFormat, takes: AudioFormat) -> AgentNeeds {
        AgentNeeds {
            turns: TurnMode::Engine,
            ..AgentNeeds::new(Some(sends), takes)
        }
    }

    fn handle(&mut self, now: Time, event: AgentEvent<'_>) {
        match event {
            AgentEvent::Spoken => self.see(now, Seen::Spoken),
            AgentEvent::Interrupted { heard_ms, .. } => self.see(now, Seen::Interrupted(heard_ms)),
            AgentEvent::Marked { name, played } => {
                let number = name.parse().expect("a number");
                self.see(now, Seen::Named(number, played));
            }
            AgentEvent::Backchannel => self.see(now, Seen::Backchannel),
            _ => {}
        }
    }

    fn poll(&mut self, _: Time, _: LinkSet, buffers: Buffers<'_>) -> Option<Action> {
        let (action, audio) = self.0.borrow_mut().wants.pop_front()?;
        buffers.audio.extend(audio);
        Some(action)
    }

    fn deadline(&self) -> Option<Time> {
        None
    }
}

pub(super) struct Real {
    call: Call<Puppet>,
    agent: Puppet,
    scratch: Scratch,
    now: Time,
    /// The marks the carrier has been sent, by name.
    pub(super) sent: Vec<String>,
    named: u64,
}

impl Real {
    pub(super) fn new() -> Self {
        let agent = Puppet::default();
        let leg = CallerLeg::Sim(SimLeg::new(TWILIO));
        let mut real = Self {
            call: Call::new(Arc::new(CallConfig::default()), leg, agent.clone()),
            agent,
            scratch: Scratch::new(),
            now: Time::ZERO,
            sent: Vec::new(),
            named: 0,
        };
        real.input(Input::Up(LinkId::CALLER));
        real.text("start");
        real
    }

    fn text(&mut self, text: &str) {
        self.input(Input::Data(LinkId::CALLER, Frame::Text(text)));
    }

    fn input(&mut self, input: Input<'_>) {
        self.call.handle_input(self.now, input, &mut self.scratch);
        loop {
            let output = self
                .call
                .poll_output(self.now, LinkSet::ALL, &mut self.scratch);
            match output {
                Output::Timeout(_) => return,
                Output::Send(LinkId::CALLER, crate::link::SendKind::Text) => {
                    let text = String::from_utf8(self.scratch.out.to_vec()).expect("UTF-8");
                    if let Some(name) = text.strip_prefix("mark ") {
                        self.sent.push(name.to_owned());
                        self.agent.see(self.now, Seen::Mark(name.to_owned()));
                    } else if text == "clear" {
                        self.agent.see(self.now, Seen::Clear);
                    }
                }
                Output::Ended => panic!("the call is over"),
                _ => {}
            }
        }
    }

    fn turn(&mut self, signal: Signal) {
        self.want(Action::Turn(signal));
    }

    fn want(&mut self, action: Action) {
        self.agent.want(action, Vec::new());
        self.input(Input::Tick);
    }

    pub(super) fn op(&mut self, op: &Op) {
        self.input(Input::Tick);
        match op {
            Op::Say {
                frames,
                interruptible,
            } => {
                let begin = Action::BeginUtterance {
                    interruptible: *interruptible,
                };
                self.agent.want(begin, Vec::new());
                let audio = vec![7; *frames as usize * 160];
                self.agent.want(Action::Audio, audio);
                self.want(Action::EndUtterance);
            }
            Op::Name(count) => {
                for _ in 0..*count {
                    self.named += 1;
                    self.want(Action::Mark(self.named.to_string()));
                }
            }
            Op::CutOff => self.want(Action::CutOff),
            Op::Interrupt => self.text("interrupt"),
            Op::Echo(which) => {
                if !self.sent.is_empty() {
                    let text = format!("mark {}", which.get(&self.sent));
                    self.text(&text);
                }
            }
            Op::Wait(ms) => {
                for _ in 0..*ms {
                    self.now = self.now.plus_ms(1);
                    self.input(Input::Tick);
                }
            }
            Op::Started => self.turn(Signal::Started),
            Op::Partial(text) => self.turn(Signal::Partial((*text).to_owned())),
            Op::Eager => self.turn(Signal::Eager),
            Op::Resumed => self.turn(Signal::Resumed),
            Op::Ended(text) => self.turn(Signal::Ended((*text).to_owned())),
        }
    }

    pub(super) fn seen(&self) -> Vec<(u64, Seen)> {
        self.agent.0.borrow().seen.clone()
    }
}
