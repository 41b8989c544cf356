//! A call's hold on one utterance.

use std::sync::Arc;
use std::task::{Context, Poll};

use rtrb::{Consumer, Producer};

use super::channel::{BLOCK_SAMPLES, Message, Signal};
use crate::wire::Full;
use trunkline_call::WorkerFrame;

/// One utterance at a local worker. Dropping it cancels: the worker turns to the next job within the
/// block or the sentence it has in hand.
#[derive(Debug)]
pub struct WorkerLink {
    signal: Arc<Signal>,
    replies: Consumer<Message>,
    sounds: Option<Producer<i16>>,
    current: Option<Message>,
    spoken: usize,
    finished: bool,
    counts: PushCounts,
}

/// Samples given to a recogniser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PushCounts {
    /// Taken.
    pub accepted: u64,
    /// Refused with [`Full`].
    pub refused: u64,
}

impl WorkerLink {
    pub(crate) const fn new(
        signal: Arc<Signal>,
        replies: Consumer<Message>,
        sounds: Option<Producer<i16>>,
    ) -> Self {
        Self {
            signal,
            replies,
            sounds,
            current: None,
            spoken: 0,
            finished: false,
            counts: PushCounts {
                accepted: 0,
                refused: 0,
            },
        }
    }

    /// The next frame; `None` after the last. [`Final`](WorkerFrame::Final) and
    /// [`Failed`](WorkerFrame::Failed) are last frames, and so is the last block of audio.
    ///
    /// Only the newest context is woken.
    pub fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<WorkerFrame<'_>>> {
        if self.finished {
            return Poll::Ready(None);
        }
        if !self.has_speech_left() {
            let message = match self.replies.pop() {
                Ok(message) => message,
                Err(_) => {
                    self.signal.waker.register(cx.waker());
                    // What came between the look and the registration has woken nobody.
                    match self.replies.pop() {
                        Ok(message) => message,
                        Err(_) => return Poll::Pending,
                    }
                }
            };
            self.spoken = 0;
            self.current = Some(message);
        }
        Poll::Ready(self.frame())
    }

    /// Hands over 16 kHz mono samples, all of them or none. For [`WorkerSpec::Recognise`] before
    /// [`end`](Self::end); the ring holds [`RECOGNISE_RING_MS`], also before a worker has started.
    ///
    /// [`WorkerSpec::Recognise`]: crate::WorkerSpec::Recognise
    /// [`RECOGNISE_RING_MS`]: crate::RECOGNISE_RING_MS
    ///
    /// # Errors
    /// [`Full`] when they do not fit, or this utterance takes none.
    pub fn push_samples(&mut self, pcm16k: &[i16]) -> Result<(), Full> {
        let count = pcm16k.len() as u64;
        let Some(sounds) = &mut self.sounds else {
            self.counts.refused += count;
            return Err(Full);
        };
        if sounds.push_entire_slice(pcm16k).is_err() {
            self.counts.refused += count;
            return Err(Full);
        }
        self.counts.accepted += count;
        if self.waiting_samples() >= BLOCK_SAMPLES {
            self.signal.wake_worker();
        }
        Ok(())
    }

    /// The caller has stopped speaking: decode what is left and say what it was.
    pub fn end(&mut self) {
        if self.sounds.take().is_some() {
            self.signal.end();
        }
    }

    /// Samples in the ring, which no worker has taken yet.
    #[must_use]
    pub fn waiting_samples(&self) -> usize {
        self.sounds
            .as_ref()
            .map_or(0, |sounds| sounds.buffer().capacity() - sounds.slots())
    }

    /// Samples taken and refused so far.
    #[must_use]
    pub const fn counts(&self) -> PushCounts {
        self.counts
    }

    fn has_speech_left(&self) -> bool {
        matches!(&self.current, Some(Message::Speech { samples, .. }) if self.spoken < samples.len())
    }

    fn frame(&mut self) -> Option<WorkerFrame<'_>> {
        match self.current.as_ref()? {
            Message::Started => Some(WorkerFrame::Started),
            Message::Partial(text) => Some(WorkerFrame::Partial(text)),
            Message::Final { text, confidence } => {
                self.finished = true;
                Some(WorkerFrame::Final {
                    text,
                    confidence: *confidence,
                })
            }
            Message::Failed(text) => {
                self.finished = true;
                Some(WorkerFrame::Failed(text))
            }
            Message::Speech { rate_hz, samples } => {
                let left = samples.get(self.spoken..).unwrap_or_default();
                let block = left.get(..*rate_hz as usize / 10).unwrap_or(left);
                self.spoken += block.len();
                self.finished = block.len() == left.len();
                (!block.is_empty()).then_some(WorkerFrame::Audio {
                    rate_hz: *rate_hz,
                    samples: block,
                })
            }
        }
    }
}

impl Drop for WorkerLink {
    fn drop(&mut self) {
        self.signal.cancel();
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;
    use crate::workers::channel::Reply;

    fn speech(samples: Vec<i16>) -> WorkerLink {
        let (mut reply, replies) = Reply::ring();
        reply.answer(Message::Speech {
            rate_hz: 22_050,
            samples,
        });
        WorkerLink::new(Arc::clone(&reply.signal), replies, None)
    }

    #[test]
    fn speech_comes_in_blocks_of_100_ms() {
        let mut link = speech((0..5_000).collect());
        let mut cx = Context::from_waker(Waker::noop());
        let mut lengths = Vec::new();
        while let Poll::Ready(Some(WorkerFrame::Audio {
            rate_hz: 22_050,
            samples,
        })) = link.poll_frame(&mut cx)
        {
            assert_eq!(
                samples.first().copied().map(usize::from_signed),
                Some(lengths.iter().sum())
            );
            lengths.push(samples.len());
        }
        assert_eq!(lengths, [2_205, 2_205, 590]);
        assert_eq!(link.poll_frame(&mut cx), Poll::Ready(None));
        assert_eq!(speech(Vec::new()).poll_frame(&mut cx), Poll::Ready(None));
    }

    trait FromSigned {
        fn from_signed(value: i16) -> Self;
    }

    impl FromSigned for usize {
        fn from_signed(value: i16) -> Self {
            Self::try_from(value).unwrap()
        }
    }

    #[test]
    fn a_push_is_whole_or_refused_and_counted() {
        let (producer, _sounds) = crate::workers::channel::Sounds::ring();
        let (reply, replies) = Reply::ring();
        let mut link = WorkerLink::new(Arc::clone(&reply.signal), replies, Some(producer));
        assert_eq!(link.push_samples(&[0; 40_000]), Ok(()));
        assert_eq!(link.push_samples(&[0; 8_001]), Err(Full));
        assert_eq!(link.push_samples(&[0; 8_000]), Ok(()));
        link.end();
        assert_eq!(link.push_samples(&[0]), Err(Full));
        assert_eq!(
            link.counts(),
            PushCounts {
                accepted: 48_000,
                refused: 8_002
            }
        );
    }
}
