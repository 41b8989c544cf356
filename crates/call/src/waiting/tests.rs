use super::*;
use proptest::prelude::*;

fn ms(ms: u64) -> Time {
    Time::from_ms(ms)
}

/// Holding after 2 s, filler after 1 s, idle after 5 s and twice.
fn waiting() -> Waiting {
    let turns = TurnConfig {
        filler_ms: Some(1_000),
        idle_ms: Some(5_000),
        idle_limit: 2,
        ..TurnConfig::default()
    };
    Waiting::new(&turns, &FailoverConfig::default(), Time::ZERO)
}

/// Checks that this is due at that time, not before, and once.
#[track_caller]
fn expect(waiting: &mut Waiting, at_ms: u64, due: Due) {
    assert_eq!(waiting.deadline(), Some(ms(at_ms)));
    assert_eq!(waiting.due(ms(at_ms - 1)), None);
    assert_eq!(waiting.due(ms(at_ms)), Some(due));
    assert_eq!(waiting.due(ms(at_ms)), None);
}

fn nothing_ever(waiting: &mut Waiting) -> bool {
    waiting.deadline().is_none() && waiting.due(Time::from_us(u64::MAX)).is_none()
}

#[test]
fn the_holding_line_is_said_in_silence_and_again() {
    let mut waiting = waiting();
    waiting.heard_until(ms(700));
    waiting.agent_away(true, ms(500));
    expect(&mut waiting, 2_700, Due::Holding);
    // The line takes 1.5 s.
    waiting.heard_until(ms(4_200));
    waiting.caller_active();
    expect(&mut waiting, 6_200, Due::Holding);
    // Where there is no line the silence goes on.
    expect(&mut waiting, 8_200, Due::Holding);
    waiting.agent_away(true, ms(9_000));
    assert_eq!(
        waiting.deadline(),
        Some(ms(10_200)),
        "told twice is nothing new"
    );
}

#[test]
fn the_holding_line_is_said_as_long_as_it_takes_and_anew_for_another_loss() {
    let mut waiting = waiting();
    waiting.agent_away(true, Time::ZERO);
    for n in 1..=14 {
        expect(&mut waiting, n * 2_000, Due::Holding);
    }
    waiting.agent_away(false, ms(30_000));
    assert_eq!(waiting.deadline(), Some(ms(35_000)), "idle counts afresh");
    waiting.agent_away(true, ms(31_000));
    expect(&mut waiting, 33_000, Due::Holding);
}

#[test]
fn the_filler_is_said_once_a_turn_while_the_agent_works() {
    let mut waiting = waiting();
    waiting.caller_done(ms(1_000));
    waiting.working(true, ms(1_200));
    expect(&mut waiting, 2_200, Due::Filler);
    assert!(nothing_ever(&mut waiting));
    waiting.caller_active();
    waiting.caller_done(ms(9_000));
    expect(&mut waiting, 10_000, Due::Filler);
}

#[test]
fn the_filler_waits_for_what_the_agent_says_itself() {
    let mut waiting = waiting();
    waiting.caller_done(ms(1_000));
    waiting.working(true, ms(1_000));
    waiting.heard_until(ms(3_000));
    assert_eq!(waiting.deadline(), Some(ms(4_000)));
    waiting.heard_until(ms(1_500));
    assert_eq!(waiting.deadline(), Some(ms(2_500)), "it was cut off");
    waiting.caller_active();
    assert!(
        nothing_ever(&mut waiting),
        "and not while the caller speaks"
    );
}

#[test]
fn several_tools_in_a_row_are_one_wait_until_something_is_heard() {
    let mut waiting = waiting();
    waiting.caller_done(ms(1_000));
    waiting.working(true, ms(1_000));
    waiting.working(false, ms(1_500));
    waiting.working(true, ms(1_600));
    assert_eq!(waiting.deadline(), Some(ms(2_000)));
    waiting.working(false, ms(1_700));
    waiting.heard_until(ms(4_000));
    waiting.working(true, ms(20_000));
    assert_eq!(
        waiting.deadline(),
        Some(ms(21_000)),
        "work behind the answer"
    );
}

#[test]
fn work_nobody_asked_for_needs_no_filler() {
    let mut waiting = waiting();
    waiting.working(true, ms(10));
    assert!(nothing_ever(&mut waiting));
    waiting.working(false, ms(2_000));
    assert_eq!(
        waiting.deadline(),
        Some(ms(7_000)),
        "then the caller is idle"
    );
}

#[test]
fn a_silent_caller_is_told_of_and_given_up() {
    let mut waiting = waiting();
    expect(&mut waiting, 5_000, Due::Idle { times: 1 });
    waiting.heard_until(ms(6_000));
    expect(&mut waiting, 11_000, Due::Idle { times: 2 });
    expect(&mut waiting, 16_000, Due::GiveUpIdle);
    assert!(nothing_ever(&mut waiting));
}

#[test]
fn a_caller_that_speaks_is_counted_afresh() {
    let mut waiting = waiting();
    expect(&mut waiting, 5_000, Due::Idle { times: 1 });
    waiting.caller_active();
    assert!(nothing_ever(&mut waiting));
    waiting.caller_done(ms(60_000));
    expect(&mut waiting, 65_000, Due::Idle { times: 1 });
}

#[test]
fn a_caller_on_hold_is_not_idle() {
    let mut waiting = waiting();
    waiting.on_hold(true, ms(1_000));
    assert!(nothing_ever(&mut waiting));
    waiting.on_hold(false, ms(90_000));
    waiting.on_hold(false, ms(91_000));
    expect(&mut waiting, 95_000, Due::Idle { times: 1 });
}

#[test]
fn an_agent_that_is_lost_works_no_more() {
    let mut waiting = waiting();
    waiting.caller_done(ms(1_000));
    waiting.working(true, ms(1_000));
    waiting.agent_away(true, ms(1_100));
    assert_eq!(waiting.deadline(), Some(ms(3_100)), "holding, not filler");
    waiting.agent_away(false, ms(2_000));
    assert_eq!(waiting.deadline(), Some(ms(7_000)), "idle, not filler");
    waiting.working(true, ms(2_500));
    expect(&mut waiting, 3_500, Due::Filler);
}

#[test]
fn what_is_not_configured_never_comes() {
    let turns = TurnConfig {
        filler_ms: None,
        idle_ms: None,
        ..TurnConfig::default()
    };
    let mut waiting = Waiting::new(&turns, &FailoverConfig::default(), Time::ZERO);
    assert!(nothing_ever(&mut waiting));
    waiting.caller_done(ms(10));
    waiting.working(true, ms(10));
    assert!(nothing_ever(&mut waiting));
}

proptest! {
    #[test]
    fn nothing_is_due_before_its_deadline_nor_while_the_agent_is_heard(
        steps in prop::collection::vec((0..4_000_u64, 0..12_u8), 0..200),
    ) {
        let mut waiting = waiting();
        let mut now = Time::ZERO;
        let mut heard_until = Time::ZERO;
        for (wait_ms, step) in steps {
            now = now.plus_ms(wait_ms);
            let deadline = waiting.deadline();
            let due = waiting.due(now);
            prop_assert_eq!(due.is_some(), deadline.is_some_and(|at| at <= now));
            prop_assert!(due.is_none() || heard_until <= now);
            prop_assert!(waiting.deadline().is_none_or(|at| at > now), "no due is told twice");
            match step {
                0 | 1 => waiting.agent_away(step == 0, now),
                2 | 3 => waiting.working(step == 2, now),
                4 | 5 => waiting.on_hold(step == 4, now),
                6 => waiting.caller_active(),
                7 => waiting.caller_done(now),
                8 => {
                    heard_until = now.plus_ms(wait_ms);
                    waiting.heard_until(heard_until);
                }
                _ => {}
            }
        }
    }
}
