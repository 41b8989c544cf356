//! Turns by voice activity: when they begin, when they end, and what of them the agent hears.

use crate::agent::{Hears, TurnVerdict};
use crate::sim::lines;
use crate::sim::script::{Do, Told, When};
use crate::sim::world::World;
use crate::time::Time;

/// Where `part` lies in `whole`, which has it once.
fn place_of(part: &[u8], whole: &[u8]) -> usize {
    let mut places = whole
        .windows(part.len())
        .enumerate()
        .filter(|(_, window)| *window == part);
    let (at, _) = places.next().expect("the agent heard what was sent");
    at
}

#[test]
fn the_onset_of_speech_is_noticed_within_200_ms_on_every_line() {
    for line in lines::ALL {
        // Frames of 20 ms and scores of 16 ms: four ways in which they lie to each other.
        let after_ms = [0, 20, 40, 60].map(|later_ms| {
            let mut w = World::on(line).voice_turns().build();
            w.run_for(1_000 + later_ms);
            let onset = w.now;
            w.caller_speaks(1_000);
            w.run_for(1_000);
            w.told_after_ms(&Told::SpeechStarted, onset)
        });
        println!("onset to SpeechStarted, {}: {after_ms:?} ms", line.sends);
        assert!((112..=200).contains(&after_ms[0]), "{line:?}: {after_ms:?}");
        // The talker's first syllable is not always enough; its second is.
        let most_ms = after_ms.into_iter().max();
        assert!(most_ms <= Some(400), "{line:?}: {after_ms:?}");
    }
}

#[test]
fn a_turn_is_over_after_the_silence_asked_for_and_never_less_than_100_ms() {
    for (silence_ms, expected_ms) in [(0, 100), (250, 250), (400, 400), (1_500, 1_500)] {
        let mut w = World::vonage()
            .voice_turns()
            .turn_config(|turns| turns.silence_ms = silence_ms)
            .build();
        w.run_for(1_000);
        w.caller_speaks(800);
        w.run_for(800);
        let silent_since = w.now;
        w.run_for(2_500);
        let after_ms = w.told_after_ms(&Told::EndOfTurn, silent_since);
        println!("end of speech to EndOfTurn at {silence_ms} ms: {after_ms} ms");
        // The detector's memory of three frames, its grid, and the frame in which it is noticed.
        let latest_ms = expected_ms + 3 * 16 + 16 + 20;
        assert!(
            (expected_ms..=latest_ms).contains(&after_ms),
            "{silence_ms} ms: {after_ms} ms"
        );
        assert_eq!(w.turns_told(), [Told::SpeechStarted, Told::EndOfTurn]);
    }
}

#[test]
fn a_pause_shorter_than_the_silence_is_part_of_the_turn() {
    for (pause_ms, turns) in [(300, 1), (600, 2)] {
        let mut w = World::twilio().voice_turns().build();
        w.run_for(1_000);
        w.caller_speaks(600);
        w.run_for(600 + pause_ms);
        w.caller_speaks(600);
        w.run_for(1_500);
        w.assert_told(&Told::SpeechStarted, turns);
        w.assert_told(&Told::EndOfTurn, turns);
    }
}

#[test]
fn the_threshold_says_from_which_score_on_sound_is_speech() {
    for (threshold, turns) in [(0.3, 1), (0.65, 1), (1.01, 0)] {
        let mut w = World::twilio()
            .voice_turns()
            .turn_config(|config| config.threshold = threshold)
            .build();
        w.run_for(1_000);
        w.caller_speaks(1_000);
        w.run_for(2_000);
        w.assert_told(&Told::SpeechStarted, turns);
        w.assert_told(&Told::EndOfTurn, turns);
    }
}

#[test]
fn a_word_into_silence_is_a_turn_however_short() {
    let mut w = World::twilio().voice_turns().build();
    w.run_for(1_000);
    w.caller_speaks(180);
    w.run_for(1_000);
    assert_eq!(w.turns_told(), [Told::SpeechStarted, Told::EndOfTurn]);
}

#[test]
fn a_click_is_nothing_at_all() {
    let mut w = World::twilio().voice_turns().build();
    for _ in 0..5 {
        w.run_for(500);
        w.caller_speaks(40);
    }
    w.run_for(1_000);
    assert_eq!(w.turns_told(), []);
}

#[test]
fn an_agent_that_hears_turns_alone_gets_exactly_the_prefix_before_the_onset() {
    let mut begins = Vec::new();
    for prefix_ms in [0, 20, 100, 300, 1_000] {
        let mut w = World::vonage()
            .voice_turns()
            .agent_hears(Hears::Turns)
            .turn_config(|turns| turns.prefix_ms = prefix_ms)
            .build();
        w.person.sent = Some(Vec::new());
        w.run_for(2_040);
        let spoke_at = w.person.sent.as_ref().map_or(0, Vec::len);
        w.caller_speaks(1_000);
        w.run_for(1_000);
        let sent = w.person.sent.take().expect("kept");
        let heard = w.agent.desk().notes.turns_audio.clone();
        // Up to now the turn goes on: the agent has everything from some point on.
        let from = sent.len() - heard.len();
        assert_eq!(heard, sent[from..], "{prefix_ms} ms");
        begins.push((spoke_at as i64 - from as i64) / 32);
    }
    let onset_before_ms = begins[0];
    assert!(onset_before_ms.abs() <= 50, "{onset_before_ms} ms");
    let prefixes = begins.iter().map(|begin| begin - onset_before_ms);
    assert_eq!(prefixes.collect::<Vec<_>>(), [0, 20, 100, 300, 1_000]);
}

#[test]
fn what_was_said_before_there_was_a_prefix_is_delivered_from_the_first_sound() {
    let mut w = World::vonage()
        .voice_turns()
        .agent_hears(Hears::Turns)
        .turn_config(|turns| turns.prefix_ms = 2_000)
        .build_connected();
    w.person.sent = Some(Vec::new());
    w.act(crate::sim::acts::Act::Start);
    w.caller_speaks(900);
    w.run_for(600);
    // Voice activity takes nothing for speech in the first 192 ms.
    let after_ms = w.told_after_ms(&Told::SpeechStarted, Time::ZERO);
    assert!(after_ms <= 192 + 200, "{after_ms} ms");
    let sent = w.person.sent.take().expect("kept");
    assert_eq!(w.agent.desk().notes.turns_audio, sent);
}

#[test]
fn between_turns_an_agent_that_hears_turns_alone_hears_nothing_and_nothing_twice() {
    let mut w = World::vonage()
        .voice_turns()
        .agent_hears(Hears::Turns)
        .turn_config(|turns| turns.prefix_ms = 1_000)
        .build();
    w.person.sent = Some(Vec::new());
    w.run_for(2_000);
    w.caller_speaks(900);
    w.run_for(1_500);
    w.assert_told(&Told::EndOfTurn, 1);
    let first = w.agent.desk().notes.turns_audio.clone();
    let upto = place_of(&first[32_000..], w.person.sent.as_ref().expect("kept")) + first.len();
    let upto = upto - 32_000;
    w.run_for(200);
    assert_eq!(w.agent.desk().notes.turns_audio.len(), first.len());
    w.caller_speaks(700);
    w.run_for(700);
    w.assert_told(&Told::SpeechStarted, 2);
    // Less than a second between them: the prefix begins where the first turn ended.
    let sent = w.person.sent.take().expect("kept");
    let second = &w.agent.desk().notes.turns_audio[first.len()..];
    assert_eq!(second, &sent[upto..]);
}

#[test]
fn silence_is_counted_where_the_network_sends_none() {
    for silence_ms in [400, 1_200] {
        let mut w = World::asterisk()
            .voice_turns()
            .turn_config(|turns| turns.silence_ms = silence_ms)
            .build();
        w.run_for(1_000);
        w.caller_network_suppresses_silence();
        w.caller_speaks(600);
        w.run_for(600);
        let silent_since = w.now;
        w.run_for(3_000);
        // The network counts as silent after 500 ms, and from then on every 100 ms.
        let after_ms = w.told_after_ms(&Told::EndOfTurn, silent_since);
        let earliest_ms = silence_ms.max(500) - 20;
        assert!(
            (earliest_ms..=earliest_ms + 120).contains(&after_ms),
            "{silence_ms} ms: {after_ms} ms"
        );
    }
}

#[test]
fn a_turn_that_sounds_unfinished_is_over_after_the_wait_asked_for() {
    let mut w = World::twilio()
        .voice_turns()
        .agent_answers_with(500)
        .build();
    w.agent_will_judge(&[TurnVerdict::Wait { ms: 1_700 }]);
    w.run_for(1_000);
    w.caller_speaks(800);
    w.run_for(4_000);
    let judged = w.agent.desk().notes.judged.clone();
    assert_eq!(judged.len(), 1, "once a pause");
    assert_eq!(w.told_after_ms(&Told::EndOfTurn, judged[0]), 1_700);
    w.assert_heard_ms(500);
}

#[test]
fn words_within_the_wait_go_on_with_the_turn_and_are_judged_anew() {
    let mut w = World::vonage()
        .voice_turns()
        .agent_hears(Hears::Turns)
        .build();
    w.agent_will_judge(&[TurnVerdict::Wait { ms: 1_000 }, TurnVerdict::Over]);
    w.person.sent = Some(Vec::new());
    w.run_for(1_000);
    w.caller_speaks(600);
    w.run_for(1_600);
    let silent_in_wait = w.turns_told();
    assert_eq!(silent_in_wait, [Told::SpeechStarted]);
    w.caller_speaks(600);
    w.run_for(2_500);
    assert_eq!(w.turns_told(), [Told::SpeechStarted, Told::EndOfTurn]);
    let judged = w.agent.desk().notes.judged.clone();
    assert_eq!(judged.len(), 2);
    assert_eq!(w.told_at(&Told::EndOfTurn), Some(judged[1]), "at once");
    // The pause belongs to the turn.
    let sent = w.person.sent.take().expect("kept");
    let heard = w.agent.desk().notes.turns_audio.clone();
    place_of(&heard[16_000..], &sent);
}

#[test]
fn only_what_is_a_turn_is_judged() {
    let mut w = World::twilio()
        .voice_turns()
        .sensitivity(crate::config::Sensitivity::Low)
        .agent_says_on_begin(4_000)
        .build();
    w.run_for(1_000);
    w.caller_speaks(180);
    w.run_for(1_000);
    w.assert_told(&Told::Backchannel, 1);
    assert!(w.agent.desk().notes.judged.is_empty());
}

#[test]
fn who_was_speaking_before_the_agent_takes_the_word_after_a_second_of_both() {
    let mut w = World::twilio()
        .voice_turns()
        .when(
            When::SpeechStarted,
            Do::After(1_000, Box::new(Do::Say(5_000))),
        )
        .build();
    w.run_for(1_000);
    w.caller_speaks(6_000);
    w.assert_silent();
    w.run_until(2_000, |w| w.carrier.is_sounding(w.now));
    let both_since = w.now;
    let after_ms = w.run_until(2_000, |w| !w.interruptions().is_empty());
    assert!((1_000..=1_020).contains(&after_ms), "{after_ms} ms of both");
    w.assert_silent();
    w.assert_interrupted(1, 1);
    w.run_for(3_000);
    assert_eq!(w.heard_ms(), w.interruptions()[0].0.ms_since(both_since));
}

#[test]
fn an_agent_that_talks_over_the_caller_in_short_sentences_is_stopped_as_well() {
    let mut w = World::twilio().voice_turns().build();
    w.run_for(1_000);
    w.caller_speaks(6_000);
    w.run_for(1_000);
    for _ in 0..6 {
        w.agent_says(600);
    }
    let after_ms = w.run_until(1_500, |w| !w.interruptions().is_empty());
    assert!((1_000..=1_040).contains(&after_ms), "{after_ms} ms of both");
    w.run_for(2_000);
    w.assert_silent();
}
