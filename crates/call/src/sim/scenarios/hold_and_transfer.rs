//! The caller is put on hold, and handed to somebody else.

use crate::agent::{Hears, TurnMode};
use crate::ending::Ending;
use crate::io::CallEvent;
use crate::sim::clips::Own;
use crate::sim::person::Background;
use crate::sim::script::{Do, Told, When};
use crate::sim::world::World;
use crate::time::Time;

const WHERE: &str = "+15550100";

fn wanted(w: &World) -> Vec<Time> {
    let events = w.record.events.iter();
    let wanted = events.filter(|(_, e)| matches!(e, CallEvent::TransferWanted { .. }));
    wanted.map(|(at, _)| *at).collect()
}

#[test]
fn an_operators_hold_silences_the_agent_and_plays_music_until_it_is_over() {
    let mut w = World::twilio()
        .line(Own::Music, 1_000)
        .agent_says_on_begin(10_000)
        .build();
    w.run_for(1_000);
    w.operator_holds(true);
    let held = w.now;
    w.run_for(3_500);
    w.assert_told(&Told::Hold(true), 1);
    w.assert_interrupted(1, 1);
    assert_eq!(w.lines_heard(held), [(Own::Music, 0, 3_500)]);
    w.assert_heard_ms(1_000);
    w.operator_holds(false);
    w.run_for(0);
    w.assert_told(&Told::Hold(false), 1);
    w.run_for(500);
    w.assert_silent();
    assert_eq!(w.lines_heard(held), [(Own::Music, 0, 3_500)]);
    w.assert_clears(2);
    w.agent_says(700);
    w.run_for(700);
    w.assert_heard_ms(1_700);
}

#[test]
fn on_hold_the_agent_hears_nothing_and_afterwards_only_what_is_new() {
    let mut w = World::twilio().background(Background::Stamps).build();
    w.run_for(1_000);
    w.operator_holds(true);
    w.run_for(4_990);
    assert_eq!(w.agent_heard_stamps(), (0..51).collect::<Vec<_>>());
    w.operator_holds(false);
    w.run_for(1_000);
    let heard: Vec<_> = (0..51).chain(300..350).collect();
    assert_eq!(w.agent_heard_stamps(), heard);
}

#[test]
fn what_is_withheld_on_hold_is_not_counted_as_lost() {
    let mut w = World::telnyx().background(Background::Stamps).build();
    w.run_for(1_000);
    w.operator_holds(true);
    w.run_for(5_000);
    w.operator_holds(false);
    w.run_for(1_000);
    assert_eq!(w.counters().media_lost, 0);
}

#[test]
fn an_agent_is_heard_out_before_the_music_begins() {
    let mut w = World::plivo()
        .line(Own::Music, 2_000)
        .when(When::Begin, Do::Say(1_500))
        .when(When::Begin, Do::Act(crate::agent::Action::Hold(true)))
        .build();
    w.run_for(1_499);
    w.assert_told(&Told::Hold(true), 0);
    w.run_for(1_001);
    w.assert_told(&Told::Hold(true), 1);
    w.assert_spoken(1);
    w.assert_heard_ms(1_500);
    assert_eq!(w.lines_heard(Time::ZERO), [(Own::Music, 1_500, 1_000)]);
    w.agent_holds(false);
    w.agent_says(500);
    w.run_for(600);
    w.assert_heard_ms(2_000);
    assert_eq!(w.lines_heard(Time::ZERO), [(Own::Music, 1_500, 1_000)]);
}

#[test]
fn a_hold_is_no_silence_of_the_callers() {
    let mut w = World::twilio()
        .voice_turns()
        .config(|c| c.turns.idle_ms = Some(2_000))
        .build();
    w.run_for(1_000);
    w.operator_holds(true);
    w.run_for(10_000);
    w.operator_holds(false);
    let back = w.now;
    w.run_for(1_999);
    w.assert_told(&Told::Idle { times: 1 }, 0);
    w.run_for(1);
    let idle = w.told_at(&Told::Idle { times: 1 }).expect("told");
    assert_eq!(idle.ms_since(back), 2_000);
}

#[test]
fn what_is_on_hold_already_or_not_at_all_is_left_as_it_is() {
    let mut w = World::twilio()
        .line(Own::Music, 5_000)
        .agent_says_on_begin(2_000)
        .build();
    w.run_for(500);
    w.operator_holds(false);
    w.run_for(500);
    w.assert_interrupted(0, 0);
    w.assert_told(&Told::Hold(false), 0);
    w.operator_holds(true);
    w.run_for(500);
    w.operator_holds(true);
    w.run_for(500);
    assert_eq!(w.lines_heard(Time::ZERO), [(Own::Music, 1_000, 1_000)]);
    assert_eq!(w.reported(|e| matches!(e, CallEvent::OnHold { .. })), 1);
    w.assert_clears(1);
}

#[test]
fn a_turn_cut_by_a_hold_does_not_hold_up_the_next() {
    let mut w = World::twilio()
        .voice_turns()
        .agent_answers_with(600)
        .build();
    w.run_for(500);
    w.caller_speaks(5_000);
    w.run_for(1_500);
    w.operator_holds(true);
    w.run_for(6_000);
    w.operator_holds(false);
    w.run_for(1_500);
    w.caller_speaks(800);
    w.run_for(3_000);
    let ended = w.told_at(&Told::EndOfTurn).expect("told");
    assert!(ended > Time::from_ms(9_500), "{:?}", w.told());
    assert!(w.heard_ms() >= 600);
}

#[test]
fn whoever_hangs_up_on_hold_is_gone_at_once() {
    type HangUp = fn(&mut World);
    let ways: [(Ending, HangUp); 3] = [
        (Ending::Operator, World::operator_hangs_up),
        (Ending::CallerHungUp, World::caller_hangs_up),
        (Ending::CallerHungUp, World::caller_says_goodbye),
    ];
    for (ending, hang_up) in ways {
        let mut w = World::twilio().line(Own::Music, 3_000).build();
        w.run_for(500);
        w.operator_holds(true);
        w.run_for(1_000);
        hang_up(&mut w);
        w.run_for(0);
        w.assert_over(ending, 1000);
        assert_eq!(w.over_at(), Some(Time::from_ms(1_500)), "{ending:?}");
    }
}

#[test]
fn a_last_sentence_on_hold_is_not_followed_by_music() {
    let mut w = World::twilio()
        .line(Own::Music, 3_000)
        .line(Own::Shutdown, 1_000)
        .build();
    w.operator_holds(true);
    w.run_for(1_000);
    w.gateway_drains();
    w.run_for(10_000);
    let heard = [(Own::Music, 0, 1_000), (Own::Shutdown, 1_000, 1_000)];
    assert_eq!(w.lines_heard(Time::ZERO), heard);
    w.assert_over(Ending::Shutdown, 1001);
    assert_eq!(w.over_at(), Some(Time::from_ms(2_000)));
}

#[test]
fn a_transfer_from_outside_begins_behind_the_last_words_and_ends_the_call() {
    let mut w = World::telnyx().latency_ms(20).line(Own::Music, 800).build();
    w.agent_says(1_000);
    w.agent_transfers(WHERE);
    let begun = w.now;
    w.run_for(1_039);
    assert_eq!(wanted(&w), []);
    w.run_for(1);
    // The way there, the words, the way back of the mark.
    assert_eq!(wanted(&w), [begun.plus_ms(1_040)]);
    w.run_for(1_960);
    w.assert_heard_ms(1_000);
    w.assert_still_on();
    let music: u64 = w.lines_heard(begun).iter().map(|(_, _, ms)| ms).sum();
    assert!(music > 1_600, "{:?}", w.lines_heard(begun));
    w.transfer_comes_to(true);
    w.run_for(0);
    w.assert_over(Ending::Transferred, 1000);
    assert_eq!(w.over_at(), Some(begun.plus_ms(3_000)));
}

#[test]
fn a_transfer_that_fails_gives_the_caller_back() {
    let mut w = World::vonage()
        .line(Own::Music, 4_000)
        .when(When::TransferRefused, Do::Say(500))
        .background(Background::Stamps)
        .build();
    w.agent_transfers(WHERE);
    w.run_for(2_000);
    let deaf = w.agent_heard_stamps().len();
    w.transfer_comes_to(false);
    let back = w.now;
    w.assert_hears_agent_within(20);
    w.run_for(1_000);
    w.assert_told(&Told::TransferRefused, 1);
    w.assert_heard_ms(500);
    assert!(w.carrier.heard(w.now)[0].at.ms_since(back) <= 20);
    assert!(deaf <= 2, "nobody listens while it is under way");
    assert!(w.agent_heard_stamps().len() >= deaf + 49);
    w.assert_still_on();
}

#[test]
fn a_transfer_of_which_nothing_is_heard_has_failed() {
    let mut w = World::asterisk()
        .config(|c| c.transfer_ms = 12_000)
        .when(When::TransferRefused, Do::Say(500))
        .build();
    w.agent_says(1_000);
    w.agent_transfers(WHERE);
    w.run_for(30_000);
    let [begun] = wanted(&w)[..] else { panic!() };
    let refused = w.told_at(&Told::TransferRefused).expect("told");
    assert_eq!(refused.ms_since(begun), 12_000);
    w.assert_heard_ms(1_500);
    w.assert_still_on();
    w.transfer_comes_to(true);
    w.run_for(100);
    w.assert_still_on();
}

#[test]
fn a_word_on_a_transfer_nobody_asked_for_means_nothing() {
    let mut w = World::telnyx().agent_says_on_begin(1_000).build();
    for done in [true, false] {
        w.transfer_comes_to(done);
        w.run_for(100);
    }
    w.assert_told(&Told::TransferRefused, 0);
    w.run_for(2_000);
    w.assert_heard_ms(1_000);
    w.assert_still_on();
}

#[test]
fn a_caller_who_hangs_up_while_being_transferred_has_hung_up() {
    let mut w = World::telnyx().line(Own::Music, 1_000).build();
    w.agent_transfers(WHERE);
    w.run_for(1_500);
    w.caller_hangs_up();
    w.run_for(0);
    w.transfer_comes_to(true);
    w.assert_over(Ending::CallerHungUp, 1000);
}

#[test]
fn an_agent_lost_after_its_transfer_does_not_undo_it() {
    let mut w = World::telnyx()
        .line(Own::Music, 1_000)
        .line(Own::Apology, 1_000)
        .config(|c| c.failover.attempts = 0)
        .build();
    w.agent_transfers(WHERE);
    w.run_for(1_500);
    w.agent_fails("gone", true);
    w.run_for(1_500);
    w.transfer_comes_to(true);
    w.run_for(0);
    w.assert_over(Ending::Transferred, 1000);
}

#[test]
fn on_hold_the_caller_can_still_be_transferred() {
    let mut w = World::telnyx()
        .line(Own::Music, 1_000)
        .turns(TurnMode::Off)
        .build();
    w.operator_holds(true);
    w.run_for(2_500);
    w.agent_transfers(WHERE);
    w.run_for(1_000);
    assert_eq!(wanted(&w).len(), 1);
    w.transfer_comes_to(true);
    w.run_for(0);
    w.assert_over(Ending::Transferred, 1000);
}

#[test]
fn music_needs_no_audio_of_the_callers_to_begin_and_to_go_on() {
    let mut w = World::asterisk().line(Own::Music, 1_000).build();
    w.caller_network_suppresses_silence();
    w.run_for(1_007);
    w.operator_holds(true);
    let held = w.now;
    w.run_for(5_000);
    assert_eq!(w.lines_heard(held).len(), 1, "{:?}", w.lines_heard(held));
    assert!(w.longest_silence_ms(held) <= 20);
}

#[test]
fn time_on_hold_is_not_made_up_for_with_silence() {
    let mut w = World::asterisk().agent_hears(Hears::Continuous).build();
    w.caller_network_suppresses_silence();
    w.run_for(2_000);
    w.operator_holds(true);
    w.run_for(60_000);
    w.operator_holds(false);
    w.run_for(2_000);
    let heard_ms = w.agent_heard_ms();
    assert!((3_000..=4_040).contains(&heard_ms), "{heard_ms} ms");
}

#[test]
fn a_caller_being_transferred_is_not_idle() {
    let mut w = World::telnyx()
        .engine_turns()
        .config(|c| {
            c.turns.idle_ms = Some(2_000);
            c.turns.idle_limit = 1;
        })
        .build();
    w.agent_transfers(WHERE);
    w.run_for(20_000);
    w.transfer_comes_to(false);
    let back = w.now;
    w.run_for(3_000);
    let idle = w.told_at(&Told::Idle { times: 1 }).expect("told");
    assert_eq!(idle.ms_since(back), 2_000);
}
