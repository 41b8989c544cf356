//! What a scripted agent has before it: its script, what it is about to say, and its notes.

mod speaking;

use std::collections::VecDeque;

use trunkline_codecs::format::AudioFormat;

use crate::agent::{Action, AgentNeeds, Begin, Hears, Signal, TurnVerdict};
use crate::ending::Ending;
use crate::link::LinkId;
use crate::sim::notes::{Begun, Notes};
use crate::sim::script::{Do, Told, When};
use crate::sim::stamp::Reader;
use crate::time::Time;

/// Character of a scripted agent, fixed for a call.
#[derive(Clone, Debug)]
pub(in crate::sim) struct Manner {
    /// `listens` and `speaks` are replaced by the caller's formats where those fields are `None`.
    pub(in crate::sim) needs: AgentNeeds,
    pub(in crate::sim) listens: Option<AudioFormat>,
    pub(in crate::sim) speaks: Option<AudioFormat>,
    /// Bytes it gives at once; 0 for 100 ms.
    pub(in crate::sim) piece_bytes: usize,
    /// Goes on speaking when interrupted.
    pub(in crate::sim) deaf: bool,
    /// Gives back what it hears.
    pub(in crate::sim) echo: bool,
    /// After so many frames of speech so many of silence, within what it says.
    pub(in crate::sim) pauses: Option<(u64, u64)>,
}

impl Manner {
    /// Whether all it says is whole stamped frames in this format.
    pub(in crate::sim) fn speaks_stamps_in(&self, format: AudioFormat) -> bool {
        self.speaks.is_none_or(|own| own == format) && self.pauses.is_none() && !self.echo
    }
}

/// The agent's state and notes.
#[derive(Debug)]
pub(in crate::sim) struct Desk {
    manner: Manner,
    /// Those who take over, the first of them first.
    substitutes: Vec<Manner>,
    /// Those to whom the call is given, and how many of them have had it.
    heirs: Vec<Manner>,
    inherited: usize,
    /// Who sits here, from 0.
    seated: usize,
    pub(in crate::sim) script: Vec<(When, Do)>,
    timed: Vec<(Time, Do)>,
    queue: VecDeque<Step>,
    sends: VecDeque<(LinkId, String)>,
    /// Generated and not given yet.
    rest: Vec<u8>,
    due_at: Option<Time>,
    /// Until when an agent in real time gives nothing; then it gives what has become due.
    stalled_until: Time,
    /// Frames of speech and silence, where it pauses.
    paced: u64,
    /// An utterance is left open, to which more may be added.
    open: bool,
    /// What the caller takes, and what the agent speaks.
    format: Option<(AudioFormat, AudioFormat)>,
    pub(in crate::sim) takes_audio: bool,
    /// What the time is, for what it is told without.
    pub(in crate::sim) clock: Time,
    pub(in crate::sim) notes: Notes,
    /// How it judges the next turns; all others are over.
    pub(in crate::sim) verdicts: VecDeque<TurnVerdict>,
}

/// One thing the agent is about to want.
#[derive(Clone, Debug)]
enum Step {
    Act(Action),
    Frames(u64),
}

impl Desk {
    pub(in crate::sim) fn new(manner: Manner, script: Vec<(When, Do)>) -> Self {
        Self {
            manner,
            substitutes: Vec::new(),
            heirs: Vec::new(),
            inherited: 0,
            seated: 0,
            script,
            timed: Vec::new(),
            queue: VecDeque::new(),
            sends: VecDeque::new(),
            rest: Vec::new(),
            due_at: None,
            stalled_until: Time::ZERO,
            paced: 0,
            open: false,
            format: None,
            takes_audio: true,
            clock: Time::ZERO,
            notes: Notes::default(),
            verdicts: VecDeque::new(),
        }
    }

    pub(in crate::sim) fn needs_for(
        &mut self,
        sends: AudioFormat,
        takes: AudioFormat,
    ) -> AgentNeeds {
        let listens = self.manner.listens.unwrap_or(sends);
        let speaks = self.manner.speaks.unwrap_or(takes);
        self.format = Some((takes, speaks));
        self.notes.listens = Some(listens);
        if self.manner.needs.hears != Hears::Turns {
            self.notes.reader = Some(Reader::new(listens));
        }
        AgentNeeds {
            listens: self.manner.needs.listens.map(|_| listens),
            speaks,
            ..self.manner.needs
        }
    }

    pub(in crate::sim) fn hear(&mut self, now: Time, audio: &[u8]) {
        self.notes.takes();
        self.notes.heard_bytes += audio.len() as u64;
        self.notes.record(audio);
        if self.manner.needs.hears == Hears::Turns {
            self.notes.turns_audio.extend_from_slice(audio);
        }
        if let Some(mut reader) = self.notes.reader.take() {
            reader.push(audio, |found| {
                self.notes.hears(found.number);
                if self.manner.echo {
                    self.notes.gives(found.number);
                }
            });
            self.notes.reader = Some(reader);
        }
        if self.manner.echo {
            self.rest.extend_from_slice(audio);
            self.due_at = Some(now);
        }
    }

    pub(in crate::sim) fn tell(&mut self, now: Time, told: Told, when: When) {
        match told {
            Told::Interrupted { .. } => self.silence(now),
            Told::TurnResumed => self.resumed(),
            Told::EagerEndOfTurn => self.notes.hold(),
            Told::EndOfTurn => self.notes.held = false,
            Told::Hold(on) => self.held(on),
            // It was said to be over, and was nothing to be answered.
            Told::Backchannel if self.notes.ended_turn_at == Some(now) => self.resumed(),
            Told::Spoken => self.notes.spoken(),
            Told::TransferRefused => self.notes.refused += 1,
            Told::Marked { ref name, played } => self.notes.named.told(name, played),
            Told::SpeechStarted | Told::Digit(_) | Told::Text(_) => self.notes.takes(),
            _ => {}
        }
        if self.manner.echo && matches!(when, When::Begin | When::Interrupted) {
            self.begin_utterance(false);
        }
        self.notes.told.push((now, told));
        let nth = When::Nth(self.notes.begun.len().wrapping_sub(1));
        self.notes.told_after.push(self.notes.heard_bytes);
        for index in 0..self.script.len() {
            let of_nth = when == When::Begin && self.script[index].0 == nth;
            if self.script[index].0 == when || of_nth {
                self.carry_out(now, self.script[index].1.clone());
            }
        }
    }

    pub(in crate::sim) fn carry_out(&mut self, now: Time, order: Do) {
        match order {
            // Its numbers would run into those it gives back.
            Do::Say(_) | Do::Insist(_) | Do::Tell(..) | Do::Start(_) | Do::Finish
                if self.manner.echo => {}
            // It would have no utterance to give it back in.
            Do::Act(Action::HandOver) if self.manner.echo => {}
            // What it says never ends: behind part of a message a mark could wait for ever.
            Do::Act(Action::Mark(_)) if self.manner.echo => {}
            Do::Say(ms) => self.say(ms, true),
            Do::Insist(ms) => self.say(ms, false),
            Do::Tell(ms, text) => {
                self.begin_utterance(true);
                self.queue.push_back(Step::Act(Action::AgentSays(text)));
                self.queue.push_back(speaking::frames(ms));
                self.queue.push_back(Step::Act(Action::EndUtterance));
            }
            Do::Start(ms) => {
                self.begin_utterance(true);
                self.queue.push_back(speaking::frames(ms));
                self.open = true;
            }
            // Nowhere to put it otherwise.
            Do::More(ms) if self.open => self.queue.push_back(speaking::frames(ms)),
            Do::More(_) => {}
            Do::Finish => {
                self.open = false;
                self.queue.push_back(Step::Act(Action::EndUtterance));
            }
            Do::CutOff => {
                self.forget();
                self.queue.push_front(Step::Act(Action::CutOff));
                if self.manner.echo {
                    self.begin_utterance(false);
                }
            }
            Do::Act(action) => {
                self.open &= !matches!(action, Action::HandOver);
                self.queue.push_back(Step::Act(action));
            }
            Do::Send(id, text) => self.sends.push_back((id, text)),
            Do::After(ms, order) => self.timed.push((now.plus_ms(ms), *order)),
        }
    }

    pub(in crate::sim) fn run_timed(&mut self, now: Time) {
        while let Some(at) = self.timed.iter().position(|(at, _)| *at <= now) {
            let (_, order) = self.timed.remove(at);
            self.carry_out(now, order);
        }
    }

    /// Nothing more happens by itself.
    pub(in crate::sim) fn calm(&mut self) {
        self.script.clear();
        self.timed.clear();
        if self.notes.away {
            self.queue.push_back(Step::Act(Action::Ready));
        }
        if self.open {
            self.open = false;
            self.queue.push_back(Step::Act(Action::EndUtterance));
        }
    }

    pub(in crate::sim) fn has_nothing_to_say(&self) -> bool {
        self.queue.is_empty() && self.timed.is_empty()
    }

    pub(in crate::sim) fn deadline(&self) -> Option<Time> {
        let timed = self.timed.iter().map(|(at, _)| *at).min();
        let speaks = matches!(self.queue.front(), Some(Step::Frames(_)));
        let due = self.due_at.filter(|_| speaks);
        let due = due.map(|at| at.max(self.stalled_until));
        timed.into_iter().chain(due).min()
    }

    pub(in crate::sim) fn ended(&mut self, ending: Ending) {
        let at = self.clock;
        self.notes.told.push((at, Told::Ended(ending)));
        self.notes.ended = true;
        self.notes.end_utterance();
        if !ending.lets_agent_finish() {
            self.notes.stopped_at = Some(at);
            self.silence(at);
        }
        for index in 0..self.script.len() {
            if self.script[index].0 == When::Ended {
                self.carry_out(at, self.script[index].1.clone());
            }
        }
    }

    fn silence(&mut self, now: Time) {
        if !self.manner.deaf {
            self.forget();
        }
        self.notes.void_all(now);
    }

    fn forget(&mut self) {
        self.queue.clear();
        self.rest.clear();
        self.due_at = None;
        self.open = false;
    }

    /// Those who take over when this one is lost.
    pub(in crate::sim) fn with_substitutes(mut self, substitutes: Vec<Manner>) -> Self {
        self.substitutes = substitutes;
        self
    }

    pub(in crate::sim) const fn substitutes(&self) -> usize {
        self.substitutes.len()
    }

    /// Those to whom the call is given, one after the other.
    pub(in crate::sim) fn with_heirs(mut self, heirs: Vec<Manner>) -> Self {
        self.heirs = heirs;
        self
    }

    /// The call is given to the next, if there is one. Gives its rank.
    pub(in crate::sim) fn hand_over(&mut self) -> Option<usize> {
        if self.inherited == self.heirs.len() {
            self.notes.end_utterance();
            return None;
        }
        self.notes.leave();
        self.inherited += 1;
        Some(self.substitutes.len() + self.inherited)
    }

    /// It is another than it was.
    pub(in crate::sim) fn change(&mut self, change: impl FnOnce(&mut Manner)) {
        change(&mut self.manner);
    }

    /// The agent of this rank is asked for its needs.
    pub(in crate::sim) fn take_seat(&mut self, rank: usize) {
        let mut others = self.substitutes.iter().chain(&self.heirs);
        if let Some(manner) = rank.checked_sub(1).and_then(|at| others.nth(at))
            && rank != self.seated
        {
            self.manner = manner.clone();
        }
        self.seated = rank;
    }

    /// Somebody begins, with nothing to say and nothing planned.
    pub(in crate::sim) fn begins(&mut self, now: Time, rank: usize, begin: &Begin<'_>) {
        if !self.notes.begun.is_empty() {
            self.forget();
            self.timed.clear();
            self.sends.clear();
            self.notes.leave();
        }
        self.notes.away = self.manner.needs.connects;
        self.notes.begun.push(Begun {
            at: now,
            agent: rank,
            attempt: begin.attempt,
            history: begin.history.to_vec(),
        });
        if std::mem::take(&mut self.notes.held) {
            self.notes.void_held();
        }
    }

    /// Notes what somebody is told that has not begun.
    pub(in crate::sim) fn look_astray(&mut self, now: Time, rank: usize, told: &Told) {
        if self
            .notes
            .begun
            .last()
            .is_none_or(|begun| begun.agent != rank)
        {
            self.notes.astray.push((now, told.clone()));
        }
    }

    /// What is said while the caller is on hold is heard by nobody.
    fn held(&mut self, on: bool) {
        self.notes.held = on;
        if !on {
            self.notes.void.push(0..self.notes.next_frame);
        }
    }

    /// What was said since the eager end of the turn has been thrown away.
    fn resumed(&mut self) {
        self.notes.held = false;
        if !self.manner.deaf {
            self.forget();
        }
        self.notes.void_held();
    }

    /// Gives nothing for so long, if it speaks in real time.
    pub(in crate::sim) fn stall(&mut self, now: Time, ms: u64) {
        self.stalled_until = now.plus_ms(ms);
    }

    /// Whether the next frame is one of silence between words.
    fn pauses_now(&mut self) -> bool {
        let Some((speech, silence)) = self.manner.pauses else {
            return false;
        };
        self.paced += 1;
        (self.paced - 1) % (speech + silence) >= speech
    }

    pub(in crate::sim) fn judge(&mut self, now: Time) -> TurnVerdict {
        self.notes.judged.push(now);
        self.verdicts.pop_front().unwrap_or(TurnVerdict::Over)
    }

    /// What its engine reports of the turn means for what it says.
    fn signalled(&mut self, now: Time, signal: &Signal) {
        match signal {
            Signal::Eager => self.notes.hold(),
            Signal::Resumed => self.resumed(),
            Signal::Ended(_) => {
                self.notes.held = false;
                self.notes.ended_turn_at = Some(now);
            }
            Signal::Started | Signal::Partial(_) => {}
        }
    }
}
