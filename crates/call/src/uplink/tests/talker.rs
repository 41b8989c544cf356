//! A talker made in code, so that voice activity has something to find.

use std::f64::consts::{PI, TAU};

use trunkline_codecs::resample::Resampler;

const VOWELS: [[f64; 3]; 4] = [
    [700.0, 1_200.0, 2_600.0],
    [400.0, 2_000.0, 2_600.0],
    [500.0, 900.0, 2_500.0],
    [300.0, 2_300.0, 3_000.0],
];

/// Pulses of a gliding pitch through three resonances that change from vowel to vowel, five syllables in a
/// second with a hissed consonant before each.
pub(crate) fn talk(rate_hz: u32, ms: usize) -> Vec<i16> {
    let (mut turns, mut before, mut seed) = (0.0_f64, 0.0, 1_u64);
    let mut resonators = [(0.0, 0.0); 3];
    let mut wide = Vec::new();
    for n in 0..16 * ms {
        let t = n as f64 / 16_000.0;
        let (syllable, within) = ((t * 5.0) as usize, (t * 5.0).fract());
        let was = turns;
        turns += (120.0 + 25.0 * (TAU * 0.6 * t).sin() - 15.0 * within) / 16_000.0;
        let pulse = f64::from(u8::from(turns.fract() < was.fract()));
        let vowel = (PI * (within - 0.15) / 0.85).sin().max(0.0);
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let noise = (seed >> 33) as f64 / f64::from(1 << 30) - 1.0;
        let hiss = if within < 0.15 { 0.02 } else { 0.002 };
        let mut sound = vowel * pulse + hiss * noise;
        for (k, state) in resonators.iter_mut().enumerate() {
            let (from, to) = (VOWELS[syllable % 4][k], VOWELS[(syllable + 1) % 4][k]);
            sound = resonance(
                state,
                sound,
                from + (to - from) * within,
                60.0 + 40.0 * k as f64,
            );
        }
        // The mouth radiates the change of the flow.
        wide.push(sound - 0.7 * before);
        before = sound;
    }
    let power = wide.iter().map(|x| x * x).sum::<f64>() / wide.len() as f64;
    let wide: Vec<i16> = wide
        .iter()
        .map(|x| (x * 3_000.0 / power.sqrt()) as i16)
        .collect();
    let mut out = Vec::new();
    let mut resampler = Resampler::new(16_000, rate_hz).expect("a rate of the codecs");
    resampler.process(&wide, &mut out);
    out
}

/// Half a second of silence, a second of talk, a second of silence.
pub(super) fn phrase(rate_hz: u32) -> Vec<i16> {
    let silence = vec![0; rate_hz as usize / 2];
    [&silence[..], &talk(rate_hz, 1_000), &silence, &silence].concat()
}

/// One resonance of the vocal tract, with unit gain at zero frequency.
fn resonance(state: &mut (f64, f64), input: f64, frequency_hz: f64, bandwidth_hz: f64) -> f64 {
    let radius = (-PI * bandwidth_hz / 16_000.0).exp();
    let b = 2.0 * radius * (TAU * frequency_hz / 16_000.0).cos();
    let c = -radius * radius;
    let out = (1.0 - b - c) * input + b * state.0 + c * state.1;
    *state = (out, state.0);
    out
}
