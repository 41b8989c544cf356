//! Keys and the process: what `serve` leaves on disk, revocation, and how it ends.

mod stage;

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{ExitStatus, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use stage::Stage;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;
use trunkline_call::Ending;
use trunkline_testkit::http::get;
use trunkline_testkit::{Carrier, Dial, FromAgent, FromGateway, Marks, OmniClient, PATIENCE};

const AGENTS: &str = "
    [agents.default]
    echo = true
";

fn trunkline() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trunkline"));
    command.env_clear().kill_on_drop(true).stdin(Stdio::null());
    command
}

/// Runs a command of `keys` with this on its standard input.
async fn keys(arguments: &[&str], data: &Path, input: &str) -> Output {
    let mut command = trunkline();
    command
        .arg("keys")
        .args(arguments)
        .arg("--data-dir")
        .arg(data);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary");
    let mut stdin = child.stdin.take().expect("standard input");
    stdin.write_all(input.as_bytes()).await.expect("taken");
    drop(stdin);
    let output = timeout(PATIENCE, child.wait_with_output()).await;
    output.expect("an end").expect("an output")
}

/// `trunkline serve` in a process of its own.
#[derive(Debug)]
struct Served {
    child: Child,
    out: Lines<BufReader<ChildStdout>>,
    address: SocketAddr,
}

impl Served {
    async fn start(data: &Path, config: &str) -> Self {
        let file = data.with_extension("toml");
        std::fs::write(&file, config).expect("a configuration");
        let mut command = trunkline();
        command.args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--log",
            "trace",
            "--data-dir",
        ]);
        command.arg(data).arg("--config").arg(file);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary");
        let out = child.stdout.take().expect("standard output");
        let mut served = Self {
            child,
            out: BufReader::new(out).lines(),
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        let line = served.line().await.expect("a first line");
        let address = line
            .strip_prefix("listening on ")
            .and_then(|a| a.parse().ok());
        served.address = address.unwrap_or_else(|| panic!("expected an address, got {line:?}"));
        served
    }

    async fn line(&mut self) -> Option<String> {
        let line = timeout(PATIENCE, self.out.next_line()).await;
        line.expect("a line in time").expect("standard output")
    }

    fn terminate(&self) {
        let id = self
            .child
            .id()
            .and_then(|id| Pid::from_raw(id.cast_signed()));
        kill_process(id.expect("a running process"), Signal::TERM).expect("SIGTERM");
    }

    /// Its end, and all it wrote since its first line.
    async fn end(mut self) -> (ExitStatus, String) {
        let mut written = String::new();
        while let Some(line) = self.line().await {
            written.push_str(&line);
            written.push('\n');
        }
        let mut errors = self.child.stderr.take().expect("standard error");
        let read = timeout(PATIENCE, errors.read_to_string(&mut written)).await;
        read.expect("an end of it").expect("standard error");
        let status = timeout(PATIENCE, self.child.wait()).await;
        (status.expect("an end").expect("a status"), written)
    }
}

fn mode(path: &Path) -> u32 {
    let metadata = std::fs::metadata(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    metadata.permissions().mode() & 0o7777
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_opens_nothing_more() {
    let data = TempDir::new().expect("a directory");
    let mut stage = Stage::set(&format!("data_dir = {:?}\n{AGENTS}", data.path())).await;
    let minted = keys(&["mint"], data.path(), "").await;
    let key = String::from_utf8(minted.stdout).expect("text");
    assert_eq!(key.lines().count(), 1, "the key alone");
    let key = key.trim_end();
    // It works the instant it is minted, in a process that was already running.
    let mut client = OmniClient::call(&stage.dial("/v1/omni"), key).await;
    client.configure(json!({})).await;
    client.until_event("configured").await;

    let revoked = keys(&["revoke"], data.path(), key).await;
    assert!(revoked.status.success(), "{revoked:?}");
    let shown = String::from_utf8_lossy(&revoked.stdout).into_owned();
    assert!(
        shown.starts_with("revoked ") && !shown.contains(key),
        "{shown:?}"
    );
    let since = std::time::Instant::now();
    let mut attempts = 0;
    let answer = loop {
        let opened = stage.dial("/v1/omni").bearer(key).ask().await;
        attempts += 1;
        if opened.answer.status != 101 {
            break opened.answer;
        }
        assert!(
            since.elapsed() < PATIENCE,
            "still good after {attempts} attempts"
        );
        drop(opened);
        stage.ended().await;
    };
    println!("revoked within {:?}, {attempts} attempts", since.elapsed());
    assert_eq!(answer.status, 401);
    assert!(answer.text().contains("revoked"), "{}", answer.text());
    // Other keys are as good as before, and so is the call that had begun.
    let path = "/v1/telephony/streams/twilio/default";
    let mut other = Carrier::call(&stage.dial(path).bearer(stage.key()), Marks::Played).await;
    other.stop().await;
    other.until_closed().await;
    client.control(&json!({"type": "dtmf", "digit": "1"})).await;
    client.until_event("dtmf").await;
    client.control(&json!({"type": "session_ending"})).await;
    client.until_closed().await;
    assert_eq!(stage.ended().await.0, Ending::CallerHungUp);
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_makes_keys_only_their_owner_can_read() {
    let home = TempDir::new().expect("a directory");
    let data = home.path().join("deep/data");
    let Err(missing) = std::fs::metadata(&data) else {
        panic!("the directory is there already");
    };
    assert_eq!(missing.kind(), std::io::ErrorKind::NotFound);
    std::fs::create_dir(home.path().join("deep")).expect("a parent");
    let mut served = Served::start(&data, AGENTS).await;
    let line = served.line().await.expect("where the key is");
    let path = data.join("sandbox.key");
    assert_eq!(line, format!("sandbox key: {}", path.display()));
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(&data.join("signing.key")), 0o600);
    let key = std::fs::read_to_string(&path)
        .expect("the key")
        .trim()
        .to_owned();
    let signing = std::fs::read_to_string(data.join("signing.key")).expect("a key");

    // Both wires open with it.
    let mut client = OmniClient::call(&Dial::new(served.address, "/v1/omni"), &key).await;
    assert_eq!(
        client.until_event("hello").await["audio_out"],
        "pcm16@24000"
    );
    client.control(&json!({"type": "session_ending"})).await;
    assert_eq!(
        client.until_closed().await.pop(),
        Some(FromAgent::Closed(Some(1000)))
    );
    let stream = Dial::new(
        served.address,
        &format!("/v1/telephony/streams/twilio/{key}"),
    );
    let mut carrier = Carrier::call(&stream, Marks::Played).await;
    carrier.stop().await;
    assert_eq!(
        carrier.until_closed().await,
        [FromGateway::Closed(Some(1000))]
    );

    served.terminate();
    let (status, written) = served.end().await;
    assert_eq!(status.code(), Some(0), "{written}");
    assert!(
        written.contains("call ended"),
        "the log is not there: {written}"
    );
    assert!(!written.contains(&key), "the key was written");
    assert!(
        !written.contains(signing.trim()),
        "the signing key was written"
    );

    // The second start changes nothing and has nothing to say of keys.
    let served = Served::start(&data, AGENTS).await;
    served.terminate_once_up().await;
    let (status, written) = served.end().await;
    assert_eq!(status.code(), Some(0), "{written}");
    assert!(!written.contains("sandbox"), "{written}");
    assert_eq!(std::fs::read_to_string(&path).expect("the key").trim(), key);
    // And a key that others can read is refused rather than used.
    let exposed = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(data.join("signing.key"), exposed).expect("chmod");
    let mut command = trunkline();
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(&data);
    let output = timeout(PATIENCE, command.output())
        .await
        .expect("an end")
        .expect("output");
    assert!(!output.status.success());
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(why.contains("0600") && why.contains("signing.key"), "{why}");
}

impl Served {
    /// Sends SIGTERM once the process answers requests.
    async fn terminate_once_up(&self) {
        assert_eq!(get(self.address, "/readyz").await.status, 200);
        self.terminate();
    }
}

/// A call on a served gateway that has begun.
async fn begun(address: SocketAddr, data: &Path) -> Carrier {
    let key = std::fs::read_to_string(data.join("sandbox.key")).expect("the key");
    let dial = Dial::new(address, "/v1/telephony/streams/twilio/default").bearer(key.trim());
    let mut carrier = Carrier::call(&dial, Marks::Played).await;
    carrier.media(&[0x55; 160]).await;
    assert_eq!(carrier.next().await, FromGateway::Media(vec![0x55; 160]));
    carrier
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sigterm_running_calls_finish() {
    let home = TempDir::new().expect("a directory");
    let data = home.path().join("data");
    let mut served = Served::start(&data, AGENTS).await;
    served.line().await;
    let mut carrier = begun(served.address, &data).await;
    served.terminate();
    // New calls are refused from now on; this one is not disturbed.
    while get(served.address, "/readyz").await.status == 200 {}
    carrier.media(&[0x2a; 160]).await;
    assert_eq!(carrier.next().await, FromGateway::Media(vec![0x2a; 160]));
    carrier.stop().await;
    assert_eq!(
        carrier.until_closed().await,
        [FromGateway::Closed(Some(1000))]
    );
    let (status, written) = served.end().await;
    assert_eq!(status.code(), Some(0), "{written}");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_do_not_finish_in_time_are_told_that_the_gateway_goes_away() {
    let home = TempDir::new().expect("a directory");
    let data = home.path().join("data");
    let config = format!("{AGENTS}\n[limits]\ndrain_ms = 300");
    let mut served = Served::start(&data, &config).await;
    served.line().await;
    let mut carrier = begun(served.address, &data).await;
    served.terminate();
    let heard = carrier.until_closed().await;
    let (closed, line) = heard.split_last().expect("something");
    assert_eq!(*closed, FromGateway::Closed(Some(1001)));
    assert!(
        line.len() > 50,
        "a second of speech says so before: {line:?}"
    );
    let (status, written) = served.end().await;
    assert_eq!(status.code(), Some(0), "{written}");
    assert!(written.contains("shutdown"), "{written}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_inspect_tells_good_from_revoked_without_showing_the_key() {
    let data = TempDir::new().expect("a directory");
    let minted = keys(
        &["mint", "--scopes", "omni:session", "--env", "live"],
        data.path(),
        "",
    )
    .await;
    let key = String::from_utf8(minted.stdout)
        .expect("text")
        .trim()
        .to_owned();
    for (revoke, end) in [(false, "good"), (true, "refused: The API key was revoked.")] {
        if revoke {
            assert!(keys(&["revoke"], data.path(), &key).await.status.success());
        }
        let shown = keys(&["inspect"], data.path(), &key).await;
        let text = String::from_utf8(shown.stdout).expect("text");
        assert_eq!(text.lines().last(), Some(end));
        assert_eq!(shown.status.success(), !revoke);
        assert!(
            text.contains("omni:session") && text.contains("live"),
            "{text}"
        );
        assert!(!text.contains(&key), "{text}");
    }
    // In a directory that is no gateway's, nothing is looked up, revoked or made.
    let nowhere = TempDir::new().expect("a directory");
    for command in ["inspect", "revoke"] {
        let failed = keys(&[command], nowhere.path(), &key).await;
        let why = String::from_utf8_lossy(&failed.stderr);
        assert!(!failed.status.success(), "{command}: {failed:?}");
        assert!(why.contains("signing.key"), "{command}: {why}");
    }
    let made = std::fs::read_dir(nowhere.path()).expect("a directory");
    assert_eq!(made.count(), 0);
    let bad = keys(&["mint", "--scopes", "Not A Scope"], data.path(), "").await;
    assert!(!bad.status.success() && bad.stdout.is_empty(), "{bad:?}");
}

/// A gateway that cannot tell which keys were revoked is not fit for calls.
#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_cannot_read_its_revocations_is_not_ready() {
    let data = TempDir::new().expect("a directory");
    let stage = Stage::set(&format!("data_dir = {:?}\n{AGENTS}", data.path())).await;
    assert_eq!(get(stage.address(), "/readyz").await.status, 200);
    // Unreadable for everybody, root included.
    let revoked = data.path().join("revoked");
    std::fs::create_dir(&revoked).expect("a directory");
    let turned = async |status: u16| {
        loop {
            let answer = get(stage.address(), "/readyz").await;
            if answer.status == status {
                return answer.text();
            }
        }
    };
    let answer = timeout(PATIENCE, turned(503)).await.expect("not ready");
    assert_eq!(answer, "revocations incomplete\n");
    std::fs::remove_dir(&revoked).expect("removed");
    timeout(PATIENCE, turned(200)).await.expect("ready again");
    stage.clear().await;
}

/// `check` looks at what `serve` would use: the environment stands above the file there too.
#[tokio::test(flavor = "multi_thread")]
async fn check_sees_the_environment() {
    let home = TempDir::new().expect("a directory");
    let file = home.path().join("trunkline.toml");
    std::fs::write(&file, "listen = \"127.0.0.1:1\"\npin = true").expect("written");
    let mut command = trunkline();
    command.arg("check").arg("--config").arg(&file);
    command.env("TRUNKLINE__LISTEN", "127.0.0.1:4321");
    command.env("TRUNKLINE__PIN", "false");
    let output = timeout(PATIENCE, command.output()).await;
    let output = output.expect("an end").expect("an output");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("127.0.0.1:4321"), "{text}");
    assert!(!text.contains("pinned"), "{text}");
}
