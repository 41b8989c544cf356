//! The agent gives the call to another.

use crate::agent::{Action, TurnMode};
use crate::ending::Ending;
use crate::io::CallEvent;
use crate::link::{LinkId, LinkSpec};
use crate::sim::build::Builder;
use crate::sim::clips::Own;
use crate::sim::person::Background;
use crate::sim::relief::{READY, failed};
use crate::sim::script::{Do, Told};
use crate::sim::world::World;
use crate::time::Time;
use trunkline_codecs::format::AudioFormat;

/// A call whose agent may give it to one that begins with a second of speech.
fn with_heir(builder: Builder) -> Builder {
    builder.heir(|_| {}).nth(1, Do::Say(1_000))
}

#[test]
fn what_was_said_is_played_and_the_next_goes_on_behind_it() {
    let mut w = with_heir(World::twilio()).build();
    w.agent_starts(3_000);
    w.run_for(1_000);
    w.agent_hands_over();
    w.run_for(4_000);
    assert_eq!(w.attempts(Time::ZERO), [(0, 0, 0), (1_000, 1, 0)]);
    w.assert_heard_ms(4_000);
    w.assert_no_gaps();
    // Of its own words alone.
    w.assert_spoken(1);
    w.assert_nothing_told_astray();
    assert_eq!(w.reported(|e| matches!(e, CallEvent::HandedOver)), 1);
    assert_eq!(w.reported(|e| matches!(e, CallEvent::AgentBack)), 0);
    assert_eq!(w.losses(Time::ZERO), []);
    assert_eq!(w.counters().agents_lost, 0);
}

#[test]
fn the_next_knows_what_was_said_and_what_will_be_heard() {
    let mut w = with_heir(World::twilio()).build();
    w.agent_tells(1_000, "Good morning.");
    w.run_for(1_500);
    w.agent_wants(Action::CallerSaid("The bill, please".to_owned()));
    w.agent_tells(2_000, "I will connect you.");
    w.run_for(500);
    w.agent_hands_over();
    w.run_for(0);
    let history = w.begun()[1].history.clone();
    let texts: Vec<_> = history.iter().map(|said| said.text.as_str()).collect();
    let expected = ["Good morning.", "The bill, please", "I will connect you."];
    assert_eq!(texts, expected);
}

#[test]
fn the_next_has_its_own_formats_and_its_own_turns() {
    let mut w = World::twilio()
        .voice_turns()
        .heir(|manner| {
            manner.speaks = Some(AudioFormat::pcm16(24_000));
            manner.listens = Some(AudioFormat::pcm16(16_000));
            manner.needs.turns = TurnMode::PushToTalk;
        })
        .nth(1, Do::Say(500))
        .build();
    w.agent_starts(500);
    w.run_for(200);
    w.agent_hands_over();
    let heard_bytes = w.agent.desk().notes.heard_bytes;
    w.run_for(1_000);
    // PCM16 at 16 kHz: 32 bytes a millisecond.
    let more = w.agent.desk().notes.heard_bytes - heard_bytes;
    assert!(more.abs_diff(32_000) <= 640, "{more}");
    w.assert_heard_ms(1_000);
    w.caller_speaks(1_000);
    w.run_for(2_500);
    w.assert_told(&Told::EndOfTurn, 0);
    w.caller_talks(true);
    w.caller_talks(false);
    w.run_for(100);
    w.assert_told(&Told::EndOfTurn, 1);
}

#[test]
fn every_frame_of_the_callers_is_heard_by_the_one_or_the_other() {
    let mut w = World::twilio()
        .background(Background::Stamps)
        .heir(|manner| manner.needs.connects = true)
        .nth_after(1, 2_000, READY)
        .build();
    w.run_for(1_010);
    w.agent_hands_over();
    w.caller_presses('7');
    w.run_for(1_990);
    assert_eq!(w.agent_heard_stamps().len(), 51);
    w.run_for(1_000);
    assert_eq!(w.agent_heard_stamps(), (0..201).collect::<Vec<_>>());
    assert_eq!(w.told_at(&Told::Digit('7')), Some(Time::from_ms(3_010)));
}

#[test]
fn a_hand_over_waits_with_the_answer_it_belongs_to() {
    use crate::agent::Signal;
    for over in [true, false] {
        let mut w = with_heir(World::twilio().engine_turns()).build();
        w.engine_reports(Signal::Started);
        w.engine_reports(Signal::Eager);
        w.agent_says(400);
        w.agent_hands_over();
        w.run_for(500);
        assert_eq!(w.begun().len(), 1);
        w.engine_reports(if over {
            Signal::Ended("yes".to_owned())
        } else {
            Signal::Resumed
        });
        w.run_for(2_000);
        assert_eq!(w.begun().len(), if over { 2 } else { 1 });
        w.assert_heard_ms(if over { 1_400 } else { 0 });
    }
}

#[test]
fn an_agent_that_is_still_connecting_may_give_the_call_away() {
    let mut w = World::twilio()
        .background(Background::Stamps)
        .agent_connects_first()
        .heir(|manner| manner.needs.connects = false)
        .nth(1, Do::Say(500))
        .build();
    w.run_for(1_010);
    w.agent_hands_over();
    w.run_for(1_000);
    assert_eq!(w.attempts(Time::ZERO), [(0, 0, 0), (1_010, 1, 0)]);
    assert_eq!(w.agent_heard_stamps(), (0..101).collect::<Vec<_>>());
    w.assert_heard_ms(500);
    w.run_for(20_000);
    w.assert_still_on();
}

#[test]
fn who_begins_on_hold_is_told_of_it() {
    let mut w = World::twilio().line(Own::Music, 1_000).heir(|_| {}).build();
    w.operator_holds(true);
    w.run_for(1_000);
    w.agent_hands_over();
    w.run_for(0);
    w.assert_told(&Told::Hold(true), 2);
    w.operator_holds(false);
    w.run_for(0);
    w.assert_told(&Told::Hold(false), 1);
    w.agent_says(300);
    w.run_for(500);
    w.assert_heard_ms(300);
    w.assert_nothing_told_astray();
}

#[test]
fn during_a_transfer_the_next_learns_that_it_came_to_nothing() {
    let mut w = World::telnyx().heir(|_| {}).build();
    w.agent_transfers("+15550100");
    w.run_for(500);
    w.agent_hands_over();
    w.run_for(500);
    w.transfer_comes_to(false);
    w.assert_told(&Told::TransferRefused, 1);
    w.assert_nothing_told_astray();
    w.agent_says(300);
    w.run_for(500);
    w.assert_heard_ms(300);
}

#[test]
fn without_a_successor_nothing_happens() {
    let mut w = World::twilio().build();
    w.agent_says(1_000);
    w.run_for(500);
    w.agent_hands_over();
    w.agent_says(500);
    w.run_for(2_000);
    w.assert_heard_ms(1_500);
    w.assert_spoken(2);
    assert_eq!(w.begun().len(), 1);
    assert_eq!(w.reported(|e| matches!(e, CallEvent::HandedOver)), 0);
}

#[test]
fn the_links_of_the_one_before_are_closed() {
    let bot = LinkId::new(1, 0);
    let spec = LinkSpec::Speak {
        text: "x".into(),
        voice: "v".into(),
    };
    let mut w = World::twilio()
        .heir(|_| {})
        .nth(0, Do::Act(Action::Open(bot, spec)))
        .build();
    w.run_for(500);
    w.agent_sends(bot, "stop");
    w.agent_hands_over();
    assert_eq!(w.record.closed, [(Time::from_ms(500), bot)]);
    assert_eq!(w.record.link_texts, [(bot, "stop".to_owned())]);
    w.agent_link_says(bot, "late");
    w.assert_told(&Told::Data(bot, "late".to_owned()), 0);
    assert_eq!(w.counters().stale, 1);
}

#[test]
fn interrupting_the_one_before_is_no_business_of_the_next() {
    let mut w = World::twilio().heir(|_| {}).build();
    w.agent_says(5_000);
    w.agent_marks("never");
    w.run_for(1_000);
    w.agent_hands_over();
    w.run_for(500);
    w.caller_interrupts();
    w.run_for(1_000);
    w.assert_silent();
    w.assert_clears(1);
    assert_eq!(w.interruptions(), []);
    assert_eq!(w.marked(Time::ZERO), []);
}

#[test]
fn who_was_given_the_call_is_followed_by_those_who_follow_the_first() {
    let mut w = World::twilio()
        .config(|c| c.failover.attempts = 1)
        .fallback(|_| {})
        .heir(|_| {})
        .nth_after(1, 300, failed("broke", true))
        .nth_after(2, 300, failed("broke", true))
        .build();
    w.run_for(1_000);
    w.agent_hands_over();
    w.run_for(3_000);
    // The heir is the third; it is tried again before the fallback has its turn.
    let begun = [(0, 0, 0), (1_000, 2, 0), (1_550, 2, 1), (1_850, 1, 0)];
    assert_eq!(w.attempts(Time::ZERO), begun);
    w.assert_still_on();
}

#[test]
fn the_bill_runs_on() {
    let mut w = with_heir(World::twilio()).build();
    w.agent_says(1_000);
    w.run_for(2_000);
    w.agent_hands_over();
    w.run_for(2_000);
    w.caller_hangs_up();
    w.run_for(0);
    w.assert_over(Ending::CallerHungUp, 1000);
    let billed = w.billed();
    assert_eq!((billed.agent_audio_ms, billed.session_ms), (2_000, 4_000));
    assert!(billed.caller_audio_ms >= 3_980, "{billed:?}");
}
