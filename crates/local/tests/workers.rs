//! The local workers with the real engines. They need, on Debian: libpocketsphinx3 pocketsphinx-en-us
//! libflite1 espeak-ng.

#[path = "workers/dialogue.rs"]
mod dialogue;
#[path = "workers/support.rs"]
mod support;

use std::sync::Arc;
use std::time::Instant;

use support::{
    Event, TABLE, abandon_at_start, block_on, booking, feed, hear, next, ready, recognise,
    recognise_on, resident_kb, say, speech, telephone, wait_started,
};
use trunkline_local::{
    ACCEPT_CONFIDENCE, Band, OpenError, Voice, WorkerSpec, Workers, WorkersConfig,
};

fn workers(decoders: usize, queue: usize) -> Workers {
    let mut config = WorkersConfig::default();
    config.decoders = decoders;
    config.queue = queue;
    ready(Workers::start(config))
}

#[test]
fn a_grammar_hears_what_flite_says() {
    let workers = workers(1, 4);
    let (text, confidence) = recognise(&workers, Some(booking()), &say(&workers, TABLE)).unwrap();
    assert_eq!(text, TABLE);
    assert!(confidence.unwrap() > 0.9, "{confidence:?}");
}

#[test]
fn general_english_hears_what_flite_says() {
    let workers = workers(1, 4);
    let (text, confidence) = recognise(&workers, None, &say(&workers, TABLE)).unwrap();
    assert_eq!((text.as_str(), confidence), (TABLE, None));
}

#[test]
fn a_grammar_hears_through_a_telephone() {
    let workers = workers(1, 4);
    let samples = telephone(&say(&workers, TABLE));
    let (text, confidence) =
        recognise_on(&workers, Some(booking()), Band::Telephone, &samples).unwrap();
    assert_eq!(text, TABLE);
    assert!(confidence.unwrap() > ACCEPT_CONFIDENCE, "{confidence:?}");
}

#[test]
fn speech_outside_the_grammar_has_little_confidence() {
    let workers = workers(1, 4);
    for stranger in [
        "the weather is nice today",
        "i want to cancel my order",
        "where is the nearest hospital",
    ] {
        let (text, confidence) =
            recognise(&workers, Some(booking()), &say(&workers, stranger)).unwrap();
        let accepted = !text.is_empty() && confidence.unwrap() >= ACCEPT_CONFIDENCE;
        assert!(
            !accepted,
            "{stranger:?} was heard as {text:?} with {confidence:?}"
        );
    }
}

#[test]
fn silence_is_empty() {
    let workers = workers(1, 4);
    let silence = vec![0; 5 * 16_000];
    for grammar in [Some(booking()), None] {
        assert_eq!(
            recognise(&workers, grammar, &silence),
            Ok((String::new(), None))
        );
    }
    assert_eq!(
        recognise(&workers, Some(booking()), &[]),
        Ok((String::new(), None))
    );
}

#[test]
fn one_utterance_does_not_colour_the_next() {
    let workers = workers(1, 4);
    let samples = say(&workers, TABLE);
    let first = recognise(&workers, Some(booking()), &samples);
    let noise: Vec<i16> = samples
        .iter()
        .map(|sample| sample.saturating_mul(20))
        .collect();
    recognise(&workers, Some(booking()), &noise).unwrap();
    assert_eq!(recognise(&workers, Some(booking()), &samples), first);
}

#[test]
fn more_grammars_than_are_kept() {
    let workers = workers(1, 4);
    let yes = say(&workers, "yes");
    let grammar = |n: usize| -> Arc<str> {
        let word = [
            "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
        ][n % 10];
        format!("#JSGF V1.0; grammar g; public <a> = yes | {word} please;").into()
    };
    for n in (0..10).chain(0..10).chain([9, 9, 2]) {
        let (text, _) = recognise(&workers, Some(grammar(n)), &yes).unwrap();
        assert_eq!(text, "yes", "grammar {n}");
    }
}

#[test]
fn partials_lead_to_the_final_text() {
    let workers = workers(1, 4);
    let samples = say(&workers, TABLE);
    let mut link = workers
        .open(WorkerSpec::Recognise {
            grammar: Some(booking()),
            band: Band::Wide,
        })
        .unwrap();
    wait_started(&mut link);
    let events = feed(&mut link, &samples);
    let partials: Vec<_> = events
        .iter()
        .filter(|e| matches!(e, Event::Partial(_)))
        .collect();
    assert!(partials.len() >= 3, "{events:?}");
    assert!(
        matches!(events.last(), Some(Event::Final(text, Some(_))) if text == TABLE),
        "{events:?}"
    );
}

#[test]
fn a_bad_grammar_fails_in_words_and_the_decoder_goes_on() {
    let workers = workers(1, 4);
    let bad = |grammar: &str| recognise(&workers, Some(grammar.into()), &[0; 1_600]).unwrap_err();
    let text = bad("#JSGF V1.0; grammar g; public <a> = yes | frobnicate the gizmotron;");
    assert!(
        text.contains("not in the dictionary: frobnicate, gizmotron"),
        "{text}"
    );
    let text = bad("#JSGF V1.0; grammar g; public <a> = <b>;");
    assert!(text.contains("<b> is not defined"), "{text}");
    let (text, _) = recognise(&workers, Some(booking()), &say(&workers, TABLE)).unwrap();
    assert_eq!(text, TABLE);
}

#[test]
fn a_dropped_link_frees_the_decoder() {
    let workers = workers(1, 4);
    let samples = say(&workers, TABLE);
    abandon_at_start(&workers, &samples);
    let (text, _) = recognise(&workers, Some(booking()), &samples).unwrap();
    assert_eq!(text, TABLE);
}

#[test]
fn jobs_are_served_in_order() {
    let workers = workers(1, 4);
    let open = || {
        workers
            .open(WorkerSpec::Recognise {
                grammar: Some(booking()),
                band: Band::Wide,
            })
            .unwrap()
    };
    let mut links = [open(), open(), open()];
    for turn in 0..3 {
        wait_started(&mut links[turn]);
        for later in &mut links[turn + 1..] {
            assert_eq!(support::poll_once(later), None, "turn {turn}");
        }
        links[turn].end();
        assert_eq!(
            block_on(&mut links[turn]),
            Some(Event::Final(String::new(), None))
        );
        assert_eq!(block_on(&mut links[turn]), None);
    }
}

#[test]
fn a_full_queue_is_busy_until_someone_gives_up() {
    let workers = workers(1, 1);
    let spec = || WorkerSpec::Recognise {
        grammar: Some(booking()),
        band: Band::Wide,
    };
    let mut served = workers.open(spec()).unwrap();
    wait_started(&mut served);
    let waiting = workers.open(spec()).unwrap();
    assert_eq!(
        workers.open(spec()).unwrap_err(),
        OpenError::Busy {
            waiting: 1,
            bound: 1
        }
    );
    drop(waiting);
    let mut next_one = workers.open(spec()).unwrap();
    drop(served);
    wait_started(&mut next_one);
}

#[test]
fn shutdown_tells_the_links() {
    let workers = workers(1, 4);
    let spec = || WorkerSpec::Recognise {
        grammar: Some(booking()),
        band: Band::Wide,
    };
    let (mut served, mut waiting) = (workers.open(spec()).unwrap(), workers.open(spec()).unwrap());
    wait_started(&mut served);
    workers.shutdown();
    for link in [&mut served, &mut waiting] {
        assert!(matches!(next(link), Some(Event::Failed(_))));
        assert_eq!(next(link), None);
    }
    assert_eq!(workers.open(spec()).unwrap_err(), OpenError::Stopped);
}

#[test]
fn every_flite_voice_speaks_at_16_khz() {
    let workers = workers(1, 4);
    for name in ["rms", "slt", "kal16", "awb"] {
        let (rate_hz, samples) =
            speech(&workers, "Hello, this is a test.", name.parse().unwrap()).unwrap();
        assert_eq!(rate_hz, 16_000, "{name}");
        assert!(
            samples.len() > 16_000 && samples.iter().any(|s| s.abs() > 3_000),
            "{name}"
        );
    }
}

#[test]
fn espeak_speaks_german_and_refuses_klingonese() {
    let workers = workers(1, 4);
    let text = "Guten Tag, Sie sprechen mit der Vermittlung. Grüße!";
    let (rate_hz, samples) = speech(&workers, text, Voice::Espeak("de".into())).unwrap();
    assert_eq!(rate_hz, 22_050);
    assert!(samples.len() > 2 * 22_050 && samples.iter().any(|s| s.abs() > 3_000));
    let error = speech(&workers, text, Voice::Espeak("xx-nowhere".into())).unwrap_err();
    assert!(error.contains("xx-nowhere"), "{error}");
}

#[test]
fn speakers_share_the_work() {
    let workers = workers(1, 64);
    let spec = || WorkerSpec::Speak {
        text: TABLE.into(),
        voice: Voice::default(),
    };
    let mut links: Vec<_> = (0..24).map(|_| workers.open(spec()).unwrap()).collect();
    let (_, alone) = speech(&workers, TABLE, Voice::default()).unwrap();
    for link in &mut links {
        let (rate_hz, samples) = hear(link).unwrap();
        assert_eq!((rate_hz, samples.len()), (16_000, alone.len()));
    }
}

#[test]
fn a_text_is_bounded() {
    let workers = workers(1, 4);
    let spec = |length| WorkerSpec::Speak {
        text: "a".repeat(length).into(),
        voice: Voice::default(),
    };
    let expected = OpenError::TextTooLong {
        bytes: 1_001,
        max: 1_000,
    };
    assert_eq!(workers.open(spec(1_001)).unwrap_err(), expected);
    drop(workers.open(spec(1_000)).unwrap());
}

/// Prints what end-of-speech to text costs, and memory; asserts the words only.
#[test]
fn figures() {
    let workers = workers(1, 4);
    let samples = say(&workers, TABLE);
    println!("resident with a voice: {} kB", resident_kb());
    for (name, grammar) in [("grammar", Some(booking())), ("general English", None)] {
        for round in 0..4 {
            let opened = Instant::now();
            let mut link = workers
                .open(WorkerSpec::Recognise {
                    grammar: grammar.clone(),
                    band: Band::Wide,
                })
                .unwrap();
            wait_started(&mut link);
            let (started, mut worst) = (opened.elapsed(), 0);
            for block in samples.chunks(1_600) {
                let pushed = Instant::now();
                link.push_samples(block).unwrap();
                // The worker takes a block at once; this waits until it has, as a caller's time would.
                while link.waiting_samples() >= 1_600 {
                    std::thread::yield_now();
                }
                worst = worst.max(pushed.elapsed().as_micros());
            }
            let ended = Instant::now();
            let events = feed(&mut link, &[]);
            println!(
                "{name} {round}: open to Started {started:?}, end to Final {:?}, worst block {worst} µs",
                ended.elapsed()
            );
            assert!(
                matches!(events.last(), Some(Event::Final(text, _)) if text == TABLE),
                "{events:?}"
            );
        }
        println!("resident with {name}: {} kB", resident_kb());
    }
}
