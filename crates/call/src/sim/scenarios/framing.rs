//! How long the messages are in which the agent's speech leaves.

use trunkline_codecs::format::AudioFormat;

use crate::caller::{FrameRule, Line};
use crate::sim::lines;
use crate::sim::stamp;
use crate::sim::world::World;

/// Pieces that bots have been seen to give, in bytes, and one that is odd.
const PIECES: [usize; 8] = [104, 296, 758, 1_100, 1_516, 2_200, 3_032, 1];

/// Frames of 20 ms of what the agent says first.
fn speech(format: AudioFormat, frames: u64) -> Vec<u8> {
    let mut audio = Vec::new();
    for number in 0..frames {
        stamp::write(number, format, &mut audio);
    }
    audio
}

fn bytes_sent(w: &World) -> Vec<u8> {
    w.audio_sent()
        .into_iter()
        .flat_map(|(_, audio)| audio)
        .collect()
}

fn lengths(w: &World) -> Vec<usize> {
    w.audio_sent()
        .iter()
        .map(|(_, audio)| audio.len())
        .collect()
}

const fn exact(us: u64, line: Line) -> Line {
    Line {
        framing: FrameRule::Exact { us },
        ..line
    }
}

#[test]
fn every_line_gets_messages_of_its_own_length() {
    let telephone = |rate_hz| Line {
        takes: AudioFormat::pcm16(rate_hz),
        ..lines::VONAGE
    };
    for (line, first, others) in [
        (lines::TWILIO, 160, 160),
        (lines::PLIVO, 160, 160),
        (telephone(8_000), 320, 320),
        (telephone(16_000), 640, 640),
        (telephone(24_000), 960, 960),
        (lines::ASTERISK, 160, 160),
        (exact(10_000, lines::ASTERISK), 80, 80),
        (exact(60_000, lines::ASTERISK), 480, 480),
        (lines::AUDIO_SOCKET, 320, 320),
        (lines::ACS, 960, 960),
        // Their lead and the message on top of it in one.
        (lines::EXOTEL, 6_400, 3_200),
        (lines::GENESYS, 2_400, 800),
    ] {
        let mut w = World::on(line).build_taped();
        w.run_for(1_000);
        w.agent_says(1_200);
        w.run_for(1_500);
        let lengths = lengths(&w);
        assert_eq!(lengths.first(), Some(&first), "{line:?}");
        assert!(lengths[1..].iter().all(|l| *l == others), "{lengths:?}");
        w.assert_heard_ms(1_200);
        w.assert_no_gaps();
    }
}

#[test]
fn pieces_of_any_size_are_cut_anew() {
    for piece in PIECES {
        for line in [
            lines::VONAGE,
            lines::EXOTEL,
            lines::ASTERISK,
            lines::GENESYS,
        ] {
            let mut w = World::on(line)
                .agent_gives_pieces_of(piece)
                .agent_says_on_begin(600)
                .build_taped();
            w.run_for(1_000);
            // The watch checks each message's length.
            assert_eq!(
                bytes_sent(&w),
                speech(line.takes, 30),
                "{piece} on {line:?}"
            );
            w.assert_no_gaps();
        }
    }
}

#[test]
fn speech_in_the_callers_own_format_is_passed_byte_for_byte() {
    for line in [lines::TWILIO, lines::PLIVO, lines::OMNI, lines::ACS] {
        let mut w = World::on(line).agent_says_on_begin(1_000).build_taped();
        w.run_for(1_000);
        assert_eq!(bytes_sent(&w), speech(line.takes, 50), "{line:?}");
    }
}

#[test]
fn speech_in_another_law_keeps_every_sample() {
    for (speaks, line) in [
        (AudioFormat::pcm16(8_000), lines::TWILIO),
        (AudioFormat::pcm16(8_000), lines::PLIVO),
        (AudioFormat::MULAW_8K, lines::AUDIO_SOCKET),
    ] {
        let mut w = World::on(line)
            .agent_speaks(speaks)
            .agent_gives_pieces_of(758)
            .agent_says_on_begin(1_000)
            .build_taped();
        w.run_for(1_100);
        assert_eq!(w.sent_us(), 1_000_000, "{speaks} on {line:?}");
        w.assert_heard_ms(1_000);
        w.assert_no_gaps();
    }
}

#[test]
fn the_tail_is_padded_with_the_codecs_own_silence() {
    for (line, silence) in [
        (lines::TWILIO, 0xFF),
        (lines::PLIVO, 0xD5),
        (lines::VONAGE, 0x00),
    ] {
        let line = exact(60_000, line);
        let mut w = World::on(line).agent_says_on_begin(80).build_taped();
        w.run_for(500);
        let frame = line.takes.bytes_for_us(60_000);
        assert_eq!(lengths(&w), [frame, frame]);
        let (sent, said) = (bytes_sent(&w), speech(line.takes, 4));
        assert_eq!(sent[..said.len()], said);
        let tail = &sent[said.len()..];
        assert_eq!(tail, vec![silence; line.takes.bytes_for_us(40_000)]);
        w.assert_heard_ms(80);
    }
}

#[test]
fn every_utterance_has_a_tail_of_its_own() {
    let line = exact(60_000, lines::ASTERISK);
    let mut w = World::on(line).build_taped();
    w.agent_says(80);
    w.agent_says(20);
    w.run_for(300);
    let sent = w.audio_sent();
    let times: Vec<_> = sent.iter().map(|(at, _)| at.as_ms()).collect();
    assert_eq!(times, [0, 60, 120]);
    assert!(sent.iter().all(|(_, audio)| audio.len() == 480));
    // What is said next does not begin within the message that ends the first.
    let second = &sent[2].1;
    assert_eq!(second[160..], [0xFF; 320]);
    w.assert_heard_ms(100);
    w.assert_spoken(2);
}

#[test]
fn silence_behind_the_last_word_is_not_speech_that_was_heard() {
    let mut w = World::exotel().agent_says_on_begin(40).build_taped();
    assert_eq!(lengths(&w), [3_200], "40 ms in the least there may be");
    w.run_for(150);
    w.assert_spoken(0);
    w.caller_interrupts();
    w.run_for(10);
    let told = w.interruptions();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].1, 40, "and 110 ms of silence");
}

#[test]
fn a_rest_too_short_for_a_message_goes_with_the_one_before() {
    // In multiples of 20 ms, 200 ms at least; a lead of 200 ms goes in front.
    for (ms, lengths_ms) in [
        (400, vec![400]),
        (460, vec![460]),
        (580, vec![580]),
        (600, vec![400, 200]),
        (660, vec![400, 260]),
    ] {
        let mut w = World::exotel().build_taped();
        w.run_for(1_000);
        w.agent_says(ms);
        w.run_for(1_000);
        let sent: Vec<_> = lengths(&w).iter().map(|bytes| bytes / 16).collect();
        assert_eq!(sent, lengths_ms, "{ms} ms");
        w.assert_heard_ms(ms);
        w.assert_no_gaps();
    }
}

#[test]
fn less_than_a_message_waits_for_the_rest_or_the_end() {
    for (line, message_ms, then_ms, whole_ms) in [
        // Where longer messages may be sent, all that is there goes in one.
        (lines::EXOTEL, 200, 220, 220),
        (lines::GENESYS, 100, 120, 120),
        (exact(60_000, lines::ASTERISK), 60, 60, 120),
    ] {
        let mut w = World::on(line).build_taped();
        w.agent_starts(message_ms - 20);
        w.run_for(500);
        assert_eq!(w.sent_us(), 0, "{line:?}");
        w.agent_goes_on(40);
        w.run_for(500);
        assert_eq!(w.sent_us(), then_ms * 1_000, "{line:?}");
        w.agent_finishes();
        w.run_for(500);
        assert_eq!(w.sent_us(), whole_ms * 1_000, "{line:?}");
        w.assert_heard_ms(message_ms + 20);
        w.assert_spoken(1);
    }
}

#[test]
fn genesys_gets_no_more_than_ten_messages_a_second() {
    let mut w = World::genesys().build_taped();
    w.run_for(1_000);
    w.agent_says(10_000);
    w.run_for(4_000);
    w.caller_link_blocks(1_500);
    w.run_for(10_000);
    let times: Vec<_> = w.audio_sent().iter().map(|(at, _)| *at).collect();
    for (n, from) in times.iter().enumerate() {
        let second = times[n..].iter().take_while(|at| at.ms_since(*from) < 950);
        assert!(second.count() <= 10, "in the second from {from}");
    }
    w.assert_heard_ms(10_000);
}

#[test]
fn no_message_is_longer_than_its_line_takes() {
    let line = Line {
        framing: FrameRule::Multiple {
            unit_bytes: 320,
            min_bytes: 3_200,
            max_bytes: 4_800,
        },
        ..lines::EXOTEL
    };
    let mut w = World::on(line).build_taped();
    w.run_for(1_000);
    w.agent_says(920);
    w.run_for(1_500);
    let lengths = lengths(&w);
    // A lead of 200 ms and 200 ms on top do not fit into one message of 300.
    assert_eq!(lengths.first(), Some(&4_800));
    assert!(lengths.iter().all(|l| *l <= 4_800), "{lengths:?}");
    w.assert_heard_ms(920);
    w.assert_no_gaps();
}
