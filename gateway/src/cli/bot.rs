//! `trunkline bot`: the bot server from the command line.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use tokio::sync::mpsc;

use super::signals::shutdown_signal;
use crate::botserver::{Dialect, Fault, Options, RequiredHeader, Script, Server};

/// Events waiting to be printed; more are lost, never waited for.
const EVENTS: usize = 4_096;

/// Answer calls as a bot builder's server does: echo, run a script, or fail on purpose.
#[derive(Debug, Args)]
pub(super) struct BotArgs {
    /// host:port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9000")]
    listen: SocketAddr,
    /// The wire to speak; auto takes it from each stream's first messages
    #[arg(long, value_enum, default_value = "auto")]
    dialect: Spoken,
    /// What to do in each call, a step a line; without it, echo
    #[arg(long, value_name = "FILE", conflicts_with = "fault")]
    script: Option<PathBuf>,
    /// Send a script's audio in real time, not ahead of it
    #[arg(long, requires = "script")]
    realtime: bool,
    /// Fail: refuse, unauthorized, slow-connect, mute, flood, nonsense, huge, close-after MS, drop-after MS,
    /// stall-after MS
    #[arg(long, value_names = ["KIND", "MS"], num_args = 1..=2)]
    fault: Vec<String>,
    /// Answer 401 to whoever does not send this header
    #[arg(long, value_name = "NAME: VALUE")]
    header_required: Option<RequiredHeader>,
    /// Print nothing but the address
    #[arg(long)]
    quiet: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Spoken {
    Auto,
    Ivr,
    Twilio,
    Plivo,
    Exotel,
}

/// Serves until SIGTERM or SIGINT.
pub(super) fn run(args: &BotArgs) -> anyhow::Result<ExitCode> {
    let mut options = args.options()?;
    let (sender, mut events) = mpsc::channel(EVENTS);
    options.events = (!args.quiet).then_some(sender);
    super::block_on(async {
        let shutdown = shutdown_signal()?;
        let running = Server::start(options)
            .await
            .with_context(|| args.listen.to_string())?;
        print(&format!("listening on {}", running.address()))?;
        let printing = async {
            while let Some(event) = events.recv().await {
                print(&event.to_string())?;
            }
            // Quiet: there are no events.
            std::future::pending::<anyhow::Result<()>>().await
        };
        tokio::select! {
            () = shutdown => {}
            failed = printing => failed?,
        }
        running.stop().await;
        while let Ok(event) = events.try_recv() {
            print(&event.to_string())?;
        }
        Ok(ExitCode::SUCCESS)
    })
}

impl BotArgs {
    /// What was typed, as what it means.
    fn options(&self) -> anyhow::Result<Options> {
        let script = match &self.script {
            None => Script::echo(),
            Some(path) => read_script(path)?,
        };
        let fault = match self.fault.as_slice() {
            [] => None,
            words => Some(words.join(" ").parse::<Fault>()?),
        };
        Ok(Options {
            listen: self.listen,
            dialect: match self.dialect {
                Spoken::Auto => None,
                Spoken::Ivr => Some(Dialect::Ivr),
                Spoken::Twilio => Some(Dialect::Twilio),
                Spoken::Plivo => Some(Dialect::Plivo),
                Spoken::Exotel => Some(Dialect::Exotel),
            },
            script: Arc::new(script),
            fault,
            required: self.header_required.clone(),
            realtime: self.realtime,
            events: None,
        })
    }
}

fn read_script(path: &Path) -> anyhow::Result<Script> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let folder = path.parent().unwrap_or(Path::new("."));
    Script::parse(&text, folder).with_context(|| path.display().to_string())
}

/// One line, at once, whatever standard output is.
fn print(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Typed {
        #[command(flatten)]
        bot: BotArgs,
    }

    fn typed(more: &[&str]) -> Result<Options, String> {
        let all = ["bot"].iter().chain(more);
        let args = Typed::try_parse_from(all).map_err(|error| error.to_string())?;
        args.bot.options().map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn what_is_typed_becomes_options() {
        let options = typed(&[]).expect("valid");
        assert_eq!(options.listen.to_string(), "127.0.0.1:9000");
        assert_eq!((options.dialect, options.fault), (None, None));
        let options = typed(&[
            "--listen",
            "127.0.0.1:0",
            "--dialect",
            "plivo",
            "--fault",
            "drop-after",
            "250",
            "--header-required",
            "Authorization: Bearer planted",
            "--quiet",
        ]);
        let options = options.expect("valid");
        assert_eq!(options.dialect, Some(Dialect::Plivo));
        let after = Duration::from_millis(250);
        assert_eq!(options.fault, Some(Fault::DropAfter(after)));
        assert!(!format!("{options:?}").contains("planted"));
        let joined = typed(&["--fault", "stall-after=250"]).expect("valid");
        assert_eq!(joined.fault, Some(Fault::StallAfter(after)));
    }

    #[test]
    fn what_makes_no_bot_is_refused() {
        for bad in [
            &["--fault", "explode"][..],
            &["--fault", "close-after"],
            &["--dialect", "sip"],
            &["--header-required", "no colon"],
            &["--listen", "somewhere"],
            &["--realtime"],
            &["--script", "/does/not/exist"],
        ] {
            assert!(typed(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_scripts_fault_names_the_file_and_the_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("menu.bot");
        std::fs::write(&path, "echo\njump\n").expect("written");
        let error = typed(&["--script", path.to_str().expect("UTF-8")]).expect_err("no step");
        assert!(error.contains("menu.bot: line 2: expected play"), "{error}");
    }
}
