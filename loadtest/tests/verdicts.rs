//! The built program against servers that do what they should and what they should not: it has to tell them apart.

use std::process::Output;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio_tungstenite::tungstenite::Message;

/// What a server does to what it should give back.
#[derive(Clone, Copy, Debug)]
enum Fault {
    None,
    Drop,
    Double,
    Damage,
    Swap,
    Close,
}

/// Echoes bare messages, the tenth of them with a fault.
async fn serve(stream: TcpStream, fault: Fault) -> Option<()> {
    let mut socket = tokio_tungstenite::accept_async(stream).await.ok()?;
    let mut held = None;
    let mut count = 0;
    while let Some(Ok(message)) = socket.next().await {
        let Message::Binary(bytes) = message else {
            continue;
        };
        count += 1;
        let reply = Message::Binary(bytes.clone());
        match fault {
            Fault::Drop if count == 10 => continue,
            Fault::Double if count == 10 => socket.feed(reply.clone()).await.ok()?,
            Fault::Close if count == 10 => return socket.close(None).await.ok(),
            Fault::Damage if count == 10 => {
                let mut bytes = bytes.to_vec();
                *bytes.last_mut()? ^= 1;
                socket.send(Message::binary(bytes)).await.ok()?;
                continue;
            }
            Fault::Swap if count == 10 => {
                held = Some(reply);
                continue;
            }
            _ => {}
        }
        socket.feed(reply).await.ok()?;
        if let Some(held) = held.take() {
            socket.feed(held).await.ok()?;
        }
        socket.flush().await.ok()?;
    }
    Some(())
}

/// Three calls of a second to such a server. Returns what the program said, and its report.
async fn call(fault: Fault, more: &[&str]) -> anyhow::Result<(Output, Value)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let to = format!("ws://{}/", listener.local_addr()?);
    let accepting = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, fault));
        }
    });
    let directory = tempfile::tempdir()?;
    let report = directory.path().join("report.json");
    let output = Command::new(env!("CARGO_BIN_EXE_trunkline-load"))
        .args(["call", "--dialect", "raw", "--calls", "3", "--seconds", "1"])
        .args(["--to", &format!("{to}raw"), "--json"])
        .arg(&report)
        .args(more)
        .kill_on_drop(true)
        .output()
        .await?;
    accepting.abort();
    let figures = match std::fs::read_to_string(&report) {
        Ok(text) => serde_json::from_str(&text)?,
        Err(_) => Value::Null,
    };
    Ok((output, figures))
}

#[tokio::test]
async fn a_server_that_gives_everything_back_is_clean() -> anyhow::Result<()> {
    let (output, figures) = call(Fault::None, &[]).await?;
    let said = String::from_utf8(output.stdout)?;
    assert!(output.status.success(), "{said}");
    assert!(said.ends_with("clean\n"), "{said}");
    let group = &figures["groups"][0];
    assert_eq!(group["counts"]["sent"], group["counts"]["received"]);
    assert!(group["counts"]["sent"].as_u64() > Some(140), "{group}");
    assert!(group["spans_us"]["round_trip"]["p99"].as_u64() > Some(0));
    Ok(())
}

#[tokio::test]
async fn each_fault_of_a_server_is_told_by_its_name() -> anyhow::Result<()> {
    for (fault, name) in [
        (Fault::Drop, "lost"),
        (Fault::Double, "duplicated"),
        (Fault::Damage, "damaged"),
        (Fault::Swap, "reordered"),
    ] {
        let (output, figures) = call(fault, &[]).await?;
        let said = String::from_utf8(output.stdout)?;
        assert!(!output.status.success(), "{fault:?}: {said}");
        assert!(said.ends_with("FAILED\n"), "{fault:?}: {said}");
        assert_eq!(figures["groups"][0]["counts"][name], 3, "{fault:?}: {said}");
    }
    let (output, figures) = call(Fault::Close, &[]).await?;
    assert!(!output.status.success());
    assert_eq!(
        figures["groups"][0]["broken"]["closed early, code None"], 3,
        "{figures}"
    );
    Ok(())
}

#[tokio::test]
async fn a_limit_that_is_exceeded_or_unknown_is_told() -> anyhow::Result<()> {
    let (output, _) = call(Fault::None, &["--at-most", "/counts/received=1"]).await?;
    assert!(!output.status.success());
    let said = String::from_utf8(output.stdout)?;
    assert!(
        said.contains("/counts/received: expected at most 1, got 1"),
        "{said}"
    );
    let (output, figures) = call(Fault::None, &["--at-most", "/server/happiness=1"]).await?;
    let said = String::from_utf8(output.stdout)?;
    assert!(!output.status.success());
    assert!(
        said.contains("/server/happiness: expected at most 1, got no such figure"),
        "{said}"
    );
    assert!(
        figures["groups"][0]["clean"] == true,
        "the report is written all the same"
    );
    Ok(())
}
