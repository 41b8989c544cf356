//! A script on its way: what is next, what it waits for, and the audio of the step that sounds.

use std::collections::VecDeque;
use std::f64::consts::TAU;
use std::sync::Arc;
use std::time::Duration;

use trunkline_codecs::format::AudioFormat;

use super::script::{Script, Step, Transfer, Wait};
use super::wire::Wire;
use crate::softphone;

/// Plays one script in one call.
#[derive(Debug)]
pub(crate) struct Playing {
    script: Arc<Script>,
    realtime: bool,
    at: usize,
    doing: Doing,
    digits: VecDeque<char>,
    marks: VecDeque<String>,
}

/// What is to be done now.
#[derive(Debug, PartialEq)]
pub(crate) enum Act {
    /// Send a piece of audio in the stream's format.
    Audio(Vec<u8>),
    Mark(String),
    Clear,
    Dtmf(String),
    Transfer(Transfer),
    TransferBot(String),
    Flow(String),
    Extension(String),
    HangUp,
    Echo,
    /// Nothing before this time, or before something arrives.
    Wait(Option<Duration>),
}

#[derive(Debug)]
enum Doing {
    Next,
    Sounding(Sound),
    Until(Duration),
    /// Until so much audio was heard in the whole call.
    Hearing(Duration),
    Digit(Option<char>),
    Mark(Option<String>),
}

#[derive(Debug)]
struct Sound {
    bytes: Vec<u8>,
    at: usize,
    piece: usize,
    /// When the next piece is due; pieces before it were due a piece's length apart.
    due: Duration,
}

impl Playing {
    /// Digits and marks that may wait for their `wait`.
    const WAITING: usize = 1_024;

    pub(crate) fn new(script: Arc<Script>, realtime: bool) -> Self {
        Self {
            script,
            realtime,
            at: 0,
            doing: Doing::Next,
            digits: VecDeque::new(),
            marks: VecDeque::new(),
        }
    }

    /// Digits were pressed; what there is no room for is forgotten.
    pub(crate) fn push_digits(&mut self, digits: &str) {
        let room = Self::WAITING - self.digits.len();
        self.digits.extend(digits.chars().take(room));
    }

    /// A mark came back.
    pub(crate) fn push_mark(&mut self, name: &str) {
        if self.marks.len() < Self::WAITING {
            self.marks.push_back(name.to_owned());
        }
    }

    /// What to do at `now`, `heard` being the length of the caller's audio so far. Each act is given once.
    pub(crate) fn poll(&mut self, now: Duration, heard: Duration, wire: &Wire) -> Act {
        loop {
            match &mut self.doing {
                Doing::Next => match self.script.step(self.at).cloned() {
                    None => return Act::Wait(None),
                    Some(step) => {
                        self.at += 1;
                        if let Some(act) = self.begin(step, now, heard, wire) {
                            return act;
                        }
                    }
                },
                Doing::Sounding(sound) => match sound.poll(now, self.realtime, wire.format()) {
                    Some(act) => return act,
                    None => self.doing = Doing::Next,
                },
                Doing::Until(due) if now < *due => return Act::Wait(Some(*due)),
                Doing::Hearing(length) if heard < *length => return Act::Wait(None),
                Doing::Digit(wanted) => {
                    if !came(&mut self.digits, |digit| {
                        wanted.is_none_or(|it| it == *digit)
                    }) {
                        return Act::Wait(None);
                    }
                    self.doing = Doing::Next;
                }
                Doing::Mark(wanted) => {
                    let is_it = |name: &String| wanted.as_ref().is_none_or(|it| it == name);
                    if !came(&mut self.marks, is_it) {
                        return Act::Wait(None);
                    }
                    self.doing = Doing::Next;
                }
                Doing::Until(_) | Doing::Hearing(_) => self.doing = Doing::Next,
            }
        }
    }

    /// When to poll again although nothing arrived; `None` where only an arrival helps.
    pub(crate) fn wake(&self) -> Option<Duration> {
        match &self.doing {
            Doing::Until(due) => Some(*due),
            Doing::Sounding(sound) if self.realtime => Some(sound.due),
            _ => None,
        }
    }

    /// Begins a step; the act of a step that is done with it.
    fn begin(&mut self, step: Step, now: Duration, heard: Duration, wire: &Wire) -> Option<Act> {
        let format = wire.format();
        let sound = |samples: &[i16]| Sound::new(samples, now, wire);
        self.doing = match step {
            Step::Play(recording) => {
                let samples =
                    softphone::resample(&recording.samples, recording.rate_hz, format.rate_hz);
                Doing::Sounding(sound(&samples.unwrap_or_default()))
            }
            Step::Tone { hz, length } => Doing::Sounding(sound(&tone(hz, length, format.rate_hz))),
            Step::Wait(Wait::Time(length)) => Doing::Until(now + length),
            Step::Wait(Wait::Audio(length)) => Doing::Hearing(heard + length),
            Step::Wait(Wait::Digit(wanted)) => Doing::Digit(wanted),
            Step::Wait(Wait::Mark(wanted)) => Doing::Mark(wanted),
            Step::Mark(name) => return Some(Act::Mark(name)),
            Step::Clear => return Some(Act::Clear),
            Step::Dtmf(digits) => return Some(Act::Dtmf(digits)),
            Step::Transfer(to) => return Some(Act::Transfer(to)),
            Step::TransferBot(url) => return Some(Act::TransferBot(url)),
            Step::Flow(id) => return Some(Act::Flow(id)),
            Step::Extension(number) => return Some(Act::Extension(number)),
            Step::HangUp => return Some(Act::HangUp),
            Step::Echo => return Some(Act::Echo),
        };
        None
    }
}

impl Sound {
    fn new(samples: &[i16], now: Duration, wire: &Wire) -> Self {
        let mut bytes = Vec::new();
        wire.format().encode(samples, &mut bytes);
        if wire.least_bytes() > 0 {
            let filled = bytes.len().next_multiple_of(wire.least_bytes());
            let from = bytes.len();
            bytes.resize(filled, 0);
            wire.format()
                .fill_silence(bytes.get_mut(from..).unwrap_or_default());
        }
        Self {
            bytes,
            at: 0,
            piece: wire.piece_bytes(),
            due: now,
        }
    }

    /// The next piece; `None` when all were given.
    fn poll(&mut self, now: Duration, realtime: bool, format: AudioFormat) -> Option<Act> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if realtime && now < self.due {
            // The last piece, too, lasts as long as it sounds.
            return Some(Act::Wait(Some(self.due)));
        }
        let piece = rest.get(..self.piece).unwrap_or(rest);
        if piece.is_empty() {
            return None;
        }
        self.at += piece.len();
        self.due += Duration::from_micros(format.us_for_bytes(piece.len()));
        Some(Act::Audio(piece.to_vec()))
    }
}

/// Takes from `queue` up to the first that `is_it`, and whether there was one.
fn came<T>(queue: &mut VecDeque<T>, is_it: impl Fn(&T) -> bool) -> bool {
    while let Some(next) = queue.pop_front() {
        if is_it(&next) {
            return true;
        }
    }
    false
}

/// A tone at about −12 dBFS.
fn tone(hz: u32, length: Duration, rate_hz: u32) -> Vec<i16> {
    let samples = length.as_millis() * u128::from(rate_hz) / 1_000;
    let step = TAU * f64::from(hz) / f64::from(rate_hz);
    (0..u64::try_from(samples).unwrap_or(0))
        .map(|at| ((at as f64 * step).sin() * 8_000.0) as i16)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::dialect::Dialect;
    use super::super::heard::Stream;
    use super::*;

    fn wire(dialect: Dialect, format: AudioFormat) -> Wire {
        Wire::new(&Stream {
            dialect,
            stream_id: "s".to_owned(),
            format,
            parties: Default::default(),
            message: serde_json::Value::Null,
        })
    }

    fn playing(text: &str, realtime: bool) -> Playing {
        let script = Script::parse(text, Path::new(".")).expect("a script");
        Playing::new(Arc::new(script), realtime)
    }

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn audio_is_sent_ahead_in_pieces_of_100_ms() {
        let wire = wire(Dialect::Ivr, AudioFormat::pcm16(8_000));
        let mut playing = playing("say 440 250\nmark end", false);
        let mut sizes = Vec::new();
        while let Act::Audio(piece) = playing.poll(MS(0), MS(0), &wire) {
            sizes.push(piece.len());
        }
        assert_eq!(sizes, [1_600, 1_600, 800]);
        assert_eq!(playing.poll(MS(0), MS(0), &wire), Act::Wait(None));
    }

    #[test]
    fn in_real_time_each_piece_has_its_time() {
        let wire = wire(Dialect::Twilio, AudioFormat::MULAW_8K);
        let mut playing = playing("say 440 200\nhangup", true);
        assert!(matches!(playing.poll(MS(7), MS(0), &wire), Act::Audio(_)));
        assert_eq!(playing.poll(MS(8), MS(0), &wire), Act::Wait(Some(MS(107))));
        assert!(matches!(playing.poll(MS(150), MS(0), &wire), Act::Audio(_)));
        assert_eq!(
            playing.poll(MS(150), MS(0), &wire),
            Act::Wait(Some(MS(207))),
            "the schedule is absolute"
        );
        assert_eq!(playing.poll(MS(207), MS(0), &wire), Act::HangUp);
    }

    #[test]
    fn exotels_pieces_keep_its_rule() {
        for (rate_hz, ms) in [(8_000, 1_010), (16_000, 330), (24_000, 1_250)] {
            let wire = wire(Dialect::Exotel, AudioFormat::pcm16(rate_hz));
            let mut playing = playing(&format!("say 440 {ms}"), false);
            while let Act::Audio(piece) = playing.poll(MS(0), MS(0), &wire) {
                assert!(
                    piece.len() % 320 == 0 && (3_200..=100_000).contains(&piece.len()),
                    "{} bytes at {rate_hz} Hz",
                    piece.len()
                );
            }
        }
    }

    #[test]
    fn waits_end_by_what_they_wait_for() {
        let wire = wire(Dialect::Ivr, AudioFormat::pcm16(8_000));
        let mut playing = playing(
            "wait 500\nwait audio 100\nwait dtmf 2\nwait mark b\nwait dtmf\nclear",
            false,
        );
        assert_eq!(playing.poll(MS(10), MS(0), &wire), Act::Wait(Some(MS(510))));
        assert_eq!(playing.poll(MS(510), MS(40), &wire), Act::Wait(None));
        playing.push_digits("132");
        playing.push_mark("a");
        assert_eq!(playing.poll(MS(520), MS(139), &wire), Act::Wait(None));
        assert_eq!(playing.poll(MS(530), MS(140), &wire), Act::Wait(None));
        playing.push_mark("b");
        assert_eq!(playing.poll(MS(540), MS(140), &wire), Act::Wait(None));
        playing.push_digits("#");
        assert_eq!(playing.poll(MS(550), MS(140), &wire), Act::Clear);
    }
}
