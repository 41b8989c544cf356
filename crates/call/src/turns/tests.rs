//! Turns by voice, by engine and by button, one sound at a time.

use super::*;
use crate::agent::Signal;
use crate::config::Sensitivity;

const AGENT_SPEAKS: Playing = Playing {
    interruptible: true,
    audible: true,
    heard_us: 100_000,
};
const GREETING: Playing = Playing {
    interruptible: false,
    ..AGENT_SPEAKS
};
const SILENCE: Playing = Playing {
    interruptible: false,
    audible: false,
    heard_us: 0,
};

fn by_voice(config: TurnConfig) -> Turns {
    Turns::new(TurnMode::Voice, config)
}

fn by_engine(sensitivity: Sensitivity) -> Turns {
    let config = TurnConfig {
        sensitivity,
        ..TurnConfig::default()
    };
    Turns::new(TurnMode::Engine, config)
}

/// Speech that began this long ago and has been voiced all along.
fn started(voiced_ms: u64) -> Sound {
    let mut sound = voiced(voiced_ms);
    sound.activity.started_ago_us = Some(voiced_ms * 1_000);
    sound
}

fn voiced(voiced_ms: u64) -> Sound {
    silent(voiced_ms, 0)
}

fn silent(voiced_ms: u64, silent_ms: u64) -> Sound {
    Sound {
        activity: Activity {
            voiced_us: voiced_ms * 1_000,
            level_dbfs: -20.0,
            ..Activity::default()
        },
        silent_us: silent_ms * 1_000,
    }
}

fn stopped(voiced_ms: u64) -> Sound {
    let mut sound = silent(voiced_ms, 400);
    sound.activity.stopped_ago_us = Some(400_000);
    sound
}

fn end(turns: &mut Turns, now: Time, verdict: TurnVerdict) -> Effects {
    assert_eq!(
        turns.voice(&stopped(600), SILENCE),
        Effects::NONE,
        "the agent hears the piece first"
    );
    turns.voice_heard(now, &stopped(600).activity, || verdict)
}

#[test]
fn speech_into_silence_is_a_turn_at_once() {
    let mut turns = by_voice(TurnConfig::default());
    let began = turns.voice(&started(150), SILENCE);
    assert_eq!(began, Effects::notice(Notice::SpeechStarted));
    let ended = end(&mut turns, Time::ZERO, TurnVerdict::Over);
    assert_eq!(ended.notice, Some(Notice::EndOfTurn));
    assert!(!turns.is_callers());
}

#[test]
fn a_short_sound_while_the_agent_speaks_is_a_backchannel() {
    let mut turns = by_voice(TurnConfig {
        sensitivity: Sensitivity::Low,
        ..TurnConfig::default()
    });
    let began = turns.voice(&started(150), AGENT_SPEAKS);
    assert_eq!(began, Effects::notice(Notice::SpeechStarted));
    assert_eq!(turns.voice(&voiced(499), AGENT_SPEAKS), Effects::NONE);
    turns.voice(&stopped(499), AGENT_SPEAKS);
    let over = turns.voice_heard(Time::ZERO, &stopped(499).activity, || TurnVerdict::Over);
    assert_eq!(over, Effects::notice(Notice::Backchannel));
}

#[test]
fn enough_of_it_interrupts_once() {
    let mut turns = by_voice(TurnConfig::default());
    turns.voice(&started(112), AGENT_SPEAKS);
    assert!(turns.voice(&voiced(140), AGENT_SPEAKS).interrupt);
    assert!(!turns.voice(&voiced(160), AGENT_SPEAKS).interrupt);
}

#[test]
fn the_highest_sensitivity_interrupts_with_the_onset() {
    let mut turns = by_voice(TurnConfig {
        sensitivity: Sensitivity::High,
        ..TurnConfig::default()
    });
    let began = turns.voice(&started(120), AGENT_SPEAKS);
    assert_eq!(began.notice, Some(Notice::SpeechStarted));
    assert!(began.interrupt);
}

#[test]
fn a_greeting_that_may_not_be_interrupted_is_not() {
    let mut turns = by_voice(TurnConfig::default());
    turns.voice(&started(150), GREETING);
    assert!(!turns.voice(&voiced(900), GREETING).interrupt);
    let ended = end(&mut turns, Time::ZERO, TurnVerdict::Over);
    assert_eq!(
        ended.notice,
        Some(Notice::EndOfTurn),
        "and was a turn all the same"
    );
}

#[test]
fn an_agent_that_speaks_into_the_callers_speech_is_stopped_after_a_second() {
    let mut turns = by_voice(TurnConfig::default());
    turns.voice(&started(150), SILENCE);
    let playing = |heard_ms: u64| Playing {
        heard_us: heard_ms * 1_000,
        ..AGENT_SPEAKS
    };
    assert!(!turns.voice(&voiced(2_000), playing(980)).interrupt);
    assert!(turns.voice(&voiced(2_020), playing(1_000)).interrupt);
}

#[test]
fn a_pause_lets_an_answer_be_prepared_and_speech_throws_it_away() {
    let mut turns = by_voice(TurnConfig {
        eager_ms: Some(200),
        ..TurnConfig::default()
    });
    turns.voice(&started(150), SILENCE);
    assert_eq!(turns.voice(&silent(600, 180), SILENCE), Effects::NONE);
    let eager = turns.voice(&silent(600, 200), SILENCE);
    assert_eq!(
        eager,
        Effects::notice(Notice::EagerEndOfTurn).with(Answers::Hold)
    );
    let resumed = turns.voice(&voiced(900), SILENCE);
    assert_eq!(
        resumed,
        Effects::notice(Notice::TurnResumed).with(Answers::Drop)
    );
    turns.voice(&silent(900, 200), SILENCE);
    let over = end(&mut turns, Time::ZERO, TurnVerdict::Over);
    assert_eq!(
        over,
        Effects::notice(Notice::EndOfTurn).with(Answers::Release)
    );
}

#[test]
fn a_turn_that_sounds_unfinished_waits_for_more() {
    let mut turns = by_voice(TurnConfig::default());
    turns.voice(&started(150), SILENCE);
    let wait = TurnVerdict::Wait { ms: 900 };
    assert_eq!(end(&mut turns, Time::from_ms(1_000), wait), Effects::NONE);
    assert_eq!(turns.deadline(), Some(Time::from_ms(1_900)));
    let more = turns.voice(&started(150), SILENCE);
    assert_eq!(more, Effects::NONE, "the same turn goes on");
    assert_eq!(turns.deadline(), None);
    end(&mut turns, Time::from_ms(3_000), wait);
    assert_eq!(turns.tick(Time::from_ms(3_899), SILENCE), Effects::NONE);
    let over = turns.tick(Time::from_ms(3_900), SILENCE);
    assert_eq!(over.notice, Some(Notice::EndOfTurn));
}

#[test]
fn an_engines_turn_interrupts_by_its_words() {
    let mut turns = by_engine(Sensitivity::Low);
    let at = Time::from_ms(100);
    assert_eq!(
        turns.signal(at, &Signal::Started, AGENT_SPEAKS),
        Effects::NONE
    );
    let partial = |text: &str| Signal::Partial(text.to_owned());
    let harmless = turns.signal(at, &partial("uh-huh"), AGENT_SPEAKS);
    assert!(!harmless.interrupt);
    assert_eq!(turns.deadline(), None, "words outweigh the clock");
    let words = turns.signal(at, &partial("uh-huh but wait"), AGENT_SPEAKS);
    assert!(words.interrupt);
}

#[test]
fn an_engine_without_words_interrupts_by_the_clock() {
    let mut turns = by_engine(Sensitivity::Normal);
    turns.signal(Time::from_ms(100), &Signal::Started, AGENT_SPEAKS);
    assert!(!turns.tick(Time::from_ms(299), AGENT_SPEAKS).interrupt);
    assert!(turns.tick(Time::from_ms(300), AGENT_SPEAKS).interrupt);
}

#[test]
fn an_engines_backchannel_wants_no_answer() {
    let mut turns = by_engine(Sensitivity::Normal);
    turns.signal(Time::ZERO, &Signal::Started, AGENT_SPEAKS);
    let ended = turns.signal(Time::ZERO, &Signal::Ended("mm-hm".to_owned()), AGENT_SPEAKS);
    assert_eq!(ended, Effects::notice(Notice::Backchannel));
    turns.signal(Time::ZERO, &Signal::Started, SILENCE);
    let ended = turns.signal(Time::ZERO, &Signal::Ended("okay".to_owned()), SILENCE);
    assert_eq!(ended.notice, None, "into silence it is an answer");
}

#[test]
fn an_engine_prepares_resumes_and_ends() {
    let mut turns = by_engine(Sensitivity::Normal);
    let mut signal = |signal| turns.signal(Time::ZERO, &signal, SILENCE).answers;
    assert_eq!(signal(Signal::Started), None);
    assert_eq!(signal(Signal::Eager), Some(Answers::Hold));
    assert_eq!(signal(Signal::Resumed), Some(Answers::Drop));
    assert_eq!(signal(Signal::Eager), Some(Answers::Hold));
    assert_eq!(
        signal(Signal::Ended("x".to_owned())),
        Some(Answers::Release)
    );
    assert_eq!(signal(Signal::Resumed), None, "too late");
}

#[test]
fn a_button_takes_and_gives_the_word() {
    let mut turns = Turns::new(TurnMode::PushToTalk, TurnConfig::default());
    let down = turns.button(true, AGENT_SPEAKS);
    assert_eq!(down.notice, Some(Notice::SpeechStarted));
    assert!(down.interrupt);
    assert_eq!(turns.button(true, AGENT_SPEAKS), Effects::NONE, "held down");
    assert_eq!(turns.button(false, SILENCE).notice, Some(Notice::EndOfTurn));
    assert_eq!(turns.voice(&started(500), AGENT_SPEAKS), Effects::NONE);
}

#[test]
fn nobody_takes_turns_where_both_may_speak() {
    let mut turns = Turns::new(TurnMode::Off, TurnConfig::default());
    assert_eq!(turns.voice(&started(500), AGENT_SPEAKS), Effects::NONE);
    assert_eq!(
        turns.signal(Time::ZERO, &Signal::Started, AGENT_SPEAKS),
        Effects::NONE
    );
    assert_eq!(turns.button(true, AGENT_SPEAKS), Effects::NONE);
}

#[test]
fn words_that_end_the_doubt_drop_what_was_prepared_in_it() {
    let mut turns = by_engine(Sensitivity::Normal);
    let mut report = |signal| turns.signal(Time::ZERO, &signal, AGENT_SPEAKS).answers;
    assert_eq!(report(Signal::Partial("uh-huh".to_owned())), None);
    assert_eq!(report(Signal::Eager), Some(Answers::Hold));
    let words = Signal::Partial("stop it".to_owned());
    assert_eq!(report(words), Some(Answers::Drop));
}
