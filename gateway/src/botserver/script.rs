//! What a bot does in a call, a step a line.
//!
//! ```text
//! play greeting.wav            # linear PCM of 8, 16, 22.05, 24, 44.1 or 48 kHz; converted to the stream's format
//! say 440 1500                 # a tone of 440 Hz for 1,500 ms
//! wait 500                     # milliseconds
//! wait audio 2000              # until 2,000 ms more of the caller's audio have arrived
//! wait dtmf 1                  # until the digit is pressed; without a digit, any
//! wait mark intro              # until the mark comes back; without a name, any
//! mark intro
//! clear
//! dtmf 123#
//! transfer +15550100           # or a,b for all at once, or a,b sequential for one by one
//! transfer-ws wss://bot.example.com/voice
//! flow sales
//! extension 101
//! hangup
//! echo                         # from here on the caller's audio goes back
//! ```
//!
//! Digits and marks that arrived before their `wait` count, each once. After the last step the bot listens until the
//! call ends. Empty lines and what follows `#` after white space or at the beginning of a line are skipped.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use trunkline_codecs::resample::RATES_HZ;
use trunkline_codecs::{pcm, wav};

/// A whole script. Cloning shares the audio.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    steps: Vec<Step>,
}

/// One thing a bot does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    Play(Recording),
    Tone { hz: u32, length: Duration },
    Wait(Wait),
    Mark(String),
    Clear,
    Dtmf(String),
    Transfer(Transfer),
    TransferBot(String),
    Flow(String),
    Extension(String),
    HangUp,
    Echo,
}

/// What a bot waits for; `None` is any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wait {
    Time(Duration),
    Audio(Duration),
    Digit(Option<char>),
    Mark(Option<String>),
}

/// A mono recording at its own rate. `Debug` shows its length alone.
#[derive(Clone, PartialEq)]
pub(crate) struct Recording {
    pub(crate) rate_hz: u32,
    pub(crate) samples: Arc<[i16]>,
}

/// Whom to transfer the caller to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Transfer {
    pub(crate) destinations: Vec<String>,
    pub(crate) sequential: bool,
}

/// A line that is no step.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: expected {expected}, got {got:?}")]
pub struct ScriptError {
    /// The line, from 1.
    pub line: usize,
    /// What would have been right.
    pub expected: String,
    /// What is written.
    pub got: String,
}

impl Script {
    /// Steps a script may have.
    pub const MOST_STEPS: usize = 1_000;
    /// The longest wait and the longest tone, in milliseconds.
    pub const LONGEST_MS: u64 = 600_000;

    /// The caller's audio goes back from the beginning.
    #[must_use]
    pub fn echo() -> Self {
        Self {
            steps: vec![Step::Echo],
        }
    }

    /// One tone of 440 Hz.
    pub(crate) fn tone(length: Duration) -> Self {
        Self {
            steps: vec![Step::Tone { hz: 440, length }],
        }
    }

    /// Nothing: the bot listens.
    pub(crate) fn silent() -> Self {
        Self { steps: Vec::new() }
    }

    /// Reads a script; the files it plays are relative to `folder` and read here.
    ///
    /// # Errors
    ///
    /// [`ScriptError`] for the first line that is no step, for a file that cannot be read or played, and for a script
    /// of more than [`Self::MOST_STEPS`].
    pub fn parse(text: &str, folder: &Path) -> Result<Self, ScriptError> {
        let mut steps = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let written = without_comment(line);
            if written.is_empty() {
                continue;
            }
            let fault = |expected: String| ScriptError {
                line: at + 1,
                expected,
                got: written.to_owned(),
            };
            if steps.len() == Self::MOST_STEPS {
                return Err(fault(format!("at most {} steps", Self::MOST_STEPS)));
            }
            steps.push(step(written, folder).map_err(fault)?);
        }
        Ok(Self { steps })
    }

    /// The step at a place.
    pub(crate) fn step(&self, at: usize) -> Option<&Step> {
        self.steps.get(at)
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} samples at {} Hz", self.samples.len(), self.rate_hz)
    }
}

/// The line up to a `#` that stands at its beginning or after white space: `dtmf 123#` keeps its own.
fn without_comment(line: &str) -> &str {
    let comment = line.char_indices().find(|&(at, letter)| {
        let before = line.get(..at).unwrap_or_default();
        letter == '#' && before.chars().next_back().is_none_or(char::is_whitespace)
    });
    let end = comment.map_or(line.len(), |(at, _)| at);
    line.get(..end).unwrap_or_default().trim()
}

fn step(line: &str, folder: &Path) -> Result<Step, String> {
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    let named = |what: &str| {
        let bad = || format!("{word} {what} of 1 to 2,048 bytes");
        let good = !rest.is_empty() && rest.len() <= 2_048;
        good.then(|| rest.to_owned()).ok_or_else(bad)
    };
    match (word, rest) {
        ("play", _) => recording(&folder.join(named("FILE")?)).map(Step::Play),
        ("say", _) => tone(rest),
        ("wait", _) => wait(rest).map(Step::Wait),
        ("mark", _) => Ok(Step::Mark(named("NAME")?)),
        ("dtmf", _) if is_digits(rest) => Ok(Step::Dtmf(rest.to_owned())),
        ("dtmf", _) => Err("dtmf DIGITS of 0-9 * # A-D, at most 64".to_owned()),
        ("transfer", _) => transfer(rest).map(Step::Transfer),
        ("transfer-ws", _) => Ok(Step::TransferBot(named("URL")?)),
        ("flow", _) => Ok(Step::Flow(named("ID")?)),
        ("extension", _) => Ok(Step::Extension(named("NUMBER")?)),
        ("clear", "") => Ok(Step::Clear),
        ("hangup", "") => Ok(Step::HangUp),
        ("echo", "") => Ok(Step::Echo),
        ("clear" | "hangup" | "echo", _) => Err(format!("{word} alone")),
        _ => Err(
            "play, say, wait, mark, clear, dtmf, transfer, transfer-ws, flow, extension, hangup or echo"
                .to_owned(),
        ),
    }
}

fn is_digits(text: &str) -> bool {
    let known = |digit: char| matches!(digit, '0'..='9' | '*' | '#' | 'A'..='D');
    !text.is_empty() && text.len() <= 64 && text.chars().all(known)
}

fn tone(rest: &str) -> Result<Step, String> {
    let parsed = rest.split_once(char::is_whitespace).and_then(|(hz, ms)| {
        let hz = hz.parse().ok().filter(|hz| (20..=3_800).contains(hz))?;
        let length = length(ms.trim())?;
        Some(Step::Tone { hz, length })
    });
    parsed.ok_or_else(|| "say HZ MS with 20 to 3,800 Hz and 1 to 600,000 ms".to_owned())
}

fn wait(rest: &str) -> Result<Wait, String> {
    let (word, more) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let more = more.trim();
    let waited = match word {
        "audio" => length(more).map(Wait::Audio),
        "dtmf" if more.is_empty() => Some(Wait::Digit(None)),
        "dtmf" => (is_digits(more) && more.len() == 1).then(|| Wait::Digit(more.chars().next())),
        "mark" => Some(Wait::Mark((!more.is_empty()).then(|| more.to_owned()))),
        _ => length(rest).map(Wait::Time),
    };
    waited.ok_or_else(|| {
        "wait MS, wait audio MS (1 to 600,000), wait dtmf DIGIT or wait mark NAME".to_owned()
    })
}

fn length(text: &str) -> Option<Duration> {
    let ms: u64 = text.parse().ok()?;
    (1..=Script::LONGEST_MS)
        .contains(&ms)
        .then(|| Duration::from_millis(ms))
}

fn transfer(rest: &str) -> Result<Transfer, String> {
    let mut words = rest.split_whitespace();
    let (list, strategy) = (words.next().unwrap_or_default(), words.next());
    let destinations: Vec<String> = list.split(',').map(ToOwned::to_owned).collect();
    let good = destinations
        .iter()
        .all(|one| !one.is_empty() && one.len() <= 128)
        && destinations.len() <= 16
        && matches!(strategy, None | Some("sequential"))
        && words.next().is_none();
    good.then_some(Transfer {
        destinations,
        sequential: strategy.is_some(),
    })
    .ok_or_else(|| "transfer NUMBER[,NUMBER…] [sequential], at most 16".to_owned())
}

fn recording(path: &Path) -> Result<Recording, String> {
    let bytes = fs::read(path).map_err(|error| format!("a file that can be read ({error})"))?;
    let file = wav::parse(&bytes).map_err(|error| format!("a WAV file ({error})"))?;
    if !RATES_HZ.contains(&file.rate_hz) {
        return Err(format!("a rate of {RATES_HZ:?} Hz ({} Hz)", file.rate_hz));
    }
    let mut mono = Vec::new();
    pcm::downmix(&file.samples, file.channels, &mut mono);
    Ok(Recording {
        rate_hz: file.rate_hz,
        samples: mono.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Vec<Step>, ScriptError> {
        Script::parse(text, Path::new(".")).map(|script| script.steps)
    }

    #[test]
    fn every_step_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let wav = wav::to_bytes(16_000, 2, &[1_000, 3_000, -5, -5]);
        fs::write(folder.path().join("a b.wav"), wav).expect("written");
        let text = "# a greeting\nplay a b.wav   # both channels\n\nsay 440 1500\nwait 500\nwait audio 2000\nwait dtmf 1\n\
            wait dtmf\nwait mark\nwait mark the intro\nmark intro\nclear\ndtmf 123#\ntransfer +15550100\n\
            transfer a,b sequential\ntransfer-ws wss://h/p#x\nflow sales\nextension 101\nhangup\necho\n";
        let script = Script::parse(text, folder.path()).expect("a script");
        let ms = Duration::from_millis;
        let transfer = |destinations: &[&str], sequential| {
            Step::Transfer(Transfer {
                destinations: destinations.iter().map(|&one| one.to_owned()).collect(),
                sequential,
            })
        };
        let expected = [
            Step::Play(Recording {
                rate_hz: 16_000,
                samples: [2_000, -5].into(),
            }),
            Step::Tone {
                hz: 440,
                length: ms(1_500),
            },
            Step::Wait(Wait::Time(ms(500))),
            Step::Wait(Wait::Audio(ms(2_000))),
            Step::Wait(Wait::Digit(Some('1'))),
            Step::Wait(Wait::Digit(None)),
            Step::Wait(Wait::Mark(None)),
            Step::Wait(Wait::Mark(Some("the intro".to_owned()))),
            Step::Mark("intro".to_owned()),
            Step::Clear,
            Step::Dtmf("123#".to_owned()),
            transfer(&["+15550100"], false),
            transfer(&["a", "b"], true),
            Step::TransferBot("wss://h/p#x".to_owned()),
            Step::Flow("sales".to_owned()),
            Step::Extension("101".to_owned()),
            Step::HangUp,
            Step::Echo,
        ];
        assert_eq!(script.steps, expected);
    }

    #[test]
    fn a_bad_line_is_named_with_what_was_expected_and_got() {
        let error = parsed("echo\n\n  jump 5 # high\n").expect_err("no step");
        assert_eq!((error.line, error.got.as_str()), (3, "jump 5"));
        assert!(
            error.to_string().starts_with("line 3: expected play, say,"),
            "{error}"
        );
        for bad in [
            "play",
            "play missing.wav",
            "say 440",
            "say 5000 100",
            "say 440 0",
            "wait",
            "wait long",
            "wait audio",
            "wait dtmf 12",
            "mark",
            "clear all",
            "dtmf",
            "dtmf 1x",
            "transfer",
            "transfer a,,b",
            "transfer a b",
            "transfer a,b sequential now",
            "transfer-ws",
            "flow",
            "extension",
            "hangup now",
            "echo 5",
        ] {
            let error = parsed(bad).expect_err(bad);
            assert_eq!((error.line, error.got.as_str()), (1, bad));
        }
        let long = "echo\n".repeat(Script::MOST_STEPS + 1);
        assert_eq!(parsed(&long).expect_err("too long").line, 1_001);
    }
}
