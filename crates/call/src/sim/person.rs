//! The simulated caller: a microphone that sends a frame every 20 ms, and what is in it.

use std::collections::VecDeque;

use trunkline_codecs::format::AudioFormat;

use super::stamp;
use super::voice::Voice;
use crate::caller::{Line, Place, sim::write_audio};
use crate::time::Time;

/// What a caller who does not speak sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Background {
    /// Frames of silence.
    Silence,
    /// Stamped frames, so that the agent can tell which it heard.
    Stamps,
    /// Nothing at all, as lines that suppress silence do.
    Nothing,
}

/// The caller and the microphone.
#[derive(Debug)]
pub(super) struct Person {
    line: Line,
    pub(super) background: Background,
    /// Whether frames are numbered (`chunk`) and timed (`timestamp_ms`).
    pub(super) numbered: bool,
    /// Nothing is sent, whatever is said.
    pub(super) muted: bool,
    voice: Voice,
    speaks_until: Time,
    /// When the next frame is sent; `None` before the start and after the end.
    next_at: Option<Time>,
    began_at: Time,
    chunk: u64,
    /// Stamped frames sent so far.
    pub(super) stamped: u64,
    audio: Vec<u8>,
    /// Frames have timestamps and no numbers.
    pub(super) chunkless: bool,
    /// So many of the next frames are numbered and get lost on the way.
    pub(super) loses: u64,
    /// Sound to be sent in place of the background.
    pub(super) sound: VecDeque<i16>,
    /// How much louder than usual the caller speaks.
    pub(super) gain_db: f64,
    /// Everything sent, where somebody wants to know.
    pub(super) sent: Option<Vec<u8>>,
}

impl Person {
    pub(super) const fn new(line: Line, background: Background) -> Self {
        Self {
            line,
            background,
            numbered: true,
            muted: false,
            voice: Voice::new(),
            speaks_until: Time::ZERO,
            next_at: None,
            began_at: Time::ZERO,
            chunk: 0,
            stamped: 0,
            audio: Vec::new(),
            chunkless: false,
            loses: 0,
            sound: VecDeque::new(),
            gain_db: 0.0,
            sent: None,
        }
    }

    /// The microphone is on from here.
    pub(super) const fn begin(&mut self, now: Time) {
        self.began_at = now;
        self.next_at = Some(now);
    }

    /// Nothing more is sent.
    pub(super) const fn end(&mut self) {
        self.next_at = None;
    }

    /// Speaks for so long from now on.
    pub(super) fn speak(&mut self, now: Time, ms: u64) {
        if !self.is_speaking(now) {
            self.voice.rewind();
        }
        self.speaks_until = now.plus_ms(ms);
    }

    pub(super) fn is_speaking(&self, now: Time) -> bool {
        now < self.speaks_until
    }

    /// When the next frame is sent.
    pub(super) const fn next(&self) -> Option<Time> {
        self.next_at
    }

    /// The frame due at `now`, as a message on the wire; `None` if none is due or none is sent.
    pub(super) fn frame(&mut self, now: Time) -> Option<Vec<u8>> {
        let at = self.next_at.filter(|at| *at <= now)?;
        self.next_at = Some(at.plus_us(stamp::STAMP_US));
        let format = self.line.sends;
        if self.muted {
            return None;
        }
        self.audio.clear();
        let audio = if at < self.speaks_until {
            let frame = self.voice.frame(format);
            if self.gain_db == 0.0 {
                frame
            } else {
                amplify(frame, self.gain_db, format, &mut self.audio);
                &self.audio
            }
        } else if !self.sound.is_empty() {
            let samples = format.samples_for_us(stamp::STAMP_US) as usize;
            self.sound
                .resize(self.sound.len().next_multiple_of(samples), 0);
            let frame: Vec<_> = self.sound.drain(..samples).collect();
            format.encode(&frame, &mut self.audio);
            &self.audio
        } else {
            match self.background {
                Background::Nothing => return None,
                Background::Silence => {
                    self.audio.resize(format.bytes_per_frame(), 0);
                    format.fill_silence(&mut self.audio);
                }
                Background::Stamps => {
                    stamp::write(self.stamped, format, &mut self.audio);
                    self.stamped += 1;
                }
            }
            &self.audio
        };
        if let Some(sent) = &mut self.sent {
            sent.extend_from_slice(audio);
        }
        self.chunk += 1;
        if self.loses > 0 {
            self.loses -= 1;
            return None;
        }
        let numbered = self.numbered && !self.chunkless;
        let place = Place {
            chunk: numbered.then_some(self.chunk),
            timestamp_ms: self.numbered.then(|| at.ms_since(self.began_at)),
        };
        let mut message = Vec::with_capacity(audio.len() + 16);
        write_audio(place, audio, &mut message);
        Some(message)
    }
}

/// Appends the frame, so much louder, to `out`.
fn amplify(frame: &[u8], gain_db: f64, format: AudioFormat, out: &mut Vec<u8>) {
    let mut samples = Vec::new();
    format.decode(frame, &mut samples).expect("whole samples");
    let gain = 10f64.powf(gain_db / 20.0);
    for sample in &mut samples {
        *sample = (f64::from(*sample) * gain) as i16;
    }
    format.encode(&samples, out);
}
