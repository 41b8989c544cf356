//! A speaker's thread: one sentence after the other, each handed over whole, so that a slow reader
//! holds up nobody.

use std::borrow::Cow;
use std::sync::Arc;

use super::channel::{Message, Reply};
use super::espeak;
use super::pool::guard;
use super::queue::{Job, Queue};
use crate::ffi::{Flite, Wave};
use crate::wire::Voice;

/// One sentence to speak.
#[derive(Debug)]
pub(crate) struct SpeakJob {
    pub(crate) text: Arc<str>,
    pub(crate) voice: Voice,
    pub(crate) reply: Reply,
}

impl Job for SpeakJob {
    fn is_cancelled(&self) -> bool {
        self.reply.signal.is_cancelled()
    }
}

/// The thread's life.
pub(crate) fn work(queue: &Queue<SpeakJob>) {
    while let Some(mut job) = queue.pop() {
        guard(&mut job.reply, |reply| {
            reply.started();
            let signal = Arc::clone(&reply.signal);
            let wave = say(&job.text, &job.voice, || {
                signal.is_cancelled() || queue.is_closed()
            })?;
            reply.answer(Message::Speech {
                rate_hz: wave.rate_hz,
                samples: wave.samples,
            });
            Ok(())
        });
    }
}

fn say(text: &str, voice: &Voice, stopping: impl Fn() -> bool) -> Result<Wave, String> {
    match voice {
        _ if !text.contains(char::is_alphanumeric) => Ok(Wave {
            rate_hz: 16_000,
            samples: Vec::new(),
        }),
        Voice::Flite(voice) => Flite::load()?.speak(*voice, &ascii(text)),
        Voice::Espeak(language) => espeak::speak(language, text, stopping),
    }
}

/// flite reads ASCII: typographic marks become plain ones, anything else a space.
fn ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() && !text.contains('\0') {
        return Cow::Borrowed(text);
    }
    let plain = |c: char| match c {
        '\u{2018}' | '\u{2019}' => '\'',
        '\u{201c}' | '\u{201d}' => '"',
        '\u{2013}' | '\u{2014}' | '\u{2026}' => ',',
        c if c.is_ascii() && c != '\0' => c,
        _ => ' ',
    };
    Cow::Owned(text.chars().map(plain).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typographic_text_becomes_ascii() {
        assert_eq!(ascii("plain"), "plain");
        assert_eq!(
            ascii("it\u{2019}s \u{201c}on\u{201d}\u{2026} caf\u{e9}\0"),
            "it's \"on\", caf  "
        );
    }

    #[test]
    fn nothing_to_say_is_no_audio() {
        let wave = say("\u{2026} !", &Voice::default(), || false).unwrap();
        assert!(wave.samples.is_empty());
    }
}
