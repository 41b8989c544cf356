//! The caller's voice.

use std::future::poll_fn;
use std::sync::Arc;

use anyhow::{Context, bail};
use trunkline_local::{Voice, WorkerFrame, WorkerSpec, Workers};

use crate::softphone::resample;

/// Says a sentence with flite, at `rate_hz`.
///
/// # Errors
/// There is no synthesiser, or it failed.
pub async fn say(workers: &Workers, text: &str, rate_hz: u32) -> anyhow::Result<Arc<[i16]>> {
    let spec = WorkerSpec::Speak {
        text: Arc::from(text),
        voice: Voice::default(),
    };
    let mut link = workers.open(spec)?;
    let (mut samples, mut from_hz, mut failed) = (Vec::new(), None, None);
    poll_fn(|cx| {
        loop {
            match std::task::ready!(link.poll_frame(cx)) {
                Some(WorkerFrame::Audio {
                    rate_hz,
                    samples: block,
                }) => {
                    from_hz = Some(rate_hz);
                    samples.extend_from_slice(block);
                }
                Some(WorkerFrame::Failed(why)) => failed = Some(why.to_owned()),
                Some(_) => {}
                None => return std::task::Poll::Ready(()),
            }
        }
    })
    .await;
    if let Some(why) = failed {
        bail!("flite: {why}");
    }
    let from_hz = from_hz.context("flite said nothing")?;
    Ok(resample(&samples, from_hz, rate_hz)?)
}
