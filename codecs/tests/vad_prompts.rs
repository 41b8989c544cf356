//! Voice activity on a real voice over the telephone: found at once, loud or 30 dB down.

mod prompts;

use prompts::{amplified, through_mulaw};
use trunkline_codecs::vad::{Vad, VadConfig, VadEvent};

const SECOND: usize = 8000;

/// Where the first speech starts after a second of silence, in milliseconds after `onset`.
fn late_ms(samples: &[i16], onset: usize) -> Option<i64> {
    let mut vad = Vad::new(8000, VadConfig::default()).unwrap();
    let mut first = None;
    let around = vec![0; SECOND];
    for part in [&around[..], samples, &around] {
        vad.push(part, |event| {
            if let VadEvent::SpeechStarted { at_sample } = event {
                first = first.or(Some(at_sample as i64));
            }
        });
    }
    first.map(|at| (at - (SECOND + onset) as i64) / 8)
}

#[test]
fn every_prompt_is_found_at_its_onset() {
    let prompts = prompts::all();
    for db in [6, 0, -20, -30] {
        let (mut late, mut wrong) = (Vec::new(), Vec::new());
        // A word of less than a second may be too short to be one.
        for prompt in prompts.iter().filter(|p| p.samples.len() >= SECOND) {
            let onset = prompt.samples.iter().position(|s| s.unsigned_abs() > 1000);
            let samples = through_mulaw(&amplified(&prompt.samples, db));
            match (onset, late_ms(&samples, onset.unwrap_or(0))) {
                (Some(_), Some(ms)) => late.push(ms),
                // Some prompts are pauses.
                (None, None) => {}
                (_, found) => wrong.push(format!("{} {db} dB: {found:?}", prompt.name)),
            }
        }
        late.sort_unstable();
        let at = |share: usize| late[late.len() * share / 100];
        let (middle, most) = (at(50), at(95));
        println!("{db} dB: onset {middle} ms late at the median, {most} ms for 95 of 100");
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(
            late.len() > 300 && middle < 60 && most < 160,
            "{db} dB: {middle} {most}"
        );
    }
}
