//! What must hold after every step of every simulated call, found out without looking into the call.

mod billing;
mod links;

use std::collections::HashSet;

use self::billing::Bill;
use self::links::OpenLinks;
use super::lines::message_us;
use super::notes::Notes;
use super::replay::Replay;
use super::stamp::{Reader, STAMP_US};
use crate::caller::{FrameRule, Line};
use crate::counters::Counters;
use crate::io::CallEvent;
use crate::meter::Metering;
use crate::time::Time;

/// How far a frame may leave from its schedule.
const PACING_US: u64 = 1_000;

/// Frames ahead at which a stamp is believed, where audio may have been shortened.
const LEGIBLE: u64 = 512;

/// Times a call may be woken without a microsecond passing.
const WAKES: u32 = 200;

/// What the call was given to work with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) line: Line,
    pub(super) lead_us: u64,
    pub(super) bound_us: u64,
    /// How late the driver's timers may be.
    pub(super) late_us: u64,
    /// Frames may be missing: the network loses them before an echo, or a late agent's audio is shortened.
    pub(super) may_skip: bool,
    /// All that is said is whole stamps in the caller's format.
    pub(super) stamps_alone: bool,
    /// How long whoever transfers the caller may take.
    pub(super) transfer_us: u64,
    /// A call that has lost its last agent transfers the caller by itself.
    pub(super) has_destination: bool,
}

/// The state at the end of a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rest<'a> {
    pub(super) writable: bool,
    pub(super) notes: &'a Notes,
    pub(super) counters: &'a Counters,
    pub(super) metering: Metering,
    /// The call is live and shall not end.
    pub(super) live: bool,
}

/// The observer on the caller's link.
#[derive(Debug)]
pub(super) struct Watch {
    terms: Terms,
    pub(super) replay: Replay,
    pub(super) reader: Reader,
    /// When everything written so far will have been played, if it arrives at once.
    plays_until: Time,
    /// One past the last frame written.
    next: u64,
    seen_silences: u64,
    /// By when the next audio must leave, because it is there and nothing hinders it.
    owed_by: Option<Time>,
    /// Audio of before the last cut-off is at the carrier, which has not been told.
    owes_clear: bool,
    /// Refused audio, in bytes: ever, and before the last cut-off.
    overflow: (u64, u64),
    marks: HashSet<String>,
    pub(super) bill: Bill,
    pub(super) links: OpenLinks,
    pub(super) tally: Tally,
}

/// What is counted along the way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// Messages of audio written, and stamped frames in them.
    pub(super) messages: u64,
    pub(super) frames: u64,
    /// Microseconds of audio in them, of whatever kind.
    written_us: u64,
    /// Bytes of caller audio that reached the call while it was live.
    pub(super) bytes_in: u64,
    /// Ending events; closes of the caller's link.
    pub(super) endings: u32,
    pub(super) closes: u32,
    last_wake: Time,
    wakes: u32,
}

impl Watch {
    pub(super) fn new(terms: Terms, replay: Replay) -> Self {
        Self {
            reader: Reader::new(terms.line.takes),
            terms,
            replay,
            plays_until: Time::ZERO,
            next: 0,
            seen_silences: 0,
            owed_by: None,
            owes_clear: false,
            overflow: (0, 0),
            marks: HashSet::new(),
            bill: Bill::new(terms),
            links: OpenLinks::default(),
            tally: Tally::default(),
        }
    }

    /// A message of audio is written to the caller's link.
    pub(super) fn audio(&mut self, now: Time, audio: &[u8], notes: &Notes, counters: &Counters) {
        self.replay.trace(now, "audio", audio.len() as u64);
        self.look_for_silence(notes);
        self.overflow.0 = counters.overflow_bytes;
        self.tally.messages += 1;
        self.tally.written_us += self.terms.line.takes.us_for_bytes(audio.len());
        if self.tally.endings > 0 {
            self.fail(now, "audio after the end");
        }
        if self.owes_clear {
            self.fail(now, "new audio before the carrier was told to drop the old");
        }
        let tolerance_us = PACING_US + self.terms.late_us;
        if let Some(by) = self.owed_by.take()
            && now > by.plus_us(tolerance_us)
        {
            self.fail(now, &format!("audio due by {by} left late"));
        }
        let early = self.plays_until.minus_us(self.terms.lead_us + PACING_US);
        if now < early {
            self.fail(now, &format!("audio not due before {early} left"));
        }
        // Without a lead, a timer late by less than a frame moves nothing but its own frame.
        let begun = self.tally.messages > 1;
        let grace_us = u64::from(begun) * STAMP_US.saturating_sub(self.terms.lead_us);
        if now > self.plays_until.plus_us(grace_us) {
            self.plays_until = now;
        }
        self.plays_until = self
            .plays_until
            .plus_us(self.terms.line.takes.us_for_bytes(audio.len()));
        self.check_framing(now, audio.len());
        let mut reader = std::mem::replace(&mut self.reader, Reader::new(self.terms.line.takes));
        reader.push(audio, |found| self.frame(now, found.number, notes));
        self.reader = reader;
    }

    /// No frame twice, none out of order, none that was cut off, none left out.
    fn frame(&mut self, now: Time, number: u64, notes: &Notes) {
        let legible = self.next..self.next + LEGIBLE;
        if self.terms.may_skip && !legible.contains(&number) {
            // Shortened by overlap, a frame can read as any other.
            return;
        }
        self.tally.frames += 1;
        if number < self.next {
            self.fail(now, &format!("frame {number} after {}", self.next - 1));
        }
        if notes.void.iter().any(|void| void.contains(&number)) {
            self.fail(now, &format!("frame {number} was cut off before"));
        }
        let expected = skip_void(self.next, notes);
        if number != expected && !self.terms.may_skip && self.overflow.0 == 0 {
            self.fail(now, &format!("frame {number} in place of {expected}"));
        }
        self.next = number + 1;
    }

    fn check_framing(&self, now: Time, bytes: usize) {
        let fits = match self.terms.line.framing {
            FrameRule::Exact { us } => self.terms.line.takes.bytes_for_us(us) == bytes,
            FrameRule::Multiple {
                unit_bytes,
                min_bytes,
                max_bytes,
            } => bytes.is_multiple_of(unit_bytes) && (min_bytes..=max_bytes).contains(&bytes),
            FrameRule::Any => true,
        };
        if !fits {
            self.fail(now, &format!("a message of {bytes} bytes"));
        }
    }

    /// A text is written to the caller's link.
    pub(super) fn text(&mut self, now: Time, text: &str, notes: &Notes) {
        self.look_for_silence(notes);
        self.replay.trace(now, "text", text.len() as u64);
        if text == "clear" {
            self.owes_clear = false;
            // A line of the gateway's own goes without the agent being told.
            self.plays_until = self.plays_until.min(now);
            self.replay.trace(now, "clear", 0);
        }
        if let Some(name) = text.strip_prefix("mark ")
            && !self.marks.insert(name.to_owned())
        {
            self.fail(now, &format!("mark {name} for the second time"));
        }
    }

    /// The agent may have been cut off since the last look: the carrier is to be told, and what it plays ends.
    fn look_for_silence(&mut self, notes: &Notes) {
        if notes.silences == self.seen_silences {
            return;
        }
        self.seen_silences = notes.silences;
        self.overflow.1 = self.overflow.0;
        self.reader.break_off();
        self.owed_by = None;
        if let Some(at) = notes.silenced_at {
            // Where nothing can be cleared, what was sent plays out.
            if self.terms.line.clears {
                self.owes_clear |= self.plays_until > at;
                self.plays_until = self.plays_until.min(at);
            }
        }
    }

    /// The call has been woken.
    pub(super) fn woken(&mut self, now: Time) {
        if now == self.tally.last_wake {
            self.tally.wakes += 1;
        } else {
            self.tally.wakes = 0;
        }
        self.tally.last_wake = now;
        if self.tally.wakes > WAKES {
            self.fail(now, "the call never rests");
        }
    }

    /// The call has nothing more to do now.
    pub(super) fn rested(&mut self, now: Time, rest: &Rest<'_>) {
        self.look_for_silence(rest.notes);
        self.overflow.0 = rest.counters.overflow_bytes;
        if self.tally.endings > 1 || self.tally.closes > 1 {
            self.fail(now, "a call that ends twice");
        }
        if rest.notes.spoken_too_often > 0 {
            self.fail(now, "an utterance was said to be played twice");
        }
        if rest.notes.heard_out_of_order > 0 {
            self.fail(now, "the agent heard a frame twice or out of order");
        }
        if rest.notes.given_away > 0 {
            self.fail(
                now,
                "an agent that is away was given something of the caller's",
            );
        }
        self.check_marks(now, rest);
        self.check_backlog(now, rest);
        self.check_counters(now, rest.counters);
        let written_us = self.tally.written_us;
        self.bill.look(now, rest, self.tally.frames, written_us);
        self.check_bill(now, &rest.metering);
    }

    /// Frames given and not written.
    pub(super) fn waiting(&self, notes: &Notes) -> u64 {
        notes.next_frame.saturating_sub(skip_void(self.next, notes))
    }

    /// A mark of the agent's is told once, in order, and as reached only when all before it is out.
    fn check_marks(&self, now: Time, rest: &Rest<'_>) {
        let named = &rest.notes.named;
        if let Some(wrong) = &named.wrong {
            self.fail(now, wrong);
        }
        let legible = self.terms.stamps_alone && !self.terms.may_skip && self.overflow.0 == 0;
        let out = skip_void(self.next, rest.notes);
        if legible && named.played_to > out {
            let told = named.played_to;
            self.fail(
                now,
                &format!("a mark behind frame {told} was reached, {out} are out"),
            );
        }
    }

    /// What was given and not written is bounded, and waits only for its time.
    fn check_backlog(&mut self, now: Time, rest: &Rest<'_>) {
        self.owed_by = None;
        // Of shortened frames nobody can tell whether they are still to come.
        if !rest.live || rest.counters.slipped_ms > 0 {
            return;
        }
        let waiting = self.waiting(rest.notes);
        let refused = (self.overflow.0 - self.overflow.1) as usize;
        let refused_us = self.terms.line.takes.us_for_bytes(refused);
        let waiting_us = (waiting * STAMP_US).saturating_sub(refused_us);
        if waiting_us > self.terms.bound_us + message_us(&self.terms.line) + STAMP_US {
            self.fail(now, &format!("{} ms are queued", waiting_us / 1_000));
        }
        let sendable = waiting_us >= message_us(&self.terms.line) + 2 * STAMP_US;
        let late = self.plays_until.plus_us(PACING_US + self.terms.late_us) < now;
        let free = rest.writable && sendable && !rest.notes.held;
        self.owed_by = free.then_some(self.plays_until);
        if free && late {
            let dry = self.plays_until;
            let (next, broken) = (self.next, self.reader.broken);
            self.fail(
                now,
                &format!(
                    "dry since {dry} with {waiting} frames from {next} on waiting, {broken} broken"
                ),
            );
        }
    }

    /// What is counted is what happened.
    fn check_counters(&self, now: Time, counters: &Counters) {
        if counters.media_out != self.tally.messages {
            self.fail(
                now,
                &format!(
                    "{} messages counted, {} written",
                    counters.media_out, self.tally.messages
                ),
            );
        }
        if counters.audio_in_bytes != self.tally.bytes_in {
            self.fail(
                now,
                &format!(
                    "{} bytes counted, {} came",
                    counters.audio_in_bytes, self.tally.bytes_in
                ),
            );
        }
    }

    fn check_bill(&self, now: Time, metering: &Metering) {
        if let Some(wrong) = self.bill.wrong(now, metering) {
            self.fail(now, &wrong);
        }
    }

    /// So many bytes of caller audio are handed in.
    pub(super) fn heard(&mut self, now: Time, bytes: usize) {
        self.tally.bytes_in += bytes as u64;
        self.bill.heard(now, bytes);
    }

    /// The call reports something.
    pub(super) fn event(&mut self, now: Time, event: &CallEvent, notes: &Notes) {
        self.bill.event(now, event, notes);
        if let CallEvent::Ended { metering, .. } = event {
            self.tally.endings += 1;
            self.check_bill(now, metering);
        }
    }

    pub(super) fn fail(&self, now: Time, what: &str) -> ! {
        self.replay.fail(now, what)
    }
}

/// The first frame from `next` on that is not void.
fn skip_void(mut next: u64, notes: &Notes) -> u64 {
    while let Some(void) = notes.void.iter().find(|void| void.contains(&next)) {
        next = void.end;
    }
    next
}

#[cfg(test)]
mod tests;
