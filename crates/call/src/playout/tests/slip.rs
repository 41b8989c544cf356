//! After a stall of an agent that sends in real time, latency comes back.

use std::f64::consts::TAU;

use super::*;

/// Speech-like sound at 8 kHz: harmonics of a gliding voice; with `pauses`, 300 ms of every second are quiet.
fn voice(ms: u64, pauses: bool) -> Vec<i16> {
    let at = |n: u64| {
        let t = n as f64 / 8_000.0;
        if pauses && n % 8_000 >= 5_600 {
            return ((n * 7_919) % 61) as i16 - 30;
        }
        let phase = 121.0 * t + 0.5 * (t * 4.0 * TAU).sin() / TAU;
        let glide = 1.0 + 0.25 * (t * 2.6 * TAU).sin();
        let envelope = 0.65 + 0.35 * (t * 4.3 * TAU).sin();
        let harmonics = (1..26).map(|k| {
            let hz = 121.0 * f64::from(k);
            let gain: f64 = [(600.0, 100.0), (1_200.0, 140.0), (2_400.0, 220.0)]
                .iter()
                .map(|(center, width)| (-((hz - center * glide) / width).powi(2)).exp())
                .sum();
            gain * (TAU * phase * f64::from(k)).sin()
        });
        (harmonics.sum::<f64>() * envelope * 1_500.0) as i16
    };
    (0..ms * 8).map(at).collect()
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stall {
    Agent,
    Caller,
}

struct Run {
    /// Depth just before each push, in milliseconds, and when.
    depths: Vec<(u64, u64)>,
    audio: Vec<u8>,
    playout: Playout,
    accepted: usize,
}

/// 30 s of speech sent in real time; from 5 s to 7 s one side stalls, and then what was kept comes at once.
fn run(
    stall: Option<Stall>,
    sound: &[u8],
    frame: usize,
    lead_ms: u64,
    delivery: Delivery,
    format: AudioFormat,
) -> Run {
    let mut line = line(format, FrameRule::Any, lead_ms);
    line.takes = format;
    let mut playout = Playout::new(&line, &PlayoutConfig::default(), delivery);
    playout.begin(Owner::Agent, true);
    let (mut depths, mut audio, mut accepted) = (Vec::new(), Vec::new(), 0);
    let mut frames = sound.chunks(frame);
    let mut owed = 0;
    for ms in 0..30_000_u64 {
        let now = Time::from_ms(ms);
        let stalled = (5_000..7_000).contains(&ms);
        owed += usize::from(ms % 20 == 0);
        while owed > 0 && !(stalled && stall == Some(Stall::Agent)) {
            owed -= 1;
            let depth_us = playout.drained_at(now).us_since(now);
            depths.push((ms, depth_us / 1_000));
            let Some(frame) = frames.next() else { break };
            accepted += frame.len() - playout.push(now, frame);
        }
        if !(stalled && stall == Some(Stall::Caller)) {
            audio.extend(released(&mut playout, now).0);
        }
    }
    Run {
        depths,
        audio,
        playout,
        accepted,
    }
}

/// The smallest depth in the second before `ms`.
fn floor(run: &Run, ms: u64) -> u64 {
    let second = run
        .depths
        .iter()
        .filter(|(at, _)| (ms - 1_000..ms).contains(at));
    second.map(|(_, depth)| *depth).min().expect("pushes")
}

/// Quiet stretches of more than 20 ms.
fn count_pauses(bytes: &[u8]) -> usize {
    let mut samples = Vec::new();
    AudioFormat::MULAW_8K.decode(bytes, &mut samples).unwrap();
    let quiet = samples.chunk_by(|a, b| (a.abs() < 40) == (b.abs() < 40));
    quiet
        .filter(|run| run[0].abs() < 40 && run.len() > 20 * 8)
        .count()
}

fn sharpest(format: AudioFormat, bytes: &[u8]) -> f64 {
    let mut samples = Vec::new();
    format.decode(bytes, &mut samples).unwrap();
    let bend = |w: &[i16]| (i32::from(w[0]) - 2 * i32::from(w[1]) + i32::from(w[2])).abs();
    f64::from(samples.windows(3).map(bend).max().unwrap())
}

fn encoded(format: AudioFormat, samples: &[i16]) -> Vec<u8> {
    let mut bytes = Vec::new();
    format.encode(samples, &mut bytes);
    bytes
}

#[test]
fn latency_is_back_within_200_ms_after_a_stall_of_2_s() {
    let format = AudioFormat::MULAW_8K;
    for stall in [Stall::Agent, Stall::Caller] {
        for pauses in [true, false] {
            let sound = encoded(format, &voice(30_000, pauses));
            let run = run(Some(stall), &sound, 160, 100, Delivery::RealTime, format);
            let before = floor(&run, 5_000);
            let worst = run
                .depths
                .iter()
                .map(|(_, depth)| *depth)
                .max()
                .unwrap_or(0);
            let late = run.depths.iter().filter(|(_, depth)| *depth > before + 200);
            let back = late
                .map(|(ms, _)| ms + 1)
                .max()
                .expect("the stall was felt");
            let slipped = run.playout.slipped();
            println!(
                "{stall:?} stalled 2 s, {}: {before} ms before, {worst} ms at worst, back within 200 ms {} ms \
                 after the stall, {} ms at the end; {} ms of silence dropped, {} ms of speech shortened",
                if pauses {
                    "speech with pauses"
                } else {
                    "uninterrupted speech"
                },
                back - 7_000,
                floor(&run, 30_000),
                slipped.silence_us / 1_000,
                slipped.overlap_us / 1_000,
            );
            // Where the caller's side stalls, slipping begins before the stall is over.
            assert!(worst >= 1_500, "the stall was felt");
            assert!(back <= if pauses { 13_000 } else { 17_000 });
            assert!(floor(&run, 30_000) <= before + 200, "and it stays");
            let cut_out = run
                .playout
                .playing(Time::from_ms(30_000))
                .expect("speech")
                .cut_out_ms;
            assert!(cut_out.abs_diff(slipped.total_us() / 1_000) <= 1);
            if pauses {
                assert!(slipped.silence_us >= 1_000_000, "silence goes first");
                let (was, is) = (count_pauses(&sound), count_pauses(&run.audio));
                assert!(is + 1 >= was, "of {was} pauses {is} are left");
            }
            // Nothing but what was slipped is missing, and no click was made.
            let queued = run.playout.queue.len();
            let slipped_bytes = format.bytes_for_us(slipped.total_us());
            assert_eq!(run.accepted, run.audio.len() + queued + slipped_bytes);
            let (was, is) = (sharpest(format, &sound), sharpest(format, &run.audio));
            println!("  sharpest bend {was} before, {is} after");
            assert!(is <= 1.15 * was, "{was} -> {is}");
        }
    }
}

#[test]
fn a_sine_is_shortened_by_at_most_a_quarter_and_without_a_click() {
    for format in [
        AudioFormat::MULAW_8K,
        AudioFormat::ALAW_8K,
        AudioFormat::pcm16(24_000),
    ] {
        let per_ms = u64::from(format.rate_hz) / 1_000;
        let at =
            |n: u64| (8_000.0 * (TAU * 317.0 * n as f64 / f64::from(format.rate_hz)).sin()) as i16;
        let samples: Vec<_> = (0..30_000 * per_ms).map(at).collect();
        let sound = encoded(format, &samples);
        let frame = format.bytes_per_frame();
        let run = run(
            Some(Stall::Agent),
            &sound,
            frame,
            100,
            Delivery::RealTime,
            format,
        );
        let slipped = run.playout.slipped();
        assert_eq!(slipped.silence_us, 0);
        assert!(slipped.overlap_us > 1_500_000, "{slipped:?}");
        let (was, is) = (sharpest(format, &sound), sharpest(format, &run.audio));
        println!(
            "{format}: {} ms out, sharpest bend {was} before, {is} after",
            slipped.overlap_us / 1_000
        );
        assert!(is <= 1.25 * was + 8.0, "{format}: {was} -> {is}");
        // The depth falls by no more than a quarter of what is played meanwhile, but for the backlog, which
        // is shortened at once.
        let after = |ms| floor(&run, ms);
        for ms in (10_000..28_000).step_by(1_000) {
            assert!(after(ms) <= after(ms + 1_000) + 260, "at {ms}");
        }
    }
}

#[test]
fn without_a_stall_nothing_is_taken_out() {
    let format = AudioFormat::MULAW_8K;
    let sound = encoded(format, &voice(30_000, true));
    for (frame, lead_ms) in [(160, 100), (160, 0)] {
        let run = run(None, &sound, frame, lead_ms, Delivery::RealTime, format);
        assert_eq!(run.playout.slipped(), Slipped::default());
        assert_eq!(run.audio, sound[..run.audio.len()]);
    }
}

#[test]
fn of_what_comes_in_bursts_nothing_is_ever_dropped() {
    let format = AudioFormat::MULAW_8K;
    let sound = encoded(format, &voice(30_000, true));
    for stall in [Stall::Agent, Stall::Caller] {
        let run = run(Some(stall), &sound, 160, 100, Delivery::Burst, format);
        assert_eq!(run.playout.slipped(), Slipped::default());
        assert_eq!(run.audio, sound[..run.audio.len()]);
    }
}

#[test]
fn the_gateways_own_sentence_is_never_shortened() {
    let line = line(AudioFormat::MULAW_8K, FrameRule::Any, 0);
    let mut playout = Playout::new(&line, &PlayoutConfig::default(), Delivery::RealTime);
    playout.begin(Owner::Line, false);
    playout.push(Time::ZERO, &[0xFF; 16_000]);
    playout.begin(Owner::Agent, true);
    let mut audio = Vec::new();
    for ms in 0..6_000 {
        let now = Time::from_ms(ms);
        if ms % 20 == 0 {
            playout.push(now, &[0xFE; 160]);
        }
        audio.extend(released(&mut playout, now).0);
    }
    assert_eq!(audio.iter().filter(|b| **b == 0xFF).count(), 16_000);
    let slipped = playout.slipped();
    assert!(
        slipped.silence_us >= 1_800_000,
        "the agent's silence behind it goes: {slipped:?}"
    );
}

#[test]
fn slipping_can_be_turned_off() {
    let config = PlayoutConfig {
        slip: false,
        ..PlayoutConfig::default()
    };
    let line = line(AudioFormat::MULAW_8K, FrameRule::Any, 0);
    let mut playout = Playout::new(&line, &config, Delivery::RealTime);
    playout.begin(Owner::Agent, true);
    playout.push(Time::ZERO, &[0xFF; 16_000]);
    for ms in (0..5_000).step_by(20) {
        playout.push(Time::from_ms(ms), &[0xFF; 160]);
        released(&mut playout, Time::from_ms(ms));
    }
    assert_eq!(playout.slipped(), Slipped::default());
}

#[test]
fn another_agent_in_real_time_slips_where_the_first_did_not() {
    let line = line(AudioFormat::MULAW_8K, FrameRule::Any, 0);
    let mut playout = Playout::new(&line, &PlayoutConfig::default(), Delivery::Burst);
    playout.begin(Owner::Agent, true);
    playout.push(Time::ZERO, &[0xFF; 16_000]);
    for ms in (0..5_000).step_by(20) {
        if ms == 2_000 {
            assert_eq!(playout.slipped(), Slipped::default());
            playout.set_delivery(Delivery::RealTime);
        }
        playout.push(Time::from_ms(ms), &[0xFF; 160]);
        released(&mut playout, Time::from_ms(ms));
    }
    let silence_us = playout.slipped().silence_us;
    assert!(
        (1_800_000..=2_000_000).contains(&silence_us),
        "{silence_us}"
    );
}

#[test]
fn a_place_stays_where_it_was_in_what_is_shortened() {
    let mut samples = voice(30_000, true);
    // The end of each stretch of speech is known again.
    for second in samples.chunks_mut(8_000) {
        second[5_440..5_600].fill(20_000);
    }
    let sound = encoded(AudioFormat::MULAW_8K, &samples);
    let line = line(AudioFormat::MULAW_8K, FrameRule::Any, 100);
    let mut playout = Playout::new(&line, &PlayoutConfig::default(), Delivery::RealTime);
    playout.begin(Owner::Agent, true);
    let (mut places, mut audio, mut moved) = (Vec::<u64>::new(), Vec::new(), 0);
    for (index, frame) in sound.chunks(160).enumerate() {
        let now = Time::from_ms(index as u64 * 20);
        playout.push(now, frame);
        for (at, bytes) in playout.cut_out() {
            for place in places.iter_mut().filter(|place| **place > at) {
                *place = at.max(place.saturating_sub(bytes));
                moved += 1;
            }
        }
        if index % 50 == 34 {
            places.push(playout.end());
        }
        if !(5_000..8_000).contains(&now.as_ms()) {
            audio.extend(released(&mut playout, now).0);
        }
    }
    assert_eq!(playout.taken(), audio.len() as u64);
    assert!(moved > 0);
    let mut heard = Vec::new();
    AudioFormat::MULAW_8K.decode(&audio, &mut heard).unwrap();
    assert_eq!(places.len(), 30);
    for place in places {
        let at = place as usize;
        // An overlap may have blurred the edge.
        let loud = heard[at - 80..at].iter().any(|sample| *sample > 15_000);
        let quiet = heard[at + 40..at + 80].iter().all(|s| s.abs() < 100);
        assert!(loud && quiet, "{at}: {:?}", &heard[at - 80..at + 80]);
    }
}
