//! What a playout says of itself: what the caller hears, how much waits, how much there was. It changes
//! nothing.

use super::utterance::{Owner, Progress, Utterance};
use super::{Playout, Slip, Slipped};
use crate::time::Time;

impl Playout {
    /// When everything queued will have been played, if nothing more comes and nothing held is released.
    pub fn drained_at(&self, now: Time) -> Time {
        let waiting = self.utterances.waiting().map(|u| {
            if u.complete {
                self.framing.length_of(u.queued)
            } else {
                u.queued
            }
        });
        let waiting_us = self.schedule.us(waiting.sum::<usize>() as u64);
        self.schedule.plays_until().max(now).plus_us(waiting_us)
    }

    /// Until when the caller hears something, if nothing more comes: in the past where nothing waits that can
    /// be sent.
    pub fn heard_until(&self, now: Time) -> Time {
        match self.wake_at() {
            Some(_) => self.drained_at(now),
            None => self.schedule.plays_until(),
        }
    }

    /// How far the utterance has come that the caller hears at `now`; between two, the one before. `None`
    /// before the first has audio.
    pub fn playing(&self, now: Time) -> Option<Progress> {
        let played = self.schedule.played(now);
        let utterance = self.utterances.audible(played)?;
        let ms = |bytes| self.schedule.us(bytes) / 1_000;
        let come_ms = ms(utterance.released + utterance.queued as u64);
        Some(Progress {
            number: utterance.number,
            owner: utterance.owner,
            heard_ms: ms(utterance.heard(played)),
            total_ms: utterance.complete.then_some(come_ms),
            come_ms,
            cut_out_ms: ms(utterance.cut_out),
        })
    }

    /// The number of the utterance before that one, played to its end.
    pub fn heard_before(&self, now: Time) -> Option<u32> {
        self.utterances.before_audible(self.schedule.played(now))
    }

    /// Milliseconds the caller has been played of the utterance being played, never more than it has; 0 if
    /// there is none.
    pub fn heard_ms(&self, now: Time) -> u64 {
        self.playing(now).map_or(0, |progress| progress.heard_ms)
    }

    /// Whether an utterance is open, held, waiting to be released or not known to be played.
    pub fn is_speaking(&self) -> bool {
        !self.utterances.is_empty()
    }

    /// The same of the agent's alone.
    pub fn is_agent_speaking(&self) -> bool {
        self.utterances.is_any(Owner::Agent)
    }

    /// Whether there is something to hear at `now` or waiting to be released; what is held does not count.
    pub fn is_playing(&self, now: Time) -> bool {
        self.utterances.is_playing(self.schedule.played(now))
    }

    /// Whether the caller's side has been given something that is not known to be played.
    pub fn has_released(&self) -> bool {
        self.utterances.has_released()
    }

    /// Milliseconds of the utterance that takes more audio so far; `None` where none does.
    pub fn open_ms(&self) -> Option<u64> {
        let open = self.utterances.last_open()?;
        let come = open.released + open.queued as u64 + open.cut_out;
        Some(self.schedule.us(come) / 1_000)
    }

    /// Whether an utterance takes more audio.
    pub fn is_open(&self) -> bool {
        self.utterances.last_open().is_some()
    }

    /// Whether the caller may cut off what is being played. Where none of it was released yet there is
    /// nothing to be cut off.
    pub fn is_interruptible(&self, now: Time) -> bool {
        let played = self.schedule.played(now);
        let audible = self.utterances.audible(played);
        audible.is_some_and(|u| u.interruptible && u.released > 0)
    }

    /// Whether the agent should be kept from sending more: 90 % of the bound.
    pub fn is_nearly_full(&self) -> bool {
        self.queue.len() >= self.bound_bytes / 10 * 9
    }

    /// Whether the schedule has run past what was released while an open utterance had nothing to give.
    pub fn is_dry(&self, now: Time) -> bool {
        let starved = |open: &Utterance| {
            open.released > 0 && !open.held && !self.framing.is_ready(open.queued, false)
        };
        !self.paused
            && self.utterances.last_open().is_some_and(starved)
            && now > self.schedule.plays_until()
    }

    /// Microseconds of the agent's speech ever released, without silence after it and without the gateway's
    /// own sentences.
    pub const fn agent_released_us(&self) -> u64 {
        self.schedule.us(self.taken.agents)
    }

    /// The place up to which everything has been released: bytes ever taken from the queue. It only grows.
    #[inline]
    pub const fn taken(&self) -> u64 {
        self.taken.all
    }

    /// The place behind everything queued, released once [`taken`](Self::taken) has come to it. What is thrown
    /// away or [cut out](Self::cut_out) brings it nearer.
    pub fn end(&self) -> u64 {
        self.taken.all + self.queue.len() as u64
    }

    /// What the last [`push`](Self::push) took out of the queue to make up for a stall, one part after the
    /// other: the place it began at, and its length in bytes. Places behind it lie so much nearer.
    pub fn cut_out(&self) -> impl Iterator<Item = (u64, u64)> {
        let parts = self.slip.iter().flat_map(Slip::parts);
        parts.map(|(at, bytes)| (self.taken.all + at as u64, bytes as u64))
    }

    /// What was taken out so far to make up for stalls.
    pub fn slipped(&self) -> Slipped {
        self.slip
            .as_ref()
            .map_or_else(Slipped::default, Slip::slipped)
    }
}
