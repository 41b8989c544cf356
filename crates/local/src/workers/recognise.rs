//! A recogniser's thread: one utterance after the other.

use std::sync::Arc;

use super::channel::{Heard, Message, Reply, Sounds};
use super::pool::guard;
use super::queue::{Job, Queue};
use super::recogniser::Recogniser;
use crate::ffi::{ModelPaths, Sphinx};
use crate::wire::{Band, RECOGNISE_RATE_HZ};

/// An utterance longer than this ends by itself, in samples: 60 s. The decoder keeps all of it.
const MAX_UTTERANCE_SAMPLES: usize = 60 * RECOGNISE_RATE_HZ as usize;

/// One utterance to hear.
#[derive(Debug)]
pub(crate) struct RecogniseJob {
    pub(crate) grammar: Option<Arc<str>>,
    pub(crate) band: Band,
    pub(crate) sounds: Sounds,
    pub(crate) reply: Reply,
}

impl Job for RecogniseJob {
    fn is_cancelled(&self) -> bool {
        self.reply.signal.is_cancelled()
    }
}

/// The thread's life. The decoder is loaded by the first job and replaced after a panic.
pub(crate) fn work(queue: &Queue<RecogniseJob>, sphinx: &'static Sphinx, model: &ModelPaths) {
    let mut loaded: Option<Recogniser> = None;
    while let Some(mut job) = queue.pop() {
        let panicked = guard(&mut job.reply, |reply| {
            let recogniser = match &mut loaded {
                Some(recogniser) => recogniser,
                None => loaded.insert(Recogniser::load(sphinx, model)?),
            };
            recogniser.start(job.grammar.as_ref(), job.band)?;
            reply.started();
            let stopping = || queue.is_closed();
            let served = hear(recogniser, &mut job.sounds, reply, stopping);
            recogniser.abandon();
            served
        });
        if panicked {
            loaded = None;
        }
    }
}

fn hear(
    recogniser: &mut Recogniser,
    sounds: &mut Sounds,
    reply: &mut Reply,
    stopping: impl Fn() -> bool,
) -> Result<(), String> {
    let mut said = String::new();
    let mut heard_samples = 0;
    while heard_samples < MAX_UTTERANCE_SAMPLES {
        match sounds.wait(&reply.signal, &stopping) {
            Heard::Abandoned => return Ok(()),
            Heard::End => break,
            Heard::Block(block) => {
                heard_samples += block.len();
                recogniser.process(block)?;
                let hypothesis = recogniser.hypothesis();
                if hypothesis != said {
                    said.clear();
                    said.push_str(hypothesis);
                    reply.partial(&said);
                }
            }
        }
    }
    let (text, confidence) = recogniser.finish()?;
    reply.answer(Message::Final { text, confidence });
    Ok(())
}
