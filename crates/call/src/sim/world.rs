//! The world around one call: its driver, the network, the caller's side and the clock, all simulated.

use std::sync::Arc;

use super::acts::Act;
use super::agent::SimAgent;
use super::carrier::Carrier;
use super::invariants::{Rest, Watch};
use super::network::{Packet, Path};
use super::parts::{Crossing, Driver, Parts, Record};
use super::person::Person;
use crate::call::Call;
use crate::caller::{CallerLeg, SimLeg, sim::HEADER_BYTES};
use crate::io::{CallEvent, Input, Output};
use crate::link::{Down, Frame, LinkId, LinkSet, SendKind};
use crate::time::Time;

/// One call and everything around it.
#[derive(Debug)]
pub(super) struct World {
    pub(super) now: Time,
    call: Call<SimAgent>,
    pub(super) agent: SimAgent,
    pub(super) person: Person,
    pub(super) carrier: Carrier,
    pub(super) up: Path,
    pub(super) down: Path,
    /// What is to happen, in no order.
    pub(super) acts: Vec<(Time, Act)>,
    pub(super) driver: Driver,
    pub(super) watch: Watch,
    pub(super) record: Record,
}

impl World {
    /// A world in which the caller's link has just come up.
    pub(super) fn new(leg: SimLeg, parts: Parts) -> Self {
        let agent = parts.agent;
        let ranks = 1..=agent.desk().substitutes();
        let fallbacks = ranks.map(|rank| agent.substitute(rank)).collect();
        let config = Arc::new(parts.config);
        let leg = CallerLeg::Sim(leg);
        let mut world = Self {
            now: Time::ZERO,
            call: Call::with_fallbacks(config, leg, agent.clone(), fallbacks),
            agent,
            person: parts.person,
            carrier: parts.carrier,
            up: parts.up,
            down: parts.down,
            acts: Vec::new(),
            driver: parts.driver,
            watch: parts.watch,
            record: Record::default(),
        };
        world.input(Input::Up(LinkId::CALLER));
        world
    }

    pub(super) fn counters(&self) -> crate::counters::Counters {
        self.call.counters()
    }

    pub(super) fn metering(&self) -> crate::meter::Metering {
        self.call.metering(self.now)
    }

    /// Lets so much time pass, stopping wherever something happens.
    pub(super) fn run_for(&mut self, ms: u64) {
        self.run_to(self.now.plus_ms(ms));
    }

    /// Runs until something is so, looking every millisecond. Gives the milliseconds it took.
    pub(super) fn run_until(&mut self, within_ms: u64, is_so: impl Fn(&Self) -> bool) -> u64 {
        let from = self.now;
        self.run_for(0);
        while !is_so(self) {
            if self.now.ms_since(from) >= within_ms {
                self.watch
                    .fail(self.now, &format!("not so within {within_ms} ms"));
            }
            self.run_for(1);
        }
        self.now.ms_since(from)
    }

    /// Lets time pass until `end`, stopping wherever something happens.
    pub(super) fn run_to(&mut self, end: Time) {
        self.notice_room();
        while let Some(next) = self.next().filter(|at| *at <= end) {
            self.now = self.now.max(next);
            self.step();
        }
        self.now = self.now.max(end);
    }

    /// Everything that happens now.
    pub(super) fn step(&mut self) {
        while let Some(at) = self.acts.iter().position(|(at, _)| *at <= self.now) {
            let (_, act) = self.acts.remove(at);
            self.act(act);
        }
        if let Some(message) = self.person.frame(self.now) {
            self.up.send(self.now, Packet::Binary(message));
        }
        while let Some(packet) = self.up.arrive(self.now) {
            self.reach_call(packet);
        }
        if !self.driver.over && self.driver.wake.is_some_and(|at| at <= self.now) {
            self.driver.wake = None;
            self.watch.woken(self.now);
            self.input(Input::Tick);
        }
        while let Some(packet) = self.down.arrive(self.now) {
            self.reach_caller(packet);
        }
        while let Some(name) = self.carrier.echo(self.now) {
            self.up.send(self.now, Packet::Text(format!("mark {name}")));
        }
        self.notice_room();
    }

    /// A driver is told when a link takes more.
    fn notice_room(&mut self) {
        if self.writable() != self.driver.was_writable {
            self.drain();
        }
    }

    /// When something happens next.
    fn next(&self) -> Option<Time> {
        let wake = self.driver.wake.filter(|_| !self.driver.over);
        let act = self.acts.iter().map(|(at, _)| *at).min();
        [
            wake,
            act,
            self.person.next(),
            self.up.next(self.now),
            self.down.next(self.now),
            self.carrier.next(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn writable(&self) -> LinkSet {
        let mut set = LinkSet::ALL;
        for slot in 1..8 {
            if self.driver.blocked.has_slot(slot) {
                set.remove(slot);
            }
        }
        if !self.down.is_writable(self.now) {
            set.remove(LinkId::CALLER.slot());
        }
        set
    }

    /// Something has come to the gateway.
    fn reach_call(&mut self, packet: Packet) {
        if self.driver.over || self.driver.closed.is_some() {
            return;
        }
        let id = LinkId::CALLER;
        match packet {
            Packet::Binary(bytes) => {
                if !self.is_ending() {
                    self.watch.heard(self.now, bytes.len() - HEADER_BYTES);
                }
                self.input(Input::Data(id, Frame::Binary(&bytes)));
            }
            Packet::Text(text) => self.input(Input::Data(id, Frame::Text(&text))),
            Packet::Alive => self.input(Input::Data(id, Frame::Alive)),
            Packet::Closed => self.input(Input::Down(id, Down::Finished)),
            Packet::Lost => self.input(Input::Down(id, Down::Lost)),
        }
    }

    /// Something has come to the caller's side.
    fn reach_caller(&mut self, packet: Packet) {
        match packet {
            Packet::Binary(audio) => self.carrier.take_audio(self.now, &audio),
            Packet::Text(text) if text == "clear" => {
                for name in self.carrier.clear(self.now) {
                    self.up.send(self.now, Packet::Text(format!("mark {name}")));
                }
            }
            Packet::Text(text) => {
                if let Some(name) = text.strip_prefix("mark ") {
                    self.carrier.take_mark(self.now, name);
                }
            }
            Packet::Alive => self.up.send(self.now, Packet::Alive),
            Packet::Closed | Packet::Lost => self.person.end(),
        }
    }

    /// Whether the call has told the agent that it ends.
    pub(super) fn is_ending(&self) -> bool {
        self.agent.desk().notes.ended || self.driver.over
    }

    pub(super) fn input(&mut self, input: Input<'_>) {
        if self.driver.over {
            return;
        }
        self.agent.desk_mut().clock = self.now;
        if let Input::Down(id, _) = input {
            self.watch.links.lost(id);
        }
        self.call
            .handle_input(self.now, input, &mut self.driver.scratch);
        self.drain();
    }

    fn drain(&mut self) {
        self.agent.desk_mut().clock = self.now;
        loop {
            let writable = self.writable();
            self.driver.was_writable = writable;
            if self.driver.over {
                break;
            }
            self.notice_silence();
            let output = self
                .call
                .poll_output(self.now, writable, &mut self.driver.scratch);
            if let Output::Timeout(at) = output {
                let late_us = self.driver.rng.between(0, self.driver.late_us + 1);
                self.driver.wake = Some(at.max(self.now).plus_us(late_us));
                break;
            }
            self.carry_out(output, writable);
        }
        let live = self.record.live && !self.is_ending();
        let desk = self.agent.desk();
        let rest = Rest {
            writable: self.driver.was_writable.contains(LinkId::CALLER),
            notes: &desk.notes,
            counters: &self.call.counters(),
            metering: self.call.metering(self.now),
            live,
        };
        self.watch.rested(self.now, &rest);
    }

    /// The caller silences an agent that has given the call away, and nobody is told.
    fn notice_silence(&mut self) {
        let barge_ins = self.call.counters().barge_ins;
        let mut desk = self.agent.desk_mut();
        let untold = desk.notes.silences == self.record.silences;
        if barge_ins > self.record.barge_ins && untold {
            desk.notes.void_all(self.now);
        }
        self.record.barge_ins = barge_ins;
        self.record.silences = desk.notes.silences;
    }

    fn carry_out(&mut self, output: Output, writable: LinkSet) {
        match output {
            Output::Send(id, kind) => {
                if !writable.contains(id) {
                    self.watch
                        .fail(self.now, "sent to a link that is not writable");
                }
                self.send(id, kind);
            }
            Output::Open(id, _) => {
                self.watch.link_opened(self.now, id);
                self.record.opened.push(id);
                self.record.crossings.push(Crossing::Opened(id));
                self.acts.push((self.now, Act::LinkUp(id)));
            }
            Output::Close(LinkId::CALLER, code) => {
                self.watch.tally.closes += 1;
                self.driver.closed = Some(code);
                self.down.send(self.now, Packet::Closed);
            }
            Output::Close(id, _) => {
                self.watch.link_closed(self.now, id);
                self.record.closed.push((self.now, id));
                self.record.crossings.push(Crossing::Closed(id));
            }
            Output::Timeout(_) => {}
            Output::Event(event) => {
                self.record.live |= matches!(event, CallEvent::Live { .. });
                self.watch.event(self.now, &event, &self.agent.desk().notes);
                self.record.events.push((self.now, event));
            }
            Output::Ended => {
                if self.watch.tally.endings == 0 {
                    self.watch.fail(self.now, "over without an ending");
                }
                self.watch.over(self.now);
                self.record.crossings.push(Crossing::Over);
                self.driver.over = true;
            }
        }
    }

    fn send(&mut self, id: LinkId, kind: SendKind) {
        let out = &self.driver.scratch.out;
        let text = || String::from_utf8(out.to_vec()).expect("UTF-8");
        match (id, kind) {
            (LinkId::CALLER, SendKind::Binary) => {
                let notes = &self.agent.desk().notes;
                self.watch
                    .audio(self.now, out, notes, &self.call.counters());
                let packet = Packet::Binary(out.to_vec());
                self.record.note(self.now, &packet);
                self.down.send(self.now, packet);
            }
            (LinkId::CALLER, SendKind::Text) => {
                let text = text();
                self.watch.text(self.now, &text, &self.agent.desk().notes);
                self.record.texts.push((self.now, text.clone()));
                let packet = Packet::Text(text);
                self.record.note(self.now, &packet);
                self.down.send(self.now, packet);
            }
            (LinkId::CALLER, SendKind::Ping) => self.down.send(self.now, Packet::Alive),
            (LinkId::CALLER, other) => self.watch.fail(self.now, &format!("{other:?} to a caller")),
            (id, _) => {
                let text = text();
                self.watch.link_used(self.now, id);
                self.record.crossings.push(Crossing::Sent(id, text.clone()));
                self.record.link_texts.push((id, text));
            }
        }
    }

    /// The links the driver may read from.
    pub(super) fn readable(&self) -> LinkSet {
        self.call.readable()
    }
}
