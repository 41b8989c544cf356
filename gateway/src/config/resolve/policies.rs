//! `[turns]`, `[uplink]` and `[failover]`: for all agents over the core's defaults, and for one agent over
//! those for all.

use std::ops::RangeInclusive;

use trunkline_call::{FailoverConfig, OnMachine, Sensitivity, TurnConfig, UplinkConfig};

use super::errors::{ConfigErrors, Table};
use crate::config::typed::{TypedFailover, TypedSensitivity, TypedTurns, TypedUplink};

/// Below, noise is speech and no turn ever ends; above, next to nothing is.
const THRESHOLDS: RangeInclusive<f64> = 0.3..=0.95;

/// The quietest level that can be named, in dBFS: about that of one step of 16 bits.
const QUIETEST_DBFS: f64 = -90.0;

/// The loudest gate, in dBFS: above it speech itself is lost.
const LOUDEST_GATE_DBFS: f64 = -10.0;

/// The longest telephone number, SIP address or name of a destination.
const DESTINATION_BYTES: usize = 256;

/// Checks the table `name`, over `base`.
pub(super) fn turns(
    name: &str,
    typed: &TypedTurns,
    base: &TurnConfig,
    errors: &mut ConfigErrors,
) -> TurnConfig {
    let mut table = errors.table(name);
    let minute = 60_000;
    let mut turns = TurnConfig {
        threshold: table.level("threshold", typed.threshold, base.threshold, THRESHOLDS),
        prefix_ms: table.within("prefix_ms", typed.prefix_ms, base.prefix_ms, 0..=2_000),
        silence_ms: table.within(
            "silence_ms",
            typed.silence_ms,
            base.silence_ms,
            100..=10_000,
        ),
        eager_ms: table.within_or_never("eager_ms", typed.eager_ms, base.eager_ms, 50..=9_999),
        sensitivity: sensitivity(typed, base.sensitivity, &mut table),
        idle_ms: table.within_or_never("idle_ms", typed.idle_ms, base.idle_ms, 1_000..=60 * minute),
        idle_limit: table.count("idle_limit", typed.idle_limit, base.idle_limit, 1..=100),
        filler_ms: table.within_or_never(
            "filler_ms",
            typed.filler_ms,
            base.filler_ms,
            200..=minute,
        ),
        machine_ms: table.within_or_never(
            "machine_ms",
            typed.machine_ms,
            base.machine_ms,
            500..=minute,
        ),
        on_machine: on_machine(typed, base.on_machine, &mut table),
    };
    if let Some(eager_ms) = turns.eager_ms.filter(|ms| *ms >= turns.silence_ms) {
        let silence_ms = turns.silence_ms;
        table.wrong(
            "eager_ms",
            format_args!("expected less than silence_ms ({silence_ms}), got {eager_ms}"),
        );
        turns.eager_ms = None;
    }
    turns
}

/// Checks the table `name`, over `base`.
pub(super) fn uplink(
    name: &str,
    typed: &TypedUplink,
    base: &UplinkConfig,
    errors: &mut ConfigErrors,
) -> UplinkConfig {
    let mut table = errors.table(name);
    UplinkConfig {
        gap_ms: table.within("gap_ms", typed.gap_ms, base.gap_ms, 0..=1_000),
        silent_after_ms: table.within(
            "silent_after_ms",
            typed.silent_after_ms,
            base.silent_after_ms,
            100..=10_000,
        ),
        backlog_ms: table.within(
            "backlog_ms",
            typed.backlog_ms,
            base.backlog_ms,
            100..=30_000,
        ),
        preroll_ms: table.within("preroll_ms", typed.preroll_ms, base.preroll_ms, 0..=30_000),
        gate_dbfs: gate(typed, base.gate_dbfs, &mut table),
        touch_tones: typed.touch_tones.unwrap_or(base.touch_tones),
    }
}

/// Checks the table `name`, over `base`.
pub(super) fn failover(
    name: &str,
    typed: &TypedFailover,
    base: &FailoverConfig,
    errors: &mut ConfigErrors,
) -> FailoverConfig {
    let mut table = errors.table(name);
    FailoverConfig {
        connect_ms: table.within(
            "connect_ms",
            typed.connect_ms,
            base.connect_ms,
            100..=60_000,
        ),
        attempts: table.count("attempts", typed.attempts, base.attempts, 0..=10),
        backoff_ms: table.within("backoff_ms", typed.backoff_ms, base.backoff_ms, 0..=10_000),
        quick_ms: table.within("quick_ms", typed.quick_ms, base.quick_ms, 0..=60_000),
        holding_ms: table.within(
            "holding_ms",
            typed.holding_ms,
            base.holding_ms,
            200..=60_000,
        ),
        give_up_ms: table.within(
            "give_up_ms",
            typed.give_up_ms,
            base.give_up_ms,
            500..=600_000,
        ),
        destination: destination(typed, base.destination.as_deref(), &mut table),
    }
}

fn sensitivity(typed: &TypedTurns, base: Sensitivity, table: &mut Table<'_>) -> Sensitivity {
    match &typed.sensitivity {
        None => base,
        Some(TypedSensitivity::Name(name)) => match name.as_str() {
            "low" => Sensitivity::Low,
            "normal" => Sensitivity::Normal,
            "high" => Sensitivity::High,
            other => {
                table.wrong(
                    "sensitivity",
                    format_args!(
                        "expected \"low\", \"normal\", \"high\" or a number in dBFS, got {other:?}"
                    ),
                );
                base
            }
        },
        Some(TypedSensitivity::Level(dbfs)) => Sensitivity::Level(table.level(
            "sensitivity",
            Some(*dbfs),
            QUIETEST_DBFS as f32,
            QUIETEST_DBFS..=0.0,
        )),
    }
}

fn on_machine(typed: &TypedTurns, base: OnMachine, table: &mut Table<'_>) -> OnMachine {
    match typed.on_machine.as_deref() {
        None => base,
        Some("tell") => OnMachine::Tell,
        Some("hang_up") => OnMachine::HangUp,
        Some(other) => {
            table.wrong(
                "on_machine",
                format_args!("expected \"tell\" or \"hang_up\", got {other:?}"),
            );
            base
        }
    }
}

fn gate(typed: &TypedUplink, base: Option<f32>, table: &mut Table<'_>) -> Option<f32> {
    let Some(dbfs) = typed.gate_dbfs else {
        return base;
    };
    if dbfs == 0.0 {
        return None;
    }
    if (QUIETEST_DBFS..=LOUDEST_GATE_DBFS).contains(&dbfs) {
        return Some(dbfs as f32);
    }
    table.wrong(
        "gate_dbfs",
        format_args!("expected 0, or {QUIETEST_DBFS} to {LOUDEST_GATE_DBFS}, got {dbfs}"),
    );
    base
}

fn destination(typed: &TypedFailover, base: Option<&str>, table: &mut Table<'_>) -> Option<String> {
    let destination = typed.destination.as_deref().or(base)?;
    if destination.len() > DESTINATION_BYTES {
        let bytes = destination.len();
        table.wrong(
            "destination",
            format_args!("expected at most {DESTINATION_BYTES} bytes, got {bytes}"),
        );
        return None;
    }
    (!destination.is_empty()).then(|| destination.to_owned())
}
