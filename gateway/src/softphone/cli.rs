//! `trunkline call`: one call from the command line, speaking a WAV file.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use tokio::sync::mpsc;

use super::caller::Step;
use super::options::{Dialect, Key, KeyPress, Options};
use super::report::CallReport;
use super::{PhoneError, place, read_wav};

/// Events waiting to be printed.
const EVENTS: usize = 1_024;

/// What a call says and leaves behind, whoever is called.
#[derive(Debug, Clone, Args)]
pub struct Speech {
    /// What the caller says; any usual rate, mixed down to mono
    #[arg(long, value_name = "FILE")]
    pub wav: PathBuf,
    /// Where to write the call as a WAV file: caller left, called side right
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Where to write the report and timeline
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Rate of the call in Hz: 8000, 16000 or 24000; Twilio is always 8000
    #[arg(long, value_name = "HZ")]
    pub rate: Option<u32>,
    /// Keys to press, for example 12#@3.5
    #[arg(long, value_name = "DIGITS@SECONDS")]
    pub dtmf: Option<KeyPress>,
    /// How long to listen after the file ends, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub linger_s: u64,
    /// The longest the call may last, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub max_s: u64,
    /// NAME=VALUE for the far end: a custom parameter of the stream, a query parameter on Omni; repeatable
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub parameters: Vec<String>,
}

/// How an agent is called.
#[derive(Debug, Clone, Args)]
pub struct AgentArgs {
    /// The wire to speak
    #[arg(long, value_enum, default_value = "omni", conflicts_with = "to_bot")]
    pub dialect: Dialect,
    /// The key; better given by --key-file or the environment, where other users cannot see it
    #[arg(long, env = "TRUNKLINE_KEY", hide_env_values = true, value_parser = parse_key)]
    pub key: Option<Key>,
    /// A file that holds the key; wins over the environment
    #[arg(long, value_name = "FILE", conflicts_with = "to_bot")]
    pub key_file: Option<PathBuf>,
    /// Further keys of Omni's configure frame, as a JSON object
    #[arg(long, value_name = "JSON", conflicts_with = "to_bot")]
    pub configure: Option<String>,
}

/// Places the call, prints events to standard error as they happen, writes the files.
///
/// # Errors
///
/// Those of [`place`], and files that cannot be read or written.
pub async fn run(url: &str, speech: &Speech, agent: &AgentArgs) -> Result<CallReport, PhoneError> {
    let options = agent.options(url, speech)?;
    let script = speech.script(options.rate_hz)?;
    let (sender, mut events) = mpsc::channel(EVENTS);
    let printing = async {
        while let Some(event) = events.recv().await {
            eprintln!("{event}");
        }
    };
    let (report, ()) = tokio::join!(Box::pin(place(options, script, sender)), printing);
    let report = report?;
    eprint!("{}", summary(&report));
    if let Some(path) = &speech.out {
        write(path, &report.recording.to_wav())?;
    }
    if let Some(path) = &speech.json {
        write(path, &serde_json::to_vec_pretty(&report)?)?;
    }
    Ok(report)
}

impl Speech {
    /// Says the file and listens.
    pub(crate) fn script(&self, rate_hz: u32) -> Result<Vec<Step>, PhoneError> {
        let samples = read_wav(&read(&self.wav)?, rate_hz)?;
        let name = self.wav.file_name().unwrap_or_default();
        let label = name.to_string_lossy().into_owned();
        let ms = self.linger_s.saturating_mul(1000);
        Ok(vec![Step::Say { samples, label }, Step::Silence { ms }])
    }

    /// The parameters, each `NAME=VALUE`.
    pub(crate) fn pairs(&self) -> Result<Vec<(String, String)>, PhoneError> {
        let pair = |text: &String| {
            let bad = || PhoneError::Parameter { got: text.clone() };
            let (name, value) = text.split_once('=').ok_or_else(bad)?;
            Ok((name.to_owned(), value.to_owned()))
        };
        self.parameters.iter().map(pair).collect()
    }
}

impl AgentArgs {
    /// What was typed, as what it means.
    fn options(&self, url: &str, speech: &Speech) -> Result<Options, PhoneError> {
        let mut options = Options::new(url, self.dialect);
        options.rate_hz = speech.rate.unwrap_or(options.rate_hz);
        options.max_s = speech.max_s;
        options.keys = speech.dtmf.clone();
        options.parameters = speech.pairs()?;
        options.key = match &self.key_file {
            Some(path) => Some(Key::new(&String::from_utf8_lossy(&read(path)?))),
            None => self.key.clone(),
        };
        if let Some(text) = &self.configure {
            options.configure = serde_json::from_str(text)?;
        }
        options.check()?;
        Ok(options)
    }
}

/// A line a turn.
fn summary(report: &CallReport) -> String {
    let ms = |value: Option<i64>| value.map_or_else(|| "none".to_owned(), |ms| format!("{ms} ms"));
    let mut text = format!(
        "{:?} after {} ms, {} protocol faults\n",
        report.ended, report.duration_ms, report.faults
    );
    for turn in &report.turns {
        text += &format!("  {:?}: answer after {}", turn.label, ms(turn.latency_ms));
        if let Some(barge_in) = turn.barge_in {
            let clear = ms(barge_in.clear_ms.map(u64::cast_signed));
            text += &format!(
                "; interrupted: clear after {clear}, silent after {} ms",
                barge_in.silent_ms
            );
        }
        text.push('\n');
    }
    text
}

fn parse_key(text: &str) -> Result<Key, std::convert::Infallible> {
    Ok(Key::new(text))
}

fn read(path: &Path) -> Result<Vec<u8>, PhoneError> {
    fs::read(path).map_err(|source| PhoneError::File {
        path: path.to_owned(),
        source,
    })
}

pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), PhoneError> {
    fs::write(path, bytes).map_err(|source| PhoneError::File {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Typed {
        #[arg(long)]
        to_bot: Option<String>,
        #[command(flatten)]
        speech: Speech,
        #[command(flatten)]
        agent: AgentArgs,
    }

    fn typed(more: &[&str]) -> Result<Options, PhoneError> {
        let all = ["call", "--wav", "a.wav"].iter().chain(more);
        let typed = Typed::try_parse_from(all).expect("well typed");
        assert_eq!(typed.to_bot, None);
        typed.agent.options("ws://h/", &typed.speech)
    }

    #[test]
    fn what_is_typed_becomes_options() {
        let options = typed(&[
            "--dialect",
            "twilio",
            "--key",
            "k1",
            "--dtmf",
            "5@2",
            "--param",
            "to=+1=2",
        ]);
        let options = options.expect("valid");
        assert_eq!((options.dialect, options.rate_hz), (Dialect::Twilio, 8_000));
        assert_eq!(options.parameters, [("to".to_owned(), "+1=2".to_owned())]);
        assert_eq!(
            options.keys,
            Some(KeyPress {
                digits: "5".to_owned(),
                at_ms: 2_000
            })
        );
        assert_eq!(options.key, Some(Key::new("k1")));
    }

    #[test]
    fn what_cannot_be_called_is_refused_before_dialling() {
        assert!(matches!(
            typed(&["--rate", "44100"]),
            Err(PhoneError::Rate { got: 44_100, .. })
        ));
        assert!(matches!(
            typed(&["--param", "novalue"]),
            Err(PhoneError::Parameter { .. })
        ));
        assert!(matches!(
            typed(&["--configure", "[1]"]),
            Err(PhoneError::Json(_))
        ));
        assert!(matches!(
            typed(&["--key-file", "/does/not/exist"]),
            Err(PhoneError::File { .. })
        ));
        assert!(matches!(
            typed(&["--max-s", "0"]),
            Err(PhoneError::Duration { got: 0, .. })
        ));
    }
}
