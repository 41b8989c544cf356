//! Nothing is allocated per frame: each path runs 1,000 frames after it has warmed up.
//!
//! libopus allocates with C's own allocator, which is not counted here; it was watched from outside
//! and allocates nothing either. Containers with pages or blocks (Ogg, FLAC, MP3) do allocate.

#![expect(
    unsafe_code,
    reason = "an allocator can only be replaced through an unsafe trait"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use trunkline_codecs::AudioFormat;
use trunkline_codecs::comfort::ComfortNoise;
use trunkline_codecs::container::{Container, Muxer};
use trunkline_codecs::dtmf::{Detector, Digit, Suppressor, Tone};
use trunkline_codecs::level::{AutoGain, AutoGainConfig, Meter};
use trunkline_codecs::mix::StereoMix;
use trunkline_codecs::opus::{Decoder, Encoder, EncoderConfig};
use trunkline_codecs::vad::{Segmenter, Vad, VadConfig};

const FRAMES: usize = 1000;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

#[global_allocator]
static COUNTING: Counting = Counting;

struct Counting;

fn count() {
    ALLOCATIONS.with(|allocations| allocations.set(allocations.get() + 1));
}

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise about `layout` is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: `block` came from the system's allocator, with this layout.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        count();
        // SAFETY: as in `dealloc`.
        unsafe { System.realloc(block, layout, bytes) }
    }
}

/// Talk-like sound with pauses and a digit now and then, so that every branch is passed.
fn sound(frame: usize, out: &mut [i16]) {
    let loud = if frame % 50 < 30 { 4000.0 } else { 0.0 };
    for (n, sample) in (frame * out.len()..).zip(out) {
        let t = n as f32 * 0.05;
        *sample = (loud * (t.sin() + (3.1 * t).sin()) * (0.02 * t).sin()) as i16;
    }
}

fn assert_none<const N: usize>(what: &str, mut step: impl FnMut(&mut [i16; N])) {
    let mut frame = [0; N];
    let mut run = |frames: std::ops::Range<usize>| {
        for n in frames {
            sound(n, &mut frame);
            step(&mut frame);
        }
    };
    run(0..100);
    let before = ALLOCATIONS.with(Cell::get);
    run(100..100 + FRAMES);
    let allocations = ALLOCATIONS.with(Cell::get) - before;
    assert_eq!(allocations, 0, "{what}: {allocations} in {FRAMES} frames");
}

#[test]
fn the_counter_counts() {
    let before = ALLOCATIONS.with(Cell::get);
    drop(vec![1]);
    assert_eq!(ALLOCATIONS.with(Cell::get) - before, 1);
}

#[test]
fn touch_tones() {
    let digit = Digit::from_char('5').unwrap();
    let mut key = Vec::new();
    Tone::new(digit, 8000, 100, 60).write(usize::MAX, &mut key);
    let (mut detector, mut suppressor) = (Detector::new(), Suppressor::new());
    let (mut events, mut at) = (0, 0);
    assert_none::<160>("dtmf", |frame| {
        for sample in frame.iter_mut() {
            *sample = key[at % key.len()];
            at += 1;
        }
        detector.push(frame, |_| events += 1);
        suppressor.process(frame, |_| events += 1);
    });
    assert!(events > 400, "{events}");
    let mut out = Vec::new();
    assert_none::<160>("tone", |_| {
        out.clear();
        Tone::new(digit, 8000, 20, 0).write(160, &mut out);
    });
}

#[test]
fn voice_activity() {
    let mut narrow = Vad::new(8000, VadConfig::default()).unwrap();
    assert_none::<160>("vad at 8 kHz", |frame| narrow.push(frame, |_| {}));
    let mut segmenter = Segmenter::new(VadConfig::default());
    assert_none::<320>("vad at 16 kHz", |frame| segmenter.push(frame, |_| {}));
    assert_none::<160>("silence", |_| narrow.advance_silence(160, |_| {}));
}

#[test]
fn levels_noise_and_mix() {
    let mut meter = Meter::new();
    assert_none::<160>("meter", |frame| meter.push(frame));
    let mut gain = AutoGain::new(AutoGainConfig::default(), 20_000);
    assert_none::<160>("gain", |frame| gain.apply(frame));
    let (mut noise, mut bytes) = (ComfortNoise::default(), Vec::new());
    assert_none::<160>("noise", |frame| {
        noise.fill(frame);
        bytes.clear();
        noise.write(AudioFormat::MULAW_8K, 160, &mut bytes);
    });
    let (mut mix, mut out) = (StereoMix::new(480), Vec::new());
    assert_none::<160>("mix", |frame| {
        out.clear();
        mix.push_left(frame, &mut out);
        mix.push_right(frame, &mut out);
    });
}

#[test]
fn opus() {
    let mut encoder = Encoder::new(EncoderConfig::speech(24_000)).unwrap();
    let mut decoder = Decoder::new(24_000).unwrap();
    let (mut packet, mut out) = (Vec::new(), Vec::new());
    assert_none::<480>("opus", |frame| {
        packet.clear();
        out.clear();
        encoder.encode(frame, &mut packet).unwrap();
        decoder.decode(&packet, &mut out).unwrap();
        decoder.decode_lost(480, &mut out).unwrap();
    });
}

#[test]
fn raw_and_wav() {
    let mut out = Vec::new();
    let mut muxer = Muxer::new(Container::Wav, 8000, 1, &mut out).unwrap();
    assert_none::<160>("wav", |frame| {
        out.clear();
        muxer.push(frame, &mut out).unwrap();
    });
}
