//! What the gateway itself plays to the caller: its own sentences, and keys pressed for the agent.

use trunkline_codecs::dtmf::{Digit, Tone};
use trunkline_codecs::resample::Resampler;

use super::Call;
use super::live::Live;
use crate::agent::Agent;
use crate::config::Clip;
use crate::playout::Owner;
use crate::scratch::Scratch;
use crate::time::Time;

/// Length of a key's tone and of the pause behind it, in milliseconds: twice what ITU-T Q.24 asks for.
const TONE_MS: u32 = 100;
const PAUSE_MS: u32 = 100;

/// Sounds waiting at once; more are left out.
const BOUND: usize = 8;

/// The longest clip and the most keys played at once.
const CLIP_MS: usize = 30_000;
const KEYS: usize = 64;

/// Something the gateway plays.
#[derive(Clone, Debug)]
pub(super) enum Sound {
    /// A sentence of its own.
    Clip(Clip),
    /// Keys, as tones.
    Keys(String),
}

impl Sound {
    /// How long it lasts at most.
    pub(super) fn length_ms(&self) -> u64 {
        match self {
            Self::Clip(clip) => clip.length_ms(),
            Self::Keys(keys) => keys.len() as u64 * u64::from(TONE_MS + PAUSE_MS),
        }
    }
}

impl<A: Agent> Call<A> {
    /// Plays a sentence of the gateway's own behind what is queued.
    pub(super) fn say_line(&mut self, clip: Option<&Clip>) {
        if let Some((live, clip)) = self.live.as_mut().zip(clip)
            && live.sounds.len() < BOUND
            && !clip.samples.is_empty()
        {
            live.sounds.push_back(Sound::Clip(clip.clone()));
        }
    }

    /// Plays keys behind what is queued.
    pub(super) fn press(&mut self, keys: String) {
        if let Some(live) = &mut self.live
            && live.sounds.len() < BOUND
        {
            live.sounds.push_back(Sound::Keys(keys));
        }
    }

    /// Puts waiting sounds into the playout. Keys go into an utterance of the agent's that is still open; a
    /// sentence waits until it is complete.
    pub(super) fn start_sounds(&mut self, now: Time, scratch: &mut Scratch) {
        let Some(live) = &mut self.live else { return };
        while let Some(sound) = live.sounds.front() {
            let open = live.playout.is_open();
            scratch.resampled.clear();
            match sound {
                Sound::Clip(_) if open => return,
                Sound::Clip(clip) => clip_samples(clip, live.line.takes.rate_hz, scratch),
                Sound::Keys(keys) => tones(keys, live.line.takes.rate_hz, &mut scratch.resampled),
            }
            live.sounds.pop_front();
            play(now, live, open, scratch);
        }
    }
}

fn play(now: Time, live: &mut Live, into_open: bool, scratch: &mut Scratch) {
    scratch.bytes.clear();
    live.line
        .takes
        .encode(&scratch.resampled, &mut scratch.bytes);
    if into_open {
        live.queue(now, &scratch.bytes);
        return;
    }
    live.playout.begin(Owner::Line, false);
    live.playout.push(now, &scratch.bytes);
    live.playout.complete();
}

fn clip_samples(clip: &Clip, rate_hz: u32, scratch: &mut Scratch) {
    let most = clip.rate_hz as usize / 1_000 * CLIP_MS;
    let samples = clip.samples.get(..most).unwrap_or(&clip.samples);
    if clip.rate_hz == rate_hz {
        scratch.resampled.extend_from_slice(samples);
    } else if let Ok(mut resampler) = Resampler::new(clip.rate_hz, rate_hz) {
        resampler.process(samples, &mut scratch.resampled);
        resampler.flush(&mut scratch.resampled);
    }
}

fn tones(keys: &str, rate_hz: u32, samples: &mut Vec<i16>) {
    for digit in keys.chars().filter_map(Digit::from_char).take(KEYS) {
        let mut tone = Tone::new(digit, rate_hz, TONE_MS, PAUSE_MS);
        while tone.write(rate_hz as usize, samples) > 0 {}
    }
}
