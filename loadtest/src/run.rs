//! A whole run: every caller at once, and somebody who watches the gateway meanwhile.

use std::cell::RefCell;

use anyhow::Context;
use futures_util::future::join_all;
use tokio::time::{Instant, sleep_until};

use crate::caller::{Plan, call};
use crate::options::Options;
use crate::schedule::Schedule;
use crate::server::Usage;
use crate::tally::Tally;

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// What was asked for.
    pub(crate) options: Options,
    /// What the callers counted.
    pub(crate) tally: Tally,
    /// What the gateway cost, if its process was named.
    pub(crate) server: Option<ServerCost>,
}

/// The gateway between the moment every call was begun and the moment the first ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ServerCost {
    /// Before the first call.
    pub(crate) idle: Usage,
    /// At the beginning of the span.
    pub(crate) from: Usage,
    /// At its end.
    pub(crate) to: Usage,
    /// Frames that came back meanwhile.
    pub(crate) frames: u64,
    /// Length of the span.
    pub(crate) seconds: f64,
}

impl ServerCost {
    /// Processor time a frame there and back, in microseconds.
    pub(crate) fn cpu_us_per_frame(&self) -> f64 {
        self.cpu_us() as f64 / self.frames.max(1) as f64
    }

    /// Share of one processor, in percent.
    pub(crate) fn cpu_percent(&self) -> f64 {
        self.cpu_us() as f64 / (self.seconds * 10_000.0)
    }

    /// Memory a call has added, in KiB.
    pub(crate) fn rss_kib_per_call(&self, calls: u64) -> u64 {
        self.to.rss_kib.saturating_sub(self.idle.rss_kib) / calls.max(1)
    }

    const fn cpu_us(&self) -> u64 {
        self.to.cpu_us.saturating_sub(self.from.cpu_us)
    }
}

/// Places the calls and waits until the last has ended.
///
/// # Errors
/// The key file or the gateway's process cannot be read, or the URL is none.
pub(crate) async fn run(options: Options) -> anyhow::Result<Outcome> {
    let key = options.key_file.as_ref().map(|path| {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        anyhow::Ok(text.trim().to_owned())
    });
    let plan = Plan {
        to: options.to.clone(),
        dialect: options.dialect,
        agent: options.agent.clone(),
        key: key.transpose()?,
        schedule: Schedule::new(options.calls, options.seconds, options.ramp_per_s),
        origin: Instant::now(),
        tally: RefCell::new(Tally::new()?),
    };
    // Found out here once, not by every caller.
    plan.dialect
        .request(&plan.to, &plan.agent, plan.key.as_deref())?;
    let callers = join_all((0..options.calls).map(|caller| call(caller, &plan)));
    let (_, server) = tokio::join!(callers, watch(options.server_pid, &plan));
    Ok(Outcome {
        server: server?,
        tally: plan.tally.into_inner(),
        options,
    })
}

async fn watch(pid: Option<u32>, plan: &Plan) -> anyhow::Result<Option<ServerCost>> {
    let Some(pid) = pid else {
        return Ok(None);
    };
    let idle = Usage::read(pid)?;
    let (from_at, to_at) = (plan.schedule.steady(), plan.schedule.ends());
    sleep_until(plan.origin + from_at).await;
    let (from, received) = (Usage::read(pid)?, plan.tally.borrow().received);
    let began = Instant::now();
    sleep_until(plan.origin + to_at).await;
    Ok(Some(ServerCost {
        idle,
        from,
        to: Usage::read(pid)?,
        frames: plan.tally.borrow().received - received,
        seconds: began.elapsed().as_secs_f64(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cost_is_what_was_added_by_the_frame_and_by_the_call() {
        let usage = |cpu_us, rss_kib| Usage { cpu_us, rss_kib };
        let cost = ServerCost {
            idle: usage(0, 10_000),
            from: usage(100_000, 12_000),
            to: usage(600_000, 12_500),
            frames: 50_000,
            seconds: 10.0,
        };
        assert!((cost.cpu_us_per_frame() - 10.0).abs() < 1e-9);
        assert!((cost.cpu_percent() - 5.0).abs() < 1e-9);
        assert_eq!(cost.rss_kib_per_call(50), 50);
    }
}
