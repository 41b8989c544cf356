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

/// Call an agent, speak a WAV file to it, write down what was heard.
#[derive(Debug, Clone, Args)]
pub struct CallArgs {
    /// Where to call: ws://host:port/path
    #[arg(long = "to", value_name = "URL")]
    pub url: String,
    /// The wire to speak
    #[arg(long, value_enum, default_value = "omni")]
    pub dialect: Dialect,
    /// What the caller says; any usual rate, mixed down to mono
    #[arg(long, value_name = "FILE")]
    pub wav: PathBuf,
    /// Where to write the call as a WAV file: caller left, agent right
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Where to write the report and timeline
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// The key; better given by --key-file or the environment, where other users cannot see it
    #[arg(long, env = "TRUNKLINE_KEY", hide_env_values = true, value_parser = parse_key)]
    pub key: Option<Key>,
    /// A file that holds the key; wins over the environment
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
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
    /// NAME=VALUE for the far end: a custom parameter on Twilio, a query parameter on Omni; repeatable
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub parameters: Vec<String>,
    /// Further keys of Omni's configure frame, as a JSON object
    #[arg(long, value_name = "JSON")]
    pub configure: Option<String>,
}

/// Places the call, prints events to standard error as they happen, writes the files.
///
/// # Errors
///
/// Those of [`place`], and files that cannot be read or written.
pub async fn run(args: CallArgs) -> Result<CallReport, PhoneError> {
    let options = args.options()?;
    let samples = read_wav(&read(&args.wav)?, options.rate_hz)?;
    let label = args
        .wav
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let script = vec![
        Step::Say { samples, label },
        Step::Silence {
            ms: args.linger_s.saturating_mul(1000),
        },
    ];
    let (sender, mut events) = mpsc::channel(EVENTS);
    let printing = async {
        while let Some(event) = events.recv().await {
            eprintln!("{event}");
        }
    };
    let (report, ()) = tokio::join!(Box::pin(place(options, script, sender)), printing);
    let report = report?;
    eprint!("{}", summary(&report));
    if let Some(path) = &args.out {
        write(path, &report.recording.to_wav())?;
    }
    if let Some(path) = &args.json {
        write(path, &serde_json::to_vec_pretty(&report)?)?;
    }
    Ok(report)
}

impl CallArgs {
    /// What was typed, as what it means.
    fn options(&self) -> Result<Options, PhoneError> {
        let mut options = Options::new(self.url.as_str(), self.dialect);
        options.rate_hz = self.rate.unwrap_or(options.rate_hz);
        options.max_s = self.max_s;
        options.keys = self.dtmf.clone();
        options.key = match &self.key_file {
            Some(path) => Some(Key::new(&String::from_utf8_lossy(&read(path)?))),
            None => self.key.clone(),
        };
        for text in &self.parameters {
            let bad = || PhoneError::Parameter { got: text.clone() };
            let (name, value) = text.split_once('=').ok_or_else(bad)?;
            options.parameters.push((name.to_owned(), value.to_owned()));
        }
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

fn write(path: &Path, bytes: &[u8]) -> Result<(), PhoneError> {
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
        #[command(flatten)]
        call: CallArgs,
    }

    fn typed(more: &[&str]) -> Result<Options, PhoneError> {
        let all = ["call", "--to", "ws://h/", "--wav", "a.wav"]
            .iter()
            .chain(more);
        Typed::try_parse_from(all)
            .expect("well typed")
            .call
            .options()
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
