//! The listening half of a phone: agent audio in, what was really played out.

use trunkline_codecs::resample::Resampler;

use super::activity::{Activity, Change, Stretch};
use super::player::{Dropped, Gaps, Player};
use super::sound;

/// Playback at the recording's rate, with what was heard so far.
#[derive(Debug)]
pub(crate) struct Ear {
    rate_hz: u32,
    player: Player,
    activity: Activity,
    converter: Option<Resampler>,
    heard: Vec<i16>,
}

/// What became known by listening; positions in samples.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Noticed {
    pub(crate) changes: Vec<Change>,
    pub(crate) marks: Vec<(u64, String)>,
}

impl Ear {
    /// The longest silence inside audio that counts as a gap, not as a pause.
    const GAP_MS: u64 = 200;

    /// Plays at `rate_hz` and holds at most `buffer_ms` unplayed.
    pub(crate) fn new(rate_hz: u32, buffer_ms: u64) -> Self {
        let gap = Self::GAP_MS * u64::from(rate_hz) / 1000;
        let limit = buffer_ms * u64::from(rate_hz) / 1000;
        Self {
            rate_hz,
            player: Player::new(usize::try_from(limit).unwrap_or(usize::MAX), gap),
            activity: Activity::new(rate_hz),
            converter: None,
            heard: Vec::new(),
        }
    }

    /// The agent's latest stretch of sound.
    pub(crate) fn agent(&self) -> Option<Stretch> {
        self.activity.last()
    }

    /// How often and how long playback ran dry inside audio.
    pub(crate) fn gaps(&self) -> Gaps {
        self.player.gaps()
    }

    /// Queues audio of `rate_hz`; returns how many samples were discarded because the buffer is full.
    pub(crate) fn push_audio(&mut self, samples: Vec<i16>, rate_hz: u32) -> Result<usize, String> {
        if rate_hz == self.rate_hz {
            return Ok(self.player.push_audio(samples));
        }
        let fits = self
            .converter
            .as_ref()
            .is_some_and(|converter| converter.in_hz() == rate_hz);
        if !fits {
            self.converter = Some(sound::converter(rate_hz, self.rate_hz)?);
        }
        let mut converted = Vec::new();
        if let Some(converter) = &mut self.converter {
            converter.process(&samples, &mut converted);
        }
        Ok(self.player.push_audio(converted))
    }

    /// Queues a mark; false when too many wait.
    pub(crate) fn push_mark(&mut self, name: String) -> bool {
        self.player.push_mark(name)
    }

    /// Plays up to `target` on the call's clock.
    pub(crate) fn listen_until(&mut self, target: u64) -> Noticed {
        let played = self.player.play_until(target);
        let mut noticed = Noticed {
            changes: Vec::new(),
            marks: played.marks,
        };
        self.activity.push(&played.samples, &mut noticed.changes);
        self.heard.extend(played.samples);
        noticed
    }

    /// Drops what has not been played; the agent is silent from here.
    pub(crate) fn clear(&mut self) -> (Dropped, Option<Change>) {
        if let Some(converter) = &mut self.converter {
            converter.reset();
        }
        (self.player.clear(), self.activity.cut())
    }

    /// The end of the call. What waits is played, or dropped unless `plays_on`.
    pub(crate) fn finish(&mut self, plays_on: bool) -> (Noticed, Dropped) {
        let rest = if plays_on {
            self.player.queued() as u64
        } else {
            0
        };
        let mut noticed = self.listen_until(self.player.position() + rest);
        let (dropped, cut) = self.clear();
        noticed.changes.extend(cut);
        (noticed, dropped)
    }

    /// Everything heard, silence included.
    pub(crate) fn into_heard(self) -> Vec<i16> {
        self.heard
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clear_ends_the_agents_speech_at_what_was_played() {
        let mut ear = Ear::new(8_000, 60_000);
        assert_eq!(ear.listen_until(800), Noticed::default());
        assert_eq!(ear.push_audio(vec![5_000; 8_000], 8_000), Ok(0));
        assert_eq!(ear.listen_until(1_600).changes, [Change::Started(800)]);
        let (dropped, cut) = ear.clear();
        assert_eq!(
            (dropped.samples, cut),
            (7_200, Some(Change::Stopped(1_600)))
        );
        ear.listen_until(2_400);
        let heard = ear.into_heard();
        assert_eq!(heard.len(), 2_400);
        assert!(heard.iter().skip(1_600).all(|&sample| sample == 0));
    }

    #[test]
    fn audio_of_another_rate_keeps_its_duration() {
        let mut ear = Ear::new(8_000, 60_000);
        assert_eq!(ear.push_audio(vec![5_000; 24_000], 24_000), Ok(0));
        let (noticed, _) = ear.finish(true);
        assert!(
            matches!(
                noticed.changes.as_slice(),
                [Change::Started(_), Change::Stopped(_)]
            ),
            "{noticed:?}"
        );
        assert_eq!(ear.into_heard().len(), 8_000);
        assert!(
            Ear::new(8_000, 1_000)
                .push_audio(vec![0; 10], 11_025)
                .is_err()
        );
    }

    #[test]
    fn at_the_end_the_rest_is_played_or_dropped() {
        for (plays_on, heard, dropped) in [(true, 1_000, 0), (false, 0, 1_000)] {
            let mut ear = Ear::new(8_000, 60_000);
            assert_eq!(ear.push_audio(vec![5_000; 1_000], 8_000), Ok(0));
            assert_eq!(ear.finish(plays_on).1.samples, dropped);
            assert_eq!(ear.into_heard().len(), heard);
        }
    }
}
