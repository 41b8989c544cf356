use super::*;
use proptest::prelude::*;

const BROKEN: AgentFailure = AgentFailure {
    reason: "broken",
    retry: true,
};
const REFUSED: AgentFailure = AgentFailure {
    reason: "refused",
    retry: false,
};

fn ms(ms: u64) -> Time {
    Time::from_ms(ms)
}

fn again(at_ms: u64) -> Plan {
    Plan::Again { at: ms(at_ms) }
}

fn next(at_ms: u64) -> Plan {
    Plan::Next { at: ms(at_ms) }
}

/// The policy with its first agent begun at 0.
fn begun(agents: usize, change: impl FnOnce(&mut FailoverConfig)) -> Failover {
    let mut config = FailoverConfig::default();
    change(&mut config);
    let mut failover = Failover::new(&config, agents, Time::ZERO);
    assert!(failover.is_due(Time::ZERO));
    failover.began(Time::ZERO);
    failover
}

#[test]
fn an_agent_is_sought_again_with_doubling_waits_and_then_the_next() {
    let mut failover = begun(2, |_| ());
    assert_eq!(failover.failed(ms(100), BROKEN), again(350));
    assert_eq!(failover.deadline(), Some(ms(350)));
    assert!(!failover.is_due(ms(349)));
    assert!(failover.is_due(ms(350)));
    failover.began(ms(350));
    assert_eq!((failover.current(), failover.attempt()), (0, 1));
    assert_eq!(failover.failed(ms(400), BROKEN), again(900));
    failover.began(ms(900));
    assert_eq!(failover.failed(ms(1_000), BROKEN), next(1_000));
    failover.began(ms(1_000));
    assert_eq!((failover.current(), failover.attempt()), (1, 0));
    assert_eq!(
        failover.failed(ms(1_100), BROKEN),
        again(1_350),
        "it has attempts of its own"
    );
}

#[test]
fn who_is_given_the_call_begins_at_once_with_attempts_of_its_own() {
    let mut failover = begun(2, |_| ());
    assert_eq!(failover.failed(ms(100), BROKEN), again(350));
    failover.began(ms(350));
    failover.ready(ms(400));
    failover.handed_over(ms(1_000));
    assert!(failover.is_due(ms(1_000)));
    assert_eq!(failover.deadline(), Some(ms(1_000)));
    failover.began(ms(1_000));
    assert_eq!((failover.current(), failover.attempt()), (0, 0));
    assert_eq!(failover.failed(ms(1_100), BROKEN), again(1_350));
    failover.began(ms(1_350));
    assert_eq!(
        failover.failed(ms(1_400), REFUSED),
        next(1_400),
        "as of the one before"
    );
}

#[test]
fn an_agent_that_goes_away_has_so_long_to_come_back() {
    let mut failover = begun(1, |config| config.give_up_ms = 8_000);
    failover.away(ms(10));
    assert_eq!(failover.deadline(), Some(ms(5_000)), "it has not been here");
    failover.ready(ms(100));
    assert_eq!((failover.is_away(), failover.deadline()), (false, None));
    failover.away(ms(7_000));
    assert!(!failover.is_connecting());
    assert_eq!(failover.deadline(), Some(ms(15_000)));
    failover.ready(ms(14_999));
    assert_eq!((failover.is_away(), failover.deadline()), (false, None));
    failover.away(ms(20_000));
    assert_eq!(failover.tick(ms(27_999)), None);
    assert_eq!(failover.tick(ms(28_000)), Some(Plan::GiveUp));
    assert_eq!(failover.reason(), "connect_timeout");
}

#[test]
fn an_agent_lost_on_its_way_is_lost_like_any_other() {
    let mut failover = begun(1, |_| ());
    failover.ready(ms(0));
    failover.away(ms(9_000));
    assert_eq!(failover.failed(ms(9_500), BROKEN), again(9_750));
}

#[test]
fn what_another_attempt_cannot_mend_is_the_next_agents_at_once() {
    let mut failover = begun(2, |_| ());
    assert_eq!(failover.failed(ms(5), REFUSED), next(5));
    failover.began(ms(5));
    failover.ready(ms(10));
    assert_eq!(
        failover.failed(ms(60_000), REFUSED),
        Plan::GiveUp,
        "nobody is left"
    );
    assert_eq!(failover.reason(), "refused");
    assert_eq!(
        (failover.deadline(), failover.tick(ms(99_000))),
        (None, None)
    );
    failover.began(ms(99_000));
    assert_eq!(failover.failed(ms(99_000), BROKEN), Plan::GiveUp);
}

#[test]
fn an_attempt_that_is_not_ready_in_time_has_failed() {
    let mut failover = begun(1, |_| ());
    assert_eq!(failover.deadline(), Some(ms(5_000)));
    assert_eq!(failover.tick(ms(4_999)), None);
    assert_eq!(failover.tick(ms(5_000)), Some(again(5_250)));
    assert_eq!(failover.tick(ms(5_001)), None, "told once");
    failover.ready(ms(5_100));
    assert!(failover.is_away(), "too late");
    failover.began(ms(5_250));
    failover.ready(ms(10_249));
    assert_eq!(
        (failover.deadline(), failover.reason()),
        (None, "connect_timeout")
    );
}

#[test]
fn an_agent_away_too_long_is_given_up() {
    let mut failover = begun(9, |config| config.give_up_ms = 6_000);
    assert_eq!(failover.tick(ms(5_000)), Some(again(5_250)));
    failover.began(ms(5_250));
    assert_eq!(failover.deadline(), Some(ms(6_000)));
    assert_eq!(failover.tick(ms(5_999)), None);
    assert_eq!(failover.tick(ms(6_000)), Some(Plan::GiveUp));
    assert_eq!(
        (failover.deadline(), failover.tick(ms(6_001))),
        (None, None)
    );
}

#[test]
fn patience_is_counted_from_the_loss_and_stops_when_an_agent_is_ready() {
    let mut failover = begun(1, |config| config.give_up_ms = 6_000);
    failover.ready(ms(4_000));
    assert_eq!(
        (failover.is_away(), failover.tick(ms(50_000))),
        (false, None)
    );
    assert_eq!(failover.failed(ms(60_000), BROKEN), again(60_250));
    failover.began(ms(60_250));
    assert_eq!(failover.tick(ms(65_250)), Some(again(65_750)));
    assert_eq!(failover.deadline(), Some(ms(65_750)));
    assert_eq!(failover.tick(ms(66_000)), Some(Plan::GiveUp));
}

#[test]
fn a_wait_that_would_outlast_patience_is_not_begun() {
    let mut failover = begun(2, |config| config.give_up_ms = 400);
    assert_eq!(failover.failed(ms(149), BROKEN), again(399));
    let mut failover = begun(9, |config| config.give_up_ms = 400);
    assert_eq!(failover.failed(ms(150), BROKEN), next(150));
    failover.began(ms(150));
    assert_eq!(failover.failed(ms(400), BROKEN), Plan::GiveUp);
}

/// Lets the agent live this long from `at_ms` on; what is planned then.
fn live(failover: &mut Failover, at_ms: u64, for_ms: u64) -> Plan {
    failover.began(ms(at_ms));
    failover.ready(ms(at_ms));
    failover.failed(ms(at_ms + for_ms), BROKEN)
}

#[test]
fn three_short_lives_in_a_row_are_the_next_agents_turn() {
    let mut failover = begun(2, |config| config.attempts = 10);
    assert_eq!(live(&mut failover, 0, 4_999), again(5_249));
    assert_eq!(live(&mut failover, 6_000, 1), again(6_501));
    assert_eq!(live(&mut failover, 7_000, 10), next(7_010));
    assert_eq!(live(&mut failover, 8_000, 10), again(8_260));
}

#[test]
fn a_long_life_resets_the_counts() {
    let mut failover = begun(1, |_| ());
    assert_eq!(live(&mut failover, 0, 10), again(260));
    assert_eq!(live(&mut failover, 300, 10), again(810));
    assert_eq!(live(&mut failover, 1_000, 5_000), again(6_250));
    assert_eq!(live(&mut failover, 7_000, 10), again(7_510));
    assert_eq!(
        failover.attempt(),
        4,
        "begun again four times in this call, all the same"
    );
    assert_eq!(live(&mut failover, 8_000, 10), Plan::GiveUp);
}

#[test]
fn the_same_loss_told_twice_changes_nothing() {
    let mut failover = begun(2, |_| ());
    assert_eq!(failover.failed(ms(10), REFUSED), next(10));
    assert_eq!(failover.failed(ms(11), REFUSED), next(10));
    assert_eq!(failover.current(), 1);
}

proptest! {
    #[test]
    fn a_caller_without_an_agent_never_waits_longer_than_configured(
        agents in 0..5_usize,
        attempts in 0..50_u32,
        backoff_ms in 0..u64::MAX,
        steps in prop::collection::vec((0..3_000_u64, 0..5_u8), 0..100),
    ) {
        let mut failover = begun(agents, |config| {
            (config.attempts, config.backoff_ms) = (attempts, backoff_ms);
        });
        let (mut now, mut away_since) = (Time::ZERO, Some(Time::ZERO));
        for (wait_ms, step) in steps {
            now = now.plus_ms(wait_ms);
            let before = failover.current();
            let given_up = failover.tick(now) == Some(Plan::GiveUp);
            if given_up {
                return Ok(());
            }
            match step {
                0 => failover.ready(now),
                1 => _ = failover.failed(now, REFUSED),
                2 => _ = failover.failed(now, BROKEN),
                _ if failover.is_due(now) => failover.began(now),
                _ => {}
            }
            prop_assert!((before..agents.max(1)).contains(&failover.current()));
            away_since = failover.is_away().then(|| away_since.unwrap_or(now));
            if matches!(failover.state, State::Lost(Plan::GiveUp)) {
                return Ok(());
            }
            let patience = away_since.map(|since| since.plus_ms(15_000));
            prop_assert!(patience.is_none_or(|end| failover.deadline().is_some_and(|at| at <= end)));
        }
    }
}
