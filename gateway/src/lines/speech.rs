//! A sentence from the embedded synthesiser.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Poll, ready};

use trunkline_codecs::resample::{Resampler, UnsupportedRate};
use trunkline_local::{OpenError, Voice, WorkerFrame, WorkerSpec, Workers};

/// Why there is no sound.
#[derive(Debug, thiserror::Error)]
pub enum SpeechError {
    /// The synthesiser is not there, or busy.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It failed.
    #[error("the synthesiser failed: {0}")]
    Failed(String),
    /// It gave no sound.
    #[error("the synthesiser said nothing")]
    Silent,
    /// It speaks at a rate that cannot be converted.
    #[error(transparent)]
    Rate(#[from] UnsupportedRate),
}

/// Says `text`, in PCM16 mono at `rate_hz`.
///
/// Cancel safe: dropping it gives the sentence up.
///
/// # Errors
/// There is no synthesiser for this voice, it failed, or has nothing to say.
pub async fn speak(
    workers: &Workers,
    text: Arc<str>,
    voice: Voice,
    rate_hz: u32,
) -> Result<Arc<[i16]>, SpeechError> {
    let mut link = workers.open(WorkerSpec::Speak { text, voice })?;
    let (mut spoken, mut from_hz, mut failed) = (Vec::new(), None, None);
    poll_fn(|cx| {
        loop {
            match ready!(link.poll_frame(cx)) {
                Some(WorkerFrame::Audio { rate_hz, samples }) => {
                    from_hz = Some(rate_hz);
                    spoken.extend_from_slice(samples);
                }
                Some(WorkerFrame::Failed(why)) => failed = Some(why.to_owned()),
                Some(_) => {}
                None => return Poll::Ready(()),
            }
        }
    })
    .await;
    if let Some(why) = failed {
        return Err(SpeechError::Failed(why));
    }
    let from_hz = from_hz.ok_or(SpeechError::Silent)?;
    Ok(resample(&spoken, from_hz, rate_hz)?)
}

/// Brings a whole mono recording from one rate to another.
pub(super) fn resample(
    samples: &[i16],
    from_hz: u32,
    to_hz: u32,
) -> Result<Arc<[i16]>, UnsupportedRate> {
    let mut resampler = Resampler::new(from_hz, to_hz)?;
    let mut out = Vec::new();
    resampler.process(samples, &mut out);
    resampler.flush(&mut out);
    Ok(out.into())
}
