//! One direction of the network between the caller's side and the gateway.

use std::collections::VecDeque;

use super::rng::Rng;
use super::stamp::STAMP_US;
use crate::time::Time;

/// What crosses the network.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Packet {
    Text(String),
    Binary(Vec<u8>),
    /// A transport ping, or its answer.
    Alive,
    /// The end of what this side sends: a close frame.
    Closed,
    /// The end of what this side sends: a reset.
    Lost,
}

impl Packet {
    fn bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
            Self::Alive | Self::Closed | Self::Lost => 2,
        }
    }
}

/// How a direction treats what it carries. The default is perfect.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Weather {
    /// Travel time.
    pub(super) latency_us: u64,
    /// Up to this much more, drawn for each packet.
    pub(super) jitter_us: u64,
    /// Packets of audio overtake each other and get lost; otherwise all arrive, and in order, as over TCP.
    pub(super) datagrams: bool,
    /// Lost packets of audio, in a thousand. Only with `datagrams`.
    pub(super) loss_per_mille: u64,
}

/// One direction.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) weather: Weather,
    rng: Rng,
    /// In order of arrival.
    flying: VecDeque<(Time, Packet)>,
    flying_bytes: usize,
    /// What the sockets between take before the sender finds no room.
    pub(super) socket_bytes: usize,
    stalled_until: Time,
    blocked_until: Time,
    dead: bool,
    /// Packets of audio lost on the way.
    pub(super) lost: u64,
}

impl Path {
    pub(super) const fn new(weather: Weather, rng: Rng) -> Self {
        Self {
            weather,
            rng,
            flying: VecDeque::new(),
            flying_bytes: 0,
            socket_bytes: 16 * 1_024,
            stalled_until: Time::ZERO,
            blocked_until: Time::ZERO,
            dead: false,
            lost: 0,
        }
    }

    /// Nothing arrives for so long; then everything at once.
    pub(super) fn stall(&mut self, now: Time, ms: u64) {
        self.stalled_until = self.stalled_until.max(now.plus_ms(ms));
        let until = self.stalled_until;
        for (at, _) in &mut self.flying {
            *at = (*at).max(until);
        }
    }

    /// The sender finds no room for so long, whatever has been sent.
    pub(super) fn block(&mut self, now: Time, ms: u64) {
        self.blocked_until = self.blocked_until.max(now.plus_ms(ms));
    }

    /// Nothing arrives any more, and nobody is told.
    pub(super) fn die(&mut self) {
        self.dead = true;
        self.flying.clear();
    }

    /// Whether the sender finds room.
    pub(super) fn is_writable(&self, now: Time) -> bool {
        self.flying_bytes < self.socket_bytes && now >= self.blocked_until
    }

    pub(super) fn send(&mut self, now: Time, packet: Packet) {
        self.flying_bytes += packet.bytes();
        if self.dead {
            return;
        }
        let loose = self.weather.datagrams && matches!(packet, Packet::Binary(_));
        if loose && self.rng.chance(self.weather.loss_per_mille) {
            self.flying_bytes -= packet.bytes();
            self.lost += 1;
            return;
        }
        let jitter_us = self.rng.between(0, self.weather.jitter_us + 1);
        let mut at = now
            .plus_us(self.weather.latency_us + jitter_us)
            .max(self.stalled_until);
        if loose {
            // Nothing is so late that the audio around it is forgotten.
            let place = self.flying.partition_point(|(other, _)| *other <= at);
            self.flying.insert(place, (at, packet));
        } else {
            at = at.max(self.flying.back().map_or(at, |(last, _)| *last));
            self.flying.push_back((at, packet));
        }
    }

    /// When something happens here by itself.
    pub(super) fn next(&self, now: Time) -> Option<Time> {
        let arrival = self.flying.front().map(|(at, _)| *at);
        let room = Some(self.blocked_until).filter(|at| *at > now);
        arrival.into_iter().chain(room).min()
    }

    /// What arrives at `now`, one at a time.
    pub(super) fn arrive(&mut self, now: Time) -> Option<Packet> {
        self.flying.front().filter(|(at, _)| *at <= now)?;
        let (_, packet) = self.flying.pop_front()?;
        self.flying_bytes -= packet.bytes();
        Some(packet)
    }
}

/// The network drawn for a random call.
pub(super) fn draw(rng: &mut Rng) -> Weather {
    let datagrams = rng.chance(200);
    Weather {
        latency_us: rng.between(0, 80_000),
        jitter_us: rng.pick(&[0, 0, 3_000, STAMP_US, 60_000]),
        datagrams,
        loss_per_mille: if datagrams { rng.between(0, 50) } else { 0 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrivals(weather: Weather, stall: bool) -> Vec<(u64, u8)> {
        let mut path = Path::new(weather, Rng::new(3));
        let mut got = Vec::new();
        for ms in 0..2_000 {
            let now = Time::from_ms(ms);
            if ms % 20 == 0 && ms < 1_000 {
                path.send(now, Packet::Binary(vec![(ms / 20) as u8]));
            }
            if stall && ms == 100 {
                path.stall(now, 300);
            }
            while let Some(Packet::Binary(bytes)) = path.arrive(now) {
                got.push((ms, bytes[0]));
            }
        }
        got
    }

    #[test]
    fn a_stream_keeps_order_and_loses_nothing() {
        let weather = Weather {
            latency_us: 5_000,
            jitter_us: 90_000,
            ..Weather::default()
        };
        let got: Vec<_> = arrivals(weather, true)
            .into_iter()
            .map(|(_, n)| n)
            .collect();
        assert_eq!(got, (0..50).collect::<Vec<_>>());
    }

    #[test]
    fn a_stall_delivers_all_at_its_end() {
        let got = arrivals(Weather::default(), true);
        assert_eq!(got.iter().filter(|(ms, _)| *ms == 400).count(), 16);
        assert!(!got.iter().any(|(ms, _)| (100..400).contains(ms)));
    }

    #[test]
    fn datagrams_overtake_each_other_and_get_lost() {
        let weather = Weather {
            jitter_us: 90_000,
            datagrams: true,
            loss_per_mille: 200,
            ..Weather::default()
        };
        let got: Vec<_> = arrivals(weather, false)
            .into_iter()
            .map(|(_, n)| n)
            .collect();
        assert!(got.len() < 50 && got.len() > 25, "{}", got.len());
        assert!(!got.is_sorted());
    }

    #[test]
    fn a_socket_that_nobody_reads_fills_up() {
        let mut path = Path::new(Weather::default(), Rng::new(0));
        path.die();
        for n in 0..100 {
            assert_eq!(path.is_writable(Time::ZERO), n * 160 < 16_384);
            path.send(Time::ZERO, Packet::Binary(vec![0; 160]));
        }
        assert_eq!(path.next(Time::ZERO), None);
        assert_eq!(path.arrive(Time::from_ms(9_999)), None);
    }
}
