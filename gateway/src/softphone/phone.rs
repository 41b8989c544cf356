//! The phone: caller, ear and dialect on one clock. Pure; it is told the time and owns no socket.
//!
//! The call's clock counts samples at the recording's rate from the moment the socket opened. The caller decides
//! at the beginning of a frame what to say in it; the frame is sent at its end, when a real microphone would have
//! captured it.

use std::collections::VecDeque;
use std::time::Duration;

use super::activity::Change;
use super::caller::{Act, Caller, Step};
use super::clock::Clock;
use super::dialect::{Packet, Signal, Wire};
use super::ear::{Ear, Noticed};
use super::event::{ClearKind, EventKind, PhoneEvent, Side};
use super::journal::Journal;
use super::options::{Dialect, Options};
use super::player::Dropped;
use super::report::{CallReport, Ended, Recording, greeting_ms};
use super::turns;

/// One call's phone.
#[derive(Debug)]
pub(crate) struct Phone {
    clock: Clock,
    dialect: Dialect,
    wire: Wire,
    caller: Caller,
    ear: Ear,
    journal: Journal,
    spoken: Vec<i16>,
    out: VecDeque<Packet>,
    deadline: Duration,
    end: Option<(Ended, Duration)>,
    closed: bool,
    lost: Lost,
}

#[derive(Debug, Default)]
struct Lost {
    faults: u64,
    packets: u64,
    samples: u64,
}

impl Phone {
    /// Packets that may wait for a far end that does not read: 40 s of audio.
    const PACKETS: usize = 2_000;

    /// A phone whose socket has just opened, about to play `script`.
    pub(crate) fn new(options: &Options, wire: Wire, script: Vec<Step>) -> Self {
        let rate_hz = options.rate_hz;
        let mut phone = Self {
            clock: Clock::new(rate_hz),
            dialect: options.dialect,
            caller: Caller::new(script, options.keys.as_ref(), rate_hz),
            ear: Ear::new(rate_hz, wire.buffer_ms()),
            wire,
            journal: Journal::default(),
            spoken: Vec::new(),
            out: VecDeque::new(),
            deadline: Duration::from_secs(options.max_s),
            end: None,
            closed: false,
            lost: Lost::default(),
        };
        let opening = phone.wire.encode_opening();
        phone.out.extend(opening);
        phone
    }

    /// Notes how the socket opened.
    pub(crate) fn handle_connected(&mut self, handshake: Duration, subprotocol: Option<String>) {
        let handshake_ms = u64::try_from(handshake.as_millis()).unwrap_or(u64::MAX);
        self.journal.push(
            0,
            EventKind::Connected {
                handshake_ms,
                subprotocol,
            },
        );
    }

    /// Plays and speaks what is due at `now`.
    pub(crate) fn handle_tick(&mut self, now: Duration) {
        self.listen(now);
        while self.end.is_none() && self.next_tick() <= now {
            self.send_frame();
            if self.next_tick() >= self.deadline {
                self.hang_up(now, Ended::Deadline);
            } else {
                self.speak_frame(now);
            }
        }
    }

    /// When [`Phone::handle_tick`] is due next.
    pub(crate) fn next_tick(&self) -> Duration {
        self.clock.time(self.spoken.len() as u64)
    }

    /// Takes a packet that arrived at `now`.
    pub(crate) fn handle_packet(&mut self, now: Duration, packet: &Packet) {
        self.listen(now);
        if self.end.is_some() {
            return;
        }
        match self.wire.decode(packet) {
            Signal::Audio { samples, rate_hz } => match self.ear.push_audio(samples, rate_hz) {
                Ok(discarded) => self.lost.samples += discarded as u64,
                Err(reason) => self.fault(now, reason),
            },
            Signal::Clear(how) => self.clear(now, how),
            Signal::Mark(name) => {
                if !self.ear.push_mark(name) {
                    self.fault(now, "too many marks wait".to_owned());
                }
                self.listen(now);
            }
            Signal::Note(kind) => self.journal.push(self.clock.ms(now), kind),
            Signal::Fault(reason) => self.fault(now, reason),
        }
    }

    /// The far end closed, or the connection broke. Only the first report counts.
    pub(crate) fn handle_closed(
        &mut self,
        now: Duration,
        ended: Ended,
        code: Option<u16>,
        reason: String,
    ) {
        if std::mem::replace(&mut self.closed, true) {
            return;
        }
        self.listen(now);
        let by = if self.end.is_none() {
            Side::Agent
        } else {
            Side::Caller
        };
        self.end.get_or_insert((ended, now));
        self.journal
            .push(self.clock.ms(now), EventKind::Closed { by, code, reason });
    }

    /// The next packet to send.
    pub(crate) fn poll_packet(&mut self) -> Option<Packet> {
        self.out.pop_front()
    }

    /// The next event to publish.
    pub(crate) fn poll_event(&mut self) -> Option<PhoneEvent> {
        self.journal.pop()
    }

    /// The call is over; what is left to send is to be sent and the socket closed.
    pub(crate) fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    /// The socket is known to be closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Plays or drops what still waits.
    pub(crate) fn handle_end(&mut self) {
        let Some((ended, at)) = self.end else { return };
        let closed_by_agent = matches!(ended, Ended::AgentClosed | Ended::ConnectionLost);
        let (noticed, dropped) = self
            .ear
            .finish(closed_by_agent && self.wire.plays_on_after_close());
        self.notice(noticed);
        if closed_by_agent && dropped.samples > 0 {
            self.note_cleared(at, ClearKind::Closed, &dropped);
        }
    }

    /// The report; `events_missed` is what the publisher could not hand over.
    pub(crate) fn into_report(self, events_missed: u64) -> CallReport {
        let (ended, at) = self.end.unwrap_or((Ended::ConnectionLost, Duration::ZERO));
        let (events, events_dropped) = self.journal.into_sorted();
        let turns = turns::turns(&events);
        let gaps = self.ear.gaps();
        CallReport {
            dialect: self.dialect,
            rate_hz: self.clock.rate_hz(),
            ended,
            unfinished: (ended != Ended::ScriptDone).then(|| self.caller.doing()),
            duration_ms: self.clock.ms(at),
            greeting_ms: greeting_ms(&events, &turns),
            turns,
            faults: self.lost.faults,
            packets_dropped: self.lost.packets,
            discarded_ms: self.clock.ms_of(self.lost.samples),
            gaps: gaps.count,
            gaps_ms: self.clock.ms_of(gaps.samples),
            events_missed,
            events_dropped,
            events,
            recording: Recording {
                rate_hz: self.clock.rate_hz(),
                caller: self.spoken,
                agent: self.ear.into_heard(),
            },
        }
    }

    /// Sends the frame that has just been spoken.
    fn send_frame(&mut self) {
        let frame = self.clock.frame();
        let Some(start) = self.spoken.len().checked_sub(frame) else {
            return;
        };
        let samples = self.spoken.get(start..).unwrap_or_default();
        let packet = self
            .wire
            .encode_audio(samples, self.clock.ms_of(start as u64));
        self.send(packet);
    }

    /// Lets the caller speak the next frame.
    fn speak_frame(&mut self, now: Duration) {
        let start = self.spoken.len();
        self.spoken.resize(start + self.clock.frame(), 0);
        let frame = self.spoken.get_mut(start..).unwrap_or_default();
        let mut acts = Vec::new();
        self.caller.poll_frame(self.ear.agent(), frame, &mut acts);
        for act in acts {
            match act {
                Act::Started { at, label } => self.note(at, EventKind::CallerStarted { label }),
                Act::Stopped { at, label } => self.note(at, EventKind::CallerStopped { label }),
                Act::Digit(digit) => {
                    self.note(start as u64, EventKind::Dtmf { digit });
                    let packet = self.wire.encode_digit(digit);
                    self.send(packet);
                }
                Act::HangUp => {
                    self.spoken.truncate(start);
                    self.hang_up(now, Ended::ScriptDone);
                }
            }
        }
    }

    fn hang_up(&mut self, now: Duration, ended: Ended) {
        self.end = Some((ended, now));
        let packet = self.wire.encode_ending();
        self.send(packet);
    }

    fn listen(&mut self, now: Duration) {
        if self.end.is_none() {
            let noticed = self.ear.listen_until(self.clock.position(now));
            self.notice(noticed);
        }
    }

    fn notice(&mut self, noticed: Noticed) {
        for change in noticed.changes {
            match change {
                Change::Started(at) => self.note(at, EventKind::AgentStarted),
                Change::Stopped(at) => self.note(at, EventKind::AgentStopped),
            }
        }
        for (at, name) in noticed.marks {
            self.answer_mark(self.clock.ms_of(at), name, true);
        }
    }

    fn clear(&mut self, now: Duration, how: ClearKind) {
        let (dropped, cut) = self.ear.clear();
        self.notice(Noticed {
            changes: cut.into_iter().collect(),
            marks: Vec::new(),
        });
        self.note_cleared(now, how, &dropped);
        for name in dropped.marks {
            self.answer_mark(self.clock.ms(now), name, false);
        }
    }

    fn note_cleared(&mut self, now: Duration, how: ClearKind, dropped: &Dropped) {
        let dropped_ms = self.clock.ms_of(dropped.samples as u64);
        self.journal
            .push(self.clock.ms(now), EventKind::Cleared { how, dropped_ms });
    }

    fn answer_mark(&mut self, t_ms: u64, name: String, played: bool) {
        if let Some(packet) = self.wire.encode_mark(&name) {
            self.send(packet);
        }
        self.journal.push(t_ms, EventKind::Mark { name, played });
    }

    fn fault(&mut self, now: Duration, reason: String) {
        self.lost.faults += 1;
        self.journal
            .push(self.clock.ms(now), EventKind::Fault { reason });
    }

    fn note(&mut self, at: u64, kind: EventKind) {
        self.journal.push(self.clock.ms_of(at), kind);
    }

    fn send(&mut self, packet: Packet) {
        if self.out.len() < Self::PACKETS {
            self.out.push_back(packet);
        } else {
            self.lost.packets += 1;
        }
    }
}

#[cfg(test)]
mod tests;
