//! Caller audio that waits for an agent that takes none now.
//!
//! Bound: milliseconds of audio, of which the newest are kept (old speech answered late is worse than
//! none), and 64 notices. Notices keep their place between the audio, also when that is dropped.

use std::collections::VecDeque;

use trunkline_codecs::format::AudioFormat;
use trunkline_codecs::resample::Resampler;

/// Notices that may wait.
const NOTICES: usize = 64;
/// An empty queue gives back what it holds beyond this.
const KEPT_BYTES: usize = 1_024;

/// What an agent is told between the caller's audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// The caller's turn began.
    SpeechStarted,
    /// It is probably over.
    EagerEndOfTurn,
    /// It goes on.
    TurnResumed,
    /// It is over.
    EndOfTurn,
    /// It was too little to be a turn.
    Backchannel,
    /// The caller pressed a key.
    Digit(char),
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// Audio, appended to the buffer.
    Audio,
    /// A notice.
    Notice(Notice),
}

/// The newest audio for the agent, in its format, and what it is told.
#[derive(Debug)]
pub(crate) struct Backlog {
    format: AudioFormat,
    bound_bytes: usize,
    audio: VecDeque<u8>,
    /// Bytes that went through before the first that waits.
    begins_at: u64,
    /// Each with the bytes that went through before it.
    notices: VecDeque<(u64, Notice)>,
    dropped_bytes: u64,
    /// In formats it had before.
    dropped_before_ms: u64,
    dropped_notices: u64,
}

impl Backlog {
    /// An empty queue of audio in `format` that keeps at most `bound_ms`.
    pub(crate) fn new(format: AudioFormat, bound_ms: u64) -> Self {
        Self {
            format,
            bound_bytes: bytes_for_ms(format, bound_ms),
            audio: VecDeque::new(),
            begins_at: 0,
            notices: VecDeque::new(),
            dropped_bytes: 0,
            dropped_before_ms: 0,
            dropped_notices: 0,
        }
    }

    /// Changes the bound. What waits beyond a smaller one is dropped at once: make it smaller when the
    /// queue is empty.
    pub(crate) fn set_bound_ms(&mut self, bound_ms: u64) {
        self.bound_bytes = bytes_for_ms(self.format, bound_ms);
        self.make_room(0);
    }

    /// Adds audio, whole samples. The oldest is dropped, in frames of 20 ms, where the bound is passed.
    pub(crate) fn push(&mut self, audio: &[u8]) {
        let unkept = self.make_room(audio.len()).min(audio.len());
        self.audio.extend(audio.get(unkept..).unwrap_or_default());
        self.skip(unkept);
    }

    /// Adds a notice behind the audio that waits.
    pub(crate) fn note(&mut self, notice: Notice) {
        if self.notices.len() == NOTICES {
            self.notices.pop_front();
            self.dropped_notices += 1;
        }
        let at = self.begins_at + self.audio.len() as u64;
        self.notices.push_back((at, notice));
    }

    /// Takes what is next; audio is appended to `into`, at most `max_bytes` of it and whole samples. `None`
    /// when nothing waits.
    pub(crate) fn pop(&mut self, max_bytes: usize, into: &mut Vec<u8>) -> Option<Waiting> {
        let next = self.notices.front().copied();
        if let Some((at, notice)) = next
            && at <= self.begins_at
        {
            self.notices.pop_front();
            return Some(Waiting::Notice(notice));
        }
        let sample = self.format.bytes_per_sample();
        let until_notice = next.map_or(u64::MAX, |(at, _)| at - self.begins_at);
        let until_notice = usize::try_from(until_notice).unwrap_or(usize::MAX);
        let most = self.audio.len().min(until_notice);
        let bytes = most.min(max_bytes - max_bytes % sample);
        if bytes == 0 {
            return None;
        }
        let (front, back) = self.audio.as_slices();
        let from_front = front.len().min(bytes);
        into.extend_from_slice(front.get(..from_front).unwrap_or_default());
        into.extend_from_slice(back.get(..bytes - from_front).unwrap_or_default());
        self.remove(bytes);
        Some(Waiting::Audio)
    }

    /// Forgets everything, uncounted: the agent it waited for is gone.
    pub(crate) fn clear(&mut self) {
        self.notices.clear();
        self.remove(self.audio.len());
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.audio.is_empty() && self.notices.is_empty()
    }

    /// From now on audio is in `format`: what waits is converted, and notices keep their place in it. Where it
    /// cannot be, it is dropped and counted.
    pub(crate) fn change_format(&mut self, format: AudioFormat, bound_ms: u64) {
        self.dropped_before_ms += self.dropped_ms_in_format();
        self.dropped_bytes = 0;
        let converted = self.converted(format);
        if converted.is_none() {
            self.dropped_before_ms += self.waiting_ms();
        }
        let audio = converted.unwrap_or_default();
        for (at, _) in &mut self.notices {
            let before = usize::try_from(at.saturating_sub(self.begins_at)).unwrap_or(usize::MAX);
            let before = format.bytes_for_us(self.format.us_for_bytes(before));
            *at = self.begins_at + before.min(audio.len()) as u64;
        }
        self.audio = audio.into();
        self.format = format;
        self.set_bound_ms(bound_ms);
    }

    /// What waits, in another format.
    fn converted(&self, format: AudioFormat) -> Option<Vec<u8>> {
        let (mut samples, mut resampled, mut audio) = (Vec::new(), Vec::new(), Vec::new());
        let waiting: Vec<u8> = self.audio.iter().copied().collect();
        self.format.decode(&waiting, &mut samples).ok()?;
        if self.format.rate_hz == format.rate_hz {
            resampled = samples;
        } else {
            let mut resampler = Resampler::new(self.format.rate_hz, format.rate_hz).ok()?;
            resampler.process(&samples, &mut resampled);
            resampler.flush(&mut resampled);
        }
        format.encode(&resampled, &mut audio);
        Some(audio)
    }

    /// Audio that waits, in milliseconds.
    pub(crate) fn waiting_ms(&self) -> u64 {
        self.format.us_for_bytes(self.audio.len()) / 1_000
    }

    /// Audio dropped so far, in milliseconds.
    pub(crate) fn dropped_ms(&self) -> u64 {
        self.dropped_before_ms + self.dropped_ms_in_format()
    }

    fn dropped_ms_in_format(&self) -> u64 {
        let bytes = usize::try_from(self.dropped_bytes).unwrap_or(usize::MAX);
        self.format.us_for_bytes(bytes) / 1_000
    }

    /// Notices dropped so far.
    pub(crate) const fn dropped_notices(&self) -> u64 {
        self.dropped_notices
    }

    /// Drops the oldest so that `bytes` more fit. Returns how many of those do not fit themselves.
    fn make_room(&mut self, bytes: usize) -> usize {
        let wanted = self.audio.len().saturating_add(bytes);
        let excess = wanted.saturating_sub(self.bound_bytes);
        if excess == 0 {
            return 0;
        }
        let frame = self.format.bytes_per_frame().max(1);
        let dropped = excess.div_ceil(frame).saturating_mul(frame).min(wanted);
        let oldest = dropped.min(self.audio.len());
        self.remove(oldest);
        self.dropped_bytes += dropped as u64;
        dropped - oldest
    }

    fn remove(&mut self, bytes: usize) {
        self.audio.drain(..bytes.min(self.audio.len()));
        self.begins_at += bytes as u64;
        if self.audio.is_empty() && self.audio.capacity() > 2 * KEPT_BYTES {
            self.audio.shrink_to(KEPT_BYTES);
        }
    }

    /// That much went by without having waited.
    const fn skip(&mut self, bytes: usize) {
        self.begins_at += bytes as u64;
    }
}

fn bytes_for_ms(format: AudioFormat, ms: u64) -> usize {
    format.bytes_for_us(ms.saturating_mul(1_000))
}

#[cfg(test)]
mod tests;
