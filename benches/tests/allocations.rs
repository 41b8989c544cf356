//! What one frame allocates once everything has its size: nothing.
//!
//! The counter sees what Rust code allocates. What C libraries take from malloc is counted by the binary
//! `instructions`.

#![expect(
    unsafe_code,
    reason = "an allocator can only be replaced through an unsafe trait"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::backtrace::Backtrace;
use std::cell::{Cell, RefCell};

use trunkline_benches::{CallPath, ConvertPath, HearingPath, LevelPath, OpusPath, Scenario, Sound};

#[global_allocator]
static COUNTING: Counting = Counting;

/// The system's allocator with a count, one for each thread, of what is taken from it.
struct Counting;

thread_local! {
    static ARMED: Cell<bool> = const { Cell::new(false) };
    static COUNT: Cell<u64> = const { Cell::new(0) };
    static FIRST: RefCell<Option<Backtrace>> = const { RefCell::new(None) };
}

// SAFETY: every request is handed to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(block, layout, bytes) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(block, layout) }
    }
}

fn count() {
    // Disarmed while the backtrace is taken, which allocates.
    if !ARMED.replace(false) {
        return;
    }
    COUNT.set(COUNT.get() + 1);
    FIRST.with_borrow_mut(|first| {
        first.get_or_insert_with(Backtrace::force_capture);
    });
    ARMED.set(true);
}

/// How often `work` allocates on this thread, and where it did first.
fn allocations(work: impl FnOnce()) -> (u64, Option<Backtrace>) {
    COUNT.set(0);
    FIRST.set(None);
    ARMED.set(true);
    work();
    ARMED.set(false);
    (COUNT.get(), FIRST.take())
}

fn assert_none(scenarios: impl IntoIterator<Item = Scenario>) -> anyhow::Result<()> {
    for scenario in scenarios {
        let frames = scenario.watched();
        let mut rig = scenario.warm_rig()?;
        let (count, first) = allocations(|| rig.measured_frames(frames));
        let at = first.map(|at| at.to_string()).unwrap_or_default();
        assert_eq!(
            count, 0,
            "{scenario}: allocations in {frames} frames; the first:\n{at}"
        );
    }
    Ok(())
}

#[test]
fn the_counter_counts() {
    let (count, first) = allocations(|| {
        let mut grown = Vec::with_capacity(1);
        grown.extend_from_slice(&[1_u8, 2, 3]);
        drop(std::hint::black_box(grown));
    });
    assert_eq!(count, 2, "one to begin with, one to grow");
    assert!(first.is_some_and(|at| at.to_string().contains("the_counter_counts")));
    let (count, _) = allocations(|| {
        std::hint::black_box([0_u8; 64]);
    });
    assert_eq!(count, 0);
}

#[test]
fn a_twilio_call_echoed() -> anyhow::Result<()> {
    assert_none([Scenario::Call(CallPath::TwilioEcho)])
}

#[test]
fn an_omni_call_echoed() -> anyhow::Result<()> {
    assert_none([24_000, 8_000].map(|rate_hz| Scenario::Call(CallPath::OmniEcho(rate_hz))))
}

#[test]
fn an_omni_call_at_16k_answered_at_24k() -> anyhow::Result<()> {
    assert_none([Scenario::Call(CallPath::OmniEcho(16_000))])
}

#[test]
fn a_script_that_listens_while_nobody_speaks() -> anyhow::Result<()> {
    let listens = [Sound::Silence, Sound::Hiss].map(CallPath::ScriptListens);
    assert_none(listens.map(Scenario::Call))
}

#[test]
fn every_conversion() -> anyhow::Result<()> {
    assert_none(ConvertPath::all().into_iter().map(Scenario::Convert))
}

#[test]
fn everything_that_listens() -> anyhow::Result<()> {
    assert_none(HearingPath::ALL.map(Scenario::Hearing))
}

#[test]
fn opus_both_ways() -> anyhow::Result<()> {
    assert_none(OpusPath::ALL.map(Scenario::Opus))
}

#[test]
fn levels_noise_and_recordings() -> anyhow::Result<()> {
    assert_none(LevelPath::ALL.map(Scenario::Level))
}
