use std::future::pending;

use tokio::time::Instant;
use trunkline_codecs::wav;
use trunkline_local::WorkersConfig;

use super::*;

/// flite is among what `.ci/packages test` sees to.
#[tokio::test]
async fn the_default_lines_are_spoken_before_the_first_call() {
    let workers = Workers::start(WorkersConfig::default());
    let started = std::time::Instant::now();
    let rendered = render(&LineSpecs::new(Voice::default()), &workers).await;
    let took = started.elapsed();
    workers.shutdown();
    assert_eq!(rendered.faults, []);
    let mut spoken_ms = 0;
    for line in Line::ALL {
        let clip = line.of(&rendered.lines);
        if line.default_text().is_empty() {
            assert_eq!(clip, None, "{line:?}");
            continue;
        }
        let clip = clip.unwrap_or_else(|| panic!("{line:?} is missing"));
        assert_eq!(&*clip.text, line.default_text());
        assert_eq!(clip.rate_hz, LINE_HZ);
        assert!(
            (400..8_000).contains(&clip.length_ms()),
            "{line:?}: {clip:?}"
        );
        let loudest = clip.samples.iter().map(|sample| sample.unsigned_abs());
        assert!(loudest.max() > Some(2_000), "{line:?} is silent");
        spoken_ms += clip.length_ms();
    }
    println!("{spoken_ms} ms of lines rendered in {took:?}");
}

#[tokio::test]
async fn lines_without_a_voice_are_left_out_and_named() {
    let workers = Workers::start(WorkersConfig::default());
    workers.shutdown();
    let rendered = render(&LineSpecs::new(Voice::default()), &workers).await;
    assert_eq!(rendered.lines, Lines::default());
    let wanted = Line::ALL.into_iter().filter(|l| *l != Line::HoldMusic);
    let named = rendered.faults.iter().map(|fault| fault.line);
    assert!(named.eq(wanted), "{:?}", rendered.faults);
    for fault in rendered.faults {
        assert_eq!(fault.reason, "the workers were shut down");
    }
}

#[tokio::test]
async fn a_language_nobody_speaks_is_named() {
    let workers = Workers::start(WorkersConfig::default());
    let mut specs = LineSpecs::new("zz-nowhere".parse().expect("looks like a voice"));
    for (_, spec) in specs.iter_mut().skip(3) {
        *spec = LineSpec::Nothing;
    }
    let rendered = render(&specs, &workers).await;
    workers.shutdown();
    assert_eq!(rendered.lines, Lines::default());
    let named: Vec<_> = rendered.faults.iter().map(|fault| fault.line).collect();
    assert_eq!(named, [Line::Holding, Line::Filler]);
    assert!(!rendered.faults[0].reason.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_synthesiser_that_hangs_costs_five_seconds_in_all() {
    let mut specs = LineSpecs::new(Voice::default());
    for (_, spec) in specs.iter_mut().filter(|(l, _)| *l == Line::HoldMusic) {
        *spec = LineSpec::Clip(Clip {
            text: "".into(),
            samples: [1, 2, 3].into(),
            rate_hz: LINE_HZ,
        });
    }
    let started = Instant::now();
    let rendered = render_with(&specs, |text| async move {
        if text.starts_with("One") {
            return Ok([7; 16].into());
        }
        pending().await
    })
    .await;
    assert_eq!(started.elapsed(), Duration::from_secs(5));
    let there = Line::ALL.map(|line| {
        let clip = line.of(&rendered.lines);
        clip.map_or(0, |clip| clip.samples.len())
    });
    assert_eq!(there, [16, 0, 3, 0, 0, 0, 0]);
    let named: Vec<_> = rendered.faults.iter().map(|fault| fault.line).collect();
    assert_eq!(
        named,
        [
            Line::Filler,
            Line::Apology,
            Line::TooLong,
            Line::Shutdown,
            Line::Silent
        ]
    );
    assert_eq!(rendered.faults[0].reason, "not spoken within 5000 ms");
}

#[test]
fn a_recording_of_any_rate_and_channels_becomes_a_line() {
    for rate_hz in trunkline_codecs::resample::RATES_HZ {
        for channels in [1, 2] {
            let samples = vec![1_000; rate_hz as usize * usize::from(channels)];
            let file = wav::to_bytes(rate_hz, channels, &samples);
            let clip = clip_of_wav("music", &file).expect("a line");
            assert_eq!((&*clip.text, clip.rate_hz), ("music", LINE_HZ));
            // A second, and what the resampler delays.
            let length_ms = clip.length_ms();
            assert!(
                (1_000..=1_002).contains(&length_ms),
                "{rate_hz} Hz: {length_ms} ms"
            );
        }
    }
}

#[test]
fn what_is_no_recording_is_refused() {
    let refusal = |bytes: &[u8]| clip_of_wav("", bytes).expect_err("refused").to_string();
    let file = |rate_hz, samples: usize| wav::to_bytes(rate_hz, 1, &vec![0; samples]);
    assert!(refusal(b"OggS").contains("expected RIFF"));
    assert_eq!(refusal(&file(8_000, 0)), "expected samples, got none");
    assert_eq!(
        refusal(&file(8_000, 30 * 8_000 + 800)),
        "expected at most 30 s, got 30.1 s"
    );
    assert!(refusal(&file(11_025, 100)).contains("11025"));
    clip_of_wav("", &file(8_000, 30 * 8_000)).expect("thirty seconds are allowed");
}
