//! Finds the frames in what comes back, however it is cut into messages.

use std::collections::VecDeque;

use super::Payload;
use crate::audio::Format;

/// Frames in a row that cannot be read, after which the beginning of frames is sought anew.
const MISSES: u32 = 3;

/// Microseconds of a frame.
const FRAME_US: u64 = 20_000;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framed {
    /// A frame, and when it came: when the message did in which it began, and as much later as its beginning lies
    /// within a frame of that message.
    Frame { number: u32, arrived_us: u64 },
    /// Twenty milliseconds where a frame should be and none is.
    Damaged,
}

/// The frames of one caller.
#[derive(Debug)]
pub(crate) struct Framer {
    payload: Payload,
    format: Format,
    frame_bytes: usize,
    caller: u32,
    held: Vec<u8>,
    /// Place in the stream of the first byte held.
    place: u64,
    arrivals: VecDeque<Came>,
    is_locked: bool,
    misses: u32,
    next: u32,
}

/// A message that came. Places are in the stream.
#[derive(Clone, Copy, Debug)]
struct Came {
    start: u64,
    /// Behind its last byte.
    end: u64,
    at_us: u64,
}

impl Framer {
    /// `frame_bytes` is what a frame has: those of `format`, but where a message is anything.
    pub(crate) const fn new(
        payload: Payload,
        format: Format,
        frame_bytes: usize,
        caller: u32,
    ) -> Self {
        Self {
            payload,
            format,
            frame_bytes,
            caller,
            held: Vec::new(),
            place: 0,
            arrivals: VecDeque::new(),
            is_locked: false,
            misses: 0,
            next: 0,
        }
    }

    /// A message's audio came at `now_us`.
    pub(crate) fn push(&mut self, audio: &[u8], now_us: u64) {
        if audio.is_empty() {
            return;
        }
        let start = self.place + self.held.len() as u64;
        self.held.extend_from_slice(audio);
        self.arrivals.push_back(Came {
            start,
            end: start + audio.len() as u64,
            at_us: now_us,
        });
    }

    /// The next frame that is complete.
    pub(crate) fn pop(&mut self) -> Option<Framed> {
        if !self.is_locked && !self.seek() {
            return None;
        }
        let frame = self.held.get(..self.frame_bytes)?;
        let number = self.read(frame);
        let arrived_us = self.arrived_us();
        self.skip(self.frame_bytes);
        let Some(number) = number else {
            self.misses += 1;
            self.is_locked = self.misses < MISSES;
            return Some(Framed::Damaged);
        };
        self.misses = 0;
        self.next = number.wrapping_add(1);
        Some(Framed::Frame { number, arrived_us })
    }

    fn read(&self, frame: &[u8]) -> Option<u32> {
        self.payload
            .read(self.format, self.caller, self.next, frame)
    }

    /// Skips what cannot be the beginning of a frame. Returns whether one was found.
    fn seek(&mut self) -> bool {
        let step = self.format.bytes_per_sample();
        let frame_bytes = self.frame_bytes;
        if self.payload == Payload::Exact && self.begins(0) {
            self.lock();
            return true;
        }
        // A square wave is read the same a little before and behind its beginning: the middle is taken.
        // So far it is sought, or a run that lies across the end of the frame would be cut there.
        let window = match self.payload {
            Payload::Exact => frame_bytes,
            Payload::Coded => frame_bytes + frame_bytes / 20,
        };
        let needed = match self.payload {
            Payload::Exact => 2 * frame_bytes,
            Payload::Coded => window + 2 * frame_bytes,
        };
        while self.held.len() >= needed {
            let mut fits = (0..window)
                .step_by(step)
                .skip_while(|&at| !self.begins(at))
                .take_while(|&at| self.begins(at));
            if let Some(first) = fits.next().filter(|&first| first < frame_bytes) {
                let last = match self.payload {
                    Payload::Exact => first,
                    Payload::Coded => fits.last().unwrap_or(first),
                };
                let middle = (first + last) / 2;
                self.skip(middle - middle % step);
                self.lock();
                return true;
            }
            self.skip(frame_bytes);
        }
        false
    }

    const fn lock(&mut self) {
        self.is_locked = true;
        self.misses = 0;
    }

    fn begins(&self, at: usize) -> bool {
        let frame_bytes = self.frame_bytes;
        let frame = |from: usize| self.read(self.held.get(from..from + frame_bytes)?);
        match self.payload {
            Payload::Exact => frame(at).is_some(),
            Payload::Coded => frame(at)
                .zip(frame(at + frame_bytes))
                .is_some_and(|(first, second)| first.wrapping_add(1) == second),
        }
    }

    fn skip(&mut self, bytes: usize) {
        self.held.drain(..bytes.min(self.held.len()));
        self.place += bytes as u64;
        while self
            .arrivals
            .front()
            .is_some_and(|came| came.end <= self.place)
        {
            self.arrivals.pop_front();
        }
    }

    fn arrived_us(&self) -> u64 {
        let frame_bytes = self.frame_bytes.max(1) as u64;
        self.arrivals.front().map_or(0, |came| {
            let within = self.place.saturating_sub(came.start) % frame_bytes;
            came.at_us + within * FRAME_US / frame_bytes
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(payload: Payload, format: Format, numbers: std::ops::Range<u32>) -> Vec<u8> {
        let mut frame = vec![0; format.frame_bytes()];
        numbers
            .flat_map(|number| {
                payload.fill(format, 7, number, &mut frame);
                frame.clone()
            })
            .collect()
    }

    fn frames(framer: &mut Framer) -> Vec<u32> {
        std::iter::from_fn(|| framer.pop())
            .map(|framed| match framed {
                Framed::Frame { number, .. } => number,
                Framed::Damaged => u32::MAX,
            })
            .collect()
    }

    #[test]
    fn frames_are_found_behind_any_silence_and_in_any_pieces() {
        for payload in [Payload::Exact, Payload::Coded] {
            for (silence, piece) in [(0, 160), (31, 160), (1_000, 37), (159, 1_000)] {
                let format = Format::MULAW_8K;
                let mut audio = vec![0xFF; silence];
                audio.extend(stream(payload, format, 0..20));
                audio.extend(vec![0xFF; 320]);
                let mut framer = Framer::new(payload, format, 160, 7);
                let mut got = Vec::new();
                for (at, piece) in audio.chunks(piece).enumerate() {
                    framer.push(piece, at as u64);
                    got.extend(frames(&mut framer));
                }
                got.retain(|&number| number != u32::MAX);
                assert_eq!(
                    got,
                    (0..20).collect::<Vec<_>>(),
                    "{payload:?} {silence} {piece}"
                );
            }
        }
    }

    #[test]
    fn a_frame_arrives_with_the_message_in_which_it_begins() {
        let audio = stream(Payload::Exact, Format::MULAW_8K, 0..2);
        let mut framer = Framer::new(Payload::Exact, Format::MULAW_8K, 160, 7);
        framer.push(&audio[..200], 10);
        framer.push(&audio[200..], 30);
        let arrived = std::iter::from_fn(|| framer.pop()).map(|framed| match framed {
            Framed::Frame { arrived_us, .. } => arrived_us,
            Framed::Damaged => u64::MAX,
        });
        assert_eq!(arrived.collect::<Vec<_>>(), [10, 10]);
    }

    #[test]
    fn a_coded_frame_is_charged_its_place_within_the_message() {
        let format = Format::MULAW_8K;
        for (silence, shift_us) in [(160, 0), (160 + 31, 3_875), (31, 3_875)] {
            let mut audio = vec![0xFF; silence];
            audio.extend(stream(Payload::Coded, format, 0..20));
            audio.extend(vec![0xFF; 480]);
            let mut framer = Framer::new(Payload::Coded, format, 160, 7);
            let mut arrived = Vec::new();
            for (at, message) in audio.chunks(160).enumerate() {
                framer.push(message, at as u64 * FRAME_US);
                arrived.extend(std::iter::from_fn(|| framer.pop()).filter_map(|framed| {
                    let Framed::Frame { number, arrived_us } = framed else {
                        return None;
                    };
                    Some((number, arrived_us))
                }));
            }
            let first_us = silence as u64 / 160 * FRAME_US + shift_us;
            assert_eq!(arrived.len(), 20, "{silence}");
            for (number, arrived_us) in arrived {
                let expected_us = first_us + u64::from(number) * FRAME_US;
                let off_us = arrived_us.abs_diff(expected_us);
                assert!(
                    off_us <= 1_000,
                    "{silence}: frame {number}, off by {off_us}"
                );
            }
        }
    }

    #[test]
    fn damage_is_told_once_and_a_shift_is_found_again() {
        let format = Format::MULAW_8K;
        let mut audio = stream(Payload::Exact, format, 0..10);
        audio[160 * 4 + 50] ^= 1;
        let mut framer = Framer::new(Payload::Exact, format, 160, 7);
        framer.push(&audio, 0);
        let mut expected: Vec<u32> = (0..10).collect();
        expected[4] = u32::MAX;
        assert_eq!(frames(&mut framer), expected);

        let mut shifted = stream(Payload::Exact, format, 10..20);
        shifted.splice(160 * 2..160 * 2, [0xFF; 40]);
        framer.push(&shifted, 0);
        let got = frames(&mut framer);
        assert_eq!(got[..2], [10, 11]);
        assert_eq!(got.iter().filter(|&&number| number == u32::MAX).count(), 3);
        assert_eq!(got.last(), Some(&19));
    }
}
