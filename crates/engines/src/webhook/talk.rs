//! What the agent makes of what it is told: turns, answers, failures, keys, hold.

use trunkline_call::{Action, Begin, Down, Frame, HttpFrame, LinkId, LinkSpec, Referral, Time};
use trunkline_protocol::bot::webhook::{Direction, Message, ReplyLine, WebhookCall};

use super::exchange::{Exchange, MAX_ANSWER_BYTES, Step};
use super::fault::Fault;
use super::{Afterwards, WebhookAgent};
use crate::front_end::{Loss, NO_VOICE, Understood};

/// Said where there is no answer, or what the caller said was not understood.
pub(super) const SAY_AGAIN: &str = "I am sorry, could you say that again?";

/// Said where a transfer comes to nothing.
pub(super) const NOT_CONNECTED: &str = "I am sorry, I can not connect you right now.";

/// Said to a caller who says nothing.
pub(super) const STILL_THERE: &str = "Are you still there?";

/// Requests that may fail in a row until the agent is lost.
const MAX_FAILED: u32 = 3;

impl WebhookAgent {
    pub(super) fn begin(&mut self, now: Time, begin: Begin<'_>) {
        self.info.clone_from(begin.info);
        self.record.begin(now, begin.info, begin.history);
        let asked = self.front_end.configure(begin.configure);
        let greeting = asked.unwrap_or(&self.spec.greeting);
        self.front_end.mouth.say(greeting, true);
    }

    /// The caller was understood, or not.
    fn understood(&mut self, now: Time, understood: Understood<'_>) {
        let interrupted = std::mem::take(&mut self.interrupted);
        let text = understood.believed();
        if !text.is_empty() {
            self.todo.push_back(Action::CallerSaid(text.to_owned()));
            self.turn(now, text, understood.confidence);
        } else if self.asking.exchange.is_none() && (interrupted || !understood.text.is_empty()) {
            // A cough while nobody speaks is no turn.
            self.front_end.remark(SAY_AGAIN);
        }
    }

    /// A turn of the caller's: the bot is asked.
    fn turn(&mut self, now: Time, transcript: &str, confidence: Option<f32>) {
        self.abort();
        self.interrupted = false;
        let message = Message {
            at: &self.record.stamp(now),
            call: WebhookCall {
                agent_id: &self.spec.agent_id,
                call_id: &self.info.call_id,
                number_id: &self.info.to,
                from: &self.info.from,
                to: &self.info.to,
                direction: Direction::Inbound,
            },
            transcript,
            confidence,
            history: &self.record.turns(),
            context_limit: self.spec.context_limit,
        };
        let request = self.spec.request(message.to_json(), MAX_ANSWER_BYTES);
        self.record.caller_said(now, transcript);
        let link = self.asking.link.next();
        self.asking.link = link;
        self.asking.connected = true;
        self.asking.exchange = Some(Exchange::new(link, now.plus_ms(self.spec.timeout_ms)));
        self.todo
            .push_back(Action::Open(link, LinkSpec::Post(request.into())));
    }

    /// The answer to what the caller said before is wanted no longer.
    fn abort(&mut self) {
        self.afterwards = Afterwards::Nothing;
        self.asking.exchange = None;
        if std::mem::take(&mut self.asking.connected) {
            self.todo.push_back(Action::Close(self.asking.link));
        }
    }

    /// Something of the answer.
    pub(super) fn http(&mut self, id: LinkId, frame: HttpFrame<'_>) {
        if let Some(exchange) = self.exchange(id) {
            let end = exchange.frame(frame);
            self.ended(end);
        }
    }

    pub(super) fn down(&mut self, id: LinkId, why: Down) {
        if id == self.asking.link {
            self.asking.connected = false;
        }
        if let Some(exchange) = self.exchange(id) {
            let end = exchange.down(why);
            self.ended(end);
        } else if self.front_end.down(id, why) == Some(Loss::Voice) {
            self.todo.push_back(Action::Failed(NO_VOICE));
        }
    }

    fn exchange(&mut self, id: LinkId) -> Option<&mut Exchange> {
        let exchange = self.asking.exchange.as_mut();
        exchange.filter(|exchange| exchange.id() == id)
    }

    /// The answer has ended, if it has.
    fn ended(&mut self, end: Option<Result<(), Fault>>) {
        match end {
            None => {}
            Some(Ok(())) => self.asking.failed = 0,
            Some(Err(fault)) => {
                self.asking.failed += 1;
                if fault.is_final() || self.asking.failed >= MAX_FAILED {
                    self.abort();
                    self.todo.push_back(Action::Failed(fault.failure()));
                }
            }
        }
    }

    /// Says what has come of the answer, unless the caller has the word, and does what is to be done after it.
    pub(super) fn go_on(&mut self) {
        while self.may_answer() {
            match self.asking.exchange.as_mut().and_then(Exchange::poll) {
                None => break,
                Some(Step::Line(line)) => self.say(&line),
                // What a server sends behind its last line is read and left.
                Some(Step::End(Ok(()))) => self.asking.exchange = None,
                Some(Step::End(Err(_))) => {
                    self.abort();
                    self.front_end.remark(SAY_AGAIN);
                }
            }
        }
        if self.asking.exchange.is_none() && !self.front_end.mouth.is_speaking() {
            self.said();
        }
    }

    fn may_answer(&self) -> bool {
        let front_end = &self.front_end;
        let callers = self.caller_speaks || front_end.ears.is_busy();
        !front_end.is_on_hold()
            && front_end.mouth.has_room()
            && (!callers || front_end.mouth.is_speaking())
    }

    fn say(&mut self, line: &ReplyLine) {
        if let Some(text) = &line.text {
            self.front_end.mouth.say(text, true);
        }
        if line.transfer {
            self.afterwards = Afterwards::Transfer;
        } else if line.hangup && self.afterwards == Afterwards::Nothing {
            self.afterwards = Afterwards::HangUp;
        }
    }

    /// Everything has been played.
    fn said(&mut self) {
        match std::mem::take(&mut self.afterwards) {
            Afterwards::Nothing => {}
            Afterwards::HangUp => self.todo.push_back(Action::HangUp),
            Afterwards::Transfer => match &self.spec.transfer_number {
                Some(number) => {
                    let referral = Referral::to(number.clone());
                    self.todo.push_back(Action::Transfer(referral));
                }
                None => self.transfer_refused(),
            },
        }
    }

    /// The caller could not be connected elsewhere, and is back.
    pub(super) fn transfer_refused(&mut self) {
        self.front_end.take_back();
        self.front_end.remark(NOT_CONNECTED);
    }

    pub(super) fn worker(&mut self, now: Time, id: LinkId, frame: Frame<'_>) {
        if let Some(understood) = self.front_end.worker(id, frame) {
            self.understood(now, understood);
        }
    }

    pub(super) fn tick(&mut self, now: Time) {
        self.front_end.tick(now);
        if let Some(keys) = self.keys.tick(now) {
            self.turn(now, &keys, Some(1.0));
        }
        let end = self.asking.exchange.as_mut().and_then(|e| e.tick(now));
        self.ended(end);
    }

    /// Stops speaking, and waits for no answer, because the caller types.
    fn hush(&mut self, now: Time) {
        self.abort();
        if self.front_end.hush() {
            self.record.cut_off(now);
            self.todo.push_back(Action::CutOff);
        }
    }

    pub(super) fn digit(&mut self, now: Time, digit: char) {
        if self.front_end.is_on_hold() {
            return;
        }
        self.hush(now);
        if let Some(keys) = self.keys.press(now, digit) {
            self.turn(now, &keys, Some(1.0));
        }
    }

    /// The caller wrote in place of speaking.
    pub(super) fn text(&mut self, now: Time, text: &str) {
        let text = text.trim();
        if !self.front_end.is_on_hold() && !text.is_empty() {
            self.hush(now);
            self.todo.push_back(Action::CallerSaid(text.to_owned()));
            self.turn(now, text, Some(1.0));
        }
    }

    /// The caller cut the agent off: what was being said is void, and with it what was to follow.
    pub(super) fn interrupted(&mut self, now: Time, heard: &str) {
        self.interrupted = true;
        self.front_end.mouth.stop();
        self.record.interrupted(now, heard);
        self.abort();
    }

    /// The caller's turn goes on: what was begun since it seemed over was never heard.
    pub(super) fn turn_resumed(&mut self) {
        self.record.forget_doubtful();
        if self.front_end.mouth.said_since_mark() {
            self.interrupted = true;
            self.front_end.mouth.stop();
            self.abort();
        }
    }

    /// The caller has said nothing for the call's patience. One who is being understood or answered is not asked.
    pub(super) fn idle(&mut self) {
        let waits = self.asking.exchange.is_some() || self.front_end.ears.is_busy();
        if !waits && !self.front_end.mouth.is_speaking() {
            self.front_end.remark(STILL_THERE);
        }
    }

    /// On hold no answer is waited for, nothing understood and no key taken. Afterwards the caller has the word.
    pub(super) fn hold(&mut self, on_hold: bool) {
        self.front_end.hold(on_hold);
        if on_hold {
            self.caller_speaks = false;
            self.keys.take();
            self.abort();
        }
    }
}
