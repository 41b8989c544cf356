//! The agent is lost, and found again, or another takes its place.

use crate::agent::{Action, TurnMode};
use crate::ending::Ending;
use crate::history::{Said, Speaker};
use crate::io::CallEvent;
use crate::link::{LinkId, LinkSpec};
use crate::sim::clips::Own;
use crate::sim::person::Background;
use crate::sim::relief::{READY, failed};
use crate::sim::script::{Do, Told, When};
use crate::sim::world::World;
use crate::time::Time;
use trunkline_codecs::format::AudioFormat;

const BOT: LinkId = LinkId::new(1, 0);

fn open(id: LinkId) -> Do {
    let (text, voice) = ("x".into(), "v".into());
    Do::Act(Action::Open(id, LinkSpec::Speak { text, voice }))
}

#[test]
fn what_a_lost_agent_had_said_plays_out() {
    let mut w = World::plivo()
        .agent_says_on_begin(3_000)
        .config(|c| c.failover.attempts = 0)
        .fallback(|manner| manner.needs.connects = true)
        .build();
    w.run_for(1_000);
    w.agent_fails("closed", true);
    w.run_for(2_000);
    w.assert_heard_ms(3_000);
    w.assert_no_gaps();
}

#[test]
fn an_utterance_cut_short_by_the_loss_is_played_to_its_last_sample() {
    let mut w = World::vonage()
        .agent_speaks(AudioFormat::pcm16(24_000))
        .agent_gives_pieces_of(960)
        .config(|c| c.failover.backoff_ms = 5_000)
        .build();
    w.agent_starts(1_500);
    w.run_for(700);
    w.agent_fails("closed", true);
    w.run_for(2_000);
    w.assert_heard_ms(1_500);
    w.assert_no_gaps();
}

#[test]
fn an_agent_begins_again_with_the_conversation_so_far() {
    let mut w = World::twilio().build();
    w.agent_tells(1_000, "How can I help?");
    w.run_for(1_200);
    w.agent_wants(Action::CallerSaid("A table for two".to_owned()));
    w.run_for(800);
    w.agent_fails("closed", true);
    w.run_for(249);
    assert_eq!(w.begun().len(), 1);
    w.run_for(1);
    let [first, again] = &w.begun()[..] else {
        panic!("{:?}", w.begun());
    };
    assert_eq!((first.attempt, first.history.len()), (0, 0));
    assert_eq!((again.at, again.attempt), (Time::from_ms(2_250), 1));
    let said = |speaker, text: &str| Said {
        speaker,
        text: text.to_owned(),
        cut_off: false,
    };
    let agent = said(Speaker::Agent, "How can I help?");
    assert_eq!(
        again.history,
        [agent, said(Speaker::Caller, "A table for two")]
    );
    assert_eq!(w.reported(|e| matches!(e, CallEvent::AgentBack)), 1);
}

#[test]
fn who_begins_while_the_last_words_play_knows_them() {
    let mut w = World::twilio().build();
    w.agent_tells(3_000, "Let me look that up for you.");
    w.run_for(1_000);
    w.agent_fails("closed", true);
    w.run_for(1_000);
    let begun = w.begun();
    assert_eq!(begun.len(), 2);
    let texts: Vec<_> = begun[1]
        .history
        .iter()
        .map(|said| said.text.clone())
        .collect();
    assert_eq!(texts, ["Let me look that up for you."]);
}

#[test]
fn nobody_is_told_that_the_words_of_a_lost_agent_were_heard() {
    for substitute in [false, true] {
        let mut world = World::twilio().agent_says_on_begin(2_000);
        if substitute {
            world = world.config(|c| c.failover.attempts = 0).fallback(|_| {});
        }
        let mut w = world.build();
        w.run_for(500);
        w.agent_fails("closed", true);
        // The first of two utterances ends at 2,000, while its author's successor has begun.
        w.run_for(1_600);
        w.assert_spoken(0);
        w.run_for(3_000);
        w.assert_heard_ms(4_000);
        w.assert_spoken(1);
        w.assert_nothing_told_astray();
    }
}

#[test]
fn interrupting_the_words_of_a_lost_agent_is_no_business_of_its_successor() {
    let mut w = World::twilio()
        .config(|c| c.failover.attempts = 0)
        .fallback(|manner| manner.needs.connects = true)
        .build();
    w.agent_says(5_000);
    w.run_for(1_000);
    w.agent_fails("closed", true);
    w.run_for(500);
    w.last_words_are_void();
    w.caller_interrupts();
    w.run_for(1_000);
    w.assert_silent();
    w.assert_clears(1);
    assert_eq!(w.interruptions().len(), 0, "{:?}", w.told());
    w.assert_nothing_told_astray();
}

#[test]
fn every_wait_is_twice_the_one_before() {
    let mut w = World::twilio()
        .agent_connects_first()
        .config(|c| {
            c.failover.attempts = 4;
            c.failover.backoff_ms = 300;
        })
        .when(
            When::Begin,
            Do::After(100, Box::new(failed("refused", true))),
        )
        .build();
    w.run_for(20_000);
    // 100 ms each, then 300, 600, 1,200, 2,400.
    let begun = [
        (0, 0, 0),
        (400, 0, 1),
        (1_100, 0, 2),
        (2_400, 0, 3),
        (4_900, 0, 4),
    ];
    assert_eq!(w.attempts(Time::ZERO), begun);
    w.assert_over(Ending::AgentLost("refused"), 1011);
    assert_eq!(w.over_at(), Some(Time::from_ms(5_000)));
}

#[test]
fn an_agent_that_breaks_three_times_in_a_row_is_not_tried_again() {
    let mut w = World::twilio()
        .config(|c| {
            c.failover.attempts = 9;
            c.failover.backoff_ms = 100;
        })
        .fallback(|_| {})
        .nth_after(0, 4_999, failed("broke", true))
        .nth_after(1, 1_000, failed("broke", true))
        .nth_after(2, 1_000, failed("broke", true))
        .build();
    w.run_for(30_000);
    let begun = [(0, 0, 0), (5_099, 0, 1), (6_299, 0, 2), (7_299, 1, 0)];
    assert_eq!(w.attempts(Time::ZERO), begun);
    w.assert_still_on();
}

#[test]
fn an_agent_that_lived_long_has_all_its_attempts_again() {
    let mut w = World::twilio()
        .config(|c| {
            c.failover.attempts = 1;
            c.failover.backoff_ms = 200;
        })
        .when(
            When::Begin,
            Do::After(6_000, Box::new(failed("session_over", true))),
        )
        .build();
    w.run_for(30_999);
    let begun = [
        (0, 0, 0),
        (6_200, 0, 1),
        (12_400, 0, 2),
        (18_600, 0, 3),
        (24_800, 0, 4),
    ];
    assert_eq!(w.attempts(Time::ZERO), begun);
    w.assert_still_on();
}

#[test]
fn who_refuses_for_good_is_followed_by_the_next_at_once() {
    let mut w = World::twilio()
        .agent_connects_first()
        .fallback(|_| {})
        .fallback(|_| {})
        .nth_after(0, 700, failed("unauthorised", false))
        .nth_after(1, 300, failed("quota", false))
        .nth(2, READY)
        .nth(2, Do::Say(1_000))
        .build();
    w.run_for(5_000);
    assert_eq!(
        w.attempts(Time::ZERO),
        [(0, 0, 0), (700, 1, 0), (1_000, 2, 0)]
    );
    assert_eq!(
        w.losses(Time::ZERO),
        [(700, "unauthorised"), (1_000, "quota")]
    );
    assert_eq!(w.carrier.heard(w.now)[0].at, Time::from_ms(1_000));
    w.assert_heard_ms(1_000);
}

#[test]
fn the_next_agent_has_its_own_formats_and_its_own_turns() {
    let mut w = World::twilio()
        .voice_turns()
        .agent_answers_with(500)
        .config(|c| c.failover.attempts = 0)
        .fallback(|manner| {
            manner.speaks = Some(AudioFormat::pcm16(24_000));
            manner.listens = Some(AudioFormat::pcm16(16_000));
            manner.needs.turns = TurnMode::PushToTalk;
        })
        .build();
    w.run_for(300);
    w.caller_speaks(800);
    w.run_for(2_500);
    w.assert_told(&Told::EndOfTurn, 1);
    w.assert_heard_ms(500);
    w.agent_fails("closed", true);
    w.run_for(200);
    let heard_bytes = w.agent.desk().notes.heard_bytes;
    w.run_for(1_000);
    // PCM16 at 16 kHz: 32 bytes a millisecond.
    let more = w.agent.desk().notes.heard_bytes - heard_bytes;
    assert!(more.abs_diff(32_000) <= 640, "{more}");
    w.caller_speaks(1_000);
    w.run_for(2_500);
    w.assert_told(&Told::EndOfTurn, 1);
    w.caller_talks(true);
    w.run_for(500);
    w.caller_talks(false);
    w.run_for(2_000);
    w.assert_told(&Told::EndOfTurn, 2);
    w.assert_heard_ms(1_000);
    w.assert_gaps_ms(w.told_at(&Told::EndOfTurn).expect("told"), 0);
}

#[test]
fn a_successor_nobody_can_understand_is_passed_over() {
    let mut w = World::twilio()
        .config(|c| c.failover.attempts = 0)
        .fallback(|manner| manner.speaks = Some(AudioFormat::pcm16(12_345)))
        .fallback(|_| {})
        .build();
    w.run_for(500);
    w.agent_fails("closed", true);
    w.run_for(10);
    let lost: Vec<_> = w
        .losses(Time::ZERO)
        .into_iter()
        .map(|(_, why)| why)
        .collect();
    assert_eq!(lost, ["closed", "unsupported_rate"]);
    assert_eq!(w.attempts(Time::ZERO), [(0, 0, 0), (500, 2, 0)]);
    w.agent_says(500);
    w.run_for(600);
    w.assert_heard_ms(500);
}

#[test]
fn the_links_of_a_lost_agent_are_closed_and_what_still_comes_of_them_is_ignored() {
    let mut w = World::twilio()
        .nth(0, open(BOT))
        .nth(0, open(LinkId::new(2, 0)))
        .nth(1, open(BOT.next()))
        .build();
    w.run_for(500);
    w.agent_link_says(BOT, "hello");
    w.assert_told(&Told::Data(BOT, "hello".to_owned()), 1);
    w.agent_fails("closed", true);
    let lost = Time::from_ms(500);
    assert_eq!(w.record.closed, [(lost, BOT), (lost, LinkId::new(2, 0))]);
    w.agent_link_says(BOT, "late");
    w.run_for(1_000);
    w.agent_link_says(BOT, "later");
    w.agent_link_says(BOT.next(), "again");
    w.agent_link_falls(BOT, crate::link::Down::Lost);
    w.run_for(100);
    for late in ["late", "later"] {
        w.assert_told(&Told::Data(BOT, late.to_owned()), 0);
    }
    w.assert_told(&Told::Down(BOT, crate::link::Down::Lost), 0);
    w.assert_told(&Told::Data(BOT.next(), "again".to_owned()), 1);
    assert_eq!(w.counters().stale, 3);
    assert_eq!(w.record.opened.len(), 3);
}

#[test]
fn what_the_caller_says_meanwhile_is_the_first_the_next_agent_hears() {
    let mut w = World::twilio()
        .background(Background::Stamps)
        .config(|c| c.failover.backoff_ms = 5_000)
        .build();
    w.run_for(1_010);
    w.agent_fails("closed", true);
    w.run_for(4_990);
    assert_eq!(w.agent_heard_stamps().len(), 51);
    w.caller_presses('7');
    w.run_for(1_000);
    assert_eq!(w.agent_heard_stamps(), (0..351).collect::<Vec<_>>());
    assert_eq!(w.told_at(&Told::Digit('7')), Some(Time::from_ms(6_010)));
    assert_eq!(w.counters().backlog_dropped_ms, 0);
    w.assert_nothing_told_astray();
}

#[test]
fn what_the_caller_types_meanwhile_is_told_the_next_agent() {
    let mut w = World::omni()
        .config(|c| c.failover.attempts = 0)
        .fallback(|manner| manner.needs.connects = true)
        .nth_after(1, 1_000, READY)
        .build();
    w.run_for(500);
    w.agent_fails("closed", true);
    w.run_for(500);
    w.caller_types("are you there?");
    w.run_for(499);
    w.assert_told(&Told::Text("are you there?".to_owned()), 0);
    w.run_for(10);
    w.assert_told(&Told::Text("are you there?".to_owned()), 1);
    w.assert_nothing_told_astray();
}

#[test]
fn a_caller_who_hangs_up_while_the_agent_is_sought_has_hung_up() {
    let mut w = World::twilio()
        .line(Own::Apology, 2_000)
        .config(|c| c.failover.backoff_ms = 5_000)
        .build();
    w.run_for(500);
    w.agent_fails("closed", true);
    w.run_for(1_000);
    w.caller_hangs_up();
    w.run_for(0);
    w.assert_over(Ending::CallerHungUp, 1000);
    assert_eq!(w.lines_heard(Time::ZERO), []);
}

#[test]
fn an_answer_prepared_and_held_is_lost_with_its_agent() {
    let mut w = World::twilio()
        .voice_turns()
        .config(|c| {
            c.turns.eager_ms = Some(300);
            c.turns.silence_ms = 1_500;
            c.failover.backoff_ms = 2_000;
        })
        .when(
            When::EagerEndOfTurn,
            Do::Tell(2_000, "You said you wanted".to_owned()),
        )
        .nth(1, Do::Say(400))
        .build();
    w.run_for(300);
    w.caller_speaks(800);
    w.run_until(3_000, |w| w.told_at(&Told::EagerEndOfTurn).is_some());
    w.run_for(300);
    w.agent_fails("closed", true);
    w.run_for(5_000);
    w.assert_heard_ms(400);
    w.assert_sent("says You said you wanted", 0);
    assert!(w.begun()[1].history.is_empty());
    assert_eq!(w.counters().answers_dropped, 1);
}
