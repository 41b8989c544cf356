//! One caller: dials, does what it has to, hangs up.

mod ear;
mod late;
mod recovery;
mod talk;

use std::cell::RefCell;
use std::time::Duration;

use anyhow::Context;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::error::Elapsed;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::bot::Clears;
use crate::dialect::{Heard, Speech};
use crate::measure::{Count, Span, Tally};
use crate::payload::Payload;
use crate::schedule::Schedule;
use talk::Talk;

type Socket = WebSocketStream<TcpStream>;

/// How long the server may take to put a call through.
const CONNECT: Duration = Duration::from_secs(10);

/// How long the server may take to hang up.
const HANG_UP: Duration = Duration::from_secs(2);

/// What the system takes for a caller who reads nothing.
const DEAF_BYTES: u32 = 4 * 1_024;

/// What a caller does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Act {
    /// Talks all the time.
    #[default]
    Talk,
    /// Says nothing, and is there.
    Silent,
    /// Talks, and for a while takes nothing, as a stalled program or network does.
    Stall {
        /// After as many seconds of all calls talking.
        after_s: u32,
        for_ms: u32,
        /// Sends nothing either; afterwards all that was due meanwhile.
        #[serde(default)]
        mute: bool,
        /// A round trip longer than before by no more than this is what it had been.
        #[serde(default = "same")]
        same_ms: u32,
    },
    /// Talks, and one caller in so many never reads a byte: the server has to end that call.
    Deaf { one_in: u32 },
    /// Talks, and calls itself what another caller calls itself too.
    Twins,
    /// Talks before the call has begun: so many frames are sent ahead of the opening.
    Early { frames: u32 },
}

const fn same() -> u32 {
    10
}

/// What the bot behind the server does, as far as callers must know.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// Gives every frame back.
    Echo,
    /// Talks in bursts, and says here what it has cut off. Frames are due a lead before they play; a timer that is
    /// late within the lead may be so by the slack.
    Bursts {
        clears: Clears,
        lead_us: u64,
        slack_us: u64,
    },
}

/// What all callers of a group share.
#[derive(Debug)]
pub(crate) struct Plan {
    /// `ws://HOST:PORT`, with a path where the server wants one.
    pub(crate) to: String,
    /// Whom they ask for.
    pub(crate) agent: String,
    /// What they present.
    pub(crate) key: Option<String>,
    pub(crate) speech: Speech,
    pub(crate) payload: Payload,
    pub(crate) act: Act,
    pub(crate) answer: Answer,
    pub(crate) schedule: Schedule,
    /// Origin of the schedule.
    pub(crate) origin: Instant,
    /// Where they count.
    pub(crate) tally: RefCell<Tally>,
}

impl Plan {
    pub(crate) fn since_origin(&self) -> Duration {
        self.origin.elapsed()
    }

    fn now_us(&self) -> u64 {
        self.since_origin().as_micros() as u64
    }

    fn us_since(&self, at: Duration) -> u64 {
        self.since_origin().saturating_sub(at).as_micros() as u64
    }

    fn count(&self, what: Count) {
        self.tally.borrow_mut().count(what);
    }

    /// What the caller's call and stream are called after.
    fn named(&self, caller: u32) -> u32 {
        match self.act {
            Act::Twins => caller / 2,
            _ => caller,
        }
    }

    fn is_deaf(&self, caller: u32) -> bool {
        matches!(self.act, Act::Deaf { one_in } if caller.is_multiple_of(one_in.max(1)))
    }
}

/// The whole life of caller number `caller`.
pub(crate) async fn call(caller: u32, plan: &Plan) {
    let dials = plan.schedule.dials(caller);
    sleep_until(plan.origin + dials).await;
    let socket = match timeout(CONNECT, connect(plan, plan.is_deaf(caller))).await {
        Ok(Ok(socket)) => socket,
        Ok(Err(error)) => return plan.tally.borrow_mut().refuse(format!("{error:#}")),
        Err(_) => {
            return plan
                .tally
                .borrow_mut()
                .refuse("no answer in 10 s".to_owned());
        }
    };
    plan.count(Count::Connected);
    plan.tally
        .borrow_mut()
        .record(Span::SetUp, plan.us_since(dials));
    let (mut sink, mut stream) = socket.split();
    let ended = match plan.act {
        Act::Silent => be_silent(caller, plan, &mut sink, &mut stream).await,
        _ => {
            Talk::new(caller, plan, dials)
                .run(&mut sink, &mut stream)
                .await
        }
    };
    match ended {
        Err(error) if plan.is_deaf(caller) && is_gone(&error) => return plan.count(Count::GivenUp),
        Ok(()) if plan.is_deaf(caller) => was_kept(plan),
        Err(error) if plan.is_deaf(caller) && error.is::<Elapsed>() => was_kept(plan),
        Ok(()) => plan.count(Count::Completed),
        Err(error) => plan.tally.borrow_mut().complain(format!("{error:#}")),
    }
    hang_up(plan.speech.goodbye(plan.named(caller)), sink, stream).await;
}

/// A caller who reads nothing is at the end of the call: that it was left waiting does not end it.
fn was_kept(plan: &Plan) {
    let complaint = "a caller who read nothing was kept".to_owned();
    plan.tally.borrow_mut().complain(complaint);
}

/// Whether the far end closed the socket, or reset it.
fn is_gone(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref(),
        Some(Error::ConnectionClosed | Error::AlreadyClosed | Error::Io(_))
    )
}

async fn connect(plan: &Plan, is_deaf: bool) -> anyhow::Result<Socket> {
    let request = plan
        .speech
        .request(&plan.to, &plan.agent, plan.key.as_deref())?;
    let authority = request.uri().authority().context("expected HOST:PORT")?;
    let socket = TcpSocket::new_v4()?;
    if is_deaf {
        // Or the system reads on for it, megabytes of speech.
        socket.set_recv_buffer_size(DEAF_BYTES)?;
    }
    let address = authority
        .as_str()
        .parse()
        .context("expected an IPv4 address and a port")?;
    let stream = socket.connect(address).await?;
    // Carriers send each packet at once.
    stream.set_nodelay(true)?;
    let config = WebSocketConfig::default().read_buffer_size(4 * 1_024);
    match tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => anyhow::bail!("HTTP {}", response.status()),
        Err(error) => Err(error.into()),
    }
}

/// Opens the call, and is there until the end.
async fn be_silent(
    caller: u32,
    plan: &Plan,
    sink: &mut SplitSink<Socket, Message>,
    stream: &mut SplitStream<Socket>,
) -> anyhow::Result<()> {
    for message in plan.speech.opening(caller) {
        sink.send(message).await?;
    }
    let mut audio = Vec::new();
    let listening = async {
        loop {
            let message = stream.next().await.context("closed early")??;
            if let Message::Close(frame) = &message {
                let code = frame.as_ref().map(|frame| u16::from(frame.code));
                anyhow::bail!("closed early, code {code:?}");
            }
            if let Heard::Complaint(what) = plan.speech.decode(caller, &message, &mut audio) {
                anyhow::bail!(what);
            }
        }
    };
    let ends = plan.origin + plan.schedule.ends();
    // Nothing went wrong in all that time.
    timeout_at(ends, listening).await.unwrap_or(Ok(()))
}

/// Says goodbye and sees the close through, as long as that may take. What goes wrong now is not the call's.
async fn hang_up(
    goodbye: Option<Message>,
    mut sink: SplitSink<Socket, Message>,
    mut stream: SplitStream<Socket>,
) {
    let closing = async {
        if let Some(goodbye) = goodbye
            && sink.send(goodbye).await.is_err()
        {
            return;
        }
        if sink.close().await.is_ok() {
            while let Some(Ok(_)) = stream.next().await {}
        }
    };
    // A server that does not close is left alone.
    timeout(HANG_UP, closing).await.unwrap_or_default();
}
