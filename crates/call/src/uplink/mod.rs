//! Uplink: the caller's audio on its way to the agent, converted no more than somebody needs.
//!
//! ```text
//! arrive ─ numbering, reorder window ─▶ hear ─ decode, keys, gate, voice activity, resample ─▶ the agent
//! advance ─ time without audio ────────▶ silence ──────────────────────────────────────────▶ the agent
//! ```
//!
//! Whose turn it is, it does not decide; what waits for the agent is in
//! [`Backlog`](backlog::Backlog) and [`Prefix`](prefix::Prefix).
#![cfg_attr(
    not(test),
    expect(dead_code, reason = "the call takes it up step by step")
)]

mod backlog;
mod fade;
mod gate;
mod idle_clock;
mod keys;
mod loudness;
mod prefix;
mod reorder;
mod sample_count;
mod sequence;
mod voice;

use trunkline_codecs::format::AudioFormat;
use trunkline_codecs::resample::{Resampler, UnsupportedRate};

use crate::agent::{AgentNeeds, Hears, TurnMode};
use crate::caller::{Line, Place};
use crate::config::{TurnConfig, UplinkConfig};
use crate::scratch::Scratch;
use crate::time::Time;
use fade::Passed;
use gate::Gate;
use idle_clock::IdleClock;
use keys::Keys;
use reorder::Reorder;
use sample_count::SampleCount;
use voice::Voice;

pub(crate) use backlog::{Backlog, Notice, Waiting};
pub(crate) use prefix::Prefix;
pub(crate) use reorder::Arrival;
pub(crate) use sequence::Gap;
pub(crate) use voice::Activity;

/// The most audio heard, and the most silence made, in one piece, in microseconds.
pub(crate) const PIECE_US: u64 = 200_000;

/// What the agent gets of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// The caller's own bytes, untouched.
    AsReceived,
    /// What was put into `scratch.bytes`.
    Converted,
    /// Nothing: the agent does not listen.
    Nothing,
}

/// Order, clock, keys, gate, voice activity and conversion of one caller's audio.
#[derive(Debug)]
pub(crate) struct Uplink {
    arrivals: Reorder,
    clock: IdleClock,
    sends: AudioFormat,
    keys: Option<Box<Keys>>,
    gate: Gate,
    voice: Option<Box<Voice>>,
    listens: Option<AudioFormat>,
    to_agent: Option<Resampler>,
    /// Whether the agent's clock is the audio.
    continuous: bool,
    silence: SampleCount,
}

impl Uplink {
    /// The uplink of a caller on `line` to an agent that needs `needs`.
    ///
    /// # Errors
    /// A rate the resampler does not know.
    pub(crate) fn new(
        line: &Line,
        config: &UplinkConfig,
        turns: &TurnConfig,
        needs: AgentNeeds,
    ) -> Result<Self, UnsupportedRate> {
        let sends = line.sends;
        let keys = (config.touch_tones)
            .then(|| Keys::new(sends.rate_hz).map(Box::new))
            .transpose()?;
        let mut uplink = Self {
            arrivals: Reorder::new(sends, line.reorder_ms, config.gap_ms),
            clock: IdleClock::new(config.silent_after_ms),
            sends,
            keys,
            gate: Gate::new(sends.rate_hz, config.gate_dbfs),
            voice: None,
            listens: None,
            to_agent: None,
            continuous: false,
            silence: SampleCount::new(sends.rate_hz),
        };
        uplink.serve(turns, needs)?;
        Ok(uplink)
    }

    /// Another agent listens from now on. Order, clock, keys and mute go on, and so does voice activity
    /// where both need it.
    ///
    /// # Errors
    /// A rate the resampler does not know; then nothing has changed.
    pub(crate) fn serve(
        &mut self,
        turns: &TurnConfig,
        needs: AgentNeeds,
    ) -> Result<(), UnsupportedRate> {
        let rate_hz = self.sends.rate_hz;
        let listening = needs.turns == TurnMode::Voice;
        // Voice activity is wideband too: one conversion serves both.
        let converted = |to_hz| to_hz != rate_hz && !(listening && to_hz == Voice::RATE_HZ);
        let to_agent = (needs.listens)
            .filter(|listens| converted(listens.rate_hz))
            .map(|listens| Resampler::new(rate_hz, listens.rate_hz))
            .transpose()?;
        if !listening {
            self.voice = None;
        } else if self.voice.is_none() {
            self.voice = Some(Box::new(Voice::new(rate_hz, turns)?));
        }
        self.to_agent = to_agent;
        self.listens = needs.listens;
        self.continuous = needs.hears == Hears::Continuous && needs.listens.is_some();
        Ok(())
    }

    /// A frame came. Where it is to be heard now, fill the gap before it with [`silence`](Self::silence), then
    /// [`hear`](Self::hear) it; in any case, ask [`next_held`](Self::next_held).
    pub(crate) fn arrive(&mut self, now: Time, place: Place, audio: &[u8]) -> Arrival {
        let sends = self.sends;
        self.clock.heard(now, || sends.us_for_bytes(audio.len()));
        match self.arrivals.push(now, place, audio) {
            Arrival::Now { gap } => Arrival::Now {
                gap: self.settled(gap),
            },
            other => other,
        }
    }

    /// Appends the next frame whose time has come to `into`. Returns the gap before it.
    pub(crate) fn next_held(&mut self, now: Time, into: &mut Vec<u8>) -> Option<Gap> {
        let gap = self.arrivals.pop(now, into)?;
        Some(self.settled(gap))
    }

    /// The silence that has passed by now and nobody has heard, in microseconds. The first time begins the
    /// count: ask when the call begins.
    pub(crate) fn advance(&mut self, now: Time) -> u64 {
        self.clock.advance(now)
    }

    /// Takes the caller's bytes, an even number where samples have two, at most [`PIECE_US`] of them.
    pub(crate) fn hear(
        &mut self,
        now: Time,
        audio: &[u8],
        scratch: &mut Scratch,
    ) -> (Heard, Activity) {
        if self.voice.is_none() && self.keys.is_none() && self.gate.is_open() {
            match self.listens {
                None => return (Heard::Nothing, Activity::default()),
                Some(listens) if listens == self.sends => {
                    return (Heard::AsReceived, Activity::default());
                }
                Some(_) => {}
            }
        }
        scratch.pcm.clear();
        if self.sends.decode(audio, &mut scratch.pcm).is_err() {
            return (Heard::Nothing, Activity::default());
        }
        if let Some(keys) = &mut self.keys {
            keys.in_band(now, &mut scratch.pcm);
        }
        let passed = self.gate.apply(&mut scratch.pcm);
        let activity = self.listen(scratch);
        let untouched = passed == Passed::Untouched && self.keys.is_none();
        if untouched && self.listens == Some(self.sends) {
            return (Heard::AsReceived, activity);
        }
        (self.convert(scratch), activity)
    }

    /// Silence passes, as much of `left_us` as fits into one piece, which is taken off it: all of it, unless
    /// the agent needs it as audio.
    pub(crate) fn silence(
        &mut self,
        left_us: &mut u64,
        scratch: &mut Scratch,
    ) -> (Heard, Activity) {
        let us = if self.continuous {
            (*left_us).min(PIECE_US)
        } else {
            *left_us
        };
        *left_us -= us;
        self.gate.rest(us);
        if let Some(keys) = &mut self.keys {
            keys.rest(us);
        }
        if self.continuous {
            let samples = usize::try_from(self.silence.take(us)).unwrap_or(0);
            scratch.pcm.clear();
            scratch.pcm.resize(samples, 0);
            let activity = self.listen(scratch);
            return (self.convert(scratch), activity);
        }
        let voice = self.voice.as_mut();
        let activity = voice.map_or_else(Activity::default, |voice| voice.advance(us));
        (Heard::Nothing, self.with_key(activity))
    }

    /// The caller's side says a key was pressed. Returns it unless it has been heard in the audio.
    pub(crate) fn key(&mut self, now: Time, digit: char) -> Option<char> {
        match &mut self.keys {
            Some(keys) => keys.out_of_band(now, digit),
            None => Some(digit),
        }
    }

    /// The agent hears silence in place of the caller, or no longer. Keys are still found.
    pub(crate) const fn set_muted(&mut self, muted: bool) {
        self.gate.set_muted(muted);
    }

    /// When to ask [`advance`](Self::advance) and [`next_held`](Self::next_held) at the latest.
    pub(crate) fn deadline(&self) -> Option<Time> {
        let silent = self.clock.deadline(self.is_speaking(), self.continuous);
        let held = self.arrivals.deadline();
        silent.into_iter().chain(held).min()
    }

    /// Whether the caller has begun to speak and is not over. `false` where nobody looks.
    pub(crate) fn is_speaking(&self) -> bool {
        self.voice.as_ref().is_some_and(|voice| voice.is_speaking())
    }

    /// How long the caller has not been voiced, in microseconds of audio and silence. 0 where nobody looks.
    pub(crate) fn silent_us(&self) -> u64 {
        self.voice.as_ref().map_or(0, |voice| voice.silent_us())
    }

    /// Length of the speech going on, in microseconds of audio; 0 where there is none, or nobody looks.
    pub(crate) fn spoken_us(&self) -> u64 {
        self.voice.as_ref().map_or(0, |voice| voice.spoken_us())
    }

    /// Frames dropped because they had come before, and because their place was past.
    pub(crate) const fn dropped_frames(&self) -> (u64, u64) {
        (self.arrivals.duplicates(), self.arrivals.late())
    }

    fn settled(&mut self, gap: Gap) -> Gap {
        Gap {
            us: self.clock.settle(gap.us),
            ..gap
        }
    }

    /// Runs voice activity over `scratch.pcm`; leaves wideband samples in `scratch.resampled`.
    fn listen(&mut self, scratch: &mut Scratch) -> Activity {
        let voice = self.voice.as_mut();
        let activity = voice.map_or_else(Activity::default, |voice| {
            voice.push(&scratch.pcm, &mut scratch.resampled)
        });
        self.with_key(activity)
    }

    fn with_key(&mut self, activity: Activity) -> Activity {
        let key = self.keys.as_mut().and_then(|keys| keys.next());
        Activity { key, ..activity }
    }

    /// Puts `scratch.pcm` into `scratch.bytes` as the agent takes it.
    fn convert(&mut self, scratch: &mut Scratch) -> Heard {
        let Some(listens) = self.listens else {
            return Heard::Nothing;
        };
        scratch.bytes.clear();
        let samples = if let Some(resampler) = &mut self.to_agent {
            scratch.resampled.clear();
            resampler.process(&scratch.pcm, &mut scratch.resampled);
            &scratch.resampled
        } else if listens.rate_hz == self.sends.rate_hz {
            &scratch.pcm
        } else {
            &scratch.resampled
        };
        listens.encode(samples, &mut scratch.bytes);
        Heard::Converted
    }
}

#[cfg(test)]
pub(crate) mod tests;
