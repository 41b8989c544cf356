//! Audio in which every 20 ms say which they are, whatever format, rate and message size they go through.
//!
//! A frame is ten steps of 2 ms: one of +24,000, one of -24,000, which nothing else in a simulation reaches,
//! and eight of -6,000, -2,000, 2,000 or 6,000, two bits each: the frame's number modulo 16,384, and what makes
//! the sum of the eight 1 modulo 4, so that no part of a frame is taken for a frame.

use trunkline_codecs::format::{AudioFormat, Encoding};
use trunkline_codecs::g711::Law;

/// Length of a stamped frame.
pub(super) const STAMP_US: u64 = 20_000;

const STEPS: usize = 10;
/// Steps that carry the number, two bits each.
const DIGITS: usize = STEPS - 3;
/// Frames ahead at which a careful reader believes a stamp at once.
const NEAR: u64 = 64;
/// Numbers before they repeat.
const WRAP: u64 = 1 << (2 * DIGITS);
const SYNC: i16 = 24_000;
const SYNC_OVER: i16 = 14_000;
const LEVELS: [i16; 4] = [-6_000, -2_000, 2_000, 6_000];

/// Appends the frame of this number.
pub(super) fn write(number: u64, format: AudioFormat, out: &mut Vec<u8>) {
    let samples = format.samples_for_us(STAMP_US) as usize;
    let bits = |index: usize| (number >> (2 * index)) & 3;
    let check = (0..DIGITS).fold(1, |check, index| check + 3 * bits(index)) & 3;
    let step = |index: usize| match index {
        0 => SYNC,
        1 => -SYNC,
        _ if index == STEPS - 1 => LEVELS[check as usize],
        _ => LEVELS[bits(index - 2) as usize],
    };
    for index in 0..STEPS {
        let count = samples * (index + 1) / STEPS - samples * index / STEPS;
        fill(step(index), count, format, out);
    }
}

/// Appends `count` samples of one level.
fn fill(level: i16, count: usize, format: AudioFormat, out: &mut Vec<u8>) {
    let from = out.len();
    match format.encoding {
        Encoding::Pcm16Le => {
            out.resize(from + 2 * count, 0);
            for sample in out[from..].chunks_exact_mut(2) {
                sample.copy_from_slice(&level.to_le_bytes());
            }
        }
        Encoding::Mulaw => out.resize(from + count, Law::Mu.encode_sample(level)),
        Encoding::Alaw => out.resize(from + count, Law::A.encode_sample(level)),
    }
}

/// A frame found in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Its number, of which the stream carries the lower bits.
    pub(super) number: u64,
    /// Where it begins, in samples from the beginning of the stream.
    pub(super) at_sample: u64,
}

/// Finds stamped frames in a stream of audio, cut into messages however it likes.
#[derive(Debug)]
pub(super) struct Reader {
    format: AudioFormat,
    frame: usize,
    bytes: Vec<u8>,
    /// Samples read before `bytes`.
    passed: u64,
    /// The number that would come next.
    next: u64,
    /// Frames of which only the beginning came.
    pub(super) broken: u64,
    /// Audio may have been shortened, and a frame so hit can read as any other: one that is far from where
    /// the stream has come to is not believed before the next follows it.
    pub(super) careful: bool,
    /// The number read last.
    last: Option<u64>,
}

impl Reader {
    pub(super) fn new(format: AudioFormat) -> Self {
        Self {
            format,
            frame: format.samples_for_us(STAMP_US) as usize,
            bytes: Vec::new(),
            passed: 0,
            next: 0,
            broken: 0,
            careful: false,
            last: None,
        }
    }

    /// Takes the next piece of the stream and gives the frames completed by it to `found`.
    pub(super) fn push(&mut self, audio: &[u8], mut found: impl FnMut(Found)) {
        self.bytes.extend_from_slice(audio);
        let width = self.format.bytes_per_sample();
        let mut at = 0;
        loop {
            at = self.skip_to_sync(at);
            // The last half step says nothing more, and resampling may cost a sample of it.
            if (at + self.frame - self.frame / STEPS / 2) * width >= self.bytes.len() {
                break;
            }
            if let Some(low) = self.number_at(at) {
                let number = near(self.next, low);
                if self.believes(number) {
                    self.next = number + 1;
                    found(Found {
                        number,
                        at_sample: self.passed + at as u64,
                    });
                }
                self.last = Some(number);
                // The edge of the next is looked for again: resampling moves it by a sample.
                at += self.frame - self.frame / STEPS / 2;
            } else {
                self.broken += 1;
                at += self.frame / STEPS;
            }
        }
        self.passed += at as u64;
        self.bytes.drain(..at * width);
    }

    fn believes(&self, number: u64) -> bool {
        let near = (self.next..self.next + NEAR).contains(&number);
        !self.careful || near || self.last.is_none_or(|last| number == last + 1)
    }

    /// What comes next does not continue what came before.
    pub(super) fn break_off(&mut self) {
        self.passed += (self.bytes.len() / self.format.bytes_per_sample()) as u64;
        self.bytes.clear();
        self.last = None;
    }

    /// The next sample from `at` on that only a sync reaches, or the end.
    fn skip_to_sync(&self, mut at: usize) -> usize {
        let samples = self.bytes.len() / self.format.bytes_per_sample();
        while at < samples && self.sample(at) < SYNC_OVER {
            at += 1;
        }
        at
    }

    /// The number of the frame whose sync begins at `at`, `None` if it is cut short.
    fn number_at(&self, at: usize) -> Option<u64> {
        let middle = |index: usize| self.sample(at + self.frame * (2 * index + 1) / (2 * STEPS));
        if middle(0) < SYNC_OVER || middle(1) > -SYNC_OVER {
            return None;
        }
        let (mut number, mut sum) = (0, 0);
        for index in 2..STEPS {
            let bits = match middle(index) {
                level if level.unsigned_abs() > SYNC_OVER as u16 => return None,
                level if level < -4_000 => 0,
                level if level < 0 => 1,
                level if level < 4_000 => 2,
                _ => 3,
            };
            number |= bits << (2 * (index - 2));
            sum += bits;
        }
        (sum & 3 == 1).then_some(number & (WRAP - 1))
    }

    fn sample(&self, index: usize) -> i16 {
        match self.format.encoding {
            Encoding::Pcm16Le => {
                i16::from_le_bytes([self.bytes[2 * index], self.bytes[2 * index + 1]])
            }
            Encoding::Mulaw => Law::Mu.decode_sample(self.bytes[index]),
            Encoding::Alaw => Law::A.decode_sample(self.bytes[index]),
        }
    }
}

/// The number nearest to `next` whose lower bits are `low`.
const fn near(next: u64, low: u64) -> u64 {
    let ahead = low.wrapping_sub(next) & (WRAP - 1);
    if ahead < WRAP / 2 || next + ahead < WRAP {
        next + ahead
    } else {
        next + ahead - WRAP
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trunkline_codecs::resample::Resampler;

    fn numbers(format: AudioFormat, stream: &[u8], piece: usize) -> Vec<u64> {
        let mut reader = Reader::new(format);
        let mut numbers = Vec::new();
        for piece in stream.chunks(piece) {
            reader.push(piece, |found| numbers.push(found.number));
        }
        numbers
    }

    #[test]
    fn frames_are_found_in_any_format_and_any_cut() {
        for format in [
            AudioFormat::MULAW_8K,
            AudioFormat::ALAW_8K,
            AudioFormat::pcm16(8_000),
            AudioFormat::pcm16(24_000),
        ] {
            let mut stream = Vec::new();
            // Padding before, between and behind; a frame cut short; the wrap of the numbers.
            for number in [0, 1, 2, 300, 8_000, 16_000, 16_383, 16_384, 16_385] {
                write(number, format, &mut stream);
            }
            let cut = stream.len() + format.bytes_for_us(9_000);
            write(7, format, &mut stream);
            stream.truncate(cut);
            let silence = stream.len() + format.bytes_for_us(13_000);
            write(16_386, format, &mut stream);
            stream.resize(silence.max(stream.len()), 0);
            for piece in [2, 38, 320, 5_000] {
                let found = numbers(format, &stream, piece);
                let expected = [0, 1, 2, 300, 8_000, 16_000, 16_383, 16_384, 16_385, 16_386];
                assert_eq!(found, expected, "{format} in pieces of {piece}");
            }
        }
    }

    #[test]
    fn frames_survive_resampling() {
        for (from, to) in [
            (24_000, 8_000),
            (8_000, 24_000),
            (16_000, 8_000),
            (22_050, 8_000),
        ] {
            let mut resampler = Resampler::new(from, to).expect("a rate it covers");
            let (mut bytes, mut pcm, mut out) = (Vec::new(), Vec::new(), Vec::new());
            for number in 0..1_000 {
                bytes.clear();
                write(number, AudioFormat::pcm16(from), &mut bytes);
                pcm.clear();
                AudioFormat::pcm16(from)
                    .decode(&bytes, &mut pcm)
                    .expect("even");
                resampler.process(&pcm, &mut out);
            }
            resampler.flush(&mut out);
            let mut stream = Vec::new();
            AudioFormat {
                encoding: Encoding::Alaw,
                rate_hz: to,
            }
            .encode(&out, &mut stream);
            let found = numbers(
                AudioFormat {
                    encoding: Encoding::Alaw,
                    rate_hz: to,
                },
                &stream,
                99,
            );
            assert_eq!(found, (0..1_000).collect::<Vec<_>>(), "{from} to {to}");
        }
    }
}
