//! The latency budget: samples in to samples out through the core, with no network in between. Times are of
//! the virtual clock and of the streams' own samples, and are asserted; nothing is timed.

use trunkline_codecs::opus::{Encoder, EncoderConfig};

use super::rig::{Rig, Scripted};
use super::*;
use crate::caller::{SimLeg, TwilioLeg};
use crate::io::Output;
use crate::link::SendKind;
use crate::sim::lines::VONAGE;

const WIDE: AudioFormat = AudioFormat::pcm16(24_000);

/// Two seconds of the telephone band: tones that share no period, so that only one shift fits.
fn sound(rate_hz: u32) -> Vec<i16> {
    let rate = f64::from(rate_hz);
    (0..2 * rate_hz)
        .map(|n| {
            let t = f64::from(n) / rate;
            let tones = [313.7, 577.1, 911.9, 1_321.3, 1_783.7, 2_293.1];
            let sum: f64 = tones
                .iter()
                .map(|hz| (std::f64::consts::TAU * hz * t).sin())
                .sum();
            (sum * 2_500.0) as i16
        })
        .collect()
}

/// By how much `heard` lags behind `said`, in microseconds, both at 24 kHz.
fn lag_us(said: &[i16], heard: &[i16]) -> u64 {
    let window = 24_000;
    let fit = |lag: usize| -> f64 {
        let pairs = said[6_000..].iter().zip(&heard[6_000 + lag..]).take(window);
        pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    let best = (0..2_400).max_by(|a, b| fit(*a).total_cmp(&fit(*b)));
    best.expect("lags") as u64 * 1_000_000 / 24_000
}

fn at_24_khz(format: AudioFormat, bytes: &[u8]) -> Vec<i16> {
    let mut samples = Vec::new();
    format.decode(bytes, &mut samples).expect("whole samples");
    // Sample and hold: exact to one sample of the slower side.
    let times = 24_000 / format.rate_hz as usize;
    samples
        .iter()
        .flat_map(|sample| std::iter::repeat_n(*sample, times))
        .collect()
}

/// What cutting an agent's pieces into frames of another length costs.
#[derive(Debug, PartialEq, Eq)]
struct Reframing {
    /// The longest time a sample waits in the call.
    waits_us: u64,
    /// By how much the caller hears it later than pieces of that length as they are would reach them.
    behind_us: u64,
}

/// An agent that gives its speech in pieces of `piece_ms`, each when it has been spoken, to a line that takes
/// exactly 20 ms a message.
fn reframing(piece_ms: u64) -> Reframing {
    let mut agent = Scripted::default();
    agent.wants.push_back(Action::BeginUtterance {
        interruptible: true,
    });
    let leg = CallerLeg::Sim(SimLeg::new(VONAGE));
    let mut call = Call::new(Arc::new(CallConfig::default()), leg, agent);
    let mut scratch = Scratch::new();
    call.handle_input(Time::ZERO, Input::Up(LinkId::CALLER), &mut scratch);
    let start = Input::Data(LinkId::CALLER, Frame::Text("start"));
    call.handle_input(Time::ZERO, start, &mut scratch);
    let (mut written_ms, mut cost) = (
        0,
        Reframing {
            waits_us: 0,
            behind_us: 0,
        },
    );
    for ms in 0..3_000 {
        let now = Time::from_ms(ms);
        if ms > 0 && ms.is_multiple_of(piece_ms) {
            let agent = &mut call.party.agent;
            agent.audio = vec![7; VONAGE.takes.bytes_for_us(piece_ms * 1_000)];
            agent.wants.push_back(Action::Audio);
        }
        call.handle_input(now, Input::Tick, &mut scratch);
        loop {
            match call.poll_output(now, LinkSet::ALL, &mut scratch) {
                Output::Send(LinkId::CALLER, SendKind::Binary) => {
                    // Its oldest sample came with the piece that ends after it.
                    let given_ms = (written_ms / piece_ms + 1) * piece_ms;
                    let behind_ms = ms.saturating_sub(written_ms + piece_ms);
                    cost.waits_us = cost.waits_us.max((ms - given_ms) * 1_000);
                    cost.behind_us = cost.behind_us.max(behind_ms * 1_000);
                    written_ms += VONAGE.takes.us_for_bytes(scratch.out.len()) / 1_000;
                }
                Output::Timeout(_) => break,
                _ => {}
            }
        }
    }
    assert!(written_ms > 2_900, "{written_ms} ms written");
    cost
}

fn opus_lookahead_us() -> u64 {
    let encoder = Encoder::new(EncoderConfig::speech(48_000)).expect("libopus");
    encoder.lookahead_samples() as u64 * 1_000 / 48
}

#[test]
fn the_budget_of_a_telephone_caller_and_a_24_khz_agent_is_kept() {
    let mut rig = Rig::twilio(vec![Action::BeginUtterance {
        interruptible: true,
    }]);
    rig.agent().listens = Some(WIDE);
    rig.agent().speaks = Some(WIDE);
    rig.start();
    let (mulaw, pcm) = (AudioFormat::MULAW_8K, sound(24_000));
    let mut said = Vec::new();
    mulaw.encode(&sound(8_000), &mut said);
    let mut heard = Vec::new();
    for (n, (up, down)) in said.chunks(160).zip(pcm.chunks(480)).enumerate() {
        rig.media(up.try_into().expect("160 bytes"), n as u64 + 1);
        // The agent's frame of the same packet time.
        WIDE.encode(down, &mut rig.agent().audio);
        rig.agent().wants.push_back(Action::Audio);
        rig.input(Input::Tick);
        let frames = rig.take_media();
        assert_eq!(frames.len(), 1, "a frame in is a frame out, at once");
        heard.extend(frames.concat());
        rig.advance_ms(20);
    }
    let mut agent_heard = Vec::new();
    WIDE.decode(&rig.agent().heard_audio, &mut agent_heard)
        .expect("whole samples");
    let up_us = lag_us(&at_24_khz(mulaw, &said), &agent_heard);
    let down_us = lag_us(&pcm, &at_24_khz(mulaw, &heard));
    let reframed = reframing(30);
    let opus_us = opus_lookahead_us();
    let lead_ms = CallerLeg::Twilio(TwilioLeg::new()).line().pacing.lead_ms();
    println!("μ-law 8 kHz → PCM16 24 kHz: {:>5.2} ms", up_us as f64 / 1e3);
    println!(
        "PCM16 24 kHz → μ-law 8 kHz: {:>5.2} ms",
        down_us as f64 / 1e3
    );
    println!(
        "re-framing, 30 ms in 20 ms: {:>5.2} ms, waiting {:.2} ms",
        reframed.behind_us as f64 / 1e3,
        reframed.waits_us as f64 / 1e3
    );
    println!(
        "Opus look-ahead:            {:>5.2} ms",
        opus_us as f64 / 1e3
    );
    println!("dialect's lead, ahead of real time and not behind: {lead_ms} ms");
    assert!(up_us <= 2_000, "{up_us} µs to the agent");
    assert!(down_us <= 2_000, "{down_us} µs to the caller");
    assert!(opus_us <= 6_500, "{opus_us} µs of look-ahead");
    // What is left of a piece waits for the next one; the caller is at most a frame behind.
    let half_a_frame = Reframing {
        waits_us: 30_000,
        behind_us: 10_000,
    };
    assert_eq!(reframed, half_a_frame);
    let none = Reframing {
        waits_us: 0,
        behind_us: 0,
    };
    assert_eq!(reframing(20), none, "frames of the same length");
    assert_eq!(reframing(40), none, "whole frames");
}
