//! How calls end, over a pipe on a paused clock; the far end is a WebSocket library's server.

use std::future::pending;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{DuplexStream, duplex};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::*;
use crate::botserver::Dialect;
use crate::inspector::{Finding, Options, Severity};
use crate::softphone::Step;

/// What a bot does once it has been heard.
#[derive(Debug, Clone, Copy)]
struct Bot {
    /// Hangs up and closes.
    leaves: bool,
    /// Reads, and so answers a close frame.
    reads: bool,
    /// Leaves the connection open.
    keeps: bool,
}

async fn play(mut socket: WebSocketStream<DuplexStream>, bot: Bot) {
    let said = socket.send(Message::binary(vec![1; 1_600])).await;
    said.expect("sent");
    if bot.leaves {
        let hangup = socket.send(Message::text(r#"{"type":"session.hangup"}"#));
        hangup.await.expect("sent");
        socket.close(None).await.expect("sent");
    }
    if bot.reads {
        while socket.next().await.is_some_and(|read| read.is_ok()) {}
    }
    if bot.keeps {
        pending::<()>().await;
    }
}

/// A call of 100 ms; how it ended, what was found, and how long all of it took.
async fn called(bot: Bot) -> (Ended, Vec<Finding>, Duration) {
    let (near, far) = duplex(64 * 1024);
    let near = WebSocketStream::from_raw_socket(near, Role::Client, None).await;
    let far = WebSocketStream::from_raw_socket(far, Role::Server, None).await;
    let options = Options::new("ws://h/", Dialect::Ivr);
    let inspection = Inspection::new(&options, [7; 16], vec![Step::Silence { ms: 100 }]);
    let (lines, _unread) = mpsc::channel(1);
    let playing = tokio::spawn(play(far, bot));
    let began = Instant::now();
    let outcome = drive(near, inspection, &lines).await;
    playing.abort();
    (outcome.ended, outcome.findings, began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_close_that_is_answered_is_no_fault_whatever_becomes_of_the_connection() {
    for leaves in [false, true] {
        for keeps in [false, true] {
            let bot = Bot {
                leaves,
                reads: true,
                keeps,
            };
            let (ended, findings, took) = called(bot).await;
            let expected = if leaves {
                Ended::BotClosed
            } else {
                Ended::ScriptDone
            };
            assert_eq!(ended, expected, "{bot:?}");
            let told: Vec<_> = findings.iter().map(|it| (it.code, it.severity)).collect();
            let kept = [(Code::ConnectionKept, Severity::Warning)];
            assert_eq!(
                told,
                kept.get(..usize::from(keeps)).expect("one"),
                "{bot:?}"
            );
            let most = Duration::from_millis(200) + CLOSE_WAIT * u32::from(keeps);
            assert!(took < most, "{bot:?}: {took:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_close_that_is_not_answered_is_a_fault() {
    let bot = Bot {
        leaves: false,
        reads: false,
        keeps: true,
    };
    let (ended, findings, _) = called(bot).await;
    assert_eq!(ended, Ended::ScriptDone);
    let told: Vec<_> = findings
        .iter()
        .map(|it| (it.code, it.severity, it.got.as_str()))
        .collect();
    assert_eq!(told, [(Code::CloseUnanswered, Severity::Fault, "none")]);
}
