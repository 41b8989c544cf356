//! Speech output: what was put in comes out of each container again, read by somebody else's reader
//! where there is one.

use proptest::prelude::*;
use trunkline_codecs::Encoding;
use trunkline_codecs::container::{Container, ContainerError, Muxer};
use trunkline_codecs::ogg_opus::OggError;
use trunkline_codecs::{opus, wav};

fn muxed(container: Container, rate_hz: u32, channels: u16, pieces: &[&[i16]]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut muxer = Muxer::new(container, rate_hz, channels, &mut out).unwrap();
    for piece in pieces {
        muxer.push(piece, &mut out).unwrap();
    }
    muxer.finish(&mut out).unwrap();
    out
}

fn ramp(samples: usize) -> Vec<i16> {
    (0..samples)
        .map(|n| (n * 37 % 20_011) as i16 - 10_000)
        .collect()
}

#[test]
fn wav_is_a_stream_that_readers_take() {
    for channels in [1, 2] {
        let samples = ramp(5000);
        let bytes = muxed(
            Container::Wav,
            24_000,
            channels,
            &[&samples[..1001], &samples[1001..]],
        );
        // What streams say in the place of a length; hound, for one, does not take it.
        assert_eq!(bytes[4..8], [0xFF; 4]);
        assert_eq!(bytes[40..44], [0xFF; 4]);
        let back = wav::parse(&bytes).unwrap();
        assert_eq!((back.rate_hz, back.channels), (24_000, channels));
        assert_eq!(back.samples, samples);
    }
}

#[test]
fn raw_is_the_samples_and_nothing_else() {
    assert_eq!(
        muxed(Container::Raw(Encoding::Pcm16Le), 8000, 1, &[&[1, -2]]),
        [1, 0, 0xFE, 0xFF]
    );
    assert_eq!(
        muxed(Container::Raw(Encoding::Mulaw), 8000, 1, &[&[0]]),
        [0xFF]
    );
    assert_eq!(muxed(Container::Raw(Encoding::Alaw), 8000, 1, &[]), []);
}

#[test]
fn what_is_not_possible_is_said() {
    let refused = |container, rate_hz, channels| {
        let mut out = Vec::new();
        let error = Muxer::new(container, rate_hz, channels, &mut out).unwrap_err();
        assert_eq!(out, []);
        error
    };
    for container in [
        Container::Wav,
        Container::OggOpus,
        Container::Raw(Encoding::Mulaw),
    ] {
        for (rate_hz, channels) in [(0, 1), (8000, 0), (8000, 3)] {
            let error = refused(container, rate_hz, channels);
            assert!(matches!(error, ContainerError::Format { .. }), "{error}");
        }
        assert!(container.is_built());
    }
    assert!(matches!(
        refused(Container::OggOpus, 22_050, 1),
        ContainerError::Ogg(OggError::Opus(opus::OpusError::Rate { got: 22_050 }))
    ));
    assert!(matches!(
        refused(Container::OggOpus, 24_000, 2),
        ContainerError::Format { .. }
    ));
    for container in [Container::Flac, Container::Mp3] {
        if !container.is_built() {
            let error = refused(container, 24_000, 1);
            assert!(matches!(error, ContainerError::NotBuilt { .. }), "{error}");
        }
    }
}

#[cfg(feature = "flac")]
mod flac {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn flac_loses_nothing() {
        for channels in [1, 2] {
            for frames in [0, 1, 31, 32, 1151, 1152, 1153, 20_000] {
                let samples = ramp(frames * usize::from(channels));
                let bytes = muxed(Container::Flac, 24_000, channels, &[&samples]);
                assert!(bytes.starts_with(b"fLaC"));
                let mut reader = claxon::FlacReader::new(Cursor::new(&bytes)).unwrap();
                let info = reader.streaminfo();
                assert_eq!(
                    (info.sample_rate, info.channels),
                    (24_000, u32::from(channels))
                );
                let back: Vec<i16> = reader.samples().map(|s| s.unwrap() as i16).collect();
                assert_eq!(back, samples, "{frames} frames, {channels} channels");
            }
        }
    }

    #[test]
    fn impossible_rates_are_errors() {
        for rate_hz in [1_000_000_000, u32::MAX] {
            assert!(Muxer::new(Container::Flac, rate_hz, 1, &mut Vec::new()).is_err());
        }
    }
}

#[cfg(feature = "mp3")]
mod mp3 {
    use super::*;

    /// Bytes of a frame of layer III from its header (ISO 11172-3 section 2.4.1, and the half rates of
    /// 13818-3 and MPEG 2.5).
    fn frame_bytes(header: [u8; 4]) -> Option<usize> {
        let [0xFF, b, c, _] = header else { return None };
        let version = b >> 3 & 3;
        if b >> 5 != 7 || b >> 1 & 3 != 1 || version == 1 {
            return None;
        }
        let full = [
            0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
        ];
        let half = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
        let rates = [44_100, 48_000, 32_000];
        let (table, divisor, slots) = match version {
            3 => (full, 1, 144),
            2 => (half, 2, 72),
            _ => (half, 4, 72),
        };
        let rate = rates.get(usize::from(c >> 2 & 3))? / divisor;
        let bits = table.get(usize::from(c >> 4))? * 1000;
        Some(slots * bits / rate + usize::from(c >> 1 & 1))
    }

    #[test]
    fn mp3_is_frame_after_frame_for_as_long_as_the_sound() {
        for (rate_hz, per_frame) in [(8000, 576), (24_000, 576), (48_000, 1152)] {
            for channels in [1, 2] {
                let samples = ramp(rate_hz as usize * usize::from(channels));
                let bytes = muxed(
                    Container::Mp3,
                    rate_hz,
                    channels,
                    &[&samples[..777], &samples[777..]],
                );
                let (mut at, mut frames) = (0, 0);
                while at < bytes.len() {
                    let header = bytes[at..at + 4].try_into().unwrap();
                    at += frame_bytes(header).unwrap_or_else(|| panic!("no frame at {at}"));
                    frames += 1;
                }
                assert_eq!(at, bytes.len(), "{rate_hz} {channels}");
                // As long as the sound and the delay of the codec, rounded up.
                let least = rate_hz.div_ceil(per_frame);
                assert!((least..least + 4).contains(&frames), "{rate_hz}: {frames}");
            }
        }
        assert!(Muxer::new(Container::Mp3, 9000, 1, &mut Vec::new()).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_chunking_gives_the_same_bytes(chunk in 1usize..3000, channels in 1u16..=2) {
        let samples = ramp(6000);
        for container in [Container::Wav, Container::OggOpus, Container::Flac, Container::Mp3] {
            if !container.is_built() || (container == Container::OggOpus && channels == 2) {
                continue;
            }
            let whole = muxed(container, 24_000, channels, &[&samples]);
            let pieces: Vec<&[i16]> = samples.chunks(chunk).collect();
            prop_assert_eq!(muxed(container, 24_000, channels, &pieces), whole, "{}", container);
        }
    }
}
