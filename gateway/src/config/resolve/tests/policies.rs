use trunkline_call::{
    CallConfig, FailoverConfig, OnMachine, Sensitivity, TurnConfig, UplinkConfig,
};

use super::*;

fn errors(toml: &str) -> String {
    let errors = resolve(toml).expect_err("wrong");
    errors.to_string()
}

fn call(config: &Config, agent: &str) -> CallConfig {
    let route = config.agents.find(agent).expect("an agent");
    (*route.config).clone()
}

#[test]
fn calls_go_by_the_defaults_of_the_core_unless_something_is_written() {
    let config = resolve("").expect("good");
    assert_eq!(call(&config, "booking"), CallConfig::default());
    let config = resolve("[agents.a]\necho = true").expect("good");
    assert_eq!(call(&config, "a"), CallConfig::default());
}

#[test]
fn every_policy_reaches_the_call() {
    let config = resolve(
        r#"
        [limits]
        close_ms = 700
        mark_ms = 800
        transfer_ms = 9000
        slip = false
        [turns]
        threshold = 0.5
        prefix_ms = 100
        silence_ms = 900
        eager_ms = 200
        sensitivity = -35
        idle_ms = 8000
        idle_limit = 2
        filler_ms = 0
        machine_ms = 3000
        on_machine = "hang_up"
        [uplink]
        gap_ms = 10
        silent_after_ms = 200
        backlog_ms = 1000
        preroll_ms = 0
        gate_dbfs = -50.5
        touch_tones = true
        [failover]
        connect_ms = 1000
        attempts = 0
        backoff_ms = 100
        quick_ms = 50
        holding_ms = 500
        give_up_ms = 5000
        destination = "+15550199"
        "#,
    )
    .expect("good");
    let call = call(&config, "booking");
    assert_eq!((call.close_ms, call.transfer_ms), (700, 9_000));
    assert_eq!((call.playout.mark_ms, call.playout.slip), (800, false));
    let turns = TurnConfig {
        threshold: 0.5,
        prefix_ms: 100,
        silence_ms: 900,
        eager_ms: Some(200),
        sensitivity: Sensitivity::Level(-35.0),
        idle_ms: Some(8_000),
        idle_limit: 2,
        filler_ms: None,
        machine_ms: Some(3_000),
        on_machine: OnMachine::HangUp,
    };
    assert_eq!(call.turns, turns);
    let uplink = UplinkConfig {
        gap_ms: 10,
        silent_after_ms: 200,
        backlog_ms: 1_000,
        preroll_ms: 0,
        gate_dbfs: Some(-50.5),
        touch_tones: true,
    };
    assert_eq!(call.uplink, uplink);
    let failover = FailoverConfig {
        connect_ms: 1_000,
        attempts: 0,
        backoff_ms: 100,
        quick_ms: 50,
        holding_ms: 500,
        give_up_ms: 5_000,
        destination: Some("+15550199".to_owned()),
    };
    assert_eq!(call.failover, failover);
}

#[test]
fn an_agent_stands_above_the_rest_key_by_key() {
    let config = resolve(
        r#"
        [turns]
        silence_ms = 900
        filler_ms = 1000
        [uplink]
        gate_dbfs = -60
        [failover]
        destination = "+15550199"
        [agents.plain]
        echo = true
        [agents.own]
        echo = true
        [agents.own.turns]
        filler_ms = 0
        sensitivity = "high"
        [agents.own.uplink]
        gate_dbfs = 0
        [agents.own.failover]
        attempts = 5
        destination = ""
        "#,
    )
    .expect("good");
    let (plain, own) = (call(&config, "plain"), call(&config, "own"));
    assert_eq!(plain.turns.filler_ms, Some(1_000));
    assert_eq!(plain.turns.sensitivity, Sensitivity::Normal);
    assert_eq!(plain.uplink.gate_dbfs, Some(-60.0));
    assert_eq!(plain.failover.attempts, 2);
    assert_eq!(plain.failover.destination.as_deref(), Some("+15550199"));
    let turns = TurnConfig {
        filler_ms: None,
        sensitivity: Sensitivity::High,
        ..plain.turns
    };
    assert_eq!(own.turns, turns);
    assert_eq!(own.turns.silence_ms, 900);
    assert_eq!(own.uplink.gate_dbfs, None);
    assert_eq!(own.failover.attempts, 5);
    assert_eq!(own.failover.destination, None);
}

#[test]
fn every_wrong_policy_is_told_at_once_and_once() {
    let destination = "9".repeat(257);
    let errors = errors(&format!(
        r#"
        [turns]
        threshold = nan
        sensitivity = "deaf"
        on_machine = "shout"
        idle_limit = 101
        eager_ms = 400
        [uplink]
        gate_dbfs = -5
        [failover]
        attempts = 11
        destination = "{destination}"
        [agents.a]
        echo = true
        [agents.a.turns]
        filler_ms = 1
        sensitivity = 3
        [agents.a.uplink]
        gap_ms = 1001
        [agents.a.failover]
        give_up_ms = 0
        [lines]
        voice = "../x"
        holding = "..."
        silent = {{ file = "missing.wav" }}
        "#
    ));
    for part in [
        "turns.threshold: expected 0.3 to 0.95, got NaN",
        "turns.sensitivity: expected \"low\", \"normal\", \"high\" or a number in dBFS, got \"deaf\"",
        "turns.on_machine: expected \"tell\" or \"hang_up\", got \"shout\"",
        "turns.idle_limit: expected 1 to 100, got 101",
        "turns.eager_ms: expected less than silence_ms (400), got 400",
        "uplink.gate_dbfs: expected 0, or -90 to -10, got -5",
        "failover.attempts: expected 0 to 10, got 11",
        "failover.destination: expected at most 256 bytes, got 257",
        "agents.a.turns.filler_ms: expected 0, or 200 to 60000, got 1",
        "agents.a.turns.sensitivity: expected -90 to 0, got 3",
        "agents.a.uplink.gap_ms: expected 0 to 1000, got 1001",
        "agents.a.failover.give_up_ms: expected 500 to 600000, got 0",
        "lines.voice: expected rms, slt",
        "lines.holding: expected words, or \"\" for none, got \"...\"",
        "lines.silent: /nowhere/missing.wav: No such file",
    ] {
        assert!(errors.contains(part), "{part:?} is not in:\n{errors}");
    }
    assert!(errors.contains("has 15 error(s)"), "{errors}");
}
