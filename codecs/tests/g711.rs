//! G.711 against sox and ffmpeg, beside the crate that the unit tests compare with. Made by sox 14.4.2 and
//! ffmpeg 5.1.9 of Debian 12, from all 256 codes and from all 65,536 samples in ascending order:
//!
//! ```text
//! sox -D -t raw -r 8000 -c 1 -e mu-law -b 8 codes -t raw -e signed -b 16 mu.decoded       (a-law)
//! ffmpeg -f mulaw -ar 8000 -ac 1 -i codes -f s16le mu.decoded                             (alaw)
//! sox -D -t raw -r 8000 -c 1 -e signed -b 16 samples -t raw -e mu-law encoded
//! ffmpeg -f s16le -ar 8000 -ac 1 -i samples -f mulaw encoded
//! ```
//!
//! Both decode alike, so there is one `.decoded` a law: 256 samples, little-endian. `.sox` and `.ffmpeg` are the
//! encoded samples as runs of one code: the run's first sample (little-endian) and the code. Encoders do not
//! agree at the edges of steps: sox cuts samples down to the 14 (A-law: 13) bits that the law resolves near
//! zero, ffmpeg takes the nearest level, the ITU's reference compares all 16 bits with the edge.

use std::collections::BTreeSet;

use trunkline_codecs::g711::Law;

struct Golden {
    law: Law,
    decoded: &'static [u8; 512],
    /// What was encoded, by which tool, and for how many samples the tool takes the level beside ours.
    encoded: [(&'static [u8], &'static str, usize); 2],
}

const GOLDEN: [Golden; 2] = [
    Golden {
        law: Law::Mu,
        decoded: include_bytes!("g711/mu.decoded"),
        encoded: [
            (include_bytes!("g711/mu.sox"), "sox", 510),
            (include_bytes!("g711/mu.ffmpeg"), "ffmpeg", 964),
        ],
    },
    Golden {
        law: Law::A,
        decoded: include_bytes!("g711/a.decoded"),
        encoded: [
            (include_bytes!("g711/a.sox"), "sox", 1020),
            (include_bytes!("g711/a.ffmpeg"), "ffmpeg", 964),
        ],
    },
];

#[test]
fn every_code_decodes_as_sox_and_ffmpeg_do() {
    for golden in GOLDEN {
        let codes: Vec<u8> = (0..=255).collect();
        let mut decoded = Vec::new();
        golden.law.decode(&codes, &mut decoded);
        let (expected, _) = golden.decoded.as_chunks();
        for (code, (&expected, &sample)) in expected.iter().zip(&decoded).enumerate() {
            let expected = i16::from_le_bytes(expected);
            assert_eq!(sample, expected, "{:?} {code:#04x}", golden.law);
        }
    }
}

#[test]
fn every_sample_encodes_as_sox_and_ffmpeg_do_but_for_a_step_at_its_edge() {
    let samples: Vec<i16> = (i16::MIN..=i16::MAX).collect();
    for golden in GOLDEN {
        let law = golden.law;
        let ranks = ranks(law);
        let mut ours = Vec::new();
        law.encode(&samples, &mut ours);
        for (runs, tool, expected) in golden.encoded {
            let theirs = expand(runs);
            assert_eq!(theirs.len(), ours.len());
            let mut differences = 0;
            for ((&sample, &our), &their) in samples.iter().zip(&ours).zip(&theirs) {
                differences += usize::from(our != their);
                let levels_between = ranks[usize::from(our)].abs_diff(ranks[usize::from(their)]);
                assert!(
                    levels_between <= 1,
                    "{law:?} {sample}: {our:#04x}, {tool} {their:#04x}"
                );
            }
            assert_eq!(differences, expected, "{law:?} {tool}");
        }
    }
}

/// What lies in the middle between a code's two edges has to come back as that code.
#[test]
fn every_code_survives_there_and_back() {
    for law in [Law::Mu, Law::A] {
        for code in 0..=255 {
            let back = law.encode_sample(law.decode_sample(code));
            // μ-law has two zeros, and the negative one is encoded as the positive.
            let expected = if law == Law::Mu && code == 0x7F {
                0xFF
            } else {
                code
            };
            assert_eq!(back, expected, "{law:?}");
        }
    }
}

/// G.711's own error: half a step, which is 1/32 of the segment's start and at least 4 (μ-law) or 8 (A-law).
#[test]
fn there_and_back_is_off_by_half_a_step_at_most() {
    for sample in i16::MIN..=i16::MAX {
        for (law, bias, least, most) in [(Law::Mu, 132, 4, 32_635), (Law::A, 0, 8, 32_767)] {
            let back = i32::from(law.decode_sample(law.encode_sample(sample)));
            let magnitude = i32::from(sample).abs();
            let beyond = (magnitude - most).max(0);
            let half_step = ((magnitude.min(most) + bias) / 32).max(least);
            let error = (back - i32::from(sample)).abs();
            assert!(error <= half_step + beyond, "{law:?} {sample} -> {back}");
        }
    }
}

#[test]
fn any_length_and_none() {
    for law in [Law::Mu, Law::A] {
        for len in (0..70).chain([160, 161, 1000]) {
            let samples: Vec<i16> = (0..len)
                .map(|n| (n * 7919 % 65_536 - 32_768) as i16)
                .collect();
            let (mut codes, mut back) = (vec![9], vec![9]);
            law.encode(&samples, &mut codes);
            law.decode(&codes[1..], &mut back);
            let one_by_one: Vec<u8> = samples.iter().map(|&s| law.encode_sample(s)).collect();
            assert_eq!(codes[1..], one_by_one);
            let one_by_one: Vec<i16> = codes[1..].iter().map(|&c| law.decode_sample(c)).collect();
            assert_eq!(back[1..], one_by_one);
        }
    }
}

/// The place of what each code means among all levels that codes can mean. μ-law has two codes for zero.
fn ranks(law: Law) -> Vec<usize> {
    let level = |code: u8| law.decode_sample(code);
    let levels: BTreeSet<i16> = (0..=255).map(level).collect();
    (0..=255)
        .map(|code| levels.range(..level(code)).count())
        .collect()
}

/// The codes of all samples in ascending order.
fn expand(runs: &[u8]) -> Vec<u8> {
    let (runs, rest) = runs.as_chunks::<3>();
    assert!(rest.is_empty());
    let mut codes: Vec<u8> = Vec::new();
    let mut last = 0;
    for &[low, high, code] in runs {
        let start = i32::from(i16::from_le_bytes([low, high])) + 32_768;
        codes.resize(start as usize, last);
        last = code;
    }
    codes.resize(65_536, last);
    codes
}
