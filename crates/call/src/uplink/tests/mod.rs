//! The uplink as a whole: frames in, what the agent gets and what is found out.

mod order;
mod speech;
pub(crate) mod talker;

use trunkline_codecs::dtmf::{Digit, Tone};

use super::*;
use crate::caller::{FrameRule, MarkEcho, Pacing, Transfer};
use talker::{phrase, talk};

const MULAW: AudioFormat = AudioFormat::MULAW_8K;
const NOTHING: (Heard, Activity) = (
    Heard::Nothing,
    Activity {
        started_ago_us: None,
        stopped_ago_us: None,
        voiced_us: 0,
        level_dbfs: -100.0,
        key: None,
    },
);

/// An uplink with its buffers and its clock.
struct Rig {
    uplink: Uplink,
    scratch: Scratch,
    now: Time,
}

fn line(sends: AudioFormat, reorder_ms: u64) -> Line {
    Line {
        sends,
        takes: sends,
        framing: FrameRule::Any,
        pacing: Pacing::RealTime,
        marks: MarkEcho::Never,
        clears: true,
        reorder_ms,
        transfer: Transfer::Nobody,
        starts_unasked: false,
    }
}

fn needs(listens: Option<AudioFormat>, hears: Hears, turns: TurnMode) -> AgentNeeds {
    AgentNeeds {
        hears,
        turns,
        ..AgentNeeds::new(listens, MULAW)
    }
}

impl Rig {
    fn new(sends: AudioFormat, needs: AgentNeeds) -> Self {
        Self::configured(&line(sends, 0), UplinkConfig::default(), needs)
    }

    fn configured(line: &Line, config: UplinkConfig, needs: AgentNeeds) -> Self {
        let uplink = Uplink::new(line, &config, &TurnConfig::default(), needs);
        Self {
            uplink: uplink.expect("rates of the codecs"),
            scratch: Scratch::new(),
            now: Time::from_ms(1_000),
        }
    }

    /// A frame that came in order.
    fn hear(&mut self, audio: &[u8]) -> (Heard, Activity) {
        self.now = self
            .now
            .plus_us(self.uplink.sends.us_for_bytes(audio.len()));
        let arrival = self.uplink.arrive(self.now, Place::default(), audio);
        assert!(matches!(arrival, Arrival::Now { .. }));
        self.uplink.hear(self.now, audio, &mut self.scratch)
    }

    /// Frames of 20 ms; what was found in each, with the time.
    fn hear_samples(&mut self, samples: &[i16]) -> Vec<(Time, Activity)> {
        let sends = self.uplink.sends;
        samples
            .chunks(sends.rate_hz as usize / 50)
            .map(|frame| {
                let mut bytes = Vec::new();
                sends.encode(frame, &mut bytes);
                let (_, activity) = self.hear(&bytes);
                (self.now, activity)
            })
            .collect()
    }

    /// Silence to its end; the bytes the agent got of it.
    fn silence(&mut self, us: u64) -> (Vec<Vec<u8>>, Vec<Activity>) {
        let (mut left_us, mut heard, mut found) = (us, Vec::new(), Vec::new());
        while left_us > 0 {
            let (what, activity) = self.uplink.silence(&mut left_us, &mut self.scratch);
            if what == Heard::Converted {
                heard.push(self.scratch.bytes.clone());
            }
            found.push(activity);
        }
        (heard, found)
    }
}
/// When speech began and ended, by what was found when.
fn speech(found: &[(Time, Activity)]) -> Vec<(char, u64)> {
    let at = |now: &Time, ago_us: u64| now.minus_us(ago_us).as_us();
    found
        .iter()
        .flat_map(|(now, activity)| {
            let started = activity.started_ago_us.map(|ago| ('+', at(now, ago)));
            let stopped = activity.stopped_ago_us.map(|ago| ('-', at(now, ago)));
            started.into_iter().chain(stopped)
        })
        .collect()
}

#[test]
fn equal_formats_and_no_one_who_looks_pass_untouched_and_undecoded() {
    let sends = AudioFormat::pcm16(16_000);
    let mut rig = Rig::new(sends, needs(Some(sends), Hears::AsItComes, TurnMode::Off));
    // Half a sample at the end would not decode.
    assert_eq!(rig.hear(&[7; 641]), (Heard::AsReceived, NOTHING.1));
    assert!(rig.scratch.pcm.is_empty());
    let mut deaf = Rig::new(sends, needs(None, Hears::AsItComes, TurnMode::Off));
    assert_eq!(deaf.hear(&[7; 641]), NOTHING);
    assert_eq!(deaf.silence(1_000_000), (vec![], vec![NOTHING.1]));
}

#[test]
fn voice_activity_leaves_equal_formats_untouched() {
    let mut rig = Rig::new(MULAW, needs(Some(MULAW), Hears::AsItComes, TurnMode::Voice));
    assert_eq!(rig.hear(&[0x80; 160]).0, Heard::AsReceived);
    let mut rig = Rig::new(MULAW, needs(None, Hears::AsItComes, TurnMode::Voice));
    assert_eq!(rig.hear(&[0x80; 160]).0, Heard::Nothing);
}

#[test]
fn the_agent_gets_the_same_whether_or_not_voice_activity_shares_the_conversion() {
    let wide = AudioFormat::pcm16(16_000);
    let mut shared = Rig::new(MULAW, needs(Some(wide), Hears::AsItComes, TurnMode::Voice));
    let mut alone = Rig::new(MULAW, needs(Some(wide), Hears::AsItComes, TurnMode::Off));
    assert!(shared.uplink.to_agent.is_none() && alone.uplink.to_agent.is_some());
    let mut codes = Vec::new();
    MULAW.encode(&talk(8_000, 200), &mut codes);
    for frame in codes.chunks(160) {
        assert_eq!(shared.hear(frame).0, Heard::Converted);
        assert_eq!(alone.hear(frame).0, Heard::Converted);
        assert_eq!(shared.scratch.bytes.len(), 640);
        assert_eq!(shared.scratch.bytes, alone.scratch.bytes);
    }
}

#[test]
fn a_muted_caller_is_silence_in_the_agents_format_and_its_speech_ends() {
    let mut rig = Rig::new(MULAW, needs(Some(MULAW), Hears::AsItComes, TurnMode::Voice));
    rig.hear_samples(&phrase(8_000)[..11_200]);
    assert!(rig.uplink.is_speaking());
    rig.uplink.set_muted(true);
    let found = rig.hear_samples(&talk(8_000, 600));
    assert!(!rig.uplink.is_speaking());
    assert_eq!(speech(&found).len(), 1);
    assert_eq!(rig.scratch.bytes, [0xFF; 160]);
    rig.uplink.set_muted(false);
    assert_eq!(rig.hear(&[0x80; 160]).0, Heard::Converted, "fades in");
    assert_eq!(rig.hear(&[0x80; 160]).0, Heard::AsReceived);
}

#[test]
fn the_gate_makes_silence_of_faint_noise_and_leaves_the_rest_untouched() {
    let config = UplinkConfig {
        gate_dbfs: Some(-45.0),
        ..UplinkConfig::default()
    };
    let needs = needs(Some(MULAW), Hears::AsItComes, TurnMode::Off);
    let mut rig = Rig::configured(&line(MULAW, 0), config, needs);
    let mut faint = Vec::new();
    MULAW.encode(&[40; 160], &mut faint);
    assert_eq!(rig.hear(&faint).0, Heard::Converted);
    assert_eq!(rig.scratch.bytes, [0xFF; 160]);
    assert_eq!(rig.hear(&[0x80; 160]).0, Heard::Converted, "fades in");
    assert_eq!(rig.hear(&[0x80; 160]).0, Heard::AsReceived);
    assert_eq!(rig.hear(&faint).0, Heard::AsReceived, "held");
}

#[test]
fn a_key_in_the_audio_is_one_event_and_out_of_the_audio() {
    let config = UplinkConfig {
        touch_tones: true,
        ..UplinkConfig::default()
    };
    for listens in [None, Some(AudioFormat::pcm16(16_000))] {
        let needs = needs(listens, Hears::AsItComes, TurnMode::Voice);
        let mut rig = Rig::configured(&line(MULAW, 0), config, needs);
        let mut tone = Vec::new();
        Tone::new(Digit::from_char('7').unwrap(), 8_000, 200, 100).write(usize::MAX, &mut tone);
        let found = rig.hear_samples(&tone);
        let keys: Vec<char> = found
            .iter()
            .filter_map(|(_, activity)| activity.key)
            .collect();
        assert_eq!(keys, ['7']);
        assert_eq!(
            rig.uplink.key(rig.now, '7'),
            None,
            "the carrier tells it too"
        );
        assert_eq!(rig.uplink.key(rig.now, '8'), Some('8'));
    }
    let mut off = Rig::new(MULAW, needs(None, Hears::AsItComes, TurnMode::Off));
    assert_eq!(off.uplink.key(Time::ZERO, '7'), Some('7'));
    assert_eq!(off.uplink.key(Time::ZERO, '7'), Some('7'));
}

#[test]
fn keys_that_come_together_are_told_one_by_one() {
    let config = UplinkConfig {
        touch_tones: true,
        ..UplinkConfig::default()
    };
    let needs = needs(None, Hears::AsItComes, TurnMode::Off);
    let mut rig = Rig::configured(&line(MULAW, 0), config, needs);
    let mut tones = Vec::new();
    for sign in "12".chars() {
        Tone::new(Digit::from_char(sign).unwrap(), 8_000, 50, 50).write(usize::MAX, &mut tones);
    }
    let mut codes = Vec::new();
    MULAW.encode(&tones, &mut codes);
    assert_eq!(rig.hear(&codes).1.key, Some('1'));
    assert_eq!(rig.silence(20_000).1[0].key, Some('2'));
    assert_eq!(rig.silence(20_000).1[0].key, None);
}

#[test]
fn another_agent_takes_over_in_the_middle_of_speech() {
    let mut rig = Rig::new(MULAW, needs(Some(MULAW), Hears::AsItComes, TurnMode::Voice));
    rig.hear_samples(&phrase(8_000)[..11_200]);
    let other = AudioFormat::pcm16(24_000);
    let turns = TurnConfig::default();
    let next = needs(Some(other), Hears::Continuous, TurnMode::Voice);
    rig.uplink.serve(&turns, next).unwrap();
    assert!(rig.uplink.is_speaking(), "speech goes on");
    rig.hear(&[0xFF; 160]);
    assert_eq!(rig.scratch.bytes.len(), 960);
    let wrong = needs(
        Some(AudioFormat::pcm16(11_025)),
        Hears::AsItComes,
        TurnMode::Off,
    );
    assert!(rig.uplink.serve(&turns, wrong).is_err());
    assert!(rig.uplink.is_speaking(), "nothing has changed");
    rig.hear(&[0xFF; 160]);
    assert_eq!(rig.scratch.bytes.len(), 960);
    let engine = needs(None, Hears::AsItComes, TurnMode::Engine);
    rig.uplink.serve(&turns, engine).unwrap();
    assert!(!rig.uplink.is_speaking());
}

#[test]
fn a_rate_nobody_resamples_is_refused() {
    let odd = AudioFormat::pcm16(11_025);
    let turns = TurnConfig::default();
    let make = |config: &UplinkConfig, needs| Uplink::new(&line(odd, 0), config, &turns, needs);
    let plain = UplinkConfig::default();
    assert!(make(&plain, needs(None, Hears::AsItComes, TurnMode::Voice)).is_err());
    assert!(make(&plain, needs(Some(MULAW), Hears::AsItComes, TurnMode::Off)).is_err());
    assert!(make(&plain, needs(Some(odd), Hears::AsItComes, TurnMode::Off)).is_ok());
    let tones = UplinkConfig {
        touch_tones: true,
        ..plain
    };
    assert!(make(&tones, needs(None, Hears::AsItComes, TurnMode::Off)).is_err());
}
