//! A voice actor's 1,500 seconds of telephone prompts, at 8 kHz: Debian's package of them.

use std::path::{Path, PathBuf};

use trunkline_codecs::AudioFormat;
use trunkline_codecs::wav;

const PACKAGE: &str = "asterisk-core-sounds-en-wav";
const DIRECTORY: &str = "/usr/share/asterisk/sounds/en_US_f_Allison";

/// Files of the package that are tones and not speech.
const TONES: [&str; 4] = [
    "ascending-2tone.wav",
    "beep.wav",
    "beeperr.wav",
    "descending-2tone.wav",
];

/// A prompt and the name of its file.
pub(crate) struct Prompt {
    pub(crate) name: String,
    pub(crate) samples: Vec<i16>,
}

/// Every prompt but the tones.
///
/// # Panics
/// The package is not installed.
pub(crate) fn all() -> Vec<Prompt> {
    let mut paths = Vec::new();
    let mut directories = vec![PathBuf::from(DIRECTORY)];
    while let Some(directory) = directories.pop() {
        let entries = std::fs::read_dir(&directory)
            .unwrap_or_else(|error| panic!("{}: {error}: install {PACKAGE}", directory.display()));
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                directories.push(path);
            } else if is_speech(&path) {
                paths.push(path);
            }
        }
    }
    assert!(
        paths.len() > 500,
        "{} files: install {PACKAGE}",
        paths.len()
    );
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

/// `samples` louder by `db`, clipped as on an overdriven line.
pub(crate) fn amplified(samples: &[i16], db: i32) -> Vec<i16> {
    let gain = 10f64.powf(f64::from(db) / 20.0);
    // `as` saturates.
    samples
        .iter()
        .map(|&s| (f64::from(s) * gain) as i16)
        .collect()
}

/// `samples` as they arrive over the telephone.
pub(crate) fn through_mulaw(samples: &[i16]) -> Vec<i16> {
    let (mut codes, mut back) = (Vec::new(), Vec::new());
    AudioFormat::MULAW_8K.encode(samples, &mut codes);
    AudioFormat::MULAW_8K.decode(&codes, &mut back).unwrap();
    back
}

fn is_speech(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap();
    name.ends_with(".wav") && !TONES.contains(&name)
}

fn read(path: &Path) -> Prompt {
    let sound = wav::parse(&std::fs::read(path).unwrap()).unwrap();
    let name = path.display().to_string();
    assert_eq!((sound.rate_hz, sound.channels), (8000, 1), "{name}");
    Prompt {
        name,
        samples: sound.samples,
    }
}
