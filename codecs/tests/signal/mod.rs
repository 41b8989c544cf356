//! Sounds made in code, at 16 kHz: noises, tones and a talker.

use std::f64::consts::TAU;

use trunkline_codecs::dtmf::{Digit, Tone};

const RATE_HZ: f64 = 16_000.0;

/// A seeded source of uniform noise in -1..1.
#[derive(Debug)]
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }
}

pub(crate) fn silence(samples: usize) -> Vec<i16> {
    vec![0; samples]
}

pub(crate) fn tone(frequency_hz: f64, samples: usize, peak: f64) -> Vec<i16> {
    (0..samples)
        .map(|n| (peak * (TAU * frequency_hz * n as f64 / RATE_HZ).sin()) as i16)
        .collect()
}

pub(crate) fn dtmf(signs: &str) -> Vec<i16> {
    let mut out = silence(8000);
    for sign in signs.chars() {
        let digit = Digit::from_char(sign).unwrap();
        Tone::new(digit, 16_000, 300, 200).write(usize::MAX, &mut out);
    }
    out
}

pub(crate) fn white(noise: &mut Noise, samples: usize, rms: f64) -> Vec<i16> {
    scaled((0..samples).map(|_| noise.next()).collect(), rms)
}

/// Noise falling by 3 dB an octave: white noises each held twice as long as the one before.
pub(crate) fn pink(noise: &mut Noise, samples: usize, rms: f64) -> Vec<i16> {
    let mut held = [0.0; 12];
    let sum_at = |n: usize| {
        for (row, value) in held.iter_mut().enumerate() {
            if n.is_multiple_of(1 << row) {
                *value = noise.next();
            }
        }
        held.iter().sum()
    };
    scaled((0..samples).map(sum_at).collect(), rms)
}

/// Noise falling by 6 dB an octave: a leaking sum of white noise.
pub(crate) fn brown(noise: &mut Noise, samples: usize, rms: f64) -> Vec<i16> {
    let mut sum = 0.0;
    let step = |_| {
        sum = 0.995 * sum + noise.next();
        sum
    };
    scaled((0..samples).map(step).collect(), rms)
}

/// A talker: pulses of a gliding pitch through three resonances that change from vowel to vowel,
/// five syllables in a second with a hissed consonant before each.
pub(crate) fn talk(seconds: f64) -> Vec<i16> {
    const VOWELS: [[f64; 3]; 4] = [
        [700.0, 1200.0, 2600.0],
        [400.0, 2000.0, 2600.0],
        [500.0, 900.0, 2500.0],
        [300.0, 2300.0, 3000.0],
    ];
    let mut noise = Noise::new(1);
    let mut resonators = [Resonator::default(); 3];
    let mut turns: f64 = 0.0;
    let mut before = 0.0;
    let voice = (0..(seconds * RATE_HZ) as usize).map(|n| {
        let t = n as f64 / RATE_HZ;
        let syllable = t * 5.0;
        let within = syllable.fract();
        let from = VOWELS[syllable as usize % 4];
        let to = VOWELS[(syllable as usize + 1) % 4];
        let pitch = 120.0 + 25.0 * (TAU * 0.6 * t).sin() - 15.0 * within;
        let was = turns;
        turns += pitch / RATE_HZ;
        let pulse = if turns.fract() < was.fract() {
            1.0
        } else {
            0.0
        };
        let vowel = if within < 0.15 {
            0.0
        } else {
            (std::f64::consts::PI * (within - 0.15) / 0.85).sin()
        };
        let consonant = if within < 0.15 { 0.02 } else { 0.002 };
        let mut sound = vowel * pulse + consonant * noise.next();
        for (k, resonator) in resonators.iter_mut().enumerate() {
            let frequency = from[k] + (to[k] - from[k]) * within;
            sound = resonator.pass(sound, frequency, 60.0 + 40.0 * k as f64);
        }
        // The mouth radiates the change of the flow.
        let radiated = sound - 0.7 * before;
        before = sound;
        radiated
    });
    scaled(voice.collect(), 3000.0)
}

/// One resonance of the vocal tract, with unit gain at zero frequency.
#[derive(Copy, Clone, Debug, Default)]
struct Resonator {
    last: f64,
    before: f64,
}

impl Resonator {
    fn pass(&mut self, input: f64, frequency_hz: f64, bandwidth_hz: f64) -> f64 {
        let radius = (-TAU / 2.0 * bandwidth_hz / RATE_HZ).exp();
        let b = 2.0 * radius * (TAU * frequency_hz / RATE_HZ).cos();
        let c = -radius * radius;
        let out = (1.0 - b - c) * input + b * self.last + c * self.before;
        self.before = self.last;
        self.last = out;
        out
    }
}

fn scaled(signal: Vec<f64>, rms: f64) -> Vec<i16> {
    let mean = signal.iter().sum::<f64>() / signal.len() as f64;
    let power = signal.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / signal.len() as f64;
    let gain = rms / power.sqrt();
    signal.iter().map(|x| ((x - mean) * gain) as i16).collect()
}
