//! G.711 μ-law by its definition (ITU-T G.711 table 2a): segments and steps, no table of ours shared with anybody.

/// Added before the segment is looked for, so that the segments begin at powers of two.
const BIAS: i32 = 0x84;

/// The largest magnitude there is a code for.
const CLIP: i32 = 32_635;

/// One 16-bit sample as μ-law.
pub fn encode(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = i32::from(sample).abs().min(CLIP) + BIAS;
    // The position of the leading one above bit 7 is the segment.
    let segment = (magnitude >> 7).ilog2();
    let step = (magnitude >> (segment + 3)) & 0x0f;
    !(sign | (segment << 4) as u8 | step as u8)
}

/// Samples as μ-law in packets of 160 bytes, 20 ms; the last is filled with silence.
pub fn packets(samples: &[i16]) -> Vec<Vec<u8>> {
    let packet = |chunk: &[i16]| {
        let mut bytes: Vec<u8> = chunk.iter().copied().map(encode).collect();
        bytes.resize(160, 0xff);
        bytes
    };
    samples.chunks(160).map(packet).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recommendations_decision_values_are_kept() {
        // G.711 table 2a gives decision values on a 14-bit scale: times 4 here.
        for (sample, code) in [
            (0, 0xff),
            (-1, 0x7f),
            (4, 0xfe),
            (32_635, 0x80),
            (i16::MAX, 0x80),
            (i16::MIN, 0x00),
            (31 * 4, 0xef),
            (-31 * 4, 0x6f),
            (95 * 4, 0xdf),
            (223 * 4, 0xcf),
        ] {
            assert_eq!(encode(sample), code, "{sample}");
        }
    }

    #[test]
    fn packets_are_20_ms_and_the_last_is_filled() {
        let packets = packets(&[0; 200]);
        assert_eq!(packets.len(), 2);
        assert!(packets.iter().all(|p| p.len() == 160));
    }
}
