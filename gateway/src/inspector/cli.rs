//! `trunkline call --to-bot`: an inspection from the command line.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use tokio::sync::mpsc::{self, Receiver};
use tokio::task::spawn_blocking;

use super::conversation::Line;
use super::error::InspectError;
use super::inspect;
use super::options::{Encoding, Header, Options};
use super::report::Report;
use crate::botserver::Dialect;
use crate::softphone::cli::{Speech, write};

/// Lines waiting to be printed; the report has every line.
const LINES: usize = 4_096;

/// How a bot is dialled, and what is expected of it.
#[derive(Debug, Clone, Args)]
pub struct BotArgs {
    /// The wire the bot speaks
    #[arg(long, value_enum, default_value = "ivr", conflicts_with = "to")]
    pub bot_dialect: Dialect,
    /// A header of the upgrade request; repeatable
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = parse_header, conflicts_with = "to")]
    pub headers: Vec<Header>,
    /// Encoding of the stream with plivo and exotel [default: pcm16, Plivo mulaw]
    #[arg(long, value_enum, conflicts_with = "to")]
    pub encoding: Option<Encoding>,
    /// Length of a message of caller audio: 20 or 100 [default: 20, Exotel 100]
    #[arg(long, value_name = "MS", conflicts_with = "to")]
    pub frame_ms: Option<u32>,
    /// Send caller audio as binary frames of bare PCM16; ivr only
    #[arg(long, conflicts_with = "to")]
    pub binary: bool,
    /// How long TLS and the upgrade may take together
    #[arg(
        long,
        value_name = "MS",
        default_value_t = 10_000,
        conflicts_with = "to"
    )]
    pub answer_ms: u64,
    /// The bot's first audio must be there so long after start
    #[arg(
        long,
        value_name = "MS",
        default_value_t = 3_000,
        conflicts_with = "to"
    )]
    pub first_audio_ms: u64,
    /// The most audio ahead of real time [default: 120, Plivo 60]
    #[arg(long, value_name = "SECONDS", conflicts_with = "to")]
    pub ahead_s: Option<u64>,
    /// Further root certificates for wss, in PEM
    #[arg(long, value_name = "FILE", conflicts_with = "to")]
    pub ca: Option<PathBuf>,
    /// Fail on warnings, too
    #[arg(long, conflicts_with = "to")]
    pub strict: bool,
}

/// Calls the bot, prints the conversation as it goes and then the verdict, writes the files. Fails where the bot does
/// not pass. An output that nobody reads any more changes neither.
///
/// # Errors
///
/// Those of [`inspect`], and files and output that cannot be read or written.
pub async fn run(url: &str, speech: &Speech, bot: &BotArgs) -> anyhow::Result<ExitCode> {
    let options = bot.options(url, speech)?;
    let script = speech.script(options.audio.rate_hz)?;
    let (sender, lines) = mpsc::channel(LINES);
    // On a thread of its own: an output that is slow to take lines must not delay the call.
    let printing = spawn_blocking(move || print(lines, &mut io::stdout()));
    let report = Box::pin(inspect(&options, script, sender)).await?;
    let passes = report.passes(bot.strict);
    if let Some(path) = &speech.out {
        write(path, &report.recording.to_wav())?;
    }
    if let Some(path) = &speech.json {
        write(path, &to_json(&report, passes)?)?;
    }
    let verdict = if passes { "pass" } else { "fail" };
    let printed = printing.await?;
    match printed.and_then(|()| writeln!(io::stdout(), "\n{report}\nverdict: {verdict}")) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error.into()),
        _ => {}
    }
    Ok(if passes {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

impl BotArgs {
    /// What was typed, as what it means.
    fn options(&self, url: &str, speech: &Speech) -> anyhow::Result<Options> {
        let mut options = Options::new(url, self.bot_dialect);
        options.headers.clone_from(&self.headers);
        options.parameters = speech.pairs()?;
        options.audio.encoding = self.encoding.unwrap_or(options.audio.encoding);
        options.audio.rate_hz = speech.rate.unwrap_or(options.audio.rate_hz);
        options.audio.frame_ms = self.frame_ms.unwrap_or(options.audio.frame_ms);
        options.audio.binary = self.binary;
        options.keys.clone_from(&speech.dtmf);
        options.limits.max_s = speech.max_s;
        options.limits.answer_ms = self.answer_ms;
        options.limits.first_audio_ms = self.first_audio_ms;
        options.limits.ahead_s = self.ahead_s.unwrap_or(options.limits.ahead_s);
        options.ca.clone_from(&self.ca);
        options.check()?;
        Ok(options)
    }
}

/// Prints lines until there are no more of them; a failure lets go of the channel.
fn print(mut lines: Receiver<Line>, out: &mut impl Write) -> io::Result<()> {
    while let Some(line) = lines.blocking_recv() {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// The report with its verdict.
fn to_json(report: &Report, passes: bool) -> serde_json::Result<Vec<u8>> {
    let mut value = serde_json::to_value(report)?;
    if let Some(fields) = value.as_object_mut() {
        let verdict = if passes { "pass" } else { "fail" };
        fields.insert("verdict".to_owned(), verdict.into());
    }
    serde_json::to_vec_pretty(&value)
}

fn parse_header(text: &str) -> Result<Header, InspectError> {
    let (name, value) = text.split_once(':').ok_or(InspectError::Header {
        name: "(no colon)".to_owned(),
    })?;
    Ok(Header {
        name: name.trim().to_owned(),
        value: value.trim().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Typed {
        #[arg(long)]
        to: Option<String>,
        #[command(flatten)]
        speech: Speech,
        #[command(flatten)]
        bot: BotArgs,
    }

    fn typed(line: &str) -> anyhow::Result<Options> {
        let words = format!("call --wav a.wav {line}");
        let typed = Typed::try_parse_from(words.split_whitespace()).expect("well typed");
        assert_eq!(typed.to, None);
        typed.bot.options("ws://h/", &typed.speech)
    }

    #[test]
    fn what_is_typed_becomes_options() {
        let options = typed("").expect("valid");
        assert_eq!(
            (options.dialect, options.audio.frame_ms),
            (Dialect::Ivr, 20)
        );
        let options = typed("--bot-dialect exotel").expect("valid");
        assert_eq!((options.audio.frame_ms, options.limits.ahead_s), (100, 120));
        assert_eq!(options.audio.encoding, Encoding::Pcm16);
        let options = typed("--bot-dialect exotel --encoding mulaw").expect("valid");
        assert_eq!(options.audio.encoding, Encoding::Mulaw);
        let options = typed(
            "--bot-dialect plivo --encoding pcm16 --rate 16000 --frame-ms 100 --header X-Token:planted --param k=v=w --ahead-s 30 \
             --first-audio-ms 500 --answer-ms 250 --dtmf 1@2.5 --max-s 60",
        );
        let options = options.expect("valid");
        assert_eq!(options.audio.rate_hz, 16_000);
        assert_eq!(options.parameters, [("k".to_owned(), "v=w".to_owned())]);
        assert_eq!(options.limits.ahead_s, 30);
        assert_eq!(options.limits.first_audio_ms, 500);
        assert_eq!(options.limits.answer_ms, 250);
        assert_eq!(options.keys.as_ref().map(|keys| keys.at_ms), Some(2_500));
        assert!(!format!("{options:?}").contains("planted"));
    }

    #[test]
    fn what_cannot_be_called_is_refused_before_dialling() {
        for bad in [
            "--bot-dialect twilio --rate 16000",
            "--bot-dialect twilio --binary",
            "--bot-dialect twilio --encoding pcm16",
            "--bot-dialect plivo --rate 16000",
            "--encoding mulaw",
            "--frame-ms 30",
            "--ahead-s 0",
            "--param novalue",
        ] {
            assert!(typed(bad).is_err(), "{bad}");
        }
    }
}
