//! Words for the caller's audio: frames sent by hand, sounds, loss, and what the agent made of it.

use trunkline_codecs::dtmf::{Digit, Tone};

use super::acts::Act;
use super::build::Builder;
use super::network::Packet;
use super::script::Told;
use super::stamp;
use super::world::World;
use crate::caller::{Place, sim::write_audio};
use crate::io::Control;

impl Builder {
    /// A call that has begun, with the microphone off: the scenario sends every frame itself.
    pub(super) fn build_by_hand(self) -> World {
        let mut world = self.build_connected();
        world.caller_sends("start");
        world.run_for(0);
        world
    }

    /// The agent takes no caller audio at all.
    pub(super) fn agent_has_no_ears(mut self) -> Self {
        self.manner.needs.listens = None;
        self
    }
}

/// What the caller's side sends.
impl World {
    /// A stamped frame of this number, at this place.
    pub(super) fn caller_sends_stamp(&mut self, place: Place, number: u64) {
        let mut audio = Vec::new();
        stamp::write(number, self.carrier.line().sends, &mut audio);
        self.caller_sends_audio(place, &audio);
    }

    /// A message of any audio.
    pub(super) fn caller_sends_audio(&mut self, place: Place, audio: &[u8]) {
        let mut message = Vec::new();
        write_audio(place, audio, &mut message);
        self.up.send(self.now, Packet::Binary(message));
    }

    /// The microphone picks this up, from its next frame on, in place of the background.
    pub(super) fn caller_plays(&mut self, samples: impl IntoIterator<Item = i16>) {
        self.person.sound.extend(samples);
    }

    /// Touch tones in the audio, each so long and followed by a pause of the same length.
    pub(super) fn caller_plays_keys(&mut self, keys: &str, ms: u32) {
        let rate_hz = self.carrier.line().sends.rate_hz;
        let mut samples = Vec::new();
        for digit in keys.chars().filter_map(Digit::from_char) {
            let mut tone = Tone::new(digit, rate_hz, ms, ms);
            while tone.write(8_000, &mut samples) > 0 {}
        }
        self.caller_plays(samples);
    }

    /// A tone of 400 Hz, neither speech nor key, of this peak.
    pub(super) fn caller_hums(&mut self, ms: u64, peak: i16) {
        let rate_hz = u64::from(self.carrier.line().sends.rate_hz);
        let sample = |n: u64| {
            let turns = n as f64 * 400.0 / rate_hz as f64;
            (f64::from(peak) * (std::f64::consts::TAU * turns).sin()) as i16
        };
        self.caller_plays((0..rate_hz * ms / 1_000).map(sample));
    }

    /// The next frames are numbered and get lost on the way.
    pub(super) const fn network_loses(&mut self, frames: u64) {
        self.person.loses = frames;
    }

    pub(super) fn operator_mutes(&mut self, muted: bool) {
        self.act(Act::Control(Control::Mute(muted)));
    }
}

/// What became of it.
impl World {
    /// The agent keeps the samples it hears, from now on.
    pub(super) fn agent_records(&self) {
        self.agent.desk_mut().notes.recording = Some(Vec::new());
    }

    /// What it has kept.
    pub(super) fn recording(&self) -> Vec<i16> {
        let recording = self.agent.desk().notes.recording.clone();
        recording.expect("the agent records")
    }

    /// Milliseconds of caller audio it had been given when it was told this last.
    #[track_caller]
    pub(super) fn heard_before_ms(&self, told: &Told) -> u64 {
        let desk = self.agent.desk();
        let index = desk.notes.told.iter().rposition(|(_, other)| other == told);
        let bytes = desk.notes.told_after[index.expect("it was told")];
        let format = desk.notes.listens.expect("it has begun");
        format.us_for_bytes(bytes as usize) / 1_000
    }

    /// The stamps it heard are these, all of them and in this order.
    #[track_caller]
    pub(super) fn assert_agent_heard(&self, numbers: impl IntoIterator<Item = u64>) {
        let numbers: Vec<_> = numbers.into_iter().collect();
        assert_eq!(self.agent_heard_stamps(), numbers, "by {}", self.now);
    }

    /// The keys it was told of, in order.
    pub(super) fn keys_told(&self) -> String {
        let told = self.told();
        let keys = told.iter().filter_map(|(_, told)| match told {
            Told::Digit(key) => Some(*key),
            _ => None,
        });
        keys.collect()
    }
}

/// Samples that are not silence, first and last, and how many.
pub(super) fn loud(samples: &[i16]) -> Option<(usize, usize, usize)> {
    let is_loud = |sample: &i16| sample.unsigned_abs() > 64;
    let first = samples.iter().position(is_loud)?;
    let last = samples.iter().rposition(is_loud)?;
    Some((first, last, samples.iter().filter(|s| is_loud(s)).count()))
}
