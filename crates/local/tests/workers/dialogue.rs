//! The booking script's own grammars against flite's voices, in both bands.

use super::support::{ready, recognise_on, say, telephone};
use trunkline_local::script::{Dialogue, Script};
use trunkline_local::{ACCEPT_CONFIDENCE, Band, Workers, WorkersConfig};

/// What a caller says where, each after the inputs that lead there.
const TURNS: [(&[&str], &str); 9] = [
    (&[], "i would like to book a table for two"),
    (&[], "what time is it"),
    (&[], "goodbye"),
    (&["book a table for two"], "at seven o'clock"),
    (&["book a table for two"], "stop"),
    (&["book a table for two", "at seven o'clock"], "yes"),
    (&["book a table for two", "at seven o'clock"], "no"),
    (&["book a table for two", "at seven o'clock", "yes"], "stop"),
    (&["stop"], "goodbye"),
];

/// What no state expects.
const STRANGERS: [&str; 6] = [
    "the weather is nice today",
    "i want to cancel my order",
    "where is the nearest hospital",
    "my dog has eaten the newspaper",
    "please send me an invoice",
    "elephants never forget",
];

fn in_band(samples: &[i16], band: Band) -> Vec<i16> {
    match band {
        Band::Wide => samples.to_vec(),
        Band::Telephone => telephone(samples),
    }
}

#[test]
fn every_line_of_the_demo_is_believed_in_both_bands() {
    let workers = ready(Workers::start(WorkersConfig::default()));
    let mut wrong = Vec::new();
    for band in [Band::Wide, Band::Telephone] {
        for (before, line) in TURNS {
            let mut dialogue = Dialogue::new(Script::booking());
            dialogue.begin();
            for text in before {
                dialogue.heard(text);
            }
            let grammar = Some(dialogue.expects().grammar);
            let samples = in_band(&say(&workers, line), band);
            let heard = recognise_on(&workers, grammar, band, &samples);
            println!("{band:?} {line:?}: {heard:?}");
            let believed = heard
                .as_ref()
                .is_ok_and(|(_, confidence)| confidence.is_some_and(|c| c >= ACCEPT_CONFIDENCE));
            if !believed || heard.as_ref().is_ok_and(|(text, _)| text != line) {
                wrong.push((band, line, heard));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn strangers_are_not_believed() {
    let workers = ready(Workers::start(WorkersConfig::default()));
    let mut dialogue = Dialogue::new(Script::booking());
    dialogue.begin();
    let grammar = dialogue.expects().grammar;
    let mut believed = Vec::new();
    for band in [Band::Wide, Band::Telephone] {
        for line in STRANGERS {
            let samples = in_band(&say(&workers, line), band);
            let heard = recognise_on(&workers, Some(grammar.clone()), band, &samples);
            println!("{band:?} {line:?}: {heard:?}");
            if heard.is_ok_and(|(_, c)| c.is_some_and(|c| c >= ACCEPT_CONFIDENCE)) {
                believed.push((band, line));
            }
        }
    }
    assert!(believed.is_empty(), "{believed:?}");
}
