//! What the gateway itself says when nobody else can: rendered once, before the first call.
//!
//! A line that cannot be had is left out and named; it keeps no gateway from starting.

mod line;
mod recording;
mod speech;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use trunkline_call::{Clip, Lines};
use trunkline_local::{Voice, Workers};

pub use line::Line;
pub use recording::{RecordingError, clip_of_wav};
pub use speech::{SpeechError, speak};

/// Rate of every line, in Hz.
pub const LINE_HZ: u32 = 16_000;

/// How long all lines together may take to be rendered.
pub const RENDER: Duration = Duration::from_secs(5);

/// How one line comes about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineSpec {
    /// Nothing is said.
    Nothing,
    /// Spoken by the embedded synthesiser.
    Text(Arc<str>),
    /// A recording.
    Clip(Clip),
}

/// How all lines come about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineSpecs {
    /// Who speaks those that are texts.
    pub voice: Voice,
    /// Each with how it comes about, in the order of [`Line::ALL`].
    specs: [(Line, LineSpec); Line::ALL.len()],
}

impl LineSpecs {
    /// The default texts.
    pub fn new(voice: Voice) -> Self {
        Self {
            voice,
            specs: Line::ALL.map(|line| match line.default_text() {
                "" => (line, LineSpec::Nothing),
                text => (line, LineSpec::Text(text.into())),
            }),
        }
    }

    /// Each line with how it comes about.
    pub fn iter(&self) -> impl Iterator<Item = (Line, &LineSpec)> {
        self.specs.iter().map(|(line, spec)| (*line, spec))
    }

    /// The same, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (Line, &mut LineSpec)> {
        self.specs.iter_mut().map(|(line, spec)| (*line, spec))
    }
}

/// The lines that could be had, and why the others are missing.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    /// With their sound.
    pub lines: Lines,
    /// What is wanted and not there.
    pub faults: Vec<LineFault>,
}

/// A line that is wanted and not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineFault {
    /// Which.
    pub line: Line,
    /// What is missing, or what went wrong.
    pub reason: String,
}

/// Gives every line its sound, all at the same time and within [`RENDER`] in all. Lines that took longer are
/// faults; those that were ready stay.
pub async fn render(specs: &LineSpecs, workers: &Workers) -> Rendered {
    render_with(specs, |text| {
        speak(workers, text, specs.voice.clone(), LINE_HZ)
    })
    .await
}

async fn render_with<F>(specs: &LineSpecs, speak: impl Fn(Arc<str>) -> F) -> Rendered
where
    F: Future<Output = Result<Arc<[i16]>, SpeechError>>,
{
    let clips = specs.iter().map(|(_, spec)| clip(spec, &speak));
    let clips = join_all(clips).await;
    let mut rendered = Rendered::default();
    for ((line, _), clip) in specs.iter().zip(clips) {
        match clip {
            Ok(clip) => *line.of_mut(&mut rendered.lines) = clip,
            Err(reason) => rendered.faults.push(LineFault { line, reason }),
        }
    }
    rendered
}

async fn clip<F>(spec: &LineSpec, speak: &impl Fn(Arc<str>) -> F) -> Result<Option<Clip>, String>
where
    F: Future<Output = Result<Arc<[i16]>, SpeechError>>,
{
    let text = match spec {
        LineSpec::Nothing => return Ok(None),
        LineSpec::Clip(clip) => return Ok(Some(clip.clone())),
        LineSpec::Text(text) => Arc::clone(text),
    };
    let spoken = tokio::time::timeout(RENDER, speak(Arc::clone(&text)));
    match spoken.await {
        Ok(Ok(samples)) => Ok(Some(Clip {
            text,
            samples,
            rate_hz: LINE_HZ,
        })),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("not spoken within {} ms", RENDER.as_millis())),
    }
}

#[cfg(test)]
mod tests;
