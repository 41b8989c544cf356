//! Speech in chunks that are no whole number of frames, each with a mark behind it.

use trunkline_codecs::format::AudioFormat;

use super::rig::{Rig, Sent};
use super::*;
use crate::agent::Action;

const CHUNKS: usize = 40;
const CHUNK_MS: u64 = 25;

/// A far end that plays what comes in real time and echoes each mark at its place.
#[derive(Default)]
struct Player {
    heard: Vec<u8>,
    plays_until: Time,
    turns: usize,
    /// Marks it has not played up to.
    marks: Vec<(Time, String)>,
}

impl Player {
    fn take(&mut self, now: Time, sent: Vec<Sent>, format: AudioFormat) {
        for sent in sent {
            match sent {
                Sent::Media(audio) => {
                    let us = format.us_for_bytes(audio.len());
                    self.plays_until = self.plays_until.max(now).plus_us(us);
                    self.heard.extend(audio);
                }
                Sent::Text(text) if text["event"] == "mark" => {
                    let name = text["mark"]["name"].as_str().expect("a name");
                    self.marks.push((self.plays_until, name.to_owned()));
                }
                Sent::Event(event) if event["event"] == "turn_begin" => self.turns += 1,
                _ => {}
            }
        }
    }

    fn echo(&mut self, rig: &mut Rig) {
        let now = rig.now();
        for (_, name) in self.marks.extract_if(.., |(at, _)| *at <= now) {
            rig.text(&json!({"event": "mark", "streamSid": "MZ1", "mark": {"name": name}}));
        }
    }
}

/// Says all of it at once, and lets it be heard.
fn say(rig: &mut Rig, chunk: impl Fn(usize) -> Vec<u8>, takes: AudioFormat) -> Player {
    let begin = Action::BeginUtterance {
        interruptible: true,
    };
    rig.agent().wants.push_back(begin);
    for n in 0..CHUNKS {
        rig.agent().audio = chunk(n);
        let mark = Action::Mark(n.to_string());
        rig.agent().wants.extend([Action::Audio, mark]);
        rig.input(Input::Tick);
    }
    rig.agent().wants.push_back(Action::EndUtterance);
    rig.input(Input::Tick);
    let mut player = Player::default();
    for _ in 0..3_000 {
        let sent = rig.take();
        player.take(rig.now(), sent, takes);
        player.echo(rig);
        rig.advance_ms(1);
    }
    player
}

/// Each mark was told once, in order, within 20 ms of its time.
#[track_caller]
fn assert_marked(rig: &mut Rig, begun: Time) {
    let told = &rig.agent().marked;
    assert_eq!(told.len(), CHUNKS);
    for (n, (at, name, played)) in told.iter().enumerate() {
        let ends_ms = (n as u64 + 1) * CHUNK_MS;
        let at_ms = at.ms_since(begun);
        assert_eq!((name.as_str(), *played), (n.to_string().as_str(), true));
        assert!(at_ms.abs_diff(ends_ms) <= 20, "{name}: {at_ms}, {ends_ms}");
    }
}

#[test]
fn marks_between_chunks_put_no_silence_into_speech_for_twilio() {
    let mut rig = Rig::twilio(vec![]);
    rig.start();
    let begun = rig.now();
    let chunk = |n: usize| vec![n as u8; 200];
    let player = say(&mut rig, chunk, AudioFormat::MULAW_8K);
    let said: Vec<_> = (0..CHUNKS).flat_map(chunk).collect();
    assert_eq!(player.heard, said);
    assert_marked(&mut rig, begun);
    assert_eq!((rig.agent().spoken, rig.counters().turns), (1, 1));
}

#[test]
fn marks_between_chunks_put_no_silence_into_speech_for_omni() {
    let mut rig = Rig::omni("rate=16000", vec![]);
    rig.agent().speaks = Some(AudioFormat::pcm16(8_000));
    rig.up();
    rig.control(&json!({"type": "configure"}));
    let begun = rig.now();
    // 500 Hz, which is never silent for a millisecond.
    let chunk = |n: usize| {
        let tone = |at: usize| {
            let phase = at as f64 / 16.0 * std::f64::consts::TAU;
            ((phase.sin() * 8_000.0) as i16).to_le_bytes()
        };
        (n * 200..(n + 1) * 200).flat_map(tone).collect()
    };
    let takes = AudioFormat::pcm16(24_000);
    let player = say(&mut rig, chunk, takes);
    let mut samples = Vec::new();
    takes.decode(&player.heard, &mut samples).expect("whole");
    let ms = samples.len() / 24;
    // The resampler's delay, and the rest of the last frame.
    assert!((1_000..=1_040).contains(&ms), "{ms} ms");
    let quiet = samples[240..23_900].chunks(24).position(|ms| {
        let loudest = ms.iter().map(|sample| sample.unsigned_abs()).max();
        loudest.is_none_or(|loudest| loudest < 4_000)
    });
    assert_eq!(quiet, None, "no millisecond without sound");
    assert_marked(&mut rig, begun);
    assert_eq!((player.turns, rig.agent().spoken), (1, 1));
}
