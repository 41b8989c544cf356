//! What a server's process costs over a run, sampled once a second.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::usage::Usage;

const EVERY: Duration = Duration::from_secs(1);

/// Looks at a process.
#[derive(Debug)]
pub(crate) struct Watch {
    pid: u32,
    origin: Instant,
    idle: Usage,
    samples: Vec<Sample>,
}

/// A look at a process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sample {
    /// Since the origin of the run.
    pub(crate) at: Duration,
    pub(crate) usage: Usage,
}

/// A server between the moment every call was begun and the moment the first ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cost {
    /// Before the first call.
    pub(crate) idle: Usage,
    pub(crate) from: Sample,
    pub(crate) to: Sample,
    /// Frames that came back meanwhile.
    pub(crate) frames: u64,
    /// Everything that was seen of it.
    pub(crate) samples: Vec<Sample>,
}

impl Watch {
    /// Looks for the first time, before there are calls.
    ///
    /// # Errors
    /// There is no such process.
    pub(crate) fn new(pid: u32, origin: Instant) -> anyhow::Result<Self> {
        Ok(Self {
            pid,
            origin,
            idle: Usage::read(pid)?,
            samples: Vec::new(),
        })
    }

    /// Looks at it until `until`, and returns what it saw last.
    ///
    /// # Errors
    /// The process is gone.
    pub(crate) async fn look_until(&mut self, until: Duration) -> anyhow::Result<Sample> {
        loop {
            let at = self.origin.elapsed();
            let sample = Sample {
                at,
                usage: Usage::read(self.pid)?,
            };
            self.samples.push(sample);
            if at >= until {
                return Ok(sample);
            }
            sleep_until(self.origin + until.min(at + EVERY)).await;
        }
    }

    /// What it cost between two looks, while `frames` came back.
    pub(crate) fn cost(self, from: Sample, to: Sample, frames: u64) -> Cost {
        Cost {
            idle: self.idle,
            from,
            to,
            frames,
            samples: self.samples,
        }
    }
}

impl Cost {
    /// Processor time a frame there and back, in microseconds.
    pub(crate) fn cpu_us_per_frame(&self) -> f64 {
        self.cpu_us() as f64 / self.frames.max(1) as f64
    }

    /// Share of one processor, in percent.
    pub(crate) fn cpu_percent(&self) -> f64 {
        self.cpu_us() as f64 / (self.seconds() * 10_000.0)
    }

    pub(crate) fn seconds(&self) -> f64 {
        (self.to.at.saturating_sub(self.from.at))
            .as_secs_f64()
            .max(1e-6)
    }

    /// Memory a call has added, in KiB.
    pub(crate) fn rss_kib_per_call(&self, calls: u64) -> f64 {
        self.to.usage.rss_kib.saturating_sub(self.idle.rss_kib) as f64 / calls.max(1) as f64
    }

    /// The most memory it was seen to have, in KiB.
    pub(crate) fn rss_peak_kib(&self) -> u64 {
        let seen = self.samples.iter().map(|sample| sample.usage.rss_kib);
        seen.max().unwrap_or(0)
    }

    /// How its memory grows in the second half of the span, in KiB a second: least squares. The first half is left
    /// to it to reach its size.
    pub(crate) fn rss_kib_per_second(&self) -> Option<f64> {
        let middle = (self.from.at + self.to.at) / 2;
        let points: Vec<(f64, f64)> = self
            .samples
            .iter()
            .filter(|sample| (middle..=self.to.at).contains(&sample.at))
            .map(|sample| (sample.at.as_secs_f64(), sample.usage.rss_kib as f64))
            .collect();
        if points.len() < 3 {
            return None;
        }
        let count = points.len() as f64;
        let (x, y) = points
            .iter()
            .fold((0.0, 0.0), |(x, y), p| (x + p.0, y + p.1));
        let (x, y) = (x / count, y / count);
        let along: f64 = points.iter().map(|p| (p.0 - x) * (p.0 - x)).sum();
        let up: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
        (along > 0.0).then_some(up / along)
    }

    const fn cpu_us(&self) -> u64 {
        self.to.usage.cpu_us.saturating_sub(self.from.usage.cpu_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(seconds: u64, cpu_us: u64, rss_kib: u64) -> Sample {
        Sample {
            at: Duration::from_secs(seconds),
            usage: Usage { cpu_us, rss_kib },
        }
    }

    #[test]
    fn cost_is_what_was_added_by_the_frame_and_by_the_call() {
        let cost = Cost {
            idle: sample(0, 0, 10_000).usage,
            from: sample(2, 100_000, 12_000),
            to: sample(12, 600_000, 12_500),
            frames: 50_000,
            samples: (2..=12).map(|s| sample(s, 0, 12_000 + 50 * s)).collect(),
        };
        assert!((cost.cpu_us_per_frame() - 10.0).abs() < 1e-9);
        assert!((cost.cpu_percent() - 5.0).abs() < 1e-9);
        assert!((cost.rss_kib_per_call(50) - 50.0).abs() < 1e-9);
        assert_eq!(cost.rss_peak_kib(), 12_600);
        let slope = cost.rss_kib_per_second().unwrap_or(0.0);
        assert!((slope - 50.0).abs() < 1e-9, "{slope}");
    }
}
