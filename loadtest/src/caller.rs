//! One caller: dials, talks on schedule, listens, hangs up.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use anyhow::Context;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::dialect::{Dialect, Heard};
use crate::payload::Stamp;
use crate::schedule::{Schedule, due};
use crate::sequence::Sequence;
use crate::tally::Tally;

type Socket = WebSocketStream<TcpStream>;

/// How long the gateway may take to put a call through.
const CONNECT: Duration = Duration::from_secs(10);

/// How long the last frames may take to come back.
const STRAGGLERS: Duration = Duration::from_secs(2);

/// How long the gateway may take to hang up.
const HANG_UP: Duration = Duration::from_secs(2);

/// What all callers share.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The gateway, `ws://HOST:PORT`.
    pub(crate) to: String,
    /// How they speak.
    pub(crate) dialect: Dialect,
    /// Whom they ask for.
    pub(crate) agent: String,
    /// What they present.
    pub(crate) key: Option<String>,
    /// When.
    pub(crate) schedule: Schedule,
    /// Origin of the schedule.
    pub(crate) origin: Instant,
    /// Where they count.
    pub(crate) tally: RefCell<Tally>,
}

impl Plan {
    fn since_origin(&self) -> Duration {
        self.origin.elapsed()
    }

    fn us_since(&self, at: Duration) -> u64 {
        self.since_origin().saturating_sub(at).as_micros() as u64
    }
}

/// The whole life of caller number `caller`.
pub(crate) async fn call(caller: u32, plan: &Plan) {
    sleep_until(plan.origin + plan.schedule.dials(caller)).await;
    let socket = match timeout(CONNECT, connect(plan)).await {
        Ok(Ok(socket)) => socket,
        Ok(Err(error)) => return plan.tally.borrow_mut().refuse(format!("{error:#}")),
        Err(_) => {
            return plan
                .tally
                .borrow_mut()
                .refuse("no answer in 10 s".to_owned());
        }
    };
    plan.tally.borrow_mut().connected += 1;
    let (mut sink, mut stream) = socket.split();
    let talk = Talk {
        caller,
        plan,
        first: Schedule::first_frame(caller, plan.since_origin()),
        sent: Cell::new(0),
    };
    let mut sequence = Sequence::default();
    let (spoke, heard) = tokio::join!(
        talk.speak(&mut sink),
        talk.listen(&mut stream, &mut sequence)
    );
    plan.tally.borrow_mut().lost += sequence.lost(talk.sent.get());
    for broken in [spoke, heard].into_iter().filter_map(Result::err) {
        plan.tally.borrow_mut().complain(format!("{broken:#}"));
    }
    hang_up(plan.dialect.goodbye(caller), sink, stream).await;
}

async fn connect(plan: &Plan) -> anyhow::Result<Socket> {
    let request = plan
        .dialect
        .request(&plan.to, &plan.agent, plan.key.as_deref())?;
    let authority = request.uri().authority().context("expected HOST:PORT")?;
    let stream = TcpStream::connect(authority.as_str()).await?;
    // Carriers send each packet at once.
    stream.set_nodelay(true)?;
    let config = WebSocketConfig::default().read_buffer_size(4 * 1_024);
    match tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => anyhow::bail!("HTTP {}", response.status()),
        Err(error) => Err(error.into()),
    }
}

/// Says goodbye and sees the close through, as long as that may take. What goes wrong now is not the call's.
async fn hang_up(
    goodbye: Message,
    mut sink: SplitSink<Socket, Message>,
    mut stream: SplitStream<Socket>,
) {
    let closing = async {
        if sink.send(goodbye).await.is_ok() && sink.close().await.is_ok() {
            while let Some(Ok(_)) = stream.next().await {}
        }
    };
    // A gateway that does not close is left alone.
    timeout(HANG_UP, closing).await.unwrap_or_default();
}

/// A call that has been put through.
#[derive(Debug)]
struct Talk<'a> {
    caller: u32,
    plan: &'a Plan,
    /// When frame 0 is due.
    first: Duration,
    sent: Cell<u32>,
}

impl Talk<'_> {
    fn frames(&self) -> u32 {
        self.plan.schedule.frames(self.first)
    }

    fn gives_up(&self) -> Instant {
        self.plan.origin + self.plan.schedule.ends() + STRAGGLERS
    }

    async fn speak(&self, sink: &mut SplitSink<Socket, Message>) -> anyhow::Result<()> {
        let speaking = async {
            for message in self.plan.dialect.opening(self.caller) {
                sink.send(message).await?;
            }
            let mut audio = vec![0; self.plan.dialect.frame_bytes()];
            for number in 0..self.frames() {
                let due = due(self.first, number);
                sleep_until(self.plan.origin + due).await;
                let stamp = Stamp {
                    caller: self.caller,
                    number,
                    sent_us: self.plan.us_since(Duration::ZERO),
                };
                stamp.fill(&mut audio);
                let late_us = self.plan.us_since(due);
                let message = self.plan.dialect.encode(self.caller, number, &audio);
                self.sent.set(number + 1);
                self.plan.tally.borrow_mut().frame_sent(late_us);
                sink.send(message).await?;
            }
            Ok::<_, Error>(())
        };
        let done = timeout_at(self.gives_up(), speaking).await;
        done.context("the gateway takes no more")?
            .context("while sending")
    }

    /// Listens until every frame is back, or none can be expected any more.
    async fn listen(
        &self,
        stream: &mut SplitStream<Socket>,
        sequence: &mut Sequence,
    ) -> anyhow::Result<()> {
        let done = timeout_at(self.gives_up(), self.hear_all(stream, sequence)).await;
        // Frames that never come are counted as lost, which says it all.
        done.unwrap_or(Ok(()))
    }

    async fn hear_all(
        &self,
        stream: &mut SplitStream<Socket>,
        sequence: &mut Sequence,
    ) -> anyhow::Result<()> {
        let mut audio = Vec::new();
        while self.sent.get() < self.frames() || sequence.lost(self.frames()) > 0 {
            let message = stream.next().await.context("closed early")?;
            let message = message.context("while receiving")?;
            if let Message::Close(frame) = &message {
                let code = frame.as_ref().map(|frame| u16::from(frame.code));
                anyhow::bail!("closed early, code {code:?}");
            }
            match self.plan.dialect.decode(&message, &mut audio) {
                Heard::Audio => self.frame_back(&audio, sequence),
                Heard::Other => {}
                Heard::Complaint(what) => self.plan.tally.borrow_mut().complain(what),
            }
        }
        Ok(())
    }

    fn frame_back(&self, audio: &[u8], sequence: &mut Sequence) {
        let mut tally = self.plan.tally.borrow_mut();
        let whole = audio.len() == self.plan.dialect.frame_bytes();
        let stamp = Stamp::read(audio).filter(|stamp| whole && stamp.caller == self.caller);
        let Some(stamp) = stamp.filter(|stamp| stamp.number < self.sent.get()) else {
            tally.damaged += 1;
            return;
        };
        let round_trip_us = self.plan.us_since(due(self.first, stamp.number));
        let wire_us = self.plan.us_since(Duration::from_micros(stamp.sent_us));
        tally.frame_back(sequence.arrived(stamp.number), round_trip_us, wire_us);
    }
}
