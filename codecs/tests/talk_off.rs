//! Talk-off: nobody dials by talking. 1,500 seconds of prompts hold no digit, loud or quiet.

mod prompts;

use prompts::{amplified, through_mulaw};
use trunkline_codecs::dtmf::{Detector, DtmfEvent, Suppressor};

fn digits(samples: &[i16]) -> Vec<DtmfEvent> {
    let mut found = Vec::new();
    Detector::new().push(samples, |event| found.push(event));
    found
}

#[test]
fn no_prompt_of_a_telephone_exchange_dials() {
    let mut false_digits = Vec::new();
    for prompt in prompts::all() {
        for db in [0, -12, 6] {
            let clean = amplified(&prompt.samples, db);
            for (samples, how) in [(through_mulaw(&clean), "μ-law"), (clean, "clean")] {
                let found = digits(&samples);
                if !found.is_empty() {
                    false_digits.push(format!("{} {db} dB {how}: {found:?}", prompt.name));
                }
            }
        }
    }
    assert!(false_digits.is_empty(), "{}", false_digits.join("\n"));
}

#[test]
fn a_suppressor_leaves_speech_alone() {
    let (mut cut, mut all) = (0, 0);
    for prompt in prompts::all() {
        let mut samples = prompt.samples.clone();
        Suppressor::new().process(&mut samples, |_| {});
        let pairs = samples.iter().zip(&prompt.samples);
        cut += pairs.filter(|(after, before)| after != before).count();
        all += samples.len();
    }
    println!("{cut} of {all} samples were touched");
    assert!(cut * 10_000 < all, "{cut} of {all} samples were touched");
}
