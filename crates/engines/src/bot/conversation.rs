//! What the agent makes of what it is told, and of what its bot says.

use std::sync::Arc;

use bytes::BytesMut;
use trunkline_call::{
    Action, AgentEvent, CallInfo, DialFault, DialSpec, Down, Ending, Frame, LinkId, LinkSet,
    LinkSpec, PostSpec, Referral, Strategy, Time,
};
use trunkline_protocol as protocol;
use trunkline_protocol::bot::{BotEvent, Dialect, MAX_MESSAGE_BYTES, StopReason};

use super::address::Asking;
use super::moving::Moves;
use super::patience::Patience;
use super::seat::{Note, Seat};
use super::speech::Speech;
use super::stream::{session_id, stream};
use super::{Address, BotAgent, Target};

/// A close that is no fault (RFC 6455 §7.4.1): normal, going away, none given.
const GOOD_CLOSES: [u16; 3] = [1000, 1001, 1005];

/// The close code for a message above the limit (RFC 6455 §7.4.1).
const TOO_BIG: u16 = 1009;

/// What stays allocated of the buffer messages are decoded into.
const IDLE_BYTES: usize = 4_096;

impl BotAgent {
    pub(super) fn begin(&mut self, info: &CallInfo) {
        self.info = info.clone();
        self.asking = None;
        self.seats.clear();
        self.speech = Speech::default();
        self.patience = Patience::new(self.spec.manners);
        self.moves = Moves::default();
        self.cut = None;
        self.is_ready = false;
        match &self.spec.address {
            Address::Fixed(target) => {
                let target = target.clone();
                self.seats.current = Some(self.dial(target));
            }
            Address::Asked {
                url,
                headers,
                timeout_ms,
            } => {
                let number = self.seats.dialled.wrapping_add(1);
                let session_id = session_id(self.spec.dialect, &self.info, number);
                let request = PostSpec {
                    url: url.clone(),
                    headers: headers.clone(),
                    timeout_ms: *timeout_ms,
                    ..Asking::request(&self.info, &self.spec.name, &session_id)
                };
                let id = self.seats.next_link();
                self.asking = Some(Asking::new(id));
                self.speech
                    .push(Action::Open(id, LinkSpec::Post(Arc::new(request))));
            }
        }
    }

    /// Asks for a socket to this server.
    pub(super) fn dial(&mut self, target: Target) -> Seat {
        let id = self.seats.next_link();
        let spec = DialSpec {
            url: target.url.clone(),
            headers: target.headers.clone(),
            connect_ms: self.spec.manners.connect_ms,
            max_message_bytes: MAX_MESSAGE_BYTES,
            signing: target.signing.clone(),
        };
        self.speech
            .push(Action::Open(id, LinkSpec::Dial(Arc::new(spec))));
        self.seats.dialled = self.seats.dialled.wrapping_add(1);
        let socket = stream(&self.spec, self.format, &self.info, self.seats.dialled);
        let frame_bytes = self.format.bytes_for_us(self.spec.frame_ms * 1_000);
        Seat::new(id, self.seats.dialled, target, socket, frame_bytes.max(1))
    }

    pub(super) fn up(&mut self, now: Time, id: LinkId) {
        if self.seats.next.as_ref().is_some_and(|seat| seat.id == id) {
            self.take_seat(now);
        }
        let current = self.seats.current.as_mut();
        if let Some(seat) = current.filter(|seat| seat.id == id) {
            seat.is_up = true;
            self.patience.began(now);
        }
    }

    pub(super) fn data(&mut self, id: LinkId, frame: Frame<'_>) {
        if let Some(asking) = self.asking.as_mut().filter(|asking| asking.id == id) {
            if let Frame::Http(frame) = frame {
                asking.hear(frame);
            }
            return;
        }
        let current = self.seats.current.as_ref();
        if current.is_none_or(|seat| seat.id != id) {
            // A bot that has been left has no say any more.
            return;
        }
        match frame {
            Frame::Text(text) => self.hear_bot(protocol::Frame::Text(text)),
            Frame::Binary(bytes) => self.hear_bot(protocol::Frame::Binary(bytes)),
            Frame::TooBig => self.break_off("message_too_big", TOO_BIG),
            Frame::Broken { close_code } => self.break_off("protocol_violation", close_code),
            Frame::Closing { code } => self.seats.close_code = Some(code),
            Frame::Alive | Frame::Worker(_) | Frame::Http(_) => {}
        }
    }

    /// The bot's socket carries what it must not: it is closed with a code that says so.
    fn break_off(&mut self, reason: &'static str, close_code: u16) {
        if let Some(seat) = self.seats.current.take() {
            self.speech.push(Action::CloseWith(seat.id, close_code));
        }
        self.fail(reason, false);
    }

    fn hear_bot(&mut self, frame: protocol::Frame<'_>) {
        let Some(seat) = &self.seats.current else {
            return;
        };
        let mut audio = std::mem::take(&mut self.decoded);
        audio.clear();
        match seat.socket.decode(frame, &mut audio) {
            Ok(BotEvent::Audio) => self.hear_audio(&audio),
            Ok(event) => self.wants(event),
            Err(fault) => {
                let code = fault.code();
                self.ask(Action::Dropped { code });
                if self.patience.faulted() {
                    self.fail("nonsense", false);
                }
            }
        }
        audio.clear();
        audio.shrink_to(IDLE_BYTES);
        self.decoded = audio;
    }

    fn hear_audio(&mut self, audio: &[u8]) {
        if audio.is_empty() {
            return;
        }
        if self.patience.spoke() {
            self.speech.push(Action::Working(false));
        }
        let sample_bytes = self.format.bytes_per_sample();
        if self.speech.push_audio(audio, sample_bytes).is_err() {
            self.fail("flood", false);
        }
    }

    /// A wish of the bot's, behind what it has said.
    fn ask(&mut self, action: Action) {
        if self.speech.ask(action).is_err() {
            self.fail("flood", false);
        }
    }

    fn wants(&mut self, event: BotEvent<'_>) {
        match event {
            BotEvent::Clear => {
                let names = self.speech.clear();
                self.cut.get_or_insert_default().extend(names);
                self.ask(Action::CutOff);
            }
            BotEvent::Mark(name) => {
                // Only who has set it is told.
                let number = self.seats.current.as_ref().map_or(0, |seat| seat.number);
                self.ask(Action::Mark(format!("{number} {name}")));
            }
            BotEvent::Press(keys) => self.ask(Action::Press(keys.into_owned())),
            BotEvent::HangUp => self.ask(Action::HangUp),
            BotEvent::Transfer {
                destinations,
                sequential,
            } => self.refer(Referral {
                destinations,
                strategy: if sequential {
                    Strategy::Sequential
                } else {
                    Strategy::Simultaneous
                },
            }),
            BotEvent::TransferExtension { extension } => self.refer(Referral::to(extension)),
            BotEvent::TransferBot { url } => self.move_to(url),
            BotEvent::TransferFlow { flow_id } => self.flow_to(flow_id),
            BotEvent::Audio | BotEvent::Ignored => {}
        }
    }

    fn refer(&mut self, referral: Referral) {
        self.moves.referred.push_back(referral.joined());
        self.ask(Action::Transfer(referral));
    }

    /// Marks whose audio is gone.
    fn not_played(&mut self, names: &[String]) {
        for name in names {
            self.marked(name, false);
        }
    }

    /// A mark has been reached, or never will be. A bot that has given the call away is told no more.
    fn marked(&mut self, name: &str, played: bool) {
        let Some((number, name)) = name.split_once(' ') else {
            return;
        };
        let current = self.seats.current.as_mut();
        if let Some(seat) = current.filter(|seat| number.parse() == Ok(seat.number)) {
            let name = name.to_owned();
            seat.note(Note::Mark { name, played });
        }
    }

    /// The bot's clear has been carried out.
    pub(super) fn cut_done(&mut self, names: &[String]) {
        self.not_played(names);
        self.note(Note::Cleared);
    }

    pub(super) fn note(&mut self, note: Note) {
        if let Some(seat) = &mut self.seats.current {
            seat.note(note);
        }
    }

    pub(super) fn down(&mut self, now: Time, id: LinkId, why: Down) {
        if self.asking.as_ref().is_some_and(|asking| asking.id == id) {
            return self.answered(why);
        }
        if self.seats.next.as_ref().is_some_and(|seat| seat.id == id) {
            return self.not_moved(now, why);
        }
        self.seats.left.take_if(|seat| seat.id == id);
        let Some(mut left) = self.seats.current.take_if(|seat| seat.id == id) else {
            return;
        };
        if let Some(next) = &mut self.seats.next {
            // It has given the call away already.
            next.inherit(&mut left);
            return;
        }
        let code = self.seats.close_code.take();
        let good = code.is_some_and(|code| GOOD_CLOSES.contains(&code));
        match why {
            Down::NotReached(fault) => self.fail(fault.label(), fault.is_temporary()),
            // Where a bot has no message for it, a proper close is how it ends a call.
            Down::Finished if good && self.spec.dialect != Dialect::Ivr => {
                self.speech.push(Action::HangUp);
            }
            Down::Finished => self.fail("bot_closed", true),
            Down::Busy => self.fail("too_many_dials", true),
            Down::Lost | Down::Unavailable => self.fail("bot_lost", true),
        }
    }

    /// Whoever knows the bot's address has answered, or will not.
    fn answered(&mut self, why: Down) {
        let Some(asking) = self.asking.take() else {
            return;
        };
        let answer = match why {
            Down::Finished => asking.answer(),
            Down::NotReached(DialFault::TimedOut) => Err("config_api_timeout"),
            _ => Err("config_api_unreachable"),
        };
        match answer {
            Ok(answer) => {
                let format = answer.format.unwrap_or(self.spec.format);
                if format != self.format {
                    self.format = format;
                    self.speech.push(Action::NeedsChanged);
                }
                self.seats.current = Some(self.dial(answer.target));
            }
            Err(reason) => self.fail(reason, false),
        }
    }

    /// What concerns the conversation.
    pub(super) fn told(&mut self, now: Time, event: AgentEvent<'_>) {
        match event {
            AgentEvent::Digit(digit) => self.note(Note::Digit(digit)),
            AgentEvent::Interrupted { .. } => {
                let names = self.speech.clear();
                self.not_played(&names);
                self.note(Note::Flushed);
            }
            AgentEvent::Marked { name, played } => self.marked(name, played),
            AgentEvent::SpeechStarted | AgentEvent::TurnResumed => self.withdrawn(),
            AgentEvent::EndOfTurn => {
                let waits = self.patience.asked(now);
                self.waits(waits);
            }
            AgentEvent::Backchannel => {
                let waits = self.patience.resumed(now);
                self.waits(waits);
            }
            AgentEvent::TransferRefused(fault) => {
                let to = self.moves.referred.pop_front().unwrap_or_default();
                let reason = fault.label();
                self.note(Note::TransferFailed { reason, to });
            }
            // A bot has no words for the others; its own ears tell it most of them.
            _ => {}
        }
    }

    /// The caller speaks again, and waits for no answer any more.
    fn withdrawn(&mut self) {
        if self.patience.withdrawn() {
            self.speech.push(Action::Working(false));
        }
    }

    /// The caller has finished a turn: whether an answer is waited for.
    fn waits(&mut self, waits: bool) {
        if waits {
            self.speech.end_utterance();
            self.speech.push(Action::Working(true));
        }
    }

    /// Somebody may have taken too long.
    pub(super) fn run_patience(&mut self, now: Time) {
        if let Some(late) = self.patience.late(now).filter(|_| self.is_ready) {
            let (reason, retry) = late.failure();
            self.fail(reason, retry);
        }
    }

    /// Notes whether the bot reads what it is sent.
    pub(super) fn watch_stall(&mut self, now: Time, writable: LinkSet) {
        let Some(seat) = &self.seats.current else {
            return;
        };
        let stalls = seat.has_something() && !writable.contains(seat.id);
        let is_overfull = seat.is_overfull;
        self.patience.stalls(now, stalls);
        if is_overfull && !self.is_over {
            self.seats.current = None;
            self.fail("bot_stalled", true);
        }
    }

    /// The next message to a bot, or what has become of it.
    pub(super) fn poll_seats(
        &mut self,
        now: Time,
        writable: LinkSet,
        out: &mut BytesMut,
    ) -> Option<Action> {
        if let Some(action) = self.poll_left(now, writable, out) {
            return Some(action);
        }
        let seat = self.seats.current.as_mut()?;
        if let Some(kind) = seat.poll(writable, out) {
            return Some(Action::Send(seat.id, kind));
        }
        let has_call = seat.is_open() && self.seats.next.is_none();
        if !self.is_over && !self.is_ready && has_call {
            self.is_ready = true;
            return Some(Action::Ready);
        }
        None
    }

    /// The last messages to a bot that has given the call away, and its close.
    fn poll_left(&mut self, now: Time, writable: LinkSet, out: &mut BytesMut) -> Option<Action> {
        let left = self.seats.left.as_mut()?;
        let id = left.id;
        if let Some(kind) = left.poll(writable, out) {
            return Some(Action::Send(id, kind));
        }
        if left.has_notes() && now < left.leaves_at {
            return None;
        }
        self.seats.left = None;
        Some(Action::Close(id))
    }

    /// The call is over: the bot is told why, as far as it still listens.
    pub(super) fn end(&mut self, ending: Ending) {
        self.is_over = true;
        let reason = match ending {
            Ending::AgentHungUp | Ending::Transferred => StopReason::Stopped,
            _ => StopReason::CallEnded,
        };
        if self.seats.current.as_ref().is_some_and(Seat::is_open) {
            self.note(Note::Stop(reason));
        }
    }
}
