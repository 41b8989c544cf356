//! A voice, syllable by syllable: the talker of the uplink's tests.

use std::cell::RefCell;
use std::collections::HashMap;

use trunkline_codecs::format::AudioFormat;
use trunkline_codecs::resample::Resampler;

use crate::uplink::tests::talker::talk;

/// What is generated and then repeated, in milliseconds; a whole number of 20 ms frames.
const LOOP_MS: usize = 1_000;
const MARGIN_MS: usize = 200;
const SKIPPED_MS: usize = 30;
const TELEPHONE_HZ: u32 = 8_000;

thread_local! {
    /// Generated once a thread and rate: it costs more than the call it is heard in.
    static SAMPLES: RefCell<HashMap<u32, Vec<i16>>> = RefCell::default();
}

/// A voice in one format.
#[derive(Debug)]
pub(super) struct Voice {
    bytes: Vec<u8>,
    at: usize,
}

impl Voice {
    /// Nothing is generated until the first word.
    pub(super) const fn new() -> Self {
        Self {
            bytes: Vec::new(),
            at: 0,
        }
    }

    /// The next 20 ms.
    pub(super) fn frame(&mut self, format: AudioFormat) -> &[u8] {
        let frame = format.bytes_per_frame();
        if self.bytes.is_empty() {
            SAMPLES.with_borrow_mut(|known| {
                let rate_hz = format.rate_hz;
                let samples = known.entry(rate_hz).or_insert_with(|| samples(rate_hz));
                format.encode(samples, &mut self.bytes);
            });
        }
        if self.at + frame > self.bytes.len() {
            self.at = 0;
        }
        self.at += frame;
        &self.bytes[self.at - frame..self.at]
    }

    /// The next word begins as the first did.
    pub(super) const fn rewind(&mut self) {
        self.at = 0;
    }
}

/// [`LOOP_MS`] of it as a telephone carries it, within ±12,000 so that no stamp is found in it.
fn samples(rate_hz: u32) -> Vec<i16> {
    let narrow = talk(TELEPHONE_HZ, LOOP_MS + MARGIN_MS);
    let mut voice = narrow;
    if rate_hz != TELEPHONE_HZ {
        let mut resampler = Resampler::new(TELEPHONE_HZ, rate_hz).expect("a rate of the codecs");
        let narrow = std::mem::take(&mut voice);
        resampler.process(&narrow, &mut voice);
    }
    // The first consonant is left out, and so is what resampling takes to get going.
    voice.drain(..rate_hz as usize * SKIPPED_MS / 1_000);
    voice.truncate(rate_hz as usize * LOOP_MS / 1_000);
    let peak = voice.iter().map(|s| s.unsigned_abs()).max().unwrap_or(1);
    for sample in &mut voice {
        *sample = (i32::from(*sample) * 12_000 / i32::from(peak)) as i16;
    }
    voice
}
