//! G.711 and resampling by the clock, beside the crates that do the same, then every path alone. One iteration is one frame of 20 ms.
//!
//! `cargo bench -p trunkline-benches --bench codecs`. Seconds differ from machine to machine and are gated by
//! nothing; what is decided by them is written where it was decided (`codecs/src/resample.rs`, `codecs/src/simd.rs`).

#[path = "codecs/fixed.rs"]
mod fixed;
#[path = "codecs/paths.rs"]
mod paths;
#[path = "codecs/peers.rs"]
mod peers;

use std::f64::consts::TAU;
use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use fixed::Fixed;
use peers::Rubato;
use trunkline_codecs::g711::Law;
use trunkline_codecs::resample::Resampler;

/// Pairs of the telephone and speech rates that calls need, then some of the 44.1 kHz family.
const SPEECH_HZ: [(u32, u32); 8] = [
    (8_000, 24_000),
    (24_000, 8_000),
    (8_000, 16_000),
    (16_000, 8_000),
    (16_000, 24_000),
    (24_000, 16_000),
    (24_000, 48_000),
    (48_000, 24_000),
];
const MUSIC_HZ: [(u32, u32); 5] = [
    (8_000, 44_100),
    (44_100, 8_000),
    (22_050, 16_000),
    (44_100, 48_000),
    (22_050, 44_100),
];

fn g711(c: &mut Criterion) {
    let samples = sound(8_000);
    for (name, law) in [("mu-law", Law::Mu), ("A-law", Law::A)] {
        let mut group = c.benchmark_group(format!("{name} there and back"));
        let (mut codes, mut back) = (Vec::new(), Vec::new());
        group.bench_function("trunkline", |b| {
            b.iter(|| {
                codes.clear();
                back.clear();
                law.encode(black_box(&samples), &mut codes);
                law.decode(black_box(&codes), &mut back);
                black_box(&back).len()
            });
        });
        let encode: fn(i16) -> u8 = match law {
            Law::Mu => audio_codec_algorithms::encode_ulaw,
            Law::A => audio_codec_algorithms::encode_alaw,
        };
        let decode: fn(u8) -> i16 = match law {
            Law::Mu => audio_codec_algorithms::decode_ulaw,
            Law::A => audio_codec_algorithms::decode_alaw,
        };
        group.bench_function("audio-codec-algorithms", |b| {
            b.iter(|| {
                codes.clear();
                back.clear();
                codes.extend(black_box(&samples).iter().map(|&sample| encode(sample)));
                back.extend(black_box(&codes).iter().map(|&code| decode(code)));
                black_box(&back).len()
            });
        });
        let (mut codes, mut back) = ([0; 160], [0; 160]);
        let kind = match law {
            Law::Mu => audio_codec::CodecType::PCMU,
            Law::A => audio_codec::CodecType::PCMA,
        };
        let mut encoder = audio_codec::create_encoder(kind);
        let mut decoder = audio_codec::create_decoder(kind);
        group.bench_function("audio-codec", |b| {
            b.iter(|| {
                encoder
                    .encode_into(black_box(&samples), &mut codes)
                    .unwrap();
                decoder.decode_into(black_box(&codes), &mut back).unwrap();
                black_box(&back).len()
            });
        });
    }
}

fn resample(c: &mut Criterion) {
    for (in_hz, out_hz) in SPEECH_HZ.into_iter().chain(MUSIC_HZ) {
        let mut group = c.benchmark_group(format!("{in_hz} to {out_hz}"));
        let samples = sound(in_hz);
        let floats: Vec<f32> = samples.iter().map(|&s| f32::from(s) / 32_768.0).collect();
        let divisor = gcd(in_hz, out_hz);
        let (up, down) = ((out_hz / divisor) as usize, (in_hz / divisor) as usize);

        let mut resampler = Resampler::new(in_hz, out_hz).unwrap();
        let mut out = Vec::new();
        group.bench_function("trunkline", |b| {
            b.iter(|| {
                out.clear();
                resampler.process(black_box(&samples), &mut out);
                black_box(&out).len()
            });
        });
        if up.max(down) <= 6 {
            let mut fixed = Fixed::new(up, down);
            println!("i16 coefficients: stop band {:.1} dB", fixed.stop_band_db());
            group.bench_function("i16 fixed point", |b| {
                b.iter(|| {
                    out.clear();
                    fixed.process(black_box(&samples), &mut out);
                    black_box(&out).len()
                });
            });
        }
        for (name, mut rubato) in [
            ("rubato Fft", Rubato::fft(in_hz, out_hz)),
            ("rubato sinc default", Rubato::sinc_default(in_hz, out_hz)),
            (
                "rubato sinc 32 Blackman",
                Rubato::sinc_short(in_hz, out_hz, up),
            ),
        ] {
            group.bench_function(name, |b| b.iter(|| rubato.process(black_box(&floats))));
        }
        let mut coefficients = vec![0.0; audio_codec::resampler::COEFFS_LEN];
        let mut peer = audio_codec::resampler::Resampler::new(
            in_hz as usize,
            out_hz as usize,
            &mut coefficients,
        )
        .unwrap();
        let mut peer_out = vec![0; out_hz as usize / 50 + 2];
        group.bench_function("audio-codec", |b| {
            b.iter(|| {
                peer.resample_into(black_box(&samples), &mut peer_out)
                    .unwrap()
            });
        });
        let mut float_out = vec![0.0; out_hz as usize / 50 + 2];
        for quality in [3, 5] {
            let (from, to) = (in_hz as usize, out_hz as usize);
            let mut speex = speexdsp_resampler::State::new(1, from, to, quality).unwrap();
            group.bench_function(format!("speexdsp q{quality}"), |b| {
                b.iter(|| {
                    let done = speex.process_float(0, black_box(&floats), &mut float_out);
                    done.unwrap().1
                });
            });
        }
        let mut out = Vec::new();
        group.bench_function("dasp linear", |b| {
            b.iter(|| {
                out.clear();
                peers::dasp_linear(black_box(&floats), in_hz, out_hz, &mut out);
                black_box(&out).len()
            });
        });
        group.bench_function("dasp sinc", |b| {
            b.iter(|| {
                out.clear();
                peers::dasp_sinc(black_box(&floats), in_hz, out_hz, &mut out);
                black_box(&out).len()
            });
        });
    }
}

/// A frame of a voiced sound.
fn sound(rate_hz: u32) -> Vec<i16> {
    let at = |n: u32| f64::from(n) / f64::from(rate_hz);
    let harmonic = |k: u32, t: f64| (TAU * 150.0 * f64::from(k) * t).sin() / f64::from(k);
    (0..rate_hz / 50)
        .map(|n| (8_000.0 * (1..=20).map(|k| harmonic(k, at(n))).sum::<f64>()) as i16)
        .collect()
}

const fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn short() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(700))
        .sample_size(40)
}

criterion_group! {
    name = codecs;
    config = short();
    targets = g711, resample, paths::paths
}
criterion_main!(codecs);
