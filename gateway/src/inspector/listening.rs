//! The caller's ear: what the bot sends, on a simulated playout clock.

use super::conversation::grouped;
use super::finding::{Code, Found};
use super::options::Limits;
use super::report::AudioTotals;
use crate::softphone::clock::Clock;
use crate::softphone::player::Player;

/// A playout buffer, what was heard of it, and what was wrong with what came.
#[derive(Debug)]
pub(crate) struct Listening {
    clock: Clock,
    limits: Limits,
    player: Player,
    heard: Vec<i16>,
    totals: AudioTotals,
    us: u64,
    too_far: bool,
    told_late: bool,
}

impl Listening {
    /// A hole in speech that is heard as one.
    const GAP_MS: u64 = 60;
    /// A longer one is a pause between utterances.
    const PAUSE_MS: u64 = 500;

    pub(crate) fn new(clock: Clock, limits: Limits) -> Self {
        let rate = u64::from(clock.rate_hz());
        // 600 s at 24 kHz at most, which is 29 MB.
        let limit = usize::try_from(limits.ahead_s * rate).unwrap_or(usize::MAX);
        Self {
            clock,
            limits,
            player: Player::new(limit, rate * Self::PAUSE_MS / 1_000),
            heard: Vec::new(),
            totals: AudioTotals::default(),
            us: 0,
            too_far: false,
            told_late: false,
        }
    }

    /// Queues audio that arrived; what is wrong with its time.
    pub(crate) fn push_audio(&mut self, t_ms: u64, samples: Vec<i16>, us: u64) -> Vec<Found> {
        let mut found = Vec::new();
        self.totals.received_messages += 1;
        self.us += us;
        self.totals.received_ms = self.us / 1_000;
        if self.totals.first_audio_ms.is_none() {
            self.totals.first_audio_ms = Some(t_ms);
        }
        let gaps = self.player.gaps().samples;
        let ahead_ms = self.queued_ms() + us / 1_000;
        let discarded = self.player.push_audio(samples);
        let gap_ms = self.clock.ms_of(self.player.gaps().samples - gaps);
        if gap_ms > Self::GAP_MS {
            self.totals.gaps += 1;
            found.push(Found::warning(
                Code::Gap,
                format!("no hole longer than {} ms", Self::GAP_MS),
                format!("{gap_ms} ms of silence inside speech"),
            ));
        }
        if discarded > 0 {
            if !self.too_far {
                found.push(Found::fault(
                    Code::TooFarAhead,
                    format!("at most {} s ahead of real time", self.limits.ahead_s),
                    format!("{} ms, which a platform refuses", grouped(ahead_ms)),
                ));
            }
            self.too_far = true;
            self.totals.refused_ms += self.clock.ms_of(discarded as u64);
        } else if self.queued_ms() < self.limits.ahead_s * 500 {
            self.too_far = false;
        }
        self.totals.queued_most_ms = self.totals.queued_most_ms.max(self.queued_ms());
        found
    }

    /// Queues a mark; false when too many wait.
    pub(crate) fn push_mark(&mut self, name: String) -> bool {
        self.player.push_mark(name)
    }

    /// Plays to a position; yields the marks reached.
    pub(crate) fn play_until(&mut self, position: u64) -> Vec<String> {
        let played = self.player.play_until(position);
        self.heard.extend_from_slice(&played.samples);
        played.marks.into_iter().map(|(_, name)| name).collect()
    }

    /// Empties the buffer; yields the milliseconds that were in it, and the marks.
    pub(crate) fn clear(&mut self) -> (u64, Vec<String>) {
        let dropped = self.player.clear();
        let dropped_ms = self.clock.ms_of(dropped.samples as u64);
        self.totals.cleared_ms += dropped_ms;
        (dropped_ms, dropped.marks)
    }

    /// What is wrong when nothing came by now.
    pub(crate) fn watch(&mut self, t_ms: u64) -> Option<Found> {
        let late = !self.told_late
            && self.totals.first_audio_ms.is_none()
            && t_ms > self.limits.first_audio_ms;
        self.told_late |= late;
        late.then(|| {
            let expected = format!("audio within {} ms", grouped(self.limits.first_audio_ms));
            Found::fault(Code::LateFirstAudio, expected, "none yet")
        })
    }

    pub(crate) fn totals(&self) -> AudioTotals {
        self.totals
    }

    pub(crate) fn into_heard(self) -> Vec<i16> {
        self.heard
    }

    fn queued_ms(&self) -> u64 {
        self.clock.ms_of(self.player.queued() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::botserver::Dialect;
    use crate::inspector::Options;

    /// 8 samples a millisecond, and 10 s ahead at most.
    fn listening() -> Listening {
        let mut limits = Options::new("ws://h/", Dialect::Ivr).limits;
        limits.ahead_s = 10;
        Listening::new(Clock::new(8_000), limits)
    }

    /// `ms` of audio that come at `t_ms`.
    fn push(listening: &mut Listening, t_ms: u64, ms: u64) -> Vec<Code> {
        listening.play_until(t_ms * 8);
        let samples = vec![1; usize::try_from(ms * 8).expect("small")];
        let found = listening.push_audio(t_ms, samples, ms * 1_000);
        found.into_iter().map(|found| found.code).collect()
    }

    #[test]
    fn a_hole_in_speech_is_a_gap_and_jitter_and_a_pause_are_not() {
        let mut listening = listening();
        for (t_ms, expected) in [
            (500, &[][..]),
            (520, &[]),
            (600, &[]),
            (681, &[Code::Gap]),
            (1_202, &[]),
        ] {
            assert_eq!(push(&mut listening, t_ms, 20), expected, "{t_ms}");
        }
        assert_eq!(listening.totals().gaps, 1);
        assert_eq!(listening.totals().first_audio_ms, Some(500));
    }

    #[test]
    fn too_far_ahead_is_told_once_until_it_has_played() {
        let mut listening = listening();
        assert_eq!(push(&mut listening, 0, 10_000), []);
        assert_eq!(push(&mut listening, 0, 100), [Code::TooFarAhead]);
        assert_eq!(push(&mut listening, 0, 100), []);
        assert_eq!(push(&mut listening, 6_000, 100), []);
        assert_eq!(push(&mut listening, 6_000, 9_000), [Code::TooFarAhead]);
        assert_eq!(listening.totals().refused_ms, 200 + 3_100);
        assert_eq!(listening.totals().queued_most_ms, 10_000);
    }

    #[test]
    fn silence_is_told_once() {
        let mut listening = listening();
        assert_eq!(listening.watch(3_000), None);
        let found = listening.watch(3_001).map(|found| found.code);
        assert_eq!(found, Some(Code::LateFirstAudio));
        assert_eq!(listening.watch(9_000), None);
    }
}
