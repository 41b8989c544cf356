//! Bots: the servers behind a gateway or a relay, in this process, so that caller and bot have one clock.

mod echo;
mod talk;

pub(crate) use talk::utterance_of;

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Context;
use serde::Deserialize;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::dialect::Speech;

type Socket = WebSocketStream<TcpStream>;

/// How long after an error the next call is accepted.
const AGAIN: Duration = Duration::from_millis(10);

/// What a bot does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Act {
    /// Gives every frame back at once.
    #[default]
    Echo,
    /// Talks in bursts that last longer than they are apart: each is cut off by the next.
    Talk {
        /// Length of what is sent at once.
        utterance_ms: u32,
        /// From one to the next.
        every_ms: u32,
        /// All bots at the same moment.
        #[serde(default)]
        aligned: bool,
    },
}

/// What was cleared last for each caller: the number of the utterance, and when.
pub(crate) type Clears = Rc<RefCell<HashMap<u32, (u32, Instant)>>>;

/// A server that listens. Dropping it ends its calls.
#[derive(Debug)]
pub(crate) struct Bots {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

/// What the calls of a server share.
#[derive(Clone, Debug)]
struct Script {
    speech: Speech,
    act: Act,
    /// Of which aligned bots count their moments.
    epoch: Instant,
    clears: Clears,
}

impl Bots {
    /// Listens on a free port of loopback. To be called within a `LocalSet`.
    ///
    /// # Errors
    /// The system has no port to give.
    pub(crate) async fn start(
        speech: Speech,
        act: Act,
        epoch: Instant,
        clears: Clears,
    ) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("the bots")?;
        let script = Script {
            speech,
            act,
            epoch,
            clears,
        };
        Ok(Self {
            address: listener.local_addr()?,
            accepting: tokio::task::spawn_local(accept(listener, script)),
        })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Bots {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, script: Script) {
    let mut calls = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                match accepted {
                    Ok((stream, _)) => {
                        calls.spawn_local(answer(stream, script.clone()));
                    }
                    // Out of descriptors: the callers will tell, and meanwhile it must not spin.
                    Err(_) => sleep(AGAIN).await,
                }
            }
            Some(_) = calls.join_next() => {}
        }
    }
}

/// One call. What goes wrong is seen at the caller's end.
async fn answer(stream: TcpStream, script: Script) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let config = WebSocketConfig::default().read_buffer_size(4 * 1_024);
    let Ok(socket) = tokio_tungstenite::accept_async_with_config(stream, Some(config)).await else {
        return;
    };
    let ended = match script.act {
        Act::Echo => echo::echo(socket, script.speech).await,
        Act::Talk {
            utterance_ms,
            every_ms,
            aligned,
        } => {
            talk::Talk::new(&script, utterance_ms, every_ms, aligned)
                .run(socket)
                .await
        }
    };
    // The far end closed or is gone, which is how calls end.
    ended.unwrap_or_default();
}
