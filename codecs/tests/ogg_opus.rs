//! Opus in Ogg: a file made by another encoder, our own through our own reader, and broken ones.

use std::f64::consts::TAU;

use proptest::prelude::*;
use trunkline_codecs::container::{Container, Muxer};
use trunkline_codecs::ogg_opus::{OggError, OpusHead, OpusTags, Reader, Writer, decode};

/// 0.5 s of a 440 Hz sine at -12 dBFS, encoded by `ffmpeg -f lavfi -i
/// "sine=frequency=440:sample_rate=24000:duration=0.5,volume=6dB" -c:a libopus -b:a 24k -application
/// voip -page_duration 100000 -map_metadata -1 -fflags +bitexact`.
const FFMPEG: &[u8] = include_bytes!("fixtures/sine440.ogg");

fn sine(rate_hz: u32, samples: usize, peak: f64) -> Vec<i16> {
    (0..samples)
        .map(|n| (peak * (TAU * 440.0 * n as f64 / f64::from(rate_hz)).sin()) as i16)
        .collect()
}

fn ogg(rate_hz: u32, samples: &[i16]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut muxer = Muxer::new(Container::OggOpus, rate_hz, 1, &mut out).unwrap();
    for piece in samples.chunks(777) {
        muxer.push(piece, &mut out).unwrap();
    }
    muxer.finish(&mut out).unwrap();
    out
}

/// The share of the energy that is at 440 Hz.
fn purity(samples: &[i16], rate_hz: u32) -> f64 {
    let (re, im, all) = samples
        .iter()
        .enumerate()
        .fold((0.0, 0.0, 0.0), |sums, (n, &s)| {
            let (sin, cos) = (TAU * 440.0 * n as f64 / f64::from(rate_hz)).sin_cos();
            let s = f64::from(s);
            (sums.0 + s * cos, sums.1 + s * sin, sums.2 + s * s)
        });
    2.0 * (re * re + im * im) / (all * samples.len() as f64)
}

#[test]
fn a_file_of_ffmpeg_is_read() {
    for rate_hz in [8000, 24_000, 48_000] {
        let samples = decode(FFMPEG, rate_hz, 1000).unwrap();
        assert_eq!(samples.len(), rate_hz as usize / 2);
        let purity = purity(&samples, rate_hz);
        assert!(purity > 0.95, "{rate_hz}: {purity:.3}");
    }
    let mut reader = Reader::new();
    let mut packets = Vec::new();
    reader.push(FFMPEG, |packet| packets.push(packet)).unwrap();
    reader.finish().unwrap();
    assert_eq!(
        reader.head(),
        Some(OpusHead {
            channels: 1,
            pre_skip: 312,
            input_rate_hz: 24_000,
            gain_q8: 0,
        })
    );
    assert!(reader.has_ended());
    assert!(packets.iter().filter(|p| p.granule.is_some()).count() > 2);
    assert_eq!(packets.last().unwrap().granule, Some(24_000 + 312));
}

#[test]
fn what_is_written_is_read_to_the_sample() {
    for rate_hz in [8000, 12_000, 16_000, 24_000, 48_000] {
        for samples in [0, 1, 159, 960, 961, 5 * rate_hz as usize / 2 + 7] {
            let original = sine(rate_hz, samples, 8000.0);
            let bytes = ogg(rate_hz, &original);
            let back = decode(&bytes, rate_hz, 3000).unwrap();
            assert_eq!(back.len(), samples, "{rate_hz}");
            if samples > 1000 {
                let purity = purity(&back, rate_hz);
                assert!(purity > 0.95, "{rate_hz}: {purity:.3}");
            }
        }
    }
}

#[test]
fn pages_are_short_and_count_on() {
    let bytes = ogg(16_000, &sine(16_000, 32_000, 8000.0));
    let mut granules = Vec::new();
    let mut reader = Reader::new();
    reader
        .push(&bytes, |packet| granules.extend(packet.granule))
        .unwrap();
    assert_eq!(reader.tags().unwrap().vendor, "trunkline");
    let (last, others) = granules.split_last().unwrap();
    assert_eq!(*last, 96_000 + u64::from(reader.head().unwrap().pre_skip));
    assert!(others.iter().zip(1..).all(|(&at, page)| at == page * 4800));
    assert!(others.len() >= 19, "{}", others.len());
}

#[test]
fn gain_and_a_late_start_are_respected() {
    let tags = OpusTags::default();
    let rewritten = |gain_q8: i16| {
        let (mut out, mut packets) = (Vec::new(), Vec::new());
        let mut reader = Reader::new();
        reader.push(FFMPEG, |packet| packets.push(packet)).unwrap();
        let head = OpusHead {
            gain_q8,
            ..reader.head().unwrap()
        };
        let mut writer = Writer::new(head, &tags, 7, &mut out);
        for packet in &packets {
            writer.push(&packet.data, &mut out).unwrap();
        }
        writer.finish(None, &mut out);
        decode(&out, 24_000, 1000).unwrap()
    };
    let (plain, half) = (rewritten(0), rewritten(-6 * 256));
    let power = |samples: &[i16]| samples.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>();
    let db = 10.0 * (power(&half) / power(&plain)).log10();
    assert!((db + 6.0).abs() < 0.05, "{db}");
}

#[test]
fn limits_are_errors() {
    let bytes = ogg(16_000, &sine(16_000, 16_000, 8000.0));
    assert_eq!(decode(&bytes, 16_000, 1000).unwrap().len(), 16_000);
    assert!(matches!(
        decode(&bytes, 16_000, 999),
        Err(OggError::TooLong { max_ms: 999 })
    ));
    assert!(matches!(
        decode(&bytes, 44_100, 1000),
        Err(OggError::Opus(_))
    ));
    assert!(matches!(
        decode(&[], 16_000, 1000),
        Err(OggError::NoOpus { bytes: 0 })
    ));
    assert!(matches!(
        decode(b"RIFF....WAVE", 16_000, 1000),
        Err(OggError::Page { .. })
    ));
    assert!(matches!(
        decode(&bytes[..bytes.len() - 1], 16_000, 1000),
        Err(OggError::Page { .. })
    ));
    let mut flipped = bytes;
    flipped[300] ^= 1;
    assert!(matches!(
        decode(&flipped, 16_000, 1000),
        Err(OggError::Page { .. })
    ));
    let mut out = Vec::new();
    let head = Reader::new();
    assert!(head.head().is_none());
    let mut writer = Writer::new(
        OpusHead {
            channels: 1,
            pre_skip: 0,
            input_rate_hz: 0,
            gain_q8: 0,
        },
        &OpusTags::default(),
        1,
        &mut out,
    );
    let before = out.len();
    assert!(writer.push(&[], &mut out).is_err());
    assert_eq!(out.len(), before);
}

/// Ogg's checksum (RFC 3533 section 6) put right, so that broken contents reach the reader.
fn with_checksums(mut bytes: Vec<u8>) -> Vec<u8> {
    let mut at = 0;
    while at + 27 < bytes.len() && bytes[at..].starts_with(b"OggS") {
        let segments = usize::from(bytes[at + 26]);
        let Some(lacing) = bytes.get(at + 27..at + 27 + segments) else {
            break;
        };
        let end = at + 27 + segments + lacing.iter().map(|&l| usize::from(l)).sum::<usize>();
        let Some(page) = bytes.get_mut(at..end) else {
            break;
        };
        page[22..26].fill(0);
        let sum = page.iter().fold(0u32, |sum, &byte| {
            (0..8).fold(sum ^ u32::from(byte) << 24, |sum, _| {
                sum << 1 ^ if sum >> 31 == 1 { 0x04C1_1DB7 } else { 0 }
            })
        });
        page[22..26].copy_from_slice(&sum.to_le_bytes());
        at = end;
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_chunking_gives_the_same_packets(chunk in 1usize..600) {
        let (mut whole, mut pieces) = (Vec::new(), Vec::new());
        Reader::new().push(FFMPEG, |packet| whole.push(packet)).unwrap();
        let mut reader = Reader::new();
        for piece in FFMPEG.chunks(chunk) {
            reader.push(piece, |packet| pieces.push(packet)).unwrap();
        }
        prop_assert_eq!(pieces, whole);
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _either_way = decode(&bytes, 8000, 1000);
        let _either_way = decode(&[&b"OggS"[..], &bytes].concat(), 8000, 1000);
    }

    #[test]
    fn no_damage_panics(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = FFMPEG.to_vec();
        for (at, value) in damage {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let bytes = with_checksums(bytes);
        let _either_way = decode(&bytes, 8000, 1000);
        let _either_way = decode(&bytes[..cut.index(bytes.len())], 8000, 1000);
    }

    #[test]
    fn no_page_structure_panics(
        pages in prop::collection::vec(
            (0u8..8, prop::collection::vec(prop_oneof![Just(255u8), Just(0), 0u8..40], 0..6)),
            1..12,
        ),
    ) {
        let mut bytes = Vec::new();
        Writer::new(
            OpusHead { channels: 1, pre_skip: 0, input_rate_hz: 0, gain_q8: 0 },
            &OpusTags::default(),
            1,
            &mut bytes,
        );
        for (flags, lacing) in pages {
            bytes.extend_from_slice(b"OggS\0");
            bytes.push(flags);
            bytes.extend_from_slice(&[0; 8]);
            bytes.extend_from_slice(&1u32.to_le_bytes());
            bytes.extend_from_slice(&[0; 8]);
            bytes.push(lacing.len() as u8);
            let size = lacing.iter().map(|&l| usize::from(l)).sum();
            bytes.extend_from_slice(&lacing);
            bytes.extend(vec![0xF8; size]);
        }
        let _either_way = decode(&with_checksums(bytes), 8000, 1000);
    }
}
