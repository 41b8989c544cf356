//! Opus in Ogg: a file made by another encoder, our own through our own reader, and broken ones.

use std::f64::consts::TAU;
use std::ops::Range;

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
fn the_gain_of_the_header_is_applied() {
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
fn a_recording_of_something_going_on_starts_late() {
    let mut late = FFMPEG.to_vec();
    for page in pages(FFMPEG).skip(2) {
        let granule = granule(&late[page.clone()]) + 1_000_000;
        late[page][6..14].copy_from_slice(&granule.to_le_bytes());
    }
    let late = with_checksums(late);
    assert_ne!(late, FFMPEG);
    assert_eq!(
        decode(&late, 24_000, 1000).unwrap(),
        decode(FFMPEG, 24_000, 1000).unwrap()
    );
}

#[test]
fn the_end_may_be_a_page_without_packets() {
    let last = pages(FFMPEG).last().unwrap();
    let end = granule(&FFMPEG[last.clone()]);
    let mut bytes = FFMPEG.to_vec();
    bytes[last.start + 5] &= !4;
    bytes[last.start + 6..last.start + 14].copy_from_slice(&24_960u64.to_le_bytes());
    let uncut = decode(&with_checksums(bytes.clone()), 24_000, 1000).unwrap();
    assert_eq!(uncut.len(), (24_960 - 312) / 2);
    bytes.extend(page(4, end, &FFMPEG[last], &[]));
    let bytes = with_checksums(bytes);
    assert_eq!(
        decode(&bytes, 24_000, 1000).unwrap(),
        decode(FFMPEG, 24_000, 1000).unwrap()
    );
    let (mut reader, mut packets) = (Reader::new(), 0);
    for piece in bytes.chunks(100) {
        assert!(!reader.has_ended());
        assert_eq!(reader.end_granule(), None);
        reader
            .push(piece, |packet| {
                packets += 1;
                assert!(!packet.is_last);
            })
            .unwrap();
    }
    assert!(reader.has_ended());
    assert_eq!(reader.end_granule(), Some(24_312));
    assert_eq!(packets, 26);
    reader.push(b"not a page", |_| ()).unwrap();
    reader.finish().unwrap();
}

#[test]
fn tags_may_span_pages() {
    let tags = OpusTags {
        vendor: "v".repeat(70_000),
        comments: vec!["TITLE=t".into()],
    };
    let mut bytes = Vec::new();
    let mut writer = Writer::new(HEAD, &tags, 1, &mut bytes);
    writer.push(&[0xF8, 0xFF, 0xFE], &mut bytes).unwrap();
    writer.finish(None, &mut bytes);
    for chunk in [bytes.len(), 65_536, 4096, 1] {
        let (mut reader, mut packets) = (Reader::new(), Vec::new());
        for piece in bytes.chunks(chunk) {
            reader.push(piece, |packet| packets.push(packet)).unwrap();
        }
        reader.finish().unwrap();
        assert_eq!(reader.tags(), Some(&tags), "{chunk}");
        assert_eq!(packets.len(), 1, "{chunk}");
    }
}

#[test]
fn packets_that_do_not_end_are_errors() {
    let tags = OpusTags {
        vendor: "v".repeat(1_200_000),
        comments: Vec::new(),
    };
    let mut bytes = Vec::new();
    Writer::new(HEAD, &tags, 1, &mut bytes);
    assert!(matches!(
        Reader::new().push(&bytes, |_| ()),
        Err(OggError::PacketTooLong)
    ));

    let mut bytes = Vec::new();
    Writer::new(HEAD, &OpusTags::default(), 1, &mut bytes);
    let like = bytes.clone();
    bytes.extend(page(0, u64::MAX, &like, &[255]));
    let mut reader = Reader::new();
    reader.push(&with_checksums(bytes), |_| ()).unwrap();
    let empty = with_checksums(page(1, u64::MAX, &like, &[]));
    let taken = (0..50_000).find_map(|n| reader.push(&empty, |_| ()).err().map(|error| (n, error)));
    assert!(
        matches!(taken, Some((38_000..39_000, OggError::PacketTooLong))),
        "{taken:?}"
    );
}

#[test]
fn decoding_stops_where_there_is_too_much() {
    let with_packets = |packet: &[u8], count: usize| {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(HEAD, &OpusTags::default(), 1, &mut bytes);
        for _ in 0..count {
            writer.push(packet, &mut bytes).unwrap();
        }
        writer.finish(None, &mut bytes);
        bytes
    };
    // 20 ms each; what follows the limit is not even looked at.
    let mut bytes = with_packets(&[0xF8, 0xFF, 0xFE], 500);
    bytes.truncate(bytes.len() - 1);
    assert!(matches!(
        decode(&bytes, 8000, 1000),
        Err(OggError::TooLong { max_ms: 1000 })
    ));
    assert!(matches!(
        decode(&bytes, 8000, 10_000),
        Err(OggError::Page { .. })
    ));
    let mut malformed = Vec::new();
    Writer::new(HEAD, &OpusTags::default(), 1, &mut malformed);
    let like = malformed.clone();
    malformed.extend(page(4, 0, &like, &[0, 0]));
    assert!(matches!(
        decode(&with_checksums(malformed), 8000, 1000),
        Err(OggError::Opus(_))
    ));
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
    let mut writer = Writer::new(HEAD, &OpusTags::default(), 1, &mut out);
    let before = out.len();
    assert!(writer.push(&[], &mut out).is_err());
    assert_eq!(out.len(), before);
}

const HEAD: OpusHead = OpusHead {
    channels: 1,
    pre_skip: 0,
    input_rate_hz: 0,
    gain_q8: 0,
};

/// A page (RFC 3533 section 6) of the stream that the page `like` is of, without its checksum.
fn page(flags: u8, granule: u64, like: &[u8], lacing: &[u8]) -> Vec<u8> {
    let mut page = b"OggS\0".to_vec();
    page.push(flags);
    page.extend_from_slice(&granule.to_le_bytes());
    page.extend_from_slice(&like[14..18]);
    page.extend_from_slice(&[0; 8]);
    page.push(lacing.len() as u8);
    page.extend_from_slice(lacing);
    page.extend(lacing.iter().flat_map(|&l| vec![0xF8; usize::from(l)]));
    page
}

fn granule(page: &[u8]) -> u64 {
    u64::from_le_bytes(page[6..14].try_into().unwrap())
}

/// Where the whole pages are, up to the first that is none.
fn pages(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let page = &bytes[at..];
        let segments = usize::from(*page.get(26).filter(|_| page.starts_with(b"OggS"))?);
        let lacing = page.get(27..27 + segments)?;
        let size = 27 + segments + lacing.iter().map(|&l| usize::from(l)).sum::<usize>();
        let start = at;
        at = (size <= page.len()).then_some(start + size)?;
        Some(start..at)
    })
}

/// Ogg's checksum (RFC 3533 section 6) put right, so that broken contents reach the reader.
fn with_checksums(mut bytes: Vec<u8>) -> Vec<u8> {
    let pages: Vec<_> = pages(&bytes).collect();
    for page in pages {
        let page = &mut bytes[page];
        page[22..26].fill(0);
        let sum = page.iter().fold(0u32, |sum, &byte| {
            (0..8).fold(sum ^ u32::from(byte) << 24, |sum, _| {
                sum << 1 ^ if sum >> 31 == 1 { 0x04C1_1DB7 } else { 0 }
            })
        });
        page[22..26].copy_from_slice(&sum.to_le_bytes());
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
        Writer::new(HEAD, &OpusTags::default(), 1, &mut bytes);
        let like = bytes.clone();
        for (flags, lacing) in pages {
            bytes.extend(page(flags, 0, &like, &lacing));
        }
        let _either_way = decode(&with_checksums(bytes), 8000, 1000);
    }
}
