//! The two commands as processes: what they print and how they exit.

use std::path::Path;
use std::process::{Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;
use trunkline_testkit::PATIENCE;

/// `trunkline bot` as a process.
struct Bot {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    address: String,
}

impl Bot {
    async fn start(more: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_trunkline"))
            .args(["bot", "--listen", "127.0.0.1:0"])
            .args(more)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let first = timeout(PATIENCE, lines.next_line()).await.expect("in time");
        let first = first.expect("readable").expect("a line");
        let address = first.strip_prefix("listening on ").expect("the address");
        Self {
            child,
            address: address.to_owned(),
            lines,
        }
    }

    /// Stops it by a signal; yields what else it printed.
    async fn stop(mut self, signal: Signal) -> Vec<String> {
        let id = self.child.id().expect("running");
        let pid = Pid::from_raw(id.try_into().expect("a pid")).expect("a pid");
        kill_process(pid, signal).expect("signalled");
        let mut printed = Vec::new();
        let ended = async {
            while let Ok(Some(line)) = self.lines.next_line().await {
                printed.push(line);
            }
            self.child.wait().await.expect("a status")
        };
        let status = timeout(PATIENCE, ended).await.expect("it ends");
        assert!(status.success(), "{status}");
        printed
    }
}

async fn call(bot: &Bot, folder: &Path, more: &[&str]) -> Output {
    let running = calling(bot, folder, &[more, &["--linger-s", "0"]].concat()).output();
    timeout(PATIENCE, running)
        .await
        .expect("it ends")
        .expect("it runs")
}

/// `trunkline call --to-bot`, not yet started.
fn calling(bot: &Bot, folder: &Path, more: &[&str]) -> Command {
    let wav = folder.join("caller.wav");
    let samples = [6_000, -6_000].repeat(1_600);
    std::fs::write(&wav, trunkline_codecs::wav::to_bytes(8_000, 1, &samples)).expect("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_trunkline"));
    command
        .args(["call", "--to-bot", &format!("ws://{}/voice", bot.address)])
        .args(["--wav", wav.to_str().expect("UTF-8")])
        .args(more)
        .kill_on_drop(true);
    command
}

#[tokio::test]
async fn an_echo_is_called_and_passes() {
    let folder = TempDir::new().expect("a folder");
    let bot = Bot::start(&["--header-required", "X-Token: planted"]).await;
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let (out, json) = (path("heard.wav"), path("report.json"));
    let files = ["--out", &out, "--json", &json, "--dtmf", "5@0.1"];
    let header = ["--header", "X-Token: planted"];
    let done = call(&bot, folder.path(), &[&files[..], &header].concat()).await;
    let shown = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{shown}");
    assert!(
        shown.contains("verdict: pass") && shown.contains("→ dtmf 5"),
        "{shown}"
    );
    let heard = trunkline_codecs::wav::parse(&std::fs::read(&out).expect("a file"));
    assert_eq!(heard.expect("a WAV file").channels, 2);
    let report = std::fs::read(&json).expect("a file");
    let report: serde_json::Value = serde_json::from_slice(&report).expect("JSON");
    assert_eq!(report.get("verdict"), Some(&"pass".into()));
    let refused = call(&bot, folder.path(), &[]).await;
    assert_eq!(refused.status.code(), Some(1));
    let shown = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert!(
        shown.contains("FAULT refused") && shown.contains("HTTP 401"),
        "{shown}"
    );
    let printed = bot.stop(Signal::TERM).await.join("\n");
    assert!(!printed.contains("planted"));
    for expected in [
        "opened /voice",
        "<- start ivr",
        "<- dtmf \"5\"",
        "refused with HTTP 401",
    ] {
        assert!(printed.contains(expected), "{expected}: {printed}");
    }
}

#[tokio::test]
async fn a_quiet_bot_prints_its_address_alone() {
    let folder = TempDir::new().expect("a folder");
    let bot = Bot::start(&["--quiet", "--fault", "mute"]).await;
    let done = call(&bot, folder.path(), &["--first-audio-ms", "100"]).await;
    assert_eq!(done.status.code(), Some(1));
    let shown = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(
        shown.contains("FAULT late_first_audio") && shown.contains("verdict: fail"),
        "{shown}"
    );
    assert_eq!(bot.stop(Signal::INT).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_call_goes_on_when_nobody_reads_what_it_prints() {
    let folder = TempDir::new().expect("a folder");
    let bot = Bot::start(&[]).await;
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let json = folder.path().join("report.json");
    let running = calling(
        &bot,
        folder.path(),
        &["--json", json.to_str().expect("UTF-8")],
    )
    .stdout(writer)
    .stderr(Stdio::piped())
    .spawn()
    .expect("it starts")
    .wait_with_output();
    let done = timeout(PATIENCE, running).await.expect("it ends");
    let done = done.expect("it runs");
    assert_eq!(String::from_utf8_lossy(&done.stderr), "");
    assert_eq!(done.status.code(), Some(0));
    let report = std::fs::read_to_string(&json).expect("written");
    assert!(report.contains("\"verdict\": \"pass\""), "{report}");
    bot.stop(Signal::TERM).await;
}

#[tokio::test]
async fn a_call_keeps_its_time_when_its_output_is_not_read() {
    let folder = TempDir::new().expect("a folder");
    let script = folder.path().join("bot.txt");
    // Two lines a mark, and more of them than a pipe holds.
    let marks = |group: u32| -> String {
        let names: Vec<_> = (0..50).map(|n| format!("{group}-{n:0100}")).collect();
        let last = names.last().expect("fifty");
        format!("mark {}\nwait mark {last}\n", names.join("\nmark "))
    };
    let text: String = (0..12).map(marks).collect();
    std::fs::write(&script, text + "hangup\n").expect("written");
    let mut bot = Bot::start(&["--script", script.to_str().expect("UTF-8")]).await;
    let running = calling(&bot, folder.path(), &["--linger-s", "60"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let over = async {
        loop {
            let line = bot.lines.next_line().await.expect("readable");
            let line = line.expect("a line");
            if line.contains("; heard ") {
                return line;
            }
        }
    };
    let over = timeout(PATIENCE, over).await.expect("it ends");
    assert!(over.contains("closed by the platform with 1000"), "{over}");
    let done = timeout(PATIENCE, running.wait_with_output()).await;
    let done = done.expect("it ends").expect("it runs");
    let shown = String::from_utf8_lossy(&done.stdout);
    assert!(shown.len() > 64 * 1024, "{}", shown.len());
    assert!(shown.ends_with("verdict: pass\n"), "{shown}");
    bot.stop(Signal::TERM).await;
}

#[tokio::test]
async fn a_bot_that_cannot_be_reached_is_an_error() {
    let folder = TempDir::new().expect("a folder");
    let bot = Bot::start(&[]).await;
    let secure = format!("wss://{}/", bot.address);
    let wav = folder.path().join("caller.wav");
    std::fs::write(&wav, trunkline_codecs::wav::to_bytes(8_000, 1, &[0; 80])).expect("written");
    let running = Command::new(env!("CARGO_BIN_EXE_trunkline"))
        .args(["call", "--to-bot", &secure, "--answer-ms", "500"])
        .args(["--wav", wav.to_str().expect("UTF-8")])
        .kill_on_drop(true)
        .output();
    let done = timeout(PATIENCE, running).await.expect("it ends");
    let done = done.expect("it runs");
    assert_eq!(done.status.code(), Some(1));
    let shown = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(
        shown.starts_with("trunkline: no TLS with 127.0.0.1"),
        "{shown}"
    );
    bot.stop(Signal::TERM).await;
}
