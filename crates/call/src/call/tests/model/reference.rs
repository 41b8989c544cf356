//! The reference: what a call should do, by lists and plain milliseconds.

use super::{HARMLESS, Op, Seen};

const LEAD_MS: u64 = 100;
const FRAME_MS: u64 = 20;
const PATIENCE_MS: u64 = 2_000;
const DOUBT_MS: u64 = 200;
const MARKS: usize = 16;
const NAMES: usize = 1_024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Quiet,
    /// Until then, unless what is understood meanwhile is harmless.
    Doubtful(Option<u64>),
    Speaking,
    Eager,
}

#[derive(Clone, Debug)]
struct Utterance {
    number: u64,
    ms: u64,
    interruptible: bool,
    held: bool,
    /// When its first frame is heard, once that has been sent.
    from: Option<u64>,
    sent_ms: u64,
    /// Its mark has been sent.
    marked: bool,
}

/// What a mark stands behind, or for: an utterance, a name.
#[derive(Clone, Copy, Debug)]
enum Of {
    Utterance(u64),
    Name(u64),
}

#[derive(Debug)]
struct Mark {
    of: Of,
    /// Of the first at its place, the one that was sent.
    name: String,
    /// Milliseconds of speech sent before it.
    place: u64,
    runs_out: u64,
}

#[derive(Debug)]
pub(super) struct Reference {
    pub(super) now: u64,
    /// Said, and not reported.
    said: Vec<Utterance>,
    marks: Vec<Mark>,
    /// Names not marks yet, each behind so many milliseconds of speech.
    names: Vec<(u64, u64)>,
    named: u64,
    /// Milliseconds of speech ever sent.
    sent: u64,
    heard_until: u64,
    holding: bool,
    /// The turn was said to be over while nobody knew whether it was one.
    prepared: bool,
    turn: Turn,
    utterances: u64,
    marked: u64,
    generation: u64,
    pub(super) seen: Vec<(u64, Seen)>,
}

impl Reference {
    pub(super) const fn new() -> Self {
        Self {
            now: 0,
            said: Vec::new(),
            marks: Vec::new(),
            names: Vec::new(),
            named: 0,
            sent: 0,
            heard_until: 0,
            holding: false,
            prepared: false,
            turn: Turn::Quiet,
            utterances: 0,
            marked: 0,
            generation: 0,
            seen: Vec::new(),
        }
    }

    fn see(&mut self, seen: Seen) {
        self.seen.push((self.now, seen));
    }

    pub(super) fn op(&mut self, op: &Op, sent: &[String]) {
        self.tick();
        match op {
            Op::Say {
                frames,
                interruptible,
            } => {
                self.said.push(Utterance {
                    number: self.utterances,
                    ms: frames * FRAME_MS,
                    interruptible: *interruptible,
                    held: self.holding,
                    from: None,
                    sent_ms: 0,
                    marked: false,
                });
                self.utterances += 1;
            }
            Op::Name(count) => (0..*count).for_each(|_| self.name()),
            Op::CutOff => {
                // What the agent has given up it is told nothing of.
                self.cut();
            }
            Op::Interrupt => self.interrupt(),
            Op::Echo(which) => {
                if !sent.is_empty() {
                    self.echoed(which.get(sent).as_str());
                }
            }
            Op::Wait(ms) => {
                for _ in 0..*ms {
                    self.now += 1;
                    self.tick();
                }
            }
            Op::Started => self.started(),
            Op::Partial(text) => {
                self.started();
                self.understood(text);
            }
            Op::Eager => self.eager(),
            Op::Resumed => {
                if self.turn == Turn::Eager {
                    self.turn = Turn::Speaking;
                    self.prepared = true;
                }
                self.unprepare();
            }
            Op::Ended(text) => self.ended(text),
        }
        self.send();
    }

    fn eager(&mut self) {
        match self.turn {
            Turn::Eager => return,
            Turn::Doubtful(None) => self.prepared = true,
            Turn::Quiet | Turn::Speaking | Turn::Doubtful(Some(_)) => {}
        }
        self.holding = true;
        if !self.prepared {
            let doubtful = matches!(self.turn, Turn::Doubtful(_));
            self.turn = Turn::Eager;
            if doubtful {
                self.barge_in();
            }
        }
    }

    /// Forgets what was prepared.
    fn unprepare(&mut self) {
        if std::mem::take(&mut self.prepared) {
            self.holding = false;
            self.said.retain(|utterance| !utterance.held);
            self.unname();
        }
    }

    /// The place behind everything said gets a name.
    fn name(&mut self) {
        self.named += 1;
        let name = self.named;
        let place = self.end();
        if self.names.len() + self.marks.len() >= NAMES {
            self.see(Seen::Named(name, false));
        } else if place == self.sent {
            self.mark(Of::Name(name));
        } else {
            self.names.push((place, name));
        }
    }

    /// The end of everything said.
    fn end(&self) -> u64 {
        self.sent + self.said.iter().map(|u| u.ms - u.sent_ms).sum::<u64>()
    }

    /// The names behind the end of what is still said are void.
    fn unname(&mut self) {
        let end = self.end();
        let void: Vec<_> = self.names.extract_if(.., |(at, _)| *at > end).collect();
        for (_, name) in void {
            self.see(Seen::Named(name, false));
        }
    }

    fn tick(&mut self) {
        while self.marks.first().is_some_and(|m| m.runs_out <= self.now) {
            self.spoken_to(0);
        }
        if let Turn::Doubtful(Some(until)) = self.turn
            && until <= self.now
        {
            self.turn = Turn::Speaking;
            self.barge_in();
        }
        self.send();
    }

    /// Sends what is due: a frame once no more than the lead is ahead of it, a mark behind the last.
    fn send(&mut self) {
        while let Some(next) = self.said.iter_mut().find(|u| !u.marked) {
            if next.held {
                return;
            }
            if next.sent_ms == next.ms {
                next.marked = true;
                let utterance = next.number;
                self.mark(Of::Utterance(utterance));
                continue;
            }
            let from = self.heard_until.max(self.now);
            if from > self.now + LEAD_MS {
                return;
            }
            next.from.get_or_insert(from);
            next.sent_ms += FRAME_MS;
            self.sent += FRAME_MS;
            self.heard_until = from + FRAME_MS;
            while self.names.first().is_some_and(|(at, _)| *at <= self.sent) {
                let (_, name) = self.names.remove(0);
                self.mark(Of::Name(name));
            }
        }
    }

    fn mark(&mut self, of: Of) {
        let sent = self.marks.last().filter(|mark| mark.place == self.sent);
        let sent = sent.map(|mark| mark.name.clone());
        let name = sent.unwrap_or_else(|| {
            let name = format!("tl-{}-{}", self.generation, self.marked);
            self.marked += 1;
            while self.marks.chunk_by(|a, b| a.name == b.name).count() >= MARKS {
                self.spoken_to(0);
            }
            self.see(Seen::Mark(name.clone()));
            name
        });
        let heard = match of {
            Of::Utterance(_) => self.heard_until,
            Of::Name(_) => self.heard_until.max(self.now),
        };
        let last = self.marks.last().map_or(0, |mark| mark.runs_out);
        self.marks.push(Mark {
            of,
            name,
            place: self.sent,
            runs_out: last.max(heard + PATIENCE_MS),
        });
    }

    fn echoed(&mut self, name: &str) {
        if let Some(at) = self.marks.iter().position(|mark| mark.name == name) {
            self.spoken_to(at);
        }
    }

    /// The mark of this index counts, and those before it, and those at its place.
    fn spoken_to(&mut self, at: usize) {
        let place = self.marks[at].place;
        let after = self.marks.iter().position(|mark| mark.place > place);
        let count = after.unwrap_or(self.marks.len());
        let done: Vec<_> = self.marks.drain(..count).collect();
        for mark in done {
            match mark.of {
                Of::Utterance(number) => self.spoken(number),
                Of::Name(name) => self.see(Seen::Named(name, true)),
            }
        }
    }

    fn spoken(&mut self, utterance: u64) {
        if let Some(at) = self.said.iter().position(|u| u.number == utterance) {
            self.said.remove(at);
            self.see(Seen::Spoken);
        }
    }

    /// What the caller hears: the first that is not over, else the last that was.
    fn heard(&self) -> Option<&Utterance> {
        let mut said = self.said.iter().filter(|u| !u.held && u.ms > 0);
        let over = |u: &&Utterance| u.from.is_some_and(|from| from + u.ms <= self.now);
        said.clone().find(|u| !over(u)).or(said.next_back())
    }

    /// Whether something sounds, or is about to.
    fn plays(&self) -> bool {
        let over = |u: &Utterance| u.from.is_some_and(|from| from + u.ms <= self.now);
        let mut said = self.said.iter().filter(|u| !u.held && u.ms > 0);
        said.any(|u| !over(u))
    }

    /// Everything said is gone. Gives the milliseconds heard of the last of it.
    fn cut(&mut self) -> Option<u64> {
        let heard = self.heard().cloned();
        if self.said.is_empty() && self.marks.is_empty() {
            return None;
        }
        // What has not been sent needs no clearing.
        if self.said.iter().any(|u| u.sent_ms > 0) || !self.marks.is_empty() {
            self.see(Seen::Clear);
        }
        self.said.clear();
        for mark in std::mem::take(&mut self.marks) {
            if let Of::Name(name) = mark.of {
                // By the clock it was reached, confirmed or not.
                let played = mark.runs_out <= self.now + PATIENCE_MS;
                self.see(Seen::Named(name, played));
            }
        }
        self.unname();
        self.generation += 1;
        self.heard_until = self.heard_until.min(self.now);
        let heard_ms = |u: Utterance| {
            let from = u.from.unwrap_or(self.now);
            self.now.saturating_sub(from).min(u.sent_ms)
        };
        Some(heard.map_or(0, heard_ms))
    }

    fn interrupt(&mut self) {
        if let Some(number) = self.heard().map(|heard| heard.number) {
            // Those before it were heard whole.
            while self.said[0].number != number {
                self.spoken(self.said[0].number);
            }
        }
        let speaks = !self.said.is_empty();
        if let Some(heard_ms) = self.cut()
            && speaks
        {
            self.see(Seen::Interrupted(heard_ms));
        }
    }

    /// By voice: only what has begun and may be interrupted.
    fn barge_in(&mut self) {
        if self
            .heard()
            .is_some_and(|h| h.interruptible && h.sent_ms > 0)
        {
            self.interrupt();
        }
    }

    fn started(&mut self) {
        if self.turn != Turn::Quiet {
            return;
        }
        if self.plays() {
            self.turn = Turn::Doubtful(Some(self.now + DOUBT_MS));
        } else {
            self.turn = Turn::Speaking;
            // By the clock it is over; nobody has confirmed that.
            self.barge_in();
        }
    }

    fn understood(&mut self, text: &str) {
        if !matches!(self.turn, Turn::Doubtful(_)) || text.is_empty() {
            return;
        }
        if text == HARMLESS {
            self.turn = Turn::Doubtful(None);
        } else {
            self.turn = Turn::Speaking;
            self.unprepare();
            self.barge_in();
        }
    }

    fn ended(&mut self, text: &str) {
        let plays = self.plays();
        match std::mem::replace(&mut self.turn, Turn::Quiet) {
            Turn::Doubtful(_) if plays && (text == HARMLESS || text.is_empty()) => {
                self.see(Seen::Backchannel);
                self.unprepare();
            }
            Turn::Quiet if text == HARMLESS && plays => self.see(Seen::Backchannel),
            Turn::Quiet if text.is_empty() => {}
            Turn::Doubtful(_) | Turn::Quiet => {
                self.unprepare();
                self.barge_in();
            }
            Turn::Speaking | Turn::Eager => {
                self.holding = false;
                for utterance in &mut self.said {
                    utterance.held = false;
                }
            }
        }
    }
}
