//! The configuration file, and the options of the command line and the environment that stand above it.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use clap::builder::BoolishValueParser;

use crate::config::{Config, Typed};
use crate::telemetry::LogFormat;

/// Everything that makes a configuration. `check` takes what `serve` takes, so that it checks the same.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// host:port to listen on [default: 127.0.0.1:8080].
    #[arg(long, env = "TRUNKLINE__LISTEN")]
    listen: Option<String>,
    /// Where keys and revocations are kept [default: ~/.local/share/trunkline].
    #[arg(long, env = "TRUNKLINE__DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Threads that carry calls [default: one a CPU].
    #[arg(long, env = "TRUNKLINE__SHARDS")]
    shards: Option<usize>,
    /// Keep each shard on a CPU of its own; `--pin=false` where the file says otherwise.
    #[arg(
        long,
        env = "TRUNKLINE__PIN",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_parser = BoolishValueParser::new()
    )]
    pin: Option<bool>,
    /// trunkline.toml.
    #[arg(long, env = "TRUNKLINE__CONFIG")]
    config: Option<PathBuf>,
    /// How log lines look.
    #[arg(long, env = "TRUNKLINE__LOG__FORMAT")]
    log_format: Option<LogFormat>,
    /// What is logged, in the syntax of RUST_LOG.
    #[arg(long, env = "TRUNKLINE__LOG__FILTER")]
    log: Option<String>,
}

impl Options {
    /// The configuration file under the options of the command line.
    pub(super) fn resolve(&self) -> anyhow::Result<Config> {
        let mut typed = read_config(self.config.as_deref())?;
        typed.listen = self.listen.clone().or(typed.listen);
        typed.data_dir = self.data_dir.clone().or(typed.data_dir);
        typed.shards = self.shards.or(typed.shards);
        typed.pin = self.pin.or(typed.pin);
        typed.log.format = self.log_format.or(typed.log.format);
        typed.log.filter = self.log.clone().or(typed.log.filter);
        Ok(Config::resolve(&typed, base_of(self.config.as_deref()))?)
    }
}

/// The configuration as typed; nothing where there is no file.
fn read_config(path: Option<&Path>) -> anyhow::Result<Typed> {
    let Some(path) = path else {
        return Ok(Typed::default());
    };
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    toml::from_str(&text).map_err(|error: toml::de::Error| {
        let path = path.display();
        let line = error.span().map_or(1, |span| line_of(&text, span.start));
        let what = without_value(error.message());
        anyhow::anyhow!("{path}: line {line}: {what}")
    })
}

/// The number of the line with this byte, from 1.
fn line_of(text: &str, byte: usize) -> usize {
    let before = text.as_bytes().iter().take(byte);
    1 + before.filter(|byte| **byte == b'\n').count()
}

/// What is wrong, without the text that is: it may be a credential in the wrong place. The line itself, which the
/// library would show, may hold others.
fn without_value(message: &str) -> String {
    let found = message.split_once("string \"");
    let found = found.and_then(|(before, rest)| Some((before, rest.rsplit_once("\", expected")?)));
    match found {
        Some((before, (_, after))) => format!("{before}a string, expected{after}"),
        None => message.to_owned(),
    }
}

/// What paths in a configuration file are relative to.
fn base_of(config: Option<&Path>) -> &Path {
    config.and_then(Path::parent).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    /// The library shows the line, and the value.
    #[test]
    fn a_file_that_can_not_be_read_is_told_without_its_values() {
        for (toml, expected) in [
            ("shards = 2\nlisten = \"s3cret\" \"x\"", "line 2: "),
            (
                "[agents.a]\nbot = \"wss://s3cret@bot.example.com\"",
                "line 2: invalid type: a string, expected struct TypedBot",
            ),
            (
                "[agents.a.bot]\nurl = { env = \"X\", s3crets = 1 }\nheaders = { A = \"s3cret\" }",
                "line 1: expected a text, { env = \"NAME\" } or { file = \"PATH\" }",
            ),
        ] {
            let file = tempfile::NamedTempFile::new().expect("a file");
            std::fs::write(file.path(), toml).expect("written");
            let error = read_config(Some(file.path())).expect_err("not a configuration");
            let error = format!("{error:#}");
            assert!(error.contains(expected), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    fn pinned(arguments: &[&str]) -> bool {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "pin = true").expect("written");
        let file = file.path().to_str().expect("a path in UTF-8");
        let line = ["trunkline", "--config", file];
        let line = Line::parse_from(line.iter().chain(arguments));
        line.options.resolve().expect("a configuration").pin
    }

    #[test]
    fn pin_can_be_switched_off_above_the_file() {
        assert!(pinned(&[]));
        assert!(pinned(&["--pin"]));
        assert!(pinned(&["--pin=yes"]));
        assert!(!pinned(&["--pin=false"]));
        assert!(!pinned(&["--pin=0"]));
    }
}
