//! Whole calls over Twilio Media Streams, against a carrier written from the vendor's page.

mod stage;

use stage::Stage;
use trunkline_call::Ending;
use trunkline_codecs::resample::Resampler;
use trunkline_codecs::vad::{RATE_HZ, Segmenter, VadConfig, VadEvent};
use trunkline_testkit::{Carrier, Dial, FromGateway, Marks, mulaw, recording};

const AGENTS: &str = r#"
    [agents.echo]
    echo = true
    [agents.desk]
    script = "builtin:booking"
    [routes]
    "+15550123" = "desk"
"#;

/// A stream to this agent or number, with the gateway's key.
fn dial(stage: &Stage, route: &str) -> Dial {
    let path = format!("/v1/telephony/streams/twilio/{route}");
    stage.dial(&path).bearer(stage.key())
}

/// People speaking: names of Asterisk's prompts, 15 to 31 s each.
const SPEECH: [&str; 6] = [
    "demo-congrats",
    "basic-pbx-ivr-main",
    "priv-callee-options",
    "vm-options",
    "vm-msginstruct",
    "demo-echotest",
];

/// Packets under way at once: more than the gateway sends ahead, so that it is never kept waiting.
const WINDOW: usize = 15;

/// Sends every packet, one for one that came back beyond the window, and gives what came back.
async fn echo(carrier: &mut Carrier, packets: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut back = Vec::new();
    let mut sent = 0;
    while back.len() < packets.len() {
        while sent < packets.len() && sent < back.len() + WINDOW {
            carrier.media(&packets[sent]).await;
            sent += 1;
        }
        match carrier.next().await {
            FromGateway::Media(audio) => back.push(audio),
            other => panic!("expected media, got {other:?} after {} packets", back.len()),
        }
    }
    back
}

#[tokio::test(flavor = "multi_thread")]
async fn human_speech_comes_back_whole_and_in_order() {
    let mut stage = Stage::set(AGENTS).await;
    let mut calls = tokio::task::JoinSet::new();
    for name in SPEECH {
        let stream = dial(&stage, "echo");
        calls.spawn(async move {
            let packets = mulaw::packets(&recording::speech(name));
            let mut carrier = Carrier::call(&stream, Marks::Played).await;
            let back = echo(&mut carrier, &packets).await;
            for (at, (sent, back)) in packets.iter().zip(&back).enumerate() {
                assert!(sent == back, "{name}: packet {at} came back altered");
            }
            carrier.stop().await;
            let rest = carrier.until_closed().await;
            assert_eq!(rest, [FromGateway::Closed(Some(1000))], "{name}");
            packets.len() as u64
        });
    }
    let sent: u64 = calls.join_all().await.iter().sum();
    let (mut heard, mut said) = (0, 0);
    for _ in SPEECH {
        let (ending, counters) = stage.ended().await;
        assert_eq!(ending, Ending::CallerHungUp);
        assert_eq!(
            (
                counters.media_lost,
                counters.dropped,
                counters.overflow_bytes
            ),
            (0, 0, 0)
        );
        assert_eq!(
            counters.turns, 1,
            "an echo is one long turn, without a mark"
        );
        heard += counters.media_in;
        said += counters.media_out;
    }
    assert_eq!((heard, said), (sent, sent));
    println!("{sent} packets of human speech, {} s", sent / 50);
    stage.clear().await;
}

/// Short prompts without a pause, as a caller's turns are.
const TURNS: [&str; 10] = [
    "hello-world",
    "vm-goodbye",
    "auth-thankyou",
    "vm-incorrect",
    "dir-nomatch",
    "vm-login",
    "vm-password",
    "conf-getpin",
    "vm-received",
    "conf-onlyperson",
];

/// What a [`Segmenter`] finds in a line that carries these samples at 8 kHz, in samples at 16 kHz.
fn segments(narrow: &[i16]) -> Vec<std::ops::Range<u64>> {
    let mut wide = Vec::new();
    let mut resampler = Resampler::new(8_000, RATE_HZ).expect("telephone rates");
    resampler.process(narrow, &mut wide);
    let mut segmenter = Segmenter::new(VadConfig::default());
    let mut segments = Vec::new();
    let mut started = None;
    segmenter.push(&wide, |event| match event {
        VadEvent::SpeechStarted { at_sample } => {
            assert_eq!(started.replace(at_sample), None, "started twice");
        }
        VadEvent::SpeechStopped { at_sample } => {
            segments.push(started.take().expect("a start before every stop")..at_sample);
        }
    });
    assert!(!segmenter.is_speaking(), "speech never ended");
    segments
}

/// First and last sample of a recording that is loud in a window of 10 ms, at 16 kHz.
fn loud(narrow: &[i16]) -> std::ops::Range<u64> {
    let is_loud = |window: &[i16]| {
        let energy: i64 = window.iter().map(|s| i64::from(*s).pow(2)).sum();
        energy > 300 * 300 * window.len() as i64
    };
    let mut windows = narrow.chunks(80);
    let first = windows.position(is_loud).expect("some sound");
    let last = narrow
        .chunks(80)
        .collect::<Vec<_>>()
        .into_iter()
        .rposition(is_loud);
    (first as u64 * 160)..(last.expect("some sound") as u64 * 160 + 160)
}

#[test]
fn human_speech_is_found_in_recordings_off_the_telephone() {
    // One line on which people speak one after the other, 0.8 s apart.
    const PAUSE: usize = 6_400;
    let mut line = vec![0; PAUSE];
    let mut turns = Vec::new();
    for name in TURNS.iter().chain(&SPEECH) {
        let narrow = recording::speech(name);
        let (from, spoken) = (line.len() as u64 * 2, loud(&narrow));
        turns.push((name, from + spoken.start..from + spoken.end));
        line.extend(narrow);
        line.extend([0; PAUSE]);
    }
    let segments = segments(&line);
    assert!(
        segments.is_sorted_by(|a, b| a.end <= b.start),
        "{segments:?}"
    );
    println!(
        "{:<22} {:>9} {:>9} {:>9}",
        "recording", "segments", "onset", "end"
    );
    for (name, truth) in &turns {
        let inside: Vec<_> = segments
            .iter()
            .filter(|s| s.start < truth.end && s.end > truth.start)
            .collect();
        let (Some(first), Some(last)) = (inside.first(), inside.last()) else {
            panic!("{name}: not found in {segments:?}");
        };
        let onset_ms = (first.start.cast_signed() - truth.start.cast_signed()) / 16;
        let end_ms = (last.end.cast_signed() - truth.end.cast_signed()) / 16;
        println!(
            "{name:<22} {:>9} {onset_ms:>6} ms {end_ms:>6} ms",
            inside.len()
        );
        assert!(
            (-150..=300).contains(&onset_ms),
            "{name}: begins {onset_ms} ms late"
        );
        assert!(
            (-350..=350).contains(&end_ms),
            "{name}: ends {end_ms} ms late"
        );
        for segment in inside {
            assert!(
                segment.end - segment.start > 1_600,
                "{name}: {segment:?} is no word"
            );
        }
    }
    assert!(
        segments.len() >= turns.len(),
        "{} turns, {segments:?}",
        turns.len()
    );
    let speech: u64 = segments.iter().map(|s| s.end - s.start).sum();
    let percent = speech * 100 / (line.len() as u64 * 2);
    println!(
        "{} segments, {percent} % speech of {} s",
        segments.len(),
        line.len() / 8_000
    );
    assert!((40..=95).contains(&percent), "{percent} % speech");
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_packets_are_counted_and_not_made_up() {
    let mut stage = Stage::set(AGENTS).await;
    let mut carrier = Carrier::call(&dial(&stage, "echo"), Marks::Played).await;
    let packets = mulaw::packets(&recording::speech("vm-options")[..160 * 40]);
    assert!(echo(&mut carrier, &packets[..20]).await == packets[..20]);
    carrier.lose(3);
    assert!(echo(&mut carrier, &packets[20..]).await == packets[20..]);
    carrier.stop().await;
    carrier.until_closed().await;
    let (_, counters) = stage.ended().await;
    assert_eq!((counters.media_in, counters.media_lost), (40, 3));
    stage.clear().await;
}

fn media_frames(messages: &[FromGateway]) -> usize {
    let media = messages.iter().map(|message| match message {
        FromGateway::Media(audio) => {
            assert_eq!(audio.len(), 160, "20 ms of μ-law");
            1
        }
        other => panic!("expected media alone, got {other:?}"),
    });
    media.sum()
}

/// One mark behind every utterance; the call goes on when it comes back, or when it does not.
#[tokio::test(flavor = "multi_thread")]
async fn an_utterance_ends_with_its_mark() {
    for (marks, route) in [
        (Marks::Played, "desk"),
        (Marks::Played, "+15550123"),
        (Marks::Ignored, "desk"),
    ] {
        let mut stage = Stage::set(AGENTS).await;
        let mut carrier = Carrier::call(&dial(&stage, route), marks).await;
        let (greeting, first) = carrier.until_mark().await;
        assert!(media_frames(&greeting) > 100, "a greeting of two sentences");
        // Opening hours, asked for by key: an answer and the question again.
        carrier.dtmf('2').await;
        let (answer, second) = carrier.until_mark().await;
        let cleared = answer.iter().filter(|m| **m == FromGateway::Clear).count();
        assert!(cleared <= 1, "{cleared} clears");
        let names = [first, second];
        assert_eq!(names[0], "tl-0-0");
        // Where the greeting was still being played the key cut it off.
        assert!(
            ["tl-0-1", "tl-1-1"].contains(&names[1].as_str()),
            "{names:?}"
        );
        carrier.stop().await;
        carrier.until_closed().await;
        if marks == Marks::Played {
            assert_eq!(carrier.echoed[0], names[0]);
        } else {
            assert!(carrier.echoed.is_empty());
        }
        let (ending, counters) = stage.ended().await;
        assert_eq!((ending, counters.turns), (Ending::CallerHungUp, 2));
        assert_eq!(counters.dropped, 0, "marks that come back are no faults");
        stage.clear().await;
    }
}

/// A caller who says nothing is asked again, once the greeting has been played.
#[tokio::test(flavor = "multi_thread")]
async fn silence_is_noticed_after_the_greeting() {
    for marks in [Marks::Played, Marks::Ignored] {
        let stage = Stage::set(AGENTS).await;
        let mut carrier = Carrier::call(&dial(&stage, "desk"), marks).await;
        let (_, greeting) = carrier.until_mark().await;
        let (question, again) = carrier.until_mark().await;
        assert_eq!(
            [greeting.as_str(), again.as_str()],
            ["tl-0-0", "tl-0-1"],
            "{marks:?}"
        );
        assert!(
            media_frames(&question) > 25,
            "{marks:?}: at least half a second of speech"
        );
        carrier.stop().await;
        carrier.until_closed().await;
        stage.clear().await;
    }
}

/// A key pressed while the agent speaks clears the carrier before anything else is said.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_during_speech_clears_and_is_answered() {
    let mut stage = Stage::set(AGENTS).await;
    let mut carrier = Carrier::call(&dial(&stage, "desk"), Marks::Played).await;
    for _ in 0..10 {
        let next = carrier.next().await;
        assert!(matches!(next, FromGateway::Media(_)), "{next:?}");
    }
    carrier.dtmf('2').await;
    let (answer, mark) = carrier.until_mark().await;
    let clear = answer.iter().position(|m| *m == FromGateway::Clear);
    let clear = clear.unwrap_or_else(|| panic!("no clear before mark {mark:?}: {}", answer.len()));
    media_frames(&answer[..clear]);
    assert!(
        media_frames(&answer[clear + 1..]) > 50,
        "an answer behind the clear"
    );
    assert_eq!(mark, "tl-1-0", "the first mark after one clear");
    carrier.stop().await;
    carrier.until_closed().await;
    let (ending, counters) = stage.ended().await;
    assert_eq!((ending, counters.turns), (Ending::CallerHungUp, 2));
    stage.clear().await;
}

/// Books a table by keys alone, over the agent's words, and is hung up on after the last of them.
#[tokio::test(flavor = "multi_thread")]
async fn the_agent_hangs_up_after_its_last_mark() {
    for marks in [Marks::Played, Marks::Ignored] {
        let mut stage = Stage::set(AGENTS).await;
        let mut carrier = Carrier::call(&dial(&stage, "desk"), marks).await;
        for keys in ["1", "4#", "730#", "1", "2"] {
            for digit in keys.chars() {
                carrier.dtmf(digit).await;
            }
            // The agent answers before the next keys are pressed.
            while !matches!(carrier.next().await, FromGateway::Media(_)) {}
        }
        let rest = carrier.until_closed().await;
        assert_eq!(
            rest.last(),
            Some(&FromGateway::Closed(Some(1000))),
            "{marks:?}"
        );
        let last_mark = rest.iter().rev().find_map(|m| match m {
            FromGateway::Mark(name) => Some(name.clone()),
            _ => None,
        });
        let last_mark = last_mark.expect("a mark behind the last words");
        let behind = rest
            .iter()
            .skip_while(|m| **m != FromGateway::Mark(last_mark.clone()));
        assert_eq!(
            behind.count(),
            2,
            "the last mark, the close, and nothing between"
        );
        if marks == Marks::Played {
            assert_eq!(
                carrier.echoed.last(),
                Some(&last_mark),
                "closed before it was played"
            );
        }
        let (ending, _) = stage.ended().await;
        assert_eq!(ending, Ending::AgentHungUp, "{marks:?}");
        stage.clear().await;
    }
}
