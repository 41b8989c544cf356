//! Servers under test: what they are, and how they are started and stopped.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use serde::Deserialize;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::dialect::Dialect;
use crate::payload::Payload;
use crate::scenario::Sizes;

/// How long a server may take to listen. Python packages are slow to load.
const START: Duration = Duration::from_secs(90);

/// How long it may take to stop before it is killed.
const STOP: Duration = Duration::from_secs(5);

/// What a server does with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// Bridges the caller to the scenario's bot, or answers by itself, as its configuration says.
    Gateway,
    /// Carries what a bot of the same dialect gives back.
    Relay,
    /// Carries messages that mean nothing, as long on each side as a gateway's.
    Resizer,
    /// Answers the caller itself with an echo.
    Echo,
    /// There is none: the caller dials the bot.
    Direct,
}

/// A server, as `subjects.toml` has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Subject {
    pub(crate) kind: Kind,
    /// Program and arguments; `{bot}` is the bot's HOST:PORT, `{up}` and `{down}` the bytes of a message to the bot and
    /// back to the caller, `{bin}` the directory of built programs, `{root}` the
    /// repository, `{dir}` a directory for this run, which has the scenario's `trunkline.toml`.
    #[serde(default)]
    command: Vec<String>,
    /// Prints the key that callers present.
    #[serde(default)]
    key_command: Vec<String>,
    /// The path that callers ask for, where the dialect has none of its own.
    #[serde(default)]
    pub(crate) path: String,
    /// How its callers speak in place of the scenario's.
    pub(crate) caller: Option<Dialect>,
    /// What its callers say in place of the scenario's.
    pub(crate) payload: Option<Payload>,
    /// The scenario's limits hold for it.
    #[serde(default)]
    pub(crate) ours: bool,
}

/// All of them by name.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Subjects(BTreeMap<String, Subject>);

impl Subjects {
    /// Reads the file.
    ///
    /// # Errors
    /// There is none, or it is not what it should be.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        toml::from_str(&text).with_context(|| path.display().to_string())
    }

    /// One of them.
    ///
    /// # Errors
    /// There is none of that name; those there are are named.
    pub(crate) fn get(&self, name: &str) -> anyhow::Result<&Subject> {
        self.0.get(name).with_context(|| {
            let known: Vec<&str> = self.0.keys().map(String::as_str).collect();
            format!("expected a subject of {}, got {name:?}", known.join(", "))
        })
    }
}

/// What a subject's command is filled with.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) bin: PathBuf,
    pub(crate) root: PathBuf,
    pub(crate) bot: Option<SocketAddr>,
    pub(crate) sizes: Sizes,
    /// The CPU it is bound to.
    pub(crate) cpu: Option<u32>,
}

/// A server that runs. Killed when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    address: String,
    key: Option<String>,
    dir: TempDir,
    /// It has to end as it should.
    is_ours: bool,
}

impl Subject {
    /// Starts it, and waits until it listens.
    ///
    /// # Errors
    /// It does not start; what it wrote is in the error.
    pub(crate) async fn start(&self, config: &str, place: &Place) -> anyhow::Result<Server> {
        let dir = TempDir::new().context("a directory for the server")?;
        let bot = place.bot.map_or_else(String::new, |bot| bot.to_string());
        std::fs::write(
            dir.path().join("trunkline.toml"),
            config.replace("{bot}", &bot),
        )?;
        let fill = |command: &[String]| -> Vec<String> {
            let fill = |word: &String| {
                word.replace("{bot}", &bot)
                    .replace("{up}", &place.sizes.bot.to_string())
                    .replace("{down}", &place.sizes.back.to_string())
                    .replace("{bin}", &place.bin.to_string_lossy())
                    .replace("{root}", &place.root.to_string_lossy())
                    .replace("{dir}", &dir.path().to_string_lossy())
            };
            command.iter().map(fill).collect()
        };
        let key = match fill(&self.key_command).as_slice() {
            [] => None,
            [program, arguments @ ..] => Some(key(program, arguments).await?),
        };
        // It becomes the server, whose process id is therefore the child's, and ends with this program however that ends.
        let mut words = ["setpriv", "--pdeathsig", "TERM"]
            .map(str::to_owned)
            .to_vec();
        if let Some(cpu) = place.cpu {
            words.extend(["taskset".to_owned(), "-c".to_owned(), cpu.to_string()]);
        }
        words.extend(fill(&self.command));
        let (child, address) = spawn(&words, dir.path()).await?;
        Ok(Server {
            child,
            address,
            key,
            dir,
            is_ours: self.ours,
        })
    }
}

async fn key(program: &str, arguments: &[String]) -> anyhow::Result<String> {
    let said = Command::new(program)
        .args(arguments)
        .output()
        .await
        .with_context(|| program.to_owned())?;
    anyhow::ensure!(
        said.status.success(),
        "{program}: no key: {}",
        String::from_utf8_lossy(&said.stderr)
    );
    Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

async fn spawn(words: &[String], dir: &Path) -> anyhow::Result<(Child, String)> {
    let [program, arguments @ ..] = words else {
        anyhow::bail!("a subject without a command");
    };
    let log = dir.join("log");
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(std::fs::File::create(&log)?)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| program.clone())?;
    let said = child.stdout.take().context("no standard output")?;
    let mut lines = BufReader::new(said).lines();
    let line = match timeout(START, lines.next_line()).await {
        Ok(line) => line?,
        Err(_) => None,
    };
    let address = line
        .as_deref()
        .and_then(|line| line.strip_prefix("listening on "));
    let Some(address) = address.map(str::to_owned) else {
        let log = std::fs::read_to_string(&log).unwrap_or_default();
        anyhow::bail!("{words:?}: expected \"listening on HOST:PORT\", got {line:?}\n{log}");
    };
    // Whatever it says later is of no interest, and must not stop it.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok((child, address))
}

impl Server {
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Asks it to end, and kills it if it does not.
    ///
    /// # Errors
    /// It had ended already; or it is ours, and had to be killed or ended badly.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        let log = || std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default();
        let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok());
        let Some(pid) = pid.and_then(rustix::process::Pid::from_raw) else {
            anyhow::bail!("the server had ended: {}", log());
        };
        if let Ok(Some(status)) = self.child.try_wait() {
            anyhow::bail!("the server ended with {status}: {}", log());
        }
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        let Ok(status) = timeout(STOP, self.child.wait()).await else {
            self.child.kill().await?;
            anyhow::ensure!(
                !self.is_ours,
                "the server did not end within {STOP:?}: {}",
                log()
            );
            return Ok(());
        };
        let status = status?;
        anyhow::ensure!(
            !self.is_ours || status.success(),
            "the server ended with {status}: {}",
            log()
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(command: &[&str]) -> Subject {
        Subject {
            kind: Kind::Gateway,
            command: command.iter().map(ToString::to_string).collect(),
            key_command: vec!["echo".to_owned(), "k1".to_owned()],
            path: String::new(),
            caller: None,
            payload: None,
            ours: true,
        }
    }

    fn place() -> Place {
        Place {
            bin: "/b".into(),
            root: "/r".into(),
            bot: Some(SocketAddr::from(([127, 0, 0, 1], 9))),
            sizes: Sizes::default(),
            cpu: None,
        }
    }

    #[tokio::test]
    async fn a_server_is_started_with_its_configuration_and_stopped() -> anyhow::Result<()> {
        let script = r#"trap 'kill $!; exit 0' TERM; sleep 60 & echo "listening on $(cat "$0"/trunkline.toml) $1"; wait"#;
        let subject = subject(&["sh", "-c", script, "{dir}", "{bin}{root}"]);
        let server = subject.start("to {bot}", &place()).await?;
        assert_eq!(server.address(), "to 127.0.0.1:9 /b/r");
        assert_eq!(server.key(), Some("k1"));
        server.stop().await
    }

    #[tokio::test]
    async fn a_server_of_ours_that_ends_badly_is_an_error_with_its_log() -> anyhow::Result<()> {
        let script =
            r#"trap 'kill $!; echo bad >&2; exit 3' TERM; sleep 60 & echo "listening on x"; wait"#;
        let mut subject = subject(&["sh", "-c", script]);
        let stopped = subject.start("", &place()).await?.stop().await;
        let error = stopped.map_err(|error| error.to_string());
        let error = error.err().unwrap_or_default();
        assert!(error.ends_with("exit status: 3: bad\n"), "{error}");
        subject.ours = false;
        subject.start("", &place()).await?.stop().await
    }

    #[tokio::test]
    async fn a_server_that_does_not_start_says_why() {
        let started = subject(&["sh", "-c", "echo no >&2"])
            .start("", &place())
            .await;
        let error = started
            .map(|server| server.address)
            .unwrap_err()
            .to_string();
        assert!(error.contains("got None\nno"), "{error}");
    }
}
