//! A bot that talks in bursts and cuts itself off.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::{Clears, Script, Socket};
use crate::audio::{Format, Law, mulaw_to_linear};
use crate::dialect::Speech;
use crate::payload::{Payload, whose};

/// The number of a frame of an utterance. Both count from 0.
pub(crate) const fn frame_number(utterance: u32, at: u32) -> u32 {
    utterance << 12 | at & 0xFFF
}

/// The utterance of a frame, and its place in it.
pub(crate) const fn utterance_of(number: u32) -> (u32, u32) {
    (number >> 12, number & 0xFFF)
}

/// One call of such a bot.
#[derive(Debug)]
pub(super) struct Talk {
    speech: Speech,
    epoch: Instant,
    clears: Clears,
    frames: u32,
    every: Duration,
    aligned: bool,
}

impl Talk {
    pub(super) fn new(script: &Script, utterance_ms: u32, every_ms: u32, aligned: bool) -> Self {
        Self {
            speech: script.speech,
            epoch: script.epoch,
            clears: script.clears.clone(),
            frames: utterance_ms.div_ceil(20),
            every: Duration::from_millis(every_ms.max(20).into()),
            aligned,
        }
    }

    /// Talks until the far end closes.
    pub(super) async fn run(&self, mut socket: Socket) -> Result<(), Error> {
        let Some((caller, stream)) = self.whose(&mut socket).await? else {
            return Ok(());
        };
        let mut utterance = 0;
        let mut next = self.first();
        loop {
            tokio::select! {
                message = socket.next() => match message.transpose()? {
                    None | Some(Message::Close(_)) => return Ok(()),
                    Some(_) => {}
                },
                () = sleep_until(next) => {
                    self.say(&mut socket, caller, utterance, &stream).await?;
                    utterance += 1;
                    next += self.every;
                }
            }
        }
    }

    fn first(&self) -> Instant {
        if !self.aligned {
            return Instant::now();
        }
        let passed = self.epoch.elapsed().as_millis() / self.every.as_millis();
        self.epoch + self.every * u32::try_from(passed + 1).unwrap_or(u32::MAX)
    }

    /// Waits for a frame that says who the caller is, and learns the stream's name on the way.
    async fn whose(&self, socket: &mut Socket) -> Result<Option<(u32, String)>, Error> {
        let (mut stream, mut audio) = (String::new(), Vec::new());
        while let Some(message) = socket.next().await {
            let message = message?;
            // Only what is learnt from it matters.
            drop(self.speech.echo(&message, &mut stream));
            if !self.speech.hear(&message, &mut audio) {
                continue;
            }
            if let Some(caller) = whose(&self.as_heard(&audio)) {
                return Ok(Some((caller, stream)));
            }
        }
        Ok(None)
    }

    async fn say(
        &self,
        socket: &mut Socket,
        caller: u32,
        utterance: u32,
        stream: &str,
    ) -> Result<(), Error> {
        if let Some(cut_off) = utterance.checked_sub(1)
            && let Some(clear) = self.speech.clear(stream)
        {
            self.clears
                .borrow_mut()
                .insert(caller, (cut_off, Instant::now()));
            socket.feed(clear).await?;
        }
        let mut frame = vec![0; Format::MULAW_8K.frame_bytes()];
        for at in 0..self.frames {
            let number = frame_number(utterance, at);
            Payload::Exact.fill(Format::MULAW_8K, caller, number, &mut frame);
            let message = self.speech.say(&self.as_spoken(&frame), stream);
            socket.feed(message).await?;
        }
        socket.flush().await
    }

    /// A μ-law frame in the bot's format, at 8 kHz.
    fn as_spoken(&self, mulaw: &[u8]) -> Vec<u8> {
        match self.speech.format.law {
            Law::Mulaw => mulaw.to_vec(),
            Law::Pcm16 => mulaw
                .iter()
                .flat_map(|&code| mulaw_to_linear(code).to_le_bytes())
                .collect(),
        }
    }

    /// What the bot heard, as μ-law at 8 kHz. Only values that μ-law has come back as they were.
    fn as_heard(&self, audio: &[u8]) -> Vec<u8> {
        if self.speech.format.law == Law::Mulaw {
            return audio.to_vec();
        }
        let code_of = |sample: i16| {
            (0..=u8::MAX)
                .rev()
                .find(|&code| mulaw_to_linear(code) == sample)
        };
        audio
            .chunks_exact(2)
            .map(|bytes| match bytes {
                [low, high] => code_of(i16::from_le_bytes([*low, *high])).unwrap_or(0),
                _ => 0,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_of_an_utterance_is_told_by_its_number() {
        assert_eq!(utterance_of(frame_number(0, 7)), (0, 7));
        assert_eq!(utterance_of(frame_number(1_000, 124)), (1_000, 124));
    }
}
