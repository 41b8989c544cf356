//! Opus: what goes in comes out, late by what is said, and bad packets are errors.

use std::f64::consts::TAU;

use proptest::prelude::*;
use trunkline_codecs::opus::{
    Decoder, Encoder, EncoderConfig, OpusError, is_dtx, packet_duration_48k,
};

/// Harmonics of a pitch that glides and an envelope with syllables, so that a lost frame cannot be
/// guessed from the one before.
fn voice_like(rate_hz: u32, seconds: f64) -> Vec<i16> {
    let samples = (seconds * f64::from(rate_hz)) as usize;
    let mut turns = 0.0;
    (0..samples)
        .map(|n| {
            let t = n as f64 / f64::from(rate_hz);
            turns += (180.0 + 60.0 * (TAU * 3.1 * t).sin()) / f64::from(rate_hz);
            let syllables = 0.5 + 0.5 * (TAU * 5.3 * t).sin();
            let harmonics: f64 = (1..=12)
                .map(|k| (TAU * turns * f64::from(k)).sin() / f64::from(k))
                .sum();
            (7000.0 * syllables * harmonics) as i16
        })
        .collect()
}

fn correlation(a: &[i16], b: &[i16]) -> f64 {
    let dot = |x: &[i16], y: &[i16]| -> f64 {
        x.iter()
            .zip(y)
            .map(|(&x, &y)| f64::from(x) * f64::from(y))
            .sum()
    };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn every_rate_and_length_round_trips() {
    for rate_hz in [8000, 12_000, 16_000, 24_000, 48_000] {
        for frame_ms in [10, 20, 40, 60] {
            let config = EncoderConfig {
                frame_ms,
                bitrate_bps: 40_000,
                ..EncoderConfig::speech(rate_hz)
            };
            let mut encoder = Encoder::new(config).unwrap();
            let mut decoder = Decoder::new(rate_hz).unwrap();
            let input = voice_like(rate_hz, 0.6);
            let mut output = Vec::new();
            for frame in input.chunks_exact(encoder.frame_samples()) {
                let mut packet = Vec::new();
                let bytes = encoder.encode(frame, &mut packet).unwrap();
                assert_eq!(bytes, packet.len());
                assert_eq!(decoder.decode(&packet, &mut output).unwrap(), frame.len());
            }
            let lag = encoder.lookahead_samples();
            let settled = output.len() / 3;
            // It codes what is heard, not the waveform, so 0.85 to 0.9 is what it reaches; its own high-pass shifts low harmonics by a fraction of a millisecond.
            let near = lag - (rate_hz / 1000) as usize..=lag + (rate_hz / 1000) as usize;
            let alike = near
                .map(|lag| correlation(&input[settled..], &output[settled + lag..]))
                .fold(0.0, f64::max);
            assert!(alike > 0.8, "{rate_hz} {frame_ms}: {alike:.3}");
        }
    }
}

/// The mean over frames of 20 ms of how far the error is below the sound, in decibels, each brought
/// into -10..=35 as is usual, so that neither pauses nor perfect frames count for more than they are
/// heard. Frames 40 dB below the loudest are left out.
fn segmental_snr_db(original: &[i16], decoded: &[i16], rate_hz: u32) -> f64 {
    let power = |samples: &mut dyn Iterator<Item = f64>| samples.map(|s| s * s).sum::<f64>();
    let frame = rate_hz as usize / 50;
    let frames = || {
        original
            .chunks_exact(frame)
            .zip(decoded.chunks_exact(frame))
    };
    let sound = |a: &[i16]| power(&mut a.iter().map(|&s| f64::from(s)));
    let loudest = frames().map(|(a, _)| sound(a)).fold(0.0, f64::max);
    let heard: Vec<f64> = frames()
        .filter(|(a, _)| sound(a) > loudest * 1e-4)
        .map(|(a, b)| {
            let error = power(&mut a.iter().zip(b).map(|(&a, &b)| f64::from(a) - f64::from(b)));
            (10.0 * (sound(a) / error.max(1.0)).log10()).clamp(-10.0, 35.0)
        })
        .collect();
    heard.iter().sum::<f64>() / heard.len() as f64
}

/// The same for the magnitudes of the spectrum from 100 to 3600 Hz, each bin weighed by a fifth of its
/// level: the frequency-weighted segmental SNR, which of the simple measures agrees best with what
/// listeners say (Hu and Loizou, IEEE TASLP 16-1, 2008). Unlike the waveform's it does not count the
/// encoder's high-pass, which turns phases by design and holds the other below 6 dB at any bit rate.
fn weighted_snr_db(original: &[i16], decoded: &[i16], rate_hz: u32) -> f64 {
    let frame = rate_hz as usize / 50;
    let (mut sum, mut frames) = (0.0, 0);
    for (a, b) in original
        .chunks_exact(frame)
        .zip(decoded.chunks_exact(frame))
    {
        let (mut weighted, mut weights) = (0.0, 0.0);
        for hz in (100..3600).step_by(50) {
            let turn = TAU * f64::from(hz) / f64::from(rate_hz);
            let (x, y) = (magnitude(a, turn), magnitude(b, turn));
            let snr = (20.0 * (x / (x - y).abs().max(1e-9)).log10()).clamp(-10.0, 35.0);
            let weight = x.max(1.0).powf(0.2);
            weighted += weight * snr;
            weights += weight;
        }
        sum += weighted / weights;
        frames += 1;
    }
    sum / f64::from(frames)
}

/// Of one bin, through a Hann window.
fn magnitude(samples: &[i16], turn: f64) -> f64 {
    let length = samples.len() as f64;
    let (re, im) = samples
        .iter()
        .enumerate()
        .fold((0.0, 0.0), |(re, im), (n, &sample)| {
            let window = 0.5 - 0.5 * (TAU * (n as f64 + 0.5) / length).cos();
            let (sin, cos) = (turn * n as f64).sin_cos();
            let sample = window * f64::from(sample);
            (re + sample * cos, im + sample * sin)
        });
    (re * re + im * im).sqrt()
}

/// Both measures after encoding and decoding. The waveform's is the best over lags of up to 1 ms
/// around the encoder's own.
fn round_trip_snr_db(config: EncoderConfig, input: &[i16]) -> (f64, f64) {
    let mut encoder = Encoder::new(config).unwrap();
    let mut decoder = Decoder::new(config.rate_hz).unwrap();
    let (mut packet, mut output) = (Vec::new(), Vec::new());
    for frame in input.chunks_exact(encoder.frame_samples()) {
        packet.clear();
        encoder.encode(frame, &mut packet).unwrap();
        decoder.decode(&packet, &mut output).unwrap();
    }
    let lag = encoder.lookahead_samples();
    let near = config.rate_hz as usize / 1000;
    let settled = output.len() / 5;
    let original = &input[settled..];
    let plain = (lag - near..=lag + near)
        .map(|lag| segmental_snr_db(original, &output[settled + lag..], config.rate_hz))
        .fold(f64::MIN, f64::max);
    (
        plain,
        weighted_snr_db(original, &output[settled + lag..], config.rate_hz),
    )
}

#[test]
fn segmental_snr_of_every_rate() {
    let mut too_low = Vec::new();
    for (rate_hz, bitrate_bps, least_db) in [
        (8000, 16_000, 15.5),
        (12_000, 24_000, 17.0),
        (16_000, 24_000, 15.5),
        (24_000, 24_000, 13.5),
        (24_000, 64_000, 19.0),
        (48_000, 32_000, 15.0),
        (48_000, 64_000, 19.0),
    ] {
        let input = voice_like(rate_hz, 2.0);
        for complexity in [0, 2, 5] {
            let config = EncoderConfig {
                bitrate_bps,
                complexity,
                ..EncoderConfig::speech(rate_hz)
            };
            let (plain, weighted) = round_trip_snr_db(config, &input);
            println!(
                "{rate_hz} Hz, {bitrate_bps} bit/s, complexity {complexity}: {plain:.1} dB, weighted {weighted:.1} dB"
            );
            if plain < 4.5 || weighted < least_db {
                too_low.push((rate_hz, bitrate_bps, complexity, plain, weighted));
            }
        }
    }
    assert!(too_low.is_empty(), "{too_low:?}");
}

#[test]
fn losses_are_concealed_and_fec_recovers_them_better() {
    let config = EncoderConfig {
        fec: true,
        loss_percent: 20,
        bitrate_bps: 32_000,
        ..EncoderConfig::speech(16_000)
    };
    let mut encoder = Encoder::new(config).unwrap();
    let input = voice_like(16_000, 2.0);
    let packets: Vec<Vec<u8>> = input
        .chunks_exact(320)
        .map(|frame| {
            let mut packet = Vec::new();
            encoder.encode(frame, &mut packet).unwrap();
            packet
        })
        .collect();
    let play = |use_fec: bool| {
        let mut decoder = Decoder::new(16_000).unwrap();
        let mut output = Vec::new();
        for (n, packet) in packets.iter().enumerate() {
            let lost = n % 5 == 3;
            match (lost, packets.get(n + 1), use_fec) {
                (false, _, _) => decoder.decode(packet, &mut output),
                (true, Some(next), true) => decoder.decode_fec(next, 320, &mut output),
                (true, _, _) => decoder.decode_lost(320, &mut output),
            }
            .unwrap();
        }
        assert_eq!(output.len(), input.len());
        let lag = encoder.lookahead_samples();
        correlation(&input[3200..], &output[3200 + lag..])
    };
    let (concealed, recovered) = (play(false), play(true));
    assert!(concealed > 0.6, "{concealed:.3}");
    assert!(recovered > concealed, "{recovered:.3} <= {concealed:.3}");
}

#[test]
fn silence_is_not_worth_sending() {
    let config = EncoderConfig {
        dtx: true,
        ..EncoderConfig::speech(16_000)
    };
    let mut encoder = Encoder::new(config).unwrap();
    let mut packet = Vec::new();
    let mut skippable = 0;
    for _ in 0..100 {
        packet.clear();
        encoder.encode(&[0; 320], &mut packet).unwrap();
        skippable += usize::from(is_dtx(&packet));
    }
    assert!(skippable > 70, "{skippable} of 100");
}

#[test]
fn wrong_requests_are_errors_and_append_nothing() {
    let speech = EncoderConfig::speech(16_000);
    let with = |change: fn(&mut EncoderConfig)| {
        let mut config = speech;
        change(&mut config);
        Encoder::new(config).err()
    };
    assert_eq!(
        with(|c| c.rate_hz = 44_100),
        Some(OpusError::Rate { got: 44_100 })
    );
    assert_eq!(
        with(|c| c.frame_ms = 30),
        Some(OpusError::FrameMs { got: 30 })
    );
    assert!(matches!(
        with(|c| c.complexity = 11),
        Some(OpusError::Library(_))
    ));

    let mut encoder = Encoder::new(speech).unwrap();
    let mut packet = vec![1];
    let expected = OpusError::FrameSize {
        expected: 320,
        got: 319,
    };
    assert_eq!(encoder.encode(&[0; 319], &mut packet), Err(expected));
    assert_eq!(packet, [1]);
    assert!(encoder.set_complexity(0).is_ok());

    let mut decoder = Decoder::new(16_000).unwrap();
    let mut out = vec![1];
    assert_eq!(
        decoder.decode(&[], &mut out),
        Err(OpusError::Packet { bytes: 0 })
    );
    assert_eq!(
        decoder.decode(&[0xFF, 0xFF], &mut out),
        Err(OpusError::Packet { bytes: 2 })
    );
    assert!(decoder.decode_lost(321, &mut out).is_err());
    assert_eq!(out, [1]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn garbage_between_good_packets_does_no_harm(garbage in prop::collection::vec(any::<u8>(), 0..80)) {
        let mut encoder = Encoder::new(EncoderConfig::speech(16_000)).unwrap();
        let mut decoder = Decoder::new(16_000).unwrap();
        let mut out = Vec::new();
        for frame in voice_like(16_000, 0.2).chunks_exact(320) {
            let mut packet = Vec::new();
            encoder.encode(frame, &mut packet).unwrap();
            let _either_way = decoder.decode(&garbage, &mut out);
            let _either_way = decoder.decode_fec(&garbage, 320, &mut out);
            out.clear();
            prop_assert_eq!(decoder.decode(&packet, &mut out), Ok(320));
        }
    }

    #[test]
    fn the_duration_is_what_the_decoder_gives(packet in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut out = Vec::new();
        if let Ok(samples) = Decoder::new(48_000).unwrap().decode(&packet, &mut out) {
            prop_assert_eq!(packet_duration_48k(&packet), Ok(samples as u32));
        }
    }

    #[test]
    fn no_packet_panics_or_overfills(packet in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut decoder = Decoder::new(8000).unwrap();
        let mut out = Vec::new();
        if let Ok(samples) = decoder.decode(&packet, &mut out) {
            prop_assert_eq!(samples, out.len());
        }
        prop_assert!(out.len() <= 960);
    }
}
