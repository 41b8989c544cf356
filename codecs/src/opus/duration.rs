//! How long a packet plays, from its first two bytes (RFC 6716 section 3.1).

use super::OpusError;

/// Samples at 48 kHz, the clock of Opus, that a packet plays: 120 to 5760. Only its framing is
/// looked at.
///
/// # Errors
/// [`OpusError::Packet`] if it is empty or longer than 120 ms.
pub fn packet_duration_48k(packet: &[u8]) -> Result<u32, OpusError> {
    let malformed = OpusError::Packet {
        bytes: packet.len(),
    };
    let Some((&toc, rest)) = packet.split_first() else {
        return Err(malformed);
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => match rest.first() {
            Some(count) => u32::from(count & 0x3F),
            None => return Err(malformed),
        },
    };
    let samples = frames * frame_samples_48k(toc >> 3);
    if (1..=5760).contains(&samples) {
        Ok(samples)
    } else {
        Err(malformed)
    }
}

/// A frame of a configuration: SILK 10, 20, 40, 60 ms; hybrid 10, 20; CELT 2.5, 5, 10, 20.
const fn frame_samples_48k(configuration: u8) -> u32 {
    match configuration {
        0..=11 => match configuration % 4 {
            0 => 480,
            1 => 960,
            2 => 1920,
            _ => 2880,
        },
        12..=15 => match configuration % 2 {
            0 => 480,
            _ => 960,
        },
        _ => 120 << (configuration % 4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_the_rfc() {
        let silk = [480, 960, 1920, 2880].repeat(3);
        let hybrid = [480, 960].repeat(2);
        let celt = [120, 240, 480, 960].repeat(4);
        let all: Vec<u32> = [silk, hybrid, celt].concat();
        for (configuration, samples) in (0u8..).zip(all) {
            let toc = configuration << 3;
            assert_eq!(packet_duration_48k(&[toc]), Ok(samples), "{configuration}");
            if samples <= 2880 {
                assert_eq!(packet_duration_48k(&[toc | 1, 0]), Ok(2 * samples));
                assert_eq!(packet_duration_48k(&[toc | 3, 2, 0]), Ok(2 * samples));
            }
        }
        for bad in [&[][..], &[3], &[3, 0], &[0x1B, 3], &[0x83, 63]] {
            assert!(packet_duration_48k(bad).is_err(), "{bad:?}");
        }
    }
}
