//! What the scripted agent gives the call, one thing at a time.

use bytes::BufMut;

use super::{Desk, Step};
use crate::agent::{Action, Buffers, Delivery};
use crate::link::{LinkSet, SendKind};
use crate::sim::stamp::{self, STAMP_US};
use crate::time::Time;

impl Desk {
    pub(in crate::sim) fn next_action(
        &mut self,
        now: Time,
        writable: LinkSet,
        buffers: Buffers<'_>,
    ) -> Option<Action> {
        let sendable = self.sends.iter().position(|(id, _)| writable.contains(*id));
        if let Some((id, text)) = sendable.and_then(|at| self.sends.remove(at)) {
            buffers.message.put_slice(text.as_bytes());
            return Some(Action::Send(id, SendKind::Text));
        }
        if self.manner.echo && self.queue.is_empty() && !self.rest.is_empty() {
            buffers.audio.append(&mut self.rest);
            return Some(Action::Audio);
        }
        loop {
            match self.queue.front()? {
                Step::Frames(0) if self.rest.is_empty() => {
                    self.queue.pop_front();
                    self.due_at = None;
                    continue;
                }
                Step::Frames(_) => return self.speak(now, buffers.audio),
                Step::Act(_) => {}
            }
            return match self.queue.pop_front()? {
                Step::Act(action) => {
                    self.note(now, &action);
                    Some(action)
                }
                Step::Frames(_) => None,
            };
        }
    }

    /// Gives the next piece of the frames in front, or nothing when it is not time yet.
    fn speak(&mut self, now: Time, audio: &mut Vec<u8>) -> Option<Action> {
        let (_, format) = self.format?;
        let realtime = self.manner.needs.delivery == Delivery::RealTime;
        let due_at = *self.due_at.get_or_insert(now);
        if realtime && due_at.max(self.stalled_until) > now {
            return None;
        }
        let piece = match self.manner.piece_bytes {
            _ if realtime => format.bytes_per_frame(),
            0 => format.bytes_per_frame() * 5,
            bytes => bytes.next_multiple_of(format.bytes_per_sample()),
        };
        while self.rest.len() < piece
            && let Some(Step::Frames(left @ 1..)) = self.queue.front_mut()
        {
            *left -= 1;
            if self.pauses_now() {
                let from = self.rest.len();
                self.rest.resize(from + format.bytes_per_frame(), 0);
                format.fill_silence(&mut self.rest[from..]);
                continue;
            }
            let number = self.notes.next_frame;
            stamp::write(number, format, &mut self.rest);
            self.notes.gives(number);
            self.notes.due_at.push((number, due_at));
        }
        audio.extend(self.rest.drain(..piece.min(self.rest.len())));
        self.due_at = Some(due_at.plus_us(STAMP_US));
        Some(Action::Audio)
    }

    pub(super) fn say(&mut self, ms: u64, interruptible: bool) {
        self.begin_utterance(interruptible);
        self.queue.push_back(frames(ms));
        self.queue.push_back(Step::Act(Action::EndUtterance));
    }

    pub(super) fn begin_utterance(&mut self, interruptible: bool) {
        self.open = false;
        let begin = Action::BeginUtterance { interruptible };
        self.queue.push_back(Step::Act(begin));
    }

    /// Takes down what an action means for what is said.
    fn note(&mut self, now: Time, action: &Action) {
        match action {
            Action::BeginUtterance { .. } => self.notes.begin_utterance(),
            Action::EndUtterance | Action::Failed(_) => self.notes.end_utterance(),
            Action::CutOff => {
                self.rest.clear();
                self.notes.void_all(now);
            }
            Action::Turn(signal) => self.signalled(now, signal),
            Action::Hold(true) | Action::Transfer(_) => self.notes.sends_away += 1,
            Action::Mark(name) => self.notes.named.set(name, self.notes.next_frame),
            Action::Away => self.notes.away = true,
            Action::Ready => self.notes.away = false,
            Action::Press(keys) => self.notes.keys += keys.len() as u64,
            _ => {}
        }
    }
}

/// So many milliseconds, in whole frames.
pub(super) const fn frames(ms: u64) -> Step {
    Step::Frames((ms * 1_000).div_ceil(STAMP_US))
}
