//! The caller's audio, from its frames to what the agent is told.

use super::live::{Live, Stage};
use super::party::Reach;
use super::{Call, Phase};
use crate::agent::{Agent, TurnVerdict};
use crate::caller::Place;
use crate::meter::Length;
use crate::scratch::Scratch;
use crate::time::Time;
use crate::timers::Timer;
use crate::turns::{Answers, Effects, Playing, Sound};
use crate::uplink::{Activity, Arrival, Gap, Heard, Notice, PIECE_US};

impl<A: Agent> Call<A> {
    pub(super) fn hear(&mut self, now: Time, audio: &[u8], place: Place, scratch: &mut Scratch) {
        // An application may speak before it configures: the call begins with its first audio.
        self.begin(now, None);
        self.tally.counters.media_in += 1;
        self.tally.counters.audio_in_bytes += audio.len() as u64;
        if !self.is_talking() {
            return self.pass_over(now, audio, place, scratch);
        }
        let Some(live) = self.listening() else {
            return;
        };
        match live.uplink.arrive(now, place, audio) {
            Arrival::Now { gap } => {
                self.hear_gap(now, gap, scratch);
                self.hear_frame(now, audio, scratch);
            }
            Arrival::Held | Arrival::Dropped => {}
        }
        self.hear_held(now, scratch);
    }

    /// Audio nobody is to hear keeps its place in the numbering, or it would count as lost.
    fn pass_over(&mut self, now: Time, audio: &[u8], place: Place, scratch: &mut Scratch) {
        let Some(live) = &mut self.live else { return };
        live.uplink.arrive(now, place, audio);
        scratch.held.clear();
        while live.uplink.next_held(now, &mut scratch.held).is_some() {
            scratch.held.clear();
        }
    }

    /// Frames that waited for others they had overtaken.
    fn hear_held(&mut self, now: Time, scratch: &mut Scratch) {
        let mut frame = std::mem::take(&mut scratch.held);
        loop {
            frame.clear();
            let held = self
                .listening()
                .and_then(|live| live.uplink.next_held(now, &mut frame));
            let Some(gap) = held else { break };
            self.hear_gap(now, gap, scratch);
            self.hear_frame(now, &frame, scratch);
        }
        scratch.held = frame;
    }

    /// Audio the numbering says was lost.
    fn hear_gap(&mut self, now: Time, gap: Gap, scratch: &mut Scratch) {
        if gap != Gap::default() {
            self.tally.counters.media_lost += gap.frames;
            self.hear_silence(now, gap.us, scratch);
        }
    }

    fn hear_frame(&mut self, now: Time, audio: &[u8], scratch: &mut Scratch) {
        let Some(sends) = self.live.as_ref().map(|live| live.line.sends) else {
            return;
        };
        let samples = audio.len() / sends.bytes_per_sample();
        self.tally
            .meter
            .caller_audio(Length::of_samples(samples as u64, sends.rate_hz));
        // A long message is heard as if it had come in pieces: one piece holds at most one start and one end
        // of speech.
        for piece in audio.chunks(sends.bytes_for_us(PIECE_US).max(1)) {
            let Some(live) = self.listening() else {
                return;
            };
            let (heard, activity) = live.uplink.hear(now, piece, scratch);
            self.heard(now, heard, piece, &activity, scratch);
        }
    }

    /// Time that passed without audio: clocks run on, and agents whose clock is the audio get silence.
    fn hear_silence(&mut self, now: Time, us: u64, scratch: &mut Scratch) {
        let mut left_us = us;
        while left_us > 0 {
            let Some(live) = self.listening() else {
                return;
            };
            let (heard, activity) = live.uplink.silence(&mut left_us, scratch);
            self.heard(now, heard, &[], &activity, scratch);
        }
    }

    /// The caller's network has been silent.
    pub(super) fn run_uplink_clock(&mut self, now: Time, scratch: &mut Scratch) {
        if let Some(live) = self.listening() {
            let us = live.uplink.advance(now);
            self.hear_silence(now, us, scratch);
            self.hear_held(now, scratch);
        }
    }

    fn heard(
        &mut self,
        now: Time,
        heard: Heard,
        received: &[u8],
        activity: &Activity,
        scratch: &mut Scratch,
    ) {
        let by_voice = self.talk.turns.are_by_voice();
        if by_voice {
            self.voice_before(now, received, activity, scratch);
        }
        match heard {
            Heard::AsReceived => self.deliver(now, received),
            Heard::Converted => self.deliver(now, &scratch.bytes),
            Heard::Nothing => {}
        }
        if by_voice {
            self.voice_after(now, activity);
        }
        if let Some(key) = activity.key {
            self.key(now, key);
        }
    }

    /// What a piece of the caller's audio means for the turn, before the agent hears it.
    fn voice_before(
        &mut self,
        now: Time,
        received: &[u8],
        activity: &Activity,
        scratch: &mut Scratch,
    ) {
        let silent_us = self.live.as_ref().map_or(0, |l| l.uplink.silent_us());
        let sound = Sound {
            activity: *activity,
            silent_us,
        };
        let effects = self.talk.turns.voice(&sound, self.playing(now));
        if let Some(ago_us) = activity.started_ago_us {
            self.talk.speech_started(now, ago_us);
            let piece_us = self.sends_us(received);
            self.open_turn(now, effects, ago_us.saturating_sub(piece_us), scratch);
        }
        self.apply(now, effects);
    }

    /// The same, after the agent has heard it.
    fn voice_after(&mut self, now: Time, activity: &Activity) {
        if let Some(ago_us) = activity.stopped_ago_us {
            let ended_at = now.minus_us(ago_us);
            self.talk.speech_stopped(ended_at);
            // By the audio: on the clock, a network that stalls would stretch it or press it together.
            let spoken_us = activity.voiced_us;
            self.tally.meter.speech(Length::of_us(spoken_us));
            let here = self.party.reach != Reach::Away;
            let agent = &mut self.party.agent;
            let effects = self.talk.turns.voice_heard(now, activity, || {
                if here {
                    agent.judge_turn(now)
                } else {
                    TurnVerdict::Over
                }
            });
            self.apply(now, effects);
            self.answered_by_sound(now, spoken_us, true);
        } else if self.talk.is_speaking() {
            self.answered_by_sound(now, activity.voiced_us, false);
        }
    }

    /// The caller is speaking when the call ends.
    pub(super) fn cut_speech_short(&mut self, now: Time) {
        if !self.talk.is_speaking() {
            return;
        }
        let clocked_us = self.talk.speech_stopped(now);
        let live = self
            .live
            .as_ref()
            .filter(|_| self.talk.turns.are_by_voice());
        let spoken_us = live.map_or(clocked_us, |live| live.uplink.spoken_us());
        self.tally.meter.speech(Length::of_us(spoken_us));
    }

    /// The caller is heard no longer. Speech that is not found in the audio ends here.
    pub(super) fn stop_speech_clock(&mut self, now: Time) {
        if !self.talk.turns.are_by_voice() {
            self.cut_speech_short(now);
        }
    }

    fn sends_us(&self, received: &[u8]) -> u64 {
        self.live
            .as_ref()
            .map_or(0, |live| live.line.sends.us_for_bytes(received.len()))
    }

    /// An agent that hears turns alone gets what was said before the turn was noticed.
    fn open_turn(&mut self, now: Time, effects: Effects, ago_us: u64, scratch: &mut Scratch) {
        let Some(live) = self.live.as_mut() else {
            return;
        };
        if effects.notice != Some(Notice::SpeechStarted) || live.in_turn {
            return;
        }
        live.in_turn = true;
        let Some(prefix) = &mut live.prefix else {
            return;
        };
        scratch.prefix.clear();
        let before_us = self.config.turns.prefix_ms * 1_000;
        prefix.take_from_us(ago_us + before_us, &mut scratch.prefix);
        let before = std::mem::take(&mut scratch.prefix);
        self.notify(now, Notice::SpeechStarted);
        self.deliver(now, &before);
        scratch.prefix = before;
    }

    /// Carries out what a sound or a signal of the caller's has decided.
    pub(super) fn apply(&mut self, now: Time, effects: Effects) {
        if let Some(notice) = effects.notice {
            self.notice(now, notice);
        }
        match effects.answers {
            Some(Answers::Hold) => self.hold_answers(),
            Some(Answers::Release) => self.release_answers(now),
            Some(Answers::Drop) => {
                self.drop_answers(now);
                // An engine knows it; a voice's agent is told behind the audio it has not taken yet.
                let told_later = effects.notice == Some(Notice::TurnResumed);
                if let Some(live) = self.live.as_mut().filter(|_| told_later) {
                    live.unaware = !live.backlog.is_empty();
                }
            }
            None => {}
        }
        if effects.interrupt {
            self.interrupt(now);
        }
    }

    fn notice(&mut self, now: Time, notice: Notice) {
        let ends = matches!(notice, Notice::EndOfTurn | Notice::Backchannel);
        let gated = self.live.as_mut().and_then(|live| {
            let gated = live.prefix.is_some();
            if ends {
                live.in_turn = false;
            }
            gated.then_some(())
        });
        // An agent that hears turns alone has been told of the beginning already, in front of the audio.
        if gated.is_none() || notice != Notice::SpeechStarted {
            self.notify(now, notice);
        }
        match notice {
            Notice::SpeechStarted | Notice::TurnResumed => self.talk.caller_speaks(),
            Notice::EndOfTurn | Notice::Backchannel => self.talk.caller_done(now),
            Notice::EagerEndOfTurn | Notice::Digit(_) => {}
        }
    }

    pub(super) fn playing(&self, now: Time) -> Playing {
        self.live
            .as_ref()
            .map_or_else(Playing::default, |live| live.playing(now))
    }

    /// The audio path, while the agent hears the caller.
    fn listening(&mut self) -> Option<&mut Live> {
        let live = self.live.as_mut()?;
        (matches!(self.phase, Phase::Live) && live.stage == Stage::Talking).then_some(live)
    }

    pub(super) fn arm_uplink(&mut self) {
        let deadline = self.listening().and_then(|live| live.uplink.deadline());
        self.timers.set_or_stop(Timer::Uplink, deadline);
    }
}
