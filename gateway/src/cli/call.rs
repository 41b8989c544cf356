//! `trunkline call`: one call from the command line, to an agent or to a bot.

use std::process::ExitCode;

use clap::Args;

use crate::inspector::cli::BotArgs;
use crate::softphone::cli::{AgentArgs, Speech};
use crate::{inspector, softphone};

/// Place one call: speak a WAV file, write what was heard.
#[derive(Debug, Args)]
pub(super) struct CallArgs {
    #[command(flatten)]
    called: Called,
    #[command(flatten)]
    speech: Speech,
    #[command(flatten, next_help_heading = "With --to")]
    agent: AgentArgs,
    #[command(flatten, next_help_heading = "With --to-bot")]
    bot: BotArgs,
}

/// Whom to call.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Called {
    /// An agent of a gateway: ws://host:port/path
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// A bot, dialled as the platform dials it, and inspected: ws[s]://host[:port]/path
    #[arg(long, value_name = "URL")]
    to_bot: Option<String>,
}

/// Places the call. A bot that does not pass is a failure; a called agent is not judged.
pub(super) async fn run(args: &CallArgs) -> anyhow::Result<ExitCode> {
    if let Some(url) = &args.called.to_bot {
        return inspector::cli::run(url, &args.speech, &args.bot).await;
    }
    if let Some(url) = &args.called.to {
        softphone::cli::run(url, &args.speech, &args.agent).await?;
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use clap::error::ErrorKind;

    use super::*;

    #[derive(Debug, Parser)]
    struct Typed {
        #[command(flatten)]
        call: CallArgs,
    }

    fn typed(line: &str) -> Result<CallArgs, ErrorKind> {
        let words = format!("call --wav a.wav {line}");
        Typed::try_parse_from(words.split_whitespace())
            .map(|typed| typed.call)
            .map_err(|error| error.kind())
    }

    #[test]
    fn an_agent_or_a_bot_is_called_and_not_both() {
        assert!(typed("--to ws://h/ --dialect twilio --key k --rate 8000").is_ok());
        assert!(
            typed("--to-bot wss://h/ --bot-dialect plivo --strict --encoding pcm16 --rate 16000")
                .is_ok()
        );
        assert_eq!(typed("").err(), Some(ErrorKind::MissingRequiredArgument));
        let conflict = Some(ErrorKind::ArgumentConflict);
        assert_eq!(typed("--to ws://h/ --to-bot ws://h/").err(), conflict);
        assert_eq!(typed("--to-bot ws://h/ --dialect omni").err(), conflict);
        assert_eq!(typed("--to-bot ws://h/ --configure {}").err(), conflict);
    }

    #[test]
    fn what_is_for_bots_is_refused_for_agents() {
        for only in [
            "--bot-dialect ivr",
            "--header K:V",
            "--encoding mulaw",
            "--frame-ms 20",
            "--binary",
            "--first-audio-ms 5",
            "--ahead-s 5",
            "--answer-ms 5",
            "--ca roots.pem",
            "--strict",
        ] {
            let refused = typed(&format!("--to ws://h/ {only}")).err();
            assert_eq!(refused, Some(ErrorKind::ArgumentConflict), "{only}");
            assert!(typed(&format!("--to-bot ws://h/ {only}")).is_ok(), "{only}");
        }
    }
}
