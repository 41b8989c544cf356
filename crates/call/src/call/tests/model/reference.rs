//! The reference: what a call should do, by lists and plain milliseconds.

use super::{HARMLESS, Op, Seen};

const LEAD_MS: u64 = 100;
const FRAME_MS: u64 = 20;
const PATIENCE_MS: u64 = 2_000;
const DOUBT_MS: u64 = 200;
const MARKS: usize = 16;

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

#[derive(Debug)]
struct Mark {
    utterance: u64,
    name: String,
    runs_out: u64,
}

#[derive(Debug)]
pub(super) struct Reference {
    pub(super) now: u64,
    /// Said, and not reported.
    said: Vec<Utterance>,
    marks: Vec<Mark>,
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
                self.mark(utterance);
                continue;
            }
            let from = self.heard_until.max(self.now);
            if from > self.now + LEAD_MS {
                return;
            }
            next.from.get_or_insert(from);
            next.sent_ms += FRAME_MS;
            self.heard_until = from + FRAME_MS;
        }
    }

    fn mark(&mut self, utterance: u64) {
        while self.marks.len() >= MARKS {
            self.spoken_to(0);
        }
        let last = self.marks.last().map_or(0, |mark| mark.runs_out);
        let name = format!("tl-{}-{}", self.generation, self.marked);
        self.marked += 1;
        self.see(Seen::Mark(name.clone()));
        self.marks.push(Mark {
            utterance,
            name,
            runs_out: last.max(self.heard_until + PATIENCE_MS),
        });
    }

    fn echoed(&mut self, name: &str) {
        if let Some(at) = self.marks.iter().position(|mark| mark.name == name) {
            self.spoken_to(at);
        }
    }

    /// The mark at this place counts, and those before it.
    fn spoken_to(&mut self, at: usize) {
        let done: Vec<_> = self.marks.drain(..=at).collect();
        for mark in done {
            self.spoken(mark.utterance);
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
        self.marks.clear();
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
