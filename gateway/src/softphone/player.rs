//! The playback buffer of a phone, with its clock.
//!
//! What arrives early waits; what is due is played; a clear drops what has not been played. Where nothing is
//! queued, silence is played. Time is a sample position, given by the caller of these functions.

use std::collections::VecDeque;

/// A buffer that plays one sample per tick of its clock.
#[derive(Debug)]
pub(crate) struct Player {
    position: u64,
    queue: VecDeque<Item>,
    queued: usize,
    limit: usize,
    ran_dry_at: Option<u64>,
    gap_longest: u64,
    gaps: Gaps,
}

/// Silences that a listener hears as stutter: the buffer ran dry and audio came soon after.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Gaps {
    pub(crate) count: u64,
    pub(crate) samples: u64,
}

/// What playing to a position produced.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Played {
    /// Samples played, silence included.
    pub(crate) samples: Vec<i16>,
    /// Marks reached, with the position of the first sample after them.
    pub(crate) marks: Vec<(u64, String)>,
}

/// What a clear took out of the buffer.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Dropped {
    pub(crate) samples: usize,
    pub(crate) marks: Vec<String>,
}

#[derive(Debug)]
enum Item {
    Audio { samples: Vec<i16>, at: usize },
    Mark(String),
}

impl Player {
    /// Marks that may wait at once.
    const MARKS: usize = 1_024;

    /// An empty buffer of at most `limit` samples at position 0; a silence of up to `gap_longest` samples between
    /// two pieces of audio is a gap, a longer one a pause.
    pub(crate) fn new(limit: usize, gap_longest: u64) -> Self {
        Self {
            position: 0,
            queue: VecDeque::new(),
            queued: 0,
            limit,
            ran_dry_at: None,
            gap_longest,
            gaps: Gaps::default(),
        }
    }

    /// Samples waiting.
    pub(crate) fn queued(&self) -> usize {
        self.queued
    }

    /// Samples played so far.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Gaps so far.
    pub(crate) fn gaps(&self) -> Gaps {
        self.gaps
    }

    /// Queues audio; returns how many samples did not fit and were discarded.
    pub(crate) fn push_audio(&mut self, mut samples: Vec<i16>) -> usize {
        let discarded = samples.len().saturating_sub(self.limit - self.queued);
        samples.truncate(samples.len() - discarded);
        if !samples.is_empty() {
            self.count_gap();
            self.queued += samples.len();
            self.queue.push_back(Item::Audio { samples, at: 0 });
        }
        discarded
    }

    /// Queues a mark behind the audio that waits; false when too many wait already. With nothing queued the next
    /// [`Player::play_until`] returns it, whatever the position.
    pub(crate) fn push_mark(&mut self, name: String) -> bool {
        let waiting = self
            .queue
            .iter()
            .filter(|item| matches!(item, Item::Mark(_)))
            .count();
        let fits = waiting < Self::MARKS;
        if fits {
            self.queue.push_back(Item::Mark(name));
        }
        fits
    }

    /// Plays up to `target`, a position on the call's clock. A position already passed plays nothing.
    pub(crate) fn play_until(&mut self, target: u64) -> Played {
        let mut played = Played::default();
        loop {
            let due = usize::try_from(target.saturating_sub(self.position)).unwrap_or(usize::MAX);
            match self.queue.front_mut() {
                Some(Item::Mark(name)) => {
                    played.marks.push((self.position, std::mem::take(name)));
                    self.queue.pop_front();
                }
                _ if due == 0 => return played,
                Some(Item::Audio { samples, at }) => {
                    let rest = samples.get(*at..).unwrap_or_default();
                    let now = rest.get(..due).unwrap_or(rest);
                    played.samples.extend_from_slice(now);
                    let (count, finished) = (now.len(), now.len() == rest.len());
                    *at += count;
                    self.position += count as u64;
                    self.queued -= count;
                    if finished {
                        self.queue.pop_front();
                        self.ran_dry_at = Some(self.position).filter(|_| self.queued == 0);
                    }
                }
                None => {
                    played.samples.resize(played.samples.len() + due, 0);
                    self.position += due as u64;
                }
            }
        }
    }

    /// Drops everything that waits.
    pub(crate) fn clear(&mut self) -> Dropped {
        self.ran_dry_at = None;
        let samples = std::mem::take(&mut self.queued);
        let marks = self.queue.drain(..).filter_map(|item| match item {
            Item::Mark(name) => Some(name),
            Item::Audio { .. } => None,
        });
        Dropped {
            samples,
            marks: marks.collect(),
        }
    }

    fn count_gap(&mut self) {
        let silence = self.ran_dry_at.take().map_or(0, |at| self.position - at);
        if (1..=self.gap_longest).contains(&silence) {
            self.gaps.count += 1;
            self.gaps.samples += silence;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audio_waits_for_the_clock_and_gaps_are_silence() {
        let mut player = Player::new(100, 10);
        assert_eq!(player.play_until(2).samples, [0, 0]);
        assert_eq!(player.push_audio(vec![1, 2, 3, 4, 5]), 0);
        assert_eq!(player.play_until(5).samples, [1, 2, 3]);
        assert_eq!(player.queued(), 2);
        assert_eq!(player.play_until(5), Played::default());
        assert_eq!(player.play_until(9).samples, [4, 5, 0, 0]);
        assert_eq!(player.position(), 9);
    }

    #[test]
    fn a_mark_comes_back_when_the_audio_before_it_has_played() {
        let mut player = Player::new(100, 10);
        player.push_audio(vec![1, 2]);
        assert!(player.push_mark("m1".to_owned()));
        player.push_audio(vec![3]);
        assert_eq!(player.play_until(1).marks, []);
        assert_eq!(player.play_until(2).marks, [(2, "m1".to_owned())]);
        assert_eq!(player.play_until(4).samples, [3, 0]);
        assert!(player.push_mark("m2".to_owned()));
        assert_eq!(
            player.play_until(4).marks,
            [(4, "m2".to_owned())],
            "at once when nothing waits"
        );
    }

    #[test]
    fn a_clear_drops_what_has_not_played_and_returns_every_mark() {
        let mut player = Player::new(100, 10);
        player.push_audio(vec![1; 10]);
        player.push_mark("a".to_owned());
        player.push_audio(vec![2; 5]);
        player.push_mark("b".to_owned());
        player.play_until(4);
        let dropped = player.clear();
        assert_eq!(
            dropped,
            Dropped {
                samples: 11,
                marks: vec!["a".to_owned(), "b".to_owned()]
            }
        );
        assert_eq!(player.play_until(6).samples, [0, 0]);
    }

    #[test]
    fn a_short_silence_inside_audio_is_a_gap() {
        let mut player = Player::new(100, 10);
        player.play_until(5);
        for silence in [0, 0, 3, 11] {
            player.play_until(player.position() + silence);
            player.push_audio(vec![1; 2]);
            player.play_until(player.position() + 2);
        }
        assert_eq!(
            player.gaps(),
            Gaps {
                count: 1,
                samples: 3
            }
        );
        player.clear();
        player.play_until(player.position() + 4);
        player.push_audio(vec![1]);
        assert_eq!(
            player.gaps().count,
            1,
            "after a clear it is a new utterance"
        );
    }

    #[test]
    fn the_buffer_is_bounded() {
        let mut player = Player::new(8, 10);
        assert_eq!(player.push_audio(vec![1; 6]), 0);
        assert_eq!(player.push_audio(vec![2; 6]), 4);
        assert_eq!(player.queued(), 8);
        assert!((0..Player::MARKS).all(|_| player.push_mark(String::new())));
        assert!(!player.push_mark(String::new()));
    }
}
