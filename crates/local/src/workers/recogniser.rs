//! A decoder and the searches it holds: the last few grammars, and the language model once asked for.

use std::collections::VecDeque;
use std::ffi::{CStr, CString};
use std::sync::Arc;

use super::grammar::{GrammarError, check};
use crate::ffi::{Decoder, ModelPaths, Sphinx};
use crate::wire::Band;

/// Grammars that stay compiled, so that the states of a dialogue cost nothing when they come again.
const GRAMMARS: usize = 8;

/// The language model's search.
const LANGUAGE: &CStr = c"language";

/// The acoustic cost of a frame at which a grammar's answer is as likely wrong as right, and how far
/// from it the odds change by a factor of e. Measured with the booking script: its phrases cost up to 49 in
/// wide band and up to 57 in telephone band; other speech 61 and more, 74 and more.
const fn even_cost(band: Band) -> f32 {
    match band {
        Band::Wide => 56.0,
        Band::Telephone => 66.0,
    }
}
const COST_STEP: f32 = 5.0;

/// One thread's decoder.
pub(crate) struct Recogniser {
    decoder: Decoder,
    grammars: VecDeque<Compiled>,
    compiled: u64,
    has_language: bool,
    model: ModelPaths,
    guided: bool,
    band: Band,
}

struct Compiled {
    text: Arc<str>,
    name: CString,
}

impl Recogniser {
    pub(crate) fn load(sphinx: &'static Sphinx, model: &ModelPaths) -> Result<Self, String> {
        Ok(Self {
            decoder: Decoder::new(sphinx, model)?,
            grammars: VecDeque::with_capacity(GRAMMARS),
            compiled: 0,
            has_language: false,
            model: model.clone(),
            guided: false,
            band: Band::Wide,
        })
    }

    /// Begins an utterance, compiling or loading what it needs.
    pub(crate) fn start(&mut self, grammar: Option<&Arc<str>>, band: Band) -> Result<(), String> {
        self.guided = grammar.is_some();
        self.band = band;
        let started = match grammar {
            Some(text) => {
                let name = self.compile(text).map_err(|error| error.to_string())?;
                self.decoder.start(&name, band)
            }
            None => {
                self.load_language()?;
                self.decoder.start(LANGUAGE, band)
            }
        };
        started
            .then_some(())
            .ok_or_else(|| "pocketsphinx did not start an utterance".to_owned())
    }

    pub(crate) fn process(&mut self, samples: &[i16]) -> Result<(), String> {
        let done = self.decoder.process(samples);
        done.then_some(())
            .ok_or_else(|| "pocketsphinx failed in an utterance".to_owned())
    }

    /// What has been heard so far.
    pub(crate) fn hypothesis(&mut self) -> &str {
        self.decoder.hypothesis().unwrap_or_default()
    }

    /// Ends the utterance: its text, and with a grammar the confidence in it.
    pub(crate) fn finish(&mut self) -> Result<(Box<str>, Option<f32>), String> {
        if !self.decoder.end() {
            return Err("pocketsphinx failed at the end of an utterance".to_owned());
        }
        let text: Box<str> = self.hypothesis().into();
        if !self.guided || text.is_empty() {
            return Ok((text, None));
        }
        let band = self.band;
        let confidence = self.decoder.word_cost().map(|cost| confidence(cost, band));
        Ok((text, confidence))
    }

    /// Leaves the utterance; its text is not wanted.
    pub(crate) fn abandon(&mut self) {
        self.decoder.end();
    }

    /// The name of the grammar's search, which is the newest afterwards.
    fn compile(&mut self, text: &Arc<str>) -> Result<CString, GrammarError> {
        if let Some(at) = self.grammars.iter().position(|known| known.text == *text)
            && let Some(known) = self.grammars.remove(at)
        {
            let name = known.name.clone();
            self.grammars.push_back(known);
            return Ok(name);
        }
        let words = check(text)?;
        let unknown: Vec<_> = words
            .into_iter()
            .filter(|word| !self.decoder.knows(word))
            .collect();
        if !unknown.is_empty() {
            return Err(GrammarError::UnknownWords(unknown.join(", ")));
        }
        if self.grammars.len() >= GRAMMARS
            && let Some(oldest) = self.grammars.pop_front()
        {
            self.decoder.remove(&oldest.name);
        }
        self.compiled += 1;
        // A comment in the last line needs its line end, or the library's scanner prints it.
        let (name, jsgf) = (format!("grammar{}", self.compiled), format!("{text}\n"));
        let (Ok(name), Ok(jsgf)) = (CString::new(name), CString::new(jsgf)) else {
            return Err(GrammarError::Refused);
        };
        if !self.decoder.add_grammar(&name, &jsgf) {
            return Err(GrammarError::Refused);
        }
        self.grammars.push_back(Compiled {
            text: Arc::clone(text),
            name: name.clone(),
        });
        Ok(name)
    }

    fn load_language(&mut self) -> Result<(), String> {
        if self.has_language {
            return Ok(());
        }
        let Some(file) = &self.model.language else {
            return Err("no general language model; install pocketsphinx-en-us".to_owned());
        };
        if !self.decoder.add_language_model(LANGUAGE, file) {
            return Err(format!(
                "pocketsphinx refused the language model {}",
                file.display()
            ));
        }
        self.has_language = true;
        Ok(())
    }
}

fn confidence(cost: f32, band: Band) -> f32 {
    1.0 / (1.0 + ((cost - even_cost(band)) / COST_STEP).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_falls_with_the_cost() {
        for band in [Band::Wide, Band::Telephone] {
            let confidence = |cost| confidence(cost, band);
            assert!((confidence(even_cost(band)) - 0.5).abs() < 1e-6);
            assert!(confidence(25.0) > 0.99 && confidence(48.0) > 0.8 && confidence(85.0) < 0.05);
            assert!(confidence(f32::MAX) >= 0.0);
        }
    }
}
