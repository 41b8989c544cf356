//! What of the embedded engines is on this machine, and what to install for the rest.

use std::fmt;
use std::path::{Path, PathBuf};

use super::espeak;
use crate::ffi::{Flite, ModelPaths, Sphinx};
use crate::wire::{FliteVoice, OpenError, Voice};

/// Where Debian's pocketsphinx-en-us puts the model.
const DEBIAN_MODEL: &str = "/usr/share/pocketsphinx/model/en-us";

const RECOGNISER_PACKAGES: &str = "libpocketsphinx3 pocketsphinx-en-us";
const SPEAKER_PACKAGES: &str = "libflite1";
const ESPEAK_PACKAGES: &str = "espeak-ng";

/// The library ends the process on a model without one of these, so they are looked for first.
const ACOUSTIC_FILES: [&str; 7] = [
    "mdef",
    "means",
    "variances",
    "transition_matrices",
    "sendump",
    "feat.params",
    "noisedict",
];

/// What was found when the workers started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Speech to text: pocketsphinx and its US English model.
    pub recogniser: Availability,
    /// Text to speech in English: flite.
    pub speaker: Availability,
    /// Text to speech in other languages: espeak-ng.
    pub espeak: Availability,
}

/// Whether an engine can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Availability {
    /// It can.
    Ready {
        /// What exactly was found.
        detail: String,
    },
    /// It cannot.
    Missing {
        /// What was looked for, and what came of it.
        what: String,
        /// The Debian packages that bring it, separated by spaces.
        install: &'static str,
    },
}

impl Availability {
    /// Whether the engine can be used.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        matches!(self, Self::Ready { .. })
    }

    pub(crate) fn required(&self) -> Result<(), OpenError> {
        match self {
            Self::Ready { .. } => Ok(()),
            Self::Missing { what, install } => Err(OpenError::Missing {
                what: what.clone(),
                install,
            }),
        }
    }

    /// An engine without threads is not there either.
    pub(crate) fn unless(&mut self, started: Result<(), String>) {
        if let (Err(error), Self::Ready { .. }) = (started, &*self) {
            let what = format!("a thread could not be started: {error}");
            *self = Self::Missing {
                what,
                install: "nothing, but raise the limit of threads",
            };
        }
    }
}

impl fmt::Display for Availability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready { detail } => write!(f, "ready: {detail}"),
            Self::Missing { what, install } => write!(f, "missing: {what}; install {install}"),
        }
    }
}

impl Report {
    pub(crate) const fn voice(&self, voice: &Voice) -> &Availability {
        match voice {
            Voice::Flite(_) => &self.speaker,
            Voice::Espeak(_) => &self.espeak,
        }
    }
}

/// The report, and what the decoders need to load.
pub(crate) struct Found {
    pub(crate) report: Report,
    pub(crate) recogniser: Option<(&'static Sphinx, ModelPaths)>,
}

/// Opens the libraries, looks for the model, asks espeak-ng for its version.
pub(crate) fn look(model_dir: Option<&Path>) -> Found {
    let found = model(model_dir.unwrap_or(Path::new(DEBIAN_MODEL)))
        .and_then(|model| Ok((Sphinx::load().map_err(str::to_owned)?, model)));
    let recogniser = availability(
        found
            .as_ref()
            .map(|(_, model)| describe(model))
            .map_err(String::clone),
        RECOGNISER_PACKAGES,
    );
    let flite = Flite::load()
        .map_err(str::to_owned)
        .and_then(|flite| flite.prepare(FliteVoice::Rms))
        .map(|()| "flite, voices rms, slt, kal16, awb".to_owned());
    let report = Report {
        recogniser,
        speaker: availability(flite, SPEAKER_PACKAGES),
        espeak: availability(espeak::version(), ESPEAK_PACKAGES),
    };
    Found {
        report,
        recogniser: found.ok(),
    }
}

fn availability(found: Result<String, String>, install: &'static str) -> Availability {
    match found {
        Ok(detail) => Availability::Ready { detail },
        Err(what) => Availability::Missing { what, install },
    }
}

fn model(dir: &Path) -> Result<ModelPaths, String> {
    let acoustic = dir.join("en-us");
    for file in ACOUSTIC_FILES {
        present(acoustic.join(file))?;
    }
    Ok(ModelPaths {
        acoustic,
        dictionary: present(dir.join("cmudict-en-us.dict"))?,
        language: present(dir.join("en-us.lm.bin")).ok(),
    })
}

fn present(file: PathBuf) -> Result<PathBuf, String> {
    match file.metadata() {
        Ok(data) if data.is_file() && data.len() > 0 => Ok(file),
        Ok(_) => Err(format!(
            "{}: expected a file with something in it",
            file.display()
        )),
        Err(error) => Err(format!("{}: {error}", file.display())),
    }
}

fn describe(model: &ModelPaths) -> String {
    let language = if model.language.is_some() {
        "with"
    } else {
        "without"
    };
    let acoustic = model.acoustic.display();
    format!("pocketsphinx, US English from {acoustic}, {language} a general language model")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_model_names_the_file_and_the_package() {
        let dir = tempfile::tempdir().unwrap();
        let found = look(Some(dir.path()));
        assert!(found.recogniser.is_none());
        let text = found.report.recogniser.to_string();
        assert!(
            text.contains("mdef") && text.contains("pocketsphinx-en-us"),
            "{text}"
        );
        assert!(matches!(
            found.report.recogniser.required(),
            Err(OpenError::Missing {
                install: RECOGNISER_PACKAGES,
                ..
            })
        ));
    }

    #[test]
    fn an_empty_file_is_no_model() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("en-us")).unwrap();
        std::fs::write(dir.path().join("en-us/mdef"), "").unwrap();
        assert!(
            model(dir.path())
                .unwrap_err()
                .contains("expected a file with something")
        );
    }
}
