//! A local engine as a link: names and words of `crates/local` turned into those of a call.

use std::task::{Context, Poll};

use trunkline_call::{Down, Frame, LinkSpec, WorkerFrame};
use trunkline_engines::SAMPLES_AT_ONCE;
use trunkline_local::{
    Band, OpenError, RECOGNISE_RATE_HZ, RECOGNISE_RING_MS, Voice, WorkerLink, WorkerSpec, Workers,
};

/// What a link holds for its recogniser.
const RING_SAMPLES: usize = (RECOGNISE_RING_MS as usize) * (RECOGNISE_RATE_HZ as usize / 1_000);

/// Opens a link to a local worker.
pub(in crate::shard) fn open_worker(workers: &Workers, spec: LinkSpec) -> Result<WorkerLink, Down> {
    let spec = match spec {
        LinkSpec::Dial(_) | LinkSpec::Post(_) => return Err(Down::Unavailable),
        LinkSpec::Recognise { grammar, telephone } => WorkerSpec::Recognise {
            grammar,
            band: if telephone {
                Band::Telephone
            } else {
                Band::Wide
            },
        },
        LinkSpec::Speak { text, voice } => WorkerSpec::Speak {
            text,
            voice: voice.parse().unwrap_or_else(|_| Voice::default()),
        },
    };
    workers.open(spec).map_err(|error| match error {
        OpenError::Busy { .. } => Down::Busy,
        other => {
            tracing::debug!(error = %other, "no local worker");
            Down::Unavailable
        }
    })
}

/// Whether all fits that an agent sends at once. A recogniser that drains its ring wakes nobody: the agent asks
/// again by the clock.
pub(in crate::shard) fn has_room(link: &WorkerLink) -> bool {
    link.waiting_samples() + SAMPLES_AT_ONCE <= RING_SAMPLES
}

/// The next frame of a worker.
pub(in crate::shard) fn read_worker<'a>(
    link: &'a mut WorkerLink,
    cx: &mut Context<'_>,
) -> Poll<Result<Frame<'a>, Down>> {
    match std::task::ready!(link.poll_frame(cx)) {
        Some(frame) => {
            if let WorkerFrame::Failed(reason) = frame {
                tracing::warn!(reason, "local worker failed");
            }
            Poll::Ready(Ok(Frame::Worker(frame)))
        }
        None => Poll::Ready(Err(Down::Finished)),
    }
}
