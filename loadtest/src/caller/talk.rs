//! A call that has been put through, of a caller who talks.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use anyhow::Context;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::ear::Ear;
use super::late::Late;
use super::{Act, Answer, Plan, Socket};
use crate::dialect::Heard;
use crate::measure::{Count, Span};
use crate::payload::Payload;
use crate::schedule::{Schedule, due};

/// How long the last frames may take to come back.
const STRAGGLERS: Duration = Duration::from_secs(2);

/// Silence behind a signal.
const TAIL_FRAMES: u32 = 5;

/// One caller's talk.
#[derive(Debug)]
pub(super) struct Talk<'a> {
    caller: u32,
    named: u32,
    plan: &'a Plan,
    /// When the caller dialled.
    dialled: Duration,
    /// When frame 0 is due.
    first: Duration,
    sent: Cell<u32>,
    /// How late each frame was sent by this program's own doing, in microseconds, by its number.
    late_us: RefCell<Vec<u32>>,
}

/// A stall of a caller.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stall {
    pub(super) from: Duration,
    pub(super) to: Duration,
    /// Nothing is sent either.
    mute: bool,
    /// So much longer, a round trip is what it had been.
    pub(super) same: Duration,
}

impl Stall {
    #[cfg(test)]
    pub(super) const fn silent(from: Duration, to: Duration, same: Duration) -> Self {
        Self {
            from,
            to,
            mute: false,
            same,
        }
    }

    fn covers(&self, at: Duration) -> bool {
        (self.from..self.to).contains(&at)
    }
}

impl<'a> Talk<'a> {
    pub(super) fn new(caller: u32, plan: &'a Plan, dialled: Duration) -> Self {
        Self {
            caller,
            named: plan.named(caller),
            plan,
            dialled,
            first: Schedule::first_frame(caller, plan.since_origin()),
            sent: Cell::new(0),
            late_us: RefCell::default(),
        }
    }

    /// Talks and listens to the end.
    ///
    /// # Errors
    /// The call broke.
    pub(super) async fn run(
        &self,
        sink: &mut SplitSink<Socket, Message>,
        stream: &mut SplitStream<Socket>,
    ) -> anyhow::Result<()> {
        if self.plan.is_deaf(self.caller) {
            return self.speak(sink).await;
        }
        let mut ear = Ear::new(self);
        let (spoke, heard) = tokio::join!(self.speak(sink), self.listen(stream, &mut ear));
        ear.finish();
        // What was heard says more than that nothing could be sent any more.
        heard.and(spoke)
    }

    pub(super) const fn caller(&self) -> u32 {
        self.caller
    }

    pub(super) const fn plan(&self) -> &'a Plan {
        self.plan
    }

    pub(super) const fn dialled(&self) -> Duration {
        self.dialled
    }

    pub(super) fn sent(&self) -> u32 {
        self.sent.get()
    }

    pub(super) fn due(&self, number: u32) -> Duration {
        due(self.first, number)
    }

    /// How late a frame was handed to the socket, without what the socket kept those before it.
    pub(super) fn late_us(&self, number: u32) -> u64 {
        let late_us = self.late_us.borrow().get(number as usize).copied();
        late_us.unwrap_or(0).into()
    }

    /// The time in which this caller takes nothing.
    pub(super) fn stall(&self) -> Option<Stall> {
        let Act::Stall {
            after_s,
            for_ms,
            mute,
            same_ms,
        } = self.plan.act
        else {
            return None;
        };
        let from = self.plan.schedule.steady() + Duration::from_secs(after_s.into());
        Some(Stall {
            from,
            to: from + Duration::from_millis(for_ms.into()),
            mute,
            same: Duration::from_millis(same_ms.into()),
        })
    }

    fn frames(&self) -> u32 {
        self.plan.schedule.frames(self.first)
    }

    fn gives_up(&self) -> Instant {
        self.plan.origin + self.due(self.frames()) + STRAGGLERS
    }

    async fn speak(&self, sink: &mut SplitSink<Socket, Message>) -> anyhow::Result<()> {
        let done = timeout_at(self.gives_up(), self.speak_all(sink)).await;
        done.context("the server takes no more")?
            .context("while sending")
    }

    async fn speak_all(&self, sink: &mut SplitSink<Socket, Message>) -> Result<(), Error> {
        let plan = self.plan;
        let mut audio = vec![plan.speech.format.silence(); plan.speech.frame_bytes()];
        let mut late = Late::default();
        if let Act::Early { frames } = plan.act {
            // Silence that nobody can be asked to give back.
            for number in 0..frames {
                sink.feed(plan.speech.encode(self.named, number, &audio))
                    .await?;
            }
        }
        for message in plan.speech.opening(self.named) {
            sink.send(message).await?;
        }
        for number in 0..self.frames() {
            let due = self.due(number);
            sleep_until(plan.origin + self.when(due)).await;
            plan.payload
                .fill(plan.speech.format, self.caller, number, &mut audio);
            let message = plan.speech.encode(self.named, number, &audio);
            let late_us = late.handed(due, plan.since_origin()).as_micros() as u64;
            self.late_us
                .borrow_mut()
                .push(u32::try_from(late_us).unwrap_or(u32::MAX));
            self.sent.set(number + 1);
            plan.count(Count::Sent);
            plan.tally.borrow_mut().record(Span::SendLate, late_us);
            sink.send(message).await?;
            late.taken(plan.since_origin());
        }
        self.push_out(sink, &mut audio).await
    }

    /// A signal is delayed where it is resampled, and the last of it stays there until something follows.
    async fn push_out(
        &self,
        sink: &mut SplitSink<Socket, Message>,
        audio: &mut [u8],
    ) -> Result<(), Error> {
        if self.plan.payload != Payload::Coded {
            return Ok(());
        }
        audio.fill(self.plan.speech.format.silence());
        for number in self.frames()..self.frames() + TAIL_FRAMES {
            sleep_until(self.plan.origin + self.due(number)).await;
            let message = self.plan.speech.encode(self.named, number, audio);
            sink.send(message).await?;
        }
        Ok(())
    }

    /// When what is due is sent.
    fn when(&self, due: Duration) -> Duration {
        match self.stall() {
            Some(stall) if stall.mute && stall.covers(due) => stall.to,
            _ => due,
        }
    }

    /// Listens until every frame is back, or none can be expected any more.
    async fn listen(
        &self,
        stream: &mut SplitStream<Socket>,
        ear: &mut Ear<'_>,
    ) -> anyhow::Result<()> {
        let until = match self.plan.answer {
            Answer::Echo => self.gives_up(),
            Answer::Bursts { .. } => self.plan.origin + self.due(self.frames()),
        };
        let done = timeout_at(until, self.hear_all(stream, ear)).await;
        // Frames that never come are counted as lost, which says it all.
        done.unwrap_or(Ok(()))
    }

    async fn hear_all(
        &self,
        stream: &mut SplitStream<Socket>,
        ear: &mut Ear<'_>,
    ) -> anyhow::Result<()> {
        let mut audio = Vec::new();
        while self.sent() < self.frames() || !ear.has_all(self.frames()) {
            if let Some(stall) = self.stall()
                && stall.covers(self.plan.since_origin())
            {
                sleep_until(self.plan.origin + stall.to).await;
            }
            let message = stream.next().await.context("closed early")?;
            let message = message.context("while receiving")?;
            if let Message::Close(frame) = &message {
                let code = frame.as_ref().map(|frame| u16::from(frame.code));
                anyhow::bail!("closed early, code {code:?}");
            }
            match self.plan.speech.decode(self.named, &message, &mut audio) {
                Heard::Audio => ear.hear(&audio),
                Heard::Clear => ear.clear(),
                Heard::Other => {}
                Heard::Complaint(what) => anyhow::bail!(what),
            }
        }
        Ok(())
    }
}
