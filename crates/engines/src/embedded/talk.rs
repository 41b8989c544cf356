//! What the agent makes of what it is told: replies, silence, keys, hold.

use trunkline_call::{Action, Begin, Down, Frame, LinkId, Referral, Time};
use trunkline_local::script::{self, Reply};

use super::ScriptAgent;
use crate::front_end::{DIGITS_MS, Loss, NO_VOICE};

impl ScriptAgent {
    pub(super) fn begin(&mut self, now: Time, begin: Begin<'_>) {
        let mut reply = self.dialogue.begin();
        if let Some(greeting) = self.front_end.configure(begin.configure) {
            greeting.clone_into(&mut reply.say);
        }
        self.reply(now, reply);
    }

    fn reply(&mut self, now: Time, reply: Reply) {
        if self.front_end.is_on_hold() {
            return;
        }
        self.silence_at = None;
        self.afterwards = reply.action;
        let interruptible = self.dialogue.expects().barge_in;
        if reply.say.is_empty() {
            if !self.front_end.mouth.is_speaking() {
                self.said(now);
            }
        } else {
            self.front_end.mouth.say(&reply.say, interruptible);
        }
    }

    /// Everything said has been played.
    pub(super) fn said(&mut self, now: Time) {
        match std::mem::replace(&mut self.afterwards, script::Action::None) {
            script::Action::HangUp => self.todo.push_back(Action::HangUp),
            script::Action::Transfer { destination } => {
                self.todo
                    .push_back(Action::Transfer(Referral::to(destination)));
            }
            script::Action::None => {
                let patience = u64::from(self.dialogue.expects().silence_ms);
                self.silence_at = Some(now.plus_ms(patience));
            }
        }
    }

    fn understood(&mut self, now: Time, text: &str) {
        let interrupted = std::mem::take(&mut self.interrupted);
        // A cough while nobody speaks is no turn.
        if text.is_empty() && !interrupted {
            return;
        }
        self.todo.push_back(Action::CallerSaid(text.to_owned()));
        let reply = self.dialogue.heard(text);
        self.reply(now, reply);
    }

    /// Stops speaking, because the caller types.
    fn hush(&mut self) {
        if self.front_end.hush() {
            self.afterwards = script::Action::None;
            self.todo.push_back(Action::CutOff);
        }
    }

    pub(super) fn digit(&mut self, now: Time, digit: char) {
        if self.front_end.is_on_hold() {
            return;
        }
        self.silence_at = None;
        self.hush();
        match self.dialogue.digit(digit) {
            Some(reply) => {
                self.digits_at = None;
                self.reply(now, reply);
            }
            None => self.digits_at = Some(now.plus_ms(DIGITS_MS)),
        }
    }

    pub(super) fn worker(&mut self, now: Time, id: LinkId, frame: Frame<'_>) {
        if let Some(understood) = self.front_end.worker(id, frame) {
            self.understood(now, understood.believed());
            self.silence_from(now);
        }
    }

    pub(super) fn down(&mut self, now: Time, id: LinkId, why: Down) {
        match self.front_end.down(id, why) {
            Some(Loss::Voice) => self.todo.push_back(Action::Failed(NO_VOICE)),
            Some(Loss::Ears) => self.silence_from(now),
            None => {}
        }
    }

    pub(super) fn tick(&mut self, now: Time) {
        if self.silence_at.take_if(|at| *at <= now).is_some() {
            let reply = self.dialogue.silence();
            self.reply(now, reply);
        }
        if self.digits_at.take_if(|at| *at <= now).is_some() {
            match self.dialogue.digits_ended() {
                Some(reply) => self.reply(now, reply),
                None => self.silence_from(now),
            }
        }
        self.front_end.tick(now);
    }

    /// Starts waiting for the caller again, if nothing is being said.
    pub(super) fn silence_from(&mut self, now: Time) {
        let waits = !self.front_end.is_on_hold() && self.afterwards == script::Action::None;
        if waits && !self.front_end.mouth.is_speaking() {
            self.said(now);
        }
    }

    /// The caller has said nothing for the call's own patience, which is another than the script's. One who is
    /// being understood or answered is not asked.
    pub(super) fn idle(&mut self, now: Time) {
        if !self.front_end.ears.is_busy() && !self.front_end.mouth.is_speaking() {
            let reply = self.dialogue.silence();
            self.reply(now, reply);
        }
    }

    /// What was being said is void, and with it what was to follow.
    fn fall_silent(&mut self) {
        self.afterwards = script::Action::None;
        self.front_end.mouth.stop();
    }

    /// The caller cut the agent off.
    pub(super) fn interrupted(&mut self, now: Time) {
        self.interrupted = true;
        self.fall_silent();
        if !self.front_end.ears.is_listening() {
            self.silence_from(now);
        }
    }

    /// The caller's turn goes on: what was begun since it seemed over was never heard, and is to be answered
    /// again.
    pub(super) fn turn_resumed(&mut self) {
        self.silence_at = None;
        if self.front_end.mouth.said_since_mark() {
            self.interrupted = true;
            self.fall_silent();
        }
    }

    /// On hold the caller neither hears nor is heard: no question is asked, no sentence understood, no key taken.
    /// Afterwards the caller has the word.
    pub(super) fn hold(&mut self, now: Time, on_hold: bool) {
        self.front_end.hold(on_hold);
        if on_hold {
            (self.silence_at, self.digits_at) = (None, None);
            self.afterwards = script::Action::None;
        } else {
            self.silence_from(now);
        }
    }

    /// The caller could not be connected elsewhere, and is back.
    pub(super) fn transfer_refused(&mut self, now: Time) {
        self.front_end.take_back();
        let reply = self.dialogue.transfer_failed();
        self.reply(now, reply);
    }

    /// The caller wrote in place of speaking.
    pub(super) fn text(&mut self, now: Time, text: &str) {
        if !self.front_end.is_on_hold() {
            self.hush();
            self.interrupted = true;
            self.understood(now, text);
        }
    }
}
