//! Polling a link from a test's thread, and the sounds the tests use.

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use trunkline_local::{Availability, Band, Voice, WorkerFrame, WorkerLink, WorkerSpec, Workers};

pub(crate) const TABLE: &str = "i would like to book a table for two";

/// A [`WorkerFrame`] that owns its text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    Started,
    Partial(String),
    Final(String, Option<f32>),
    Audio(u32, Vec<i16>),
    Failed(String),
}

/// Fails with the list of packages when an engine is not there.
pub(crate) fn ready(workers: Workers) -> Workers {
    let report = workers.report();
    let missing: Vec<_> = [&report.recogniser, &report.speaker, &report.espeak]
        .into_iter()
        .filter_map(|engine| match engine {
            Availability::Ready { .. } => None,
            Availability::Missing { what, install } => Some(format!("{install} ({what})")),
        })
        .collect();
    assert!(
        missing.is_empty(),
        "these tests need the packages: {}",
        missing.join(", ")
    );
    workers
}

pub(crate) fn booking() -> Arc<str> {
    "#JSGF V1.0;\ngrammar booking;\npublic <cmd> = i would like to book a table for <num> | hello | goodbye | stop | yes | no | what time is it | tell me a joke | repeat that;\n<num> = one | two | three | four | five | six;\n".into()
}

/// The next frame; parks the thread until there is one.
pub(crate) fn block_on(link: &mut WorkerLink) -> Option<Event> {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    loop {
        match link.poll_frame(&mut Context::from_waker(&waker)) {
            Poll::Ready(frame) => return frame.map(owned),
            Poll::Pending => std::thread::park(),
        }
    }
}

/// A frame that is there already.
pub(crate) fn poll_once(link: &mut WorkerLink) -> Option<Event> {
    match link.poll_frame(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(frame) => frame.map(owned),
        Poll::Pending => None,
    }
}

/// The next frame that is neither `Started` nor a partial.
pub(crate) fn next(link: &mut WorkerLink) -> Option<Event> {
    loop {
        match block_on(link) {
            Some(Event::Started | Event::Partial(_)) => {}
            other => return other,
        }
    }
}

pub(crate) fn wait_started(link: &mut WorkerLink) {
    assert_eq!(block_on(link), Some(Event::Started));
}

/// Pushes everything as fast as the worker takes it, ends, and returns all frames.
pub(crate) fn feed(link: &mut WorkerLink, samples: &[i16]) -> Vec<Event> {
    let mut events = Vec::new();
    for block in samples.chunks(320) {
        while link.push_samples(block).is_err() {
            // The ring is full: the worker says something as it catches up, or at least takes a block.
            match poll_once(link) {
                Some(Event::Failed(text)) => return vec![Event::Failed(text)],
                Some(event) => events.push(event),
                None => std::thread::yield_now(),
            }
        }
        events.extend(poll_once(link));
        if matches!(events.last(), Some(Event::Failed(_))) {
            return events;
        }
    }
    link.end();
    while let Some(event) = block_on(link) {
        events.push(event);
    }
    events
}

pub(crate) fn recognise(
    workers: &Workers,
    grammar: Option<Arc<str>>,
    samples: &[i16],
) -> Result<(String, Option<f32>), String> {
    recognise_on(workers, grammar, Band::Wide, samples)
}

pub(crate) fn recognise_on(
    workers: &Workers,
    grammar: Option<Arc<str>>,
    band: Band,
    samples: &[i16],
) -> Result<(String, Option<f32>), String> {
    let mut link = workers
        .open(WorkerSpec::Recognise { grammar, band })
        .map_err(|e| e.to_string())?;
    match feed(&mut link, samples).pop() {
        Some(Event::Final(text, confidence)) => Ok((text, confidence)),
        Some(Event::Failed(text)) => Err(text),
        other => Err(format!("{other:?}")),
    }
}

/// Gives a decoder half a sentence and goes away.
pub(crate) fn abandon_at_start(workers: &Workers, samples: &[i16]) {
    let spec = WorkerSpec::Recognise {
        grammar: Some(booking()),
        band: Band::Wide,
    };
    let mut link = workers.open(spec).unwrap();
    wait_started(&mut link);
    link.push_samples(&samples[..samples.len() / 2]).unwrap();
}

/// Everything a speaking link says.
pub(crate) fn hear(link: &mut WorkerLink) -> Result<(u32, Vec<i16>), String> {
    wait_started(link);
    let (mut rate, mut all) = (0, Vec::new());
    while let Some(event) = block_on(link) {
        match event {
            Event::Audio(rate_hz, samples) => {
                assert!(
                    samples.len() <= rate_hz as usize / 10,
                    "a block of over 100 ms"
                );
                rate = rate_hz;
                all.extend(samples);
            }
            Event::Failed(text) => return Err(text),
            other => return Err(format!("{other:?}")),
        }
    }
    Ok((rate, all))
}

pub(crate) fn speech(
    workers: &Workers,
    text: &str,
    voice: Voice,
) -> Result<(u32, Vec<i16>), String> {
    let spec = WorkerSpec::Speak {
        text: text.into(),
        voice,
    };
    hear(&mut workers.open(spec).map_err(|e| e.to_string())?)
}

/// The caller of these tests: flite's rms with a pause before and after.
pub(crate) fn say(workers: &Workers, text: &str) -> Vec<i16> {
    let (rate_hz, spoken) = speech(workers, text, Voice::default()).unwrap();
    assert_eq!(rate_hz, 16_000);
    let pause = [0; 4_800];
    [&pause[..], &spoken, &pause].concat()
}

/// 16 kHz to 8 kHz and back, by a windowed sinc of 3.4 kHz, without dither.
pub(crate) fn telephone(samples: &[i16]) -> Vec<i16> {
    const TAPS: i32 = 63;
    let taps: Vec<f32> = (-TAPS..=TAPS)
        .map(|n| {
            let t = n as f32;
            let cut = 2.0 * 3_400.0 / 16_000.0;
            let x = std::f32::consts::PI * t * cut;
            let sinc = if n == 0 { cut } else { cut * x.sin() / x };
            sinc * (0.54 + 0.46 * (std::f32::consts::PI * t / TAPS as f32).cos())
        })
        .collect();
    let filter = |input: &[f32]| -> Vec<f32> {
        let padding = vec![0.0; TAPS as usize];
        let padded = [&padding[..], input, &padding].concat();
        padded
            .windows(taps.len())
            .map(|w| w.iter().zip(&taps).map(|(a, b)| a * b).sum())
            .collect()
    };
    let input: Vec<f32> = samples.iter().map(|s| f32::from(*s)).collect();
    let narrow: Vec<f32> = filter(&input).into_iter().step_by(2).collect();
    let stuffed: Vec<f32> = narrow.into_iter().flat_map(|s| [2.0 * s, 0.0]).collect();
    filter(&stuffed).into_iter().map(|s| s as i16).collect()
}

/// This process's memory.
pub(crate) fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn owned(frame: WorkerFrame<'_>) -> Event {
    match frame {
        WorkerFrame::Started => Event::Started,
        WorkerFrame::Partial(text) => Event::Partial(text.to_owned()),
        WorkerFrame::Final { text, confidence } => Event::Final(text.to_owned(), confidence),
        WorkerFrame::Audio { rate_hz, samples } => Event::Audio(rate_hz, samples.to_vec()),
        WorkerFrame::Failed(text) => Event::Failed(text.to_owned()),
    }
}
