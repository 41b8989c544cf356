//! Keys, transfers and marks.

use trunkline_codecs::dtmf::{Digit, Tone};

use crate::agent::Action;
use crate::caller::{Place, sim::write_audio};
use crate::ending::Ending;
use crate::io::{CallEvent, Control};
use crate::sim::acts::Act;
use crate::sim::network::Packet;
use crate::sim::script::{Do, Told, When};
use crate::sim::world::World;

/// The caller's telephone puts the tone of a key into the audio.
fn caller_sounds(w: &mut World, key: char) {
    let format = w.carrier.line().sends;
    let digit = Digit::from_char(key).expect("a key");
    let mut tone = Tone::new(digit, format.rate_hz, 100, 100);
    let (mut samples, mut audio) = (Vec::new(), Vec::new());
    while tone.write(format.rate_hz as usize, &mut samples) > 0 {}
    format.encode(&samples, &mut audio);
    w.caller_mutes(true);
    for frame in audio.chunks(format.bytes_per_frame()) {
        let mut message = Vec::new();
        write_audio(Place::default(), frame, &mut message);
        w.up.send(w.now, Packet::Binary(message));
        w.run_for(20);
    }
    w.caller_mutes(false);
}

/// Theme 17: keys on the media socket (Asterisk #1387). A key is in the audio, in a message, or in both.
#[test]
fn theme_17_a_key_in_the_audio_and_in_a_message_is_one_key() {
    // Whether it is reported before, whether it sounds, whether it is reported after.
    for (before, sounds, after) in [
        (false, true, false),
        (true, false, false),
        (true, true, false),
        (false, true, true),
    ] {
        let mut w = World::twilio()
            .config(|c| c.uplink.touch_tones = true)
            .build();
        w.run_for(200);
        if before {
            w.caller_presses('5');
        }
        if sounds {
            caller_sounds(&mut w, '5');
        }
        if after {
            w.caller_presses('5');
        }
        w.run_for(1_000);
        let keys = w
            .told()
            .into_iter()
            .filter(|(_, told)| *told == Told::Digit('5'));
        assert_eq!(keys.count(), 1, "{before} {sounds} {after}");
    }
}

/// Theme 17: keys the bot presses (jambonz #1274) reach the wrong leg (livekit #6357).
#[test]
fn theme_17_keys_the_agent_presses_sound_for_the_caller_behind_its_words() {
    let mut w = World::twilio().build();
    w.agent_says(1_000);
    w.agent_wants(Action::Press("1x2#".into()));
    w.run_for(1_000);
    w.assert_heard_ms(1_000);
    // Three keys of 100 ms, each with 100 ms behind it; what is no key is left out.
    w.run_for(599);
    w.assert_hears_agent();
    w.run_for(1);
    w.assert_silent();
    for key in ['1', '2', '#'] {
        w.assert_told(&Told::Digit(key), 0);
    }
    assert_eq!(w.metering().agent_audio_ms, 1_000, "nobody pays for tones");
}

/// Theme 17: keys and words of the same moment keep their order.
#[test]
fn theme_17_keys_pressed_before_words_sound_before_them() {
    let mut w = World::twilio()
        .when(When::Begin, Do::Act(Action::Press("12".into())))
        .when(When::Begin, Do::Say(500))
        .when(When::Begin, Do::Act(Action::Press("3".into())))
        .when(When::Begin, Do::Say(100))
        .when(When::Begin, Do::Act(Action::Mark("over".into())))
        .build();
    let begun = w.now;
    w.run_for(3_000);
    // Each key takes 200 ms.
    let heard = w.carrier.heard(w.now);
    let at = |number: usize| heard[number].at.ms_since(begun);
    assert_eq!((at(0), at(24), at(25)), (400, 880, 1_100));
    assert_eq!(w.marked(begun), [(1_200, "over".to_owned(), true)]);
}

/// Theme 18: transfers. active-call #38: the call waits for the answer to its REFER and does nothing else, for
/// ever.
#[test]
fn theme_18_a_transfer_nobody_answers_gives_the_caller_back_to_the_agent() {
    let mut w = World::vonage()
        .when(When::TransferRefused, Do::Say(1_000))
        .build();
    w.agent_says(500);
    w.agent_transfers("+15550100");
    w.run_for(499);
    assert!(!is_wanted(&w), "its last words come first");
    w.run_for(2);
    assert!(is_wanted(&w));
    w.run_for(29_998);
    w.assert_told(&Told::TransferRefused, 0);
    w.run_for(2);
    w.assert_told(&Told::TransferRefused, 1);
    w.run_for(1_001);
    w.assert_heard_ms(1_500);
    w.assert_still_on();
}

/// Theme 18: livekit/sip #91: after a transfer the call at the bot is to be closed; #234: the transfer is declined
/// (603), and the caller is still there (also #626).
#[test]
fn theme_18_what_became_of_the_transfer_decides_over_the_call() {
    let mut w = World::telnyx().build();
    w.agent_transfers("+15550100");
    w.run_for(5_000);
    w.act(Act::Control(Control::Transferred(false)));
    w.run_for(0);
    w.assert_told(&Told::TransferRefused, 1);
    w.agent_transfers("+15550101");
    w.run_for(5_000);
    w.act(Act::Control(Control::Transferred(true)));
    w.run_for(0);
    w.assert_over(Ending::Transferred, 1000);
}

/// Theme 18 (agents #5716): the caller hangs up while the transfer is under way, and nobody looks (agents-js
/// #2008).
#[test]
fn theme_18_a_caller_who_hangs_up_during_a_transfer_is_gone_at_once() {
    let mut w = World::vonage().build();
    w.agent_transfers("+15550100");
    w.run_for(3_000);
    w.caller_hangs_up();
    w.run_for(0);
    w.assert_over(Ending::CallerHungUp, 1000);
    w.act(Act::Control(Control::Transferred(true)));
    w.run_for(10);
    w.assert_over(Ending::CallerHungUp, 1000);
}

fn is_wanted(w: &World) -> bool {
    let events = &w.record.events;
    events
        .iter()
        .any(|(_, event)| matches!(event, CallEvent::TransferWanted { .. }))
}

/// Theme 19: marks that mean "played". jambonz #811: they are acknowledged at once. Such a carrier can be early
/// by the lead and by no more, because its mark is sent behind the last frame.
#[test]
fn theme_19_a_carrier_that_acknowledges_at_once_is_early_by_the_lead_at_most() {
    let mut w = World::plivo().build();
    let begun = w.now;
    w.agent_says(5_000);
    w.caller_sends("mark tl-0-0");
    w.run_until(6_000, |w| w.sent_at("mark tl-0-0").is_some());
    w.caller_sends("mark tl-0-0");
    w.run_for(0);
    let spoken = w.told_at(&Told::Spoken).expect("told").ms_since(begun);
    assert!((4_880..5_000).contains(&spoken), "after {spoken} ms");
    w.run_for(3_000);
    w.assert_spoken(1);
}

/// Theme 19: bolna #736: Plivo loses the acknowledgement of the first mark. That of the second says that both
/// were played.
#[test]
fn theme_19_a_lost_acknowledgement_is_made_good_by_the_next() {
    let mut w = World::plivo().build();
    w.carrier.loses_marks = 1;
    w.agent_says(1_000);
    w.agent_says(500);
    w.run_for(1_499);
    w.assert_spoken(0);
    w.run_for(1);
    w.assert_spoken(2);
    w.run_for(5_000);
    w.assert_spoken(2);
}
