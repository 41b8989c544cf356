//! What was heard of an answer that was cut off, in milliseconds and in words, and what is remembered of it.

use trunkline_codecs::format::AudioFormat;

use crate::agent::Action;
use crate::history::Speaker;
use crate::sim::lines;
use crate::sim::script::Told;
use crate::sim::world::World;

const TEXT: &str = "One two three four five six seven eight nine ten";

/// Each of the ten words takes 300 ms, with pauses behind the fifth.
const WORDS: [(&str, u64, u64); 10] = [
    ("One", 0, 300),
    ("two", 300, 600),
    ("three", 600, 900),
    ("four", 900, 1_200),
    ("five", 1_200, 1_500),
    ("six", 2_500, 2_800),
    ("seven", 2_800, 3_100),
    ("eight", 3_100, 3_400),
    ("nine", 3_400, 3_700),
    ("ten", 3_700, 4_000),
];

#[test]
fn milliseconds_heard_are_those_of_the_carrier_on_every_line() {
    for line in lines::ALL {
        for after_ms in [1, 333, 1_987] {
            let mut w = World::on(line).agent_says_on_begin(3_000).build();
            w.run_for(after_ms);
            w.caller_interrupts();
            w.run_for(0);
            let told = w.interruptions();
            assert_eq!(told, [(w.now, after_ms)], "{line:?}");
            w.assert_interrupted(1, 0);
        }
    }
}

#[test]
fn another_rate_at_the_agents_is_the_same_time() {
    for rate_hz in [16_000, 22_050, 24_000, 48_000] {
        let mut w = World::twilio()
            .agent_speaks(AudioFormat::pcm16(rate_hz))
            .agent_says_on_begin(3_000)
            .build();
        w.run_for(1_500);
        w.caller_interrupts();
        w.run_for(0);
        // The resampler holds up to 2 ms of them.
        let told_ms = w.interruptions()[0].1;
        assert!((1_498..=1_500).contains(&told_ms), "{told_ms} ms");
        w.assert_interrupted(1, 5);
    }
}

#[test]
fn an_engines_timings_decide_which_words_were_heard() {
    for (after_ms, heard) in [
        (100, ""),
        (239, ""),
        (241, "One"),
        (1_000, "One two three"),
        (2_400, "One two three four five"),
        (3_750, "One two three four five six seven eight nine"),
    ] {
        let mut w = World::twilio().build();
        w.agent_announces(TEXT);
        w.agent_starts(4_000);
        w.agent_times_words(&WORDS);
        w.run_for(after_ms);
        w.caller_interrupts();
        w.run_for(0);
        assert_eq!(w.heard_text(), heard, "after {after_ms} ms");
    }
}

#[test]
fn words_timed_behind_their_audio_still_count() {
    let mut w = World::twilio().build();
    w.agent_announces(TEXT);
    w.agent_starts(4_000);
    w.agent_finishes();
    w.run_for(1_000);
    // Alignments come late, and in pieces.
    w.agent_times_words(&WORDS[..3]);
    w.agent_times_words(&WORDS[3..]);
    w.run_for(1_600);
    w.caller_interrupts();
    w.run_for(0);
    assert_eq!(w.heard_text(), "One two three four five");
}

#[test]
fn without_timings_the_share_of_the_utterance_decides() {
    for (after_ms, heard) in [
        (1, ""),
        (1_000, "One two three"),
        (2_000, "One two three four five"),
        (3_999, "One two three four five six seven eight nine"),
    ] {
        let mut w = World::plivo().build();
        w.agent_tells(4_000, TEXT);
        w.run_for(after_ms);
        w.caller_interrupts();
        w.run_for(0);
        let said = w.heard_text();
        assert!(TEXT.starts_with(&said), "{said}");
        let words = |text: &str| text.split_whitespace().count();
        assert!(
            words(&said).abs_diff(words(heard)) <= 1,
            "after {after_ms} ms: {said}"
        );
    }
}

#[test]
fn sentences_are_heard_with_the_audio_they_were_announced_with() {
    let mut w = World::twilio().build();
    w.agent_announces("Good morning.");
    w.agent_starts(1_000);
    w.agent_announces("How may I help you today?");
    w.agent_goes_on(2_000);
    w.agent_announces("Bye.");
    w.agent_goes_on(500);
    w.agent_finishes();
    w.run_for(1_000);
    w.caller_interrupts();
    w.run_for(0);
    assert_eq!(w.heard_text(), "Good morning.");

    let mut w = World::twilio().build();
    w.agent_announces("Good morning.");
    w.agent_starts(1_000);
    w.agent_announces("How may I help you today?");
    w.agent_goes_on(2_000);
    w.run_for(2_000);
    w.caller_interrupts();
    w.run_for(0);
    let heard = w.heard_text();
    assert!(heard.starts_with("Good morning. How may I"), "{heard}");
    assert!(!heard.contains("today"), "{heard}");
}

#[test]
fn where_no_text_is_known_the_milliseconds_are() {
    let mut w = World::twilio().agent_says_on_begin(3_000).build();
    w.run_for(700);
    w.caller_interrupts();
    w.run_for(0);
    let told = Told::Interrupted {
        heard_ms: 700,
        heard: String::new(),
    };
    w.assert_told(&told, 1);
    assert!(w.history().is_empty());
}

#[test]
fn history_holds_what_was_heard_and_no_more() {
    let mut w = World::twilio().build();
    w.agent_tells(500, "Hello there.");
    w.run_for(600);
    w.agent_wants(Action::CallerSaid("hi".to_owned()));
    w.agent_announces(TEXT);
    w.agent_starts(4_000);
    w.agent_times_words(&WORDS);
    w.agent_finishes();
    w.agent_tells(1_000, "Never begun.");
    w.run_for(1_000);
    w.caller_interrupts();
    w.run_for(10);
    w.agent_wants(Action::CallerSaid("stop".to_owned()));
    w.run_for(10);
    let history = w.history();
    let said: Vec<_> = history
        .iter()
        .map(|said| (said.speaker, said.text.as_str(), said.cut_off))
        .collect();
    assert_eq!(
        said,
        [
            (Speaker::Agent, "Hello there.", false),
            (Speaker::Caller, "hi", false),
            (Speaker::Agent, "One two three", true),
            (Speaker::Caller, "stop", false),
        ]
    );
}

#[test]
fn an_utterance_heard_whole_is_remembered_though_its_mark_was_not_answered_yet() {
    let mut w = World::plivo().latency_ms(200).build();
    w.agent_tells(500, "Hello there.");
    w.agent_tells(3_000, TEXT);
    // Heard by 700 ms; the answer to its mark would be here at 900.
    w.run_for(600);
    w.caller_interrupts();
    w.run_until(250, |w| !w.interruptions().is_empty());
    w.assert_spoken(1);
    assert_eq!(w.heard_text(), "One");
    let history = w.history();
    assert_eq!(history.len(), 1);
    assert_eq!(history[0].text, "Hello there. One");
    assert!(history[0].cut_off);
}

#[test]
fn what_nobody_heard_is_not_remembered() {
    let mut w = World::twilio().build();
    w.caller_link_blocks(3_000);
    w.agent_tells(2_000, "Into the void.");
    w.run_for(500);
    w.agent_cuts_itself_off();
    w.run_for(4_000);
    w.assert_heard_ms(0);
    assert!(w.history().is_empty());
}

#[test]
fn what_slipped_to_make_up_for_a_stall_is_in_the_agents_own_time() {
    let mut w = World::twilio().agent_in_real_time().build();
    w.agent_announces("A long story");
    w.agent_starts(20_000);
    let begun = w.now;
    w.run_for(2_000);
    w.caller_link_blocks(1_500);
    w.run_for(14_000);
    assert!(w.counters().slipped_ms > 500, "{:?}", w.counters());
    w.caller_interrupts();
    w.run_for(0);
    let (at, heard_ms) = w.interruptions()[0];
    // It sends in real time: what is heard now was said a lead ago, or little more.
    let behind_ms = at.ms_since(begun) - heard_ms;
    assert!(behind_ms <= 300, "{behind_ms} ms behind");
    assert!(heard_ms >= w.heard_ms() + 500, "more than was played");
}

#[test]
fn an_utterance_cut_off_by_the_agent_itself_is_remembered_as_heard() {
    let mut w = World::twilio().build();
    w.agent_tells(4_000, TEXT);
    w.run_for(2_000);
    w.agent_cuts_itself_off();
    w.run_for(10);
    w.assert_interrupted(0, 0);
    let history = w.history();
    assert_eq!(history.len(), 1);
    assert!(history[0].cut_off);
    assert!(TEXT.starts_with(&history[0].text));
    assert!(history[0].text.len() < TEXT.len());
}
