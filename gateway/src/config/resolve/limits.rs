//! `[limits]`, and the limits of a call together with its policies.

use std::time::Duration;

use trunkline_call::{CallConfig, PlayoutConfig};

use super::errors::{ConfigErrors, Table};
use super::policies::{failover, turns, uplink};
use crate::config::typed::{Typed, TypedAgent, TypedLimits};

const CALLS: u64 = 10_000;
const DRAIN_MS: u64 = 30_000;

/// Calls at once.
pub(super) fn calls(limits: &TypedLimits, errors: &mut ConfigErrors) -> usize {
    let typed = limits.calls.map(|n| n as u64);
    let mut table = errors.table("limits");
    table.within("calls", typed, CALLS, 1..=1_000_000) as usize
}

/// How long running calls may take to finish when the process is told to stop.
pub(super) fn drain(limits: &TypedLimits, errors: &mut ConfigErrors) -> Duration {
    let mut table = errors.table("limits");
    Duration::from_millis(table.within("drain_ms", limits.drain_ms, DRAIN_MS, 0..=86_400_000))
}

/// What holds for a call with any agent.
pub(super) fn call(typed: &Typed, errors: &mut ConfigErrors) -> CallConfig {
    let base = CallConfig::default();
    let base = CallConfig {
        turns: turns("turns", &typed.turns, &base.turns, errors),
        uplink: uplink("uplink", &typed.uplink, &base.uplink, errors),
        failover: failover("failover", &typed.failover, &base.failover, errors),
        ..base
    };
    limited(&typed.limits, base, errors)
}

/// What holds for a call with this agent.
pub(super) fn call_with(
    name: &str,
    typed: &TypedAgent,
    base: &CallConfig,
    errors: &mut ConfigErrors,
) -> CallConfig {
    let table = |section| format!("agents.{name}.{section}");
    CallConfig {
        turns: turns(&table("turns"), &typed.turns, &base.turns, errors),
        uplink: uplink(&table("uplink"), &typed.uplink, &base.uplink, errors),
        failover: failover(&table("failover"), &typed.failover, &base.failover, errors),
        ..base.clone()
    }
}

fn limited(limits: &TypedLimits, base: CallConfig, errors: &mut ConfigErrors) -> CallConfig {
    let mut table = errors.table("limits");
    let day = 86_400_000;
    let call = CallConfig {
        max_call_ms: table.within(
            "max_call_ms",
            limits.max_call_ms,
            base.max_call_ms,
            1_000..=day,
        ),
        playout: playout(limits, base.playout, &mut table),
        start_ms: table.within("start_ms", limits.start_ms, base.start_ms, 100..=60_000),
        stall_ms: table.within("stall_ms", limits.stall_ms, base.stall_ms, 500..=600_000),
        ping_ms: table.within("ping_ms", limits.ping_ms, base.ping_ms, 500..=600_000),
        alive_ms: table.within(
            "alive_ms",
            limits.alive_ms,
            base.alive_ms,
            1_000..=3_600_000,
        ),
        close_ms: table.within("close_ms", limits.close_ms, base.close_ms, 100..=30_000),
        transfer_ms: table.within(
            "transfer_ms",
            limits.transfer_ms,
            base.transfer_ms,
            1_000..=300_000,
        ),
        ..base
    };
    if call.alive_ms <= call.ping_ms {
        let (ping_ms, alive_ms) = (call.ping_ms, call.alive_ms);
        table.wrong(
            "alive_ms",
            format_args!("expected more than limits.ping_ms ({ping_ms}), got {alive_ms}"),
        );
    }
    call
}

fn playout(limits: &TypedLimits, base: PlayoutConfig, table: &mut Table<'_>) -> PlayoutConfig {
    PlayoutConfig {
        bound_ms: table.within(
            "playout_ms",
            limits.playout_ms,
            base.bound_ms,
            10_000..=600_000,
        ),
        // The dialect's own lead where nothing is written.
        lead_ms: limits
            .lead_ms
            .map(|typed| table.within("lead_ms", Some(typed), 0, 0..=1_000)),
        mark_ms: table.within("mark_ms", limits.mark_ms, base.mark_ms, 100..=30_000),
        slip: limits.slip.unwrap_or(base.slip),
    }
}
