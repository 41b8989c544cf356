//! The worker threads and their pools.
//!
//! Threads run at nice +10 and block; the callers' side never does, but for the short lock of a queue
//! when a link is opened. A link and its worker share two bounded rings and a few flags, no more.

mod channel;
mod espeak;
mod grammar;
mod link;
mod pool;
mod queue;
mod recognise;
mod recogniser;
mod report;
mod speak;

use std::path::PathBuf;
use std::sync::Arc;

pub use link::{PushCounts, WorkerLink};
pub use report::{Availability, Report};

use crate::wire::{MAX_SPEAK_BYTES, OpenError, WorkerSpec};
use channel::{Reply, Sounds};
use pool::Pool;
use recognise::RecogniseJob;
use speak::SpeakJob;

/// How many workers of each kind, and where the model is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkersConfig {
    /// Threads that recognise, each with a decoder of its own once it has had a job: 28 MB with grammars
    /// only, 100 MB once it has used the language model. Default: one for each core.
    pub decoders: usize,
    /// Threads that speak. flite speaks one sentence at a time whatever their number, espeak-ng one in
    /// each. Default 2.
    pub speakers: usize,
    /// The directory with `en-us/`, `cmudict-en-us.dict` and `en-us.lm.bin`. Default: Debian's,
    /// `/usr/share/pocketsphinx/model/en-us`.
    pub model_dir: Option<PathBuf>,
    /// Jobs of each kind that may wait for a worker; beyond it links are refused. Default 64.
    pub queue: usize,
}

impl Default for WorkersConfig {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            decoders: cores,
            speakers: 2,
            model_dir: None,
            queue: 64,
        }
    }
}

/// The local workers. Clones share them; they stop when the last clone goes.
#[derive(Clone, Debug)]
pub struct Workers {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    report: Report,
    recognisers: Pool<RecogniseJob>,
    speakers: Pool<SpeakJob>,
}

impl Workers {
    /// Looks for the engines and starts the threads of those that are there. Runs `espeak-ng
    /// --version`, so call it where a few milliseconds do not matter. Decoders load with their first
    /// job (0.1 s; 0.2 s more for the language model).
    ///
    /// Never fails: what is missing is in the [`report`](Self::report).
    #[must_use]
    pub fn start(config: WorkersConfig) -> Self {
        let mut found = report::look(config.model_dir.as_deref());
        let recognisers = Pool::new(config.queue);
        if let Some((sphinx, model)) = found.recogniser {
            let started = recognisers.spawn("tl-decode", config.decoders, move |queue| {
                recognise::work(queue, sphinx, &model);
            });
            found.report.recogniser.unless(started);
        }
        let speakers = Pool::new(config.queue);
        if found.report.speaker.is_ready() || found.report.espeak.is_ready() {
            let started = speakers.spawn("tl-speak", config.speakers, speak::work);
            found.report.speaker.unless(started.clone());
            found.report.espeak.unless(started);
        }
        Self {
            shared: Arc::new(Shared {
                report: found.report,
                recognisers,
                speakers,
            }),
        }
    }

    /// What was found at the start.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.shared.report
    }

    /// Opens a link for one utterance. The job waits in the pool's queue until a worker takes it.
    ///
    /// # Errors
    /// [`OpenError::Missing`] when the engine is not on this machine, [`OpenError::Busy`] when the
    /// queue is full, [`OpenError::TextTooLong`], [`OpenError::Stopped`].
    pub fn open(&self, spec: WorkerSpec) -> Result<WorkerLink, OpenError> {
        let shared = &*self.shared;
        match spec {
            WorkerSpec::Recognise { grammar, band } => {
                shared.report.recogniser.required()?;
                let (sounds, samples) = Sounds::ring();
                let (reply, replies) = Reply::ring();
                let signal = Arc::clone(&reply.signal);
                shared.recognisers.push(RecogniseJob {
                    grammar,
                    band,
                    sounds: samples,
                    reply,
                })?;
                Ok(WorkerLink::new(signal, replies, Some(sounds)))
            }
            WorkerSpec::Speak { text, voice } => {
                shared.report.voice(&voice).required()?;
                if text.len() > MAX_SPEAK_BYTES {
                    return Err(OpenError::TextTooLong {
                        bytes: text.len(),
                        max: MAX_SPEAK_BYTES,
                    });
                }
                let (reply, replies) = Reply::ring();
                let signal = Arc::clone(&reply.signal);
                shared.speakers.push(SpeakJob { text, voice, reply })?;
                Ok(WorkerLink::new(signal, replies, None))
            }
        }
    }

    /// Stops the threads and waits for them: at most for the block or the sentence in hand, or a model
    /// that is being loaded. Open links get [`Failed`](crate::WorkerFrame::Failed). Blocks, so call it
    /// from a thread that may; a second call does nothing.
    pub fn shutdown(&self) {
        self.shared.recognisers.close();
        self.shared.speakers.close();
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.recognisers.close();
        self.speakers.close();
    }
}
